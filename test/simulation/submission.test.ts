import { describe, expect, it, vi } from "vitest"
import { ADD, count, DAY, HOUR, MINUTE, read, runsOf, SECOND, world } from "./story.ts"
import { spoilRow } from "./schedule.ts"
import { submit } from "./world.ts"

// Days of virtual time take seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

describe("the submission", () => {
  it("waits when credit runs out in the middle, says so, and goes on when there is more", async () => {
    // Two batches of two at $0.025 a run: enough for one of them at a time.
    const it = world({ key: "credit-0.06", weather: { batchSize: 2 } })
    await submit(it)
    await it.clock.advance(10 * SECOND)
    const waiting = await read(it)
    expect(waiting.status.status_message).toMatch(/Not enough credit.*2 inputs are not submitted yet/)
    expect(waiting.status.is_active).toBe(true)
    expect(waiting.runs.filter((run) => run["run_id"] === null).map((run) => run["status"])).toEqual([
      "queued",
      "queued",
    ])
    // What ran is charged, so that there is never enough: more comes from outside.
    it.simulator.accounts.requireCredit = () => {}
    const duration: [number, number] = [10 * MINUTE, 10 * MINUTE]
    it.simulator.behaviour.patch({ runs: { duration_ms: duration, scale_by_processor: false } })
    await it.clock.advance(6 * MINUTE)
    expect(await read(it)).toMatchObject({ ended: false, status: { status_message: "" } })
    await it.clock.advance(10 * MINUTE)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.status.status_message).toBe("")
    expect(data.results.map((row) => row["$status"])).toEqual(Array(4).fill("completed"))
    expect(runsOf(it)).toHaveLength(4)
  })

  it("leaves the rest out with upstream's message when credit does not come for a day, from 5 to 60 minutes apart", async () => {
    const it = world({ key: "credit-0.06", weather: { batchSize: 2 } })
    await submit(it)
    await it.clock.advance(26 * HOUR)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.results.map((row) => row["$status"])).toEqual([
      "completed",
      "completed",
      "cancelled",
      "cancelled",
    ])
    expect(data.runs[2]!["error"].message).toMatch(/credit/i)
    expect(count(it, ADD)).toBeGreaterThan(20)
    expect(count(it, ADD)).toBeLessThan(40)
  })

  it("lets the object sleep while it waits for credit", async () => {
    const it = world({ key: "credit-0.06", weather: { batchSize: 2 } })
    await submit(it)
    await it.clock.advance(2 * MINUTE)
    const before = it.simulator.requests.total
    await it.clock.advance(2 * MINUTE)
    expect(it.simulator.requests.total).toBe(before)
    expect(it.simulator.requests.open).toBe(0)
  })

  it("fails just the one bad row of a batch", async () => {
    const it = world({ weather: { rows: 40, batchSize: 10 } })
    spoilRow(it, 17)
    await submit(it)
    await it.clock.advance(5 * MINUTE)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.runs.filter((run) => run["status"] === "failed").map((run) => run["input_index"])).toEqual([
      17,
    ])
    expect(data.runs[17]!["error"].message).toMatch(/Input should be a string/)
    expect(data.runs[17]!["run_id"]).toBeNull()
    expect(runsOf(it)).toHaveLength(39)
    expect(count(it, ADD)).toBeLessThan(20)
  })

  it("does not hammer who asks to slow down for no time at all", async () => {
    const it = world({ weather: { rows: 8, batchSize: 1 } })
    it.simulator.faults.push({
      route: "group.runs.add",
      times: 1_000,
      fault: { kind: "status", status: 429, body: "error", retry_after: 0 } as never,
    })
    await submit(it)
    await it.clock.advance(40 * SECOND)
    expect(count(it, ADD)).toBeLessThanOrEqual(5 * 61)
    it.simulator.faults.clear()
    await it.clock.advance(MINUTE)
    expect(runsOf(it)).toHaveLength(8)
  })

  it("waits while the key is refused, says so, and fails what was not submitted when it stays so", async () => {
    const it = world({ weather: { batchSize: 1, rows: 3 } })
    it.simulator.faults.push({
      route: "group.runs.add",
      skip: 1,
      lasts_ms: 2 * DAY,
      fault: { kind: "status", status: 401, message: "No such key" },
    })
    await submit(it)
    await it.clock.advance(5 * HOUR)
    const waiting = await read(it)
    expect(waiting.status.status_message).toMatch(/401: No such key/)
    expect(waiting.results.map((row) => row["$status"])).toEqual(["completed", "queued", "queued"])
    await it.clock.advance(3 * HOUR)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.results[0]!["$status"]).toBe("completed")
    for (const run of data.runs.slice(1)) {
      expect(run).toMatchObject({ run_id: null, is_active: false })
      expect(run["error"].message).toMatch(/401.*No such key/)
    }
    expect(count(it, ADD)).toBeLessThan(70)
  })

  it("keeps a run that appears later than assumed out of the results, and names it", async () => {
    const it = world({
      weather: {
        rows: 3,
        behaviour: {
          runs: { duration_ms: [HOUR, HOUR], scale_by_processor: false },
          listing: { lag_ms: 30 * MINUTE },
          status: { count_lag_ms: 30 * MINUTE },
        },
      },
    })
    it.simulator.faults.push({
      route: "group.runs.add",
      fault: { kind: "reset", when: "after", applied: "all" } as never,
    })
    await submit(it)
    await it.clock.advance(3 * HOUR)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(runsOf(it)).toHaveLength(6)
    expect(data.results).toHaveLength(3)
    expect(data.warnings.filter((warning) => warning.includes("second run"))).toHaveLength(3)
  })
})
