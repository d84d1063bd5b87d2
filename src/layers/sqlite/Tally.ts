import { type ChangeNumber, NO_CHANGE, type RunId } from "../../domain/Ids.ts"
import { isTerminal } from "../../domain/RunStatus.ts"
import type { PendingOutput } from "../../services/RunStore.ts"
import type { SqliteStorage } from "./SqliteStorage.ts"
import { ATTEMPTS_PER_INPUT, storedChange, storedRunId } from "./tables.ts"

/** What of a row the tally counts. */
export interface Counted {
  readonly inputIndex: number
  readonly attempt: number
  /** Null: the group's. */
  readonly processor: string | null
  readonly runId: RunId | null
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
  /** Rows that have ended without having been sent, and were not refused. */
  leftOut = 0
  /** Runs that are upstream, those of earlier attempts too. */
  submitted = 0
  /** The same by processor. */
  readonly started = new Map<string | null, number>()
  change = NO_CHANGE
  lastChangeAt = 0
  /** The same without what passes: what a restart would find. */
  lastProgressAt = 0

  static read(storage: SqliteStorage): Tally {
    const tally = new Tally()
    const rows = storage.sql
      .exec("SELECT id, run_id, status, change, updated_at, processor FROM runs ORDER BY id")
      .raw()
    let previous: { row: Counted; at: number } | null = null
    for (const row of rows) {
      const inputIndex = Math.floor((row[0] as number) / ATTEMPTS_PER_INPUT)
      // Of earlier attempts at an input only their runs count; the latest is the last of its input.
      if (previous !== null && previous.row.inputIndex !== inputIndex) tally.add(previous.row, previous.at)
      else if (previous !== null) tally.addFormer(previous.row)
      previous = {
        row: {
          inputIndex,
          attempt: (row[0] as number) % ATTEMPTS_PER_INPUT,
          processor: row[5] as string | null,
          runId: storedRunId(row[1]),
          status: row[2] as string,
          upstream: row[2] as string,
        },
        at: row[4] as number,
      }
      tally.touch(storedChange(row[3]), row[4] as number)
    }
    if (previous !== null) tally.add(previous.row, previous.at)
    return tally
  }

  touch(change: ChangeNumber, at: number, passes = false): void {
    if (change > this.change) this.change = change
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

  /** An attempt that another has taken the place of: upstream has its run all the same. */
  addFormer(row: Counted): void {
    this.countRun(row, 1)
  }

  /** Upstream says this of the run of an earlier attempt. */
  tellFormer(from: string, to: string): void {
    bump(this.upstream, from, -1)
    bump(this.upstream, to, 1)
  }

  private count(row: Counted, by: 1 | -1): void {
    this.rows += by
    if (isTerminal(row.status)) this.ended += by
    if (row.status === "cancelled" && row.runId === null) this.leftOut += by
    bump(this.byStatus, row.status, by)
    this.countRun(row, by)
  }

  private countRun(row: Counted, by: 1 | -1): void {
    if (row.runId === null) return
    this.submitted += by
    bump(this.started, row.processor, by)
    bump(this.upstream, row.upstream, by)
  }
}

const bump = <K>(counts: Map<K, number>, of: K, by: number): void => {
  const next = (counts.get(of) ?? 0) + by
  if (next === 0) counts.delete(of)
  else counts.set(of, next)
}
