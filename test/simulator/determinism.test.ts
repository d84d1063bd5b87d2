import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { createRandom, unit } from "../../simulator/core/random.ts"
import { sha256 } from "../../simulator/core/sha256.ts"
import { createSimulator, createVirtualClock, type SimulatorOptions } from "../../simulator/index.ts"
import { harness, rows, wrap, type Harness } from "./harness.ts"

/** Everything a client can see in a session with faults, as one text. */
const transcript = async (h: Harness): Promise<string> => {
  h.sim.behaviour.patch({
    runs: { concurrency: 4, failure_rate: 0.2 },
    events: { missing_run_event_rate: 0.3, error_event_rate: 0.1 },
    framing: { split: "bytes", comments: true },
    transport: { latency_ms: [1, 50] },
    faults: [
      {
        route: "group.get",
        group: null,
        probability: 0.5,
        fault: { kind: "body", body: "html", applied: "none" },
      },
    ],
  })
  const lines: string[] = []
  const note = async (name: string, response: Promise<Response>) => {
    await h.clock.advance(100)
    const answer = await response
    lines.push(`${h.clock.now()} ${name} ${answer.status}\n${await answer.text()}`)
  }
  const created = h.json("POST", "/v1/tasks/groups", {})
  await h.clock.advance(100)
  const group = (await created).taskgroup_id as string
  const body = { inputs: rows(20) }
  await note("add", h.send("POST", `/v1/tasks/groups/${group}/runs`, body))
  const opening = h.open(group)
  await h.clock.advance(100)
  const events = await opening
  for (let i = 0; i < 10; i++) {
    await h.clock.advance(5_000)
    await note("get", h.send("GET", `/v1/tasks/groups/${group}`))
  }
  await events.cancel()
  await note("list", h.send("GET", `/v1/tasks/groups/${group}/runs?include_output=true`))
  return [...lines, events.text].join("\n")
}

describe("determinism", () => {
  it("the same seed gives the same transcript twice, another seed another one", async () => {
    const first = await transcript(harness({}, "seed-1"))
    const second = await transcript(harness({}, "seed-1"))
    const other = await transcript(harness({}, "seed-2"))
    expect(first.length).toBeGreaterThan(20_000)
    expect(second).toBe(first)
    expect(other).not.toBe(first)
  })

  it("what a stream tells does not depend on who looked before", async () => {
    const watched = harness({}, "w")
    const unwatched = harness({}, "w")
    const texts: string[] = []
    for (const h of [watched, unwatched]) {
      const group = await h.group()
      await h.add(group, rows(12))
      if (h === watched) {
        const early = await h.open(group)
        await h.clock.advance(777)
        await early.cancel()
        await h.clock.advance(59_223)
      } else await h.clock.advance(60_000)
      const late = await h.open(group)
      await late.done
      texts.push(late.text)
    }
    expect(texts[0]).toBe(texts[1])
    expect(texts[0]).toContain("task_run.state")
  })

  it("a simulator made from another's journal tells the same, whatever was done to its runs", async () => {
    const clock = createVirtualClock()
    const records: string[] = []
    const journal = {
      append: (record: unknown) => void records.push(JSON.stringify(record)),
      close: () => undefined,
    }
    const h = wrap(
      createSimulator({ clock, seed: "j", journal, behaviour: { runs: { concurrency: 5 } } }),
      clock,
    )
    const group = await h.group()
    await h.add(group, rows(20))
    await clock.advance(7_000)
    await h.add(group, rows(10, 20))
    h.sim.override(group, { input_index: 22, outcome: "action_required", ends_after_ms: 1_500 })
    await clock.advance(5_000)
    await h.send("POST", "/v1/tasks/runs", { input: "x", processor: "core" })
    h.sim.finish(group)
    await clock.advance(1_000)

    const past = records.map((text) => JSON.parse(text)) as NonNullable<SimulatorOptions["past"]>
    const again = wrap(createSimulator({ clock, seed: "ignored", past }), clock)
    for (const path of ["events", "runs?include_output=true&include_input=true", ""]) {
      const url = `/v1/tasks/groups/${group}/${path}`.replace(/\/$/, "")
      const [one, two] = [await h.send("GET", url), await again.send("GET", url)]
      const text = await one.text()
      expect(text.length).toBeGreaterThan(200)
      expect(await two.text()).toBe(text)
    }
    expect(await again.json("GET", "/_sim/behaviour")).toEqual(await h.json("GET", "/_sim/behaviour"))
  })

  it("sha256 is SHA-256", () => {
    for (const text of [
      "",
      "abc",
      "é".repeat(31),
      "x".repeat(55),
      "x".repeat(56),
      "x".repeat(64),
      "k".repeat(1_000),
    ]) {
      expect(sha256(text)).toBe(createHash("sha256").update(text).digest("hex"))
    }
  })

  it("draws are spread evenly", () => {
    const random = createRandom("spread")
    const buckets = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 10_000; i++) buckets[Math.floor(random.next() * 10)]!++
    const units = Array.from({ length: 10_000 }, (_, i) => unit("spread", i))
    expect(Math.min(...buckets)).toBeGreaterThan(850)
    expect(Math.max(...buckets)).toBeLessThan(1_150)
    expect(units.reduce((a, b) => a + b) / units.length).toBeCloseTo(0.5, 1)
  })

  it("the virtual clock runs timers in order of time, then of creation, and takes cancelled ones out", async () => {
    const clock = createVirtualClock(0)
    const seen: string[] = []
    const note = (name: string) => () => void seen.push(`${name}@${clock.now()}`)
    clock.setTimer(20, note("c"))
    clock.setTimer(10, note("a"))
    clock.setTimer(10, note("b"))
    const cancel = clock.setTimer(15, note("never"))
    clock.setTimer(10, () => clock.setTimer(5, note("inner")))
    cancel()
    await clock.advance(30)
    expect(seen).toEqual(["a@10", "b@10", "inner@15", "c@20"])
    expect(clock.now()).toBe(30)
    expect(clock.pending()).toBe(0)
  })
})
