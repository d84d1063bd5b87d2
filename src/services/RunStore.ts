import * as Context from "effect/Context"
import type { Counts } from "../domain/Counts.ts"
import type { EventCursor, RunId } from "../domain/Ids.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import type { WireOutput, WireRun } from "../domain/Wire.ts"

/** A run that upstream has completed and whose output is still to be fetched. */
export interface PendingOutput {
  readonly inputIndex: number
  readonly runId: RunId
  /** When its completion was learned, epoch milliseconds. */
  readonly since: number
}

/** A run that upstream has and that has not ended there, as far as is known. */
export interface UnfinishedRun {
  readonly inputIndex: number
  readonly runId: RunId
}

/** Where the newest attempt at an input stands. */
export interface AttemptState {
  readonly inputIndex: number
  readonly attempt: number
  readonly runId: RunId | null
  readonly status: string
  /** Null: the group's. */
  readonly processor: string | null
}

/** What became of a run that upstream told us about. */
export type Applied =
  | "changed"
  | "unchanged"
  /** It contradicts an end that is stored; the stored one stays. */
  | "contradiction"
  /** A second run for an input that has one. */
  | "duplicate"
  /** It is of no input of this group, as far as its metadata tells. */
  | "foreign"

/** An update from upstream: a run, with its output when that came along. */
export interface RunUpdate {
  readonly run: WireRun
  readonly output: WireOutput | null
}

/** What following has to remember across restarts. */
export interface FollowMemory {
  /** How long upstream has been answering so far, milliseconds; see `programs/follow/upstream.ts`. */
  readonly answeredMs: number
  /** When it last did, epoch milliseconds; null when it has failed to since. */
  readonly answeredAt: number | null
  /** That time when upstream's present refusal of the key or the group began; null when it does not refuse. */
  readonly refusedAt: number | null
  /** That time when upstream first answered that a run's output is not there, by input, or `input/attempt`: of outputs that are late. */
  readonly lateOutputs: Readonly<Record<string, number>>
  /** When somebody last had following begin anew, epoch milliseconds: waits for news count from there. */
  readonly since?: number
}

export const EMPTY_MEMORY: FollowMemory = {
  answeredMs: 0,
  answeredAt: null,
  refusedAt: null,
  lateOutputs: {},
}

/**
 * The group's runs as upstream tells of them. Synchronous; every writing member is one transaction, and viewers are told
 * after it. That a run runs, and that it has completed while its output is on its way, is known in memory only (ADR 0018,
 * ADR 0023): a row is written once more, when it ends. Times are epoch milliseconds.
 */
export class RunStore extends Context.Service<
  RunStore,
  {
    /** Takes in what upstream told, and the cursor of the last event with it. */
    apply(updates: ReadonlyArray<RunUpdate>, now: number, cursor?: EventCursor): ReadonlyArray<Applied>
    /** The output of this run will not come: the row ends as failed, with this error. */
    failOutput(inputIndex: number, error: JsonText, now: number): void
    /** How many runs upstream should have in each status: ours, and those of others that it has told of. */
    upstreamCounts(): Counts
    /** How many runs of ours upstream has. */
    submitted(): number
    /** Whether work is left: a run of ours that has not ended upstream, for all we know. */
    hasUnfinished(): boolean
    /** At most `limit` of those; reads no more rows than that. */
    unfinishedRuns(limit: number): ReadonlyArray<UnfinishedRun>
    /** How many rows have not ended. */
    notEnded(): number
    /** The newest attempts at these inputs, or at all. */
    attempts(indexes: ReadonlyArray<number> | null): ReadonlyArray<AttemptState>
    /** Every row has ended, with its output if it completed. */
    allEnded(): boolean
    pendingOutputCount(): number
    /** The one that has waited longest first: read from memory, as far as one goes. */
    pendingOutputs(): Iterable<PendingOutput>
    /** Whether a row has a run of which Parallel has not said, since this object started, which input it is of. */
    hasUnnamedRuns(): boolean
    /** When a row last changed in what is stored. That a run runs is none, or a restart would set the clock back. */
    lastProgressAt(): number

    cursor(): EventCursor | null
    dropCursor(): void
    memory(): FollowMemory
    /** Of a follower that somebody has had begin anew meanwhile, nothing is remembered. */
    remember(memory: FollowMemory): void
    /** Writes that runs run, which is otherwise known in memory only, before the object rests. */
    flush(): void
  }
>()("multitask/services/RunStore") {}
