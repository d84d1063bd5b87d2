import { describe, expect, it } from "vitest"
import { expectLedgerEquals, untilEnded } from "../support/expect.ts"
import { body, companies, create, CREATE, groupStub, ORIGIN, post, SCHEMA, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"

const taskSpecOf = async (id: string) => {
  const { raw } = await groupStub(id).raw("SELECT task_spec FROM details")
  return JSON.parse(String(raw[0]?.[0])) as {
    output_schema: Record<string, unknown>
    input_schema?: Record<string, unknown>
  }
}

describe("a POST that is accepted", () => {
  it("answers the URL as text, and the object does the rest", async () => {
    const upstream = newUpstream()
    const response = await post(upstream)
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8")
    const url = await response.text()
    expect(response.headers.get("location")).toBe(url)
    expect(response.headers.get("cache-control")).toBe("no-store")
    expect(response.headers.get("x-robots-tag")).toContain("noindex")
    const [group] = await upstream.groups()
    expect(url).toBe(`${ORIGIN}/${group?.taskgroup_id}`)
    const data = await untilEnded(group?.taskgroup_id ?? "")
    await expectLedgerEquals(upstream, data, 3)
    expect(data.metadata).toEqual({
      product: "parallel-multitask",
      origin: ORIGIN,
      num_inputs: 3,
      processor: "core",
      title: null,
      question: null,
    })
  })

  it("shows 310 columns in tables, and says how many of more than that it leaves out", async () => {
    const rowOf = (columns: number) =>
      Object.fromEntries(Array.from({ length: columns }, (_, at) => [`c${at}`, at]))
    const wide = await create(newUpstream(), { inputs: [rowOf(310)] })
    const [header = ""] = (await (await send(`/${wide.taskgroup_id}.csv`)).text()).split("\r\n")
    expect(header.split(",").filter((name) => /^c\d+$/.test(name))).toHaveLength(310)
    const wider = await create(newUpstream(), { inputs: [rowOf(600), { ...rowOf(1_200), other: 1 }] })
    const { warnings, results } = await untilEnded(wider.taskgroup_id)
    expect(warnings.filter((warning) => warning.includes("leave out"))).toEqual([
      expect.stringContaining("CSV and Markdown leave out 201 of the inputs' columns:"),
    ])
    expect(results[1]).toMatchObject({ c1199: 1199, other: 1 })
  })

  it("answers details to whoever prefers JSON", async () => {
    const upstream = newUpstream()
    const response = await post(upstream, {}, { accept: "application/json, text/plain;q=0.5" })
    expect(response.headers.get("content-type")).toMatch(/^application\/json/)
    expect(response.headers.get("vary")).toBe("Accept")
    const [group] = await upstream.groups()
    expect(await response.json()).toEqual({
      url: `${ORIGIN}/${group?.taskgroup_id}`,
      taskgroup_id: group?.taskgroup_id,
      num_inputs: 3,
      num_inputs_left_out: 0,
      processor: "core",
      output_schema: SCHEMA,
      estimated_cost_usd: 0.075,
      estimated_seconds: { min: 60, max: 300 },
      warnings: [],
    })
  })

  it.each(["*/*", "text/plain", "application/json;q=0.1, text/plain", "text/html"])(
    "answers text to Accept: %s",
    async (accept) => {
      const response = await post(newUpstream(), {}, { accept })
      expect(response.headers.get("content-type")).toMatch(/^text\/plain/)
      await response.text()
    },
  )

  it("takes the key as a bearer token, too", async () => {
    const upstream = newUpstream()
    const response = await send(CREATE, {
      method: "POST",
      headers: { authorization: `Bearer ${upstream.key}`, "content-type": "application/json" },
      body: JSON.stringify(body()),
    })
    expect(response.status).toBe(200)
    expect(await upstream.groups()).toHaveLength(1)
  })

  it("adds the runs in batches, the first one alone", async () => {
    const upstream = newUpstream()
    const { taskgroup_id } = await create(upstream, { inputs: companies(35) })
    const { recent } = await upstream.requests()
    const adds = recent.filter(({ route }) => route === "POST /v1/tasks/groups/{group}/runs")
    expect(adds.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const data = await untilEnded(taskgroup_id)
    await expectLedgerEquals(upstream, data, 35)
  })

  it.each([
    ["JSON text", async () => JSON.stringify(companies(4))],
    ["a URL", async (url: (path: string) => string) => url("/_sim/inputs/list?count=4")],
    [
      "a URL that redirects",
      async (url: (path: string) => string) =>
        url(`/_sim/inputs/moved?redirect=${encodeURIComponent(url("/_sim/inputs/list?count=4"))}`),
    ],
  ])("takes inputs as %s", async (_, inputsFrom) => {
    const upstream = newUpstream()
    const inputs = await inputsFrom(upstream.url)
    const created = await create(upstream, { inputs })
    expect(created.num_inputs).toBe(4)
    const data = await untilEnded(created.taskgroup_id)
    expect(data.results.map((row) => typeof row["company"])).toEqual(["string", "string", "string", "string"])
    // A presigned URL is neither stored nor echoed.
    expect(JSON.stringify([data, created])).not.toContain("_sim/inputs")
  })

  it("sends an input schema derived from the rows along", async () => {
    const { taskgroup_id } = await create(newUpstream(), { inputs: [{ a: 1, b: "x" }, { a: 2 }] })
    const { input_schema } = await taskSpecOf(taskgroup_id)
    expect(input_schema).toMatchObject({ type: "json", json_schema: { type: "object", required: ["a"] } })
    const schema = input_schema?.["json_schema"] as { properties: object } | undefined
    expect(Object.keys(schema?.properties ?? {})).toEqual(["a", "b"])
  })

  it("leaves rows without any value out where that is asked for, and says so", async () => {
    const upstream = newUpstream()
    const inputs = [{}, ...companies(2), { company: " ", note: null }]
    const { warnings, num_inputs, taskgroup_id } = await create(upstream, { inputs, skip_empty: true })
    expect([num_inputs, warnings]).toEqual([2, [expect.stringContaining("2 rows hold no value")]])
    await expectLedgerEquals(upstream, await untilEnded(taskgroup_id), 2)
  })

  it.each([
    ["with", { output_description: "A short profile" }, { type: "text", description: "A short profile" }, 0],
    ["without", {}, { type: "text" }, 1],
  ])("takes text output %s a description", async (_, changes, outputSchema, warnings) => {
    const created = await create(newUpstream(), { output_type: "text", output_schema: undefined, ...changes })
    expect(created.output_schema).toBeNull()
    expect(created.warnings).toHaveLength(warnings)
    expect((await taskSpecOf(created.taskgroup_id)).output_schema).toEqual(outputSchema)
    const data = await untilEnded(created.taskgroup_id)
    expect(typeof data.results[0]?.["content"]).toBe("string")
  })

  it("gives a schema without a description of its own the caller's", async () => {
    const { taskgroup_id } = await create(newUpstream(), { output_description: "What we want" })
    expect((await taskSpecOf(taskgroup_id)).output_schema).toMatchObject({
      json_schema: { description: "What we want" },
    })
  })
})

describe("suggestions", () => {
  const toSuggest = {
    output_schema: undefined,
    output_description: "CEO and founding year",
    processor: undefined,
  }

  it("are asked for what is missing", async () => {
    const upstream = newUpstream()
    const created = await create(upstream, toSuggest)
    expect(created.warnings).toEqual([])
    expect(Object.keys((created.output_schema as { properties: object }).properties).length).toBeGreaterThan(
      0,
    )
    expect(["base", "core", "core2x", "pro"]).toContain(created.processor.replace("-fast", ""))
    const { counts } = await upstream.requests()
    expect(counts).toMatchObject({
      "POST /v1beta/tasks/suggest": 1,
      "POST /v1beta/tasks/suggest-processor": 1,
    })
  })

  it.each([
    ["gone", { status: 404 }, 1],
    ["broken", { status: 500, body: "html" }, 20],
    ["full of nonsense", null, 1],
  ] as const)("that are %s leave auto and core, and a warning each", async (_, fault, times) => {
    const upstream = newUpstream()
    for (const route of ["suggest", "suggest.processor"] as const) {
      await upstream.fault({
        route,
        times,
        fault: fault === null ? { kind: "body", body: "malformed" } : { kind: "status", ...fault },
      })
    }
    const created = await create(upstream, toSuggest)
    expect(created).toMatchObject({ processor: "core", output_schema: null })
    expect(created.warnings).toHaveLength(2)
    expect((await taskSpecOf(created.taskgroup_id)).output_schema).toEqual({ type: "auto" })
  })
})
