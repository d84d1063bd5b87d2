import { describe, expect, it } from "vitest"
import {
  bodyOf,
  type BehaviourPatch,
  type ExchangeEnd,
  createReplay,
  parseRecording,
  readRecording,
  type RecordingLine,
  type Replay,
  UnreadableRecording,
  type VirtualClock,
} from "../../simulator/index.ts"
import { readSettings } from "../../src/domain/Settings.ts"
import { BODY, startProduct } from "../../smoke/smoke.ts"
import { createFastClock } from "../simulation/clock.ts"
import { smoke, waitFor, worldOf } from "./harness.ts"

const newClock = () => createFastClock(Date.parse("2027-03-01T12:00:00Z"))

/** The product alone, against a replay. */
const follow = async (replay: Replay, clock: VirtualClock) => {
  const read = readSettings({ PARALLEL_BASE_URL: "http://parallel.test" })
  if (!read.ok) throw new Error(read.problems.join())
  const { fetch, around } = worldOf(clock, (request) => replay.handle(request))
  const product = startProduct(clock, read.settings, around(fetch))
  const started = clock.now()
  expect(await waitFor(clock, product.submit(BODY, "any-key"), 60_000)).toBe(null)
  for (let n = 0; n < 600; n++) {
    await clock.advance(500)
    const served = await waitFor(clock, product.read(), 10_000)
    if (served?.ended !== true) continue
    await product.stop()
    return { served, tookMs: clock.now() - started }
  }
  throw new Error("the product never ended")
}

const askFor =
  (replay: Replay) =>
  (method: string, path: string, body?: string, key = "any") =>
    replay.handle(
      new Request(`http://parallel.test${path}`, {
        method,
        headers: { "x-api-key": key },
        body: body ?? null,
      }),
    )

const textIn = (got: ReadonlyArray<readonly [number, string]>) => got.map(([, piece]) => piece).join("")

/** An answer in full, with the times of its pieces and of its end. */
const readAll = async (clock: VirtualClock, asking: Promise<Response>, ms: number) => {
  const got: Array<readonly [number, string]> = []
  const reading = (async () => {
    const { body, status } = await asking
    for await (const piece of body!.pipeThrough(new TextDecoderStream())) got.push([clock.now(), piece])
    got.push([clock.now(), "end"])
    return status
  })()
  await clock.advance(ms)
  return { status: await reading, got }
}

const OUTCOMES = [
  { input_index: 0, outcome: "failed" },
  { input_index: 2, outcome: "cancelled" },
] as never
const LATE = { lag_ms: 3_000 }
const WORLDS: Readonly<Record<string, BehaviourPatch>> = {
  "as documented": {},
  "CR LF, cut at any byte": { framing: { line_ending: "crlf", split: "bytes" } },
  "CR, data over several lines, comments": {
    framing: { line_ending: "cr", multi_line_data: true, comments: true, id_lines: true, retry_ms: 3_000 },
  },
  "no run events": { events: { missing_run_event_rate: 1 } },
  "only what is new, and never an end": { events: { on_connect: "new", end: "never" } },
  "event streams that end at once": { events: { end: "on_connect" } },
  "finished runs only, in another order": { listing: { only_finished: true, order: "reverse" } },
  "late lists, late counts, late outputs": { listing: LATE, status: LATE, outputs: { delay_ms: 5_000 } },
  "run ids in another order": { add_runs: { run_ids: "shuffled" } },
  "one failed, one cancelled": { runs: { overrides: OUTCOMES } },
  "one stream at a time": { events: { max_concurrent: 1, over_limit: "429" } },
}

describe("a recording that is replayed", () => {
  it.each(Object.entries(WORLDS))("brings the product to the same end: %s", async (_, behaviour) => {
    const recorded = await smoke(behaviour)
    expect(recorded.problems).toEqual([])
    const [group] = recorded.simulator.ledger.groups.values()
    const indexOf = (run: { metadata: unknown }) => (run.metadata as { input_index: number }).input_index
    const runs = group!.runs.toSorted((x, y) => indexOf(x) - indexOf(y))
    const clock = newClock()
    const { served, tookMs } = await follow(createReplay(parseRecording(recorded.text), { clock }), clock)
    expect(served.runs.map(({ status }) => status)).toEqual(runs.map(({ outcome }) => outcome))
    // Outputs are there, in the form they had and without what was in them.
    for (const { output } of served.runs.filter(({ status }) => status === "completed")) {
      expect(Object.keys(output!.content as object)).toEqual(["founded_year", "products"])
      expect(JSON.stringify(output!.content)).toMatch(/"x{4}"/)
    }
    // As long as the runs took, and not as long as the questions.
    const lastEnd = Math.max(...runs.map(({ endAt }) => endAt)) - runs[0]!.createdAt
    expect(tookMs).toBeGreaterThan(lastEnd - 1_000)
    expect(tookMs).toBeLessThan(lastEnd + 40_000)
  })

  it("has the recorded framing, byte for byte and at its times, and goes on after a cursor", async () => {
    const framing = { line_ending: "crlf", comments: true } as const
    const recording = parseRecording((await smoke({ framing, events: { keep_alive_ms: 2_000 } })).text)
    const main = recording.exchanges.find(({ by }) => by === "events:main")!
    const added = recording.exchanges.find(({ path, method }) => method === "POST" && path.endsWith("/runs"))!
    const clock = newClock()
    const ask = askFor(createReplay(recording, { clock }))
    await ask("POST", "/v1/tasks/groups", "{}")
    await readAll(clock, ask("POST", added.path, '{"inputs":[{},{},{}]}'), added.endedAt! - added.openedAt)
    const from = clock.now() - added.endedAt!
    await clock.advance(main.openedAt - added.endedAt!)
    const { got } = await readAll(clock, ask("GET", main.path), 120_000)
    const text = bodyOf(main)
    expect(textIn(got)).toBe(`${text}end`)
    expect(text).toContain("\r\n\r\n")
    expect(text).toContain(": keep-alive")
    expect(got.map(([at]) => at - from)).toEqual([...main.pieces.map(({ at }) => at), main.endedAt])

    const ids = [...text.matchAll(/"event_id":"([^"]+)"/g)].map(([, id]) => id!)
    const after = await readAll(clock, ask("GET", `${main.path}?last_event_id=${ids[3]}`), 4_000_000)
    expect([...textIn(after.got).matchAll(/"event_id":"([^"]+)"/g)].map(([, id]) => id)).toEqual(ids.slice(4))
    expect((await ask("GET", `${main.path}?last_event_id=nothing`)).status).toBe(404)
  })

  it("can be had again, with other ids, and faster when it is told to", async () => {
    const recording = parseRecording((await smoke()).text)
    const clock = newClock()
    const replay = createReplay(recording, { clock })
    const [first, second] = [await follow(replay, clock), await follow(replay, clock)]
    const ids = [...first.served.runs, ...second.served.runs].map(({ run_id: id }) => id)
    expect(new Set(ids).size).toBe(6)
    expect(ids.every((id) => /^trun_[0-9a-f]{32}$/.test(id ?? ""))).toBe(true)
    const fast = await follow(createReplay(recording, { clock, speed: 10 }), clock)
    expect(fast.tookMs).toBeLessThan(first.tookMs / 2)
  })

  it("takes as many inputs as were recorded, and no other group", async () => {
    const recording = parseRecording((await smoke()).text)
    const { path } = recording.exchanges.find((one) => one.method === "POST" && one.path.endsWith("/runs"))!
    const ask = askFor(createReplay(recording, { clock: newClock() }))
    expect((await ask("GET", path)).status).toBe(404)
    void ask("POST", "/v1/tasks/groups", "{}")
    expect((await ask("POST", path, '{"inputs":[{},{}]}')).status).toBe(422)
    expect((await ask("GET", path, undefined, "")).status).toBe(401)
  })
})

const HEAD = { recording: "parallel-task-group", version: 1, started: "2026-11-23T12:00:00Z" } as const

describe("a replay of a recording made by hand", () => {
  const [first, second] = ["a", "b"].map((id) => `data: {"type":"task_run.state","event_id":"${id}"}\n\n`)
  const GROUP = "/v1/tasks/groups/tgrp_1"
  const RESULT = "/v1/tasks/runs/trun_1/result"

  /** A request with its answer: when it was asked and over, and the pieces that came at their times. */
  const exchange = (
    [method = "", path = ""]: ReadonlyArray<string>,
    [asked, over]: readonly [number, number],
    pieces: Readonly<Record<number, string>>,
    {
      x = asked,
      status = 200,
      end = "clean" as const,
    }: Partial<{ x: number; status: number; end: ExchangeEnd }> = {},
  ): ReadonlyArray<RecordingLine> => {
    const headers = path.endsWith("/events") ? { "content-type": "text/event-stream" } : {}
    const times = Object.keys(pieces).map(Number)
    return [
      { t: asked, x, by: "hand", method, path, query: {}, headers: {}, body: null },
      { t: times[0] ?? over, x, status, headers },
      ...times.map((t) => ({ t, x, text: pieces[t]! })),
      { t: over, x, end },
    ]
  }

  const RECORDING = readRecording([
    HEAD,
    ...exchange(["POST", "/v1/tasks/groups"], [0, 0], { 0: '{"taskgroup_id":"tgrp_1"}' }),
    ...exchange(["POST", `${GROUP}/runs`], [0, 0], { 0: '{"run_ids":["trun_1"]}' }, { x: 1 }),
    ...exchange(["GET", `${GROUP}/events`], [1_000, 6_500], { 1_100: first!, 6_000: second! }),
    ...exchange(["GET", GROUP], [1_500, 1_500], { 1_500: '{"n":1}' }),
    ...exchange(["GET", GROUP], [2_000, 2_000], { 2_000: "{}" }, { status: 429 }),
    ...exchange(["GET", `${GROUP}/events`], [3_000, 4_000], { 3_100: first! }, { end: "left" }),
    ...exchange(["GET", RESULT], [4_900, 5_000], { 5_000: '{"output":1}' }),
  ])

  const replayAt = async (time: number) => {
    const clock = newClock()
    const ask = askFor(createReplay(RECORDING, { clock }))
    const from = clock.now()
    await ask("POST", "/v1/tasks/groups", "{}")
    await ask("POST", `${GROUP}/runs`, '{"inputs":[{}]}')
    await clock.advance(time)
    return async (path: string) => {
      const { status, got } = await readAll(clock, ask("GET", path), 20_000)
      return [status, ...got.map(([at, text]) => [at - from, text])]
    }
  }

  it("lets a stream that was left go on as the longest one did", async () => {
    const read = await replayAt(3_500)
    expect(await read(`${GROUP}/events`)).toEqual([200, [3_500, first], [6_000, second], [6_500, "end"]])
  })

  it("has a result when it was there, and answers 408 to who does not wait so long", async () => {
    const early = await (await replayAt(3_000))(`${RESULT}?timeout=1`)
    expect([early[0], early.at(-1)]).toEqual([408, [4_000, "end"]])
    const patient = await (await replayAt(3_000))(`${RESULT}?timeout=10`)
    expect(patient.slice(0, 2)).toEqual([200, [5_000, '{"output":1}']])
  })

  it("has to have runs in it", () => {
    expect(() => createReplay(readRecording([HEAD]), { clock: newClock() })).toThrow(/nothing to replay/)
  })

  it("tells an error as often as it came", async () => {
    const read = await replayAt(3_000)
    expect((await read(GROUP))[0]).toBe(429)
    expect((await read(GROUP))[0]).toBe(200)
  })
})

describe("the file of a recording", () => {
  it("may have been cut off in its last line", async () => {
    const { text } = await smoke({}, { interruptAfterMs: 8_000 })
    const [whole, cut] = [parseRecording(text), parseRecording(text.slice(0, -20))]
    expect(cut.exchanges.length).toBeGreaterThan(10)
    expect(cut.exchanges[3]).toEqual(whole.exchanges[3])
  })

  it.each([
    ["", /no recording/],
    ['{"a":1}\n', /line 1/],
    [`${JSON.stringify({ ...HEAD, version: 2 })}\n`, /version 2/],
    [`${JSON.stringify(HEAD)}\nx\n{}\n`, /line 2/],
  ])("is told from something else: %s", (text, message) => {
    expect(() => parseRecording(text)).toThrow(UnreadableRecording)
    expect(() => parseRecording(text)).toThrow(message)
  })
})
