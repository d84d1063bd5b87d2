import { describe, expect, it } from "vitest"
import {
  bodyOf,
  type BehaviourPatch,
  createReplay,
  parseRecording,
  readRecording,
  type RecordingLine,
  type Replay,
  type Simulator,
  UnreadableRecording,
  type VirtualClock,
} from "../../simulator/index.ts"
import { BODY } from "../../smoke/smoke.ts"
import { type Served, startProduct } from "../../smoke/product.ts"
import { createFastClock } from "../simulation/clock.ts"
import { makeDice, surroundings } from "../simulation/effects.ts"
import { connect } from "../simulation/network.ts"
import { settingsWith } from "../support/settings.ts"
import { smoke } from "./harness.ts"

const newClock = () => createFastClock(Date.parse("2027-03-01T12:00:00Z"))

const readUntil = async (response: Response, last: string): Promise<string> => {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  while (!text.includes(last)) {
    const { done, value } = await reader.read()
    if (done) break
    text += value
  }
  await reader.cancel()
  return text
}

/** The product alone, against a replay. */
const follow = async (replay: Replay, clock: VirtualClock): Promise<{ served: Served; tookMs: number }> => {
  const wire = connect(replay as unknown as Simulator, { beforeSend: () => {}, checkpoint: () => {} })
  const product = startProduct({
    clock,
    settings: settingsWith({ PARALLEL_BASE_URL: "http://parallel.test" }),
    surroundings: surroundings({ clock, dice: makeDice("replay"), fetch: wire.fetch, log: () => {} }),
  })
  const started = clock.now()
  const answers: Array<Served | null> = []
  let refused: string | null | undefined
  void product.submit(BODY, "any-key").then((answer) => {
    refused = answer
  })
  await clock.advanceUntil(() => refused !== undefined, 60_000)
  if (refused !== null) throw new Error(refused)
  for (let n = 1; n <= 600 && answers.at(-1)?.ended !== true; n++) {
    await clock.advance(500)
    void product.read().then((data) => answers.push(data))
    await clock.advanceUntil(() => answers.length === n, 10_000)
  }
  const tookMs = clock.now() - started
  await product.stop()
  const served = answers.at(-1)
  if (served === null || served === undefined) throw new Error("the product served nothing")
  return { served, tookMs }
}

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
  "late lists, late counts, late outputs": {
    listing: { lag_ms: 3_000 },
    status: { lag_ms: 3_000 },
    outputs: { delay_ms: 5_000 },
  },
  "run ids in another order": { add_runs: { run_ids: "shuffled" } },
  "one failed, one cancelled": {
    runs: {
      overrides: [
        { input_index: 0, outcome: "failed" },
        { input_index: 2, outcome: "cancelled" },
      ] as never,
    },
  },
  "one stream at a time": { events: { max_concurrent: 1, over_limit: "429" } },
}

describe("a recording that is replayed", () => {
  it.each(Object.entries(WORLDS))("brings the product to the same end: %s", async (_, behaviour) => {
    const recorded = await smoke(behaviour)
    expect(recorded.problems).toEqual([])
    const [group] = recorded.simulator.ledger.groups.values()
    const outcomes = group!.runs
      .toSorted((x, y) => Number(x.metadata!["input_index"]) - Number(y.metadata!["input_index"]))
      .map(({ outcome }) => outcome)
    const clock = newClock()
    const { served, tookMs } = await follow(createReplay(parseRecording(recorded.text), { clock }), clock)
    expect(served.ended).toBe(true)
    expect(served.runs.map(({ status }) => status)).toEqual(outcomes)
    // Outputs are there, in the form they had and without what was in them.
    for (const { status, output } of served.runs) {
      if (status !== "completed") continue
      expect(Object.keys(output!.content as object)).toEqual(["founded_year", "products"])
      expect(JSON.stringify(output!.content)).toMatch(/"x{4}"/)
    }
    // As long as the runs took, and not as long as the questions.
    const lastEnd = Math.max(...group!.runs.map(({ endAt }) => endAt)) - group!.runs[0]!.createdAt
    expect(tookMs).toBeGreaterThan(lastEnd - 1_000)
    expect(tookMs).toBeLessThan(lastEnd + 40_000)
  })

  it("has the recorded framing, byte for byte and at its times", async () => {
    const recorded = await smoke({
      framing: { line_ending: "crlf", comments: true },
      events: { keep_alive_ms: 2_000 },
    })
    const { exchanges } = parseRecording(recorded.text)
    const main = exchanges.find(({ by }) => by === "events:main")!
    const added = exchanges.find(({ path, method }) => method === "POST" && path.endsWith("/runs"))!
    const clock = newClock()
    const replay = createReplay(parseRecording(recorded.text), { clock })
    const ask = (method: string, path: string, body?: unknown) =>
      replay.handle(
        new Request(`http://parallel.test${path}`, {
          method,
          headers: { "x-api-key": "any" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      )
    await ask("POST", "/v1/tasks/groups", {})
    const adding = ask("POST", added.path, { inputs: [{}, {}, {}] })
    await clock.advance(added.endedAt! - added.openedAt)
    expect((await adding).status).toBe(200)
    const from = clock.now() - added.endedAt!
    const response = await ask("GET", main.path)
    expect(response.headers.get("content-type")).toContain("text/event-stream")
    let text = ""
    const times: number[] = []
    let ended = 0
    const reading = (async () => {
      const decoder = new TextDecoder()
      for await (const chunk of response.body!) {
        text += decoder.decode(chunk, { stream: true })
        times.push(clock.now() - from)
      }
      ended = clock.now() - from
    })()
    await clock.advance(120_000)
    await reading
    expect(text).toBe(bodyOf(main))
    expect(text).toContain("\r\n\r\n")
    expect(text).toContain(": keep-alive")
    expect(times).toEqual(main.pieces.map(({ at }) => at))
    expect(ended).toBe(main.endedAt)
  })

  it("goes on after a cursor that was recorded anywhere", async () => {
    const recorded = await smoke()
    const recording = parseRecording(recorded.text)
    const main = recording.exchanges.find(({ by }) => by === "events:main")!
    const ids = [...bodyOf(main).matchAll(/"event_id":"([^"]+)"/g)].map(([, id]) => id!)
    const clock = newClock()
    const replay = createReplay(recording, { clock })
    await follow(replay, clock)
    const url = `http://parallel.test${main.path}?last_event_id=${ids[3]}`
    const answer = await replay.handle(new Request(url, { headers: { "x-api-key": "any" } }))
    // A stream that the recorder left, because it was done, has no recorded end.
    const text = await readUntil(answer, `"event_id":"${ids.at(-1)}"`)
    expect([...text.matchAll(/"event_id":"([^"]+)"/g)].map(([, id]) => id)).toEqual(ids.slice(4))
    const strange = await replay.handle(
      new Request(`http://parallel.test${main.path}?last_event_id=nothing`, {
        headers: { "x-api-key": "any" },
      }),
    )
    expect(strange.status).toBe(404)
  })

  it("can be had again, with other ids", async () => {
    const recorded = await smoke()
    const clock = newClock()
    const replay = createReplay(parseRecording(recorded.text), { clock })
    const first = await follow(replay, clock)
    const second = await follow(replay, clock)
    expect(second.served.ended).toBe(true)
    const ids = [...first.served.runs, ...second.served.runs].map(({ run_id: id }) => id)
    expect(new Set(ids).size).toBe(6)
    expect(ids.every((id) => /^trun_[0-9a-f]{32}$/.test(id ?? ""))).toBe(true)
  })

  it("goes faster when it is told to", async () => {
    const recorded = await smoke()
    const clock = newClock()
    const slow = await follow(createReplay(parseRecording(recorded.text), { clock }), clock)
    const fast = await follow(createReplay(parseRecording(recorded.text), { clock, speed: 10 }), clock)
    expect(fast.served.ended).toBe(true)
    expect(fast.tookMs).toBeLessThan(slow.tookMs / 2)
  })

  it("takes as many inputs as were recorded, and no other group", async () => {
    const recorded = await smoke()
    const replay = createReplay(parseRecording(recorded.text), { clock: newClock() })
    const ask = (method: string, path: string, body: string | null, headers = { "x-api-key": "any" }) =>
      replay.handle(new Request(`http://parallel.test${path}`, { method, body, headers }))
    const clockless = (await smoke()).lines.find((line) => "method" in line && line.path.endsWith("/runs"))
    const path = clockless !== undefined && "path" in clockless ? clockless.path : ""
    expect((await ask("GET", path, null)).status).toBe(404)
    void ask("POST", "/v1/tasks/groups", "{}")
    expect((await ask("POST", path, '{"inputs":[{},{}]}')).status).toBe(422)
    expect((await ask("GET", path, null, { "x-api-key": "" })).status).toBe(401)
  })
})

describe("a replay of a recording made by hand", () => {
  const EVENT = (id: string) =>
    `event: task_run.state\ndata: {"type":"task_run.state","event_id":"${id}"}\n\n`
  const [first, second] = [EVENT("a"), EVENT("b")]
  const GROUP = "/v1/tasks/groups/tgrp_1"
  const RESULT = "/v1/tasks/runs/trun_1/result"
  const stream = { "content-type": "text/event-stream" }

  /** A request with its answer: when it was asked, answered and over. */
  const exchange = (
    x: number,
    [method, path]: readonly [string, string],
    [asked, answered, over]: readonly [number, number, number],
    answer: { status?: number; headers?: Record<string, string>; pieces?: RecordingLine[]; text?: string },
    end: "clean" | "left" = "clean",
  ): RecordingLine[] => [
    { t: asked, x, by: "hand", method, path, query: {}, headers: {}, body: null },
    { t: answered, x, status: answer.status ?? 200, headers: answer.headers ?? {} },
    ...(answer.pieces ?? [{ t: over, x, text: answer.text ?? "{}" }]),
    { t: over, x, end },
  ]

  const replayAt = async (time: number) => {
    const clock = newClock()
    const recording = readRecording([
      { recording: "parallel-task-group", version: 1, started: "2026-11-23T12:00:00Z" },
      ...exchange(0, ["POST", "/v1/tasks/groups"], [0, 0, 0], { text: '{"taskgroup_id":"tgrp_1"}' }),
      ...exchange(-2, ["GET", `${GROUP}/events`], [0, 0, 0], { headers: stream, text: ": empty\n\n" }),
      ...exchange(-1, ["GET", `${GROUP}/runs`], [0, 0, 0], { text: "data: empty\n\n" }),
      ...exchange(1, ["POST", `${GROUP}/runs`], [0, 0, 0], { text: '{"run_ids":["trun_1"]}' }),
      ...exchange(7, ["GET", `${GROUP}/runs`], [3_000, 3_000, 3_000], { text: "data: with runs\n\n" }),
      ...exchange(2, ["GET", `${GROUP}/events`], [1_000, 1_000, 6_500], {
        headers: stream,
        pieces: [
          { t: 1_100, x: 2, text: first },
          { t: 5_000, x: 2, text: "", held: 12 },
          { t: 6_000, x: 2, text: second },
        ],
      }),
      ...exchange(
        3,
        ["GET", `${GROUP}/events`],
        [3_000, 3_000, 4_000],
        { headers: stream, pieces: [{ t: 3_100, x: 3, text: first }] },
        "left",
      ),
      ...exchange(4, ["GET", GROUP], [1_500, 1_500, 1_500], { text: '{"n":1}' }),
      ...exchange(5, ["GET", GROUP], [2_000, 2_000, 2_000], { status: 429 }),
      ...exchange(6, ["GET", RESULT], [4_900, 5_000, 5_000], { text: '{"output":1}' }),
    ])
    const replay = createReplay(recording, { clock })
    const from = clock.now()
    const ask = (method: string, path: string) =>
      replay.handle(
        new Request(`http://parallel.test${path}`, {
          method,
          headers: { "x-api-key": "any" },
          ...(method === "POST" ? { body: '{"inputs":[{}]}' } : {}),
        }),
      )
    await ask("POST", "/v1/tasks/groups")
    await ask("POST", `${GROUP}/runs`)
    await clock.advance(time)
    /** An answer in full, with the times of its pieces and of its end. */
    const read = async (path: string) => {
      const got: Array<readonly [number, string]> = []
      let status = 0
      const reading = (async () => {
        const response = await ask("GET", path)
        status = response.status
        for await (const chunk of response.body!)
          got.push([clock.now() - from, new TextDecoder().decode(chunk)])
        got.push([clock.now() - from, "end"])
      })()
      await clock.advance(20_000)
      await reading
      return { status, got }
    }
    return { read }
  }

  it("lets a stream that was left go on as the longest one did, with pieces as they had come", async () => {
    const { read } = await replayAt(3_500)
    expect((await read(`${GROUP}/events`)).got).toEqual([
      [3_500, first],
      [5_000, second.slice(0, 12)],
      [6_000, second.slice(12)],
      [6_500, "end"],
    ])
  })

  it("has a result when it was there, and answers 408 to who does not wait so long", async () => {
    const early = await (await replayAt(3_000)).read(`${RESULT}?timeout=1`)
    expect([early.status, early.got.at(-1)]).toEqual([408, [4_000, "end"]])
    const patient = await (await replayAt(3_000)).read(`${RESULT}?timeout=10`)
    expect([patient.status, patient.got[0]]).toEqual([200, [5_000, '{"output":1}']])
  })

  it("does not take what was asked of the empty group for an answer about its runs", async () => {
    const { read } = await replayAt(0)
    expect((await read(`${GROUP}/runs`)).got[0]?.[1]).toBe("data: with runs\n\n")
    expect((await (await replayAt(0)).read(`${GROUP}/events`)).got[0]).toEqual([1_100, first])
  })

  it("tells an error as often as it came", async () => {
    const { read } = await replayAt(3_000)
    expect((await read(GROUP)).status).toBe(429)
    expect((await read(GROUP)).got[0]?.[1]).toBe('{"n":1}')
  })
})

describe("the file of a recording", () => {
  it("may have been cut off in its last line", async () => {
    const { text } = await smoke({}, { interruptAfterMs: 8_000 })
    const whole = parseRecording(text)
    const cut = parseRecording(text.slice(0, -20))
    expect(cut.exchanges.length).toBeGreaterThan(10)
    expect(cut.exchanges.length).toBeLessThanOrEqual(whole.exchanges.length)
    expect(cut.exchanges[3]).toEqual(whole.exchanges[3])
  })

  it("is told from something else", () => {
    expect(() => parseRecording("")).toThrow(UnreadableRecording)
    expect(() => parseRecording('{"a":1}\n')).toThrow(/line 1/)
    expect(() => parseRecording('{"recording":"parallel-task-group","version":2,"started":""}\n')).toThrow(
      /version 2/,
    )
    expect(() =>
      parseRecording('{"recording":"parallel-task-group","version":1,"started":""}\nx\n{}\n'),
    ).toThrow(/line 2/)
    const empty = parseRecording('{"recording":"parallel-task-group","version":1,"started":""}\n')
    expect(() => createReplay(empty, { clock: newClock() })).toThrow(/nothing to replay/)
  })
})
