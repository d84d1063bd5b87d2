import type { RunId } from "../../domain/Ids.ts"
import type { RowState } from "./applyRun.ts"
import type { SqliteStorage } from "./SqliteStorage.ts"
import { ATTEMPTS_PER_INPUT, storedRunId } from "./tables.ts"
import type { Counted } from "./Tally.ts"

export interface State extends Counted, RowState {
  /**
   * Parallel's metadata has named this input for this run since the object started. The row is not written for it:
   * `confirmed` goes along with its next change, and a restart learns it anew from the next listing.
   */
  named: boolean
}

interface FormerRun {
  readonly inputIndex: number
  readonly attempt: number
  /** As the table has it. */
  readonly status: string
  readonly upstream: string
}

/**
 * What decides about updates, of every row: reading the row for each event would cost more than the event, and listings
 * mostly repeat what is known. Read when something is first to be written, then kept in step with the table. It takes
 * about 150 bytes a row, run id included.
 */
export class RowStates {
  private readonly byInput: Array<State | undefined> = []
  /** Runs of earlier attempts. */
  private readonly formers = new Map<RunId, FormerRun>()
  private readonly names = new Map<string, string>()
  private indexByRunId: Map<RunId, number> | null = null

  static read(storage: SqliteStorage): RowStates {
    const states = new RowStates()
    for (const row of storage.sql
      .exec("SELECT id, run_id, status, confirmed, processor FROM runs ORDER BY id")
      .raw()) {
      // A later attempt at an input takes the place of the earlier one.
      states.put({
        inputIndex: Math.floor((row[0] as number) / ATTEMPTS_PER_INPUT),
        attempt: (row[0] as number) % ATTEMPTS_PER_INPUT,
        processor: row[4] as string | null,
        runId: storedRunId(row[1]),
        status: row[2] as string,
        upstream: row[2] as string,
        confirmed: row[3] === 1,
      })
    }
    return states
  }

  [Symbol.iterator](): Iterator<State> {
    return this.byInput.filter((state) => state !== undefined)[Symbol.iterator]()
  }

  /** The run of an earlier attempt, as far as upstream has told of it. */
  former(runId: RunId): FormerRun | null {
    return this.formers.get(runId) ?? null
  }

  formerRuns(): Iterable<FormerRun> {
    return this.formers.values()
  }

  tellFormer(runId: RunId, upstream: string): void {
    const former = this.formers.get(runId)
    if (former !== undefined) this.formers.set(runId, { ...former, upstream })
  }

  /** Inputs from one on that have one of these statuses. */
  *inputsIn(statuses: ReadonlySet<string>, from: number): Generator<number> {
    for (let at = from; at < this.byInput.length; at++)
      if (statuses.has(this.byInput[at]?.status ?? "")) yield at
  }

  of(inputIndex: number): State | null {
    return this.byInput[inputIndex] ?? null
  }

  hasUnnamed(): boolean {
    return this.byInput.some(
      (state) => state !== undefined && state.runId !== null && !state.confirmed && !state.named,
    )
  }

  /** The input that has this run. */
  indexOf(runId: RunId): number | null {
    if (this.indexByRunId === null) {
      const index = new Map<RunId, number>()
      for (const state of this.byInput) {
        if (state === undefined || state.runId === null) continue
        const other = index.get(state.runId)
        // Of two rows with the same run, the one that metadata confirmed has it.
        if (other === undefined || state.confirmed || !this.of(other)!.confirmed)
          index.set(state.runId, state.inputIndex)
      }
      this.indexByRunId = index
    }
    return this.indexByRunId.get(runId) ?? null
  }

  put(row: Counted & RowState): void {
    const before = this.byInput[row.inputIndex]
    const { inputIndex, attempt, processor, confirmed } = row
    if (before !== undefined && before.attempt !== attempt && before.runId !== null)
      this.formers.set(before.runId, {
        inputIndex,
        attempt: before.attempt,
        status: before.status,
        upstream: before.upstream,
      })
    // Equal texts come anew from SQLite and from upstream each time: one of them is kept.
    const sameRun = before !== undefined && before.runId === row.runId
    const runId = sameRun ? before.runId : row.runId
    const status = this.nameOf(row.status)
    const upstream = this.nameOf(row.upstream)
    const named = sameRun && before.named
    this.byInput[inputIndex] = {
      inputIndex,
      attempt,
      processor: processor === null ? null : this.nameOf(processor),
      runId,
      status,
      upstream,
      confirmed,
      named,
    }
    if (!sameRun && this.indexByRunId !== null) this.reindex(before, runId, inputIndex)
  }

  private reindex(before: State | undefined, after: RunId | null, inputIndex: number): void {
    const index = this.indexByRunId!
    const left = before?.runId ?? null
    if (left !== null && index.get(left) === inputIndex) {
      index.delete(left)
      // A run that two rows held until metadata said whose it is: the other one keeps it. Not looked for where a row goes
      // on without it: that may be many rows at once.
      const other = this.formers.has(left) ? undefined : this.byInput.find((state) => state?.runId === left)
      if (other !== undefined) index.set(left, other.inputIndex)
    }
    if (after !== null) index.set(after, inputIndex)
  }

  private nameOf(name: string): string {
    const known = this.names.get(name)
    if (known === undefined) this.names.set(name, name)
    return known ?? name
  }
}
