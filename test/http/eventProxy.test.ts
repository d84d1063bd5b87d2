import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { ChangeNumber } from "../../src/domain/Ids.ts"
import { type EventProxyOptions, openEvents, proxyEvents } from "../../src/http/eventProxy.ts"

const encoder = new TextEncoder()
const event = (id: number, data = "x") => `id: ${id}\nevent: task_run.state\ndata: ${data}\n\n`

/** What one connection to the object does: pieces of bytes, then its end, a failure, or silence. */
interface Script {
  readonly status?: number
  readonly pieces?: ReadonlyArray<string | Uint8Array>
  readonly after?: "end" | "fail" | "silence"
  readonly refuses?: boolean
  /** Answers only when it is told to. */
  readonly hangs?: boolean
  /** Gives as much as is asked for, as the platform's streams do. */
  readonly bytes?: boolean
}

/** A stream that fills the buffers that it is given. */
const byteStream = (pieces: ReadonlyArray<string | Uint8Array>): ReadableStream<Uint8Array> => {
  const left = pieces.map((piece) => (typeof piece === "string" ? encoder.encode(piece) : piece.slice()))
  return new ReadableStream({
    type: "bytes",
    pull: (controller) => {
      const piece = left.shift()
      if (piece !== undefined) return controller.enqueue(piece)
      controller.close()
      controller.byobRequest?.respond(0)
    },
  })
}

const SILENCE_MS = 45_000
const silence = Duration.millis(SILENCE_MS)

const streamOf = (first: Response, options: EventProxyOptions) =>
  Stream.toReadableStreamEffect(proxyEvents(first, options))

const play = Effect.fnUntraced(function* (scripts: ReadonlyArray<Script>, from: number | null = null) {
  const asked: Array<number | null> = []
  const cancelled: Array<number> = []
  const answers: Array<() => void> = []
  const respond = (script: Script | undefined, at: number): Promise<Response> => {
    if (script === undefined) return Promise.resolve(new Response(null, { status: 404 }))
    if (script.hangs === true) {
      return new Promise((resolve) => {
        answers.push(() => resolve(respond({ ...script, hangs: false }, at)))
      })
    }
    if (script.refuses === true) return Promise.reject(new Error("the object was reset"))
    const pieces = [...(script.pieces ?? [])]
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const piece = pieces.shift()
          if (piece !== undefined)
            return controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece)
          if (script.after === "fail") return controller.error(new Error("lost"))
          if (script.after === "silence") return new Promise(() => {})
          return controller.close()
        },
        cancel: () => void cancelled.push(at),
      },
      { highWaterMark: 0 },
    )
    const status = script.status ?? 200
    const given = script.bytes === true ? byteStream(pieces) : body
    return Promise.resolve(new Response(status === 204 ? null : given, { status }))
  }
  const body = yield* streamOf(yield* Effect.promise(() => respond(scripts[0], 0)), {
    open: (lastEventId) => {
      asked.push(lastEventId)
      return respond(scripts[asked.length], asked.length)
    },
    lastEventId: from === null ? null : ChangeNumber(from),
    silence,
  })
  return { body, asked, cancelled, answers }
})

/** Lets everything that is ready go on: streams and fibers that hand each other promises take several turns. */
const settle = Effect.gen(function* () {
  for (let turn = 0; turn < 20; turn++)
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
})

const pass = (ms: number) => Effect.andThen(settle, Effect.andThen(TestClock.adjust(ms), settle))

/** Reads in the background; `text` is what has come. */
const listen = (body: ReadableStream<Uint8Array>) => {
  const heard = { text: "", isOver: false }
  const decoder = new TextDecoder()
  const reader = body.getReader()
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      heard.text += decoder.decode(value, { stream: true })
    }
    heard.isOver = true
  }
  void read()
  return { heard, leave: () => Effect.promise(() => reader.cancel()) }
}

const all = Effect.fnUntraced(function* (body: ReadableStream<Uint8Array>) {
  const { heard } = listen(body)
  for (let minute = 0; minute < 60 && !heard.isOver; minute++) yield* pass(5_000)
  expect(heard.isOver).toBe(true)
  return heard.text
})

describe("the proxy in front of an object's stream", () => {
  it.effect(
    "passes whole events on and goes on behind the last one, when the connection breaks in the middle of one",
    () =>
      Effect.gen(function* () {
        const whole = event(2, "y".repeat(40))
        for (let cut = 0; cut <= whole.length; cut++) {
          const { body, asked } = yield* play([
            { pieces: [event(1), whole.slice(0, cut)], after: "fail" },
            { pieces: cut === whole.length ? [event(3)] : [whole, event(3)] },
            { status: 204 },
          ])
          expect(yield* all(body)).toBe(event(1) + whole + event(3))
          expect(asked).toEqual([cut === whole.length ? 2 : 1, 3])
        }
      }),
  )

  it.effect("survives pieces that end anywhere, also inside a character", () =>
    Effect.gen(function* () {
      const text = `${event(1, "日本語")}${event(2, "é")}: beat\n\n: beat\n: beat\n${event(3)}: beat\n`
      const bytes = encoder.encode(text)
      for (const size of [1, 2, 3, 7, 50]) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.slice(at * size, (at + 1) * size),
        )
        const { body, asked } = yield* play([{ pieces }, { status: 204 }])
        expect(yield* all(body)).toBe(text)
        expect(asked).toEqual([3])
      }
    }),
  )

  it.effect("takes much at once as it takes little", () =>
    Effect.gen(function* () {
      for (const size of [10, 32 * 1024 - 40, 32 * 1024, 33_000, 128 * 1024, 300_000]) {
        const rows = [event(1, "z".repeat(size)), event(2), event(3, "y".repeat(size))]
        const pieces = [rows.join(""), event(4), event(5, "v".repeat(size)).slice(0, size)]
        const { body, asked } = yield* play([
          { pieces, bytes: true },
          { pieces: [event(5)], bytes: true },
          { status: 204 },
        ])
        expect(yield* all(body)).toBe([...rows, event(4), event(5)].join(""))
        expect(asked).toEqual([4, 5])
      }
    }),
  )

  it.effect("passes a heartbeat on as soon as its line is whole", () =>
    Effect.gen(function* () {
      const { body } = yield* play([{ pieces: [event(1), ": keep-", "alive\n", ": k"], after: "silence" }])
      const { heard } = listen(body)
      yield* settle
      expect(heard.text).toBe(`${event(1)}: keep-alive\n`)
    }),
  )

  it.effect("passes on no comment of an event that is not whole", () =>
    Effect.gen(function* () {
      const half = "id: 2\n: beat\nevent: task_run.state\n: beat\n"
      const { body } = yield* play([
        { pieces: [`: beat\n${event(1)}: beat\n${half}`, ": beat\n"], after: "fail" },
        { pieces: [event(2)] },
        { status: 204 },
      ])
      expect(yield* all(body)).toBe(`: beat\n${event(1)}: beat\n${event(2)}`)
    }),
  )

  it.effect("is not misled by data that looks like an id", () =>
    Effect.gen(function* () {
      const { body, asked } = yield* play([
        { pieces: [event(7, `{"text":"\\nid: 99"} id: 98`)], after: "fail" },
        { status: 204 },
      ])
      yield* all(body)
      expect(asked).toEqual([7])
    }),
  )

  it.effect("begins where the viewer said, until something has come", () =>
    Effect.gen(function* () {
      const { body, asked, cancelled } = yield* play(
        [
          { pieces: [": beat\n", "id: 6\nev"], after: "fail" },
          { refuses: true },
          { status: 500, after: "silence" },
          { status: 404 },
        ],
        5,
      )
      expect(yield* all(body)).toBe(": beat\n")
      expect(asked).toEqual([5, 5, 5])
      // The body of a refusal, which nobody reads.
      expect(cancelled).toContain(2)
    }),
  )

  it.effect("connects again after silence, and lets the silent connection go", () =>
    Effect.gen(function* () {
      const { body, asked, cancelled } = yield* play([
        { pieces: [event(1)], after: "silence" },
        { pieces: [event(2)] },
        { status: 204 },
      ])
      const { heard } = listen(body)
      yield* pass(SILENCE_MS - 1)
      expect(asked).toEqual([])
      yield* pass(1)
      expect(heard.text).toBe(event(1) + event(2))
      expect(cancelled).toContain(0)
    }),
  )

  it.effect("gives a reopening that hangs up", () =>
    Effect.gen(function* () {
      const { body, asked, cancelled, answers } = yield* play([
        { pieces: [event(1)] },
        { hangs: true, pieces: [event(2)] },
        { pieces: [event(2)], after: "silence" },
      ])
      const { heard } = listen(body)
      yield* pass(SILENCE_MS - 1)
      expect(asked).toEqual([1])
      yield* pass(1)
      yield* pass(300)
      expect(asked).toEqual([1, 1])
      // Its answer comes all the same: nobody reads it.
      answers[0]?.()
      yield* pass(1_000)
      expect(heard.text).toBe(event(1) + event(2))
      expect(cancelled).toEqual([1])
    }),
  )

  it.effect("gives a reopening its answer and its first byte together within the limit", () =>
    Effect.gen(function* () {
      const { body, asked, cancelled, answers } = yield* play([
        { pieces: [event(1)] },
        { hangs: true, after: "silence" },
        { pieces: [event(2)], after: "silence" },
      ])
      const { heard } = listen(body)
      yield* pass(SILENCE_MS - 1_000)
      answers[0]?.()
      yield* pass(999)
      expect(asked).toHaveLength(1)
      yield* pass(1)
      yield* pass(300)
      expect(heard.text).toBe(event(1) + event(2))
      expect(cancelled).toEqual([1])
    }),
  )

  it.effect("does not take a viewer that reads slowly for an object that is silent", () =>
    Effect.gen(function* () {
      const { body, asked } = yield* play([{ pieces: [event(1), event(2), event(3)], after: "silence" }])
      const reader = body.getReader()
      for (let id = 1; id <= 3; id++) {
        yield* pass(10 * SILENCE_MS)
        const { value } = yield* Effect.promise(() => reader.read())
        expect(new TextDecoder().decode(value)).toBe(event(id))
      }
      expect(asked).toEqual([])
    }),
  )

  it.effect("tries at once, then ever more seldom", () =>
    Effect.gen(function* () {
      const { body, asked } = yield* play([
        { pieces: [event(1)] },
        ...Array.from({ length: 19 }, () => ({ refuses: true })),
      ])
      const { heard } = listen(body)
      yield* settle
      expect(asked).toHaveLength(1)
      yield* pass(300)
      expect(asked).toHaveLength(2)
      for (let second = 0; second < 60; second++) yield* pass(1_000)
      expect(asked.length).toBeGreaterThan(10)
      expect(asked.length).toBeLessThan(18)
      for (let second = 0; second < 60; second++) yield* pass(1_000)
      expect(heard).toEqual({ text: event(1), isOver: true })
    }),
  )

  it.effect(
    "does not ask an object in a loop that sends its greeting and dies, but one that has news at once",
    () =>
      Effect.gen(function* () {
        const greeting = { pieces: [`: keep-alive\n${event(1, "status")}`] }
        const { body, asked } = yield* play([greeting, ...Array.from({ length: 60 }, () => greeting)])
        listen(body)
        for (let second = 0; second < 60; second++) yield* pass(1_000)
        expect(asked.length).toBeLessThan(18)
        const news = yield* play(Array.from({ length: 60 }, (_, at) => ({ pieces: [event(at)] })))
        const { heard } = listen(news.body)
        for (let turn = 0; turn < 60; turn++) yield* pass(0)
        expect(news.asked).toHaveLength(60)
        expect(heard.isOver).toBe(true)
      }),
  )

  it.effect.each([204, 404])("ends at %i", (status) =>
    Effect.gen(function* () {
      const { body, asked } = yield* play([{ pieces: [event(1)] }, { status }])
      expect(yield* all(body)).toBe(event(1))
      expect(asked).toEqual([1])
    }),
  )

  it.effect("lets the object go when the viewer leaves", () =>
    Effect.gen(function* () {
      const { body, asked, cancelled } = yield* play([{ pieces: [event(1)], after: "silence" }])
      const { heard, leave } = listen(body)
      yield* settle
      expect(heard.text).toBe(event(1))
      yield* leave()
      yield* pass(10 * SILENCE_MS)
      expect(cancelled).toEqual([0])
      expect(asked).toEqual([])
    }),
  )

  it.effect("lets the object go when the viewer leaves while it is connected to again", () =>
    Effect.gen(function* () {
      let answer: (response: Response) => void = () => {}
      let cancelled = 0
      const signals: Array<AbortSignal> = []
      const body = yield* streamOf(new Response(encoder.encode(event(1))), {
        open: (_, signal) => {
          signals.push(signal)
          return new Promise((resolve) => (answer = resolve))
        },
        lastEventId: null,
        silence,
      })
      const { leave } = listen(body)
      yield* settle
      expect(signals).toHaveLength(1)
      yield* leave()
      expect(signals[0]?.aborted).toBe(true)
      answer(new Response(new ReadableStream({ cancel: () => void cancelled++ })))
      yield* settle
      expect(cancelled).toBe(1)
    }),
  )
})

describe("the first connection to an object", () => {
  it.effect("is tried again when the object restarts, and given up within the limit", () =>
    Effect.gen(function* () {
      let asked = 0
      const fiber = yield* Effect.forkChild(
        Effect.result(
          openEvents({
            open: () => (asked++ === 0 ? Promise.reject(new Error("reset")) : new Promise(() => {})),
            lastEventId: null,
            silence,
          }),
        ),
        { startImmediately: true },
      )
      yield* pass(SILENCE_MS)
      expect(asked).toBe(2)
      expect(yield* Fiber.join(fiber)).toMatchObject({ failure: { _tag: "ObjectLost" } })
    }),
  )
})
