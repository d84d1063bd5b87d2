import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { errorJson } from "../domain/ErrorJson.ts"
import {
  isRefusal,
  type NotFound,
  type ParallelError,
  type PaymentRequired,
  type RateLimited,
  type Refusal,
  type Unauthorized,
} from "../domain/Errors.ts"
import { halves, markDone, markLost, markSending, markTodo } from "../domain/Plan.ts"
import * as Schedules from "../domain/Schedules.ts"
import {
  type Batch,
  type EdgeRefusal,
  isPlanDone,
  type JsonText,
  type SubmissionPlan,
  type Waiting,
} from "../domain/TaskGroup.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { ParallelApi } from "../services/ParallelApi.ts"
import { RunStore } from "../services/RunStore.ts"
import { Settings } from "../services/Settings.ts"
import { SubmissionStore } from "../services/SubmissionStore.ts"
import { isComplete, lookUpstream, settleLost, sleepUntil, type Upstream } from "./settleLost.ts"
import { submissionSentence } from "./submissionSentence.ts"

/** Batches under way at once: the platform lets six requests of an invocation wait, and following needs one of them. */
const CONCURRENCY = 5
/** A `Retry-After` of nothing, or of a moment that has passed on our clock, is none to take at its word. */
const SLOW_DOWN_AT_LEAST_MS = 1_000
const HOUR_MS = 3_600_000
/** An edge that has let a batch pass so shortly before it refuses another one looks at what is in them. */
const SHORTLY_MS = 600_000
const SURE_ROUNDS = 5

export interface SubmitOptions extends Upstream {
  /**
   * Asked when the first batch of a wave is refused for good and upstream has no run of this group: true when somebody
   * takes the refusal, which ends everything.
   */
  readonly takeRefusal: (refusal: Refusal) => boolean
  /** For how long upstream has been answering, milliseconds: what waits for it waits in that time. */
  readonly answeredMs: () => number
}

interface Sending extends SubmitOptions {
  /** When upstream last took a batch, epoch milliseconds. */
  acceptedAt: number
}

/** Only a refusal of the key or of the group stops the submission. */
export type Stopped = Unauthorized | NotFound

type SubmissionServices = ParallelApi | SubmissionStore | RunStore | GroupStore | Settings

/** A batch that upstream refused. It stays marked as being sent until it is certain that none of it was taken. */
interface RefusedBatch {
  readonly batch: Batch
  readonly error: Refusal | RateLimited
}

/** What became of a batch. `lost`: its fate is unknown, and noted as such. `unsent`: the plan has it as before. */
type Outcome = "done" | "lost" | "unsent" | RefusedBatch

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
  const plan = submission.plan()
  if (plan.edge === null || plan.lost.length > 0) return
  const schedule = Schedules.edge(yield* Settings)
  const next = (yield* Clock.currentTimeMillis) + (yield* Schedules.waitAfter(schedule, plan.edge.rounds))
  submission.savePlan({ ...plan, edge: { ...plan.edge, next } })
})

/** `status_message` says where the submission stands now. */
const tell = Effect.gen(function* () {
  const submission = yield* SubmissionStore
  const group = yield* GroupStore
  const count = (batches: ReadonlyArray<Batch>) =>
    batches.reduce((sum, batch) => sum + submission.unsubmitted(batch).length, 0)
  group.say("submission", submissionSentence(submission.plan(), count))
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
 * One batch is enough to ask for credit with, or which rows an edge finds fault with. Rows that it has refused alone come last; once it has let others pass, they have failed.
 */
const nextWave = Effect.gen(function* () {
  const submission = yield* SubmissionStore
  const runs = yield* RunStore
  const settings = yield* Settings
  const { todo, credit, edge } = submission.plan()
  if (edge !== null) {
    const untried = todo.filter((batch) => batch.edge === undefined)
    if (untried.length > 0) return [untried.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a))]
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

/** These rows were refused for good. */
const fail = Effect.fnUntraced(function* (batch: Batch, error: JsonText) {
  const submission = yield* SubmissionStore
  const now = yield* Clock.currentTimeMillis
  submission.leaveOut(batch, { status: "failed", error }, markDone(submission.plan(), batch), now)
})

/**
 * Sends batches until one is refused; what is under way by then is waited for. Lack of credit and rate limits are not
 * asked about again and again, and of a refused task or key little more is sent than was at once. While a batch is in
 * doubt nothing else is sent (SPEC 3).
 */
const sendWave = Effect.fnUntraced(function* (options: Sending, wave: ReadonlyArray<Batch>) {
  let open = true
  return yield* Effect.forEach(
    wave,
    Effect.fnUntraced(function* (batch): Effect.fn.Return<Outcome, never, SubmissionServices> {
      if (!open) return "unsent"
      const outcome = yield* sendBatch(options, batch)
      if (typeof outcome === "object" || outcome === "lost") open = false
      return outcome
    }),
    { concurrency: CONCURRENCY },
  )
})

/**
 * The refusal that the caller may be told, where upstream has no run of this group: the first batch's, if it is for
 * good. (A group of a moment ago that is not found may only be late.) Once a batch is accepted, the group is paid for
 * and stays; while the fate of one is unknown, it may be.
 */
const takeable = Effect.fnUntraced(function* ([first]: ReadonlyArray<Outcome>) {
  const submission = yield* SubmissionStore
  const runs = yield* RunStore
  if (typeof first !== "object" || runs.submitted() > 0 || submission.plan().lost.length > 0) return null
  return isRefusal(first.error) && first.error._tag !== "NotFound" ? first.error : null
})

const loseAll = Effect.fnUntraced(function* (batches: ReadonlyArray<Batch>) {
  const submission = yield* SubmissionStore
  const now = yield* Clock.currentTimeMillis
  for (const batch of batches) submission.savePlan(markLost(submission.plan(), batch, now))
})

const sendBatch = Effect.fnUntraced(function* (
  options: Sending,
  batch: Batch,
): Effect.fn.Return<Outcome, never, SubmissionServices> {
  const api = yield* ParallelApi
  const submission = yield* SubmissionStore
  const group = yield* GroupStore
  const indexes = submission.unsubmitted(batch)
  if (indexes.length === 0) {
    submission.savePlan(markDone(submission.plan(), batch))
    return "done"
  }
  const details = group.details()
  if (details === null) return "unsent"
  const since = yield* Clock.currentTimeMillis
  // Between reading the plan and writing it no other batch may have its turn.
  submission.savePlan(markSending(submission.plan(), batch, since))
  const inputs = runInputs(submission.inputs(batch), batch, indexes, details.processor)
  return yield* api.addRuns(options.key, options.groupId, { defaultTaskSpec: details.taskSpec, inputs }).pipe(
    Effect.flatMap((runIds) =>
      Effect.map(Clock.currentTimeMillis, (now): Outcome => {
        const runs = runIds.map((runId, at) => ({ inputIndex: indexes[at]!, runId }))
        options.acceptedAt = now
        submission.acceptRuns(runs, passed(markDone(submission.plan(), batch)), now)
        return "done"
      }),
    ),
    Effect.catch((error) =>
      isRefusal(error) || error._tag === "RateLimited"
        ? Effect.succeed<Outcome>({ batch, error })
        : lose(options, batch, error),
    ),
  )
})

/**
 * Something got through: there is credit, and an edge that refuses is selective. What it refused while it let nothing
 * pass says nothing about those rows.
 */
const passed = (plan: SubmissionPlan): SubmissionPlan => {
  const { edge } = plan
  if (edge === null || isPlanDone(plan)) return { ...plan, credit: null, edge: null }
  const next: SubmissionPlan = { ...plan, credit: null, edge: { ...edge, selective: true, next: 0 } }
  if (edge.selective) return next
  return { ...next, todo: plan.todo.map(unrefused), lost: plan.lost.map(unrefused) }
}

/** Of several rows it is known only that they are to be tried in halves. */
const unrefused = <A extends Batch>(batch: A) => {
  if (batch.to - batch.from > 1) return batch
  const { edge: _, ...rest } = batch
  return rest
}

/** The batch's fate is unknown. What an edge answered says nothing of it either, but how to go on. */
const lose = Effect.fnUntraced(function* (
  options: Sending,
  batch: Batch,
  error: ParallelError,
): Effect.fn.Return<Outcome, never, SubmissionStore | Settings> {
  const submission = yield* SubmissionStore
  const now = yield* Clock.currentTimeMillis
  const refusal = edgeRefusalOf(error)
  const plan = markLost(submission.plan(), batch, now, refusal)
  const { edge } = plan
  // Whoever refuses here answers in upstream's place: the hours of the clock count.
  submission.savePlan(
    refusal === null
      ? plan
      : {
          ...plan,
          edge: {
            ...(yield* nextRound(edge, Schedules.edge(yield* Settings), now)),
            selective: edge?.selective === true || now - options.acceptedAt <= SHORTLY_MS,
          },
        },
  )
  return "lost"
})

/** A refusal that is not Parallel's own, and that is about the request: not a time limit, not a rate limit. */
const edgeRefusalOf = (error: ParallelError): EdgeRefusal | null => {
  if (error._tag !== "Unavailable" || error.status === null) return null
  const { status, message } = error
  return status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status) ? { status, message } : null
}

/** What is waited for is asked again after a wait that grows with every round. */
const nextRound = Effect.fnUntraced(function* (
  before: Waiting | null,
  schedule: ReturnType<typeof Schedules.credit>,
  since: number,
) {
  const rounds = (before?.rounds ?? 0) + 1
  const now = yield* Clock.currentTimeMillis
  const next = now + (yield* Schedules.waitAfter(schedule, rounds))
  return { since: before?.since ?? since, next, rounds } satisfies Waiting
})

const runInputs = (
  inputs: ReadonlyArray<JsonText>,
  batch: Batch,
  indexes: ReadonlyArray<number>,
  processor: string,
): ReadonlyArray<JsonText> =>
  indexes.map((index) => {
    const input = inputs[index - batch.from] ?? "{}"
    return `{"input":${input},"processor":${JSON.stringify(processor)},"metadata":{"input_index":"${index}"}}`
  })

/**
 * Whether upstream has just the runs we know of, so that nothing of the refused batches was taken. No source promises
 * that a refusal is atomic (docs/parallel.md, U12), and asking costs one request; a listing only where there are runs
 * that are not ours.
 */
const looksClean = Effect.fnUntraced(function* (options: SubmitOptions) {
  const api = yield* ParallelApi
  const submission = yield* SubmissionStore
  const runs = yield* RunStore
  if (submission.plan().lost.length > 0) return false
  const { status } = yield* api.getTaskGroup(options.key, options.groupId)
  const known = runs.submitted()
  if (status.num_task_runs <= known) return status.num_task_runs === known
  const sighting = yield* lookUpstream(options)
  // A row that has its run only now was taken.
  return isComplete(sighting) && runs.submitted() === known && sighting.own.size === known
})

/** The same after a wave; where it cannot be known, it is not. */
const isClean = (options: SubmitOptions, refused: ReadonlyArray<RefusedBatch>) =>
  looksClean(options).pipe(
    // Who is refused everywhere cannot have added anything.
    Effect.catch((error) =>
      Effect.succeed(refused.every((one) => one.error._tag === error._tag && isRefusal(error))),
    ),
  )

/** Decides what becomes of refused batches of which nothing was taken. */
const resolveRefusals = Effect.fnUntraced(function* (
  options: SubmitOptions,
  refused: ReadonlyArray<RefusedBatch>,
): Effect.fn.Return<RateLimited | null, Stopped, SubmissionServices> {
  const submission = yield* SubmissionStore
  let stop: Stopped | null = null
  let rateLimited: RateLimited | null = null
  let credit: PaymentRequired | null = null
  for (const { batch, error } of refused) {
    const again = () => submission.savePlan(markTodo(submission.plan(), batch, [batch]))
    switch (error._tag) {
      case "Rejected":
        if (submission.unsubmitted(batch).length <= 1) yield* fail(batch, errorJson(error))
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

const noteLackOfCredit = Effect.fnUntraced(function* (options: SubmitOptions, error: PaymentRequired) {
  const submission = yield* SubmissionStore
  const settings = yield* Settings
  const plan = submission.plan()
  const credit = yield* nextRound(plan.credit, Schedules.credit(settings), options.answeredMs())
  if (options.answeredMs() - credit.since < settings.CREDIT_WAIT_HOURS * HOUR_MS) {
    return submission.savePlan({ ...plan, credit })
  }
  const message = `Not submitted: Parallel has had too little credit for ${settings.CREDIT_WAIT_HOURS} hours (${error.message}).`
  const end = {
    status: "cancelled",
    error: errorJson({ message, refId: error.refId, detail: error.detail }),
  } as const
  const now = yield* Clock.currentTimeMillis
  for (const batch of plan.todo) {
    submission.leaveOut(batch, end, { ...markDone(submission.plan(), batch), credit: null }, now)
  }
})
