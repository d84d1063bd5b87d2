import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { deriveInputSchema } from "../../src/domain/InputSchema.ts"
import { decodeMultitaskRequest, type Limits, multitaskBodyOf } from "../../src/domain/MultitaskRequest.ts"
import { MultitaskBody } from "../../src/domain/MultitaskBody.ts"
import { buildTaskSpec, checkSizes, inputSchemaBudget } from "../../src/domain/TaskSpec.ts"
import { ROW_LIMITS, rowsOf } from "../support/rows.ts"

const LIMITS: Limits = { ...ROW_LIMITS, maxTaskSpecChars: 15_000, allowPrivateUrls: false }

const SCHEMA = {
  type: "object",
  properties: { ceo: { type: "string" } },
  required: ["ceo"],
  additionalProperties: false,
}

const BODY = { inputs: [{ company: "Acme" }], output_type: "json", output_schema: SCHEMA }

const paths = (body: unknown) => {
  const read = multitaskBodyOf(body, LIMITS)
  if (!(read instanceof MultitaskBody)) throw new Error(JSON.stringify(read))
  const decoded = decodeMultitaskRequest(read, LIMITS)
  return Result.isFailure(decoded) ? decoded.failure.map(({ path }) => path) : []
}

describe("sizes", () => {
  const row = (chars: number) => ({ a: "x".repeat(chars - '{"a":""}'.length) })

  it("of the task spec", () => {
    expect(checkSizes("x".repeat(15_000), null, LIMITS)).toEqual([])
    expect(checkSizes("x".repeat(15_001), null, LIMITS)[0]?.path).toBe("output_schema")
  })

  it("of the task spec with each input", () => {
    const sizes = (spec: number, ...chars: ReadonlyArray<number>) =>
      checkSizes("x".repeat(spec), rowsOf(chars.map(row)), LIMITS).map(({ path }) => path)
    expect(sizes(10_000, 15_000, 15_001, 20, 15_001)).toEqual(["inputs[1]", "inputs[3]"])
    expect(sizes(10_000, ...Array<number>(300).fill(15_001))).toHaveLength(101)
    // a spec that is too large itself does not make every row a problem
    expect(sizes(15_001, 20, 24_000)).toEqual(["output_schema"])
  })

  it("are checked as far as the request tells them", () => {
    const text = { inputs: BODY.inputs, output_type: "text", output_description: "x".repeat(15_000) }
    expect(paths(text)).toEqual(["output_description"])
    expect(paths({ ...BODY, inputs: [row(25_001), row(20)] })).toEqual(["inputs[0]"])
    expect(paths({ inputs: [row(25_001)], output_type: "json", output_description: "x" })).toEqual([
      "inputs[0]",
    ])
    expect(paths({ ...text, output_type: "json" })).toEqual(["output_description"])
    expect(paths({ ...text, output_type: "json", output_description: "x".repeat(14_900) })).toEqual([])
    expect(paths({ ...BODY, output_description: "x".repeat(15_000) })).toEqual(["output_description"])
    const long = { ...SCHEMA, description: "x".repeat(15_000) }
    expect(paths({ ...BODY, output_schema: long })).toEqual(["output_schema"])
    // A description of the schema's own goes before the caller's.
    const own = { ...SCHEMA, description: "Who leads it" }
    expect(paths({ ...BODY, output_schema: own, output_description: "x".repeat(15_000) })).toEqual([])
  })

  it("leave an input schema exactly the room that is left", () => {
    const rows = rowsOf([{ company: "Acme", note: "x".repeat(17_000) }])
    const output = { output_type: "json", output_schema: JSON.stringify(SCHEMA) } as const
    const derived = deriveInputSchema(rows, 100_000)
    if ("leftOut" in derived) throw new Error(derived.leftOut)
    const full = buildTaskSpec(output, derived.schema)
    const needed = derived.schema.length
    const budget = (limits: Partial<Limits>) =>
      inputSchemaBudget(buildTaskSpec(output), rows, { ...LIMITS, ...limits })
    expect(budget({ maxTaskSpecChars: full.length })).toBe(needed)
    expect(budget({ maxSpecPlusInputChars: full.length + rows.longest })).toBe(needed)
    expect(budget({ maxTaskSpecChars: 1 })).toBe(0)
  })
})

describe("buildTaskSpec", () => {
  const json = (output_schema: Record<string, unknown>, description?: string): unknown =>
    JSON.parse(
      buildTaskSpec({ output_type: "json", output_schema: JSON.stringify(output_schema), description }),
    )

  it("has the wire format", () => {
    expect(buildTaskSpec({ output_type: "auto" })).toBe('{"output_schema":{"type":"auto"}}')
    expect(buildTaskSpec({ output_type: "text", description: undefined })).toBe(
      '{"output_schema":{"type":"text"}}',
    )
    expect(buildTaskSpec({ output_type: "text", description: "d" }, '{"type":"object"}')).toBe(
      '{"output_schema":{"type":"text","description":"d"},"input_schema":{"type":"json","json_schema":{"type":"object"}}}',
    )
    expect(json(SCHEMA)).toStrictEqual({ output_schema: { type: "json", json_schema: SCHEMA } })
  })

  it("gives the schema the caller's description when it has none", () => {
    const descriptionOf = (schema: Record<string, unknown>) => json(schema, "mine")
    const path = "output_schema.json_schema.description"
    expect(descriptionOf(SCHEMA)).toHaveProperty(path, "mine")
    expect(descriptionOf({ ...SCHEMA, description: "" })).toHaveProperty(path, "mine")
    expect(descriptionOf({ ...SCHEMA, description: "its own" })).toHaveProperty(path, "its own")
    expect(SCHEMA).not.toHaveProperty("description")
  })
})
