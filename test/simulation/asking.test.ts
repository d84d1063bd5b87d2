import { describe, expect, it, vi } from "vitest"
import {
  count,
  GET,
  HOUR,
  lastEnd,
  LIST,
  MINUTE,
  read,
  reschedule,
  RUN,
  SECOND,
  watch,
  world,
} from "./story.ts"
import { submit, type World } from "./world.ts"

vi.setConfig({ testTimeout: 60_000 })

/** Runs that wait for a while, begin one a second, and take an hour. */
const begun = async ({ rows = 40, firstAt = 5 * SECOND } = {}): Promise<World> => {
  const made = world({
    weather: { rows, behaviour: { runs: { duration_ms: [2 * HOUR, 2 * HOUR], scale_by_processor: false } } },
  })
  await submit(made)
  reschedule(made, (index) => ({ startsIn: firstAt + index * SECOND, endsIn: HOUR }))
  return made
}

/** What is stored, read without anybody looking. */
const storedStatuses = (of: World) =>
  new Set(of.host.disk.exec("SELECT status FROM runs", []).map(([status]) => status))

const servedStatuses = async (of: World) => new Set((await read(of)).results.map((row) => row["$status"]))

/** Looks whether there is anything newer. */
const poll = async (of: World, etag: string | null) => {
  let answer: Response | null = null
  const headers = etag === null ? new Headers() : new Headers({ "if-none-match": etag })
  void of.host.fetch(new Request("https://object/json", { headers })).then((response) => {
    answer = response
    return response.body?.cancel()
  })
  await of.clock.advanceUntil(() => answer !== null, SECOND)
  const { status, headers: received } = answer as unknown as Response
  return { status, etag: received.get("etag") }
}

describe("that runs have begun", () => {
  it("is not asked for while nobody looks", async () => {
    const it = await begun()
    await it.clock.advance(9 * MINUTE)
    expect(count(it, LIST)).toBe(0)
    expect(count(it, GET)).toBeLessThanOrEqual(20)
    expect(storedStatuses(it)).toEqual(new Set(["queued"]))
  })

  it("is there about a second after somebody looks", async () => {
    const it = await begun()
    await it.clock.advance(5 * MINUTE)
    expect(await servedStatuses(it)).toEqual(new Set(["queued"]))
    await it.clock.advance(SECOND)
    expect(await servedStatuses(it)).toEqual(new Set(["running"]))
    expect(count(it, LIST)).toBe(1)
  })

  it("reaches a viewer about a second after it came, and later beginnings do while it watches", async () => {
    const it = await begun({ rows: 120 })
    await it.clock.advance(25 * SECOND)
    expect(count(it, LIST)).toBe(0)
    const viewer = watch(it)
    await it.clock.advance(SECOND)
    expect([...viewer.runs.values()].filter(({ status }) => status === "running").length).toBeGreaterThan(15)
    await it.clock.advance(3 * MINUTE)
    expect([...viewer.runs.values()].map(({ status }) => status)).toEqual(Array(120).fill("running"))
    expect(count(it, LIST)).toBeLessThanOrEqual(8)
    expect(it.violations).toEqual([])
    viewer.stop()
  })

  it("is asked for by those who look again within a minute, also when nothing has changed for them", async () => {
    const it = await begun({ firstAt: 90 * SECOND })
    await it.clock.advance(SECOND)
    const { etag } = await poll(it, null)
    const answers = []
    for (let at = 0; at < 4; at++) {
      await it.clock.advance(50 * SECOND)
      answers.push((await poll(it, etag)).status)
    }
    expect(answers).toEqual([304, 200, 200, 200])
    expect(await servedStatuses(it)).toEqual(new Set(["running"]))
  })

  it("is asked for again when an object that has forgotten it is looked at", async () => {
    const it = await begun()
    await it.clock.advance(5 * MINUTE)
    await read(it)
    await it.clock.advance(2 * SECOND)
    expect(await servedStatuses(it)).toEqual(new Set(["running"]))
    expect(storedStatuses(it)).toEqual(new Set(["queued"]))
    it.host.kill("for this test")
    await it.clock.advance(MINUTE)
    expect(await servedStatuses(it)).toEqual(new Set(["queued"]))
    await it.clock.advance(2 * SECOND)
    expect(await servedStatuses(it)).toEqual(new Set(["running"]))
  })

  it("is no longer asked for when the last who looked has been away for a minute", async () => {
    const it = await begun({ rows: 200 })
    await it.clock.advance(10 * SECOND)
    await read(it)
    await it.clock.advance(70 * SECOND)
    const listed = count(it, LIST)
    expect(listed).toBeGreaterThan(0)
    await it.clock.advance(3 * MINUTE)
    expect(count(it, LIST)).toBe(listed)
    expect(await servedStatuses(it)).toEqual(new Set(["queued", "running"]))
  })
})

describe("the last runs of a group", () => {
  /** Listings take a second, so that they rest for 49; of the last ends no event tells. */
  const faulty = async ({ rows, everyMs, silentMs }: { rows: number; everyMs: number; silentMs: number }) => {
    const made = world({
      weather: {
        rows,
        behaviour: {
          runs: { duration_ms: [HOUR, HOUR], scale_by_processor: false, failure_rate: 0 },
          transport: { latency_by_route: { "group.runs.list": [SECOND, SECOND] } },
        },
      },
    })
    await submit(made)
    reschedule(made, (index) => ({ startsIn: 100, endsIn: 20 * SECOND + index * everyMs }))
    made.clock.setTimer(lastEnd(made) - made.clock.now() - silentMs, () =>
      made.simulator.behaviour.patch({ events: { missing_run_event_rate: 1 } }),
    )
    return made
  }

  it("are asked for one by one while a listing would have to rest", async () => {
    const it = await faulty({ rows: 200, everyMs: 200, silentMs: 5 * SECOND })
    await it.clock.advance(lastEnd(it) - it.clock.now() + 5 * SECOND)
    expect(it.host.hasEnded()).toBe(true)
    expect(count(it, RUN)).toBeGreaterThan(0)
    expect(count(it, RUN)).toBeLessThanOrEqual(40)
    expect(count(it, LIST)).toBeLessThanOrEqual(3)
  })

  it("are not asked for all together whenever one of them has ended", async () => {
    const it = await faulty({ rows: 16, everyMs: 5 * SECOND, silentMs: 2 * MINUTE })
    await it.clock.advance(lastEnd(it) - it.clock.now() + 10 * SECOND)
    expect(it.host.hasEnded()).toBe(true)
    expect(count(it, RUN)).toBeLessThanOrEqual(40)
    expect(count(it, LIST)).toBeLessThanOrEqual(5)
  })

  it("are asked for ever more rarely when upstream's counts say that they have ended and they have not", async () => {
    const it = world({
      weather: {
        rows: 12,
        behaviour: {
          runs: { duration_ms: [5 * HOUR, 5 * HOUR], scale_by_processor: false, failure_rate: 0 },
          transport: { latency_by_route: { "group.runs.list": [10 * SECOND, 10 * SECOND] } },
        },
      },
    })
    const handle = it.simulator.handle.bind(it.simulator)
    let lies = 0
    it.simulator.handle = async (request) => {
      const response = await handle(request)
      if (request.method !== "GET" || !/\/groups\/[^/]+$/.test(new URL(request.url).pathname)) return response
      const body = (await response.json()) as { status: { task_run_status_counts: object } }
      // Never twice the same, so that every lie is a new one.
      body.status.task_run_status_counts = { completed: 12, ["x".repeat(++lies)]: 1 }
      return Response.json(body)
    }
    await submit(it)
    await it.clock.advance(HOUR)
    expect(lies).toBeGreaterThan(20)
    const asked = count(it, RUN)
    expect(asked).toBeGreaterThan(12)
    expect(asked).toBeLessThanOrEqual(12 * 20)
    await it.clock.advance(HOUR)
    expect(count(it, RUN) - asked).toBeLessThanOrEqual(12 * 12)
  })
})
