import { describe, expect, it, vi } from "vitest"
import { addNeighbour, type Neighbour, ourRuns } from "./neighbours.ts"
import { edgeAgainst, spoilRow } from "./schedule.ts"
import {
  ADD,
  count,
  cutAtChars,
  HOUR,
  LIST,
  MINUTE,
  read,
  RESULT,
  runsOf,
  SECOND,
  statusesOf,
  trouble,
  watch,
  world,
} from "./story.ts"
import { API_KEY, submit, type World } from "./world.ts"

vi.setConfig({ testTimeout: 60_000 })

/** How long nothing was asked of upstream between the first request that added runs and the last, in whole minutes. */
const restsOf = (of: World): ReadonlyArray<number> => {
  const { recent } = of.simulator.requests
  const added = recent.filter(({ route }) => route === ADD).map(({ at }) => at)
  const during = recent.map(({ at }) => at).filter((at) => at >= added[0]! && at <= added.at(-1)!)
  return during.map((at, index) => (at - (during[index - 1] ?? at)) / MINUTE)
}

describe("an edge in front of upstream", () => {
  it.each([
    [413, 10],
    [413, 1_000],
    [403, 1_000],
  ])(
    "that refuses one row of 40 with %i (batches of %i): it alone fails, with that status",
    async (status, batchSize) => {
      const it = world({ weather: { rows: 40, batchSize } })
      it.simulator.behaviour.patch({ faults: [edgeAgainst(17, status)] })
      await submit(it)
      expect([it.refused, it.violations]).toEqual([false, []])
      await it.clock.advance(MINUTE)
      expect((await read(it)).status.status_message).toContain(String(status))
      await it.clock.advance(6 * HOUR)
      const data = await read(it)
      expect(data.ended).toBe(true)
      expect(data.results.filter((row) => row["$status"] === "completed")).toHaveLength(39)
      expect(data.runs[17]).toMatchObject({ run_id: null, status: "failed" })
      expect(data.runs[17]!["error"].message).toContain(String(status))
      expect(runsOf(it)).toHaveLength(39)
      expect(count(it, ADD)).toBeLessThan(40)
      expect(count(it, LIST)).toBeLessThan(40)
      expect(it.simulator.requests.total - count(it, RESULT)).toBeLessThan(300)
      expect(Math.max(...restsOf(it))).toBeGreaterThan(1)
    },
  )

  it("that takes no request above a size gets smaller ones, and every row is run", async () => {
    const it = world({ weather: { rows: 40 } })
    const when = { body_over_chars: 2_000 }
    it.simulator.behaviour.patch({
      faults: [{ route: "group.runs.add", when, fault: { kind: "status", status: 413, body: "html" } }],
    })
    await submit(it)
    await it.clock.advance(4 * HOUR)
    expect(await statusesOf(it)).toEqual(Array(40).fill("completed"))
    expect((await read(it)).ended).toBe(true)
    expect(runsOf(it)).toHaveLength(40)
    expect(count(it, ADD)).toBeLessThan(16)
  })
})

describe("a run that the key's owner adds", () => {
  const key = "credit-0.085"
  /** Two rows of four are in; the credit that is left is enough for one run more, but not for two. */
  const waiting = async (kind: Neighbour["kind"]) => {
    const made = world({ key, weather: { batchSize: 2 } })
    await submit(made)
    await made.clock.advance(10 * SECOND)
    await addNeighbour(made, key, { kind, lastsMs: 24 * HOUR })
    expect(runsOf(made)).toHaveLength(3)
    return made
  }

  it.each(["plain", "out_of_range", "equal"] as const)(
    "while we wait for credit does not hold up the rest (%s)",
    async (kind) => {
      const it = await waiting(kind)
      await it.clock.advance(3 * HOUR)
      expect((await read(it)).status.status_message).toMatch(/credit/)
      expect(count(it, LIST)).toBeLessThan(20)
      it.simulator.accounts.requireCredit = () => {}
      await it.clock.advance(75 * MINUTE)
      const data = await read(it)
      expect(data).toMatchObject({ ended: true, status: { status_message: "" } })
      expect(data.results.map((row) => row["$status"])).toEqual(Array(4).fill("completed"))
      expect(new Set(data.runs.map((run) => run["run_id"]))).toEqual(new Set(ourRuns(it).map(({ id }) => id)))
      expect(count(it, LIST)).toBeLessThan(40)
    },
  )

  it("while we wait in vain costs no more than the waiting", async () => {
    const it = await waiting("plain")
    await it.clock.advance(26 * HOUR)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.results.slice(0, 2).map((row) => row["$status"])).toEqual(["completed", "completed"])
    for (const run of data.runs.slice(2)) expect(run["error"].message).toMatch(/credit/i)
    expect(count(it, ADD)).toBeLessThan(40)
    expect(count(it, LIST)).toBeLessThan(60)
  })

  it.each(["plain", "out_of_range"] as const)(
    "before ours, and goes on for long (%s): ours end without it",
    async (kind) => {
      const it = world({ weather: { rows: 6, batchSize: 3 } })
      const added: Array<Promise<void>> = []
      it.clock.setTimer(0, () => added.push(addNeighbour(it, API_KEY, { kind, lastsMs: 24 * HOUR })))
      it.simulator.faults.push({ route: "group.runs.add", skip: 1, fault: { kind: "reset", when: "after" } })
      await submit(it)
      await it.clock.advance(10 * MINUTE)
      expect(runsOf(it)).toHaveLength(7)
      expect(await statusesOf(it)).toEqual(Array(6).fill("completed"))
      expect((await read(it)).ended).toBe(true)
    },
  )

  it("with metadata like ours is kept out of the results, and named", async () => {
    const it = world({ weather: { rows: 3, behaviour: { runs: { duration_ms: [HOUR, HOUR] } } } })
    await submit(it)
    await it.clock.advance(MINUTE)
    await addNeighbour(it, API_KEY, { kind: "lookalike", lastsMs: MINUTE })
    await it.clock.advance(13 * HOUR)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.runs.map((run) => run["run_id"])).toEqual(ourRuns(it).map(({ id }) => id))
    expect(data.warnings.filter((warning) => warning.includes("second run"))).toHaveLength(1)
  })
})

describe("a refusal that the caller is told", () => {
  it("leaves nothing behind, although the storage cannot be emptied at first", async () => {
    const it = world({ weather: { rows: 2, deleteFailRate: 1, clearsAt: 30 * SECOND } })
    spoilRow(it, 0)
    const start = it.clock.now()
    await submit(it)
    expect([it.refused, it.violations]).toEqual([true, []])
    expect(it.clock.now() - start).toBeLessThan(25 * SECOND)
    expect(it.timeline.some((line) => line.includes("the storage cannot be emptied"))).toBe(true)
    expect(it.host.disk.dump()).not.toContain(API_KEY)
    // Somebody who comes by wakes nothing that would submit it after all.
    it.host.kill("as the platform evicts it")
    const visit = it.host.fetch(new Request("https://object/json")).then(
      ({ status }) => status,
      () => 500,
    )
    await it.clock.advance(SECOND)
    expect(await visit).not.toBe(200)
    await it.clock.advance(5 * MINUTE)
    expect(it.host.disk.isEmpty()).toBe(true)
    expect(count(it, ADD)).toBe(1)
    expect(runsOf(it)).toEqual([])
  })
})

describe("batches", () => {
  it("are cut by their characters too when they were lost", async () => {
    const limit = 100_000
    const text = "x".repeat(20_000)
    const inputs = Array.from({ length: 40 }, (_, at) => ({ company: `Company ${at}`, text }))
    const it = world({ settings: cutAtChars(limit), weather: { rows: 40 }, body: { inputs } })
    const sizes: Array<number> = []
    const handle = it.simulator.handle.bind(it.simulator)
    it.simulator.handle = async (request) => {
      if (request.method === "POST" && request.url.includes("/runs"))
        sizes.push((await request.clone().text()).length)
      return handle(request)
    }
    trouble(it, 30 * SECOND, { kind: "reset" }, ["group.runs.add"])
    await submit(it)
    await it.clock.advance(10 * MINUTE)
    expect(runsOf(it)).toHaveLength(40)
    expect((await read(it)).ended).toBe(true)
    // What is sent beside the inputs is small.
    expect(Math.max(...sizes)).toBeLessThan(limit * 1.05)
  })
})

describe("the POST", () => {
  it("waits for a suggestion that is to come in a second", async () => {
    const it = world({ body: { processor: undefined } })
    it.simulator.faults.push({
      route: "suggest.processor",
      fault: { kind: "status", status: 429, retry_after: 1 },
    })
    await submit(it)
    expect(it.violations).toEqual([])
    await it.clock.advance(30 * MINUTE)
    expect((await read(it)).ended).toBe(true)
  })

  it("with 310 columns: every table has them, or a warning counts what is left out", async () => {
    const row = Object.fromEntries(Array.from({ length: 310 }, (_, at) => [`c${at}`, at]))
    const it = world({ weather: { rows: 1 }, body: { inputs: [row] } })
    await submit(it)
    await it.clock.advance(2 * MINUTE)
    const { warnings } = await read(it)
    const answer = it.host.fetch(new Request("https://object/csv")).then((response) => response.text())
    let csv = ""
    void answer.then((all) => (csv = all))
    await it.clock.advanceUntil(() => csv !== "", MINUTE)
    const columns = csv
      .split(/\r?\n/)[0]!
      .split(",")
      .filter((name) => /^"?c\d+"?$/.test(name)).length
    expect(
      columns === 310 || warnings.some((warning) => new RegExp(`\\b${310 - columns}\\b`).test(warning)),
    ).toBe(true)
  })
})

describe("the Worker in front", () => {
  it("does not wait for ever for an object that does not answer", async () => {
    const it = world({ weather: { rows: 3 } })
    await submit(it)
    let hanging = 0
    const fetch = (request: Request) =>
      hanging-- > 0 ? new Promise<Response>(() => {}) : it.host.fetch(request)
    const viewer = watch(it, { host: { fetch } })
    await it.clock.advance(100)
    hanging = 1
    it.host.kill("as the platform evicts it")
    await it.clock.advance(5 * MINUTE)
    expect(viewer.finished).toBe(true)
    expect([viewer.done, it.violations]).toEqual([true, []])
  })
})
