import { describe, expect, it, vi } from "vitest"
import { DEFAULT_BEHAVIOUR, truthOf } from "../../simulator/index.ts"
import { ADD, count, DAY, EVENTS, GET, HOUR, LIST, MINUTE, read, runsOf, world } from "./story.ts"
import { submit } from "./world.ts"

// Days of virtual time take seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

describe("following", () => {
  it("does not hammer an events endpoint that closes at once, every time, for an hour", async () => {
    const it = world({
      weather: {
        behaviour: {
          runs: { duration_ms: [HOUR, HOUR], scale_by_processor: false },
          events: { end: "on_connect" },
        },
      },
    })
    await submit(it)
    await it.clock.advance(HOUR - MINUTE)
    expect(count(it, EVENTS)).toBeLessThan(100)
    expect(count(it, GET) + count(it, LIST)).toBeLessThan(200)
    await it.clock.advance(5 * MINUTE)
    expect((await read(it)).ended).toBe(true)
  })

  it("learns of every end when events never name a run", async () => {
    const it = world({
      weather: {
        rows: 12,
        behaviour: { runs: { failure_rate: 0.3 }, events: { missing_run_event_rate: 1 } },
      },
    })
    await submit(it)
    await it.clock.advance(2 * MINUTE)
    expect((await read(it)).ended).toBe(true)
  })

  it("looks on at a group whose runs are parked for a day", async () => {
    const it = world({
      weather: {
        rows: 2,
        behaviour: {
          runs: { action_required_rate: 1, change_after_end: { rate: 1, after_ms: DAY, to: "completed" } },
        },
      },
    })
    await submit(it)
    await it.clock.advance(23 * HOUR)
    const parked = await read(it)
    expect(parked.results.map((row) => row["$status"])).toEqual(["action_required", "action_required"])
    expect(parked.status.is_active).toBe(true)
    const requests = it.simulator.requests.total
    expect(requests).toBeLessThan(2_000)
    await it.clock.advance(4 * HOUR)
    expect((await read(it)).results.map((row) => row["$status"])).toEqual(["completed", "completed"])
    expect((await read(it)).ended).toBe(true)
  })

  it("gives up a group in which nothing has changed for 30 days, looking in hourly", async () => {
    const it = world({
      weather: {
        rows: 1,
        behaviour: { runs: { duration_ms: [90 * DAY, 90 * DAY], scale_by_processor: false } },
      },
    })
    await submit(it)
    await it.clock.advance(2 * DAY)
    const before = it.simulator.requests.total
    await it.clock.advance(DAY)
    expect(it.simulator.requests.total - before).toBeLessThan(60)
    expect(it.simulator.requests.open).toBe(0)
    await it.clock.advance(28 * DAY)
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.status.status_message).toMatch(/Nothing has changed/)
  })

  it("gives it up as well when each look in is a new object's, which learns anew what is running", async () => {
    const it = world({
      weather: {
        rows: 3,
        behaviour: { runs: { duration_ms: [90 * DAY, 90 * DAY], scale_by_processor: false } },
      },
    })
    await submit(it)
    await it.clock.advance(2 * DAY)
    it.host.kill("as the platform evicts it")
    // That they run is news once, since nothing has been for so long.
    await it.clock.advance(2 * DAY)
    const before = it.simulator.requests.total
    for (let hour = 0; hour < 24; hour++) {
      it.host.kill("as the platform evicts it")
      await it.clock.advance(HOUR)
    }
    expect(it.simulator.requests.total - before).toBeLessThan(80)
    expect(it.simulator.requests.open).toBe(0)
    expect(await read(it)).toMatchObject({ ended: false, status: { task_run_status_counts: { running: 3 } } })
    for (let day = 0; day < 29; day++) {
      it.host.kill("as the platform evicts it")
      await it.clock.advance(DAY)
    }
    const data = await read(it)
    expect(data.ended).toBe(true)
    expect(data.status.status_message).toMatch(/Nothing has changed/)
  })

  it("is not done before it knows whose the runs are, where only their inputs tell and no listing comes through", async () => {
    const it = world({
      weather: {
        rows: 12,
        behaviour: {
          add_runs: { run_ids: "shuffled" },
          shapes: { echo_metadata: false },
          events: { input: "none" },
        },
      },
    })
    const cut = { kind: "cut", after_events: 0, where: "mid_character", clean: false }
    it.simulator.behaviour.patch({
      faults: [{ route: "group.runs.list", probability: 1, fault: cut }] as never,
    })
    await submit(it)
    await it.clock.advance(9 * MINUTE)
    expect(await read(it)).toMatchObject({
      ended: false,
      status: { task_run_status_counts: { completed: 12 } },
    })
    it.simulator.behaviour.patch({ faults: [] })
    await it.clock.advance(3 * MINUTE)
    const data = await read(it)
    expect(data.ended).toBe(true)
    const shown = data.runs.map((run) => run["run_id"])
    const truth = runsOf(it).map((run) => truthOf(it.simulator.context, run))
    const wanted = shown.map((_, at) => truth.find(({ input_index }) => input_index === at)?.run_id)
    expect(shown).toEqual(wanted)
  })

  it("stores an output beyond the row limit: the content, as much of the basis as fits, and what is missing", async () => {
    const it = world({ weather: { rows: 1 } })
    await submit(it)
    it.simulator.override(it.groupId, { input_index: 0, output_bytes: 3_000_000 })
    await it.clock.advance(2 * MINUTE)
    const data = await read(it)
    expect(data.ended).toBe(true)
    const [run] = data.runs
    const message = JSON.stringify([run!["error"], run!["warnings"]])
    expect(message).toMatch(/larger than/)
  })

  it("needs few requests: one for each batch, one result for each run, and at most 30 beside", async () => {
    const it = world({ weather: { rows: 60, batchSize: 1_000 } })
    it.simulator.behaviour.patch({ runs: { ...DEFAULT_BEHAVIOUR.runs, failure_rate: 0 } })
    await submit(it)
    await it.clock.advance(10 * MINUTE)
    expect((await read(it)).ended).toBe(true)
    expect(count(it, ADD)).toBe(1)
    const results = count(it, "GET /v1/tasks/runs/{run}/result")
    expect(it.simulator.requests.total - results).toBeLessThan(30)
  })
})

describe("what is served", () => {
  it("is upstream's truth, field by field", async () => {
    const it = world({ weather: { rows: 6, behaviour: { runs: { failure_rate: 0.4 } } } })
    await submit(it)
    await it.clock.advance(5 * MINUTE)
    const data = await read(it)
    for (const run of runsOf(it)) {
      const truth = truthOf(it.simulator.context, run)
      const served = data.runs[truth.input_index]!
      expect(served).toMatchObject({
        run_id: truth.run_id,
        status: truth.final_status,
        processor: "core",
        taskgroup_id: it.groupId,
        is_active: false,
      })
      expect(served["error"]).toEqual(truth.error)
      expect(served["output"]?.content).toEqual(truth.output?.content)
      expect(served["output"]?.basis).toEqual(truth.output?.basis)
      expect(served["metadata"]).toEqual({ input_index: String(truth.input_index) })
    }
  })
})
