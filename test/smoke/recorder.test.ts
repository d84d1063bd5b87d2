import { describe, expect, it } from "vitest"
import { bodyOf, readRecording } from "../../simulator/index.ts"
import { createRecorder } from "../../smoke/recorder.ts"
import { createRedactor } from "../../smoke/redact.ts"

const EVENTS = "http://parallel.test/v1/tasks/groups/tgrp_abcdef0123456789/events"
const ID = "abcdef0123456789-1"
const EVENT = `event: task_run.state\ndata: {"type":"task_run.state","event_id":"${ID}"}\n\n`
const encoder = new TextEncoder()

/** A stream that comes in these pieces; an error in their place breaks it. */
const stream = (pieces: ReadonlyArray<string | Uint8Array | Error>, cancel = () => {}) => {
  let at = 0
  const pull = (controller: ReadableStreamDefaultController) => {
    const piece = pieces[at++]
    if (piece === undefined) controller.close()
    else if (piece instanceof Error) controller.error(piece)
    else controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece)
  }
  const body = new ReadableStream({ pull, cancel }, { highWaterMark: 0 })
  return new Response(body, { headers: { "content-type": "text/event-stream" } })
}

const recorder = (answer: () => Response, limits: { maxRequests?: number; maxChars?: number } = {}) => {
  let [now, sent] = [0, 0]
  const stop = new AbortController()
  const made = createRecorder({
    clock: { now: () => (now += 1_000), setTimer: () => () => {} },
    fetch: async () => {
      sent++
      return answer()
    },
    signal: stop.signal,
    redactor: createRedactor([], []),
    write: () => {},
    ...limits,
  })
  const read = () => readRecording(made.lines).exchanges[0]!
  return { ...made, fetch: made.fetch("test"), stop, sent: () => sent, read }
}

describe("the recorder", () => {
  it("hands on every byte as it came, however it was cut", async () => {
    const given = `${EVENT}: ü日本\n\n${EVENT}`
    const bytes = encoder.encode(given)
    const { fetch, read } = recorder(() => stream(Array.from(bytes, (byte) => Uint8Array.of(byte))))
    expect(new Uint8Array(await (await fetch(EVENTS)).arrayBuffer())).toEqual(bytes)
    expect(bodyOf(read()).length).toBe(given.length)
    expect(bodyOf(read())).toContain(": xxx\n\n")
    expect(read().end).toBe("clean")
  })

  it.each(["\n", "\r\n", "\r"])(
    "writes events and comments when they are complete (line end %j)",
    async (end) => {
      const event = EVENT.replaceAll("\n", end)
      const pieces = [event + event.slice(0, 30), event.slice(30) + end, `: keep-alive${end}${end}`]
      const { fetch, read } = recorder(() => stream(pieces))
      await (await fetch(EVENTS)).text()
      expect(read().pieces.map(({ text }) => text.length)).toEqual([
        event.length,
        event.length + end.length,
        12 + 2 * end.length,
      ])
    },
  )

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

  it("replaces a cursor by the same stand-in as the id it was, and records no other header or parameter", async () => {
    const { fetch, read } = recorder(() => stream([EVENT]))
    const headers = { "last-event-id": ID, "x-api-key": "k", cookie: "c" }
    await (await fetch(`${EVENTS}?last_event_id=${ID}&q=secret&timeout=2`, { headers })).text()
    const id = /"event_id":"([^"]+)"/.exec(bodyOf(read()))?.[1]
    expect(id).toMatch(/^[0-9a-f]{16}-[0-9a-f]$/)
    expect(id).not.toBe(ID)
    expect(read().query).toEqual({ last_event_id: id, timeout: "2" })
    expect(read().headers).toEqual({ "last-event-id": id })
    expect(read().path).toMatch(/^\/v1\/tasks\/groups\/tgrp_[0-9a-f]{16}\/events$/)
  })

  it("sends no more requests than it may, and none when all is over", async () => {
    const { fetch, sent, stop } = recorder(() => Response.json({}), { maxRequests: 3 })
    for (let n = 0; n < 3; n++) await (await fetch(EVENTS)).text()
    await expect(fetch(EVENTS)).rejects.toThrow("no more requests")
    stop.abort()
    await expect(fetch(EVENTS)).rejects.toThrow("aborted")
    expect(sent()).toBe(3)
  })

  it("leaves bodies out when the recording is full, and says so; after its end it records nothing", async () => {
    const { fetch, lines, close } = recorder(() => stream(Array.from({ length: 100 }, () => EVENT)), {
      maxChars: 3_000,
    })
    await (await fetch(EVENTS)).text()
    const reader = (await fetch(EVENTS)).body!.getReader()
    await reader.read()
    close()
    const before = lines.length
    await reader.read()
    expect(lines.length).toBe(before)
    expect(JSON.stringify(lines).length).toBeLessThan(8_000)
    expect(readRecording(lines).notes).toHaveLength(1)
    expect(readRecording(lines).exchanges.map(({ end }) => end)).toEqual(["clean", "left"])
  })
})
