// @ts-check
/** @import { MultitaskAnswer, MultitaskRequest, Problem } from "../../types.js" */

import { askJson, MultitaskError } from "../shared/client.js"
import { own } from "../shared/dom.js"
import { requestText } from "./request.js"

/**
 * What was sent without a word of what became of it: sent again unchanged, it is started once.
 * @type {{ body: string, apiKey: string, idempotencyKey: string | undefined } | null}
 */
let doubtful = null

/**
 * Sends the request to this origin's API, as often as it takes for an answer to come.
 * @param {MultitaskRequest} request @param {string} apiKey @param {() => void} onAgain told when it is sent again
 * @returns {Promise<{ ok: true, answer: MultitaskAnswer } | { ok: false, problems: Problem[], taskgroupId: string | null }>}
 */
export async function send(request, apiKey, onAgain) {
  const body = requestText(request)
  const isSame = doubtful?.body === body && doubtful.apiKey === apiKey
  let attempts = 0
  const connection = {
    baseUrl: location.origin,
    apiKey,
    fetch: (/** @type {Parameters<typeof fetch>} */ ...sent) => {
      if (attempts++ > 0) onAgain()
      return fetch(...sent)
    },
  }
  try {
    /** @type {MultitaskAnswer} */
    const answer = await askJson(connection, {
      method: "POST",
      path: "/v1beta/tasks/multitask",
      body,
      idempotencyKey: isSame ? doubtful?.idempotencyKey : undefined,
    })
    doubtful = null
    if (typeof own(answer, "taskgroup_id") === "string") return { ok: true, answer }
    return refusal([{ path: "", message: "The server's answer names no group." }])
  } catch (error) {
    if (!(error instanceof MultitaskError)) throw error
    const { status, idempotencyKey } = error
    doubtful = status === 0 || status >= 500 ? { body, apiKey, idempotencyKey } : null
    // Without a URL nothing is behind the group's id.
    return refusal(problemsOf(error), error.url && error.taskgroupId)
  }
}

/** @param {Problem[]} problems @param {string} [taskgroupId] @returns {{ ok: false, problems: Problem[], taskgroupId: string | null }} */
const refusal = (problems, taskgroupId) => ({ ok: false, problems, taskgroupId: taskgroupId || null })

/** @param {MultitaskError} error @returns {Problem[]} */
function problemsOf({ status, message, errors, retryAfter, refId, cause }) {
  if (status === 0) {
    const why = cause instanceof Error && cause.message ? ` (${cause.message})` : ""
    const said = `The server could not be reached${why}. Whether the group was started is not known: sent again unchanged, it is started once.`
    return [{ path: "", message: said }]
  }
  if (status === 401 || status === 403) return [...errors, { path: "api_key", message }]
  if (errors.length > 0) return [...errors]
  const wait = status === 429 && retryAfter !== undefined ? `Try again in ${retryAfter} s.` : ""
  return [{ path: "", message: [message, wait, refId && `(ref ${refId})`].filter(Boolean).join(" ") }]
}
