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

/** Batches sent at once after the first: the platform allows six waiting requests, and following needs its own. */
const CONCURRENCY = 4

export interface SubmitOptions {
  readonly key: ApiKey
  readonly groupId: string
  /**
   * Asked when the very first batch is refused for good and upstream has no run of this group: true when somebody
   * takes the refusal, which ends everything.
   */
  readonly takeRefusal: (refusal: Refusal) => boolean
}

/** A batch that upstream refused. It stays marked as being sent until it is certain that none of it was taken. */
interface RefusedBatch {
  readonly batch: Range
  readonly error: Refusal | RateLimited
}

/**
 * Adds the group's runs, from wherever the plan stands, until none is left to add; `taken` when the first refusal went
 * to the caller. Fails when upstream refuses the key or the group. Safe to interrupt anywhere and to start again: a
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
    // The first batch goes alone: if the key, the credit or the task is refused, nothing has been paid for.
    const nothingYet = Object.keys(store.upstreamCounts()).length === 0
    const alone = nothingYet || plan.credit !== null

    const wave = alone ? plan.todo.slice(0, 1) : plan.todo
    const answers = yield* Effect.forEach(wave, (batch) => sendBatch(options, batch), {
      concurrency: CONCURRENCY,
    })
    const refused = answers.filter((answer) => answer !== null)
    if (refused.length === 0) {
      rateLimitedFor = 1_000
      continue
    }
    if (!(yield* isClean(options, refused))) {
      yield* loseAll(refused.map(({ batch }) => batch))
      continue
    }
    const [first] = refused
    if (
      nothingYet &&
      plan.lost.length === 0 &&
      first !== undefined &&
      isTakeable(first.error) &&
      options.takeRefusal(first.error)
    )
      return "taken"
    const rateLimited = yield* settleRefusals(refused)
    if (rateLimited !== null) {
      rateLimitedFor = Math.min(rateLimitedFor * 2, 60_000)
      yield* Effect.sleep(Duration.millis(rateLimited.retryAfterMs ?? rateLimitedFor))
    }
  }
  return "submitted"
})

/** A group of a moment ago that is not found may only be late; the rest is for good. */
const isTakeable = (error: Refusal | RateLimited): error is Exclude<Refusal, NotFound> =>
  isRefusal(error) && error._tag !== "NotFound"

const loseAll = Effect.fnUntraced(function* (batches: ReadonlyArray<Range>) {
  const store = yield* TaskGroupStore
  const now = yield* Clock.currentTimeMillis
  for (const batch of batches) store.savePlan(markLost(store.plan(), batch, now))
})

const isOther = <E extends { readonly _tag: string }>(
  error: E,
): error is Exclude<E, Unauthorized | NotFound> => error._tag !== "Unauthorized" && error._tag !== "NotFound"

/** Sends one batch. Null when it was accepted, or when its fate is unknown and noted as such. */
const sendBatch = Effect.fnUntraced(function* (
  options: SubmitOptions,
  batch: Range,
): Effect.fn.Return<RefusedBatch | null, never, ParallelApi | TaskGroupStore> {
  const api = yield* ParallelApi
  const store = yield* TaskGroupStore
  const indexes = store.unsubmitted(batch)
  if (indexes.length === 0) {
    store.savePlan(markDone(store.plan(), batch))
    return null
  }
  const details = store.details()
  if (details === null) return null
  store.savePlan(markSending(store.plan(), batch, yield* Clock.currentTimeMillis))
  const inputs = runInputs(store.inputs(batch), batch, indexes, details.processor)
  return yield* api.addRuns(options.key, options.groupId, { defaultTaskSpec: details.taskSpec, inputs }).pipe(
    Effect.flatMap((runIds) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const runs = runIds.map((runId, at) => ({ inputIndex: indexes[at]!, runId }))
        const plan = store.plan()
        store.acceptRuns(runs, { ...markDone(plan, batch), credit: null }, now)
        if (plan.credit !== null) store.setStatusMessage("")
        return null
      }),
    ),
    Effect.catch((error) => {
      if (isRefusal(error) || error._tag === "RateLimited") return Effect.succeed({ batch, error })
      return Effect.map(Clock.currentTimeMillis, (now) => {
        store.savePlan(markLost(store.plan(), batch, now))
        return null
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
        yield* noteLackOfCredit(batch, error)
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
  return stop === null ? rateLimited : yield* stop
})

const noteLackOfCredit = Effect.fnUntraced(function* (batch: Range, error: PaymentRequired) {
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  const now = yield* Clock.currentTimeMillis
  const plan = markTodo(store.plan(), batch, [batch])
  const since = plan.credit?.since ?? now
  if (now - since >= settings.CREDIT_WAIT_HOURS * 3_600_000) {
    for (const range of plan.todo) {
      store.failRows(range, errorJson(error), { ...markDone(store.plan(), range), credit: null }, now)
    }
    return
  }
  // Several batches of one wave count as one attempt.
  if (plan.credit !== null && plan.credit.next > now) return store.savePlan({ ...plan, credit: plan.credit })
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
