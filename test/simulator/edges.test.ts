import { describe, expect, it } from "vitest"
import type { Fault } from "../../simulator/index.ts"
import type { DeepPartial } from "../../simulator/behaviour/spec.ts"
import { harness, read, rows, type Harness } from "./harness.ts"

const HOUR = 3_600_000
const DAY = 24 * HOUR

const start = async (behaviour = {}, count = 2) => {
  const h = harness({ runs: { failure_rate: 0 }, ...behaviour })
  const group = await h.group()
  const { run_ids: ids } = await h.add(group, rows(count))
  const base = `/v1/tasks/groups/${group}`
  return { h, group, base, ids: ids as string[] }
}

/** One request of every kind that a follower makes. */
const everything = async (h: Harness, base: string, run: string) => {
  const requests = [
    h.send("GET", base),
    h.send("GET", `${base}/runs`),
    h.send("GET", `${base}/events`),
    h.send("GET", `/v1/tasks/runs/${run}`),
    h.send("GET", `/v1/tasks/runs/${run}/result?timeout=1`),
    h.send("POST", `${base}/runs`, { inputs: rows(1) }),
  ]
  const settled = Promise.allSettled(requests)
  await h.clock.advance(40_000)
  const answers = await settled
  await Promise.all(answers.map(async (one) => one.status === "fulfilled" && one.value.body?.cancel()))
  return answers.map((one) => (one.status === "fulfilled" ? one.value.status : "reset"))
}

describe("an edge in front of the API", () => {
  it.each([413, 403])(
    "refuses with %i and a page of its own what holds a text, and nothing else",
    async (status) => {
      const { h, group, base } = await start({
        faults: [
          {
            route: "group.runs.add",
            when: { body_contains: '"Company 7"' },
            fault: { kind: "status", status, body: "html" },
          },
        ],
      })
      const refused = await h.send("POST", `${base}/runs`, { inputs: rows(3, 6) })
      expect([refused.status, refused.headers.get("content-type")]).toEqual([status, "text/html"])
      expect(await refused.text()).toContain(`<h1>${status} `)
      expect((await h.send("POST", `${base}/runs`, { inputs: rows(1, 6) })).status).toBe(200)
      expect((await h.send("POST", `${base}/runs`, { inputs: rows(1, 7) })).status).toBe(status)
      expect(h.sim.ledger.groups.get(group)!.runs).toHaveLength(3)
    },
  )

  it("does so before it looks at the key", async () => {
    const { h, base } = await start()
    h.sim.faults.push({ fault: { kind: "status", status: 403, body: "html" } })
    expect((await h.send("GET", base, undefined, { "x-api-key": "invalid" })).status).toBe(403)
  })

  it("refuses what is larger than so many characters; both conditions must hold where both are given", async () => {
    const { h, base } = await start()
    const fault = { kind: "status", status: 413, body: "html" } as const
    const add = async (count: number) =>
      (await h.send("POST", `${base}/runs`, { inputs: rows(count) })).status
    const one = JSON.stringify({ inputs: rows(1) }).length
    h.sim.behaviour.patch({ faults: [{ when: { body_over_chars: one }, fault }] })
    expect([await add(1), await add(2)]).toEqual([200, 413])
    const both = { body_over_chars: one, body_contains: "Company 2" }
    h.sim.behaviour.patch({ faults: [{ when: both, fault }] })
    expect([await add(2), await add(3)]).toEqual([200, 413])
  })

  it("by the control interface, once, of the requests that are meant", async () => {
    const { h, base } = await start()
    await h.json("POST", "/_sim/faults", {
      when: { body_contains: "Company 1" },
      fault: { kind: "status", status: 413, body: "html" },
    })
    const add = async (from: number) =>
      (await h.send("POST", `${base}/runs`, { inputs: rows(1, from) })).status
    expect([await add(0), await add(1), await add(1)]).toEqual([200, 413, 200])
    expect(await h.json("GET", "/_sim/faults")).toEqual([])
  })
})

describe("long trouble", () => {
  it.each<[string, DeepPartial<Fault>, unknown]>([
    ["503 with a page", { kind: "status", status: 503, body: "html" }, 503],
    ["503 in upstream's shape", { kind: "status", status: 503, body: "error" }, 503],
    ["connections that break", { kind: "reset" }, "reset"],
    // oxlint-disable-next-line unicorn/no-thenable
    ["silence", { kind: "hang", ms: 30_000, then: "reset" }, "reset"],
    ["a refused key", { kind: "status", status: 401 }, 401],
    ["a forbidden group", { kind: "status", status: 403 }, 403],
    ["a group that is not found", { kind: "status", status: 404 }, 404],
  ])("%s on every route for three days, and not a moment longer", async (_, fault, answer) => {
    const { h, base, ids } = await start()
    h.sim.faults.push({ lasts_ms: 3 * DAY, fault })
    expect(await everything(h, base, ids[0]!)).toEqual(Array(6).fill(answer))
    await h.clock.advance(3 * DAY - 80_001)
    expect(await everything(h, base, ids[0]!)).toEqual(Array(6).fill(answer))
    await h.clock.advance(1)
    expect(await everything(h, base, ids[0]!)).toEqual(Array(6).fill(200))
    expect(h.sim.faults.waiting).toEqual([])
    expect(h.sim.requests.crashes).toEqual([])
  })

  it("on chosen routes only, until they are mended", async () => {
    const { h, base, ids } = await start()
    const fault = { kind: "status", status: 503 } as const
    h.sim.behaviour.patch({
      faults: [
        { route: "run.result", fault },
        { route: "group.runs.list", fault },
      ],
    })
    expect(await everything(h, base, ids[0]!)).toEqual([200, 503, 200, 200, 503, 200])
    await h.clock.advance(2 * DAY)
    expect(await everything(h, base, ids[0]!)).toEqual([200, 503, 200, 200, 503, 200])
    h.sim.behaviour.patch({ faults: [] })
    expect(await everything(h, base, ids[0]!)).toEqual(Array(6).fill(200))
  })

  it("a refusal is in upstream's shape, or the bare one", async () => {
    const { h, base } = await start()
    h.sim.faults.push({ route: "group.get", lasts_ms: HOUR, fault: { kind: "status", status: 401 } })
    expect(await h.json("GET", base)).toMatchObject({ type: "error", error: { message: "Invalid API key." } })
    await h.clock.advance(HOUR)
    expect((await h.send("GET", base)).status).toBe(200)
  })
})

describe("an event stream of keep-alives", () => {
  it("sends one comment every 15 s for hours, and never an event, whatever happens", async () => {
    const { h, group } = await start({ events: { on_connect: "comments", silent_ms: 3 * HOUR } })
    const reading = await h.open(group)
    await h.clock.advance(HOUR - 1)
    expect(reading.text.match(/^: keep-alive$/gm)).toHaveLength(239)
    expect(reading.events).toEqual([])
    await h.clock.advance(1)
    // The session is over.
    expect(reading.ended).toBe(true)
    const again = await h.open(group)
    await h.clock.advance(10_000)
    await again.cancel()
    expect(again.text).toBe("")
  })
})

describe("results that are late", () => {
  it.each([
    ["408", 408],
    ["404", 404],
    ["null_output", 200],
  ] as const)("%s for six hours although the run is completed, then the output", async (pending, status) => {
    const { h, ids } = await start({ outputs: { delay_ms: 6 * HOUR, pending_result: pending } })
    await h.clock.advance(60_000)
    const ask = async () => {
      const answer = h.send("GET", `/v1/tasks/runs/${ids[0]}/result?timeout=10`)
      await h.clock.advance(10_000)
      const response = await answer
      return [response.status, ((await response.json()) as { output?: unknown }).output ?? null]
    }
    expect((await h.json("GET", `/v1/tasks/runs/${ids[0]}`)).status).toBe("completed")
    expect(await ask()).toEqual([status, null])
    await h.clock.advance(5 * HOUR)
    expect(await ask()).toEqual([status, null])
    await h.clock.advance(HOUR)
    expect(await ask()).toEqual([200, expect.objectContaining({ type: "json" })])
  })
})

describe("D4: the rate limit", () => {
  const burst = async (h: Harness, method: string, path: string, count: number, body?: object) => {
    const statuses: number[] = []
    for (let at = 0; at < count; at++) statuses.push((await h.send(method, path, body)).status)
    return statuses.filter((status) => status === 429).length
  }

  it("counts only what creates, or everything, as it is told", async () => {
    for (const [counts, refused] of [
      ["posts", 0],
      ["all", 3],
    ] as const) {
      const { h, base, ids } = await start({ rate_limit: { requests: 22, per_ms: 1_000, counts } })
      // Two of the 22 made the group and its runs.
      await h.clock.advance(500)
      expect(await burst(h, "GET", `/v1/tasks/runs/${ids[0]}`, 23)).toBe(refused)
      expect(await burst(h, "POST", `${base}/runs`, 1, { inputs: rows(1) })).toBe(counts === "all" ? 1 : 0)
    }
  })

  it("counts for one account, in any while of that length, and not what was refused", async () => {
    const { h, base } = await start({ rate_limit: { requests: 4, per_ms: 1_000, counts: "all" } })
    const get = async (key = "test-key") =>
      (await h.send("GET", base, undefined, { "x-api-key": key })).status
    await h.clock.advance(600)
    expect([await get(), await get(), await get()]).toEqual([200, 200, 429])
    expect(await get("another-key")).toBe(404)
    await h.clock.advance(400)
    expect([await get(), await get(), await get()]).toEqual([200, 200, 429])
  })

  it("says when to come again, unless it does not", async () => {
    const { h, base } = await start({ rate_limit: { requests: 2, retry_after: 7 } })
    const add = () => h.send("POST", `${base}/runs`, { inputs: rows(1) })
    const refused = await add()
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "7"])
    h.sim.behaviour.patch({ rate_limit: { retry_after: null } })
    expect((await add()).headers.get("retry-after")).toBeNull()
    await h.clock.advance(60_000)
    expect((await add()).status).toBe(200)
  })
})

describe("somebody else's runs", () => {
  it.each([
    ["without metadata", { input: { company: "Other" }, processor: "core" }],
    [
      "with metadata like another's",
      { input: "text", processor: "base", metadata: { input_index: "0", attempt: "1" } },
    ],
    ["of a row that there is not", { input: {}, processor: "core", metadata: { input_index: "99999" } }],
    ["equal to another's", { ...rows(1)[0]!, metadata: undefined }],
  ])("%s are the group's as all others are", async (_, input) => {
    const { h, group, base } = await start()
    expect((await h.send("POST", `/v1beta/tasks/groups/${group}/runs`, { inputs: [input] })).status).toBe(200)
    expect((await h.json("GET", base)).status.num_task_runs).toBe(3)
    expect(await h.list(group)).toHaveLength(3)
    await h.clock.advance(60_000)
    const reading = read(await h.send("GET", `${base}/events`))
    await h.clock.advance(1_000)
    expect(reading.events.filter(({ event }) => event === "task_run.state")).toHaveLength(3)
  })
})
