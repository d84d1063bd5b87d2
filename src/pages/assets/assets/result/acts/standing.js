// @ts-check
/** @import { StatusFacts } from "../../shared/domain.js" */
/** @import { Store } from "../store.js" */

import { isTerminal } from "../../shared/format.js"
import { findProcessor } from "../../processors.js"
import { shareOf } from "../../shared/money.js"

/**
 * What acts are about, in rows. `unsent` were left out and have ended so, `waiting` are still to be sent, `open` have not
 * ended; `cancelled` were, at Parallel. Exact once every row is here.
 *
 * @typedef {{ state: StatusFacts["state"], isOver: boolean, total: number, failed: number, cancelled: number, unsent: number,
 *   waiting: number, open: number }} Standing
 * @typedef {"retry" | "resume" | "stop" | "inputs" | "again" | "delete"} ActName
 */

/** @param {Store} store @returns {Standing} */
export function standingOf(store) {
  const { facts, total } = store
  const { failed = 0, cancelled = 0, queued = 0 } = facts.task_run_status_counts
  const open = total - store.finished
  const standing = { state: facts.state, isOver: !store.active, total, failed, open }
  if (!store.whole) {
    const unsent = facts.state === "done" ? 0 : cancelled
    return { ...standing, cancelled: cancelled - unsent, unsent, waiting: queued }
  }
  let [unsent, waiting] = [0, 0]
  if (cancelled + queued > 0)
    for (const row of store.rows)
      if (row !== undefined && row.run.run_id === null)
        if (row.run.status === "cancelled") unsent++
        else if (!isTerminal(row.run.status)) waiting++
  return { ...standing, cancelled: cancelled - unsent, unsent, waiting }
}

/** How many rows a resume would send; who gave up follows others, which are paid. @param {Standing} standing */
export const sentByResume = ({ state, unsent, waiting }) =>
  unsent + (state === "waiting_for_credit" || state === "key_refused" ? waiting : 0)

/** How many it would follow again. @param {Standing} standing */
export const followedByResume = ({ state, open, waiting }) =>
  state === "given_up" ? open : state === "key_refused" ? open - waiting : 0

/**
 * What can be done with a group as it is, and with how many rows.
 * @param {Standing} standing @returns {{ name: ActName, label: string, rows: number | null }[]}
 */
export function actsFor(standing) {
  const { state, isOver, failed, cancelled, waiting } = standing
  const again = failed + cancelled
  const resumes = sentByResume(standing) + followedByResume(standing)
  /** @type {(false | { name: ActName, label: string, rows: number | null })[]} */
  const acts = [
    again > 0 && {
      name: "retry",
      label: failed > 0 ? "Retry failed rows" : "Retry cancelled rows",
      rows: again,
    },
    (resumes > 0 || state === "given_up") && { name: "resume", label: "Resume", rows: resumes || null },
    !isOver && waiting > 0 && { name: "stop", label: "Stop", rows: null },
    { name: "inputs", label: "Add rows", rows: null },
    { name: "again", label: "Run again with changes", rows: null },
    { name: "delete", label: "Delete now", rows: null },
  ]
  return acts.filter((act) => act !== false)
}

/** What rows cost at list price; null where that is not known. @param {unknown} processor @param {number} rows */
export function costOf(processor, rows) {
  const price = findProcessor(processor)?.usd
  return price === undefined ? null : shareOf(price, rows, 1)
}

/**
 * What a resume would cost: each row keeps the processor that it was to have.
 * @param {Store} store @param {Standing} standing
 */
export function costOfResume(store, standing) {
  const own = store.group.metadata?.processor
  const sent = sentByResume(standing)
  if (!store.whole) return costOf(own, sent)
  const takesWaiting = sent > standing.unsent
  /** @type {Map<unknown, number>} */
  const byProcessor = new Map()
  for (const row of store.rows) {
    if (row === undefined || row.run.run_id !== null) continue
    const { status, processor } = row.run
    if (status === "cancelled" || (takesWaiting && !isTerminal(status)))
      byProcessor.set(processor ?? own, (byProcessor.get(processor ?? own) ?? 0) + 1)
  }
  const sums = [...byProcessor].map(([processor, rows]) => costOf(processor, rows))
  return sums.reduce((sum, usd) => (sum === null || usd === null ? null : shareOf(sum + usd, 1, 1)), 0)
}
