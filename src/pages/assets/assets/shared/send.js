// @ts-check
/** @import { Problem } from "../../types.js" */

import { askJson, DOUBT, isClear, MultitaskError } from "./client.js"

/**
 * What a request came to. `unknown`: it may have been carried out, and only under its own key may it be sent again.
 * `unchanged`: the server says itself that it was not, and no answer before was lost.
 * @template A
 * @typedef {{ ok: true, answer: A }
 *   | { ok: false, problems: Problem[], status: number, unknown: boolean, unchanged: boolean,
 *       taskgroupId: string | null }} Outcome
 */

/**
 * Sends a request to this origin's API, as often as it takes for an answer to come.
 * @template A
 * @param {{ method?: "POST" | "DELETE", path: string, body?: string | undefined, idempotencyKey: string | null, repeat?: string }} request
 *   without a key it is a plan, which changes nothing; `repeat` says what is not known when no answer comes
 * @param {string} apiKey @param {() => void} onAgain told when it is sent again
 * @returns {Promise<Outcome<A>>}
 */
export async function send(
  { method = "POST", path, body, idempotencyKey, repeat = REPEAT },
  apiKey,
  onAgain,
) {
  let attempts = 0
  const connection = {
    baseUrl: location.origin,
    apiKey,
    fetch: (/** @type {Parameters<typeof fetch>} */ ...sent) => {
      if (attempts++ > 0) onAgain()
      return fetch(...sent)
    },
  }
  const isPlan = idempotencyKey === null
  try {
    const asked = { path, query: isPlan ? { dry_run: "true" } : {}, body }
    return {
      ok: true,
      answer: await askJson(connection, {
        ...asked,
        method,
        idempotencyKey: idempotencyKey ?? undefined,
      }),
    }
  } catch (error) {
    if (!(error instanceof MultitaskError)) throw error
    return {
      ok: false,
      problems: problemsOf(error, isPlan, repeat),
      status: error.status,
      unknown: !isPlan && !isClear(error),
      unchanged: !error.message.includes(DOUBT) && UNCHANGED.test(error.message),
      // Without a URL nothing is behind the group's id.
      taskgroupId: (error.url && error.taskgroupId) || null,
    }
  }
}

const UNCHANGED = /Nothing (has changed|was submitted)\b/

const REPEAT = "Whether the group was started is not known: sent again unchanged, it is started once."

/** @param {MultitaskError} error @param {boolean} isPlan @param {string} repeat @returns {Problem[]} */
function problemsOf({ status, message, errors, retryAfter, refId, cause }, isPlan, repeat) {
  const [said, doubt] = message.split(DOUBT)
  if (doubt !== undefined) {
    const why = cause instanceof Error && cause.message ? ` (${cause.message})` : ""
    const lost = status === 0 ? `The server could not be reached${why}.` : said
    return [{ path: "", message: `${lost} ${isPlan ? "Nothing was started: try again." : repeat}` }]
  }
  if (status === 401 || status === 403) return [...errors, { path: "api_key", message }]
  if (errors.length > 0) return [...errors]
  const wait = status === 429 && retryAfter !== undefined ? `Try again in ${retryAfter} s.` : ""
  return [{ path: "", message: [message, wait, refId && `(ref ${refId})`].filter(Boolean).join(" ") }]
}
