import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { errorJson } from "../../domain/ErrorJson.ts"
import { Malformed, type ParallelError } from "../../domain/Errors.ts"
import type { RunId } from "../../domain/Ids.ts"
import { output as outputSchedule, type OutputAttempt, type Steps, stepsOf } from "../../domain/Schedules.ts"
import { ParallelApi } from "../../services/ParallelApi.ts"
import { Publisher } from "../../services/Publisher.ts"
import { type PendingOutput, RunStore } from "../../services/RunStore.ts"
import { Settings } from "../../services/Settings.ts"
import { makeBulkPass } from "./bulkPass.ts"
import { listIntoStore } from "../listing.ts"
import type { FollowContext } from "./FollowContext.ts"
import type { Turn } from "./pace.ts"

const WAIT_MAX_MS = 60_000
const HOUR_MS = 3_600_000
/** How much the newest answer counts for how long answers take. */
const NEWEST = 0.2

/**
 * Fetches the output of every completed run that lacks one, for ever: a new one at once, as many at a time as may be.
 * A fetch that ends makes room for the next; nothing is waited for by the clock but the pace and failed attempts.
 */
export const keepFetchingOutputs = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* RunStore
  const settings = yield* Settings
  const publisher = yield* Publisher
  const { pace } = context
  const fibers = yield* FiberSet.make()
  const bulk = yield* makeBulkPass(context)
  const fetches = yield* makeFetches(context)

  const start = <R>(work: Effect.Effect<void, never, R>) =>
    FiberSet.run(
      fibers,
      Effect.ensuring(
        work,
        // It makes room for the next, and may have put off when that is due.
        Effect.sync(() => {
          if (store.pendingOutputCount() > 0) publisher.stir()
        }),
      ),
    )

  const oneByOneMs = (now: number) => (missing: number) =>
    Math.max(pace.timeFor(missing, now), (missing * fetches.answerMs()) / settings.RESULT_CONCURRENCY)

  for (;;) {
    const version = publisher.version()
    const now = yield* Clock.currentTimeMillis
    const bulkAt = bulk.dueAt(now, oneByOneMs(now))
    if (bulkAt <= now) {
      yield* start(bulk.begin())
      continue
    }
    if (store.pendingOutputCount() === 0) fetches.forget()
    const turnIn = pace.timeFor(1, now)
    const isFree = fetches.running() < settings.RESULT_CONCURRENCY
    const { due, nextAt } = isFree && turnIn === 0 ? fetches.pick(store.pendingOutputs(), now) : NOTHING
    if (due !== null) {
      yield* start(fetches.begin(due, pace.take()))
      continue
    }
    const wait = Math.min(
      nextAt - now,
      bulkAt - now,
      isFree && turnIn > 0 ? turnIn : WAIT_MAX_MS,
      WAIT_MAX_MS,
    )
    yield* publisher.waitBeyond(version, Math.max(1, wait))
  }
})

const NOTHING = { due: null, nextAt: Number.POSITIVE_INFINITY }

/** An output that could not be had yet: when it may be asked for again. */
interface Attempts {
  readonly again: Steps<OutputAttempt>
  nextAt: number
}

/** The fetches of single outputs: which are under way, and which have failed and wait for their next attempt. */
const makeFetches = Effect.fnUntraced(function* (context: FollowContext) {
  const { pace, upstream } = context
  const running = new Set<RunId>()
  const attempts = new Map<RunId, Attempts>()
  const giveUpIfLate = yield* makeGivingUp(context)
  let answerMs = 0

  const fetchOne = Effect.fnUntraced(function* (pending: PendingOutput, turn: Turn) {
    const { inputIndex, runId, since } = pending
    const started = yield* Clock.currentTimeMillis
    const fetched = yield* Effect.result(fetchOutput(context, pending))
    const now = yield* Clock.currentTimeMillis
    running.delete(runId)
    answerMs += (now - started - answerMs) * (answerMs === 0 ? 1 : NEWEST)
    if (fetched._tag === "Success") {
      attempts.delete(runId)
      upstream.outputCame(inputIndex)
      return pace.succeeded()
    }
    const error = fetched.failure
    const attempt = attempts.get(runId) ?? { again: stepsOf(outputSchedule), nextAt: 0 }
    attempt.nextAt = now + (yield* attempt.again.next({ error, missingForMs: now - since }))
    attempts.set(runId, attempt)
    if (error._tag === "RateLimited") pace.refused(turn, now + (error.retryAfterMs ?? 1_000))
    else if (saysMissing(error)) yield* giveUpIfLate(pending)
  })

  /** The first that may be asked for now, or when the next may be. */
  const pick = (
    pending: Iterable<PendingOutput>,
    now: number,
  ): { readonly due: PendingOutput | null; readonly nextAt: number } => {
    let nextAt = Number.POSITIVE_INFINITY
    for (const one of pending) {
      if (running.has(one.runId)) continue
      const at = attempts.get(one.runId)?.nextAt ?? 0
      if (at <= now) return { due: one, nextAt: at }
      nextAt = Math.min(nextAt, at)
    }
    return { due: null, nextAt }
  }

  return {
    /** The fetch, which is under way from now on. */
    begin: (pending: PendingOutput, turn: Turn) => {
      running.add(pending.runId)
      return fetchOne(pending, turn)
    },
    pick,
    running: () => running.size,
    /** How long answers take, of late; 0 before the first. */
    answerMs: () => answerMs,
    /** Nothing is missing: outputs that came another way need no further attempt. */
    forget: () => attempts.clear(),
  }
})

/** Whether upstream says that the output is not there: what it refuses says nothing of it. */
const saysMissing = (error: ParallelError): boolean =>
  error._tag === "NotFound" ||
  error._tag === "Malformed" ||
  (error._tag === "Unavailable" && error.status === 408)

/**
 * Upstream says that the output is not there: after a day in which it did, the row ends without. What one door does not
 * give another may, so a listing is read first; one that fails puts the end off, by as much again at most.
 */
const makeGivingUp = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* RunStore
  const { OUTPUT_WAIT_HOURS } = yield* Settings
  const waitMs = OUTPUT_WAIT_HOURS * HOUR_MS
  let listAt = 0
  let isListed = false

  const list = Effect.fnUntraced(function* (now: number) {
    listAt = now + HOUR_MS
    const listed = yield* Effect.result(
      listIntoStore(context.key(), context.groupId, { status: "completed", includeOutput: true }),
    )
    isListed = listed._tag === "Success"
  })

  return Effect.fnUntraced(function* (pending: PendingOutput) {
    const { inputIndex } = pending
    const lateMs = context.upstream.lateFor(inputIndex)
    if (lateMs < waitMs) return
    const now = yield* Clock.currentTimeMillis
    if (now >= listAt) yield* list(now)
    if (!isListed && lateMs < 2 * waitMs) return
    // It may have come with the listing, and the next attempt may be under way by now.
    if (!isPending(store, pending)) return
    context.upstream.outputCame(inputIndex)
    const message = `Parallel reports this run as completed, but its output has not come for ${OUTPUT_WAIT_HOURS} hours in which it was asked for.`
    store.failOutput(inputIndex, errorJson({ message }), yield* Clock.currentTimeMillis)
  })
})

/** An output that cannot be taken in must neither end the others nor be asked for again at once. */
const fetchOutput = (context: FollowContext, pending: PendingOutput) =>
  fetchAndStore(context, pending).pipe(
    Effect.catchDefect((defect) =>
      Effect.andThen(
        Effect.logError(`The output of run ${pending.runId} could not be stored`, defect),
        Effect.fail(new Malformed({ message: "not storable" })),
      ),
    ),
  )

const fetchAndStore = Effect.fnUntraced(function* (context: FollowContext, pending: PendingOutput) {
  const api = yield* ParallelApi
  const store = yield* RunStore
  const { run, output } = yield* api.getResult(context.key(), pending.runId).pipe(
    // 404 also means "the run failed": reading the run tells, and what it tells is compared with what we have.
    Effect.tapErrorTag("NotFound", () =>
      Effect.gen(function* () {
        const run = yield* api.getRun(context.key(), pending.runId)
        const [applied] = store.apply([{ run, output: null }], yield* Clock.currentTimeMillis)
        if (applied === "contradiction") {
          yield* Effect.logWarning(`Run ${pending.runId} was completed and is now reported as ${run.status}`)
        }
      }),
    ),
  )
  // The request said which run it is. Which input that is, only metadata can confirm.
  const known = { ...run, runId: pending.runId }
  const [applied] = store.apply([{ run: known, output }], yield* Clock.currentTimeMillis)
  // Metadata may say that it is another row's. Asked again at once, it would say so for ever.
  if (applied !== "changed" && isPending(store, pending))
    return yield* new Malformed({ message: "The answer is not about this row" })
})

type Store = typeof RunStore.Service

const isPending = (store: Store, { runId }: PendingOutput): boolean =>
  [...store.pendingOutputs()].some((one) => one.runId === runId)
