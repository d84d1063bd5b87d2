import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { errorJson } from "../domain/ErrorJson.ts"
import { EMPTY_PLAN } from "../domain/TaskGroup.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import { SubmissionStore } from "../services/SubmissionStore.ts"

const DAY_MS = 86_400_000

/**
 * Ends a group, in one transaction: ended, key deleted, webhook due, removal due. Inputs that were never submitted are
 * cancelled with the reason. Ending twice changes nothing.
 */
export const finishTaskGroup = Effect.fn("finishTaskGroup")(function* (reason: string | null) {
  const group = yield* GroupStore
  const submission = yield* SubmissionStore
  const secrets = yield* SecretStore
  const alarms = yield* AlarmClock
  const settings = yield* Settings
  const now = yield* Clock.currentTimeMillis
  const details = group.details()
  if (details === null) return
  if (reason !== null) {
    const everyRow = { from: 0, to: details.numInputs }
    const error = errorJson({ message: `Not submitted. ${reason}` })
    submission.leaveOut(everyRow, { status: "cancelled", error }, EMPTY_PLAN, now)
  }
  const removalAt = now + settings.RETENTION_DAYS * DAY_MS
  group.end({ message: reason ?? "", removalAt, now }, () => {
    secrets.forgetApiKey()
    alarms.clear("watchdog")
    alarms.set("removal", removalAt)
    if (secrets.webhookUrl() !== null) alarms.set("webhook", now)
  })
})
