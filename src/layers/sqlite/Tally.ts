import { isTerminal } from "../../domain/RunStatus.ts"
import type { PendingOutput } from "../../services/TaskGroupStore.ts"
import type { SqliteStorage } from "./SqliteStorage.ts"
import { ATTEMPTS_PER_INPUT } from "./tables.ts"

/** What of a row the tally counts. */
export interface Counted {
  readonly inputIndex: number
  readonly runId: string | null
  readonly status: string
  readonly hasContent: boolean
  readonly hasError: boolean
}

const lacksOutput = (row: Counted): boolean => row.status === "completed" && !row.hasContent && !row.hasError
const hasEnded = (row: Counted): boolean => isTerminal(row.status) && !lacksOutput(row)

/**
 * Counts of the rows, kept in memory and derived from the table: counting 50,000 rows at every event would cost more
 * than the event. Read once when the object starts, then adjusted with every row written.
 */
export class Tally {
  readonly byStatus = new Map<string, number>()
  readonly upstream = new Map<string, number>()
  readonly pending = new Map<number, PendingOutput>()
  /** Inputs whose run is upstream and not terminal. */
  readonly unfinished = new Set<number>()
  rows = 0
  ended = 0
  change = 0
  lastChangeAt = 0
  /** The same without what passes: what a restart would find. */
  lastProgressAt = 0

  static read(storage: SqliteStorage): Tally {
    const tally = new Tally()
    const rows = storage.sql
      .exec(
        "SELECT id, run_id, status, content IS NOT NULL, error IS NOT NULL, change, updated_at FROM runs ORDER BY id",
      )
      .raw()
    let previous: { row: Counted; at: number } | null = null
    for (const row of rows) {
      const inputIndex = Math.floor((row[0] as number) / ATTEMPTS_PER_INPUT)
      // Only the latest attempt at an input counts, and it is the last of its input.
      if (previous !== null && previous.row.inputIndex !== inputIndex) tally.add(previous.row, previous.at)
      previous = {
        row: {
          inputIndex,
          runId: row[1] as string | null,
          status: row[2] as string,
          hasContent: row[3] === 1,
          hasError: row[4] === 1,
        },
        at: row[6] as number,
      }
      tally.touch(row[5] as number, row[6] as number)
    }
    if (previous !== null) tally.add(previous.row, previous.at)
    return tally
  }

  touch(change: number, at: number, passes = false): void {
    this.change = Math.max(this.change, change)
    this.lastChangeAt = Math.max(this.lastChangeAt, at)
    if (!passes) this.lastProgressAt = Math.max(this.lastProgressAt, at)
  }

  add(row: Counted, at: number): void {
    this.count(row, 1)
    if (row.runId !== null && !isTerminal(row.status)) this.unfinished.add(row.inputIndex)
    if (lacksOutput(row) && row.runId !== null) {
      this.pending.set(row.inputIndex, { inputIndex: row.inputIndex, runId: row.runId, since: at })
    }
  }

  remove(row: Counted): void {
    this.count(row, -1)
    this.pending.delete(row.inputIndex)
    this.unfinished.delete(row.inputIndex)
  }

  /** A run goes from one active status to another. */
  restate(from: string, to: string): void {
    for (const counts of [this.byStatus, this.upstream]) {
      bump(counts, from, -1)
      bump(counts, to, 1)
    }
  }

  private count(row: Counted, by: 1 | -1): void {
    this.rows += by
    if (hasEnded(row)) this.ended += by
    bump(this.byStatus, row.status, by)
    if (row.runId !== null) bump(this.upstream, row.status, by)
  }
}

const bump = (counts: Map<string, number>, status: string, by: number): void => {
  const next = (counts.get(status) ?? 0) + by
  if (next === 0) counts.delete(status)
  else counts.set(status, next)
}
