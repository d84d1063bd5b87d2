import { describe, expect, it, vi } from "vitest"
import {
  count,
  delays,
  HOUR,
  lastEnd,
  LIST,
  MINUTE,
  OUT,
  quantile,
  read,
  reschedule,
  RESULT,
  runsOf,
  SECOND,
  trouble,
  watch,
  world,
} from "./story.ts"
import { submit, type Wish, type World } from "./world.ts"

// A thousand runs take seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const ROWS = 1_000

interface Pace {
  readonly rows?: number
  /** Between two ends. */
  readonly everyMs: number
  /** How long upstream takes to answer anything. */
  readonly latencyMs: number
  /** How long a listing takes for each output. */
  readonly msPerOutput?: number
  readonly settings?: Wish["settings"]
}

/** A thousand runs, accepted and at work; the first ends in ten seconds. */
const atWork = async ({
  rows = ROWS,
  everyMs,
  latencyMs,
  msPerOutput = 0,
  settings = {},
}: Pace): Promise<World> => {
  const made = world({
    settings,
    weather: {
      rows,
      clearsAt: HOUR,
      behaviour: {
        runs: { duration_ms: [HOUR, HOUR], scale_by_processor: false, failure_rate: 0 },
        listing: { ms_per_output: msPerOutput },
        transport: { latency_ms: [latencyMs, latencyMs] },
      },
    },
  })
  await submit(made)
  reschedule(made, (index) => ({ startsIn: SECOND + index, endsIn: 10 * SECOND + index * everyMs }))
  return made
}

/** Goes on for a while after the last end. Returns when the last output was stored, in milliseconds after that end. */
const untilOver = async (of: World, afterMs = MINUTE): Promise<number> => {
  const end = lastEnd(of)
  await of.clock.advance(end - of.clock.now() + afterMs)
  const data = await read(of)
  expect(data.ended).toBe(true)
  expect(data.runs.filter((run) => run["output"] === null)).toEqual([])
  return Math.max(...delays(of).map((delay, index) => runsOf(of)[index]!.endAt + delay)) - end
}

const beyondResults = (of: World) => of.simulator.requests.total - count(of, RESULT)

/** Refuses results beyond so many in the last minute, as upstream does for all groups of a user together. */
const limitResults = (of: World, perMinute: number) => {
  const handle = of.simulator.handle.bind(of.simulator)
  const sent: Array<number> = []
  const refused: Array<number> = []
  of.simulator.handle = async (request) => {
    if (!new URL(request.url).pathname.endsWith("/result")) return handle(request)
    const now = of.clock.now()
    if (sent.filter((at) => at > now - MINUTE).length < perMinute) {
      sent.push(now)
      return handle(request)
    }
    refused.push(now)
    return Response.json(
      { type: "error", error: { ref_id: "r", message: "Rate limit exceeded", detail: null } },
      { status: 429, headers: { "retry-after": "1" } },
    )
  }
  return { refused }
}

describe("the outputs of a large group", () => {
  it("are stored within 250 ms of the end (p99) when 100 runs a second end, as long as upstream refuses nothing", async () => {
    const it = await atWork({ rows: 2_000, everyMs: 10, latencyMs: 20 })
    const viewer = watch(it)
    await untilOver(it)
    expect(quantile(delays(it), 0.5)).toBeLessThanOrEqual(50)
    expect(quantile(delays(it), 0.99)).toBeLessThanOrEqual(250)
    expect(beyondResults(it)).toBeLessThanOrEqual(40)
    expect([viewer.done, it.violations]).toEqual([true, []])
  })

  it("keep up with 50 ends a second when upstream takes 100 ms to answer", async () => {
    const it = await atWork({ everyMs: 20, latencyMs: 100 })
    expect(await untilOver(it)).toBeLessThanOrEqual(2 * SECOND)
    // The backlog does not grow: the last hundred wait no longer than the first.
    const stored = delays(it)
    expect(quantile(stored.slice(-100), 0.9)).toBeLessThanOrEqual(quantile(stored.slice(0, 100), 0.9) + 50)
    expect(quantile(stored, 0.5)).toBeLessThanOrEqual(110)
    expect(count(it, RESULT)).toBe(ROWS)
    expect(beyondResults(it)).toBeLessThanOrEqual(30)
  })

  it.each([
    ["2,000 a minute", { requests: 2_000, per_ms: MINUTE }, 2_500, 4 * MINUTE, 0],
    ["20 a second", { requests: 20, per_ms: SECOND }, 400, 90 * SECOND, 1],
  ])(
    "find a rate that upstream takes where it counts every GET (%s)",
    async (_, limit, rows, bound, least) => {
      const it = await atWork({ rows, everyMs: 20, latencyMs: 50 })
      // No listing helps out.
      trouble(it, HOUR, OUT, ["group.runs.list"])
      it.simulator.behaviour.patch({ rate_limit: { ...limit, counts: "all" } })
      await it.clock.advance(lastEnd(it) - it.clock.now() + bound)
      expect((await read(it)).runs.filter((run) => run["output"] === null)).toEqual([])
      const asked = it.simulator.requests.recent.filter(({ route }) => route === RESULT)
      const refused = asked.filter(({ status }) => status === 429).length
      expect(refused).toBeGreaterThanOrEqual(least)
      expect(refused).toBeLessThan(asked.length / 5)
    },
  )

  it("come slower when upstream refuses, without the same burst again, and come all the same", async () => {
    const it = await atWork({ everyMs: 20, latencyMs: 100 })
    const { refused } = limitResults(it, 300)
    expect(await untilOver(it, 3 * MINUTE)).toBeLessThanOrEqual(10 * SECOND)
    // What was under way together is refused together; what follows is one request at a time.
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThanOrEqual(30)
    expect(beyondResults(it)).toBeLessThanOrEqual(30)
  })

  it("come one by one when those are quick, and in one listing when they are not, many as they may be", async () => {
    const quick = await atWork({ rows: 400, everyMs: 0, latencyMs: 20 })
    expect(await untilOver(quick)).toBeLessThanOrEqual(2 * SECOND)
    expect(count(quick, RESULT)).toBe(400)
    expect(count(quick, LIST)).toBe(1)
    const slow = await atWork({ rows: 400, everyMs: 0, latencyMs: 500 })
    expect(await untilOver(slow)).toBeLessThanOrEqual(2 * SECOND)
    expect(count(slow, RESULT)).toBeLessThanOrEqual(30)
  })

  it("make room for the next at once when they cannot be had", async () => {
    const it = await atWork({ rows: 40, everyMs: 0, latencyMs: 100 })
    const fault = { kind: "status", status: 503, body: "error" } as const
    it.simulator.faults.push({ route: "run.result", times: 6, fault })
    await it.clock.advance(11 * SECOND)
    expect(delays(it).filter((delay) => delay > 0 && delay <= SECOND)).toHaveLength(34)
    expect(await untilOver(it)).toBeLessThanOrEqual(2 * SECOND)
  })

  it("come one by one while a listing is stuck", async () => {
    const it = await atWork({ rows: 400, everyMs: 0, latencyMs: 20, settings: { RESULTS_BURST: 20 } })
    const fault = { kind: "hang", ms: 30 * SECOND, then: "reset", applied: "none" } as const
    it.simulator.faults.push({ route: "group.runs.list", fault })
    expect(await untilOver(it)).toBeLessThanOrEqual((400 / 20) * SECOND)
  })

  it("are listed again only after a rest when the last listing lacked them", async () => {
    const it = await atWork({ rows: 200, everyMs: 0, latencyMs: 500 })
    for (const run of runsOf(it)) run.outputDelay = MINUTE
    await it.clock.advance(10 * SECOND + MINUTE)
    expect(count(it, LIST)).toBeGreaterThanOrEqual(2)
    expect(count(it, LIST)).toBeLessThanOrEqual(5)
    expect(await untilOver(it, 5 * MINUTE)).toBeLessThanOrEqual(2 * MINUTE)
  })

  it("come although they could not be stored when they came", async () => {
    const it = await atWork({
      rows: 200,
      everyMs: 0,
      latencyMs: 10,
      msPerOutput: 5,
      settings: { RESULTS_BURST: 20 },
    })
    const disk = it.weather as { hiccupRate: number }
    it.clock.setTimer(10_200, () => (disk.hiccupRate = 1))
    it.clock.setTimer(10_500, () => (disk.hiccupRate = 0))
    expect(await untilOver(it)).toBeLessThanOrEqual(20 * SECOND)
    expect(it.timeline.filter((line) => line.includes("could not be stored")).length).toBeGreaterThan(1)
    expect(it.timeline.filter((line) => line.includes("Following stopped"))).toEqual([])
  })

  it("come one by one and with listings, soon after the last end, whatever it must rest", async () => {
    // Each pass takes up to a second, and rests up to 50.
    const it = await atWork({ everyMs: 10, latencyMs: 10, msPerOutput: 1, settings: { RESULTS_BURST: 20 } })
    expect(await untilOver(it)).toBeLessThanOrEqual(3 * SECOND)
    expect(count(it, LIST)).toBeLessThanOrEqual(10)
  })
})
