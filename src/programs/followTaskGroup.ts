import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { errorJson } from "../domain/ErrorJson.ts"
import { isRefusal, type ParallelError, type Refusal, Unavailable } from "../domain/Errors.ts"
import type { GroupId } from "../domain/Ids.ts"
import { lastLooks, namingLooks, refused, stepsOf } from "../domain/Schedules.ts"
import { isPlanDone } from "../domain/TaskGroup.ts"
import { Audience } from "../services/Audience.ts"
import { GroupStore } from "../services/GroupStore.ts"
import type { ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Publisher } from "../services/Publisher.ts"
import { RequestBudget } from "../services/RequestBudget.ts"
import { RunStore } from "../services/RunStore.ts"
import type { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import { SubmissionStore } from "../services/SubmissionStore.ts"
import type { FollowContext } from "./follow/FollowContext.ts"
import { listGroup } from "./follow/listGroup.ts"
import { keepFetchingOutputs } from "./follow/outputs.ts"
import { makePace } from "./follow/pace.ts"
import { keepReconciled } from "./follow/reconcile.ts"
import { keepSessions } from "./follow/sessions.ts"
import { makeUpstream } from "./follow/upstream.ts"
import { submitRuns } from "./submitRuns.ts"

/** How a start of the follower ends. */
export type FollowOutcome =
  /** Every row has ended. */
  | { readonly _tag: "Ended" }
  /** Upstream refuses, or nothing has changed for too long. */
  | { readonly _tag: "GaveUp"; readonly message: string; readonly since: number | undefined }
  /** Nothing to do until then, epoch milliseconds: the object may sleep. */
  | { readonly _tag: "Resting"; readonly until: number }
  /** This invocation has made as many requests as it should: go on in a fresh one. */
  | { readonly _tag: "HandedOver" }
  /** The caller took the refusal of the first batch: there is no group. */
  | { readonly _tag: "Taken" }

export interface FollowOptions {
  readonly key: () => ApiKey
  readonly groupId: GroupId
  readonly takeRefusal: (refusal: Refusal) => boolean
}

/** Even if nothing is published, conditions that depend on time alone are looked at this often. */
const TICK_MS = 5_000
/** A rest shorter than this is not worth the trouble. */
const REST_AT_LEAST_MS = 60_000
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
  | ParallelApi
  | SubmissionStore
  | RunStore
  | GroupStore
  | SecretStore
  | Audience
  | Settings
  | Publisher
  | RequestBudget
> {
  const settings = yield* Settings
  const news = Latch.makeUnsafe(true)
  const context: FollowContext = {
    key: options.key,
    groupId: options.groupId,
    upstream: yield* makeUpstream(),
    pace: makePace({ rate: settings.RESULTS_PER_SECOND, burst: settings.RESULTS_BURST }),
    signals: {
      cursor: null,
      seenCounts: null,
      lastEventAt: 0,
      lastNewsAt: 0,
      loss: true,
      news,
      wake: () => news.openUnsafe(),
    },
  }
  return yield* follow(context, options).pipe(
    context.upstream.listening,
    Effect.ensuring(Effect.sync(context.upstream.save)),
  )
})

const follow = Effect.fnUntraced(function* (context: FollowContext, options: FollowOptions) {
  const submission = yield* SubmissionStore
  const settings = yield* Settings
  const publisher = yield* Publisher
  const audience = yield* Audience
  if (isPlanDone(submission.plan()) && (yield* idleFor) >= settings.IDLE_HOURS * HOUR_MS) {
    const rest = yield* checkIdleGroup(context)
    if (rest !== null) return rest
  }
  const taken = { is: false }
  const submitting = keepSubmitting(context, options).pipe(
    Effect.flatMap(() => {
      taken.is = true
      publisher.publish()
      return Effect.never
    }),
  )
  // A part that dies takes the others with it: half a follower would look alive to those who could start it again.
  const parts = Effect.all(
    [
      submitting,
      whenSubmitted(keepSessions(context)),
      keepReconciled(context),
      Effect.scoped(keepFetchingOutputs(context)),
    ],
    { concurrency: "unbounded", discard: true },
  ).pipe(Effect.andThen(Effect.never))
  const unlisten = audience.onLook(context.signals.wake)
  return yield* Effect.raceFirst(awaitOutcome(context, taken), parts).pipe(
    Effect.ensuring(Effect.sync(unlisten)),
  )
})

const idleFor = Effect.gen(function* () {
  const store = yield* RunStore
  return (yield* Clock.currentTimeMillis) - store.lastProgressAt()
})

/**
 * Submits what there is to submit, now and later, until the caller takes a refusal. A refusal of the key or the group is
 * asked about again, ever more rarely, for as long as it takes to be sure; then what is to be sent is left out with
 * upstream's message, and the rest goes on. It has a clock of its own: that reading works does not mean that adding does.
 */
const keepSubmitting = Effect.fnUntraced(function* (context: FollowContext, options: FollowOptions) {
  const submission = yield* SubmissionStore
  const store = yield* RunStore
  const group = yield* GroupStore
  const publisher = yield* Publisher
  const settings = yield* Settings
  const { answeredMs } = context.upstream
  const again = stepsOf(refused(settings))
  let refusedAt: number | null = null
  let accepted = store.submitted()
  for (;;) {
    const result = yield* Effect.result(submitRuns({ ...options, answeredMs }))
    if (result._tag === "Success" && result.success === "taken") return
    if (result._tag === "Success" || store.submitted() > accepted) {
      refusedAt = null
      again.reset()
    }
    accepted = store.submitted()
    if (result._tag === "Success") {
      group.say("refusal", null)
      yield* untilPlanned(submission, publisher)
      continue
    }
    refusedAt ??= answeredMs()
    const { status, message, refId, detail } = result.failure
    const now = yield* Clock.currentTimeMillis
    const plan = submission.plan()
    if (answeredMs() - refusedAt >= settings.REFUSED_HOURS * HOUR_MS && plan.todo.length > 0) {
      const error = errorJson({
        refId,
        detail,
        message: `Not submitted: Parallel refuses (${status}: ${message}).`,
      })
      submission.leaveOut(plan.todo, { status: "cancelled", error }, { ...plan, todo: [] }, now)
      continue
    }
    group.say(
      "refusal",
      `Parallel refuses to add runs (${status}: ${message}). It is tried again, ever more rarely, for ${settings.REFUSED_HOURS} hours.`,
    )
    yield* Effect.sleep(Duration.millis(yield* again.next(undefined)))
  }
})

/** Until there is something to submit again. */
const untilPlanned = Effect.fnUntraced(function* (
  submission: SubmissionStore["Service"],
  publisher: Publisher["Service"],
) {
  for (;;) {
    const version = publisher.version()
    if (!isPlanDone(submission.plan())) return
    yield* publisher.waitBeyond(version)
  }
})

/** An empty group has nothing to say: its event stream may end at once, again and again. */
const whenSubmitted = Effect.fnUntraced(function* <A, E, R>(body: Effect.Effect<A, E, R>) {
  const store = yield* RunStore
  const publisher = yield* Publisher
  for (;;) {
    const version = publisher.version()
    if (store.submitted() > 0) return yield* body
    yield* publisher.waitBeyond(version)
  }
})

const awaitOutcome = Effect.fnUntraced(function* (context: FollowContext, taken: { readonly is: boolean }) {
  const store = yield* RunStore
  const submission = yield* SubmissionStore
  const publisher = yield* Publisher
  const budget = yield* RequestBudget
  for (;;) {
    const version = publisher.version()
    if (taken.is) return { _tag: "Taken" } as const
    if (store.allEnded() && isPlanDone(submission.plan())) {
      yield* lookOnceMore(context)
      // The look may have brought a run that nobody knew of.
      if (store.allEnded()) return { _tag: "Ended" } as const
      continue
    }
    const outcome = yield* timeOut(context)
    if (outcome !== null) return outcome
    if (budget.isSpent()) return { _tag: "HandedOver" } as const
    yield* publisher.waitBeyond(version, TICK_MS)
  }
})

/** Before a group is called done, its runs are listed once more: a second run for an input would show here. */
const lookOnceMore = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* RunStore
  const look = listGroup(context).pipe(
    Effect.flatMap(({ own }) =>
      // A listing without all the runs there are is none to end with: it may lag, or have been cut off.
      own.size >= store.submitted()
        ? Effect.void
        : Effect.fail(
            new Unavailable({ message: "The last listing is incomplete", status: null, timedOut: false }),
          ),
    ),
    Effect.retry({ schedule: lastLooks, while: (error) => !isRefusal(error) }),
  )
  yield* Effect.retry(look, { schedule: namingLooks, while: () => store.hasUnnamedRuns() }).pipe(
    // Our own table is complete; a listing that cannot be had takes nothing away from it.
    Effect.catch((error: ParallelError) => Effect.logWarning(`The last listing failed: ${error._tag}`)),
  )
})

const timeOut = Effect.fnUntraced(function* (
  context: FollowContext,
): Effect.fn.Return<FollowOutcome | null, never, RunStore | SubmissionStore | Settings> {
  const store = yield* RunStore
  const submission = yield* SubmissionStore
  const settings = yield* Settings
  const now = yield* Clock.currentTimeMillis
  const refusal = context.upstream.lastingRefusal()
  if (refusal !== null) {
    return {
      _tag: "GaveUp",
      message: `Parallel refuses access to this group (${refusal.status}: ${refusal.message}). Following has ended.`,
      since: store.memory().since,
    }
  }
  if (now - store.lastProgressAt() >= settings.IDLE_HOURS * HOUR_MS) store.flush()
  const idle = now - store.lastProgressAt()
  if (idle >= settings.ABANDON_DAYS * DAY_MS) return abandoned(settings.ABANDON_DAYS, store.memory().since)
  if (store.pendingOutputCount() > 0) return null
  const plan = submission.plan()
  if (isPlanDone(plan)) {
    const isIdle = idle >= settings.IDLE_HOURS * HOUR_MS
    return isIdle ? { _tag: "Resting", until: now + settings.IDLE_CHECK_SECONDS * 1000 } : null
  }
  const until = Math.max(plan.credit?.next ?? 0, plan.edge?.next ?? 0)
  const isWaiting = plan.sending.length === 0 && plan.lost.length === 0 && until - now >= REST_AT_LEAST_MS
  return isWaiting && !store.hasUnfinished() ? { _tag: "Resting", until } : null
})

const abandoned = (days: number, since: number | undefined): FollowOutcome => ({
  _tag: "GaveUp",
  since,
  message: `Nothing has changed at Parallel for ${days} days. Following has ended.`,
})

/** One look at a group that has been idle for long. Null when there is news, and following should go on. */
const checkIdleGroup = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* RunStore
  const settings = yield* Settings
  const before = store.lastProgressAt()
  yield* Effect.ignore(listGroup(context))
  // That a run runs is news as well, once: this object forgets while it rests.
  store.flush()
  if (store.lastProgressAt() !== before) return null
  if (store.allEnded() || store.pendingOutputCount() > 0) return null
  const refused = yield* timeOut(context)
  if (refused?._tag === "GaveUp") return refused
  const until = (yield* Clock.currentTimeMillis) + settings.IDLE_CHECK_SECONDS * 1000
  return { _tag: "Resting", until } satisfies FollowOutcome
})
