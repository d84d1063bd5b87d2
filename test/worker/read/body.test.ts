import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import { GroupFibersScoped } from "../../../src/layers/GroupFibersScoped.ts"
import { describe, expect, it } from "vitest"
import { platformBody } from "../../../src/do/platformBody.ts"
import { Settings } from "../../../src/services/Settings.ts"
import { settingsWith } from "../../support/settings.ts"
import { inside } from "../support/product.ts"
import { until } from "../support/until.ts"

const encoder = new TextEncoder()

/** A stream of these chunks; what happens to it is noted, and what of its chunks still takes memory. */
const source = (
  chunks: ReadonlyArray<string>,
  { failAt = Number.POSITIVE_INFINITY, signal = new AbortController().signal } = {},
) => {
  const seen: Array<string> = []
  const given: Array<Uint8Array> = []
  const pieces = function* () {
    for (const [at, chunk] of chunks.entries()) {
      if (at === failAt) throw new Error("a row is gone")
      seen.push(chunk)
      given.push(encoder.encode(chunk))
      yield given.at(-1)!
    }
  }
  const stream = Stream.unwrap(
    Effect.as(
      Effect.addFinalizer(() => Effect.sync(() => void seen.push("closed"))),
      Stream.fromIteratorSucceed(pieces(), 1),
    ),
  )
  return {
    body: bodyOf(stream, signal),
    seen,
    held: () => given.filter(({ length }) => length > 0).length,
  }
}

/** The object's scope, which outlasts its bodies. */
const object = ManagedRuntime.make(
  Layer.merge(GroupFibersScoped, Layer.succeed(Settings, settingsWith({ READ_STALL_SECONDS: 0.05 }))),
)

const bodyOf = (chunks: Stream.Stream<Uint8Array>, signal: AbortSignal) =>
  object.runSync(platformBody(chunks, signal))

const later = () => new Promise((done) => setTimeout(done, 10))

/** In an object, as it is used there. */
const within = (test: () => Promise<void>) => () => inside(`body-${crypto.randomUUID()}`, test)

describe("the body of an answer", () => {
  it(
    "is made as it is read, and its memory given back",
    within(async () => {
      const chunks = Array.from({ length: 20 }, (_, at) => `${at},`.padEnd(1_000, "x"))
      const { body, seen, held } = source(chunks)
      const reader = body.getReader()
      const first = await reader.read()
      expect(new TextDecoder().decode(first.value)).toBe(chunks[0])
      expect(seen.length).toBeLessThan(4)
      let rest = ""
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        rest += new TextDecoder().decode(next.value)
        expect(held()).toBeLessThan(3)
      }
      expect(rest).toBe(chunks.slice(1).join(""))
      await later()
      expect(seen).toEqual([...chunks, "closed"])
      expect(held()).toBe(0)
    }),
  )

  it(
    "closes when the reader leaves",
    within(async () => {
      const { body, seen } = source(["a", "b", "c", "d", "e"])
      const reader = body.getReader()
      await reader.read()
      await reader.cancel()
      await later()
      expect(seen.at(-1)).toBe("closed")
      expect(seen.length).toBeLessThan(5)
    }),
  )

  it(
    "closes when the request is given up before anybody reads, and does not open after that",
    within(async () => {
      const controller = new AbortController()
      const { signal } = controller
      const { seen } = source(["a", "b", "c"], { signal })
      await later()
      expect(seen).not.toContain("closed")
      controller.abort()
      await later()
      expect(seen.at(-1)).toBe("closed")
      const late = source(["a"], { signal })
      await later()
      expect(late.seen).toEqual([])
      await expect(new Response(late.body).text()).rejects.toThrow()
    }),
  )

  it(
    "breaks off, and closes, when nobody takes anything for a while",
    within(async () => {
      const { body, seen, held } = source(Array.from({ length: 50 }, (_, at) => `${at}`))
      const reader = body.getReader()
      for (let slow = 0; slow < 4; slow++) {
        await reader.read()
        await new Promise((done) => setTimeout(done, 30))
      }
      expect(seen.at(-1)).not.toBe("closed")
      await until("the end of a body that nobody reads", () => seen.at(-1) === "closed")
      await expect(reader.read()).rejects.toThrow()
      expect(held()).toBeLessThan(3)
    }),
  )

  it(
    "breaks rather than ends when something fails, and closes",
    within(async () => {
      const { body, seen } = source(["a", "b"], { failAt: 1 })
      await expect(new Response(body).text()).rejects.toThrow("a row is gone")
      await later()
      expect(seen).toEqual(["a", "closed"])
      const broken = Stream.fromEffect(Effect.die(new Error("there is no group")))
      const unopened = bodyOf(broken, new AbortController().signal)
      await expect(new Response(unopened).text()).rejects.toThrow("there is no group")
    }),
  )
})
