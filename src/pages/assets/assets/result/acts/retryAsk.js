// @ts-check
/** @import { Store } from "../store.js" */
/** @import { Ask } from "./dialog.js" */
/** @import { Standing } from "./standing.js" */

import { h } from "../../shared/dom.js"
import { count, plural } from "../../shared/format.js"
import { exactly } from "../../shared/money.js"
import { findProcessor, processors } from "../../processors.js"
import { costOf } from "./standing.js"

/** @typedef {{ retried: number, estimated_cost_usd: number | null, warnings: string[] }} Plan */

/** Which rows of a group can be run again together. @type {readonly ["failed" | "cancelled" | "unsent", string][]} */
const KINDS = [
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
  ["unsent", "Not sent"],
]

/**
 * Runs rows again: those that failed or were cancelled, or one.
 * @param {string} base @param {Store} store @param {Standing} standing @param {number | null} only its index
 * @returns {Ask}
 */
export function retryAsk(base, store, standing, only) {
  const own = store.group.metadata?.processor
  const processor = processorChoice(own)
  const kinds = KINDS.filter(([kind]) => standing[kind] > 0)
  // What was not sent is what Resume is for.
  const chosen = new Set(
    kinds.map(([kind]) => kind).filter((kind) => kind !== "unsent" || kinds.length === 1),
  )
  const choice = only === null && kinds.length > 1 ? kindChoice(kinds, chosen, standing) : null
  /** @type {Plan | null} */
  let plan = null
  const expected = () => (only === null ? [...chosen].reduce((sum, kind) => sum + standing[kind], 0) : 1)
  const used = () => processor.value || own
  const isAll = () => only === null && chosen.size === kinds.length
  /** @param {number | null} usd */
  const bodyOf = (usd) =>
    JSON.stringify({
      ...(isAll() ? {} : { rows: only === null ? indexesOf(store, chosen) : [only] }),
      ...(processor.value ? { processor: processor.value } : {}),
      ...(usd === null ? {} : { max_cost_usd: usd }),
    })
  const figures = () => {
    const rows = plan?.retried ?? expected()
    return { rows, usd: plan === null ? costOf(used(), rows) : plan.estimated_cost_usd }
  }
  // Which rows they are is known once all are here.
  const isLoading = () => only === null && !isAll() && !store.whole
  const path = `${base}/retry`
  return {
    act: "retry",
    // About one row there is little to choose.
    usd: only === null ? null : costOf(own, 1),
    title: only === null ? "Run rows again?" : `Run row ${count(only + 1)} again?`,
    body: [
      h(
        "p",
        {},
        "They run anew, as new runs, and are paid for. What they had until now stays in the database.",
      ),
      ...(choice ? [choice] : []),
      h("label", { class: "label", for: "act-processor" }, "Processor"),
      processor,
    ],
    bind: (changed) => {
      for (const control of [processor, choice])
        control?.addEventListener("change", () => {
          plan = null
          changed(true)
        })
    },
    order: () => {
      const { rows, usd } = figures()
      const label =
        usd === null ? `Retry ${plural(rows, "row")}` : `Retry ${plural(rows, "row")} for ${exactly(usd)}`
      return {
        request: rows === 0 || isLoading() ? null : { method: "POST", path, body: bodyOf(usd) },
        label,
        rows,
        paid: true,
      }
    },
    note: () =>
      [
        figures().usd === null
          ? `What ${String(used())} costs is not known here.`
          : "At list price. What would cost more is not done.",
        isLoading() ? "The rows are still loading." : "",
        figures().rows === 0 ? "There is nothing to run again." : "",
        ...(plan?.warnings ?? []),
      ]
        .filter(Boolean)
        .join(" "),
    plan: async (ask) => {
      const outcome = await ask({ method: "POST", path, body: bodyOf(null) })
      if (!outcome.ok) return outcome
      const { retried, estimated_cost_usd, warnings } = outcome.answer
      plan = { retried, estimated_cost_usd, warnings: Array.isArray(warnings) ? warnings : [] }
      return null
    },
    done: ({ retried = 0 }) =>
      retried === 0
        ? "There was nothing to run again."
        : `${plural(retried, "row")} ${retried === 1 ? "runs" : "run"} again.`,
  }
}

/** @param {unknown} own the group's */
function processorChoice(own) {
  const priced = (/** @type {string} */ name) => {
    const price = findProcessor(name)?.usd
    return price === undefined ? name : `${name}, ${exactly(price)} a row`
  }
  return h(
    "select",
    { id: "act-processor" },
    h("option", { value: "" }, typeof own === "string" ? `As before: ${priced(own)}` : "As before"),
    processors
      .filter(({ name }) => name !== own)
      .map(({ name }) => h("option", { value: name }, priced(name))),
  )
}

/** @param {readonly (typeof KINDS)[number][]} kinds @param {Set<(typeof KINDS)[number][0]>} chosen @param {Standing} standing */
function kindChoice(kinds, chosen, standing) {
  return h(
    "fieldset",
    { class: "act-kinds" },
    h("legend", { class: "label" }, "Which rows"),
    kinds.map(([kind, label]) => {
      const box = h("input", { type: "checkbox", checked: chosen.has(kind) })
      box.addEventListener("change", () => {
        if (box.checked) chosen.add(kind)
        else chosen.delete(kind)
      })
      return h("label", { class: "check" }, box, ` ${label} (${count(standing[kind])})`)
    }),
  )
}

/** @param {Store} store @param {ReadonlySet<string>} kinds */
const indexesOf = (store, kinds) =>
  store.rows.flatMap((row, index) => {
    if (row === undefined) return []
    const { status, run_id } = row.run
    const kind = status === "cancelled" && run_id === null ? "unsent" : status
    return kinds.has(kind) ? [index] : []
  })
