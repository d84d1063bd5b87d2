// @ts-check
/** @import { Json, QueryResult } from "../../types.js" */

import { mayRunElsewhere } from "./refusals.js"

/** The studio's protocol: a statement goes out as JSON, rows or an error come back. */

/** What went wrong, in words for the reader. */
export class QueryError extends Error {
  /** The server would not run it, for what it could cost; a browser of one's own may. */
  isRefusal = false
}

const address = location.pathname

/** @param {object} message @param {AbortSignal} [signal] @returns {Promise<any>} what was answered to it */
export async function post(message, signal) {
  /** @type {Response} */
  let response
  try {
    response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "1", ...message }),
      signal: signal ?? null,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new QueryError(
      "The server cannot be reached. Your query is still here: run it again in a moment.",
      {
        cause: error,
      },
    )
  }
  /** @type {any} */
  const answer = await response.json().catch(() => null)
  if (response.ok && answer?.result) return answer.result
  const message_ = typeof answer?.error === "string" ? answer.error : answer?.error?.message
  const failure = new QueryError(
    message_ || `The server answered with ${response.status} and without a reason.`,
  )
  // 429: the group's share of time is used up.
  failure.isRefusal = response.status === 429 || (response.ok && mayRunElsewhere(message_ ?? ""))
  throw failure
}

/** @param {string} statement @param {AbortSignal} [signal] @returns {Promise<QueryResult>} */
export const ask = (statement, signal) => post({ type: "query", statement }, signal)

/** Several statements at once; one that fails fails all. @param {string[]} statements @returns {Promise<QueryResult[]>} */
export const askAll = (statements) => post({ type: "transaction", statements })

/** Values of the first column, as text. @param {QueryResult | undefined} result */
export const firstColumn = (result) => {
  const name = result?.headers[0]?.name
  return name === undefined ? [] : (result?.rows ?? []).map((row) => String(row[name]))
}
