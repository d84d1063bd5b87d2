import { isTerminal } from "../../domain/RunStatus.ts"
import type { PendingOutput } from "../../services/RunStore.ts"
import type { SqliteStorage } from "./SqliteStorage.ts"
import { ATTEMPTS_PER_INPUT } from "./tables.ts"

/** What of a row the tally counts. */
export interface Counted {
  readonly inputIndex: number
  readonly runId: string | null
  readonly status: string
  /** Its run's status upstream, as far as we were told: ahead of `status` while an output is on its way. */
  readonly upstream: string
}

const lacksOutput = (row: Counted): boolean => row.upstream === "completed" && !isTerminal(row.status)

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
  /** Rows whose run is upstream. */
  submitted = 0
  change = 0
  lastChangeAt = 0
  /** The same without what passes: what a restart would find. */
  lastProgressAt = 0

  static read(storage: SqliteStorage): Tally {
    const tally = new Tally()
    const rows = storage.sql.exec("SELECT id, run_id, status, change, updated_at FROM runs ORDER BY id").raw()
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
          upstream: row[2] as string,
        },
        at: row[4] as number,
      }
      tally.touch(row[3] as number, row[4] as number)
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
    if (row.runId === null) return
    if (!isTerminal(row.status) && !isTerminal(row.upstream)) this.unfinished.add(row.inputIndex)
    if (lacksOutput(row)) {
      this.pending.set(row.inputIndex, { inputIndex: row.inputIndex, runId: row.runId, since: at })
    }
  }

  remove(row: Counted): void {
    this.count(row, -1)
    this.pending.delete(row.inputIndex)
    this.unfinished.delete(row.inputIndex)
  }

  private count(row: Counted, by: 1 | -1): void {
    this.rows += by
    if (isTerminal(row.status)) this.ended += by
    bump(this.byStatus, row.status, by)
    if (row.runId === null) return
    this.submitted += by
    bump(this.upstream, row.upstream, by)
  }
}

const bump = (counts: Map<string, number>, status: string, by: number): void => {
  const next = (counts.get(status) ?? 0) + by
  if (next === 0) counts.delete(status)
  else counts.set(status, next)
}
