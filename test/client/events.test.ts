import { expect, it, vi } from "vitest"
import type { StreamEvent, StreamState } from "../../src/client/index.ts"
import { streamEvents, type StreamOptions } from "../../src/client/events.ts"
import {
  type Answer,
  answering,
  BASE,
  body,
  clientOf,
  error,
  failureOf,
  GROUP,
  inTime,
  lost,
  never,
  streaming,
  text,
  virtualTime,
  watchedSignal,
} from "./support.ts"

virtualTime()

const opening = "event: task_group_status\ndata: {}\n\n"
const row = (id: number) => `event: task_run.state\nid: ${id}\ndata: {"row":${id}}\n\n`
const done = (id: number) => `event: done\nid: ${id}\ndata: {}\n\n`

/** Everything that is told, and what the stream said of itself. */
const watch = async (
  answers: ReadonlyArray<Answer>,
  {
    onEvent = () => {},
    ...options
  }: Partial<StreamOptions> & { readonly onEvent?: (event: StreamEvent) => void } = {},
) => {
  const { fetch, sent } = answering(...answers)
  const states: Array<StreamState> = []
  const ids: Array<string | null> = []
  const read = async () => {
    const events = streamEvents({
      url: `${BASE}/${GROUP}.sse`,
      fetch,
      onState: (state) => states.push(state),
      ...options,
    })
    for await (const event of events) {
      ids.push(event.id)
      onEvent(event)
    }
  }
  await inTime(read())
  return { sent, states, ids, paths: sent.map(({ path }) => path), kinds: states.map(({ kind }) => kind) }
}
const at = (id: number | null) => `/${GROUP}.sse${id === null ? "" : `?last_event_id=${id}`}`

it("goes on behind the last id after whatever breaks a connection, and ends behind done", async () => {
  const { ids, paths, kinds } = await watch([
    lost,
    streaming([opening, row(1), row(2).slice(0, -1)], "break"),
    streaming([opening, row(2)], "close"),
    text("<html>a captive portal</html>"),
    error(500, "broken"),
    streaming([opening, row(3)], "silence"),
    never,
    streaming([opening], "break"),
    streaming([": a comment\n", opening, row(4), done(5), row(6)], "silence"),
  ])
  expect(ids).toEqual([null, "1", null, "2", null, "3", null, null, "4", "5"])
  expect(paths).toEqual([null, null, 1, 2, 2, 2, 3, 3, 3].map(at))
  expect(kinds.join(" ")).toBe(
    "connecting interrupted live interrupted live interrupted interrupted interrupted live interrupted interrupted live interrupted live",
  )
})

it("goes on behind the last of events that came together", async () => {
  const { ids, paths } = await watch([
    streaming([opening + row(1) + row(2)], "break"),
    streaming([opening + done(3) + row(4)], "silence"),
  ])
  expect(ids).toEqual([null, "1", "2", null, "3"])
  expect(paths).toEqual([null, 2].map(at))
})

it("hands each event over as it came", async () => {
  const { fetch } = answering(streaming(['event: x\nid: 1\ndata: {"a":1.10,\ndata: "b":[]}\n\n', done(2)]))
  const events: Array<StreamEvent> = []
  const read = async () => {
    for await (const event of streamEvents({ url: `${BASE}/x`, fetch })) events.push(event)
  }
  await inTime(read())
  expect(events[0]).toEqual({ event: "x", id: "1", data: '{"a":1.10,\n"b":[]}' })
})

it("survives an event that is no JSON", async () => {
  const { ids, paths } = await watch([streaming([row(1), "id: 2\ndata: {oops\n\n", row(3), done(4)])])
  expect(ids).toEqual(["1", "2", "3", "4"])
  expect(paths).toHaveLength(1)
})

it("counts a connection without a byte for 45 s as dead, and not one that is kept open by comments", async () => {
  const beat = 15_000
  let beats = 0
  const kept = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull: (controller) =>
          new Promise<void>((resolve) => {
            setTimeout(() => {
              if (++beats <= 20) controller.enqueue(new TextEncoder().encode(":\n"))
              if (beats <= 20) resolve()
            }, beat)
          }),
      }),
      { headers: { "content-type": "text/event-stream" } },
    )
  const { sent, states } = await watch([lost, lost, kept, streaming([done(1)])])
  const silence = Number(sent[3]?.at) - Number(sent[2]?.at) - 20 * beat
  expect(silence).toBeGreaterThanOrEqual(45_000)
  expect(silence).toBeLessThan(46_000)
  // It had stood for long: the next one comes soon.
  expect(states.at(-2)).toMatchObject({ kind: "interrupted", attempt: 1 })
})

it("comes back ever more rarely, at most 10 s apart, and soon again after progress", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1 - Number.EPSILON)
  const { states } = await watch([
    ...Array.from({ length: 7 }, () => lost),
    // Stands, and brings nothing new.
    streaming([opening]),
    streaming([row(1)], "break"),
    lost,
    streaming([done(2)]),
  ])
  const waits = states.flatMap((state) =>
    "waitMs" in state ? [[state.attempt, Math.round(state.waitMs)]] : [],
  )
  expect(waits).toEqual([
    [1, 800],
    [2, 1600],
    [3, 3200],
    [4, 6400],
    [5, 10_000],
    [6, 10_000],
    [7, 10_000],
    [8, 10_000],
    [1, 800],
    [2, 1600],
  ])
})

it.each([
  ["cut off", lost],
  ["told to wait", error(503, "full", { "retry-after": "20" })],
])("spreads those who were %s at the same moment", async (_, answer) => {
  const waits = new Set<number>()
  for (let viewer = 0; viewer < 20; viewer++) {
    const { states } = await watch([answer, streaming([done(1)])])
    for (const state of states) if ("waitMs" in state) waits.add(state.waitMs)
  }
  expect(waits.size).toBe(20)
  expect(Math.max(...waits) / Math.min(...waits)).toBeGreaterThan(1.15)
})

it.each([
  [503, "20", 20_000, 30_000],
  [429, "5", 5_000, 7_500],
  [503, "86400", 60_000, 90_000],
])("waits where a %i says %s s, but never long, and not all at once", async (code, header, least, most) => {
  const { states, sent } = await watch([error(code, "full", { "retry-after": header }), streaming([done(1)])])
  expect(states[1]).toMatchObject({ kind: "busy", attempt: 1 })
  expect(sent[1]?.at).toBeGreaterThanOrEqual(least)
  expect(sent[1]?.at).toBeLessThanOrEqual(most)
})

it("ends at once where nothing came after the id it begins with", async () => {
  const { ids, paths } = await watch([() => new Response(null, { status: 204 })], {
    url: `${BASE}/${GROUP}.sse?basis=none`,
    lastEventId: "9",
  })
  expect(ids).toEqual([])
  expect(paths).toEqual([`/${GROUP}.sse?basis=none&last_event_id=9`])
})

it.each([400, 403, 404, 410])("throws what a %i says", async (code) => {
  const failure = await failureOf(watch([lost, streaming([row(1)]), error(code, "gone")]))
  expect(failure).toMatchObject({ name: "MultitaskError", status: code, message: "gone" })
})

it("throws on a redirect at first, as at a wrong address, and sits it out later", async () => {
  const redirect = text(null, "text/html", 302, { location: "https://elsewhere.example/" })
  expect(await failureOf(watch([redirect]))).toMatchObject({ status: 302 })
  const { ids } = await watch([streaming([row(1)]), redirect, streaming([done(2)])])
  expect(ids).toEqual(["1", "2"])
})

it("comes back early when it is hurried", async () => {
  const { sent } = await watch([error(503, "full", { "retry-after": "60" }), lost, streaming([done(1)])], {
    onWait: (hurry) => setTimeout(hurry, 10),
  })
  expect(sent.map(({ at }) => at)).toEqual([0, 10, 20])
})

it("sends no key, and cookies only where a page asks its own origin", async () => {
  const { sent } = await watch([streaming([done(1)])])
  expect(Object.fromEntries(sent[0]!.headers)).toEqual({ accept: "text/event-stream" })
  expect(sent[0]?.init).toMatchObject({ credentials: "same-origin", redirect: "manual" })
})

it("reads no more than it is asked for", async () => {
  const pieces = Array.from({ length: 1_000 }, (_, id) => row(id + 1))
  const { stream, state } = body(pieces, "close")
  const { fetch } = answering(
    () => new Response(stream, { headers: { "content-type": "text/event-stream" } }),
  )
  const events = streamEvents({ url: `${BASE}/x`, fetch })
  await events.next()
  await events.next()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(state.read).toBe(2)
  // However long nobody asks, the connection is not at fault.
  expect((await inTime(events.next())).value?.id).toBe("3")
  await events.return()
})

it("closes the connection when it is left", async () => {
  const { stream, state } = body([row(1), row(2)], "silence")
  const { fetch, sent } = answering(
    () => new Response(stream, { headers: { "content-type": "text/event-stream" } }),
  )
  const { signal, listening, everListened } = watchedSignal()
  for await (const event of streamEvents({ url: `${BASE}/x`, fetch, signal })) {
    if (event.id === "1") break
  }
  expect(everListened()).toBe(true)
  expect([state.cancelled, sent[0]?.init.signal?.aborted, listening(), vi.getTimerCount()]).toEqual([
    true,
    true,
    0,
    0,
  ])
})

it("ends with the signal's own reason, wherever it is, and leaves nothing behind", async () => {
  const places: Record<string, Answer> = {
    "waiting for an answer": never,
    "waiting for a fetch that hears no signal": () => new Promise<Response>(() => {}),
    "waiting for an event": streaming([], "silence"),
    "waiting to connect again": error(503, "full", { "retry-after": "60" }),
  }
  for (const [place, answer] of Object.entries(places)) {
    const { controller, signal, listening, everListened } = watchedSignal()
    const { fetch, sent } = answering(answer)
    const outcome = streamEvents({ url: `${BASE}/x`, fetch, signal })
      .next()
      .catch((failure: unknown) => failure)
    await vi.advanceTimersByTimeAsync(10)
    expect(everListened(), place).toBe(true)
    controller.abort(`enough of ${place}`)
    expect(await outcome).toBe(`enough of ${place}`)
    expect(listening(), place).toBe(0)
    expect(vi.getTimerCount(), place).toBe(0)
    expect(sent[0]?.init.signal?.aborted, place).toBe(true)
  }
})

it("ends with the signal's reason where it was aborted between two events", async () => {
  const { controller, signal } = watchedSignal()
  const { fetch } = answering(streaming([row(1)], "silence"))
  const events = streamEvents({ url: `${BASE}/x`, fetch, signal })
  await events.next()
  controller.abort("enough")
  await expect(events.next()).rejects.toBe("enough")
})

it("closes the connection when it is left while it waits for an event", async () => {
  const server = answering(streaming([row(1)], "silence"))
  for (const items of [
    streamEvents({ url: `${BASE}/x`, fetch: server.fetch }),
    clientOf(server.fetch).group(GROUP).events(),
    clientOf(server.fetch).group(GROUP).rows(),
  ]) {
    const told = Array.from({ length: 2 }, () => items.next())
    await vi.advanceTimersByTimeAsync(10)
    const end = { value: undefined, done: true }
    expect(await items.return()).toEqual(end)
    expect(await told[1]).toEqual(end)
    expect(await items.next()).toEqual(end)
    expect(server.sent.at(-1)?.init.signal?.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  }
})

it("has ended well for whoever aborts it at its end", async () => {
  const controller = new AbortController()
  const { ids } = await watch([streaming([opening, row(1) + done(2) + row(3)], "close")], {
    signal: controller.signal,
    onEvent: ({ event }) => {
      if (event === "done") controller.abort("enough")
    },
  })
  expect(ids).toEqual([null, "1", "2"])
})

it("tells nothing more once it was aborted, however much has come already", async () => {
  const { controller, signal } = watchedSignal()
  const { fetch } = answering(streaming([row(1) + row(2) + row(3) + done(4)]))
  const events = streamEvents({ url: `${BASE}/x`, fetch, signal })
  await events.next()
  controller.abort("enough")
  await expect(events.next()).rejects.toBe("enough")
  expect(vi.getTimerCount()).toBe(0)
})
