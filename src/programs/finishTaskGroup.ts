import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { errorJson } from "../domain/ErrorJson.ts"
import { isPlanDone } from "../domain/TaskGroup.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { RunStore } from "../services/RunStore.ts"
import { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import { SubmissionStore } from "../services/SubmissionStore.ts"
import { leftOutSentence } from "./submissionSentence.ts"

const DAY_MS = 86_400_000

/**
 * Ends a group, in one transaction: ended, key deleted, webhook due, removal due. With a reason following is given up:
 * inputs that are still to be sent are cancelled with it, and what is in doubt stays so, to be settled should somebody go
 * on. Ending twice changes nothing, nor does an end that somebody has got ahead of: rows were added, or following began
 * anew (`since`, see `FollowMemory`).
 */
export const finishTaskGroup = Effect.fn("finishTaskGroup")(function* (
  reason: string | null,
  since?: number,
) {
  const group = yield* GroupStore
  const runs = yield* RunStore
  const submission = yield* SubmissionStore
  const secrets = yield* SecretStore
  const alarms = yield* AlarmClock
  const settings = yield* Settings
  const now = yield* Clock.currentTimeMillis
  return group.transaction(false, () => {
    const details = group.details()
    if (details === null) return false
    const overtaken =
      reason === null ? !runs.allEnded() || !isPlanDone(submission.plan()) : since !== runs.memory().since
    if (overtaken) {
      alarms.set("watchdog", now)
      return false
    }
    if (reason !== null) {
      const { todo, sending, lost, ...plan } = submission.plan()
      const error = errorJson({ message: `Not submitted. ${reason}` })
      const inDoubt = { ...plan, todo: [], sending: [], lost: [...lost, ...sending] }
      submission.leaveOut(todo, { status: "cancelled", error }, inDoubt, now)
    }
    const leftOut = submission.leftOut()
    const note = leftOut === 0 ? "" : leftOutSentence(leftOut, details.url)
    const removalAt = now + settings.RETENTION_DAYS * DAY_MS
    return group.end({ message: reason ?? "", note, removalAt, now }, () => {
      secrets.forgetApiKey()
      alarms.clear("watchdog")
      alarms.set("removal", removalAt)
      if (secrets.webhookUrl() !== null) alarms.set("webhook", now)
    })
  })
})
