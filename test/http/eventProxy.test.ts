import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { proxyEvents } from "../../src/http/eventProxy.ts"

const encoder = new TextEncoder()
const event = (id: number, data = "x") => `id: ${id}\nevent: task_run.state\ndata: ${data}\n\n`

/** What one connection to the object does: pieces of bytes, then its end, a failure, or silence. */
interface Script {
  readonly status?: number
  readonly pieces?: ReadonlyArray<string | Uint8Array>
  readonly after?: "end" | "fail" | "silence"
  readonly refuses?: boolean
}

const SILENCE_MS = 45_000

const play = (scripts: ReadonlyArray<Script>, from: string | null = null) => {
  const asked: Array<string | null> = []
  const cancelled: Array<number> = []
  const signals: Array<AbortSignal> = []
  const respond = (script: Script | undefined, at: number): Response => {
    if (script === undefined) return new Response(null, { status: 404 })
    if (script.refuses === true) throw new Error("the object was reset")
    if (script.status !== undefined) return new Response(null, { status: script.status })
    const pieces = [...(script.pieces ?? [])]
    return new Response(
      new ReadableStream<Uint8Array>(
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
      ),
    )
  }
  const body = proxyEvents(respond(scripts[0], 0), {
    open: async (lastEventId, signal) => {
      asked.push(lastEventId)
      signals.push(signal)
      return respond(scripts[asked.length], asked.length)
    },
    lastEventId: from,
    silenceMs: SILENCE_MS,
    setTimer: (ms, fn) => {
      const timer = setTimeout(fn, ms)
      return () => clearTimeout(timer)
    },
  })
  return { body, asked, cancelled, signals }
}

const all = async (body: ReadableStream<Uint8Array>) => {
  const text = new Response(body).text()
  await vi.runAllTimersAsync()
  return text
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe("the proxy in front of an object's stream", () => {
  it("passes whole events on and goes on behind the last one, when the connection breaks in the middle of one", async () => {
    const whole = event(2, "y".repeat(100))
    for (let cut = 0; cut <= whole.length; cut++) {
      const { body, asked } = play([
        { pieces: [event(1), whole.slice(0, cut)], after: "fail" },
        { pieces: cut === whole.length ? [event(3)] : [whole, event(3)] },
        { status: 204 },
      ])
      expect(await all(body)).toBe(event(1) + whole + event(3))
      expect(asked).toEqual([cut === whole.length ? "2" : "1", "3"])
    }
  })

  it("survives pieces that end anywhere, also inside a character", async () => {
    const bytes = encoder.encode(event(1, "日本語") + event(2, "é") + ": beat\n" + event(3) + ": beat\n")
    for (const size of [1, 2, 3, 7, 50]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.slice(at * size, (at + 1) * size),
      )
      const { body, asked } = play([{ pieces }, { status: 204 }])
      expect(await all(body)).toBe(new TextDecoder().decode(bytes))
      expect(asked).toEqual(["3"])
    }
  })

  it("is not misled by data that looks like an id", async () => {
    const { body, asked } = play([
      { pieces: [event(7, `{"text":"\\nid: 99"} id: 98`)], after: "fail" },
      { status: 204 },
    ])
    await all(body)
    expect(asked).toEqual(["7"])
  })

  it("passes comment lines on when they come: some have nothing else that tells them the viewer is served", async () => {
    const { body } = play([{ pieces: [event(1), ": be", "at\n", ": beat\n", "id: 2\n"], after: "silence" }])
    const reader = body.getReader()
    const heard: Array<string> = []
    for (let reads = 0; reads < 3; reads++) heard.push(new TextDecoder().decode((await reader.read()).value))
    expect(heard).toEqual([event(1), ": beat\n", ": beat\n"])
    await reader.cancel()
  })

  it("begins where the viewer said, until something has come", async () => {
    const { body, asked } = play(
      [
        { pieces: [": beat\n\n", "id: 6\nev"], after: "fail" },
        { refuses: true },
        { status: 500 },
        { status: 404 },
      ],
      "5",
    )
    expect(await all(body)).toBe(": beat\n\n")
    expect(asked).toEqual(["5", "5", "5"])
  })

  it("connects again after silence, and lets the silent connection go", async () => {
    const { body, asked, cancelled } = play([
      { pieces: [event(1)], after: "silence" },
      { pieces: [event(2)] },
      { status: 204 },
    ])
    const text = new Response(body).text()
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1)
    expect(asked).toEqual([])
    await vi.runAllTimersAsync()
    expect(await text).toBe(event(1) + event(2))
    expect(cancelled).toContain(0)
  })

  it("tries at once, then ever more seldom", async () => {
    const { body, asked } = play([
      { pieces: [event(1)] },
      ...Array.from({ length: 20 }, () => ({ refuses: true })),
    ])
    const text = new Response(body).text()
    await vi.advanceTimersByTimeAsync(0)
    expect(asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(260)
    expect(asked).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked.length).toBeLessThan(20)
    await vi.runAllTimersAsync()
    expect(await text).toBe(event(1))
  })

  it.each([204, 404])("ends at %i", async (status) => {
    const { body, asked } = play([{ pieces: [event(1)] }, { status }])
    expect(await all(body)).toBe(event(1))
    expect(asked).toEqual(["1"])
  })

  it("lets the object go when the viewer leaves", async () => {
    const { body, asked, cancelled } = play([{ pieces: [event(1)], after: "silence" }])
    const reader = body.getReader()
    await reader.read()
    await reader.cancel()
    await vi.runAllTimersAsync()
    expect(cancelled).toEqual([0])
    expect(asked).toEqual([])
  })

  it("lets the object go when the viewer leaves while it is connected to again", async () => {
    let answer: (response: Response) => void = () => {}
    const cancelled = vi.fn<() => void>()
    const signals: Array<AbortSignal> = []
    const body = proxyEvents(new Response(encoder.encode(event(1))), {
      open: (_, signal) => {
        signals.push(signal)
        return new Promise((resolve) => (answer = resolve))
      },
      lastEventId: null,
      silenceMs: SILENCE_MS,
      setTimer: (ms, fn) => {
        const timer = setTimeout(fn, ms)
        return () => clearTimeout(timer)
      },
    })
    const reader = body.getReader()
    await reader.read()
    void reader.read()
    await vi.advanceTimersByTimeAsync(10)
    expect(signals).toHaveLength(1)
    await reader.cancel()
    expect(signals[0]?.aborted).toBe(true)
    answer(new Response(new ReadableStream({ cancel: cancelled })))
    await vi.runAllTimersAsync()
    expect(cancelled).toHaveBeenCalled()
  })
})
