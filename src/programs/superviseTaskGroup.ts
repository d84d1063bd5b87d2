import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { objectStep } from "../domain/Schedules.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import { Audience } from "../services/Audience.ts"
import { GroupFibers } from "../services/GroupFibers.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { RunStore } from "../services/RunStore.ts"
import { ReceivingStore } from "../services/ReceivingStore.ts"
import { RequestBudget } from "../services/RequestBudget.ts"
import { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import { SubmissionStore } from "../services/SubmissionStore.ts"
import type { Submission } from "../services/TaskGroups.ts"
import { WaitingCaller } from "../services/WaitingCaller.ts"
import { deliverWebhook } from "./deliverWebhook.ts"
import { finishTaskGroup } from "./finishTaskGroup.ts"
import { type FollowOutcome, followTaskGroup } from "./followTaskGroup.ts"
import { condemn, eraseTaskGroup, forgetTaskGroup, removeTaskGroup } from "./removeTaskGroup.ts"

/** A caller waits, and the alarm comes anyway. */
const ERASE_WITHIN = "5 seconds"

const UNDERWAY: Submission = { _tag: "Underway" }

/**
 * What starts what in a group's life. Everything that runs is started from what is stored, and may be started twice: by
 * the commit, by a visit, and by the alarm, which is set before following starts and renewed while it lasts.
 */

/** Makes sure that a group which has not ended is followed. */
export const superviseTaskGroup = Effect.fn("superviseTaskGroup")(function* () {
  const group = yield* GroupStore
  const secrets = yield* SecretStore
  const alarms = yield* AlarmClock
  const fibers = yield* GroupFibers
  const caller = yield* WaitingCaller
  const settings = yield* Settings
  const details = group.details()
  if (details?.state !== "active") return
  const first = secrets.apiKey()
  if (first === null) {
    const runs = yield* RunStore
    return yield* Effect.asVoid(finishTaskGroup("The API key is no longer here.", runs.memory().since))
  }
  // Somebody may go on with another key, which counts from then on.
  const key = () => secrets.apiKey() ?? first
  alarms.set("watchdog", (yield* Clock.currentTimeMillis) + settings.WATCHDOG_SECONDS * 1000)
  const follow = followTaskGroup({ key, groupId: details.taskgroupId, takeRefusal: caller.take }).pipe(
    Effect.flatMap(conclude),
    // What it was doing is written down; the watchdog starts it again.
    Effect.catchCause((cause) => Effect.logError("Following stopped unexpectedly", cause)),
    // A caller whose refusal was taken waits for an answer, and must not wait for ever.
    Effect.ensuring(Effect.suspend(() => (caller.taken() === null ? Effect.void : caller.answer(UNDERWAY)))),
    Effect.annotateLogs({ taskgroup_id: details.taskgroupId }),
  )
  yield* fibers.start("follow", follow)
})

const conclude = Effect.fnUntraced(function* (outcome: FollowOutcome) {
  const alarms = yield* AlarmClock
  const now = yield* Clock.currentTimeMillis
  switch (outcome._tag) {
    case "Ended":
      yield* finishTaskGroup(null)
      return yield* startWebhook
    case "GaveUp":
      yield* finishTaskGroup(outcome.message, outcome.since)
      return yield* startWebhook
    case "Resting":
      return alarms.set("watchdog", outcome.until)
    case "HandedOver":
      return alarms.set("watchdog", now)
    case "Taken":
      return yield* concludeRefused
  }
})

/** Condemns the group; false where somebody has gone on with it since the refusal was taken. */
const condemnRefused = Effect.gen(function* () {
  const services = { group: yield* GroupStore, secrets: yield* SecretStore, alarms: yield* AlarmClock }
  const submission = yield* SubmissionStore
  const now = yield* Clock.currentTimeMillis
  return services.group.transaction(true, () => {
    const { kept } = submission.plan()
    if (kept) services.alarms.set("watchdog", now)
    else condemn(services, now, null)
    return !kept
  })
})

/**
 * The caller gets upstream's refusal once it is certain that nothing of the group will be sent any more; should that
 * not be had, the group stays, and the caller hears that it is under way. What cannot be emptied now, the alarm will: it
 * is due at once, and may come and end this while it waits for the storage.
 */
const concludeRefused = Effect.gen(function* () {
  const caller = yield* WaitingCaller
  const refusal = caller.taken()
  const condemned = yield* condemnRefused.pipe(
    Effect.catchDefect((defect) => Effect.fail(defect)),
    Effect.retry(objectStep),
    Effect.catch((defect) =>
      Effect.as(Effect.logError("The refused group could not be removed", defect), false),
    ),
  )
  const answer: Submission =
    condemned && refusal !== null
      ? {
          _tag: "Refused",
          status: refusal.status,
          message: refusal.message,
          detail: refusal.detail,
          refId: refusal.refId,
        }
      : UNDERWAY
  const erase = condemned ? Effect.timeoutOption(eraseTaskGroup, ERASE_WITHIN) : Effect.void
  yield* Effect.ensuring(erase, caller.answer(answer))
})

/** Tries the webhook if it is due. */
const startWebhook = Effect.gen(function* () {
  const alarms = yield* AlarmClock
  const fibers = yield* GroupFibers
  const due = alarms.get("webhook")
  if (due === null || due > (yield* Clock.currentTimeMillis)) return
  yield* fibers.start("webhook", deliverWebhook())
})

/** What came in pieces for an act that never came goes. */
const dropPieces = Effect.fnUntraced(function* (now: number) {
  const store = yield* ReceivingStore
  const alarms = yield* AlarmClock
  store.dropPieces(now)
  const next = store.piecesUntil()
  if (next === null) alarms.clear("pieces")
  else alarms.set("pieces", next)
})

/** The alarm: starts what is due, and returns. */
export const wakeTaskGroup = Effect.fn("wakeTaskGroup")(function* () {
  const group = yield* GroupStore
  const alarms = yield* AlarmClock
  const budget = yield* RequestBudget
  const now = yield* Clock.currentTimeMillis
  budget.renew()
  const due = alarms.due(now)
  alarms.rearm(now)
  const state = group.details()?.state
  const abandoned = due.includes("uncommitted") && state !== "active" && state !== "ended"
  if (due.includes("pieces")) yield* dropPieces(now)
  if (due.includes("deleted")) yield* forgetTaskGroup
  if (due.includes("removal") || abandoned) return yield* removeTaskGroup()
  // The commit came, and the object died before it could say so to its alarm.
  if (due.includes("uncommitted")) alarms.clear("uncommitted")
  if (due.includes("webhook")) yield* startWebhook
  if (due.includes("watchdog") && state !== "active") alarms.clear("watchdog")
  if (due.includes("watchdog") || due.includes("uncommitted")) yield* superviseTaskGroup()
})

/**
 * Somebody looks. True when a committed group is here, which then is followed: a request may come before the alarm does.
 * A look-up that finds nothing leaves nothing stored.
 */
export const visitTaskGroup = Effect.fn("visitTaskGroup")(function* () {
  const group = yield* GroupStore
  const audience = yield* Audience
  const alarms = yield* AlarmClock
  const fibers = yield* GroupFibers
  const settings = yield* Settings
  const details = group.details()
  if (details === null) {
    yield* forgetTaskGroup
    return false
  }
  audience.look()
  if (details.state === "active") {
    const due = alarms.get("watchdog")
    const now = yield* Clock.currentTimeMillis
    // A follower that rests has its alarm further away than one that works.
    const rests = due !== null && due - now > settings.WATCHDOG_SECONDS * 1000
    if (!rests && !fibers.isRunning("follow")) yield* superviseTaskGroup()
  }
  return details.state === "active" || details.state === "ended"
})
