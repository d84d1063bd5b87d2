// @ts-check
/** @import { FieldBasis, GroupStatus, Row, RowNews } from "../../types.js" */
/** @import { readPage } from "./read.js" */

import { totalEnded } from "../shared/domain.js"
import { isTerminal } from "../shared/format.js"
import { factsOf } from "../shared/progress.js"
import { Columns } from "./columns.js"
import { mergeCounts } from "./counts.js"

/** More rows than any group can have: a wrong `input_index` must not make an array of that length. */
const MOST_ROWS = 1_000_000

/** Everything the page knows about the group. Views read it and hear of changes; only this module writes rows. */
export class Store {
  /** @type {(Row | undefined)[]} by input_index */
  rows = []
  known = 0
  /** Rows by status, of the known ones. @type {Map<string, number>} */
  counts = new Map()
  columns = new Columns()
  ended = false
  /** The group is no more: what is here is all that is left of it. */
  removed = false
  /** It was so from this page. */
  deleted = false
  /** Raised by every change of a row, so that orders made from the rows know when they are old. */
  version = 0
  /** Rows have come in the order of their changes: all may be here, and what became of some of them not yet. */
  #isBehind = false
  /** @type {() => void} */
  onChange = () => {}

  /** @param {ReturnType<typeof readPage>} page */
  constructor({ group, schema, runs, facts }) {
    this.group = group
    /** @type {GroupStatus} */
    this.status = group.status
    this.ended = facts.ended
    this.columns.declare(schema)
    for (const run of runs) this.#put(run)
    this.columns.chooseKey(this.rows)
  }

  get total() {
    return Math.max(this.status?.num_task_runs ?? 0, this.known)
  }

  /** Whether every row is here, so that our own count is at least as new as the server's. */
  get whole() {
    return this.known >= this.total
  }

  /** Whether every row is here as it is now, as far as anybody has said. */
  get current() {
    return this.whole && !this.#isBehind
  }

  /** @returns {Map<string, number>} rows by status, of all rows */
  get statusCounts() {
    if (this.current) return this.counts
    const told = Object.entries(this.status?.task_run_status_counts ?? {}).filter(([, n]) => n > 0)
    return mergeCounts(new Map(told), this.counts, this.total)
  }

  get finished() {
    let n = 0
    for (const [status, rows] of this.statusCounts) if (isTerminal(status)) n += rows
    return n
  }

  #catchUp() {
    if (!this.whole) this.#isBehind = true
    if (!this.#isBehind || !this.whole) return
    const told = totalEnded(this.status?.task_run_status_counts ?? {})
    this.#isBehind = totalEnded(Object.fromEntries(this.counts)) < told
  }

  /** What the words of its state are made of: our own counts, where they are newer. */
  get facts() {
    const counts = Object.fromEntries(this.statusCounts)
    return factsOf({ ...this.status, num_task_runs: this.total, task_run_status_counts: counts }, this.ended)
  }

  get active() {
    return !this.ended && (this.status?.is_active !== false || this.finished < this.total)
  }

  /** @param {RowNews} news */
  applyRow(news) {
    if (!news.run || typeof news.run.status !== "string") return
    this.#put(news)
    if (this.whole) this.columns.chooseKey(this.rows)
    this.onChange()
  }

  /** @param {GroupStatus} status */
  applyStatus(status) {
    if (!status || typeof status.num_task_runs !== "number") return
    this.status = status
    // Somebody has added rows, or had some run again.
    if (status.is_active === true) this.ended = false
    this.#catchUp()
    this.onChange()
  }

  /** @param {unknown} warnings */
  learnWarnings(warnings) {
    if (!Array.isArray(warnings)) return
    this.group.warnings = warnings
    this.onChange()
  }

  /** Reasoning and sources of a row as they were fetched. @param {Row} row @param {FieldBasis[]} basis */
  learnBasis(row, basis) {
    if (!row.output) return
    row.output.basis = basis
    this.onChange()
  }

  end() {
    this.ended = true
    this.#isBehind = false
    this.onChange()
  }

  remove() {
    this.ended = this.removed = true
    this.onChange()
  }

  delete() {
    this.deleted = true
    this.remove()
  }

  /** @param {RowNews} news */
  #put(news) {
    const { index, run } = news
    if (!Number.isInteger(index) || index < 0 || index >= MOST_ROWS) return
    const known = this.rows[index]
    const before = known?.run.status
    const input = news.input ?? known?.input ?? new Map()
    /** @type {Row} */
    const row = Object.assign(known ?? {}, news, { input, version: (known?.version ?? 0) + 1, search: null })
    if (!known) {
      // Holes would make the array sparse and slow; rows not known yet are `undefined`.
      while (this.rows.length < index) this.rows.push(undefined)
      this.rows[index] = row
      this.known++
    }
    if (before !== run.status) {
      if (before !== undefined) this.counts.set(before, (this.counts.get(before) ?? 1) - 1)
      this.counts.set(run.status, (this.counts.get(run.status) ?? 0) + 1)
    }
    this.#catchUp()
    this.columns.see(row)
    this.version++
  }
}
