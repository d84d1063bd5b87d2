import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { errorJson } from "../../domain/ErrorJson.ts"
import {
  isRefusal,
  type NotFound,
  type PaymentRequired,
  type RateLimited,
  type Unauthorized,
} from "../../domain/Errors.ts"
import { halves, markDone, markLost, markTodo } from "../../domain/Plan.ts"
import * as Schedules from "../../domain/Schedules.ts"
import type { Batch, JsonText } from "../../domain/TaskGroup.ts"
import { ParallelApi } from "../../services/ParallelApi.ts"
import { RunStore } from "../../services/RunStore.ts"
import { Settings } from "../../services/Settings.ts"
import { SubmissionStore } from "../../services/SubmissionStore.ts"
import { isComplete, lookUpstream } from "../settleLost.ts"
import { STOPPED } from "./stopped.ts"
import { nextRound, type RefusedBatch, type SubmissionServices, type SubmitOptions } from "./sendWave.ts"

/** Only a refusal of the key or of the group stops the submission. */
export type Stopped = Unauthorized | NotFound

const HOUR_MS = 3_600_000

/** These rows were refused for good. */
export const fail = Effect.fnUntraced(function* (batch: Batch, error: JsonText) {
  const submission = yield* SubmissionStore
  const now = yield* Clock.currentTimeMillis
  submission.leaveOut([batch], { status: "failed", error }, markDone(submission.plan(), batch), now)
})

export const loseAll = Effect.fnUntraced(function* (batches: ReadonlyArray<Batch>) {
  const submission = yield* SubmissionStore
  const now = yield* Clock.currentTimeMillis
  for (const batch of batches) submission.savePlan(markLost(submission.plan(), batch, now))
})

/**
 * Whether upstream has just the runs we know of, so that nothing of the refused batches was taken. No source promises
 * that a refusal is atomic (docs/parallel.md, U12), and asking costs one request; a listing only where there are runs
 * that are not ours.
 */
export const looksClean = Effect.fnUntraced(function* (options: SubmitOptions) {
  const api = yield* ParallelApi
  const submission = yield* SubmissionStore
  const runs = yield* RunStore
  if (submission.plan().lost.length > 0) return false
  const { status } = yield* api.getTaskGroup(options.key(), options.groupId)
  const known = runs.submitted()
  if (status.num_task_runs <= known) return status.num_task_runs === known
  const sighting = yield* lookUpstream(options)
  // A row that has its run only now was taken.
  return isComplete(sighting) && runs.submitted() === known && sighting.own.size === known
})

/** The same after a wave; where it cannot be known, it is not. */
export const isClean = (options: SubmitOptions, refused: ReadonlyArray<RefusedBatch>) =>
  looksClean(options).pipe(
    // Who is refused everywhere cannot have added anything.
    Effect.catch((error) =>
      Effect.succeed(refused.every((one) => one.error._tag === error._tag && isRefusal(error))),
    ),
  )

/** Decides what becomes of refused batches of which nothing was taken. */
export const resolveRefusals = Effect.fnUntraced(function* (
  options: SubmitOptions,
  refused: ReadonlyArray<RefusedBatch>,
): Effect.fn.Return<RateLimited | null, Stopped, SubmissionServices> {
  const submission = yield* SubmissionStore
  let stop: Stopped | null = null
  let rateLimited: RateLimited | null = null
  let credit: PaymentRequired | null = null
  for (const { batch: sent, error } of refused) {
    // As it is now: the group may have been stopped, or rows have gone on without it.
    const batch = submission.plan().sending.find(({ id }) => id === sent.id)
    if (batch === undefined) continue
    if (batch.stopped === true && error._tag !== "Rejected") {
      yield* leaveStopped(batch)
      continue
    }
    const again = () => submission.savePlan(markTodo(submission.plan(), batch))
    switch (error._tag) {
      case "Rejected":
        if (submission.unsubmitted(batch).length <= 1) yield* fail(batch, errorJson(error))
        else if (batch.stopped === true) yield* leaveStopped(batch)
        else submission.savePlan(markTodo(submission.plan(), batch, halves(batch)))
        break
      case "Unauthorized":
        // 403: these rows may not be run with this key, whatever else may (SPEC 1).
        if (error.status === 403) yield* fail(batch, errorJson(error))
        else {
          again()
          stop = error
        }
        break
      case "NotFound":
        again()
        stop = error
        break
      case "PaymentRequired":
        again()
        credit = error
        break
      case "RateLimited":
        again()
        rateLimited = error
    }
  }
  // Several batches of one wave are one attempt.
  if (credit !== null) yield* noteLackOfCredit(options, credit)
  return stop === null ? rateLimited : yield* stop
})

/** What a stop found under way turned out not to be upstream. */
const leaveStopped = Effect.fnUntraced(function* (batch: Batch) {
  const submission = yield* SubmissionStore
  const now = yield* Clock.currentTimeMillis
  submission.leaveOut([batch], STOPPED, markDone(submission.plan(), batch), now)
})

const noteLackOfCredit = Effect.fnUntraced(function* (options: SubmitOptions, error: PaymentRequired) {
  const submission = yield* SubmissionStore
  const settings = yield* Settings
  const before = submission.plan().credit
  const credit = yield* nextRound(before, Schedules.credit(settings), options.answeredMs())
  const now = yield* Clock.currentTimeMillis
  // Somebody may have acted while the wait was drawn.
  const plan = submission.plan()
  if (options.answeredMs() - credit.since < settings.CREDIT_WAIT_HOURS * HOUR_MS) {
    return submission.savePlan({ ...plan, credit })
  }
  const message = `Not submitted: Parallel has had too little credit for ${settings.CREDIT_WAIT_HOURS} hours (${error.message}).`
  const end = {
    status: "cancelled",
    error: errorJson({ message, refId: error.refId, detail: error.detail }),
  } as const
  submission.leaveOut(plan.todo, end, { ...plan, todo: [], credit: null }, now)
})
