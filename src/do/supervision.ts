import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type { Refusal } from "../domain/Errors.ts"
import { isPlanDone } from "../domain/TaskGroup.ts"
import { deliverWebhook } from "../programs/deliverWebhook.ts"
import { finishTaskGroup } from "../programs/finishTaskGroup.ts"
import { type FollowOutcome, followTaskGroup } from "../programs/followTaskGroup.ts"
import { removeTaskGroup } from "../programs/removeTaskGroup.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import type { ParallelApi } from "../services/ParallelApi.ts"
import { Publisher } from "../services/Publisher.ts"
import type { EventRenderer } from "../services/EventRenderer.ts"
import type { Renderers } from "../services/Renderer.ts"
import { RequestBudget } from "../services/RequestBudget.ts"
import { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import type { Submission } from "../services/TaskGroups.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"
import type { WebhookSender } from "../services/WebhookSender.ts"

export type ObjectServices =
  | ParallelApi
  | TaskGroupStore
  | SecretStore
  | AlarmClock
  | Publisher
  | Settings
  | RequestBudget
  | WebhookSender
  | Renderers
  | EventRenderer

/** The fibers an object may have, at most one of each. */
export type Fibers = FiberMap.FiberMap<"follow" | "webhook">

/** The one who created the group and waits for what becomes of its submission. */
export interface Caller {
  waiting: boolean
  refusal: Refusal | null
  readonly answer: Deferred.Deferred<Submission>
}

export interface Supervision {
  readonly fibers: Fibers
  readonly caller: Caller
  readonly deleteAll: Effect.Effect<void>
}

const remove = (supervision: Supervision) =>
  Effect.gen(function* () {
    yield* removeTaskGroup(supervision.deleteAll)
    yield* FiberMap.clear(supervision.fibers)
    yield* Deferred.succeed(supervision.caller.answer, { _tag: "Underway" })
  })

/** Makes sure that a group which is not finished is followed. The alarm that brings the follower back is set first. */
export const ensureFollowing = Effect.fnUntraced(function* (supervision: Supervision) {
  const store = yield* TaskGroupStore
  const secrets = yield* SecretStore
  const alarms = yield* AlarmClock
  const settings = yield* Settings
  const details = store.details()
  if (details?.state !== "active") return
  const key = secrets.apiKey()
  if (key === null) return yield* finishTaskGroup("The API key is no longer here.")
  const now = yield* Clock.currentTimeMillis
  alarms.set("watchdog", now + settings.WATCHDOG_SECONDS * 1000)
  const { caller } = supervision
  const follow = followTaskGroup({
    key,
    groupId: details.taskgroupId,
    takeRefusal: (refusal) => {
      if (caller.waiting) caller.refusal = refusal
      return caller.waiting
    },
  }).pipe(
    Effect.flatMap((outcome) => conclude(supervision, outcome)),
    // What it was doing is written down; the watchdog starts it again.
    Effect.tapCause((cause) => Effect.logError("Following stopped unexpectedly", cause)),
    Effect.catchCause(() => Effect.void),
  )
  yield* FiberMap.run(supervision.fibers, "follow", follow, { onlyIfMissing: true })
})

const conclude = Effect.fnUntraced(function* (supervision: Supervision, outcome: FollowOutcome) {
  const alarms = yield* AlarmClock
  const now = yield* Clock.currentTimeMillis
  switch (outcome._tag) {
    case "Ended":
      yield* finishTaskGroup(null)
      return yield* sendWebhook(supervision)
    case "GaveUp":
      yield* finishTaskGroup(outcome.message)
      return yield* sendWebhook(supervision)
    case "Resting":
      return alarms.set("watchdog", outcome.until)
    case "HandedOver":
      return alarms.set("watchdog", now)
    case "Taken": {
      const { refusal, answer } = supervision.caller
      yield* removeTaskGroup(supervision.deleteAll)
      if (refusal === null) return
      const { status, message, detail, refId } = refusal
      yield* Deferred.succeed(answer, { _tag: "Refused", status, message, detail, refId })
    }
  }
})

const sendWebhook = Effect.fnUntraced(function* (supervision: Supervision) {
  const alarms = yield* AlarmClock
  const now = yield* Clock.currentTimeMillis
  const due = alarms.get("webhook")
  if (due === null || due > now) return
  const deliver = deliverWebhook().pipe(
    Effect.tap(() =>
      Effect.sync(() => {
        // An attempt may outlast the wait for the next: the alarm that came meanwhile found this one at work.
        const next = alarms.get("webhook")
        if (next !== null) alarms.set("webhook", next)
      }),
    ),
  )
  yield* FiberMap.run(supervision.fibers, "webhook", deliver, { onlyIfMissing: true })
})

/** Starts what is due, and returns. It does not fail: after six failures the platform would forget the alarm. */
export const onAlarm = Effect.fnUntraced(function* (supervision: Supervision) {
  const store = yield* TaskGroupStore
  const alarms = yield* AlarmClock
  const budget = yield* RequestBudget
  const now = yield* Clock.currentTimeMillis
  budget.renew()
  const due = alarms.due(now)
  alarms.rearm(now)
  const state = store.details()?.state
  if (due.includes("removal") || (due.includes("uncommitted") && state !== "active" && state !== "ended")) {
    return yield* remove(supervision)
  }
  if (due.includes("uncommitted")) {
    // The commit came, and the object died before it could say so to its alarm.
    alarms.clear("uncommitted")
    yield* ensureFollowing(supervision)
  }
  if (due.includes("webhook")) yield* sendWebhook(supervision)
  if (due.includes("watchdog")) {
    if (state === "active") yield* ensureFollowing(supervision)
    else alarms.clear("watchdog")
  }
})

/** Waits until every batch is accepted, a refusal went to the caller, or the time is up. */
export const awaitSubmission = Effect.fnUntraced(function* (supervision: Supervision, waitMs: number) {
  const store = yield* TaskGroupStore
  const publisher = yield* Publisher
  const { caller } = supervision
  const submitted = Effect.gen(function* () {
    for (;;) {
      const version = publisher.version()
      const plan = store.plan()
      const answer: Submission = { _tag: isPlanDone(plan) ? "Submitted" : "Underway" }
      // Waiting for credit takes minutes: the caller need not.
      if (answer._tag === "Submitted" || plan.credit !== null) return answer
      yield* publisher.waitBeyond(version)
    }
  })
  caller.waiting = true
  const answer = yield* Effect.raceFirst(Deferred.await(caller.answer), submitted).pipe(
    Effect.timeoutOrElse({
      duration: Duration.millis(waitMs),
      orElse: () => Effect.succeed<Submission>({ _tag: "Underway" }),
    }),
  )
  // From here on a refusal is the object's own to deal with, unless it has been taken just now.
  caller.waiting = false
  return caller.refusal === null ? answer : yield* Deferred.await(caller.answer)
})
