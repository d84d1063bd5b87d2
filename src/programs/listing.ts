import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ParallelError, Unavailable } from "../domain/Errors.ts"
import type { GroupEvent } from "../domain/Wire.ts"
import { type ApiKey, type ListRuns, ParallelApi } from "../services/ParallelApi.ts"
import { type RunUpdate, TaskGroupStore } from "../services/TaskGroupStore.ts"

/** Runs applied in one transaction: a listing must not hold the object, nor all its events, for long. */
const CHUNK = 100
/** With outputs, which may be megabytes each. */
const CHUNK_WITH_OUTPUTS = 8

export interface ForeignRun {
  readonly update: RunUpdate
  readonly input: unknown
}

export interface Listed {
  /** Every run the listing named. */
  readonly runIds: ReadonlySet<string>
  /** Rows that changed by it. */
  readonly changes: number
  /** Some runs named no input: their metadata was not echoed. */
  readonly unnamed: boolean
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
  groupId: string,
  options: ListRuns,
): Effect.fn.Return<Listed, ParallelError, ParallelApi | TaskGroupStore> {
  const api = yield* ParallelApi
  const store = yield* TaskGroupStore
  const started = yield* Clock.currentTimeMillis
  const runIds = new Set<string>()
  const foreign: Array<ForeignRun> = []
  let changes = 0
  let unnamed = false
  const troubles: Array<string> = []
  yield* api.listRuns(key, groupId, options).pipe(
    Stream.rechunk(options.includeOutput === true ? CHUNK_WITH_OUTPUTS : CHUNK),
    Stream.runForEachArray((events) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const event of events) if (event._tag === "Trouble") troubles.push(event.message)
        const runs = events.filter((event) => event._tag === "Run")
        store.apply(runUpdates(events), now).forEach((applied, at) => {
          const { run, output, input } = runs[at]!
          runIds.add(run.runId)
          unnamed ||= run.inputIndex === null
          if (applied === "changed") changes++
          if (applied === "foreign") foreign.push({ update: { run, output }, input })
        })
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
  return { runIds, changes, unnamed, foreign, took: (yield* Clock.currentTimeMillis) - started }
})

export const runUpdates = (events: ReadonlyArray<GroupEvent>): ReadonlyArray<RunUpdate> =>
  events.flatMap((event) => (event._tag === "Run" ? [{ run: event.run, output: event.output }] : []))
