import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { AlarmClock } from "../services/AlarmClock.ts"
import { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"
import { WebhookSender } from "../services/WebhookSender.ts"

/**
 * One attempt at the webhook of an ended group, and the next one's time if it was not accepted. At least once: the next
 * attempt is due before this one is made, so that a crash repeats it, under the same id.
 */
export const deliverWebhook = Effect.fn("deliverWebhook")(function* () {
  const store = yield* TaskGroupStore
  const secrets = yield* SecretStore
  const alarms = yield* AlarmClock
  const settings = yield* Settings
  const sender = yield* WebhookSender
  const now = yield* Clock.currentTimeMillis
  const url = secrets.webhookUrl()
  const details = store.details()
  if (details === null || details.endedAt === null || url === null) return alarms.clear("webhook")
  const elapsed = now - details.endedAt
  // The wait doubles with the time that has passed, so that no counter has to be kept.
  const delay = Math.min(
    Math.max(elapsed, settings.WEBHOOK_RETRY_MIN_SECONDS * 1000),
    settings.WEBHOOK_RETRY_MAX_SECONDS * 1000,
  )
  alarms.set("webhook", now + delay * (yield* Random.nextBetween(0.9, 1.1)))
  const outcome = yield* sender.send({
    url,
    id: `msg_${details.taskgroupId}`,
    body: JSON.stringify({ url: details.url }),
  })
  const givenUp = outcome === "failed" && elapsed >= settings.WEBHOOK_GIVE_UP_HOURS * 3_600_000
  if (outcome !== "failed" || givenUp) {
    secrets.forgetWebhookUrl()
    alarms.clear("webhook")
  }
  if (givenUp) yield* Effect.logWarning("The webhook was not accepted in the time there was for it")
})
