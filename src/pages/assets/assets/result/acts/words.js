// @ts-check
/** @import { Outcome } from "../../shared/send.js" */
/** @import { Pending } from "./attempts.js" */

import { isForgotten } from "../../shared/attempt.js"
import { dateTime } from "../../shared/format.js"

/** Plain words for what became of an act. */

const NOTHING = "Nothing has changed."

/** @param {Extract<Outcome<unknown>, { ok: false }>} refusal @param {boolean} isPlan @returns {string} */
export function refusalText({ status, problems, unknown, unchanged }, isPlan) {
  const said = problems
    .slice(0, 5)
    .map(({ path, message }) => `${placeOf(path)}${message.trim()}`)
    .join(" ")
  const left = problems.length > 5 ? ` And ${problems.length - 5} more.` : ""
  if (/Idempotency-Key was used/.test(said)) return OTHER_KEY
  if (unchanged) return said
  if (unknown)
    return `${said}${left} Whether it was carried out is not known. Send it again: it is done once, whatever became of it.`
  if (isPlan) return `The cost could not be looked up. ${OF_STATUS[status] ?? `${said}${left}`}`
  const own = status === 401 && !said.startsWith("An API key") ? `Parallel refuses this key: ${said}` : said
  const what = OF_STATUS[status] ?? `${own}${left}`
  return problems.some(({ path }) => path === "max_cost_usd")
    ? `By now it would cost more than the sum that was shown: ${what} ${NOTHING} Look at the sum once more.`
    : `${what} ${status === 404 ? "" : NOTHING}`.trim()
}

const OTHER_KEY =
  "It was sent with another API key then, and would be another request with this one. Use the key of then, or start anew."

/** @type {Record<number, string>} */
const OF_STATUS = {
  402: "The account has no credit at Parallel. Add some there, then press again.",
  403: "This key is of another account than the group's, or may not read it. Use a key of the account that made the group.",
  404: "This group is no more: it was deleted, or its time was over.",
}

/** A row's number as people count. @param {string} path */
function placeOf(path) {
  if (path === "" || path === "api_key" || path === "max_cost_usd") return ""
  const row = /^(?:inputs|rows)\[(\d+)\](.*)$/.exec(path)
  return row ? `Row ${Number(row[1]) + 1}${row[2] ? ` (${row[2].replace(/^\./, "")})` : ""}: ` : `${path}: `
}

/** When it was sent, and what the group was at. @param {Pending} pending @param {string | null} now what it is at, once that is known */
export const sentText = ({ at, before }, now) => [
  `Sent on ${dateTime(new Date(at).toISOString())}. No answer came, so that nobody knows whether it was carried out.`,
  now === null
    ? `The group then: ${before}. Looking what it is at now…`
    : before === now
      ? `The group is as it was then: ${now}.`
      : `The group then: ${before}. Now: ${now}. That may have come of it.`,
]

/** What sending it again would do. @param {Pending} pending @param {boolean} isOther whether the API key is another by now */
export function againText(pending, isOther) {
  const twice = pending.paid ? "done, and paid for, once more" : "done once more"
  if (isForgotten(pending))
    return `That is more than 24 hours ago, and the server no longer knows: sent again, it may be ${twice}. Look at the rows first.`
  if (isOther)
    return `The API key is another now: this would be another request, so that it may be ${twice}. Look at the rows first.`
  if (pending.request === null)
    return "It was too large to be kept here. Put the same in again: sent unchanged, it is done once."
  return `Sent again, it is done ${pending.paid ? "and paid for " : ""}once, whatever became of it.`
}
