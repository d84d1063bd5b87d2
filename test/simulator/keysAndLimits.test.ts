import { describe, expect, it } from "vitest"
import { type Loose, harness, jsonSpec, rows } from "./harness.ts"

const add = (group: string) => `/v1/tasks/groups/${group}/runs`

describe("keys", () => {
  it("missing, invalid and revoked keys get 401 in upstream's shape", async () => {
    const h = harness()
    for (const key of ["", "my-invalid-key", "REVOKED-1"]) {
      const response = await h.send("POST", "/v1/tasks/groups", {}, { "x-api-key": key })
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ type: "error", error: { ref_id: expect.any(String) } })
    }
    const group = await h.group()
    h.sim.revokeKey("test-key")
    expect((await h.send("GET", `/v1/tasks/groups/${group}`)).status).toBe(401)
    h.sim.restoreKey("test-key")
    expect((await h.send("GET", `/v1/tasks/groups/${group}`)).status).toBe(200)
  })

  it("nocredit: 402 when runs are added, not before", async () => {
    const h = harness()
    const headers = { "x-api-key": "nocredit" }
    const created = await h.json("POST", "/v1/tasks/groups", {}, headers)
    const response = await h.send("POST", add(created.taskgroup_id), { inputs: rows(1) }, headers)
    expect(response.status).toBe(402)
    expect((await h.send("POST", "/v1/tasks/runs", { input: "x", processor: "core" }, headers)).status).toBe(
      402,
    )
  })

  it("credit-N: all runs of a POST or none, reserved first and charged or released at the end", async () => {
    const h = harness({ runs: { overrides: [] } })
    const headers = { "x-api-key": "credit-0.25" }
    const { taskgroup_id: group } = await h.json("POST", "/v1/tasks/groups", {}, headers)
    const post = async (count: number) =>
      (await h.send("POST", add(group), { inputs: rows(count) }, headers)).status
    expect(await post(11)).toBe(402)
    expect(await post(10)).toBe(200)
    expect(await post(1)).toBe(402)
    const [run] = h.sim.ledger.groups.get(group)!.runs
    expect(h.sim.accounts.used(run!.account).reserved).toBeCloseTo(0.25)
    h.sim.override(group, { input_index: 3, outcome: "failed" })
    h.sim.finish(group)
    const failed = h.sim.ledger.groups.get(group)!.runs.filter((one) => one.outcome === "failed").length
    expect(failed).toBeGreaterThan(0)
    // A failed run is not charged, so its credit is there again.
    expect(await post(failed)).toBe(200)
    expect(await post(1)).toBe(402)
  })

  it("the ledger knows keys by their hash only", async () => {
    const h = harness()
    const group = await h.group()
    await h.add(group, rows(1))
    expect(JSON.stringify([...h.sim.ledger.groups.values()])).not.toContain("test-key")
  })
})

describe("accounts of several keys", () => {
  const [first, second, stranger] = ["acct-blue-first", "acct-blue-second", "acct-green"]
  const start = async (shapes: object = {}) => {
    const h = harness({ shapes })
    const as = (key: string) => ({ "x-api-key": key })
    const { taskgroup_id: group } = await h.json("POST", "/v1/tasks/groups", {}, as(first))
    const { run_ids } = await h.json("POST", add(group), { inputs: rows(1) }, as(first))
    const paths = [`/v1/tasks/groups/${group}`, `/v1/tasks/runs/${run_ids[0]}`]
    const seen = (key: string) =>
      Promise.all(paths.map(async (path) => (await h.send("GET", path, undefined, as(key))).status))
    const adds = async (key: string) =>
      (await h.send("POST", add(group), { inputs: rows(1, 1) }, as(key))).status
    return { h, seen, adds }
  }

  it("read each other's groups and add to them, strangers do not", async () => {
    for (const foreign_key of ["404", "403"] as const) {
      const { h, seen, adds } = await start({ foreign_key })
      expect([await seen(first), await seen(second)]).toEqual([
        [200, 200],
        [200, 200],
      ])
      expect(await adds(second)).toBe(200)
      expect([...(await seen(stranger)), await adds(stranger)]).toEqual(Array(3).fill(Number(foreign_key)))
      // Credit is the account's, a revocation the key's.
      const accounts = new Set([...h.sim.ledger.runs.values()].map(({ account }) => account))
      expect(accounts.size).toBe(1)
      h.sim.revokeKey(first)
      expect([await seen(first), await seen(second)]).toEqual([
        [401, 401],
        [200, 200],
      ])
    }
  })

  it("or only the creating key does", async () => {
    const { seen, adds } = await start({ group_readers: "creating_key", foreign_key: "403" })
    expect([await seen(first), await seen(second)]).toEqual([
      [200, 200],
      [403, 403],
    ])
    expect(await adds(second)).toBe(403)
  })
})

describe("limits and validation", () => {
  const status = async (inputs: ReadonlyArray<unknown>, spec: unknown = jsonSpec()) => {
    const h = harness()
    const group = await h.group()
    const response = await h.send("POST", add(group), { default_task_spec: spec, inputs })
    return { status: response.status, body: await response.json(), runs: h.sim.ledger.runs.size }
  }
  const row = rows(1)[0]!
  const withSchema = (schema: object) => status([row], jsonSpec(schema))
  const property = (schema: object) => ({
    type: "object",
    properties: { a: schema },
    required: ["a"],
    additionalProperties: false,
  })

  it("1,000 runs a POST, not 1,001; nothing is created by a refused POST", async () => {
    expect((await status(rows(1_000))).runs).toBe(1_000)
    const refused = await status(rows(1_001))
    expect(refused).toMatchObject({ status: 422, runs: 0 })
    expect(refused.body.detail[0].loc).toEqual(["body", "inputs"])
  })

  it("problems name the row, in the framework's shape", async () => {
    const { status: code, body } = await status([row, { processor: "core" }, { input: 5, processor: "core" }])
    expect(code).toBe(422)
    expect(body.detail.map((p: Loose) => p.loc.join("."))).toEqual([
      "body.inputs.1.input",
      "body.inputs.2.input",
    ])
  })

  it("unknown processors: 403", async () => {
    expect((await status([{ ...row, processor: "turbo" }])).status).toBe(403)
    expect((await status([{ ...row, processor: "ultra8x-fast" }])).status).toBe(200)
  })

  it("metadata keys of 16 and values of 512 characters", async () => {
    const of = async (metadata: object) => (await status([{ ...row, metadata }])).status
    expect(await of({ ["k".repeat(16)]: "v".repeat(512) })).toBe(200)
    expect(await of({ ["k".repeat(17)]: "v" })).toBe(422)
    expect(await of({ k: "v".repeat(513) })).toBe(422)
    expect(await of({ k: { nested: true } })).toBe(422)
  })

  it("spec of 15,000 and spec with input of 25,000 characters", async () => {
    const described = (length: number) => property({ type: "string", description: "d".repeat(length) })
    expect((await withSchema(described(14_000))).status).toBe(200)
    expect((await withSchema(described(15_000))).status).toBe(422)
    const long = (length: number) => status([row, { ...row, input: { text: "x".repeat(length) } }])
    expect((await long(24_000)).status).toBe(200)
    const refused = await long(25_000)
    expect(refused.status).toBe(422)
    expect(refused.body.detail[0].loc).toEqual(["body", "inputs", 1])
  })

  it("the output schema subset", async () => {
    const nested = (depth: number): object => (depth === 0 ? { type: "string" } : property(nested(depth - 1)))
    const many = (count: number) => ({
      type: "object",
      properties: Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, { type: "string" }])),
    })
    const refused: Record<string, object> = {
      "array root": { type: "array", items: {} },
      "no properties": { type: "object" },
      "anyOf root": { anyOf: [{}], type: "object", properties: {} },
      "bare null": property({ type: "null" }),
      format: property({ type: "string", format: "date" }),
      minimum: property({ type: "integer", minimum: 1 }),
      "depth 6": nested(6),
      "101 properties": many(101),
      "501 enum values": property({ enum: Array.from({ length: 501 }, (_, i) => `v${i}`) }),
    }
    for (const [name, schema] of Object.entries(refused)) {
      expect([name, (await withSchema(schema)).status]).toEqual([name, 422])
    }
    const taken = [
      property({ type: ["string", "null"] }),
      property({ anyOf: [{ type: "string" }, { type: "null" }] }),
      nested(5),
      many(100),
    ]
    for (const schema of taken) expect((await withSchema(schema)).status).toBe(200)
  })

  it("warnings on the run: loose schemas, basis names, inputs that do not fit", async () => {
    const h = harness()
    const group = await h.group()
    const spec = {
      ...jsonSpec({ type: "object", properties: { sources: { type: "string" } } }),
      input_schema: {
        type: "json",
        json_schema: { properties: { company: { type: "string" } }, required: ["company"] },
      },
    }
    await h.json("POST", add(group), {
      default_task_spec: spec,
      inputs: [row, { ...row, input: { other: 1 } }],
    })
    const [fits, misfit] = (await h.list(group)).map((event) => event.data.run.warnings)
    expect(fits.map((w: Loose) => w.type)).toEqual(Array.from({ length: 3 }, () => "spec_validation_warning"))
    expect(misfit.map((w: Loose) => w.type)).toContain("input_validation_warning")
  })

  it("the other sides: the run fails later, or nothing is checked", async () => {
    for (const [enforced, outcome] of [
      ["run", "failed"],
      ["off", "completed"],
    ] as const) {
      const h = harness({ limits: { enforced }, runs: { failure_rate: 0 } })
      const group = await h.group()
      const bad = jsonSpec(property({ type: "integer", minimum: 1 }))
      expect((await h.send("POST", add(group), { default_task_spec: bad, inputs: [row] })).status).toBe(200)
      await h.clock.advance(60_000)
      const [event] = await h.list(group)
      expect(event!.data.run.status).toBe(outcome)
      if (enforced === "run") expect(event!.data.run.error.message).toContain("minimum")
    }
  })

  it("bad JSON, bad queries and unknown paths", async () => {
    const h = harness()
    const group = await h.group()
    expect((await h.send("POST", add(group), "{")).status).toBe(422)
    expect((await h.send("POST", add(group), "[]")).status).toBe(422)
    expect((await h.send("GET", `${add(group)}?status=done`)).status).toBe(422)
    expect((await h.send("GET", `${add(group)}?include_output=maybe`)).status).toBe(422)
    expect((await h.send("GET", "/v1/tasks/suggest")).status).toBe(404)
    expect((await h.send("POST", "/v1/tasks/suggest", {})).status).toBe(404)
    const wrong = await h.send("DELETE", `/v1/tasks/groups/${group}`)
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET"])
  })
})
