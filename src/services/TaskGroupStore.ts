import * as Context from "effect/Context"
import type { Piece } from "../domain/Formats.ts"
import type { GroupFacts, JsonPart } from "../domain/RunJson.ts"
import type {
  GroupDetails,
  GroupInit,
  JsonText,
  Range,
  RunRow,
  SubmissionPlan,
  TaskGroupStatus,
} from "../domain/TaskGroup.ts"
import type { WireOutput, WireRun } from "../domain/Wire.ts"

/** A run whose output is still to be fetched. */
export interface PendingOutput {
  readonly inputIndex: number
  readonly runId: string
  /** When its completion was stored, epoch milliseconds. */
  readonly since: number
}

/** A run that upstream has and that is not terminal yet, by what is stored. */
export interface UnfinishedRun {
  readonly inputIndex: number
  readonly runId: string
}

/** Who reads the group. Nothing of it is stored: an object that starts anew has not been looked at. */
export interface Audience {
  /** How many viewers' streams are open. */
  watching(): number
  /** How often somebody has looked; a snapshot and the beginning of a stream are looks of their own accord. */
  looks(): number
  /** Somebody looks, and may be told that nothing has changed. */
  look(): void
  /** Calls back at every look, until what it answers is called. */
  onLook(tell: () => void): () => void
}

/** What became of a run that upstream told us about. */
export type Applied =
  | "changed"
  | "unchanged"
  /** It contradicts a terminal state that is stored; the stored one stays. */
  | "contradiction"
  /** A second run for an input that has one. */
  | "duplicate"
  /** It is of no input of this group. */
  | "foreign"

/** An update from upstream: a run, with its output when that came along. */
export interface RunUpdate {
  readonly run: WireRun
  readonly output: WireOutput | null
}

/**
 * The group at one moment, whatever is written while it is read. Rows come in input order, and may be read several
 * times. Close it.
 */
export interface Snapshot {
  readonly details: GroupDetails
  readonly status: TaskGroupStatus
  readonly change: number
  rows(from: number): Iterable<RunRow>
  /** All elements of a part as RunJson writes them, a separator of one ASCII character between them. Each piece is whole elements. */
  elements(part: JsonPart, separator: string): Iterable<Piece>
  /** All rows for a table, many at a time, as RunJson writes their columns. */
  columns(): Iterable<JsonText>
  close(): void
}

/** Writes a row for viewers. What it made of a change is kept under it, for whoever else reads with it. */
export type RowEncoder = (row: RunRow, group: GroupFacts) => Uint8Array

/** Encoded rows, and the change number up to which they go. */
export interface EventBatch {
  readonly bytes: ReadonlyArray<Uint8Array>
  readonly to: number
  /** More is stored than this batch holds. */
  readonly more: boolean
}

/** A viewer's reading position, see {@link TaskGroupStore}. */
export interface EventReader {
  /** What came after the last batch; empty when the reader is at the head. */
  next(): EventBatch
  readonly close: () => void
}

/**
 * A group's state in SQLite. Every member is synchronous, and every writing member is one transaction: it happens
 * wholly or not at all, and viewers are told only after it has happened. Times are epoch milliseconds.
 */
export class TaskGroupStore extends Context.Service<
  TaskGroupStore,
  {
    /** Starts receiving inputs. `same`: this group is here already; `different`: another one is. */
    begin(init: GroupInit): "begun" | "same" | "different"
    /** Inputs from index `from` on. After the commit only compares. */
    addInputs(from: number, inputs: ReadonlyArray<JsonText>, now: number): "stored" | "same" | "different"
    /** All inputs are here: `committed` now or `same` as before; `incomplete` when some are missing. */
    commit(plan: SubmissionPlan): "committed" | "same" | "incomplete"

    /** Null until the group begins, and after its removal. */
    details(): GroupDetails | null
    status(): TaskGroupStatus
    /** The newest change number; 0 before the first. */
    change(): number
    /** When a row last changed in what is stored. That a run runs is none, or a restart would set the clock back. */
    lastProgressAt(): number
    /** How many runs upstream should have, by status. */
    upstreamCounts(): Readonly<Record<string, number>>
    /** Every row is terminal, with its output if it has one to come. */
    allEnded(): boolean
    /** How many completed rows lack their output. */
    pendingOutputCount(): number
    /** Those rows, the one that has waited longest first: read from memory, as far as one goes. */
    pendingOutputs(): Iterable<PendingOutput>
    /** At most `limit` of the runs that are not terminal; reads no more rows than that. */
    unfinishedRuns(limit: number): ReadonlyArray<UnfinishedRun>
    /** Whether a row has a run of which Parallel has not said, since this object started, which input it is of. */
    hasUnnamedRuns(): boolean
    readonly audience: Audience

    plan(): SubmissionPlan
    savePlan(plan: SubmissionPlan): void
    inputs(range: Range): ReadonlyArray<JsonText>
    /** Lengths in characters, for cutting batches. */
    inputLengths(): ReadonlyArray<number>
    /** Upstream took these rows. */
    acceptRuns(
      runs: ReadonlyArray<{ readonly inputIndex: number; readonly runId: string }>,
      plan: SubmissionPlan,
      now: number,
    ): void
    /** Rows of these ranges without a run: those that upstream does not have for all we know. */
    unsubmitted(range: Range): ReadonlyArray<number>
    /** Upstream refused these rows for good. */
    failRows(range: Range, error: JsonText, plan: SubmissionPlan, now: number): void

    /** Writes what upstream told, and the cursor of the last event with it. */
    apply(updates: ReadonlyArray<RunUpdate>, now: number, cursor?: string): ReadonlyArray<Applied>
    /** The output of this run will not come: the row keeps its status, and its error says so. */
    giveUpOutput(inputIndex: number, error: JsonText, now: number): void
    cursor(): string | null
    dropCursor(): void
    setStatusMessage(message: string): void
    addWarning(message: string): void
    /** Since when upstream has been refusing; null when it does not. */
    refusedSince(): number | null
    setRefusedSince(at: number | null): void
    /** The group has ended: `also` runs in the same transaction. False when it had ended before. */
    end(
      options: { readonly message: string; readonly removalAt: number; readonly now: number },
      also: () => void,
    ): boolean
    /** Change number of the end; null before it. */
    endedAtChange(): number | null

    snapshot(): Snapshot
    /** Reads changes after `after`; the rows a viewer gets are each in their newest state. */
    reader(after: number, encode: RowEncoder): EventReader

    /**
     * Writes what is otherwise known in memory only (ADR 0018): for those who read the tables themselves, and before
     * the object rests.
     */
    settle(): void

    /** The storage was emptied, tables included: there is no group here until one begins. */
    deleted(): void
    /** Everything is gone, for good: later writes of running fibers do nothing. */
    close(): void
  }
>()("multitask/services/TaskGroupStore") {}
