import { describe, expect, it } from "vitest"
import { bodyOf, readRecording, type RecordingLine } from "../../simulator/index.ts"
import { createRecorder, LimitReached, type RecorderOptions } from "../../smoke/recorder.ts"
import { createRedactor } from "../../smoke/redact.ts"

const EVENTS = "http://parallel.test/v1/tasks/groups/tgrp_abcdef0123456789/events"
const encoder = new TextEncoder()

/** A body that comes in these pieces; an error in their place breaks it. */
const bodyIn = (pieces: ReadonlyArray<string | Uint8Array<ArrayBuffer> | Error>, onCancel = () => {}) => {
  let at = 0
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull: (controller) => {
        const piece = pieces[at++]
        if (piece === undefined) controller.close()
        else if (piece instanceof Error) controller.error(piece)
        else controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece)
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  )
}

const stream = (pieces: Parameters<typeof bodyIn>[0], onCancel?: () => void) =>
  new Response(bodyIn(pieces, onCancel), { headers: { "content-type": "text/event-stream" } })

const recorder = (answer: (url: string) => Response, options: Partial<RecorderOptions> = {}) => {
  const lines: RecordingLine[] = []
  const sent: string[] = []
  let now = 0
  const made = createRecorder({
    now: () => (now += 1_000),
    fetch: (async (input: string) => {
      sent.push(input)
      return answer(input)
    }) as typeof globalThis.fetch,
    redactor: createRedactor({ secrets: [], ownKeys: [], salt: "of this test" }),
    write: (line) => lines.push(line),
    maxRequests: 100,
    maxChars: 1_000_000,
    beforeAdd: async () => {},
    onAnswer: () => {},
    ...options,
  })
  const read = () => {
    const [exchange] = readRecording(lines).exchanges
    return exchange!
  }
  return { fetch: made.fetch("test"), close: made.close, lines, sent, read }
}

const EVENT = 'event: task_run.state\ndata: {"type":"task_run.state","event_id":"abc-1"}\n\n'

describe("the recorder", () => {
  it("hands on every byte as it came, however it was cut", async () => {
    const bytes = encoder.encode(`${EVENT}: ü日本\n\n${EVENT}`)
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte))
    const { fetch, read } = recorder(() => stream(pieces))
    const got = new Uint8Array(await (await fetch(EVENTS)).arrayBuffer())
    expect(got).toEqual(bytes)
    const text = bodyOf(read())
    expect(text.length).toBe(`${EVENT}: ü日本\n\n${EVENT}`.length)
    expect(text).toContain(": xxx\n\n")
  })

  it("writes events when they are complete, and how much of the next had come", async () => {
    const { fetch, read } = recorder(() => stream([EVENT + EVENT.slice(0, 30), EVENT.slice(30)]))
    await (await fetch(EVENTS)).text()
    expect(read().pieces.map(({ text, held }) => [text.length, held])).toEqual([
      [EVENT.length, 30],
      [EVENT.length, 0],
    ])
    expect(read().end).toBe("clean")
    expect(read().ids).toEqual({ count: 2, distinct: 1, numeric: false, increasing: false })
  })

  it("keeps of an event that was cut off its punctuation only, and how it ended", async () => {
    const { fetch, read } = recorder(() => stream([EVENT, 'data: {"output":"Secret', new TypeError("reset")]))
    await expect((await fetch(EVENTS)).text()).rejects.toThrow("reset")
    expect(bodyOf(read())).toMatch(/\n\ndata: \{"x{6}":"x{6}$/)
    expect(read().end).toBe("broken")
  })

  it("tells a reader who left from a connection that broke", async () => {
    let cancelled = false
    const { fetch, read } = recorder(() => stream([EVENT, EVENT], () => (cancelled = true)))
    const reader = (await fetch(EVENTS)).body!.getReader()
    await reader.read()
    await reader.cancel()
    expect(read().end).toBe("left")
    expect(cancelled).toBe(true)
  })

  it("replaces a cursor by the same stand-in as the id it was", async () => {
    const { fetch, read } = recorder(() => stream([EVENT]))
    await (
      await fetch(`${EVENTS}?last_event_id=abc-1`, {
        headers: { "last-event-id": "abc-1", "x-api-key": "k" },
      })
    ).text()
    const id = /"event_id":"([^"]+)"/.exec(bodyOf(read()))?.[1]
    expect(id).toMatch(/^[0-9a-f]{3}-[0-9a-f]$/)
    expect(id).not.toBe("abc-1")
    expect(read().query).toEqual({ last_event_id: id })
    expect(read().headers).toEqual({ "last-event-id": id })
    expect(read().path).toMatch(/^\/v1\/tasks\/groups\/tgrp_[0-9a-f]{16}\/events$/)
  })

  it("sends no more requests than it may", async () => {
    const { fetch, sent } = recorder(() => Response.json({}), { maxRequests: 3 })
    for (let n = 0; n < 3; n++) await (await fetch(EVENTS)).text()
    await expect(fetch(EVENTS)).rejects.toThrow(LimitReached)
    expect(sent.length).toBe(3)
  })

  it("leaves bodies out when the recording is full, and nothing else", async () => {
    const { fetch, lines } = recorder(() => stream(Array.from({ length: 100 }, () => EVENT)), {
      maxChars: 3_000,
    })
    await (await fetch(EVENTS)).text()
    await (await fetch(EVENTS)).text()
    expect(JSON.stringify(lines).length).toBeLessThan(5_000)
    expect(lines.filter((line) => "note" in line)).toHaveLength(1)
    expect(readRecording(lines).exchanges.map(({ end }) => end)).toEqual(["clean", "clean"])
  })

  it("lets the empty group be looked at once, before runs are added to it", async () => {
    const looks: string[] = []
    const made = recorder(() => Response.json({}), {
      beforeAdd: async (group) => {
        looks.push(`${group} after ${made.sent.length} requests`)
      },
    })
    const add = () =>
      made.fetch("http://parallel.test/v1/tasks/groups/tgrp_1/runs", { method: "POST", body: "{}" })
    await add()
    await add()
    expect(looks).toEqual(["tgrp_1 after 0 requests"])
  })

  it("records nothing any more once it is closed, and says that what was open was left", async () => {
    const { fetch, close, lines, read } = recorder(() => stream([EVENT, EVENT]))
    const reader = (await fetch(EVENTS)).body!.getReader()
    await reader.read()
    close()
    const before = lines.length
    await reader.read()
    expect(lines.length).toBe(before)
    expect(read().end).toBe("left")
  })
})
