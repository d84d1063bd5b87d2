import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { Webhook } from "standardwebhooks"
import { USER_AGENT } from "../../src/domain/Product.ts"
import { WebhookSenderHttp } from "../../src/layers/WebhookSenderHttp.ts"
import { Settings } from "../../src/services/Settings.ts"
import { WebhookSender } from "../../src/services/WebhookSender.ts"
import { settingsWith } from "../support/settings.ts"

/** The sender, and a network in which every receiver answers like this. */
const receiving = (answer: Effect.Effect<Response>) => {
  const got: Array<HttpClientRequest.HttpClientRequest> = []
  const network = HttpClient.make((request) => {
    got.push(request)
    return Effect.map(answer, (response) => HttpClientResponse.fromWeb(request, response))
  })
  const layer = WebhookSenderHttp.pipe(
    Layer.provide([Layer.succeed(HttpClient.HttpClient, network), Layer.succeed(Settings, settingsWith())]),
  )
  return { got, layer }
}

const send = (url = "https://hook.example/in", secret: string | null = null) =>
  Effect.flatMap(WebhookSender, (sender) =>
    sender.send({
      url: Redacted.make(url),
      secret: secret === null ? null : Redacted.make(secret),
      id: "msg_1",
      body: '{"url":"https://multitask.example/tgrp_1"}',
    }),
  )

const status = (code: number) => Effect.succeed(new Response(null, { status: code }))

describe("WebhookSenderHttp", () => {
  it.effect("sends the headers of Standard Webhooks", () => {
    const { got, layer } = receiving(status(204))
    return Effect.gen(function* () {
      yield* TestClock.adjust("90 seconds")
      expect(yield* send()).toBe("accepted")
      expect(got[0]).toMatchObject({
        method: "POST",
        url: "https://hook.example/in",
        headers: {
          "webhook-id": "msg_1",
          "webhook-timestamp": "90",
          "content-type": "application/json",
          "user-agent": USER_AGENT,
        },
      })
    }).pipe(Effect.provide(layer))
  })

  it.live("signs what a receiver with the same secret verifies, and nobody else", () => {
    const { got, layer } = receiving(status(204))
    const secretOf = (byte: number) => `whsec_${btoa(String.fromCharCode(...new Uint8Array(32).fill(byte)))}`
    return Effect.gen(function* () {
      expect(yield* send("https://hook.example/in", secretOf(251))).toBe("accepted")
      expect(yield* send()).toBe("accepted")
      const { headers, body } = got[0]!
      const text = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
      expect(new Webhook(secretOf(251)).verify(text, { ...headers })).toEqual({
        url: "https://multitask.example/tgrp_1",
      })
      expect(() => new Webhook(secretOf(250)).verify(text, { ...headers })).toThrow("No matching signature")
      expect(got[1]!.headers).not.toHaveProperty("webhook-signature")
      expect(JSON.stringify(headers)).not.toContain(secretOf(251).slice(6))
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([
    [200, "accepted"],
    // It has run, and answers with a page to look at next.
    [302, "accepted"],
    [303, "accepted"],
    // It is somewhere else, and has not.
    [301, "failed"],
    [307, "failed"],
    [410, "gone"],
    [404, "failed"],
    [503, "failed"],
  ] as const)("takes a %i for %s", ([code, outcome]) => {
    const { got, layer } = receiving(status(code))
    return Effect.gen(function* () {
      expect(yield* send()).toBe(outcome)
      expect(got).toHaveLength(1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives one that does not answer 15 seconds", () => {
    const { layer } = receiving(Effect.never)
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(send(), { startImmediately: true })
      yield* TestClock.adjust("15 seconds")
      expect(yield* Fiber.join(fiber)).toBe("failed")
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks no private address", () => {
    const { got, layer } = receiving(status(200))
    return Effect.gen(function* () {
      expect(yield* send("https://127.0.0.1/in")).toBe("failed")
      expect(yield* send("http://hook.example/in")).toBe("failed")
      expect(got).toEqual([])
    }).pipe(Effect.provide(layer))
  })
})
