import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ParallelError, Unavailable } from "../domain/Errors.ts"
import type { EventCursor, GroupId, RunId } from "../domain/Ids.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import type { GroupEvent } from "../domain/Wire.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { type ApiKey, type ListRuns, ParallelApi } from "../services/ParallelApi.ts"
import { type Applied, RunStore, type RunUpdate } from "../services/RunStore.ts"

/** Runs applied in one transaction: a listing must not hold the object, nor all its events, for long. */
const CHUNK = 100
/** With outputs, which may be megabytes each. */
const CHUNK_WITH_OUTPUTS = 8

interface ForeignRun {
  readonly update: RunUpdate
  readonly input: JsonText | undefined
}

export interface Listed {
  /** Every run the listing named. */
  readonly runIds: ReadonlySet<RunId>
  /** Those of them that rows have. */
  readonly own: ReadonlySet<RunId>
  /** Rows that changed by it. */
  readonly changes: number
  /** Some runs named no input: their metadata was not echoed, or they are not ours. */
  readonly unnamed: boolean
  /** Some run named an input of ours, so that metadata is echoed here. */
  readonly echoes: boolean
  /** Runs that could be assigned to no row, with their inputs where those were asked for. */
  readonly foreign: ReadonlyArray<ForeignRun>
  /** How long it took, milliseconds. */
  readonly took: number
}

/**
 * Reads the group's runs, without a cursor, into the store. A listing is the truth about the runs it names, and proves
 * nothing about those it does not (docs/parallel.md, U1 and U20).
 */
export const listIntoStore = Effect.fnUntraced(function* (
  key: ApiKey,
  groupId: GroupId,
  options: ListRuns,
): Effect.fn.Return<Listed, ParallelError, ParallelApi | RunStore | GroupStore> {
  const api = yield* ParallelApi
  const started = yield* Clock.currentTimeMillis
  const runIds = new Set<RunId>()
  const own = new Set<RunId>()
  const foreign: Array<ForeignRun> = []
  let changes = 0
  let unnamed = false
  let echoes = false
  const troubles: Array<string> = []
  yield* api.listRuns(key, groupId, options).pipe(
    Stream.rechunk(options.includeOutput === true ? CHUNK_WITH_OUTPUTS : CHUNK),
    Stream.runForEachArray((events) =>
      Effect.map(takeRuns(events), (taken) => {
        for (const event of events) if (event._tag === "Trouble") troubles.push(event.message)
        for (const [{ run, output, input }, applied] of taken) {
          runIds.add(run.runId)
          unnamed ||= run.inputIndex === null
          echoes ||= run.inputIndex !== null && applied !== "foreign"
          if (applied === "changed") changes++
          if (applied === "foreign") foreign.push({ update: { run, output }, input })
          else if (applied !== "duplicate") own.add(run.runId)
        }
      }),
    ),
  )
  // A listing with an error event in it may be incomplete.
  if (troubles.length > 0) {
    return yield* new Unavailable({
      message: `Parallel's listing reported: ${troubles[0] ?? "an error"}`,
      status: null,
      timedOut: false,
    })
  }
  const took = (yield* Clock.currentTimeMillis) - started
  return { runIds, own, changes, unnamed, echoes, foreign, took }
})

type RunEvent = Extract<GroupEvent, { readonly _tag: "Run" }>

/**
 * Takes the runs among these events in, with the cursor of the last. One that cannot be taken, for whatever reason, is
 * set aside and counted, and the others are taken all the same: it would come again with every session.
 */
export const takeRuns = Effect.fnUntraced(function* (
  events: ReadonlyArray<GroupEvent>,
  cursor?: EventCursor,
): Effect.fn.Return<ReadonlyArray<readonly [RunEvent, Applied]>, never, RunStore | GroupStore> {
  const runs = events.filter((event) => event._tag === "Run")
  // A transaction for each status event would cost as much as one for a run.
  if (runs.length === 0) return []
  const store = yield* RunStore
  const now = yield* Clock.currentTimeMillis
  const apply = (some: ReadonlyArray<RunEvent>) =>
    Effect.sync(() => store.apply(some, now, cursor).map((applied, at) => [some[at]!, applied] as const))
  return yield* apply(runs).pipe(
    Effect.catchDefect(() =>
      Effect.map(
        Effect.forEach(runs, (run) =>
          apply([run]).pipe(Effect.catchDefect((defect) => setAside(run, defect))),
        ),
        (taken) => taken.flat(),
      ),
    ),
  )
})

const setAside = Effect.fnUntraced(function* ({ run }: RunEvent, defect: unknown) {
  yield* Effect.logError(`What Parallel says of run ${run.runId} cannot be stored`, defect)
  const group = yield* GroupStore
  yield* Effect.sync(() =>
    group.addWarning(
      `What Parallel says of run ${run.runId} (${run.status}) could not be stored here. Parallel has it under this id.`,
    ),
  ).pipe(Effect.catchDefect(() => Effect.void))
  return []
})
