import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { errorJson } from "../domain/ErrorJson.ts"
import {
  isRefusal,
  type NotFound,
  type PaymentRequired,
  type RateLimited,
  type Refusal,
  type Unauthorized,
} from "../domain/Errors.ts"
import { halves, markDone, markLost, markSending, markTodo } from "../domain/Plan.ts"
import { isPlanDone, type JsonText, type Range } from "../domain/TaskGroup.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"
import { settleLost, sleepUntil } from "./settleLost.ts"

/** Batches under way at once: the platform lets six requests of an invocation wait, and following needs one of them. */
const CONCURRENCY = 5
/** A `Retry-After` of nothing, or of a moment that has passed on our clock, is none to take at its word. */
const SLOW_DOWN_AT_LEAST_MS = 1_000

export interface SubmitOptions {
  readonly key: ApiKey
  readonly groupId: string
  /**
   * Asked when the first batch of a wave is refused for good and upstream has no run of this group: true when somebody
   * takes the refusal, which ends everything.
   */
  readonly takeRefusal: (refusal: Refusal) => boolean
}

/** A batch that upstream refused. It stays marked as being sent until it is certain that none of it was taken. */
interface RefusedBatch {
  readonly batch: Range
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
  options: SubmitOptions,
): Effect.fn.Return<"submitted" | "taken", Unauthorized | NotFound, ParallelApi | TaskGroupStore | Settings> {
  const store = yield* TaskGroupStore
  // What was under way when an earlier start ended may or may not have arrived.
  for (const batch of store.plan().sending) {
    store.savePlan(markLost(store.plan(), batch, yield* Clock.currentTimeMillis))
  }
  let rateLimitedFor = 1_000
  while (!isPlanDone(store.plan())) {
    const plan = store.plan()
    if (plan.todo.length === 0) {
      yield* settleLost(options).pipe(Effect.catchIf(isOther, () => Effect.void))
      continue
    }
    if (plan.credit !== null) {
      yield* sleepUntil(plan.credit.next)
      // Minutes have passed: whatever the refused request may have created is counted by now.
      if (!(yield* isClean(options, []))) {
        yield* loseAll(plan.todo)
        continue
      }
    }
    const outcomes = yield* sendWave(options, nextWave(store))
    const refused = outcomes.filter((outcome) => typeof outcome === "object")
    if (refused.length === 0) {
      rateLimitedFor = 1_000
      continue
    }
    if (!(yield* isClean(options, refused))) {
      yield* loseAll(refused.map(({ batch }) => batch))
      continue
    }
    const refusal = takeable(store, outcomes)
    if (refusal !== null && options.takeRefusal(refusal)) return "taken"
    const rateLimited = yield* settleRefusals(refused)
    if (rateLimited !== null) {
      rateLimitedFor = Math.min(rateLimitedFor * 2, 60_000)
      const wait = rateLimited.retryAfterMs ?? rateLimitedFor
      yield* Effect.sleep(Duration.millis(Math.max(wait, SLOW_DOWN_AT_LEAST_MS)))
    }
  }
  return "submitted"
})

const hasNone = (store: TaskGroupStore["Service"]): boolean =>
  Object.keys(store.upstreamCounts()).length === 0

/** One batch is enough to ask for credit with, or whether anything gets through when nothing has so far. */
const nextWave = (store: TaskGroupStore["Service"]): ReadonlyArray<Range> => {
  const { todo, lost, credit } = store.plan()
  const alone = credit !== null || (lost.length > 0 && hasNone(store))
  return alone ? todo.slice(0, 1) : todo
}

/**
 * Sends batches until one is refused; what is under way by then is waited for. Lack of credit and rate limits are not
 * asked about again and again, and of a refused task or key little more is sent than was at once. A lost answer stops
 * the wave only while nothing has been accepted: later it says nothing about the other batches.
 */
const sendWave = Effect.fnUntraced(function* (options: SubmitOptions, wave: ReadonlyArray<Range>) {
  const store = yield* TaskGroupStore
  let open = true
  return yield* Effect.forEach(
    wave,
    Effect.fnUntraced(function* (batch): Effect.fn.Return<Outcome, never, ParallelApi | TaskGroupStore> {
      if (!open) return "unsent"
      const outcome = yield* sendBatch(options, batch)
      if (typeof outcome === "object" || (outcome === "lost" && hasNone(store))) open = false
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
const takeable = (store: TaskGroupStore["Service"], [first]: ReadonlyArray<Outcome>): Refusal | null => {
  if (typeof first !== "object" || !hasNone(store) || store.plan().lost.length > 0) return null
  return isRefusal(first.error) && first.error._tag !== "NotFound" ? first.error : null
}

const loseAll = Effect.fnUntraced(function* (batches: ReadonlyArray<Range>) {
  const store = yield* TaskGroupStore
  const now = yield* Clock.currentTimeMillis
  for (const batch of batches) store.savePlan(markLost(store.plan(), batch, now))
})

const isOther = <E extends { readonly _tag: string }>(
  error: E,
): error is Exclude<E, Unauthorized | NotFound> => error._tag !== "Unauthorized" && error._tag !== "NotFound"

const sendBatch = Effect.fnUntraced(function* (
  options: SubmitOptions,
  batch: Range,
): Effect.fn.Return<Outcome, never, ParallelApi | TaskGroupStore> {
  const api = yield* ParallelApi
  const store = yield* TaskGroupStore
  const indexes = store.unsubmitted(batch)
  if (indexes.length === 0) {
    store.savePlan(markDone(store.plan(), batch))
    return "done"
  }
  const details = store.details()
  if (details === null) return "unsent"
  const since = yield* Clock.currentTimeMillis
  // Between reading the plan and writing it no other batch may have its turn.
  store.savePlan(markSending(store.plan(), batch, since))
  const inputs = runInputs(store.inputs(batch), batch, indexes, details.processor)
  return yield* api.addRuns(options.key, options.groupId, { defaultTaskSpec: details.taskSpec, inputs }).pipe(
    Effect.flatMap((runIds) =>
      Effect.map(Clock.currentTimeMillis, (now): Outcome => {
        const runs = runIds.map((runId, at) => ({ inputIndex: indexes[at]!, runId }))
        const plan = store.plan()
        store.acceptRuns(runs, { ...markDone(plan, batch), credit: null }, now)
        if (plan.credit !== null) store.setStatusMessage("")
        return "done"
      }),
    ),
    Effect.catch((error) => {
      if (isRefusal(error) || error._tag === "RateLimited") return Effect.succeed<Outcome>({ batch, error })
      return Effect.map(Clock.currentTimeMillis, (now): Outcome => {
        store.savePlan(markLost(store.plan(), batch, now))
        return "lost"
      })
    }),
  )
})

const runInputs = (
  inputs: ReadonlyArray<JsonText>,
  batch: Range,
  indexes: ReadonlyArray<number>,
  processor: string,
): ReadonlyArray<JsonText> =>
  indexes.map((index) => {
    const input = inputs[index - batch.from] ?? "{}"
    return `{"input":${input},"processor":${JSON.stringify(processor)},"metadata":{"input_index":"${index}"}}`
  })

/**
 * Whether upstream has just the runs we know of, so that nothing of the refused batches was taken. No source promises
 * that a refusal is atomic (docs/parallel.md, U12), and asking costs one request.
 */
const isClean = Effect.fnUntraced(function* (options: SubmitOptions, refused: ReadonlyArray<RefusedBatch>) {
  const api = yield* ParallelApi
  const store = yield* TaskGroupStore
  return yield* api.getTaskGroup(options.key, options.groupId).pipe(
    Effect.map(({ status }) => {
      const known = Object.values(store.upstreamCounts()).reduce((sum, count) => sum + count, 0)
      return store.plan().lost.length === 0 && status.num_task_runs === known
    }),
    // Who is refused everywhere cannot have added anything.
    Effect.catch((error) =>
      Effect.succeed(
        refused.length > 0 && refused.every((one) => one.error._tag === error._tag && isRefusal(error)),
      ),
    ),
  )
})

/** Decides what becomes of refused batches of which nothing was taken. */
const settleRefusals = Effect.fnUntraced(function* (
  refused: ReadonlyArray<RefusedBatch>,
): Effect.fn.Return<RateLimited | null, Unauthorized | NotFound, TaskGroupStore | Settings> {
  const store = yield* TaskGroupStore
  let stop: Unauthorized | NotFound | null = null
  let rateLimited: RateLimited | null = null
  let credit: PaymentRequired | null = null
  for (const { batch, error } of refused) {
    const now = yield* Clock.currentTimeMillis
    switch (error._tag) {
      case "Rejected": {
        const rows = store.unsubmitted(batch)
        if (rows.length <= 1) store.failRows(batch, errorJson(error), markDone(store.plan(), batch), now)
        else store.savePlan(markTodo(store.plan(), batch, halves(batch)))
        break
      }
      case "PaymentRequired":
        store.savePlan(markTodo(store.plan(), batch, [batch]))
        credit = error
        break
      case "RateLimited":
        store.savePlan(markTodo(store.plan(), batch, [batch]))
        rateLimited = error
        break
      default:
        store.savePlan(markTodo(store.plan(), batch, [batch]))
        stop = error
    }
  }
  // Several batches of one wave are one attempt.
  if (credit !== null) yield* noteLackOfCredit(credit)
  return stop === null ? rateLimited : yield* stop
})

const noteLackOfCredit = Effect.fnUntraced(function* (error: PaymentRequired) {
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  const now = yield* Clock.currentTimeMillis
  const plan = store.plan()
  const since = plan.credit?.since ?? now
  if (now - since >= settings.CREDIT_WAIT_HOURS * 3_600_000) {
    for (const range of plan.todo) {
      store.failRows(range, errorJson(error), { ...markDone(store.plan(), range), credit: null }, now)
    }
    return
  }
  const delay =
    plan.credit === null
      ? settings.CREDIT_RETRY_MIN_SECONDS * 1000
      : Math.min(plan.credit.delay * 2, settings.CREDIT_RETRY_MAX_SECONDS * 1000)
  store.savePlan({ ...plan, credit: { since, next: now + delay, delay } })
  const waiting = plan.todo.reduce((sum, range) => sum + store.unsubmitted(range).length, 0)
  store.setStatusMessage(
    `Not enough credit at Parallel: ${waiting} inputs are not submitted yet. Next attempt at ${new Date(now + delay).toISOString()}. (${error.message})`,
  )
})
