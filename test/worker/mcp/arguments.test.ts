import { beforeAll, describe, expect, it } from "vitest"
import { TOOLS } from "../../../src/mcp/server.ts"
import type { JsonSchema, Tool } from "../../../src/mcp/Tool.ts"
import { endlessGroup } from "../support/acts.ts"
import { callTool, done, failed } from "../support/mcp.ts"
import { ORIGIN, SCHEMA } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

/** Arguments that will not do: told by name, before anybody is asked for anything. */

const ROWS = [{ company: "Company 0" }]
const NOT_HERE = "tgrp_nothinghere"

/** With these a tool does what it is asked, where there is such a group. */
const GOOD: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  planTaskGroup: { inputs: ROWS, output: SCHEMA, processor: "core" },
  createTaskGroup: { inputs: ROWS, output: SCHEMA, processor: "core", request_id: "one" },
  getStatus: { taskgroup_id: NOT_HERE },
  getResultMarkdown: { taskgroup_id: NOT_HERE },
  addInputs: { taskgroup_id: NOT_HERE, inputs: ROWS, request_id: "one" },
  retryFailed: { taskgroup_id: NOT_HERE, request_id: "one" },
  stopTaskGroup: { taskgroup_id: NOT_HERE },
}

const kindsOf = (schema: JsonSchema): ReadonlyArray<unknown> =>
  schema["anyOf"] === undefined
    ? [schema["type"]].flat()
    : (schema["anyOf"] as ReadonlyArray<JsonSchema>).flatMap(kindsOf)

const SAMPLES = {
  integer: 7,
  number: 7.5,
  boolean: true,
  string: "seven",
  array: [7],
  object: { seven: 7 },
} as const

/** Values of every kind that the schema does not take. */
const wrongKinds = (schema: JsonSchema): ReadonlyArray<unknown> => {
  const kinds = kindsOf(schema)
  return Object.entries(SAMPLES)
    .filter(([kind]) => !kinds.includes(kind) && !(kind === "integer" && kinds.includes("number")))
    .map(([, value]) => value)
}

const propertiesOf = ({ inputSchema }: Tool) => Object.entries(inputSchema.properties)
const requiredOf = ({ inputSchema }: Tool) => inputSchema["required"] as ReadonlyArray<string>

const told = (name: string) => new RegExp(`^- ${name.replaceAll(/[.[\]]/g, "\\$&")}[ .[]`, "m")

/** A value of the right kind that will not do either, and the argument that is told. */
const WRONG: ReadonlyArray<readonly [argument: string, value: unknown, says?: RegExp]> = [
  ["inputs", [], /inputs/],
  ["inputs", [7, "seven"], /inputs\[0\]/],
  ["inputs", [{ a: 1 }, {}], /inputs\[1\]/],
  ["inputs", [{ input: { a: 1 } }], /inputs/],
  ["inputs", "", /inputs/],
  ["inputs", "   ", /inputs/],
  ["inputs", "Stripe", /inputs/],
  ["inputs", "Stripe\nAdyen", /inputs/],
  ["inputs", "Stripe, Adyen, Klarna", /inputs/],
  ["inputs", "- Stripe\n- Adyen", /inputs/],
  ["inputs", "[1,2]", /inputs/],
  ["inputs", '[{"a":1}', /inputs/],
  ["inputs", "ftp://files.example/rows.csv", /inputs/],
  ["output", ""],
  ["output", "  "],
  ["output", { type: "string" }],
  ["output", '{"type":"object"'],
  ["output", { type: "object", properties: { a: { $ref: "#/$defs/none" } } }],
  ["output_type", "csv"],
  ["processor", "corr"],
  ["limit", 0],
  ["limit", -3],
  ["limit", 1.5],
  ["max_cost_usd", -1],
  ["webhook_url", "nowhere"],
  ["webhook_url", "ftp://files.example/"],
  ["request_id", ""],
  ["request_id", "   "],
  ["request_id", "x".repeat(256)],
  ["taskgroup_id", ""],
  ["taskgroup_id", "short"],
  ["taskgroup_id", "https://multitask.example/"],
  ["taskgroup_id", "tgrp_00000000\u00e9"],
  ["rows", [-1]],
  ["rows", [1.5]],
  ["rows", ["one"]],
  ["wait_seconds", -1],
  ["wait_seconds", 0.5],
  ["status", "finished", /queued, running, completed, failed, cancelled/],
  ["after", -1],
  ["after", 1.5],
  ["limit", 9.75],
  ["basis", "row 3", /index:7.*field:ceo/],
  ["basis", "index:-1", /index:7/],
  ["basis", "field:", /field:ceo/],
]

const withValue = (tool: Tool, name: string, value: unknown) => ({ ...GOOD[tool.name], [name]: value })

describe("wrong arguments", () => {
  const upstream = newUpstream()

  it.each(TOOLS.map((tool) => [tool.name, tool] as const))("of %s, of every other kind", async (_, tool) => {
    for (const [name, schema] of propertiesOf(tool))
      for (const value of wrongKinds(schema)) {
        const text = await failed(upstream, tool.name, withValue(tool, name, value))
        expect([name, value, text]).toEqual([name, value, expect.stringMatching(told(name))])
        expect(text).toMatch(/(?:^|Nothing was started or paid\. )Correct this and call again\.$/m)
      }
  })

  it.each(TOOLS.map((tool) => [tool.name, tool] as const))("of %s, by their values", async (_, tool) => {
    for (const [name, value, says = told(name)] of WRONG) {
      if (!(name in tool.inputSchema.properties)) continue
      const text = await failed(upstream, tool.name, withValue(tool, name, value))
      expect([name, value, text]).toEqual([name, value, expect.stringMatching(says)])
    }
  })

  it.each(TOOLS.map((tool) => [tool.name, tool] as const))("of %s: what is missing", async (_, tool) => {
    const everything = await failed(upstream, tool.name, {})
    for (const name of requiredOf(tool)) {
      expect(everything).toMatch(told(name))
      const { [name]: __, ...others } = GOOD[tool.name]!
      for (const args of [others, { ...others, [name]: null }]) {
        const text = await failed(upstream, tool.name, args)
        expect([name, text]).toEqual([name, expect.stringMatching(told(name))])
        expect(text.match(/^- /gm)).toHaveLength(1)
      }
    }
  })

  it.each(TOOLS.map((tool) => [tool.name, tool] as const))(
    "of %s: what it does not have",
    async (_, tool) => {
      for (const name of propertiesOf(tool).map(([known]) => known)) {
        const near = `${name}s`
        const text = await failed(upstream, tool.name, withValue(tool, near, "x"))
        expect(text).toMatch(new RegExp(`^- ${near} .*${name}`, "m"))
      }
      expect(await failed(upstream, tool.name, withValue(tool, "zzz", 1))).toMatch(told("zzz"))
      // Fields of the API that a tool does not take are not taken in silence.
      expect(await failed(upstream, tool.name, withValue(tool, "dry_run", true))).toMatch(told("dry_run"))
    },
  )

  it("asked nobody for anything", async () => {
    const { total } = await upstream.requests()
    expect(total).toBe(0)
  })

  it("all at once are told at once, ten of them", async () => {
    const rows = Array.from({ length: 30 }, () => 7)
    const text = await failed(upstream, "createTaskGroup", {
      inputs: rows,
      output: 7,
      limit: 0,
      request_id: 7,
      titel: "x",
    })
    expect(text.match(/^- /gm)).toHaveLength(11)
    expect(text).toMatch(/^- and \d+ more\.$/m)
  })

  it("a schema does not go with text", async () => {
    const text = await failed(upstream, "planTaskGroup", {
      inputs: ROWS,
      output: SCHEMA,
      output_type: "text",
    })
    expect(text).toMatch(told("output"))
  })
})

describe("null", () => {
  it.each(["planTaskGroup", "createTaskGroup"])("counts as absent for %s", async (name) => {
    const upstream = newUpstream()
    const tool = TOOLS.find((one) => one.name === name)!
    const nulls = Object.fromEntries(propertiesOf(tool).map(([argument]) => [argument, null]))
    const { inputs, output, request_id } = GOOD[name]!
    const answer = await done(upstream, name, {
      ...nulls,
      inputs,
      output,
      ...(request_id === undefined ? {} : { request_id }),
    })
    expect(answer).toMatchObject({ num_inputs: 1, num_inputs_left_out: 0 })
  })
})

describe("a task group", () => {
  let upstream: Upstream
  let id = ""

  beforeAll(async () => {
    upstream = newUpstream()
    id = (await endlessGroup(upstream)).taskgroup_id
  })

  it("is found by its id, or its URL in any format, with null for the rest", async () => {
    for (const spelling of [
      id,
      ` ${id}\n`,
      `${id}.md`,
      `/${id}`,
      `${ORIGIN}/${id}`,
      `${ORIGIN}/${id}.json?basis=all#x`,
      `${ORIGIN}/${id}/3.html`,
      `${ORIGIN}/${id}/`,
      // Whatever the deployment's name was: the id says which group it is.
      `http://elsewhere.example/${id}.sse`,
    ]) {
      const status = await done(upstream, "getStatus", { taskgroup_id: spelling, wait_seconds: null })
      expect(status).toMatchObject({
        taskgroup_id: id,
        url: `${ORIGIN}/${id}`,
        is_active: true,
        state: "running",
        num_inputs: 3,
      })
    }
  })

  it("that is not here is said to be none, by every tool", async () => {
    for (const { name, inputSchema } of TOOLS) {
      if (!("taskgroup_id" in inputSchema.properties)) continue
      const { text, isError } = await callTool(upstream, name, GOOD[name])
      expect([name, isError, text]).toEqual([name, true, expect.stringMatching(/taskgroup_id/)])
    }
  })

  it("is not changed by a call that will not do", async () => {
    await failed(upstream, "stopTaskGroup", { taskgroup_id: id, reason: "enough" })
    await failed(upstream, "retryFailed", { taskgroup_id: id, rows: [0, 99], request_id: "r" })
    expect(await done(upstream, "getStatus", { taskgroup_id: id })).toMatchObject({ state: "running" })
  })
})
