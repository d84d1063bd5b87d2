import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { errorJson } from "../domain/ErrorJson.ts"
import { isRefusal, type ParallelError } from "../domain/Errors.ts"
import * as Schedules from "../domain/Schedules.ts"
import { countRows } from "../domain/Plan.ts"
import { type EdgeRefusal, isPlanDone } from "../domain/TaskGroup.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { RunStore } from "../services/RunStore.ts"
import { Settings } from "../services/Settings.ts"
import { SubmissionStore } from "../services/SubmissionStore.ts"
import { settleLost, sleepUntil } from "./settleLost.ts"
import { fail, isClean, looksClean, loseAll, resolveRefusals, type Stopped } from "./submit/refusals.ts"
import {
  type Outcome,
  type Sending,
  sendWave,
  type SubmissionServices,
  type SubmitOptions,
} from "./submit/sendWave.ts"
import { tellSubmission } from "./submissionSentence.ts"

/** A `Retry-After` of nothing, or of a moment that has passed on our clock, is none to take at its word. */
const SLOW_DOWN_AT_LEAST_MS = 1_000

const HOUR_MS = 3_600_000

const SURE_ROUNDS = 5

/**
 * Adds the group's runs, from wherever the plan stands, until none is left to add; `taken` when a refusal went to the
 * caller. Fails when upstream refuses the key or the group. Safe to interrupt anywhere and to start again: a
 * batch is marked before it is sent, and one whose answer is unknown is sent again only after upstream's list and
 * count agree that it is missing.
 */
export const submitRuns = Effect.fn("submitRuns")(function* (
  submitOptions: SubmitOptions,
): Effect.fn.Return<"submitted" | "taken", Stopped, SubmissionServices> {
  const options: Sending = { ...submitOptions, acceptedAt: Number.NEGATIVE_INFINITY }
  const submission = yield* SubmissionStore
  const rateLimited = Schedules.stepsOf(Schedules.rateLimited)
  // What was under way when an earlier start ended may or may not have arrived.
  yield* loseAll(submission.plan().sending)
  while (!isPlanDone(submission.plan())) {
    yield* tell
    if (submission.plan().lost.length > 0) {
      yield* settleLost(options).pipe(Effect.catchIf(isOther, () => Effect.void))
      yield* spaceRounds
      continue
    }
    yield* waitForTurn(options)
    const wave = yield* nextWave
    const outcomes = yield* sendWave(options, wave)
    const refused = outcomes.filter((outcome) => typeof outcome === "object")
    if (refused.length === 0) {
      rateLimited.reset()
      continue
    }
    if (!(yield* isClean(options, refused))) {
      yield* loseAll(refused.map(({ batch }) => batch))
      continue
    }
    const refusal = yield* takeable(outcomes)
    if (refusal !== null && options.takeRefusal(refusal)) return "taken"
    const limited = yield* resolveRefusals(options, refused)
    if (limited === null) continue
    const wait = limited.retryAfterMs ?? (yield* rateLimited.next(undefined))
    yield* Effect.sleep(Duration.millis(Math.max(wait, SLOW_DOWN_AT_LEAST_MS)))
  }
  yield* tell
  return "submitted"
})

/** Where an edge refuses, the next round comes some time after this one is settled: the object may rest. */
const spaceRounds = Effect.gen(function* () {
  const submission = yield* SubmissionStore
  const { edge, lost } = submission.plan()
  if (edge === null || lost.length > 0) return
  const schedule = Schedules.edge(yield* Settings)
  const next = (yield* Clock.currentTimeMillis) + (yield* Schedules.waitAfter(schedule, edge.rounds))
  submission.savePlan({ ...submission.plan(), edge: { ...edge, next } })
})

const tell = Effect.gen(function* () {
  tellSubmission(yield* GroupStore, yield* SubmissionStore)
})

const isOther = <E extends ParallelError>(error: E): error is Exclude<E, Stopped> =>
  error._tag !== "Unauthorized" && error._tag !== "NotFound"

/** Waits for credit, or until an edge that lets nothing pass is tried again. */
const waitForTurn = Effect.fnUntraced(function* (options: SubmitOptions) {
  const submission = yield* SubmissionStore
  const { credit, edge, todo } = submission.plan()
  if (edge !== null) yield* sleepUntil(edge.next)
  if (credit === null) return
  yield* sleepUntil(credit.next)
  // Minutes have passed: whatever the refused request may have created is counted by now. An outage is waited out.
  const isClean = yield* looksClean(options).pipe(
    Effect.retry(Schedules.settling),
    Effect.catchIf(isOther, () => Effect.succeed(false)),
  )
  if (!isClean) yield* loseAll(todo)
})

/**
 * One batch is enough to ask for credit with, or which rows an edge finds fault with. Rows that it has refused alone
 * come last; once it has let others pass, they have failed.
 */
const nextWave = Effect.gen(function* () {
  const submission = yield* SubmissionStore
  const runs = yield* RunStore
  const settings = yield* Settings
  const { todo, credit, edge } = submission.plan()
  if (edge !== null) {
    const untried = todo.filter((batch) => batch.edge === undefined)
    if (untried.length > 0) return [untried.reduce((a, b) => (countRows(b) > countRows(a) ? b : a))]
    // Where others have passed before, or it is about size, a few refusals in a row are enough; else it may be an incident.
    const isOften = edge.rounds >= SURE_ROUNDS
    const isSure = edge.selective || (isOften && (runs.submitted() > 0 || todo[0]?.edge?.status === 413))
    const forLong = (yield* Clock.currentTimeMillis) - edge.since >= settings.REFUSED_HOURS * HOUR_MS
    if (!isSure && !forLong) return todo.slice(0, 1)
    for (const batch of todo) yield* fail(batch, edgeError(batch.edge!))
    return []
  }
  return credit === null ? todo : todo.slice(0, 1)
})

const edgeError = ({ status, message }: EdgeRefusal) =>
  errorJson({
    message: `Not submitted: something between here and Parallel refuses this row (status ${status}). ${message}`,
  })

/**
 * The refusal that the caller may be told, where upstream has no run of this group: the first batch's, if it is for
 * good. (A group of a moment ago that is not found may only be late.) Once a batch is accepted, the group is paid for
 * and stays; while the fate of one is unknown, it may be.
 */
const takeable = Effect.fnUntraced(function* ([first]: ReadonlyArray<Outcome>) {
  const submission = yield* SubmissionStore
  const runs = yield* RunStore
  const { kept, lost } = submission.plan()
  if (typeof first !== "object" || kept || runs.submitted() > 0 || lost.length > 0) return null
  return isRefusal(first.error) && first.error._tag !== "NotFound" ? first.error : null
})
