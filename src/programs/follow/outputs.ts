import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import { errorJson } from "../../domain/ErrorJson.ts"
import { Malformed, type ParallelError } from "../../domain/Errors.ts"
import { ParallelApi } from "../../services/ParallelApi.ts"
import { Publisher } from "../../services/Publisher.ts"
import { Settings } from "../../services/Settings.ts"
import { type PendingOutput, TaskGroupStore } from "../../services/TaskGroupStore.ts"
import { listIntoStore } from "../listing.ts"
import { type FollowContext, noteAnswer } from "./FollowContext.ts"
import { makePace } from "./pace.ts"

/** When more outputs than this and more than a fifth of all are missing, one listing beats asking for each. */
const BULK_AT_LEAST = 50
const BULK_FRACTION = 0.2
/** Listings get at most 2 % of the time. */
const REST_FACTOR = 49
const RETRY_MAX_MS = 120_000

interface Attempts {
  readonly count: number
  readonly nextAt: number
}

/** Fetches the output of every completed run that lacks one, for ever; new ones at once. */
export const keepFetchingOutputs = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  const publisher = yield* Publisher
  const pace = makePace(settings.RESULTS_PER_SECOND)
  const running = yield* FiberMap.make<number>()
  const attempts = new Map<number, Attempts>()
  let bulkAfter = 0

  const later = ({ inputIndex, since }: PendingOutput, now: number, error: ParallelError) => {
    const count = (attempts.get(inputIndex)?.count ?? 0) + 1
    // An output that has been missing for hours is not worth a request every two minutes.
    const longest = Math.max(RETRY_MAX_MS, (now - since) / 10)
    const delay =
      error._tag === "RateLimited" ? (error.retryAfterMs ?? 1_000) : Math.min(500 * 2 ** count, longest)
    attempts.set(inputIndex, { count, nextAt: now + delay })
  }

  const fetchOne = (pending: PendingOutput) =>
    fetchOutput(context, pending).pipe(
      // An output that cannot be taken in must neither end the others nor be asked for again at once.
      Effect.catchDefect((defect) =>
        Effect.andThen(
          Effect.logError(`The output of run ${pending.runId} could not be stored`, defect),
          Effect.fail(new Malformed({ message: "not storable" })),
        ),
      ),
      Effect.matchEffect({
        onSuccess: () =>
          Effect.sync(() => {
            attempts.delete(pending.inputIndex)
            pace.succeeded()
          }),
        onFailure: (error) =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            later(pending, now, error)
            if (error._tag === "RateLimited") pace.slowDown(now + (error.retryAfterMs ?? 1_000))
            if (error._tag === "Unauthorized") yield* noteAnswer(context, error)
          }),
      }),
    )

  const bulk = Effect.gen(function* () {
    const listed = yield* Effect.result(
      listIntoStore(context.key, context.groupId, { status: "completed", includeOutput: true }),
    )
    const now = yield* Clock.currentTimeMillis
    const took = listed._tag === "Success" ? listed.success.took : 1_000
    bulkAfter = now + Math.min(Math.max(took * REST_FACTOR, 2_000), (settings.RECONCILE_SECONDS * 1000) / 2)
  })

  for (;;) {
    const version = publisher.version()
    const now = yield* Clock.currentTimeMillis
    const missing = store.pendingOutputCount()
    const completed = store.upstreamCounts()["completed"] ?? 0
    if (missing > BULK_AT_LEAST && missing > completed * BULK_FRACTION && now >= bulkAfter) {
      yield* bulk
      continue
    }
    const free = settings.RESULT_CONCURRENCY - (yield* FiberMap.size(running))
    const { due, nextAt } = pick(store.pendingOutputs(), running, attempts, now, free)
    for (const pending of due) {
      if (now - pending.since >= settings.OUTPUT_WAIT_HOURS * 3_600_000) {
        const message = `Parallel reports this run as completed, but its output has not come for ${settings.OUTPUT_WAIT_HOURS} hours.`
        store.giveUpOutput(pending.inputIndex, errorJson({ message }), now)
        continue
      }
      yield* pace.turn
      yield* FiberMap.run(running, pending.inputIndex, fetchOne(pending), { onlyIfMissing: true })
    }
    if (due.length > 0) continue
    // A finished fetch stores something, or is due again after its delay.
    const busy = (yield* FiberMap.size(running)) > 0
    const until = Math.min(nextAt, busy ? now + (free > 0 ? 500 : 100) : Number.POSITIVE_INFINITY)
    const wait = Number.isFinite(until) ? Math.max(10, until - now) : 60_000
    yield* publisher.waitBeyond(version).pipe(Effect.timeoutOption(Duration.millis(Math.min(wait, 60_000))))
  }
})

const pick = (
  pending: ReadonlyArray<PendingOutput>,
  running: FiberMap.FiberMap<number>,
  attempts: ReadonlyMap<number, Attempts>,
  now: number,
  free: number,
): { readonly due: ReadonlyArray<PendingOutput>; readonly nextAt: number } => {
  const due: Array<PendingOutput> = []
  let nextAt = Number.POSITIVE_INFINITY
  for (const one of pending) {
    if (due.length >= free) break
    if (FiberMap.hasUnsafe(running, one.inputIndex)) continue
    const at = attempts.get(one.inputIndex)?.nextAt ?? 0
    if (at <= now) due.push(one)
    else nextAt = Math.min(nextAt, at)
  }
  return { due, nextAt }
}

const fetchOutput = Effect.fnUntraced(function* (context: FollowContext, pending: PendingOutput) {
  const api = yield* ParallelApi
  const store = yield* TaskGroupStore
  const { run, output } = yield* api.getResult(context.key, pending.runId).pipe(
    // 404 also means "the run failed": reading the run tells, and what it tells is compared with what we have.
    Effect.tapErrorTag("NotFound", () =>
      Effect.gen(function* () {
        const run = yield* api.getRun(context.key, pending.runId)
        const [applied] = store.apply([{ run, output: null }], yield* Clock.currentTimeMillis)
        if (applied === "contradiction") {
          yield* Effect.logWarning(`Run ${pending.runId} was completed and is now reported as ${run.status}`)
        }
      }),
    ),
  )
  // The request said which run it is. Which input that is, only metadata can confirm.
  const known = { ...run, runId: pending.runId }
  store.apply([{ run: known, output }], yield* Clock.currentTimeMillis)
})
