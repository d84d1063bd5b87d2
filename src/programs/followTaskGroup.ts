import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import { total } from "../domain/Counts.ts"
import { errorJson } from "../domain/ErrorJson.ts"
import { type ParallelError, type Refusal, Unavailable } from "../domain/Errors.ts"
import { isActive } from "../domain/RunStatus.ts"
import { EMPTY_PLAN, isPlanDone } from "../domain/TaskGroup.ts"
import type { ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Publisher } from "../services/Publisher.ts"
import { RequestBudget } from "../services/RequestBudget.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"
import { type FollowContext, noteAnswer } from "./follow/FollowContext.ts"
import { listGroup } from "./follow/listGroup.ts"
import { keepFetchingOutputs } from "./follow/outputs.ts"
import { makePace } from "./follow/pace.ts"
import { keepReconciled } from "./follow/reconcile.ts"
import { keepSessions } from "./follow/sessions.ts"
import { submitRuns } from "./submitRuns.ts"

/** How a start of the follower ends. */
export type FollowOutcome =
  /** Every row has ended. */
  | { readonly _tag: "Ended" }
  /** Upstream refuses, or nothing has changed for too long. */
  | { readonly _tag: "GaveUp"; readonly message: string }
  /** Nothing to do until then, epoch milliseconds: the object may sleep. */
  | { readonly _tag: "Resting"; readonly until: number }
  /** This invocation has made as many requests as it should: go on in a fresh one. */
  | { readonly _tag: "HandedOver" }
  /** The caller took the refusal of the first batch: there is no group. */
  | { readonly _tag: "Taken" }

export interface FollowOptions {
  readonly key: ApiKey
  readonly groupId: string
  readonly takeRefusal: (refusal: Refusal) => boolean
}

/** Even if nothing is published, conditions that depend on time alone are looked at this often. */
const TICK = Duration.seconds(5)
/** A rest shorter than this is not worth the trouble. */
const REST_AT_LEAST_MS = 60_000
/** About a minute's worth of looks at the end: a run is assumed to be listed within SETTLE_SECONDS. */
const LAST_LOOKS = 6
/** Where runs stand in rows by their place in an answer alone, a listing is worth about twenty minutes: only it can tell. */
const UNNAMED_LOOKS = 10
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Adds the group's runs and follows them to the end: every row terminal, every completed one with its output, by our
 * own table. Starts from the table alone; may be interrupted anywhere and started again.
 */
export const followTaskGroup = Effect.fn("followTaskGroup")(function* (
  options: FollowOptions,
): Effect.fn.Return<
  FollowOutcome,
  never,
  ParallelApi | TaskGroupStore | Settings | Publisher | RequestBudget
> {
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  const publisher = yield* Publisher
  const latch = Latch.makeUnsafe(true)
  const context: FollowContext = {
    key: options.key,
    groupId: options.groupId,
    lastRefusal: null,
    pace: makePace({ rate: settings.RESULTS_PER_SECOND, burst: settings.RESULTS_BURST }),
    signals: {
      seenCounts: null,
      lastEventAt: 0,
      lastNewsAt: 0,
      loss: true,
      wake: () => latch.openUnsafe(),
    },
  }
  if (isPlanDone(store.plan()) && (yield* idleFor) >= settings.IDLE_HOURS * HOUR_MS) {
    const rest = yield* checkIdleGroup(context)
    if (rest !== null) return rest
  }
  const taken = { is: false }
  const submitting = keepSubmitting(context, options).pipe(
    Effect.flatMap((result) => {
      taken.is = result === "taken"
      publisher.publish()
      return Effect.never
    }),
  )
  // A part that dies takes the others with it: half a follower would look alive to those who could start it again.
  const parts = Effect.all(
    [
      submitting,
      whenSubmitted(keepSessions(context)),
      keepReconciled(context, latch),
      Effect.scoped(keepFetchingOutputs(context)),
    ],
    { concurrency: "unbounded", discard: true },
  ).pipe(Effect.andThen(Effect.never))
  const unlisten = store.audience.onLook(context.signals.wake)
  return yield* Effect.raceFirst(awaitOutcome(context, taken), parts).pipe(
    Effect.ensuring(Effect.sync(unlisten)),
  )
})

const idleFor = Effect.gen(function* () {
  const store = yield* TaskGroupStore
  return (yield* Clock.currentTimeMillis) - store.lastProgressAt()
})

/**
 * Submits until it is done. A refusal of the key or the group is asked about again for as long as it takes to be sure;
 * then what is not submitted fails with upstream's message, and the rest goes on. It has a clock of its own: that
 * reading works does not mean that adding does.
 */
const keepSubmitting = Effect.fnUntraced(function* (context: FollowContext, options: FollowOptions) {
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  let refusedSince: number | null = null
  let pause = settings.REFUSED_RETRY_MIN_SECONDS
  let accepted = total(store.upstreamCounts())
  for (;;) {
    const result = yield* Effect.result(submitRuns(options))
    if (result._tag === "Success") return result.success
    const now = yield* Clock.currentTimeMillis
    const taken = total(store.upstreamCounts())
    if (refusedSince === null || taken > accepted) {
      refusedSince = now
      pause = settings.REFUSED_RETRY_MIN_SECONDS
    }
    accepted = taken
    const { status, message, refId, detail } = result.failure
    if (now - refusedSince >= settings.REFUSED_HOURS * HOUR_MS) {
      const error = errorJson({
        refId,
        detail,
        message: `Not submitted: Parallel refuses (${status}: ${message}).`,
      })
      store.failRows({ from: 0, to: store.status().num_task_runs }, error, EMPTY_PLAN, now)
      continue
    }
    store.setStatusMessage(
      `Parallel refuses to add runs (${status}: ${message}). Trying again for ${settings.REFUSED_HOURS} hours.`,
    )
    yield* noteAnswer(context, result.failure)
    yield* Effect.sleep(Duration.seconds(pause))
    pause = Math.min(pause * 2, settings.REFUSED_RETRY_MAX_SECONDS)
  }
})

/** An empty group has nothing to say: its event stream may end at once, again and again. */
const whenSubmitted = Effect.fnUntraced(function* <A, E, R>(body: Effect.Effect<A, E, R>) {
  const store = yield* TaskGroupStore
  const publisher = yield* Publisher
  for (;;) {
    const version = publisher.version()
    if (total(store.upstreamCounts()) > 0) return yield* body
    yield* publisher.waitBeyond(version)
  }
})

const awaitOutcome = Effect.fnUntraced(function* (context: FollowContext, taken: { readonly is: boolean }) {
  const store = yield* TaskGroupStore
  const publisher = yield* Publisher
  const budget = yield* RequestBudget
  for (;;) {
    const version = publisher.version()
    if (taken.is) return { _tag: "Taken" } as const
    if (store.allEnded() && isPlanDone(store.plan())) {
      yield* lookOnceMore(context)
      // The look may have brought a run that nobody knew of.
      if (store.allEnded()) return { _tag: "Ended" } as const
      continue
    }
    const outcome = yield* timeOut(context)
    if (outcome !== null) return outcome
    if (budget.isSpent()) return { _tag: "HandedOver" } as const
    yield* publisher.waitBeyond(version).pipe(Effect.timeoutOption(TICK))
  }
})

/** Before a group is called done, its runs are listed once more: a second run for an input would show here. */
const lookOnceMore = (context: FollowContext) =>
  listGroup(context).pipe(
    Effect.flatMap(({ runIds }) =>
      Effect.flatMap(TaskGroupStore, (store) =>
        // A listing without all the runs there are is none to end with: it may lag, or have been cut off.
        runIds.size >= total(store.upstreamCounts())
          ? Effect.void
          : Effect.fail(
              new Unavailable({ message: "The last listing is incomplete", status: null, timedOut: false }),
            ),
      ),
    ),
    Effect.retry(
      Schedule.exponential("1 second").pipe(Schedule.jittered, Schedule.upTo({ times: LAST_LOOKS })),
    ),
    (looks) =>
      Effect.flatMap(TaskGroupStore, (store) =>
        Effect.retry(looks, {
          schedule: Schedule.spaced("1 minute").pipe(Schedule.upTo({ times: UNNAMED_LOOKS })),
          while: () => store.hasUnnamedRuns(),
        }),
      ),
    // Our own table is complete; a listing that cannot be had takes nothing away from it.
    Effect.catch((error: ParallelError) => Effect.logWarning(`The last listing failed: ${error._tag}`)),
  )

const timeOut = Effect.fnUntraced(function* (
  context: FollowContext,
): Effect.fn.Return<FollowOutcome | null, never, TaskGroupStore | Settings> {
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  const now = yield* Clock.currentTimeMillis
  const refusedSince = store.refusedSince()
  if (
    refusedSince !== null &&
    context.lastRefusal !== null &&
    now - refusedSince >= settings.REFUSED_HOURS * HOUR_MS
  ) {
    const { status, message } = context.lastRefusal
    return {
      _tag: "GaveUp",
      message: `Parallel refuses access to this group (${status}: ${message}). Following has ended.`,
    }
  }
  if (now - store.lastProgressAt() >= settings.IDLE_HOURS * HOUR_MS) store.settle()
  const idle = now - store.lastProgressAt()
  if (idle >= settings.ABANDON_DAYS * DAY_MS) return abandoned(settings.ABANDON_DAYS)
  const plan = store.plan()
  if (plan.credit !== null) {
    const { next } = plan.credit
    const waiting = plan.sending.length === 0 && plan.lost.length === 0 && next - now >= REST_AT_LEAST_MS
    const nothingElse =
      store.pendingOutputCount() === 0 && !Object.keys(store.upstreamCounts()).some(isActive)
    return waiting && nothingElse ? { _tag: "Resting", until: next } : null
  }
  return idle >= settings.IDLE_HOURS * HOUR_MS && isPlanDone(plan) && store.pendingOutputCount() === 0
    ? { _tag: "Resting", until: now + settings.IDLE_CHECK_SECONDS * 1000 }
    : null
})

const abandoned = (days: number): FollowOutcome => ({
  _tag: "GaveUp",
  message: `Nothing has changed at Parallel for ${days} days. Following has ended.`,
})

/** One look at a group that has been idle for long. Null when there is news, and following should go on. */
const checkIdleGroup = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  const before = store.lastProgressAt()
  const listed = yield* Effect.result(listGroup(context))
  yield* noteAnswer(context, listed._tag === "Failure" ? listed.failure : null)
  // That a run runs is news as well, once: this object forgets while it rests.
  store.settle()
  if (store.lastProgressAt() !== before) return null
  if (store.allEnded() || store.pendingOutputCount() > 0) return null
  const refused = yield* timeOut(context)
  if (refused?._tag === "GaveUp") return refused
  const until = (yield* Clock.currentTimeMillis) + settings.IDLE_CHECK_SECONDS * 1000
  return { _tag: "Resting", until } satisfies FollowOutcome
})
