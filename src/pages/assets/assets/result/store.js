// @ts-check
/** @import { FieldBasis, Group, GroupStatus, Injected, ListedRun, Row, StateEvent, TaskRun } from "../../types.js" */

import { isTerminal } from "../shared/format.js"
import { Columns } from "./columns.js"

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
  /** Raised by every change of a row, so that orders made from the rows know when they are old. */
  version = 0
  /** @type {() => void} */
  onChange = () => {}
  /** When rows ended while the page was open, newest last. @type {number[]} */
  endings = []

  /** @param {Injected} injected */
  constructor(injected) {
    this.group = injected.data
    /** @type {GroupStatus} */
    this.status = injected.data.status
    this.ended = injected.ended
    this.columns.declare(injected.data.output_schema ?? null)
    for (const run of Array.isArray(injected.data.runs) ? injected.data.runs : []) this.#list(run)
    this.endings.length = 0
  }

  get total() {
    return Math.max(this.status?.num_task_runs ?? 0, this.known)
  }

  /** Whether every row is here, so that our own count is at least as new as the server's. */
  get whole() {
    return this.known >= this.total
  }

  /** @returns {Map<string, number>} rows by status, of all rows */
  get statusCounts() {
    if (this.whole) return this.counts
    return new Map(Object.entries(this.status?.task_run_status_counts ?? {}).filter(([, n]) => n > 0))
  }

  get finished() {
    let n = 0
    for (const [status, rows] of this.statusCounts) if (isTerminal(status)) n += rows
    return n
  }

  get active() {
    return !this.ended && (this.status?.is_active !== false || this.finished < this.total)
  }

  /** @param {ListedRun} listed */
  #list(listed) {
    const { input_index, input, output, ...run } = listed
    this.#put(input_index, input, run, output ?? null)
  }

  /** @param {StateEvent} event */
  applyRow(event) {
    if (!event.run || typeof event.run.status !== "string") return
    this.#put(event.input_index, event.input?.input ?? null, event.run, event.output ?? null)
    this.onChange()
  }

  /** @param {GroupStatus} status */
  applyStatus(status) {
    if (!status || typeof status.num_task_runs !== "number") return
    this.status = status
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
    this.onChange()
  }

  /** @param {number} index @param {Row["input"] | null} input @param {TaskRun} run @param {Row["output"]} output */
  #put(index, input, run, output) {
    if (!Number.isInteger(index) || index < 0 || index >= MOST_ROWS) return
    let row = this.rows[index]
    const before = row?.run.status
    if (row) {
      row.input = input ?? row.input
      row.run = run
      row.output = output
      row.text = null
      row.version++
    } else {
      row = { index, input: input ?? {}, run, output, version: 1, text: null }
      // Holes would make the array sparse and slow; rows not known yet are `undefined`.
      while (this.rows.length < index) this.rows.push(undefined)
      this.rows[index] = row
      this.known++
    }
    if (before !== run.status) {
      if (before !== undefined) this.counts.set(before, (this.counts.get(before) ?? 1) - 1)
      this.counts.set(run.status, (this.counts.get(run.status) ?? 0) + 1)
      if (before !== undefined && isTerminal(run.status) && !isTerminal(before)) this.endings.push(Date.now())
    }
    this.columns.see(row)
    this.version++
  }
}
