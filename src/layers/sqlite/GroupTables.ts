import type { GroupDetails } from "../../domain/TaskGroup.ts"
import type { Publisher } from "../../services/Publisher.ts"
import type { RowState } from "./applyRun.ts"
import { ChangeRing } from "./ChangeRing.ts"
import { firstRow, type SqliteStorage } from "./SqliteStorage.ts"
import {
  createTables,
  readDetails,
  RUN_COLUMNS,
  rowId,
  type StoredDetails,
  type StoredRow,
  toRow,
  updateRow,
  writeDetails,
} from "./tables.ts"
import { type Counted, Tally } from "./Tally.ts"
import { UndoLog } from "./UndoLog.ts"

const counted = (row: StoredRow): Counted => ({
  inputIndex: row.inputIndex,
  runId: row.runId,
  status: row.status,
  hasContent: row.content !== null,
  hasError: row.error !== null,
})

/** Row reads of one page: bounded in rows, and in text so that large rows do not add up. */
const PAGE_ROWS = 64
const PAGE_CHARS = 256 * 1024

/**
 * The two tables with what is derived from them in memory (counts, newest change, run ids). All writes go through
 * `write`, which makes them one transaction, gives every changed row its number, and tells viewers afterwards.
 */
export class GroupTables {
  readonly undo = new UndoLog()
  readonly ring: ChangeRing
  private tally: Tally | null = null
  private cachedDetails: StoredDetails | null | undefined = undefined
  private indexByRunId: Map<string, number> | null = null
  private readers = 0
  private touched: Array<{ readonly change: number; readonly inputIndex: number }> = []
  private closed = false
  private readonly named = new Map<number, string>()

  readonly storage: SqliteStorage
  private readonly publisher: Publisher["Service"]

  constructor(storage: SqliteStorage, publisher: Publisher["Service"]) {
    this.storage = storage
    this.publisher = publisher
    createTables(storage)
    this.ring = new ChangeRing(this.change)
  }

  get isClosed(): boolean {
    return this.closed
  }

  close(): void {
    this.closed = true
    this.forget()
    this.cachedDetails = null
  }

  /** What was stored has been deleted, tables included; they come back when a group begins. */
  deleted(): void {
    this.tally = new Tally()
    this.cachedDetails = null
    this.indexByRunId = null
    this.ring.reset(0)
  }

  private forget(): void {
    this.tally = null
    this.cachedDetails = undefined
    this.indexByRunId = null
  }

  get counts(): Tally {
    if (this.tally === null) {
      // A transaction that failed may have taken the tables with it.
      if (!this.closed) createTables(this.storage)
      this.tally = this.closed ? new Tally() : Tally.read(this.storage)
      this.tally.touch(this.closed ? 0 : (readDetails(this.storage)?.change ?? 0), 0)
    }
    return this.tally
  }

  get change(): number {
    return this.counts.change
  }

  get details(): StoredDetails | null {
    if (this.cachedDetails === undefined) this.cachedDetails = this.closed ? null : readDetails(this.storage)
    return this.cachedDetails
  }

  /** Details of a group that is known to be here. */
  get group(): StoredDetails {
    const details = this.details
    if (details === null) throw new Error("no task group is stored here")
    return details
  }

  /**
   * One transaction. What it changed in memory is dropped when it fails, and read again from the tables. After the
   * object was closed it writes nothing and answers `otherwise`.
   */
  write<T>(otherwise: T, body: () => T): T {
    if (this.closed) return otherwise
    this.touched = []
    const before = this.counts.change
    let result: T
    try {
      result = this.storage.transactionSync(body)
    } catch (error) {
      this.forget()
      throw error
    }
    if (this.readers === 0) this.ring.reset(this.change)
    else for (const { change, inputIndex } of this.touched) this.ring.push(change, inputIndex)
    if (this.counts.change !== before) this.publisher.publish()
    return result
  }

  /** Inside `write`: a new row was inserted. */
  inserted(row: StoredRow, now: number): void {
    this.counts.add(counted(row), now)
    this.counts.touch(row.change, now)
    this.touched.push({ change: row.change, inputIndex: row.inputIndex })
  }

  /** Inside `write`: replaces a row, which takes the next change number. */
  update(before: StoredRow, next: StoredRow, now: number): void {
    const after: StoredRow = { ...next, change: this.nextChange(now) }
    this.undo.record(before)
    updateRow(this.storage, before, after, now)
    this.counts.remove(counted(before))
    this.counts.add(counted(after), now)
    if (before.runId !== after.runId && this.indexByRunId !== null) {
      if (before.runId !== null && this.indexByRunId.get(before.runId) === before.inputIndex) {
        this.indexByRunId.delete(before.runId)
        // A run that two rows held until metadata said whose it is: the other one keeps it.
        const query = "SELECT input_index FROM runs WHERE run_id = ? LIMIT 1"
        const other = firstRow(this.storage.sql.exec(query, before.runId))
        if (other !== null) this.indexByRunId.set(before.runId, other[0] as number)
      }
      if (after.runId !== null) this.indexByRunId.set(after.runId, after.inputIndex)
    }
    this.touched.push({ change: after.change, inputIndex: after.inputIndex })
  }

  /** Inside `write`: the next change number. `rowChangedAt` is 0 where no row changes: messages are no progress. */
  nextChange(rowChangedAt: number): number {
    const change = this.counts.change + 1
    this.counts.touch(change, rowChangedAt)
    return change
  }

  /** Inside `write`: replaces details, as a change of its own. */
  updateDetails(next: Partial<Omit<StoredDetails, "change">>): void {
    const details = { ...this.group, ...next, change: this.nextChange(0) }
    writeDetails(this.storage, details)
    this.cachedDetails = details
  }

  /** Inside `write`: the first details. */
  insertDetails(details: GroupDetails): void {
    const stored = { ...details, endChange: null, change: this.nextChange(0) }
    writeDetails(this.storage, stored)
    this.cachedDetails = stored
  }

  /** What of a row decides what an update means, without its large columns. */
  state(inputIndex: number, attempt = 1): RowState | null {
    const values = firstRow(
      this.storage.sql.exec(
        "SELECT run_id, status, confirmed, content IS NOT NULL FROM runs WHERE id = ?",
        rowId(inputIndex, attempt),
      ),
    )
    if (values === null) return null
    const [runId, status, confirmed, hasContent] = values
    return {
      runId: typeof runId === "string" ? runId : null,
      status: status as string,
      confirmed: confirmed === 1,
      hasContent: hasContent === 1,
    }
  }

  /**
   * Runs whose metadata has named their input since the object started. The row is not written for it: `confirmed`
   * goes along with its next change, and a restart learns it anew from the next listing.
   */
  noteNamed(inputIndex: number, runId: string): void {
    this.named.set(inputIndex, runId)
  }

  isNamed(inputIndex: number, runId: string | null): boolean {
    return runId !== null && this.named.get(inputIndex) === runId
  }

  row(inputIndex: number, attempt = 1): StoredRow | null {
    const values = firstRow(
      this.storage.sql.exec(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`, rowId(inputIndex, attempt)),
    )
    return values === null ? null : toRow(values)
  }

  /** Rows in input order from input `from` on, as many as a page holds. */
  page(from: number): ReadonlyArray<StoredRow> {
    const rows: Array<StoredRow> = []
    let chars = 0
    const cursor = this.storage.sql.exec(
      `SELECT ${RUN_COLUMNS} FROM runs WHERE id >= ? ORDER BY id LIMIT ${PAGE_ROWS}`,
      rowId(from, 0),
    )
    for (const values of cursor.raw()) {
      const row = toRow(values)
      const previous = rows.at(-1)
      // A later attempt at the same input replaces the earlier one.
      if (previous !== undefined && previous.inputIndex === row.inputIndex) rows.pop()
      rows.push(row)
      chars +=
        row.input.length + (row.content?.length ?? 0) + (row.merged?.length ?? 0) + (row.output?.length ?? 0)
      if (chars > PAGE_CHARS) break
    }
    return rows
  }

  indexOfRun(runId: string): number | null {
    if (this.indexByRunId === null) {
      const index = new Map<string, number>()
      for (const row of this.storage.sql
        .exec("SELECT run_id, input_index FROM runs WHERE run_id IS NOT NULL ORDER BY confirmed")
        .raw()) {
        index.set(row[0] as string, row[1] as number)
      }
      this.indexByRunId = index
    }
    return this.indexByRunId.get(runId) ?? null
  }

  addReader(): () => void {
    if (this.readers === 0) this.ring.reset(this.change)
    this.readers++
    let open = true
    return () => {
      if (!open) return
      open = false
      this.readers--
    }
  }
}
