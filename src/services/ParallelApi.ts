import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import type { ParallelError } from "../domain/Errors.ts"
import type { EventCursor, GroupId, RunId } from "../domain/Ids.ts"
import type { GroupEvent, WireGroup, WireOutput, WireRun } from "../domain/Wire.ts"
import type { JsonText } from "../domain/TaskGroup.ts"

export type ApiKey = Redacted.Redacted<string>

/** What Parallel suggests for an intent: a bare JSON Schema for the output. */
export interface SuggestedSpec {
  readonly outputSchema: JsonText
  readonly warnings: ReadonlyArray<string>
}

/** Runs to add, each text a run input as Parallel takes it. */
export interface AddRuns {
  readonly defaultTaskSpec: JsonText
  readonly inputs: ReadonlyArray<JsonText>
}

/** How `/runs` is read; without a cursor, always. */
export interface ListRuns {
  readonly status?: string
  readonly includeInput?: boolean
  readonly includeOutput?: boolean
}

/**
 * Parallel's Task Group API. Calls that may be repeated are retried inside (an empty group costs nothing, so creating
 * one is); `addRuns` is sent once. Errors say what the caller can do. No error contains the key.
 */
export class ParallelApi extends Context.Service<
  ParallelApi,
  {
    suggestTaskSpec(
      key: ApiKey,
      request: { readonly intent: string; readonly inputSchema: JsonText | null },
    ): Effect.Effect<SuggestedSpec, ParallelError>
    suggestProcessor(
      key: ApiKey,
      request: { readonly taskSpec: JsonText; readonly from: ReadonlyArray<string> },
    ): Effect.Effect<string, ParallelError>
    createTaskGroup(
      key: ApiKey,
      metadata: Record<string, string | number>,
    ): Effect.Effect<WireGroup, ParallelError>
    /** The ids of the new runs, as many as inputs; `Malformed` and `Unavailable` mean that they may exist. */
    addRuns(
      key: ApiKey,
      groupId: GroupId,
      request: AddRuns,
    ): Effect.Effect<ReadonlyArray<RunId>, ParallelError>
    getTaskGroup(key: ApiKey, groupId: GroupId): Effect.Effect<WireGroup, ParallelError>
    /** A snapshot; ends by itself. A listing that broke off fails. */
    listRuns(key: ApiKey, groupId: GroupId, options: ListRuns): Stream.Stream<GroupEvent, ParallelError>
    /** Follows the group, behind `cursor` if there is one. Its end says nothing about the group's. */
    events(
      key: ApiKey,
      groupId: GroupId,
      cursor: EventCursor | null,
    ): Stream.Stream<GroupEvent, ParallelError>
    /** A run's state, without its output. */
    getRun(key: ApiKey, runId: RunId): Effect.Effect<WireRun, ParallelError>
    /** A finished run with its output; `NotFound` for a run that failed, `Unavailable` (408) for one still active. */
    getResult(
      key: ApiKey,
      runId: RunId,
    ): Effect.Effect<{ readonly run: WireRun; readonly output: WireOutput }, ParallelError>
  }
>()("multitask/services/ParallelApi") {}
