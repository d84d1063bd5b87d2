import { describe, expect, it } from "vitest"
import { workerConstants } from "../../support/workerSettings.ts"
import { ENDLESS, QUICK, untilState } from "../support/acts.ts"
import { untilEnded } from "../support/expect.ts"
import { callTool, done, failed } from "../support/mcp.ts"
import { companies, ORIGIN, SCHEMA, underVariables } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

/** What costs money happens once, as much as was agreed, and only with it. */

const USED = /^This request_id had been used: nothing new was (?:started|done), this is its answer\./

const task = (rows = 3) => ({ inputs: companies(rows), output: SCHEMA, processor: "core" })

const runsOf = async (upstream: Upstream, id: string): Promise<number> => (await upstream.ledger(id)).num_runs

/** Slow enough that a second call comes while the first is under way. */
const slowly = (upstream: Upstream, route: string, ms = 400) =>
  upstream.behave({ transport: { latency_by_route: { [route]: [ms, ms] } } })

describe.concurrent("the same request again", () => {
  it("in whatever words is the same task group", async () => {
    const upstream = newUpstream()
    const args = { ...task(), title: "Sums", max_cost_usd: 5, request_id: "once" }
    const first = await callTool(upstream, "createTaskGroup", args)
    expect(first.next).not.toMatch(USED)
    const turned = Object.fromEntries(Object.entries(args).toReversed())
    for (const same of [
      JSON.stringify(args),
      JSON.stringify(args, null, 3),
      JSON.stringify(turned),
      JSON.stringify({ ...args, limit: null, webhook_url: null, source_policy: null, output_type: null }),
      JSON.stringify({ ...args, output_type: "json" }),
      JSON.stringify(args).replace('"request_id"', '"request\\u005fid"'),
    ]) {
      const again = await callTool(upstream, "createTaskGroup", same)
      expect(again.structured).toEqual(first.structured)
      expect(again.next).toMatch(USED)
    }
    await untilEnded(first.structured.taskgroup_id as string)
    expect(await upstream.groups()).toEqual([
      expect.objectContaining({ taskgroup_id: first.structured.taskgroup_id, num_runs: 3 }),
    ])
  })

  it("is refused when it is another one", async () => {
    const upstream = newUpstream()
    const args = { ...task(), request_id: "once" }
    const { taskgroup_id } = await done(upstream, "createTaskGroup", args)
    const price =
      '{"inputs":[{"n":1.10}],"output":"x","output_type":"text","processor":"core","request_id":"text"}'
    await done(upstream, "createTaskGroup", price)
    for (const other of [
      { ...args, limit: 2 },
      { ...args, inputs: companies(4) },
      { ...args, processor: "base" },
      { ...args, max_cost_usd: 100 },
      price.replace("1.10", "1.1"),
    ])
      expect(await failed(upstream, "createTaskGroup", other)).toMatch(
        /^This request_id [^]*use a new request_id for a new request\.\nIf this repeats a call whose answer was lost, pass exactly/,
      )
    await untilEnded(taskgroup_id as string)
    expect((await upstream.groups()).map(({ num_runs }) => num_runs).toSorted((a, b) => a - b)).toEqual([
      1, 3,
    ])
  })

  it("is another one for another tool, another group, another key", async () => {
    const upstream = newUpstream()
    await upstream.behave(QUICK)
    await upstream.behave({ runs: { overrides: [{ input_index: 0, attempt: 1, outcome: "failed" }] } })
    const request_id = "one for all"
    const ids: Array<string> = []
    for (const key of [upstream.key, upstream.keyThat("other")]) {
      const { taskgroup_id } = await done(upstream, "createTaskGroup", { ...task(), request_id }, { key })
      ids.push(taskgroup_id as string)
      await untilEnded(taskgroup_id as string)
      const more = { taskgroup_id, inputs: companies(1), request_id }
      expect(await done(upstream, "addInputs", more, { key })).toMatchObject({ added: 1 })
      await untilEnded(taskgroup_id as string)
      expect(await done(upstream, "retryFailed", { taskgroup_id, request_id }, { key })).toMatchObject({
        retried: 1,
      })
      await untilEnded(taskgroup_id as string)
    }
    expect(new Set(ids).size).toBe(2)
    expect(await Promise.all(ids.map((id) => runsOf(upstream, id)))).toEqual([5, 5])
  })

  it("adds rows once, and runs rows again once", async () => {
    const upstream = newUpstream()
    await upstream.behave(QUICK)
    const { taskgroup_id: id } = await done(upstream, "createTaskGroup", { ...task(), request_id: "c" })
    const more = { taskgroup_id: id, inputs: companies(2), request_id: "a" }
    const retry = { taskgroup_id: id, rows: [0, 4], processor: "pro", request_id: "b" }
    for (const [tool, args, answer, runs] of [
      ["addInputs", more, { added: 2, first_index: 3, num_inputs: 5 }, 5],
      ["retryFailed", retry, { retried: 2 }, 7],
    ] as const) {
      await untilEnded(id as string)
      const first = await callTool(upstream, tool, args)
      expect(first.structured).toMatchObject(answer)
      const otherwise = { ...args, request_id: ` ${args.request_id}`, taskgroup_id: `${ORIGIN}/${id}.md` }
      const again = await callTool(upstream, tool, otherwise)
      expect([again.structured, again.next]).toEqual([first.structured, expect.stringMatching(USED)])
      await untilEnded(id as string)
      // After the end of what it started, too.
      expect((await callTool(upstream, tool, args)).structured).toEqual(first.structured)
      expect(await failed(upstream, tool, { ...args, max_cost_usd: 9 })).toContain(
        "Use a new one only for another request",
      )
      expect(await runsOf(upstream, id as string)).toBe(runs)
    }
  })

  it.each(["createTaskGroup", "addInputs", "retryFailed"])(
    "of %s while the first is under way waits for its answer",
    async (tool) => {
      const upstream = newUpstream()
      await upstream.behave(QUICK)
      const { taskgroup_id } = await done(upstream, "createTaskGroup", { ...task(), request_id: "before" })
      await untilEnded(taskgroup_id as string)
      const args = {
        createTaskGroup: task(),
        addInputs: { taskgroup_id, inputs: companies(3) },
        retryFailed: { taskgroup_id, rows: [0, 1, 2] },
      }[tool]
      // How an act finds out that the key may do it, and how a group begins.
      await slowly(upstream, tool === "createTaskGroup" ? "group.create" : "group.get")
      const answers = await Promise.all(
        [1, 2, 3].map(() => callTool(upstream, tool, { ...args, request_id: "together" })),
      )
      expect(answers.map(({ isError, text }) => [isError, text])).toEqual(
        Array.from({ length: 3 }, () => [false, answers[0]!.text]),
      )
      expect(answers.filter(({ next }) => USED.test(next))).toHaveLength(2)
      await untilEnded(answers[0]!.structured.taskgroup_id as string)
      const groups = await upstream.groups()
      expect(groups.reduce((sum, { num_runs }) => sum + num_runs, 0)).toBe(6)
    },
  )

  it("that gets its turn when too little time is left does not begin", async () => {
    const upstream = newUpstream()
    await upstream.fault({ route: "group.create", times: 9, fault: { kind: "hang", ms: 5_000 } })
    const hurried = underVariables({
      TEST_CONSTANTS: JSON.stringify({ ...workerConstants, MCP_PREPARE_SECONDS: 1, MCP_START_SECONDS: 0.2 }),
    })
    const args = { ...task(), request_id: "late" }
    const call = () => failed(upstream, "createTaskGroup", args, { sending: hurried })
    const answers = (await Promise.all([call(), call()])).toSorted()
    expect(answers).toEqual([
      expect.stringMatching(/^Parallel or the inputs URL did not answer within 1 s/),
      expect.stringMatching(/^The earlier request with this request_id ended without an answer/),
    ])
    for (const said of answers) expect(said).toContain("Call again in a moment, with the same request_id")
    expect((await upstream.requests()).counts).toMatchObject({ "POST /v1/tasks/groups": 1 })
    await upstream.clearFaults()
    await done(upstream, "createTaskGroup", args)
  })

  it("and every other one is answered in time where Parallel does not answer", async () => {
    const upstream = newUpstream()
    const { taskgroup_id } = await done(upstream, "createTaskGroup", { ...task(), request_id: "r" })
    await upstream.fault({ route: "group.get", times: 9, fault: { kind: "hang", ms: 5_000 } })
    const hurried = underVariables({
      TEST_CONSTANTS: JSON.stringify({ ...workerConstants, MCP_PREPARE_SECONDS: 1 }),
    })
    for (const [tool, args] of [
      ["addInputs", { inputs: companies(1) }],
      ["retryFailed", { rows: [0] }],
    ] as const)
      expect(
        await failed(upstream, tool, { taskgroup_id, request_id: tool, ...args }, { sending: hurried }),
      ).toMatch(/did not answer within 1 s\. Nothing was submitted/)
  })

  it("that has waited long enough is told to come again", async () => {
    const upstream = newUpstream()
    // Longer than it takes to look again.
    await slowly(upstream, "group.create", 2_000)
    const impatient = underVariables({
      TEST_CONSTANTS: JSON.stringify({ ...workerConstants, MCP_REPEAT_SECONDS: 0.05 }),
    })
    const args = { ...task(), request_id: "together" }
    const answers = await Promise.all(
      [1, 2].map(() => callTool(upstream, "createTaskGroup", args, { sending: impatient })),
    )
    const refused = answers.filter(({ isError }) => isError)
    expect(refused.map(({ text }) => text)).toEqual([
      expect.stringMatching(/Call again with exactly the same arguments and the same request_id in \d+ s/),
    ])
    const again = await callTool(upstream, "createTaskGroup", args)
    expect(again.structured).toEqual(answers.find(({ isError }) => !isError)?.structured)
    expect(await upstream.groups()).toHaveLength(1)
  })
})

describe.concurrent("when Parallel's answer is lost", () => {
  it.each([
    ["createTaskGroup", { kind: "reset", when: "after" }],
    ["createTaskGroup", { kind: "status", status: 502, applied: "partial" }],
    ["addInputs", { kind: "reset", when: "after", applied: "partial" }],
    // oxlint-disable-next-line unicorn/no-thenable -- what the fault does then
    ["retryFailed", { kind: "hang", ms: 300, then: "reset", applied: "all" }],
  ] as const)("no row is run twice by a repeated %s (%o)", async (tool, fault) => {
    const upstream = newUpstream()
    await upstream.behave(QUICK)
    const isFirst = tool === "createTaskGroup"
    const before = isFirst
      ? null
      : await done(upstream, "createTaskGroup", { ...task(), request_id: "before" })
    if (before !== null) await untilEnded(before.taskgroup_id as string)
    await upstream.fault({ route: "group.runs.add", fault })
    const taskgroup_id = before?.taskgroup_id as string
    const args = {
      createTaskGroup: task(4),
      addInputs: { taskgroup_id, inputs: companies(4) },
      retryFailed: { taskgroup_id, rows: [0, 1, 2] },
    }[tool]
    const first = await done(upstream, tool, { ...args, request_id: "lost" })
    expect(await done(upstream, tool, { ...args, request_id: "lost" })).toEqual(first)
    const data = await untilEnded(first.taskgroup_id as string, 30)
    expect(data.status.task_run_status_counts).toEqual({ completed: data.status.num_task_runs })
    const { runs } = await upstream.ledger(first.taskgroup_id as string)
    expect(runs).toHaveLength({ createTaskGroup: 4, addInputs: 7, retryFailed: 6 }[tool])
    expect(await upstream.groups()).toHaveLength(1)
  })

  it("before there is a group, the same request makes the only one", async () => {
    const upstream = newUpstream()
    await upstream.fault({ route: "group.create", times: 20, fault: { kind: "status", status: 503 } })
    const args = { ...task(), request_id: "down" }
    expect(await failed(upstream, "createTaskGroup", args)).toMatch(
      /Call again in a moment, with the same request_id/,
    )
    await upstream.clearFaults()
    const { taskgroup_id } = await done(upstream, "createTaskGroup", args)
    await untilEnded(taskgroup_id as string)
    expect(await upstream.groups()).toEqual([expect.objectContaining({ taskgroup_id, num_runs: 3 })])
  })
})

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
