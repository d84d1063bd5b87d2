// @ts-check
/** @import { Attempt } from "../shared/attempt.js" */

import { h } from "../shared/dom.js"
import { dateTime, plural } from "../shared/format.js"
import { groupsSince, isForgotten } from "../shared/attempt.js"
import { headOf } from "./history.js"

/**
 * What is to be known before rows are paid for that may have been started already: when they were sent, and the groups
 * that may have come of it, which are looked for first.
 * @param {Attempt} attempt @param {{ id: string, created: string, rows: number }[]} past @returns {Promise<(Node | string)[]>}
 */
export async function doubtsOf(attempt, past) {
  const ids = groupsSince(attempt, past).slice(0, 5)
  const heads = await Promise.all(ids.map(headOf))
  const found = ids.filter((_, at) => heads[at] !== null && heads[at] !== "gone")
  const links = found.flatMap((id) => [
    " ",
    h("a", { href: `/${encodeURIComponent(id)}`, target: "_blank", rel: "noopener" }, id),
  ])
  const when = dateTime(new Date(attempt.at).toISOString())
  const why = isForgotten(attempt)
    ? "That is more than 24 hours ago, and the server no longer knows: sent again, it is paid for again."
    : "The form or the key has changed since: this is another request, paid for on its own."
  return [
    `${plural(attempt.rows, "row")} sent on ${when} may have been started: no answer came. ${why}`,
    found.length > 0
      ? h("span", {}, "Look here first, it may be what came of it:", ...links)
      : "No group that came of it was found in this browser.",
  ]
}
