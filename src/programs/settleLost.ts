import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { ParallelError } from "../domain/Errors.ts"
import { rangesOf } from "../domain/Plan.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"
import { type ForeignRun, listIntoStore } from "./listing.ts"

/** What upstream says exists. */
interface Sighting {
  readonly count: number
  readonly runIds: ReadonlySet<string>
  /** Runs that belong to some row of ours, but nobody can say to which. */
  readonly unassigned: number
}

const agree = (a: Sighting, b: Sighting): boolean =>
  b.unassigned === 0 &&
  a.count === b.count &&
  a.count === a.runIds.size &&
  a.runIds.size === b.runIds.size &&
  [...a.runIds].every((id) => b.runIds.has(id))

/** Reading is free of consequences, so that only a refusal ends it. */
const keepAsking = Schedule.min([Schedule.exponential("2 seconds"), Schedule.spaced("2 minutes")]).pipe(
  Schedule.jittered,
  Schedule.setInputType<ParallelError>(),
  Schedule.while(({ input }) => input._tag !== "Unauthorized" && input._tag !== "NotFound"),
)

/**
 * Finds out which runs of the lost batches exist. Upstream is asked SETTLE_SECONDS after the loss and again after half
 * of that, until list and count agree with each other and with what they were before; the listing itself assigns the
 * runs to their rows. What is missing then goes back to the plan (docs/guarantees.md).
 * Nothing may be under way meanwhile.
 */
export const settleLost = Effect.fn("settleLost")(function* (options: {
  readonly key: ApiKey
  readonly groupId: string
}) {
  const api = yield* ParallelApi
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  const { lost } = store.plan()
  const settle = settings.SETTLE_SECONDS * 1000
  const rows = lost.reduce((sum, range) => sum + range.to - range.from, 0)
  const message = `Parallel's answer to adding ${rows} runs was lost; checking which of them exist before sending any again.`
  store.setStatusMessage(message)

  const look = Effect.gen(function* () {
    const group = yield* api.getTaskGroup(options.key, options.groupId)
    const first = yield* listIntoStore(options.key, options.groupId, {})
    // Without the echo of its metadata a run is told by its input.
    const { runIds, foreign } = first.unnamed
      ? yield* listIntoStore(options.key, options.groupId, { includeInput: true })
      : first
    const unassigned = yield* assignByInput(foreign)
    const sighting: Sighting = { count: group.status.num_task_runs, runIds, unassigned }
    return sighting
  }).pipe(Effect.retry(keepAsking))

  const lastLoss = Math.max(...lost.map(({ since }) => since))
  yield* sleepUntil(lastLoss + settle)
  let before = yield* look
  for (let wait = settle / 2; ; wait = Math.min(wait * 1.5, 120_000)) {
    yield* Effect.sleep(Duration.millis(wait))
    const after = yield* look
    if (agree(before, after)) break
    before = after
  }
  const plan = store.plan()
  const missing = plan.lost.flatMap((range) => store.unsubmitted(range))
  const todo = [...plan.todo, ...rangesOf(missing, settings.BATCH_SIZE)].toSorted((a, b) => a.from - b.from)
  store.savePlan({ ...plan, lost: [], todo })
  store.setStatusMessage("")
})

/**
 * Where upstream echoes no metadata, a run is told by what it was made of: the first row of the lost batches with the
 * same input and without a run. Returns how many runs stay without a row; while there are any, nothing may be sent.
 */
const assignByInput = Effect.fnUntraced(function* (foreign: ReadonlyArray<ForeignRun>) {
  if (foreign.length === 0) return 0
  const store = yield* TaskGroupStore
  const free = new Map<string, Array<number>>()
  for (const range of store.plan().lost) {
    const inputs = store.inputs(range)
    for (const index of store.unsubmitted(range)) {
      const key = canonical(JSON.parse(inputs[index - range.from] ?? "null"))
      free.set(key, [...(free.get(key) ?? []), index])
    }
  }
  let unassigned = 0
  for (const { update, input } of foreign) {
    const inputIndex = free.get(canonical(input))?.shift()
    if (inputIndex === undefined) unassigned++
    else store.apply([{ ...update, run: { ...update.run, inputIndex } }], yield* Clock.currentTimeMillis)
  }
  return unassigned
})

/** JSON text that does not depend on the order of properties. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  ) ?? "undefined"

export const sleepUntil = Effect.fnUntraced(function* (at: number) {
  const now = yield* Clock.currentTimeMillis
  if (at > now) yield* Effect.sleep(Duration.millis(at - now))
})
