import { describe, expect, it } from "vitest"
import { expectError, problemPaths, untilEnded } from "../support/expect.ts"
import { body, companies, create, CREATE, post, SCHEMA, send } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

const TO_SUGGEST = {
  output_schema: undefined,
  output_description: "CEO and founding year",
  processor: undefined,
}

const callsOf = async (upstream: Upstream) => Object.keys((await upstream.requests()).counts).toSorted()

const plan = async (upstream: Upstream, changes: Record<string, unknown> = {}, headers = {}) => {
  const response = await post(upstream, { dry_run: true, ...changes }, headers)
  expect(response.headers.get("location")).toBeNull()
  expect(response.headers.get("cache-control")).toBe("no-store")
  expect(response.headers.get("content-type")).toMatch(/^application\/json/)
  const text = await response.text()
  expect(`${response.status} ${text}`).toMatch(/^200 /)
  return JSON.parse(text) as Record<string, unknown>
}

const ask = (upstream: Upstream, query: string, changes: Record<string, unknown> = {}) =>
  send(`${CREATE}${query}`, {
    method: "POST",
    headers: { "x-api-key": upstream.key, "content-type": "application/json" },
    body: JSON.stringify(body(changes)),
  })

describe("a plan", () => {
  it("says what a POST would cost and take, and creates nothing, whatever it accepts", async () => {
    const upstream = newUpstream()
    for (const accept of ["text/plain", "application/json"])
      expect(await plan(upstream, {}, { accept })).toEqual({
        dry_run: true,
        num_inputs: 3,
        num_inputs_left_out: 0,
        processor: "core",
        output_schema: SCHEMA,
        estimated_cost_usd: 0.075,
        estimated_seconds: { min: 60, max: 300 },
        warnings: [],
      })
    expect((await upstream.requests()).total).toBe(0)
    expect(await upstream.groups()).toEqual([])
  })

  it("has the same suggestions, which a POST that brings them along does not ask for again", async () => {
    const upstream = newUpstream()
    const planned = await plan(upstream, TO_SUGGEST)
    const suggestions = ["POST /v1beta/tasks/suggest", "POST /v1beta/tasks/suggest-processor"]
    expect(await callsOf(upstream)).toEqual(suggestions)
    const { output_schema, processor } = planned
    const created = await create(upstream, { ...TO_SUGGEST, output_schema, processor })
    expect(created).toMatchObject({ output_schema, processor, warnings: [] })
    const { counts } = await upstream.requests()
    for (const suggestion of suggestions) expect(counts[suggestion]).toBe(1)
  })

  it("of rows behind a URL fetches them once Parallel has accepted the key", async () => {
    const upstream = newUpstream()
    await upstream.serveInputs("rows", { rows: companies(7) })
    const inputs = upstream.url("/_sim/inputs/rows")
    expect(await plan(upstream, { inputs, limit: 5 })).toMatchObject({
      num_inputs: 5,
      num_inputs_left_out: 2,
    })
    expect(await upstream.groups()).toEqual([])
    const refused = await post(
      upstream,
      { inputs, dry_run: true },
      { "x-api-key": upstream.keyThat("invalid") },
    )
    await expectError(refused, 401)
    expect((await upstream.requests()).counts).toEqual({ "GET /v1/tasks/groups/{group}": 2 })
  })

  it("of rows behind a URL is one too for a key that may not read the group that it is tried on", async () => {
    const upstream = newUpstream()
    await upstream.serveInputs("rows", { rows: companies(1) })
    const inputs = upstream.url("/_sim/inputs/rows")
    await upstream.fault({ route: "group.get", fault: { kind: "status", status: 403 } })
    expect(await plan(upstream, { inputs })).toMatchObject({ num_inputs: 1 })
    await upstream.fault({ route: "group.get", fault: { kind: "status", status: 422 } })
    const error = await expectError(await post(upstream, { inputs, dry_run: true }), 502)
    expect(error.error.message).toContain("send the rows themselves")
  })

  it("claims no idempotency key", async () => {
    const upstream = newUpstream()
    const headers = { "idempotency-key": "one", accept: "application/json" }
    await plan(upstream, {}, headers)
    await plan(upstream, { inputs: companies(2) }, headers)
    const created = await post(upstream, {}, headers)
    expect([created.status, created.headers.get("idempotency-replayed")]).toEqual([200, null])
    await created.text()
    expect(await upstream.groups()).toHaveLength(1)
    // The key is another request's by now, and a plan does not mind.
    await plan(upstream, { inputs: companies(2) }, headers)
  })

  it.each([
    ["?dry_run=true", {}, true],
    ["?dry_run=true", { dry_run: true }, true],
    ["?dry_run=true", { dry_run: null }, true],
    ["?dry_run=false", {}, false],
  ])("is asked for by the query too: %s with %j", async (query, changes, isPlan) => {
    const upstream = newUpstream()
    const response = await ask(upstream, query, changes)
    expect([response.status, (await response.text()).startsWith("{")]).toEqual([200, isPlan])
    expect(await upstream.groups()).toHaveLength(isPlan ? 0 : 1)
  })

  it.each([
    ["?dry_run=yes", {}, "dry_run"],
    ["?dry_run=", {}, "dry_run"],
    ["?dry_run=true&dry_run=true", {}, "dry_run"],
    ["?dry_run=true", { dry_run: false }, "dry_run"],
    ["?dry_run=false", { dry_run: true }, "dry_run"],
    ["?dryrun=true", {}, "dryrun"],
    ["", { dry_run: "true" }, "dry_run"],
    ["", { dry_run: 1 }, "dry_run"],
  ])("is never guessed at: %s with %j", async (query, changes, path) => {
    const upstream = newUpstream()
    expect(problemPaths(await expectError(await ask(upstream, query, changes), 422))).toEqual([path])
    expect((await upstream.requests()).total).toBe(0)
  })

  it("is refused as the POST is", async () => {
    const upstream = newUpstream()
    const error = await expectError(await post(upstream, { dry_run: true, inputs: [{}], limits: 2 }), 422)
    expect(problemPaths(error)).toEqual(["limits", "inputs[0]"])
    expect(error.error.detail?.errors?.[0]?.message).toContain('Did you mean "limit"?')
  })
})

describe("max_cost_usd", () => {
  it("is kept before anything is asked where the processor is named", async () => {
    const upstream = newUpstream()
    const error = await expectError(await post(upstream, { processor: "ultra8x", max_cost_usd: 1 }), 422)
    expect(error.error.detail?.errors).toEqual([
      {
        path: "max_cost_usd",
        message: expect.stringContaining("below the estimate of 7.2 USD (3 runs of ultra8x)"),
      },
    ])
    expect((await upstream.requests()).total).toBe(0)
    expect((await create(upstream, { max_cost_usd: 0.075 })).estimated_cost_usd).toBe(0.075)
  })

  it("is kept for the processor that is suggested, before the group is created", async () => {
    const upstream = newUpstream()
    const error = await expectError(await post(upstream, { ...TO_SUGGEST, max_cost_usd: 0.001 }), 422)
    expect(problemPaths(error)).toEqual(["max_cost_usd"])
    expect(error.taskgroup_id).toBeUndefined()
    expect(await upstream.groups()).toEqual([])
  })

  it("leaves an empty group where the rows are behind a URL, and says which", async () => {
    const upstream = newUpstream()
    await upstream.serveInputs("rows", { rows: companies(40) })
    const inputs = upstream.url("/_sim/inputs/rows")
    const error = await expectError(await post(upstream, { inputs, max_cost_usd: 0.9 }), 422)
    const [group] = await upstream.groups()
    expect(group).toMatchObject({ taskgroup_id: error.taskgroup_id, num_runs: 0 })
    expect(error.url).toBeUndefined()
    const created = await create(upstream, { inputs, max_cost_usd: 0.9, limit: 36 })
    expect(created).toMatchObject({ num_inputs: 36, estimated_cost_usd: 0.9 })
  })
})

describe("limit", () => {
  it("takes the first rows after those without a value, in the body and behind a URL", async () => {
    const upstream = newUpstream()
    const rows = [{}, ...companies(3), { company: " " }, { other: 1 }, ...companies(2)]
    await upstream.serveInputs("rows", { rows })
    for (const inputs of [rows, upstream.url("/_sim/inputs/rows")]) {
      const created = await create(upstream, { inputs, skip_empty: true, limit: 3 })
      expect(created).toMatchObject({ num_inputs: 3, num_inputs_left_out: 5 })
      const { results, status } = await untilEnded(created.taskgroup_id)
      expect([status.num_task_runs, results.map((row) => row["company"])]).toEqual([
        3,
        companies(3).map(({ company }) => company),
      ])
      expect((await upstream.ledger(created.taskgroup_id)).num_runs).toBe(3)
    }
  })
})
