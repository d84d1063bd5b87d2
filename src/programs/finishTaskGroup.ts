import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { errorJson } from "../domain/ErrorJson.ts"
import { EMPTY_PLAN } from "../domain/TaskGroup.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"

const DAY_MS = 86_400_000

/**
 * Ends a group, in one transaction: ended, key deleted, webhook due, removal due. Inputs that were never submitted fail
 * with the reason. Ending twice changes nothing.
 */
export const finishTaskGroup = Effect.fn("finishTaskGroup")(function* (reason: string | null) {
  const store = yield* TaskGroupStore
  const secrets = yield* SecretStore
  const alarms = yield* AlarmClock
  const settings = yield* Settings
  const now = yield* Clock.currentTimeMillis
  const details = store.details()
  if (details === null) return
  if (reason !== null) {
    const everyRow = { from: 0, to: details.numInputs }
    store.failRows(everyRow, errorJson({ message: `Not submitted. ${reason}` }), EMPTY_PLAN, now)
  }
  const removalAt = now + settings.RETENTION_DAYS * DAY_MS
  store.end({ message: reason ?? "", removalAt, now }, () => {
    secrets.forgetApiKey()
    alarms.clear("watchdog")
    alarms.set("removal", removalAt)
    if (secrets.webhookUrl() !== null) alarms.set("webhook", now)
  })
})
