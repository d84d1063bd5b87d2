import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { GroupId } from "../domain/Ids.ts"
import { waitAfter, webhook } from "../domain/Schedules.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import { WebhookSender } from "../services/WebhookSender.ts"

const HOUR_MS = 3_600_000

/**
 * One attempt at the webhook of an ended group, and the next one's time if it was not accepted. At least once: the next
 * attempt is due before this one is made, so that a crash repeats it, under the same id. The URL stays until the group
 * is removed: it may have another end.
 */
export const deliverWebhook = Effect.fn("deliverWebhook")(function* () {
  const group = yield* GroupStore
  const secrets = yield* SecretStore
  const alarms = yield* AlarmClock
  const settings = yield* Settings
  const sender = yield* WebhookSender
  const now = yield* Clock.currentTimeMillis
  const url = secrets.webhookUrl()
  const details = group.details()
  if (details === null || details.endedAt === null || url === null) return alarms.clear("webhook")
  group.countDelivery()
  alarms.set("webhook", now + (yield* waitAfter(webhook(settings), group.deliveries())))
  const outcome = yield* sender.send({
    url,
    secret: secrets.webhookSecret(),
    id: webhookId(details.taskgroupId, group.ends()),
    body: JSON.stringify({ url: details.url }),
  })
  const isLast = now - details.endedAt >= settings.WEBHOOK_GIVE_UP_HOURS * HOUR_MS
  if (outcome === "failed" && !isLast) {
    // An attempt may outlast the wait for the next: the alarm that came meanwhile found this one at work.
    return alarms.set("webhook", alarms.get("webhook") ?? now)
  }
  alarms.clear("webhook")
  if (outcome === "failed") {
    group.say(
      "webhook",
      `The webhook was not accepted in ${settings.WEBHOOK_GIVE_UP_HOURS} hours (${group.deliveries()} attempts) and is not sent any more.`,
    )
  }
})

/** Each end has an id of its own, the same at every attempt. */
const webhookId = (taskgroupId: GroupId, endsBefore: number): string =>
  endsBefore === 0 ? `msg_${taskgroupId}` : `msg_${taskgroupId}_${endsBefore + 1}`
