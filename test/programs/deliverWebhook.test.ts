import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { deliverWebhook } from "../../src/programs/deliverWebhook.ts"
import { EMPTY_PLAN } from "../../src/domain/TaskGroup.ts"
import { readRun } from "../../src/domain/Wire.ts"
import { finishTaskGroup } from "../../src/programs/finishTaskGroup.ts"
import { AlarmClock } from "../../src/services/AlarmClock.ts"
import { RunStore } from "../../src/services/RunStore.ts"
import { SecretStore } from "../../src/services/SecretStore.ts"
import { SubmissionStore } from "../../src/services/SubmissionStore.ts"
import { type WebhookOutcome, WebhookSender } from "../../src/services/WebhookSender.ts"
import { committedGroup, gaps, HOUR, look, MINUTE, SECOND } from "./support.ts"

interface Sent {
  readonly at: number
  readonly url: string
  readonly id: string
  readonly body: string
}

/** A receiver, and what it got. */
const makeReceiver = (answer: (at: number) => Effect.Effect<WebhookOutcome>) => {
  const sent: Array<Sent> = []
  const layer = Layer.succeed(WebhookSender, {
    send: ({ url, id, body }) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        sent.push({ at, url: Redacted.value(url), id, body })
        return answer(at)
      }),
  })
  return { sent, layer }
}

/** The group has ended; its alarm tries the webhook whenever that is due. */
const delivering = Effect.gen(function* () {
  const alarms = yield* AlarmClock
  const run = readRun(`{"run_id":"run-0","status":"failed","metadata":{"input_index":"0"}}`)!
  ;(yield* RunStore).apply([{ run, output: null }], 0)
  ;(yield* SubmissionStore).savePlan(EMPTY_PLAN)
  yield* finishTaskGroup(null)
  for (;;) {
    const due = alarms.get("webhook")
    if (due === null) return
    yield* Effect.sleep(Duration.millis(due - (yield* Clock.currentTimeMillis)))
    yield* deliverWebhook()
  }
}).pipe(Effect.forkChild({ startImmediately: true }))

const endedGroup = () => committedGroup(1, {}, { webhookUrl: "https://hook.example/?t=1" })

describe("deliverWebhook", () => {
  it.effect("tells the receiver once, and keeps the URL for another end", () => {
    const { sent, layer } = makeReceiver(() => Effect.succeed("accepted"))
    return Effect.gen(function* () {
      yield* Fiber.join(yield* delivering)
      const body = '{"url":"https://multitask.example/tgrp_12345678"}'
      expect(sent).toEqual([{ at: 0, url: "https://hook.example/?t=1", id: "msg_tgrp_12345678", body }])
      expect((yield* SecretStore).webhookUrl()).not.toBeNull()
    }).pipe(Effect.provide([endedGroup(), layer]))
  })

  it.effect("tries again from 5 s doubling to an hour, under one id, until it is accepted", () => {
    const { sent, layer } = makeReceiver((at) => Effect.succeed(at < 10 * HOUR ? "failed" : "accepted"))
    return Effect.gen(function* () {
      const delivery = yield* delivering
      yield* TestClock.adjust("12 hours")
      yield* Fiber.join(delivery)
      const waits = gaps(sent.map(({ at }) => at))
      for (const [index, wait] of waits.entries()) {
        const expected = Math.min(5 * SECOND * 2 ** index, HOUR)
        expect(wait).toBeGreaterThanOrEqual(expected * 0.8)
        expect(wait).toBeLessThanOrEqual(expected * 1.2 + 1)
      }
      expect(new Set(sent.map(({ id }) => id))).toEqual(new Set(["msg_tgrp_12345678"]))
      expect((yield* look).says).toBe("")
    }).pipe(Effect.provide([endedGroup(), layer]))
  })

  it.effect("gives up after 48 hours, and says so", () => {
    const { sent, layer } = makeReceiver(() => Effect.succeed("failed"))
    return Effect.gen(function* () {
      const delivery = yield* delivering
      yield* TestClock.adjust("47 hours")
      expect((yield* look).says).toBe("")
      yield* TestClock.adjust("3 hours")
      yield* Fiber.join(delivery)
      expect((yield* look).says).toBe(
        `The webhook was not accepted in 48 hours (${sent.length} attempts) and is not sent any more.`,
      )
    }).pipe(Effect.provide([endedGroup(), layer]))
  })

  it.effect("ends with a receiver that wants no more", () => {
    const { sent, layer } = makeReceiver(() => Effect.succeed("gone"))
    return Effect.gen(function* () {
      yield* Fiber.join(yield* delivering)
      expect(sent).toHaveLength(1)
      expect((yield* look).says).toBe("")
    }).pipe(Effect.provide([endedGroup(), layer]))
  })

  it.effect(
    "has the next attempt written down before this one, so that a crash repeats it under its id",
    () => {
      const { sent, layer } = makeReceiver((at) => (at === 0 ? Effect.never : Effect.succeed("accepted")))
      return Effect.gen(function* () {
        yield* Fiber.interrupt(yield* delivering)
        expect((yield* AlarmClock).get("webhook")).toBeGreaterThan(3 * SECOND)
        yield* TestClock.adjust("1 minute")
        yield* deliverWebhook()
        expect(sent.map(({ at, id }) => [at, id])).toEqual([0, MINUTE].map((at) => [at, "msg_tgrp_12345678"]))
      }).pipe(Effect.provide([endedGroup(), layer]))
    },
  )
})
