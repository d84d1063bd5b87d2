import { describe, expect, it } from "vitest"
import { ENDLESS, QUICK, untilState } from "../support/acts.ts"
import { untilEnded } from "../support/expect.ts"
import { callTool, done, failed } from "../support/mcp.ts"
import { companies, SCHEMA } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

/** What costs money happens as far as was agreed, and only with it. */

const task = (rows = 3) => ({ inputs: companies(rows), output: SCHEMA, processor: "core" })

const runsOf = async (upstream: Upstream, id: string): Promise<number> => (await upstream.ledger(id)).num_runs

describe.concurrent("money", () => {
  it("above max_cost_usd is not spent, and nobody is asked", async () => {
    const upstream = newUpstream()
    const text = await failed(upstream, "createTaskGroup", { ...task(), max_cost_usd: 0.05, request_id: "r" })
    expect(text).toMatch(/^- max_cost_usd is 0\.05, below the estimate of 0\.075 USD/m)
    expect(text).toContain("Nothing was started or paid. Ask the person whether to spend that")
    expect((await upstream.requests()).total).toBe(0)
    // The request was none: with more money it is the first of its id.
    await done(upstream, "createTaskGroup", { ...task(), max_cost_usd: 0.075, request_id: "r" })
  })

  it("above max_cost_usd is not spent on a processor that is suggested, either", async () => {
    const upstream = newUpstream()
    const args = { inputs: companies(3), output: "who leads it", max_cost_usd: 0.000_1, request_id: "r" }
    expect(await failed(upstream, "createTaskGroup", args)).toContain("max_cost_usd")
    expect(await upstream.groups()).toEqual([])
  })

  it("above max_cost_usd is not spent on more rows, or on rows again", async () => {
    const upstream = newUpstream()
    await upstream.behave(QUICK)
    const { taskgroup_id } = await done(upstream, "createTaskGroup", { ...task(), request_id: "c" })
    await untilEnded(taskgroup_id as string)
    const more = { taskgroup_id, inputs: companies(3), max_cost_usd: 0.07, request_id: "a" }
    expect(await failed(upstream, "addInputs", more)).toContain("0.075 USD (3 runs of core)")
    const retry = { taskgroup_id, rows: [1], processor: "ultra", max_cost_usd: 0.07, request_id: "b" }
    expect(await failed(upstream, "retryFailed", retry)).toMatch(/0\.3 USD \(1 run of ultra\)/)
    expect(await runsOf(upstream, taskgroup_id as string)).toBe(3)
  })

  it("that is not there ends the matter", async () => {
    const upstream = newUpstream()
    const key = upstream.keyThat("nocredit")
    const args = { ...task(), request_id: "r" }
    for (let times = 0; times < 2; times++) {
      const text = await failed(upstream, "createTaskGroup", args, { key })
      expect(text).toMatch(/credit[^]*Tell the person[^]*and stop; do not call again before they say so\./)
      expect(text).not.toContain("request_id")
    }
    expect((await upstream.groups()).map(({ num_runs }) => num_runs)).toEqual([0, 0])
  })

  it("is what a plan says, and the plan costs none", async () => {
    const upstream = newUpstream()
    const plan = await callTool(upstream, "planTaskGroup", { ...task(10), limit: 4 })
    expect(plan.structured).toMatchObject({
      dry_run: true,
      num_inputs: 4,
      num_inputs_left_out: 6,
      processor: "core",
      estimated_cost_usd: 0.1,
      estimated_seconds: { min: expect.any(Number), max: expect.any(Number) },
    })
    expect(plan.next).toMatch(/^Nothing was started\.[^]*this output_schema as output/)
    const text = await callTool(upstream, "planTaskGroup", { ...task(1), output: "x", output_type: "text" })
    expect(text.next).toMatch(/with the same arguments and this processor;/)
    expect((await upstream.requests()).total).toBe(0)
  })

  it("is spent on three rows first, and then on the others", async () => {
    const upstream = newUpstream()
    await upstream.behave(QUICK)
    const trial = await callTool(upstream, "createTaskGroup", { ...task(10), limit: 3, request_id: "c" })
    expect(trial.structured).toMatchObject({
      num_inputs: 3,
      num_inputs_left_out: 7,
      estimated_cost_usd: 0.075,
    })
    expect(trial.next).toMatch(/7 rows were left out[^]*those alone to addInputs[^]*first 3 too/)
    const { taskgroup_id } = trial.structured as { taskgroup_id: string }
    await untilEnded(taskgroup_id)
    expect(await runsOf(upstream, taskgroup_id)).toBe(3)
    const rest = await done(upstream, "addInputs", {
      taskgroup_id,
      inputs: companies(10).slice(3),
      request_id: "a",
    })
    expect(rest).toMatchObject({ added: 7, first_index: 3, num_inputs: 10, estimated_cost_usd: 0.175 })
    const { results } = await untilEnded(taskgroup_id)
    expect(results.map((row) => row["company"])).toEqual(companies(10).map(({ company }) => company))
    expect(await runsOf(upstream, taskgroup_id)).toBe(10)
  })

  it("is not spent on what a stop has left out, until it is asked for again", async () => {
    const upstream = newUpstream()
    await upstream.behave(ENDLESS)
    // The second and third batch find no credit, and wait for it.
    await upstream.fault({
      route: "group.runs.add",
      skip: 1,
      times: 50,
      fault: { kind: "status", status: 402 },
    })
    const { taskgroup_id } = await done(upstream, "createTaskGroup", { ...task(25), request_id: "c" })
    // The answer comes with the first batch, while the others may still be on their way.
    await untilState(taskgroup_id as string, "waiting_for_credit")
    const stopped = await callTool(upstream, "stopTaskGroup", { taskgroup_id })
    expect(stopped.structured).toMatchObject({ taskgroup_id, not_sent: 15, running: 10 })
    expect(stopped.next).toMatch(/15 rows/)
    // Once more there is nothing to stop.
    expect(await done(upstream, "stopTaskGroup", { taskgroup_id })).toMatchObject({
      not_sent: 0,
      running: 10,
    })
    expect(await runsOf(upstream, taskgroup_id as string)).toBe(10)
    await upstream.clearFaults()
    const { retried } = await done(upstream, "retryFailed", { taskgroup_id, request_id: "r" })
    expect(retried).toBe(15)
  })
})
