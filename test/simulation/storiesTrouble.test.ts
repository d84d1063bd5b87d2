import { describe, expect, it, vi } from "vitest"
import {
  ADD,
  count,
  EVENTS,
  GET,
  HOUR,
  LIST,
  MINUTE,
  OUT,
  read,
  refusal,
  RESULT,
  reschedule,
  runsOf,
  SECOND,
  statusesOf,
  trouble,
  world,
} from "./story.ts"
import { API_KEY, submit, type World } from "./world.ts"

// Days of virtual time take seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const COMPLETED = Array(4).fill("completed")
/** An idle group is looked at hourly. */
const RECOVERY = 75 * MINUTE

const knowsTheKey = (of: World) => of.host.disk.dump().includes(API_KEY)

const working = (ms: number, weather = {}) =>
  world({
    settings: { OUTPUT_WAIT_HOURS: 24 },
    weather: {
      webhook: "fine",
      behaviour: { runs: { duration_ms: [ms, ms], scale_by_processor: false, failure_rate: 0 } },
      ...weather,
    },
  })

const isComplete = async (of: World) => {
  const data = await read(of)
  expect(data.results.map((row) => row["$status"])).toEqual(COMPLETED)
  expect(data.runs.filter((run) => run["output"] === null)).toEqual([])
  expect(data).toMatchObject({ ended: true, status: { status_message: "", is_active: false } })
  expect(of.simulator.host.webhooks.received).toHaveLength(1)
  expect(runsOf(of)).toHaveLength(4)
}

describe("an outage of", () => {
  it.each([23, 25, 72])(
    "%i hours loses no output of runs that were told as completed before",
    async (hours) => {
      const it = working(MINUTE)
      await submit(it)
      const early = 2 * MINUTE
      trouble(it, hours * HOUR + early, OUT, ["run.result", "group.runs.list"])
      await it.clock.advance(early)
      trouble(it, hours * HOUR, OUT)
      await it.clock.advance(hours * HOUR)
      expect((await read(it)).ended).toBe(false)
      expect(knowsTheKey(it)).toBe(true)
      await it.clock.advance(RECOVERY)
      await isComplete(it)
      expect(knowsTheKey(it)).toBe(false)
    },
  )

  it.each([
    [23, "pages of a proxy", OUT],
    [25, "upstream's own errors", { kind: "status", status: 503 }],
    [26, "connections that break", { kind: "reset" }],
    [72, "pages of a proxy", OUT],
  ] as const)("%i hours, with %s, loses nothing of runs that end meanwhile", async (hours, _, fault) => {
    const it = working(HOUR)
    await submit(it)
    await it.clock.advance(MINUTE)
    trouble(it, hours * HOUR, fault)
    await it.clock.advance(hours * HOUR - MINUTE)
    expect(await read(it)).toMatchObject({ ended: false, status: { is_active: true } })
    expect(knowsTheKey(it)).toBe(true)
    await it.clock.advance(MINUTE + RECOVERY)
    await isComplete(it)
  })

  it("26 hours of results alone costs no run its output", async () => {
    const it = working(MINUTE)
    await submit(it)
    trouble(it, 26 * HOUR, OUT, ["run.result"])
    await it.clock.advance(26 * HOUR)
    expect(count(it, RESULT)).toBeLessThan(2_000)
    await it.clock.advance(RECOVERY)
    await isComplete(it)
  })

  const refused = { error: { message: "Not now" } }
  it.each([
    ["that does not answer", () => new Response("<html>", { status: 503 })],
    ["that is refused", () => Response.json(refused, { status: 422 })],
  ])("five hours of one result %s, while all else is answered, does not cost it", async (_, answer) => {
    const it = world({ settings: { OUTPUT_WAIT_HOURS: 2 }, weather: { rows: 60 } })
    await submit(it)
    reschedule(it, (index) => ({ startsIn: SECOND, endsIn: (1 + 5 * index) * MINUTE }))
    const handle = it.simulator.handle.bind(it.simulator)
    const over = it.clock.now() + 5 * HOUR
    // Neither by itself nor in a listing.
    const doors = (url: string) =>
      url.includes(`${runsOf(it)[0]!.id}/result`) || url.includes("include_output")
    it.simulator.handle = (request) =>
      doors(request.url) && it.clock.now() < over ? Promise.resolve(answer()) : handle(request)
    await it.clock.advance(6 * HOUR)
    expect(await statusesOf(it)).toEqual(Array(60).fill("completed"))
  })

  it("a day while the runs are added: each is added once", async () => {
    const it = working(MINUTE, { batchSize: 1 })
    it.simulator.faults.push({ route: "group.runs.add", skip: 1, lasts_ms: 24 * HOUR, fault: OUT })
    await submit(it)
    await it.clock.advance(24 * HOUR)
    expect((await read(it)).ended).toBe(false)
    await it.clock.advance(RECOVERY)
    await isComplete(it)
  })
})

describe("a refusal in upstream's shape", () => {
  it.each([401, 403, 404])("(%i) of ten minutes ends nothing", async (status) => {
    const it = working(HOUR)
    await submit(it)
    await it.clock.advance(MINUTE)
    trouble(it, 11 * MINUTE, refusal(status), [
      "group.get",
      "group.runs.list",
      "group.events",
      "run.result",
      "run.get",
    ])
    await it.clock.advance(11 * MINUTE)
    const during = await read(it)
    expect(during.ended).toBe(false)
    expect(during.status.status_message).toContain(String(status))
    await it.clock.advance(30 * MINUTE)
    expect(await read(it)).toMatchObject({ ended: false, status: { status_message: "" } })
    await it.clock.advance(HOUR)
    await isComplete(it)
  })

  it("of three hours is shown meanwhile, asked about ever more rarely, and survived", async () => {
    const it = working(HOUR)
    await submit(it)
    await it.clock.advance(MINUTE)
    it.simulator.revokeKey(API_KEY)
    const asked: Array<number> = []
    for (let hour = 0; hour < 3; hour++) {
      const before = it.simulator.requests.total
      await it.clock.advance(HOUR)
      asked.push(it.simulator.requests.total - before)
      const data = await read(it)
      expect(data.ended).toBe(false)
      expect(data.status.status_message).toMatch(/401/)
    }
    it.simulator.restoreKey(API_KEY)
    await it.clock.advance(RECOVERY)
    await isComplete(it)
    expect(asked[0]).toBeLessThan(100)
    expect(asked[2]).toBeLessThan(asked[0]! / 2)
  })

  it.each([90, 330])("of five hours costs no output that is on its way for %i minutes", async (minutes) => {
    const it = world({
      settings: { OUTPUT_WAIT_HOURS: 2 },
      weather: { behaviour: { outputs: { delay_ms: minutes * MINUTE } } },
    })
    await submit(it)
    await it.clock.advance(5 * MINUTE)
    it.simulator.revokeKey(API_KEY)
    await it.clock.advance(5 * HOUR)
    it.simulator.restoreKey(API_KEY)
    await it.clock.advance(2 * HOUR)
    expect(await statusesOf(it)).toEqual(COMPLETED)
  })

  it("of more than six hours ends the group: everybody is told, the key forgotten", async () => {
    const it = working(24 * HOUR)
    await submit(it)
    await it.clock.advance(MINUTE)
    it.simulator.revokeKey(API_KEY)
    await it.clock.advance(5.5 * HOUR)
    expect((await read(it)).ended).toBe(false)
    await it.clock.advance(2.5 * HOUR)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.status).toMatchObject({ is_active: false })
    expect(data.status.status_message).toMatch(/401/)
    expect(knowsTheKey(it)).toBe(false)
    expect(it.simulator.host.webhooks.received).toHaveLength(1)
    expect(it.simulator.requests.open).toBe(0)
    expect(count(it, EVENTS) + count(it, GET) + count(it, LIST)).toBeLessThan(250)
  })

  it("that passes leaves no trace: a key that was refused once, for one batch", async () => {
    const it = working(5 * MINUTE, { batchSize: 2 })
    it.simulator.faults.push({ route: "group.runs.add", skip: 1, fault: refusal(401) })
    await submit(it)
    await it.clock.advance(4 * MINUTE)
    expect((await read(it)).status.status_message).toBe("")
    await it.clock.advance(10 * MINUTE)
    await isComplete(it)
  })

  it("of some rows (403) fails these with upstream's message, and says nothing of the others", async () => {
    const it = working(MINUTE, { batchSize: 1 })
    const message = "Processor not allowed"
    it.simulator.faults.push({
      route: "group.runs.add",
      skip: 1,
      fault: { ...refusal(403), message } as never,
    })
    await submit(it)
    await it.clock.advance(10 * SECOND)
    expect((await read(it)).status.status_message).toBe("")
    await it.clock.advance(5 * MINUTE)
    const data = await read(it)
    expect(data.runs[1]).toMatchObject({
      run_id: null,
      status: "failed",
      error: { message: expect.stringContaining(message) },
    })
    expect(await statusesOf(it)).toEqual(["completed", "failed", "completed", "completed"])
    expect(data).toMatchObject({ ended: true, status: { status_message: "" } })
    expect(count(it, ADD)).toBe(4)
  })
})
