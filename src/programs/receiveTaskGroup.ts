import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { batchLimits, cutBatches, withTodo } from "../domain/Plan.ts"
import {
  EMPTY_PLAN,
  type GroupInit,
  type GroupSecrets,
  isPlanDone,
  type JsonText,
} from "../domain/TaskGroup.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { Publisher } from "../services/Publisher.ts"
import { ReceivingStore } from "../services/ReceivingStore.ts"
import { RunStore } from "../services/RunStore.ts"
import { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import { SubmissionStore } from "../services/SubmissionStore.ts"
import type { Committed, CommitUntil, Submission } from "../services/TaskGroups.ts"
import { WaitingCaller } from "../services/WaitingCaller.ts"
import { superviseTaskGroup } from "./superviseTaskGroup.ts"

/**
 * A group comes in: it begins, its rows follow in pieces, and the commit starts its life. Every step may be repeated,
 * and nothing is sent upstream before the commit.
 */

/** Starts receiving a group, with its first inputs (`stored`). One that is never committed removes itself. */
export const beginTaskGroup = Effect.fn("beginTaskGroup")(function* (
  init: GroupInit,
  secrets: GroupSecrets,
  inputs: ReadonlyArray<JsonText> = [],
) {
  const store = yield* ReceivingStore
  const secretStore = yield* SecretStore
  const alarms = yield* AlarmClock
  const settings = yield* Settings
  const now = yield* Clock.currentTimeMillis
  const begun = store.begin(init)
  if (begun === "begun") {
    secretStore.save(secrets)
    alarms.set("uncommitted", now + settings.UNCOMMITTED_MINUTES * 60_000)
  }
  if (begun === "different" || inputs.length === 0) return begun
  return store.addInputs(0, inputs, now) === "different" ? "different" : "stored"
})

/** Inputs from index `from` on, each as JSON text. */
export const receiveInputs = Effect.fn("receiveInputs")(function* (
  from: number,
  inputs: ReadonlyArray<JsonText>,
) {
  const store = yield* ReceivingStore
  return store.addInputs(from, inputs, yield* Clock.currentTimeMillis)
})

const incomplete: Committed = { _tag: "Incomplete" }

/** All inputs are here: the object does the rest, whether or not anybody waits. Waits at most `waitMs`. */
export const commitTaskGroup = Effect.fn("commitTaskGroup")(function* (
  waitMs: number,
  until: CommitUntil = "all",
) {
  const store = yield* ReceivingStore
  const group = yield* GroupStore
  const submission = yield* SubmissionStore
  const alarms = yield* AlarmClock
  const settings = yield* Settings
  const caller = yield* WaitingCaller
  // It was never begun, or has been removed since.
  const details = group.details()
  if (details === null) return incomplete
  const now = yield* Clock.currentTimeMillis
  const due = alarms.get("uncommitted")
  // Its alarm may be late. Who looks for this group after that time may submit anew, so that it must not come back.
  if (details.state === "receiving" && due !== null && now >= due) return incomplete
  const todo = cutBatches(submission.inputLengths().entries(), batchLimits(settings, details))
  if (store.commit(withTodo(EMPTY_PLAN, todo)) === "incomplete") return incomplete
  alarms.clear("uncommitted")
  // Whatever becomes of the wait below: from here on the alarm brings the group to life.
  alarms.set("watchdog", now + settings.WATCHDOG_SECONDS * 1000)
  // The caller waits before anything can be refused.
  const outcome = Effect.andThen(superviseTaskGroup(), awaitSubmission(until))
  const answer: Committed = yield* caller.wait(outcome, waitMs)
  return answer
})

/** A group that is small enough to come in one piece: its begin, its inputs and its commit. */
export const receiveTaskGroup = Effect.fn("receiveTaskGroup")(function* (
  init: GroupInit,
  secrets: GroupSecrets,
  inputs: ReadonlyArray<JsonText>,
  ...waiting: Parameters<typeof commitTaskGroup>
) {
  const begun = yield* beginTaskGroup(init, secrets, inputs)
  return begun === "different" ? incomplete : yield* commitTaskGroup(...waiting)
})

/** Until every batch is accepted, or one. Waiting for credit takes minutes: the caller need not. */
const awaitSubmission = Effect.fnUntraced(function* (until: CommitUntil) {
  const submission = yield* SubmissionStore
  const runs = yield* RunStore
  const publisher = yield* Publisher
  for (;;) {
    const version = publisher.version()
    const plan = submission.plan()
    const answer: Submission = { _tag: isPlanDone(plan) ? "Submitted" : "Underway" }
    const hasBegun = until === "first" && runs.submitted() > 0
    if (answer._tag === "Submitted" || plan.credit !== null || hasBegun) return answer
    yield* publisher.waitBeyond(version)
  }
})
