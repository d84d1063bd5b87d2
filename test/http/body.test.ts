import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { passOver, readBodyText, readJsonBody } from "../../src/http/body.ts"

const MAX_BYTES = 1_000
const encoder = new TextEncoder()

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A POST that sends a piece every `everyMs` and stops behind the last one, without an end. */
const dripping = (pieces: ReadonlyArray<string>, everyMs: number, headers: Record<string, string> = {}) => {
  let at = 0
  let left = false
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (sink) => {
        await new Promise((resolve) => setTimeout(resolve, everyMs))
        const piece = pieces[at++]
        if (piece === undefined) return new Promise(() => {})
        sink.enqueue(encoder.encode(piece))
      },
      cancel: () => void (left = true),
    },
    { highWaterMark: 0 },
  )
  const init = { method: "POST", body, duplex: "half", headers }
  return { request: new Request("https://multitask.example/", init), hasLeft: () => left }
}

const settledAfter = async <A>(ms: number, promise: Promise<A>) => {
  let settled: { readonly value: A } | null = null
  void promise.then((value) => (settled = { value }))
  await vi.advanceTimersByTimeAsync(ms)
  return settled as { readonly value: A } | null
}

const read = (request: Request) => readBodyText(request, { maxBytes: MAX_BYTES, take: () => true })

describe("a body that does not arrive", () => {
  it("is a 408 once nothing has come for 15 s, and is let go", async () => {
    const { request, hasLeft } = dripping([`{"inputs":`], 1_000)
    const reading = read(request)
    expect(await settledAfter(15_900, reading)).toBeNull()
    const answer = await settledAfter(200, reading)
    expect(answer?.value).toMatchObject({ status: 408, headers: { connection: "close" } })
    expect(answer?.value?.message).toContain("nothing of it came for 15 seconds")
    expect(hasLeft()).toBe(true)
  })

  it("is one from the very beginning, also for small bodies and for those that are only let pass", async () => {
    const json = await settledAfter(15_100, readJsonBody(dripping([], 0).request, MAX_BYTES))
    expect(json?.value).toMatchObject({ ok: false, error: { status: 408 } })
    const { request, hasLeft } = dripping(["x"], 0)
    expect(await settledAfter(15_100, passOver(request, MAX_BYTES))).not.toBeNull()
    expect(hasLeft()).toBe(true)
  })

  it("is one after 300 s however it drips, when what was wrong with it is not known already", async () => {
    const drops = Array.from({ length: 100 }, () => " ")
    const reading = read(dripping(drops, 10_000).request)
    expect(await settledAfter(299_000, reading)).toBeNull()
    const answer = await settledAfter(1_100, reading)
    expect(answer?.value?.message).toContain("not all of it came within 300 seconds")
    const text = dripping(drops, 10_000, { "content-type": "text/plain" }).request
    expect((await settledAfter(301_000, read(text)))?.value).toMatchObject({ status: 415 })
  })

  it("is no body that comes slowly, whose timer ends with it", async () => {
    const pieces = Array.from({ length: 20 }, (_, at) => (at === 0 ? "[" : "1,"))
    const body = new ReadableStream<Uint8Array>({
      start: async (sink) => {
        for (const piece of pieces) {
          await new Promise((resolve) => setTimeout(resolve, 14_000))
          sink.enqueue(encoder.encode(piece))
        }
        sink.close()
      },
    })
    const init = { method: "POST", body, duplex: "half" } as RequestInit
    const answer = await settledAfter(290_000, read(new Request("https://multitask.example/", init)))
    expect(answer).toEqual({ value: null })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe("a body that arrives", () => {
  const SIZES = [1, 8_191, 8_192, 8_193, 270_335, 270_336, 1_000_003]
  const textOf = (size: number) =>
    Array.from({ length: size }, (_, at) => "aä€😀"[at % 5] ?? String(at % 10))
      .join("")
      .toWellFormed()

  /** As the platform has it, and as whoever makes a stream of texts does. */
  const bodies: Readonly<Record<string, (text: string) => BodyInit>> = {
    "as bytes": (text) => text,
    "in chunks of others": (text) => {
      const bytes = encoder.encode(text)
      return new ReadableStream({
        start: (sink) => {
          for (let at = 0; at < bytes.length; at += 7_001) sink.enqueue(bytes.slice(at, at + 7_001))
          sink.close()
        },
      })
    },
  }

  it.each(Object.keys(bodies))("%s is the same text and the same bytes, whatever its size", async (how) => {
    vi.useRealTimers()
    for (const size of SIZES) {
      const text = textOf(size)
      const init = {
        method: "POST",
        body: bodies[how]!(text),
        duplex: "half",
        headers: { "content-type": "application/json" },
      }
      const texts: Array<string> = []
      const seen: Array<Uint8Array> = []
      const error = await readBodyText(new Request("https://multitask.example/", init), {
        maxBytes: 16 * 1024 * 1024,
        take: (piece) => texts.push(piece) > 0,
        // Whoever wants to keep them copies them.
        look: async (bytes) => void seen.push(bytes.slice()),
      })
      expect([error, texts.join("") === text]).toEqual([null, true])
      expect(new TextDecoder().decode(await new Blob(seen as Array<BlobPart>).arrayBuffer()) === text).toBe(
        true,
      )
    }
  })
})

describe("the memory that a body is read into", () => {
  it("is never more than a few times what has come: who sends little holds little", async () => {
    vi.useRealTimers()
    const held: Array<readonly [sent: number, held: number]> = []
    let sent = 0
    const body = new ReadableStream({
      type: "bytes",
      pull: (sink: ReadableByteStreamController) => {
        const view = sink.byobRequest?.view as Uint8Array | null
        if (view === null) return
        held.push([sent, view.byteLength])
        if (sent > 1_000_000) {
          sink.close()
          sink.byobRequest?.respond(0)
          return
        }
        view.fill(0x20)
        sent += view.byteLength
        sink.byobRequest?.respond(view.byteLength)
      },
    })
    const init = { method: "POST", body, duplex: "half" } as RequestInit
    expect(
      await readBodyText(new Request("https://multitask.example/", init), {
        maxBytes: 16 * 1024 * 1024,
        take: () => true,
      }),
    ).toBeNull()
    expect(held.length).toBeGreaterThan(3)
    for (const [sent, size] of held) expect(size).toBeLessThanOrEqual(8_192 + 4 * sent)
    expect(held.at(-1)?.[1]).toBe(262_144)
  })
})
