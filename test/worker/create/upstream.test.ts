import { describe, expect, it } from "vitest"
import { expectError, expectLedgerEquals, expectNothingStored, untilEnded } from "../support/expect.ts"
import { companies, create, groupStub, post, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"

const toSuggest = {
  output_schema: undefined,
  output_description: "CEO and founding year",
  processor: undefined,
}

// Each test has a simulator of its own, and most of its time is waiting.
describe.concurrent("what Parallel refuses before there is a group", () => {
  it("401: a key that does not work, with Parallel's message", async () => {
    const upstream = newUpstream()
    const response = await post(upstream, {}, { "x-api-key": upstream.keyThat("invalid") })
    const error = await expectError(response, 401)
    expect(error.error.message).toBe("Invalid API key.")
    expect(error).not.toHaveProperty("taskgroup_id")
    expect(JSON.stringify(error)).not.toContain(upstream.keyThat("invalid"))
    expect(await upstream.groups()).toEqual([])
  })

  it.each([
    [401, "Not this key"],
    [402, "Not for nothing"],
    [422, "Not like this"],
  ])("%i of a suggestion goes to the caller", async (status, message) => {
    for (const route of ["suggest", "suggest.processor"] as const) {
      const upstream = newUpstream()
      await upstream.fault({ route, fault: { kind: "status", status, message } })
      const error = await expectError(await post(upstream, toSuggest), status)
      expect(error.error.message).toBe(message)
      expect(await upstream.groups()).toEqual([])
    }
  })

  it.each([
    [7, "7"],
    [null, null],
  ])("429: Retry-After %s is passed on", async (retry_after, header) => {
    const upstream = newUpstream()
    await upstream.fault({
      route: "group.create",
      times: 9,
      fault: { kind: "status", status: 429, retry_after },
    })
    const response = await post(upstream)
    expect(response.headers.get("retry-after")).toBe(header)
    await expectError(response, 429)
    expect((await upstream.requests()).total).toBe(1)
  })

  it.each([
    ["500", { kind: "status", status: 500 }],
    ["an HTML page with 502", { kind: "status", status: 502, body: "html" }],
    ["an HTML page with 401", { kind: "status", status: 401, body: "html" }],
    ["JSON that breaks off", { kind: "body", body: "malformed" }],
    ["an error with status 200", { kind: "body", body: "error" }],
    ["a broken connection", { kind: "reset", when: "before" }],
  ] as const)("502: %s", async (_, fault) => {
    const upstream = newUpstream()
    await upstream.fault({ route: "group.create", times: 9, fault })
    const error = await expectError(await post(upstream), 502)
    expect(error.error.message).toContain("try again")
  })

  it("one failure in between is not noticed", async () => {
    const upstream = newUpstream()
    await upstream.fault({ route: "group.create", fault: { kind: "status", status: 503 } })
    const { num_inputs } = await create(upstream)
    expect(num_inputs).toBe(3)
  })

  it("504: silence", async () => {
    const upstream = newUpstream()
    await upstream.fault({ route: "group.create", times: 9, fault: { kind: "hang", ms: 30_000 } })
    await expectError(await post(upstream), 504)
  })
})

describe.concurrent("a submission of which every batch is refused for good", () => {
  it.each([
    [401, "The key was revoked"],
    [402, "Insufficient credit in account."],
    [403, "Forbidden"],
    [422, "Request validation error"],
  ])("%i goes to the caller, and nothing stays here", async (status, message) => {
    const upstream = newUpstream()
    await upstream.fault({ route: "group.runs.add", times: 3, fault: { kind: "status", status, message } })
    const error = await expectError(await post(upstream, { inputs: companies(25) }), status)
    const [group] = await upstream.groups()
    expect(error.error.message).toBe(message)
    expect(error.taskgroup_id).toBe(group?.taskgroup_id)
    // Nothing is behind it.
    expect(error).not.toHaveProperty("url")
    const id = error.taskgroup_id ?? ""
    await expectNothingStored(id)
    expect((await send(`/${id}.json`)).status).toBe(404)
    await expectNothingStored(id)
    expect(group?.num_runs).toBe(0)
    expect((await upstream.requests()).counts["POST /v1/tasks/groups/{group}/runs"]).toBe(3)
  })

  it.each([401, 402, 403, 422])(
    "%i is the group's to deal with, once other batches were taken",
    async (status) => {
      const upstream = newUpstream()
      await upstream.fault({ route: "group.runs.add", fault: { kind: "status", status } })
      const { taskgroup_id } = await create(upstream, { inputs: companies(25) })
      const { status: shown } = await groupStub(taskgroup_id).getData()
      expect(shown).toMatchObject({ is_active: true, num_task_runs: 25 })
      const [group] = await upstream.groups()
      expect(group?.num_runs).toBeGreaterThanOrEqual(15)
    },
  )

  it("402 with an account that has no credit", async () => {
    const upstream = newUpstream()
    const error = await expectError(
      await post(upstream, {}, { "x-api-key": upstream.keyThat("nocredit") }),
      402,
    )
    expect(error.error.detail).toMatchObject({ required_usd: 0.075 })
    await expectNothingStored(error.taskgroup_id ?? "")
  })

  it("is sent again when the refusal was none of Parallel's", async () => {
    const upstream = newUpstream()
    await upstream.fault({ route: "group.runs.add", fault: { kind: "status", status: 403, body: "html" } })
    const { taskgroup_id } = await create(upstream)
    await expectLedgerEquals(upstream, await untilEnded(taskgroup_id), 3)
  })
})

describe.concurrent("a submission that is disturbed", () => {
  it.each([
    ["the answer is lost", { kind: "reset", when: "after", applied: "all" }],
    ["half of it is taken, and the answer is lost", { kind: "reset", when: "after", applied: "partial" }],
    ["the answer is nonsense", { kind: "body", body: "malformed", applied: "all" }],
    ["500, though it was taken", { kind: "status", status: 500, applied: "all" }],
    ["500, and nothing was taken", { kind: "status", status: 500, applied: "none" }],
    ["429", { kind: "status", status: 429, retry_after: 0 }],
    ["422, though half of it was taken", { kind: "status", status: 422, applied: "partial" }],
  ] as const)("has one run an input in the end: %s", async (_, fault) => {
    for (const skip of [0, 1]) {
      const upstream = newUpstream()
      await upstream.fault({ route: "group.runs.add", skip, fault })
      const { taskgroup_id } = await create(upstream, { inputs: companies(25) })
      await expectLedgerEquals(upstream, await untilEnded(taskgroup_id), 25)
    }
  })

  it("waits for credit that is reserved, and says so", async () => {
    const upstream = newUpstream()
    // Ten core runs cost 0.25 USD; what one batch reserves is missing for the other.
    await upstream.behave({ runs: { duration_ms: [60_000, 60_000] } })
    const response = await post(
      upstream,
      { inputs: companies(20) },
      { "x-api-key": upstream.keyThat("credit-0.3"), accept: "application/json" },
    )
    expect(response.status).toBe(200)
    const { taskgroup_id } = await response.json<{ taskgroup_id: string }>()
    const { status } = await groupStub(taskgroup_id).getData()
    expect(status.status_message).toContain("credit")
    expect(status).toMatchObject({ is_active: true, num_task_runs: 20 })
    const [group] = await upstream.groups()
    expect(group?.num_runs).toBe(10)
  })
})
