// @ts-check
/** @import { MultitaskAnswer, MultitaskRequest, Problem } from "../../types.js" */

import { askJson, DOUBT, MultitaskError } from "../shared/client.js"
import { own } from "../shared/dom.js"
import { requestText } from "./request.js"

/**
 * What was sent, and perhaps started: sent again unchanged, it is started once. Only a clear refusal ends that. A request
 * whose first answer was lost may be told at last that it is still under way (409), or that there are too many (429).
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
    doubtful = isRefusal(status) ? null : { body, apiKey, idempotencyKey }
    // Without a URL nothing is behind the group's id.
    return refusal(problemsOf(error), error.url && error.taskgroupId)
  }
}

/** @param {number} status */
const isRefusal = (status) => status >= 400 && status < 500 && ![408, 409, 429].includes(status)

/** @param {Problem[]} problems @param {string} [taskgroupId] @returns {{ ok: false, problems: Problem[], taskgroupId: string | null }} */
const refusal = (problems, taskgroupId) => ({ ok: false, problems, taskgroupId: taskgroupId || null })

const REPEAT =
  "Whether the group was started is not known: sent again unchanged, it is started once, as long as this page stays open."

/** @param {MultitaskError} error @returns {Problem[]} */
function problemsOf({ status, message, errors, retryAfter, refId, cause }) {
  const [said, doubt] = message.split(DOUBT)
  if (doubt !== undefined) {
    const why = cause instanceof Error && cause.message ? ` (${cause.message})` : ""
    const lost = status === 0 ? `The server could not be reached${why}.` : said
    return [{ path: "", message: `${lost} ${REPEAT}` }]
  }
  if (status === 401 || status === 403) return [...errors, { path: "api_key", message }]
  if (errors.length > 0) return [...errors]
  const wait = status === 429 && retryAfter !== undefined ? `Try again in ${retryAfter} s.` : ""
  return [{ path: "", message: [message, wait, refId && `(ref ${refId})`].filter(Boolean).join(" ") }]
}
