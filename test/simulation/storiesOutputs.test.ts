import { describe, expect, it, vi } from "vitest"
import {
  count,
  EVENTS,
  HOUR,
  MINUTE,
  OUT,
  read,
  RESULT,
  runsOf,
  SECOND,
  trouble,
  watch,
  world,
} from "./story.ts"
import { submit, type World } from "./world.ts"

vi.setConfig({ testTimeout: 60_000 })

/** Reads the JSON four times a second. Returns what was wrong with it, and how often a row was seen completed. */
const poll = async (of: World, ms: number) => {
  const wrong: Array<string> = []
  let completed = 0
  for (const until = of.clock.now() + ms; of.clock.now() < until; await of.clock.advance(SECOND / 4)) {
    const data = await read(of)
    data.runs.forEach((run, at) => {
      const result = data.results[at]!
      if (run["status"] !== "completed") return
      completed++
      if (run["output"] === null || result["ceo_name"] === undefined || result["$status"] !== "completed")
        wrong.push(`row ${at} after ${of.clock.now() - runsOf(of)[at]!.endAt} ms`)
    })
  }
  return { wrong, completed }
}

describe("outputs that come late", () => {
  it.each(["408", "404", "null_output"] as const)(
    "by three seconds (%s): no poll shows completed without output, a viewer is told each end once, with it",
    async (pending) => {
      const it = world({
        weather: { rows: 12, behaviour: { outputs: { delay_ms: 3 * SECOND, pending_result: pending } } },
      })
      await submit(it)
      const viewers = [watch(it), watch(it, { name: "one who hangs up", hangUpRate: 0.5 })]
      const { wrong, completed } = await poll(it, 2 * MINUTE)
      expect(wrong).toEqual([])
      expect(completed).toBeGreaterThan(12)
      expect((await read(it)).ended).toBe(true)
      expect(it.violations).toEqual([])
      for (const { runs, finished } of viewers) {
        expect(finished).toBe(true)
        expect(
          [...runs.values()].filter(({ hasOutput, status }) => hasOutput && status === "completed"),
        ).toHaveLength(12)
      }
    },
  )

  it("by six hours: their rows run until then, and few ask for them", async () => {
    const it = world({
      settings: { OUTPUT_WAIT_HOURS: 24 },
      weather: { rows: 4, behaviour: { outputs: { delay_ms: 6 * HOUR } } },
    })
    await submit(it)
    await it.clock.advance(5 * HOUR)
    const data = await read(it)
    expect(data.results.map((row) => row["$status"])).toEqual(Array(4).fill("running"))
    expect(data).toMatchObject({ ended: false, status: { task_run_status_counts: { running: 4 } } })
    expect(count(it, RESULT)).toBeLessThan(4 * 100)
    await it.clock.advance(4 * HOUR)
    expect((await read(it)).runs.filter((run) => run["output"] !== null)).toHaveLength(4)
  })

  it("never: the row has failed after a day in which upstream answered, and says why", async () => {
    const it = world({
      settings: { OUTPUT_WAIT_HOURS: 24 },
      weather: { rows: 2, behaviour: { outputs: { never_rate: 1 } } },
    })
    await submit(it)
    await it.clock.advance(10 * HOUR)
    // These hours do not count.
    trouble(it, 20 * HOUR, OUT)
    await it.clock.advance(33 * HOUR)
    expect((await read(it)).ended).toBe(false)
    const viewer = watch(it)
    await it.clock.advance(20 * HOUR)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.results.map((row) => row["$status"])).toEqual(["failed", "failed"])
    for (const run of data.runs) expect(run["error"].message).toMatch(/output/i)
    expect(count(it, RESULT)).toBeLessThan(600)
    expect(it.violations).toEqual([])
    expect([...viewer.runs.values()].map(({ status }) => status)).toEqual(["failed", "failed"])
  })

  it("by one door only: what a run's result denies for hours, a listing brings before its row is given up", async () => {
    const it = world({ settings: { OUTPUT_WAIT_HOURS: 2 }, weather: { rows: 4 } })
    await submit(it)
    trouble(it, 6 * HOUR, { kind: "status", status: 404, body: "error" }, ["run.result"])
    await it.clock.advance(5 * HOUR)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.results.map((row) => row["$status"])).toEqual(Array(4).fill("completed"))
    expect(data.runs.filter((run) => run["output"] === null)).toEqual([])
  })
})

describe("an event stream of keep-alives alone", () => {
  it("is left open: bytes are life", async () => {
    const it = world({
      weather: {
        behaviour: {
          runs: { duration_ms: [2 * HOUR, 2 * HOUR], scale_by_processor: false, failure_rate: 0 },
          events: { on_connect: "comments", silent_ms: 3 * HOUR },
        },
      },
    })
    await submit(it)
    await it.clock.advance(55 * MINUTE)
    expect(count(it, EVENTS)).toBeLessThanOrEqual(7)
    expect(count(it, EVENTS)).toBeGreaterThanOrEqual(1)
    await it.clock.advance(75 * MINUTE)
    expect((await read(it)).results.map((row) => row["$status"])).toEqual(Array(4).fill("completed"))
  })
})

describe("an event that cannot be stored, whenever it is tried,", () => {
  it("does not keep the others from it, nor stops the follower again and again", async () => {
    const it = world({ weather: { rows: 12 } })
    await submit(it)
    it.simulator.override(it.groupId, { input_index: 3, outcome: "failed", error_message: "poison" })
    it.host.disk.poison = "poison"
    await it.clock.advance(10 * MINUTE)
    const statuses = (await read(it)).results.map((row) => row["$status"])
    expect(statuses.filter((status) => status === "completed")).toHaveLength(11)
    expect(it.timeline.filter((line) => line.includes("Following stopped")).length).toBeLessThanOrEqual(1)
    // Upstream ends each stream at once, so that they come a minute apart: a follower that starts over opens six a minute.
    expect(count(it, EVENTS)).toBeLessThanOrEqual(20)
    it.host.disk.poison = null
    await it.clock.advance(15 * MINUTE)
    expect((await read(it)).runs[3]).toMatchObject({ status: "failed", error: { message: "poison" } })
    expect((await read(it)).ended).toBe(true)
  })

  it("does not keep those from it that come with it", async () => {
    const behaviour = { runs: { failure_rate: 1 }, events: { missing_run_event_rate: 1 } }
    const it = world({ weather: { rows: 40, behaviour } })
    await submit(it)
    it.simulator.override(it.groupId, { input_index: 3, outcome: "failed", error_message: "poison" })
    it.host.disk.poison = "poison"
    await it.clock.advance(10 * MINUTE)
    expect((await read(it)).status.task_run_status_counts).toMatchObject({ failed: 39 })
  })
})
