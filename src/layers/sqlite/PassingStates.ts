import type { ChangeNumber } from "../../domain/Ids.ts"
import { isActive, isTerminal } from "../../domain/RunStatus.ts"
import type { StoredRow } from "./tables.ts"

/** Of a row that is kept in memory only: what differs from the table. */
type Passing = Pick<
  StoredRow,
  "change" | "confirmed" | "status" | "createdAt" | "modifiedAt" | "warnings" | "extra"
> & {
  /** The status in the table. */
  readonly was: string
  /** When it was learned. */
  readonly at: number
}

/** About 300 bytes each; beyond this many rows they are written. */
const MAX_ROWS = 50_000
/** Characters of what Parallel says beside the usual, which has no bound of its own. */
const MAX_EXTRA_CHARS = 500

/**
 * Runs that are seen running. That is shown, and passes: a restart learns it anew from Parallel when somebody looks,
 * and writing it would be one row in five of a run's life (ADR 0018). Only here does the table know less than we do.
 */
export class PassingStates {
  private readonly rows = new Map<number, Passing>()
  private journal: Array<readonly [inputIndex: number, before: Passing | undefined]> = []

  get size(): number {
    return this.rows.size
  }

  /** What happens from now on can be taken back. */
  begin(): void {
    this.journal = []
  }

  /** Whether something has been put since the beginning. */
  get hasNew(): boolean {
    return this.journal.length > 0
  }

  takeBack(): void {
    for (const [inputIndex, before] of this.journal.reverse()) {
      if (before === undefined) this.rows.delete(inputIndex)
      else this.rows.set(inputIndex, before)
    }
    this.journal = []
  }

  /** Whether this is all that an update changes: the run goes on, and runs now. */
  covers(before: StoredRow, next: StoredRow): boolean {
    return (
      next.status === "running" &&
      isActive(before.status) &&
      next.runId !== null &&
      next.runId === before.runId &&
      next.error === before.error &&
      next.content === before.content &&
      next.merged === before.merged &&
      next.output === before.output &&
      next.confidence === before.confidence &&
      (next.extra?.length ?? 0) + (next.warnings?.length ?? 0) <= MAX_EXTRA_CHARS &&
      (this.rows.size < MAX_ROWS || this.rows.has(next.inputIndex))
    )
  }

  put(before: StoredRow, next: StoredRow, at: number): void {
    const { inputIndex, change, confirmed, status, createdAt, modifiedAt, warnings, extra } = next
    const known = this.rows.get(inputIndex)
    const was = known === undefined ? before.status : known.was
    this.journal.push([inputIndex, known])
    const row = { change, confirmed, status, createdAt, modifiedAt, warnings, extra, was, at }
    this.rows.set(inputIndex, row)
  }

  /** The row has been written. True when it was here. */
  delete(inputIndex: number): boolean {
    const known = this.rows.get(inputIndex)
    if (known === undefined) return false
    this.journal.push([inputIndex, known])
    return this.rows.delete(inputIndex)
  }

  clear(): void {
    this.rows.clear()
    this.journal = []
  }

  /** A row of the table as it really is. */
  current(row: StoredRow): StoredRow {
    const passing = this.rows.get(row.inputIndex)
    // An earlier attempt has ended, and passes no more.
    if (passing === undefined || isTerminal(row.status)) return row
    const { change, confirmed, status, createdAt, modifiedAt, warnings, extra } = passing
    return { ...row, change, confirmed, status, createdAt, modifiedAt, warnings, extra }
  }

  has(inputIndex: number): boolean {
    return this.rows.has(inputIndex)
  }

  isAmong(from: number, count: number): boolean {
    if (this.rows.size === 0) return false
    for (let inputIndex = from; inputIndex < from + count; inputIndex++)
      if (this.rows.has(inputIndex)) return true
    return false
  }

  /** Changes after one and up to another that the table does not have, in their order. */
  changes(after: ChangeNumber, to: ChangeNumber): Array<readonly [change: ChangeNumber, inputIndex: number]> {
    const found: Array<readonly [ChangeNumber, number]> = []
    for (const [inputIndex, { change }] of this.rows)
      if (change > after && change <= to) found.push([change, inputIndex])
    return found.sort(([one], [other]) => one - other)
  }

  entries(): Iterable<readonly [inputIndex: number, Pick<Passing, "status" | "was" | "at">]> {
    return this.rows
  }
}
