import { describe, expect, it } from "vitest"
import { act, acted, inTime, RETRY, sendPieces } from "./acting.ts"
import {
  ADD,
  DAY,
  EVENTS,
  GET,
  HOUR,
  LIST,
  MINUTE,
  RESULT,
  SECOND,
  read,
  refusal,
  runsOf,
  statusesOf,
  trouble,
  watch,
  world,
} from "./story.ts"
import { API_KEY, submit, type World } from "./world.ts"

/** Of one account: the first has credit for two runs. */
const FIRST_KEY = "sim-acct-one-credit-0.05-0123456789"
const OTHER_KEY = "sim-acct-one-other-0123456789"
const ended = (of: World, ms = HOUR) => of.clock.advanceUntil(() => of.host.hasEnded(), ms)
/** What upstream was told each run is of. */
const attemptsOf = (of: World) =>
  runsOf(of)
    .map(({ metadata }) => `${String(metadata?.["input_index"])}/${String(metadata?.["attempt"] ?? 1)}`)
    .sort()

describe("a group that is there", () => {
  it("takes more rows while it runs, and after it has ended", async () => {
    const one = world({ weather: { rows: 3 } })
    await submit(one)
    const more = [{ company: "More 0", city: "Ulm" }, { company: "More 1" }, { company: "More 2" }]
    expect(await acted(one, await sendPieces(one, "a", more))).toMatchObject({
      taskgroup_id: one.groupId,
      added: 3,
      first_index: 3,
      num_inputs: 6,
      estimated_cost_usd: 0.075,
      warnings: [],
    })
    await ended(one)
    const sunset = (await read(one)).status
    expect(sunset).toMatchObject({ num_task_runs: 6, state: "done", estimated_cost_usd: 0.15 })
    const viewer = watch(one)
    await one.clock.advanceUntil(() => viewer.finished, MINUTE)
    await acted(one, await sendPieces(one, "b", [{ company: "Last" }]))
    expect((await read(one)).status).toMatchObject({ num_task_runs: 7, state: "running", is_active: true })
    await ended(one)
    expect(await statusesOf(one)).toEqual(Array.from({ length: 7 }, () => "completed"))
    expect((await read(one)).results[3]).toMatchObject({ company: "More 0", city: "Ulm" })
    expect(attemptsOf(one)).toEqual(Array.from({ length: 7 }, (_, at) => `${at}/1`))
    expect(one.violations).toEqual([])
  })

  it("runs failed rows again, as new attempts, with another processor perhaps", async () => {
    const one = world({ weather: { rows: 4, behaviour: { runs: { failure_rate: 1 } } } })
    await submit(one)
    await ended(one)
    expect((await read(one)).status).toMatchObject({ task_run_status_counts: { failed: 4 }, state: "done" })
    const before = (await read(one)).results.map((row) => row["$id"])
    one.simulator.behaviour.set({ runs: { failure_rate: 0 } })
    expect(
      await acted(one, { ...RETRY, rows: [1, 2], dryRun: true, processor: "pro" } as never),
    ).toMatchObject({
      dry_run: true,
      retried: 2,
      estimated_cost_usd: 0.2,
    })
    expect(one.host.hasEnded()).toBe(true)
    await acted(one, { ...RETRY, rows: [1, 2], processor: "pro" } as never)
    expect((await read(one)).results.map((row) => row["$status"])).toEqual([
      "failed",
      "queued",
      "queued",
      "failed",
    ])
    await ended(one)
    const served = await read(one)
    expect(served.results.map((row) => row["$status"])).toEqual([
      "failed",
      "completed",
      "completed",
      "failed",
    ])
    expect(served.runs[1]).toMatchObject({
      processor: "pro",
      metadata: { input_index: "1", attempt: "2" },
      input_index: 1,
    })
    expect(served.status).toMatchObject({ state: "done", estimated_cost_usd: 0.3 })
    // The old run is there under its own id.
    const old = (format: string) => {
      const response = one.host.fetch(new Request(`https://object/${format}?row=${String(before[1])}`))
      return inTime(
        one,
        response.then((answer) => answer.text()),
      )
    }
    expect(JSON.parse(await old("json"))).toMatchObject({ run_id: before[1], status: "failed" })
    // And says that there is a newer one.
    expect(await old("md")).toContain(`attempt 1 of 2 at this row: [the newest](/${one.groupId}/1.md)`)
    expect(await old("html")).toContain(`<a href="/${one.groupId}/1.html">the newest</a>`)
    expect(await acted(one, RETRY)).toMatchObject({ retried: 2, estimated_cost_usd: 0.05 })
    await ended(one)
    expect(attemptsOf(one)).toEqual(["0/1", "0/2", "1/1", "1/2", "2/1", "2/2", "3/1", "3/2"])
    expect(await acted(one, RETRY)).toMatchObject({ retried: 0, estimated_cost_usd: 0 })
    expect(one.host.hasEnded()).toBe(true)
  })

  it("asks for no more than it must when a few of many rows are run again", async () => {
    const one = world({
      weather: {
        rows: 600,
        behaviour: { runs: { failure_rate: 0, duration_ms: [SECOND, SECOND], queue_ms: [10, 20] } },
      },
    })
    await submit(one)
    await ended(one)
    const before = { ...one.simulator.requests.counts }
    const started = one.clock.now()
    const rows = Array.from({ length: 12 }, (_, at) => at * 50)
    expect(await acted(one, { ...RETRY, rows } as never)).toMatchObject({ retried: 12 })
    await ended(one)
    const { counts } = one.simulator.requests
    const asked = [ADD, EVENTS, GET, LIST, RESULT].map((route) => (counts[route] ?? 0) - (before[route] ?? 0))
    expect(asked).toEqual([1, 1, expect.any(Number), 1, 12])
    expect(asked[2]).toBeLessThanOrEqual(2)
    expect(one.clock.now() - started).toBeLessThan(5 * SECOND)
  })

  it("refuses rows that it does not have, and what costs too much, and changes nothing", async () => {
    const one = world({ weather: { rows: 2, behaviour: { runs: { failure_rate: 1 } } } })
    await submit(one)
    await ended(one)
    const before = one.host.disk.dump()
    expect(await act(one, { ...RETRY, rows: [1, 2, 7] } as never)).toMatchObject({
      _tag: "Refused",
      problems: [{ path: "rows[1]" }, { path: "rows[2]" }],
    })
    expect(await act(one, { ...RETRY, maxCostUsd: 0.04 } as never)).toMatchObject({
      _tag: "Refused",
      problems: [{ path: "max_cost_usd", message: expect.stringContaining("0.05") }],
    })
    expect(
      await act(one, { _tag: "inputs", pieces: "none", numInputs: 1, inputColumns: [], warnings: [] }),
    ).toEqual({ _tag: "PiecesLost" })
    expect(one.host.disk.dump()).toBe(before)
  })

  it("gives the same answer again under the same idempotency key, and does nothing twice", async () => {
    const one = world({ weather: { rows: 2, behaviour: { runs: { failure_rate: 1 } } } })
    await submit(one)
    await ended(one)
    const first = await acted(one, RETRY, { record: "r" })
    one.host.kill("by the story")
    expect(await act(one, RETRY, { record: "r" })).toMatchObject({ _tag: "Done", replayed: true })
    expect(await acted(one, RETRY, { record: "r" })).toEqual(first)
    expect(await act(one, { _tag: "stop" }, { record: "r" })).toEqual({ _tag: "KeyReused" })
    await ended(one)
    expect(runsOf(one)).toHaveLength(4)
  })

  it("says at once what an act has changed, also while an answer is in doubt", async () => {
    const one = world({ weather: { rows: 2 } })
    await submit(one)
    await ended(one)
    const said = async () => (await read(one)).status.status_message
    trouble(one, SECOND, { kind: "reset", when: "after" }, ["group.runs.add"])
    await acted(one, await sendPieces(one, "a", [{ company: "In doubt" }]))
    await one.clock.advance(2 * SECOND)
    const settling = "was lost; checking which of them exist before sending any again."
    expect(await said()).toBe(`Parallel's answer to adding 1 run ${settling}`)
    await acted(one, await sendPieces(one, "b", [{ company: "Waits" }, { company: "Waits, too" }]))
    expect(await acted(one, { _tag: "stop" })).toMatchObject({ not_sent: 2, running: 1 })
    expect(await said()).toMatch(/^Parallel's answer .* 2 inputs were not sent to Parallel: POST .*\/resume/)
    expect(await acted(one, { _tag: "resume" })).toMatchObject({ resumed: 2 })
    // Events have told of the run by now.
    expect(await said()).toBe(`Parallel's answer to adding runs ${settling}`)
    await ended(one)
    expect((await read(one)).status).toMatchObject({ state: "done", status_message: "" })
    expect(attemptsOf(one)).toEqual(["0/1", "1/1", "2/1", "3/2", "4/2"])
  })

  it("stops: what is not sent is not, until somebody resumes", async () => {
    const one = world({ weather: { rows: 6, batchSize: 2, webhook: "fine" }, key: FIRST_KEY })
    await submit(one)
    await one.clock.advance(SECOND)
    expect((await read(one)).status.state).toBe("waiting_for_credit")
    expect(await acted(one, { _tag: "stop" })).toMatchObject({ not_sent: 4, running: 2 })
    expect((await read(one)).status).toMatchObject({
      state: "stopping",
      status_message: expect.stringContaining("4 inputs were not sent"),
    })
    await ended(one)
    const stopped = await read(one)
    expect(stopped.status).toMatchObject({
      state: "stopped",
      status_message: expect.stringContaining("/resume"),
      estimated_cost_usd: 0.05,
    })
    expect(stopped.results.slice(2).map((row) => [row["$id"], row["$status"]])).toEqual(
      Array.from({ length: 4 }, () => [null, "cancelled"]),
    )
    expect(runsOf(one)).toHaveLength(2)
    expect(await acted(one, { _tag: "stop" })).toMatchObject({ not_sent: 0, running: 0 })
    expect(await acted(one, { _tag: "resume" }, { key: OTHER_KEY })).toMatchObject({ resumed: 4 })
    await ended(one)
    expect((await read(one)).status).toMatchObject({ state: "done", status_message: "" })
    expect(await statusesOf(one)).toEqual(Array.from({ length: 6 }, () => "completed"))
    expect(attemptsOf(one)).toEqual(["0/1", "1/1", "2/2", "3/2", "4/2", "5/2"])
    expect(await acted(one, { _tag: "resume" }, { key: OTHER_KEY })).toMatchObject({ resumed: 0 })
  })

  it("goes on at once where somebody resumes while it waits for credit", async () => {
    const one = world({ weather: { rows: 6, batchSize: 2 }, key: FIRST_KEY })
    await submit(one)
    await one.clock.advance(SECOND)
    expect(await acted(one, { _tag: "resume" }, { key: OTHER_KEY })).toMatchObject({ resumed: 4 })
    await one.clock.advance(SECOND)
    expect(runsOf(one)).toHaveLength(6)
    await ended(one)
    expect(attemptsOf(one)).toEqual(Array.from({ length: 6 }, (_, at) => `${at}/1`))
  })

  it.each(["resume", "inputs"] as const)(
    "goes on at once after a stop while it waited for credit (%s)",
    async (tag) => {
      const one = world({
        weather: { rows: 6, batchSize: 2, behaviour: { runs: { duration_ms: [DAY, DAY] } } },
        key: FIRST_KEY,
      })
      await submit(one)
      await one.clock.advance(SECOND)
      await acted(one, { _tag: "stop" })
      const more = await sendPieces(one, "a", [{ company: "More" }])
      await acted(one, tag === "inputs" ? more : { _tag: "resume" }, { key: OTHER_KEY })
      expect((await read(one)).status.state).toBe("running")
      await one.clock.advance(5 * SECOND)
      expect(attemptsOf(one)).toEqual(
        tag === "inputs" ? ["0/1", "1/1", "6/1"] : ["0/1", "1/1", "2/2", "3/2", "4/2", "5/2"],
      )
    },
  )

  it("leaves rows alone that are at the last attempt there is room for, whoever wants them", async () => {
    const one = world({ weather: { rows: 6, batchSize: 2 }, key: FIRST_KEY })
    await submit(one)
    await one.clock.advance(SECOND)
    await acted(one, { _tag: "stop" })
    await ended(one)
    one.host.kill("by the story")
    one.host.disk.exec("UPDATE runs SET id = 5999, attempt = 999 WHERE input_index = 5", [])
    const warnings = ["1 row is at attempt 999, the last, and left alone."]
    expect(await acted(one, { _tag: "resume" }, { key: OTHER_KEY })).toMatchObject({ resumed: 3, warnings })
    await ended(one)
    expect(await acted(one, { _tag: "resume" }, { key: OTHER_KEY })).toMatchObject({ resumed: 0, warnings })
    expect(await acted(one, RETRY, { key: OTHER_KEY })).toMatchObject({ retried: 0, warnings })
    expect((await read(one)).status.state).toBe("stopped")
    expect(attemptsOf(one)).toEqual(["0/1", "1/1", "2/2", "3/2", "4/2"])
  })

  it("waits for the outputs of rows that are tried again as for any, however late they were before", async () => {
    const late = { delay_ms: MINUTE, pending_result: "404" } as const
    const runs = { failure_rate: 0, overrides: [{ input_index: 0, ends_after_ms: 3 * DAY }] }
    const one = world({
      settings: { OUTPUT_WAIT_HOURS: 0.2, RESULTS_PER_SECOND: 5, RESULTS_BURST: 5 },
      weather: {
        rows: 80,
        behaviour: { runs, outputs: { ...late, missing_in: "result" } },
      },
    })
    await submit(one)
    await one.clock.advance(15 * MINUTE)
    expect((await read(one)).status.task_run_status_counts).toEqual({ completed: 79, running: 1 })
    one.simulator.behaviour.set({ runs, outputs: late })
    const rows = Array.from({ length: 79 }, (_, at) => at + 1)
    expect(await acted(one, { ...RETRY, rows } as never)).toMatchObject({ retried: 79 })
    await one.clock.advance(MINUTE / 2)
    expect((await read(one)).status.task_run_status_counts).toEqual({ running: 80 })
    await one.clock.advance(4 * MINUTE)
    expect((await read(one)).status.task_run_status_counts).toEqual({ completed: 79, running: 1 })
  })

  it("waits for credit no longer than it says where following began anew meanwhile", async () => {
    const one = world({
      settings: { CREDIT_WAIT_HOURS: 1 },
      weather: { rows: 2, behaviour: { runs: { duration_ms: [DAY, DAY] } } },
      key: FIRST_KEY,
    })
    await submit(one)
    await one.clock.advance(5 * HOUR)
    await acted(one, await sendPieces(one, "a", [{ company: "More 0" }]))
    await one.clock.advance(2 * MINUTE)
    expect((await read(one)).status.state).toBe("waiting_for_credit")
    trouble(one, 20 * MINUTE, refusal(401))
    await one.clock.advance(18 * MINUTE)
    expect((await read(one)).status.state).toBe("key_refused")
    one.simulator.faults.clear()
    await acted(one, await sendPieces(one, "b", [{ company: "More 1" }]))
    await one.clock.advance(3 * HOUR)
    expect((await read(one)).status).toMatchObject({
      state: "stopping",
      task_run_status_counts: { cancelled: 2 },
    })
  })

  it("goes on with another key where the first is refused, and follows again after a give-up", async () => {
    const one = world({ weather: { rows: 4, behaviour: { runs: { duration_ms: [DAY, DAY] } } } })
    await submit(one)
    await one.clock.advance(SECOND)
    trouble(one, 3 * HOUR, refusal(401))
    await one.clock.advance(HOUR)
    expect((await read(one)).status.state).toBe("key_refused")
    one.simulator.faults.clear()
    expect(await acted(one, { _tag: "resume" })).toMatchObject({ resumed: 4 })
    await one.clock.advance(SECOND)
    expect((await read(one)).status).toMatchObject({ state: "running", status_message: "" })
    trouble(one, 10 * HOUR, refusal(401))
    await ended(one, 10 * HOUR)
    expect((await read(one)).status).toMatchObject({
      state: "given_up",
      task_run_status_counts: { running: 4 },
    })
    expect(one.host.disk.dump()).not.toContain(API_KEY)
    one.simulator.faults.clear()
    expect(await acted(one, RETRY)).toMatchObject({ retried: 0 })
    expect(await acted(one, { _tag: "resume" })).toMatchObject({ resumed: 4 })
    await ended(one, 2 * DAY)
    expect((await read(one)).status).toMatchObject({
      state: "done",
      task_run_status_counts: { completed: 4 },
    })
    expect(runsOf(one)).toHaveLength(4)
  })

  it("is gone after a DELETE, known for a day, and takes nothing in again", async () => {
    const one = world({ weather: { rows: 2, behaviour: { runs: { duration_ms: [HOUR, HOUR] } } } })
    await submit(one)
    const viewer = watch(one)
    await one.clock.advance(SECOND)
    expect(await acted(one, { _tag: "delete" })).toMatchObject({ deleted: true, running: 2 })
    await one.clock.advance(5 * SECOND)
    expect(one.host.disk.dump()).not.toContain("Company")
    expect(await act(one, { _tag: "stop" })).toEqual({ _tag: "Gone" })
    expect(await one.host.call((object) => object.exists())).toBe(false)
    expect(await one.host.call((object) => object.wasHere())).toBe(true)
    one.host.kill("by the story")
    expect(await one.host.call((object) => object.exists())).toBe(false)
    expect(await one.host.call((object) => object.wasHere())).toBe(true)
    const asked = one.simulator.requests.total
    await one.clock.advance(23 * HOUR)
    expect(one.simulator.requests.total).toBe(asked)
    expect(await one.host.call((object) => object.wasHere())).toBe(true)
    await one.clock.advance(2 * HOUR)
    expect(one.host.disk.isEmpty()).toBe(true)
    viewer.stop()
  })
})
