// @ts-check
/** @import { Orders } from "./orders.js" */

import { byId, setText } from "../shared/dom.js"
import { count, dollars, durationRange, plural, dateTime } from "../shared/format.js"
import { findProcessor, suggestedRange } from "../processors.js"
import { isForgotten } from "../shared/attempt.js"
import { exactly, rowsFor, shareOf } from "../shared/money.js"
import { TRIAL_ROWS } from "./orders.js"

/**
 * How many rows will run, as far as that is known: of `all` (null: behind a URL), with at most `limit`, and as many as
 * the budget buys at the price of the processor.
 * @param {{ all: number | null, limit: number | null, budget: number | null, processor: string }} form
 */
export function counted({ all, limit, budget, processor }) {
  const price = findProcessor(processor)?.usd
  const bought = budget === null || price === undefined ? null : rowsFor(budget, price)
  const bounds = [limit, bought].filter((n) => n !== null)
  return { all, bound: bounds.length > 0 ? Math.min(...bounds) : null, price, bought }
}

/** @typedef {ReturnType<typeof counted>} Counted */

/** @param {Counted} counted @returns {number | null} */
export const rowsOf = ({ all, bound }) => (all === null || bound === null ? all : Math.min(all, bound))

/** What it will come to: exactly once it is planned, about before. @param {Counted} counted @param {Orders} orders @param {string} processor */
export function drawEstimate(counted, orders, processor) {
  const { plan, trial } = orders
  const sum = plan?.rows ?? rowsOf(counted)
  // What was tried is paid.
  const [all, n] = [counted.all, sum === null ? null : Math.max(0, sum - (trial?.rows ?? 0))]
  const ofAll = all === null || n === null || n === all ? "" : `${count(n)} of ${plural(all, "row")}`
  const unknown = counted.bound === null ? "known after fetching" : `at most ${plural(counted.bound, "row")}`
  setText(byId("estimate-rows"), n === null ? unknown : ofAll || plural(n, "row"))
  setText(byId("cost-label"), plan ? "Cost" : "Cost, about")
  setText(byId("time-label"), plan ? "Time in all" : "Time per row")
  byId("estimate-processor").textContent = plan ? plan.processor : processor || "suggested"
  const one = findProcessor(processor)
  const [low, high] = one ? [one, one] : suggestedRange
  const money = (/** @type {number} */ usd) => dollars(n === null ? usd : usd * n)
  const about = one ? money(one.usd) : `${money(low.usd)} – ${money(high.usd)}`
  const cost = n === null ? `${about} per row` : n === 0 ? "–" : about
  const usd = plan && plan.usd !== null ? shareOf(plan.usd, n ?? plan.rows, plan.rows) : null
  setText(byId("estimate-cost"), plan ? (usd === null ? "not known" : exactly(usd)) : cost)
  const seconds = plan?.seconds
  const time = one ? durationRange(one.seconds) : durationRange([low.seconds[0], high.seconds[1]])
  setText(
    byId("estimate-time"),
    plan ? (seconds ? durationRange([seconds.min, seconds.max]) : "not known") : time,
  )
  drawBought(counted)
}

/** @param {Counted} counted */
function drawBought({ all, price, bought }) {
  const at = price === undefined ? "" : `at ${exactly(price)} each`
  const words =
    bought === null
      ? "Only as many rows run as it buys."
      : bought === 0
        ? `Buys no row ${at}.`
        : all !== null && bought >= all
          ? `Buys all ${plural(all, "row")} ${at}.`
          : `Buys ${plural(bought, "row")}${all === null ? "" : ` of ${count(all)}`} ${at}.`
  setText(byId("max-cost-hint"), words)
}

/** The three buttons, and what is to be known before they are pressed. @param {Counted} counted @param {Orders} orders */
export function drawButtons(counted, orders) {
  const { plan, trial, isDone, busy, unknown, triedInVain, startedBefore } = orders
  const n = plan?.rows ?? rowsOf(counted)
  const rest = trial && n !== null ? n - trial.rows : null
  const [suggest, tryOut, submit] = [byId("suggest"), byId("try"), byId("submit")]
  setText(
    submit,
    busy ||
      (rest !== null && rest > 0 ? `Run the other ${count(rest)}` : n ? `Run ${plural(n, "row")}` : "Run"),
  )
  submit.classList.toggle("busy", busy !== "")
  const isOff = busy !== "" || isDone || (rest !== null && rest <= 0)
  submit.setAttribute("aria-disabled", String(isOff))
  for (const button of [suggest, tryOut]) button.setAttribute("aria-disabled", String(busy !== ""))
  tryOut.hidden = (n !== null && n <= TRIAL_ROWS) || isDone || trial !== null
  const words = isDone
    ? "These rows have been started. Change something to run again."
    : rest !== null && rest <= 0
      ? "All of these rows have been tried already."
      : trial
        ? "The others are added to the group of the first three."
        : triedInVain > 0
          ? `Run makes a new group: the ${plural(triedInVain, "row")} that you tried are paid again.`
          : startedBefore > 0
            ? `Run makes a new group: ${plural(Math.min(startedBefore, n ?? startedBefore), "row")} of these, started before, are paid again. “Add rows” on their page adds others to them.`
            : plan
              ? "Planned. Nothing has been started."
              : ""
  const asked = unknown && !isDone ? doubt(unknown) : ""
  setText(byId("run-note"), busy ? "" : [asked, words].filter(Boolean).join(" "))
  drawWarnings(plan?.warnings ?? [])
}

/** @param {NonNullable<Orders["unknown"]>} attempt */
function doubt(attempt) {
  const sent = `${plural(attempt.rows, "row")} sent on ${dateTime(new Date(attempt.at).toISOString())}: no answer came.`
  return isForgotten(attempt)
    ? `${sent} That is more than 24 hours ago: Run looks for the group first, and asks.`
    : `${sent} Sent again unchanged, they are started once.`
}

/** @param {string[]} warnings */
function drawWarnings(warnings) {
  const text = warnings.join("\n")
  setText(byId("plan-warnings"), text)
  byId("plan-warnings").hidden = text === ""
}
