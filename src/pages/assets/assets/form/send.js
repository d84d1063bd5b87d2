// @ts-check
/** @import { MultitaskAnswer, MultitaskRequest, Problem } from "../../types.js" */

import { own } from "../shared/dom.js"
import { requestText } from "./request.js"

/**
 * Sends the request to this origin's API.
 * @param {MultitaskRequest} request @param {string} key
 * @returns {Promise<{ ok: true, answer: MultitaskAnswer } | { ok: false, problems: Problem[], taskgroupId: string | null }>}
 */
export async function send(request, key) {
  /** @type {Response} */
  let response
  try {
    response = await fetch("/v1beta/tasks/multitask", {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json", accept: "application/json" },
      body: requestText(request),
      // The key must not follow a redirect to another place.
      redirect: "error",
      credentials: "omit",
    })
  } catch (error) {
    return refusal([
      {
        path: "",
        message: `The server could not be reached${error instanceof Error && error.message ? ` (${error.message})` : ""}. Whether the group was started is not known.`,
      },
    ])
  }
  const body = await response.json().catch(() => null)
  if (response.ok && typeof own(body, "taskgroup_id") === "string") return { ok: true, answer: body }
  // Without a URL nothing is behind the group's id.
  return refusal(problemsOf(response, body), own(body, "url") && own(body, "taskgroup_id"))
}

/** @param {Problem[]} problems @param {unknown} [taskgroupId] @returns {{ ok: false, problems: Problem[], taskgroupId: string | null }} */
const refusal = (problems, taskgroupId) => ({
  ok: false,
  problems,
  taskgroupId: typeof taskgroupId === "string" ? taskgroupId : null,
})

/** @param {Response} response @param {unknown} body @returns {Problem[]} */
function problemsOf(response, body) {
  const error = own(body, "error")
  const message = String(own(error, "message") ?? `The server answered ${response.status}.`)
  const listed = own(own(error, "detail"), "errors")
  /** @type {Problem[]} */
  const problems = (Array.isArray(listed) ? listed : [])
    .filter((entry) => typeof entry?.message === "string")
    .map((entry) => ({ path: typeof entry.path === "string" ? entry.path : "", message: entry.message }))
  if (response.status === 401 || response.status === 403) problems.push({ path: "api_key", message })
  if (problems.length > 0) return problems
  const wait = response.headers.get("retry-after")
  const ref = own(error, "ref_id")
  const more = [
    response.status === 429 && wait ? `Try again in ${wait} s.` : "",
    typeof ref === "string" && ref ? `(ref ${ref})` : "",
  ]
  return [{ path: "", message: [message, ...more].filter(Boolean).join(" ") }]
}
