import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { ParallelApiHttp } from "../../src/layers/ParallelApiHttp.ts"
import { ParallelApi } from "../../src/services/ParallelApi.ts"
import { makeRequestBudget, RequestBudget } from "../../src/services/RequestBudget.ts"
import { Settings } from "../../src/services/Settings.ts"
import { groupId } from "../support/ids.ts"
import { settingsWith } from "../support/settings.ts"

const KEY = Redacted.make("secret-key")
const GROUP = groupId("tgrp_1")

/** What Parallel, or whoever is in its place, answers: a status and a body, at once or byte by byte. */
interface Answer {
  readonly status?: number
  readonly body?: string | Stream.Stream<string>
  readonly headers?: Record<string, string>
}

/** The API over a network that answers like this, the last for ever. */
const answering = (...answers: ReadonlyArray<Answer>) => {
  const got: Array<HttpClientRequest.HttpClientRequest> = []
  const network = HttpClient.make((request) => {
    const { status = 200, body = "{}", headers = {} } = answers[Math.min(got.length, answers.length - 1)]!
    got.push(request)
    const response = HttpClientResponse.fromWeb(
      request,
      new Response(typeof body === "string" ? body : null, { status, headers }),
    )
    return Effect.succeed(
      typeof body === "string"
        ? response
        : (Object.create(response, { stream: { value: Stream.encodeText(body) } }) as typeof response),
    )
  })
  const layer = ParallelApiHttp.pipe(
    Layer.provide([
      Layer.succeed(HttpClient.HttpClient, network),
      Layer.succeed(Settings, settingsWith()),
      Layer.succeed(RequestBudget, makeRequestBudget(100)),
    ]),
  )
  return { got, layer }
}

const adding = Effect.flatMap(ParallelApi, (api) =>
  api.addRuns(KEY, GROUP, { defaultTaskSpec: "{}", inputs: ["{}", "{}"] }),
)
const reading = Effect.flatMap(ParallelApi, (api) => api.getTaskGroup(KEY, GROUP))

/** How long a stream of events lasts, in seconds, and what it tells. */
const following = Effect.gen(function* () {
  const api = yield* ParallelApi
  const events = yield* Stream.runCollect(api.events(KEY, GROUP, null))
  return { events, seconds: (yield* Clock.currentTimeMillis) / 1000 }
}).pipe(Effect.forkChild({ startImmediately: true }))

const SSE = { "content-type": "text/event-stream" }
const every = (interval: string, text: string) => Stream.map(Stream.tick(interval as "1 second"), () => text)

const ours = (message: string) => JSON.stringify({ type: "error", error: { ref_id: "ref", message } })

describe("the events of ParallelApiHttp", () => {
  it.effect("last as long as bytes come, if only as comments", () => {
    const { layer } = answering({ headers: SSE, body: every("30 seconds", ": keep-alive\n\n") })
    return Effect.gen(function* () {
      const fiber = yield* following
      yield* TestClock.adjust("55 minutes")
      expect(fiber.pollUnsafe()).toBeUndefined()
    }).pipe(Effect.provide(layer))
  })

  it.effect("end when nothing has come for two minutes", () => {
    const silent = Stream.concat(Stream.make(": hello\n\n"), Stream.never)
    const { layer } = answering({ headers: SSE, body: silent })
    return Effect.gen(function* () {
      const fiber = yield* following
      yield* TestClock.adjust("5 minutes")
      expect(yield* Fiber.join(fiber)).toEqual({ events: [], seconds: 120 })
    }).pipe(Effect.provide(layer))
  })

  it.effect("are read across chunks, and strange ones survived", () => {
    const run = { type: "task_run.state", event_id: "7", run: { run_id: "run-1", status: "completed" } }
    const text = `event: task_run.state\ndata: ${JSON.stringify(run)}\n\nevent: new\ndata: {}\n\n`
    const { got, layer } = answering({ headers: SSE, body: Stream.fromIterable(text.split("")) })
    return Effect.gen(function* () {
      const { events } = yield* Fiber.join(yield* following)
      expect(events).toMatchObject([
        { _tag: "Run", eventId: "7", run: { runId: "run-1", status: "completed" } },
        { _tag: "Unreadable" },
      ])
      expect(got[0]!.headers["x-api-key"]).toBe("secret-key")
    }).pipe(Effect.provide(layer))
  })

  it.effect("are none where a page is answered", () => {
    const { layer } = answering({ headers: { "content-type": "text/html" }, body: "<p>Hello" })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Fiber.join(yield* following))
      expect(error).toMatchObject({ _tag: "Unavailable", status: 200 })
    }).pipe(Effect.provide(layer))
  })
})

describe("the refusals of ParallelApiHttp", () => {
  it.effect.each([
    [401, "Unauthorized"],
    [402, "PaymentRequired"],
    [403, "Unauthorized"],
    [404, "NotFound"],
    [413, "Rejected"],
    [422, "Rejected"],
    [408, "Unavailable"],
    [409, "Unavailable"],
    [503, "Unavailable"],
  ] as const)("a %i in Parallel's own shape is %s, a proxy's page is no answer", ([status, tag]) => {
    const { got, layer } = answering({ status, body: ours("No") }, { status, body: "<h1>No" })
    return Effect.gen(function* () {
      expect(yield* Effect.flip(adding)).toMatchObject({ _tag: tag, message: "No", status })
      expect(yield* Effect.flip(adding)).toMatchObject({ _tag: "Unavailable", status })
      // Adding is never repeated: nobody knows what became of it.
      expect(got).toHaveLength(2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a 429 names the time, in seconds or as a date", () => {
    const { layer } = answering(
      { status: 429, headers: { "retry-after": "7" } },
      { status: 429, headers: { "retry-after": new Date(9_000).toUTCString() } },
      { status: 429 },
    )
    return Effect.gen(function* () {
      for (const retryAfterMs of [7_000, 9_000, null]) {
        expect(yield* Effect.flip(adding)).toMatchObject({ _tag: "RateLimited", retryAfterMs })
      }
    }).pipe(Effect.provide(layer))
  })

  it.effect("never show the key, whoever echoes it", () => {
    const { layer } = answering({ status: 401, body: ours("secret-key is unknown") })
    return Effect.gen(function* () {
      expect(yield* Effect.flip(adding)).toMatchObject({ message: "[redacted] is unknown" })
    }).pipe(Effect.provide(layer))
  })
})

describe("the calls of ParallelApiHttp", () => {
  it.effect("that may be repeated are, after a hiccup", () => {
    const group = { taskgroup_id: "tgrp_1", status: { num_task_runs: 0, task_run_status_counts: {} } }
    const { got, layer } = answering({ status: 502, body: "" }, { body: JSON.stringify(group) })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(reading, { startImmediately: true })
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({ taskgroup_id: "tgrp_1" })
      expect(got).toHaveLength(2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("have an answer that is none told apart from no answer", () => {
    const { layer } = answering({ body: '{"run_ids":["only-one"]}' })
    return Effect.gen(function* () {
      expect(yield* Effect.flip(adding)).toMatchObject({
        _tag: "Malformed",
        message: "1 run ids for 2 inputs",
      })
    }).pipe(Effect.provide(layer))
  })
})
