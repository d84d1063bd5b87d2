import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { deriveInputSchema } from "../../src/domain/InputSchema.ts"
import {
  buildTaskSpec,
  checkSizes,
  decodeMultitaskRequest,
  inputSchemaBudget,
  type Limits,
} from "../../src/domain/MultitaskRequest.ts"

const LIMITS: Limits = {
  maxInputs: 50_000,
  maxTaskSpecChars: 15_000,
  maxSpecPlusInputChars: 25_000,
  allowPrivateUrls: false,
}

const SCHEMA = {
  type: "object",
  properties: { ceo: { type: "string" } },
  required: ["ceo"],
  additionalProperties: false,
}

const BODY = { inputs: [{ company: "Acme" }], output_type: "json", output_schema: SCHEMA }

const paths = (body: unknown) => {
  const decoded = decodeMultitaskRequest(body, LIMITS)
  return Result.isFailure(decoded) ? decoded.failure.map(({ path }) => path) : []
}

describe("sizes", () => {
  const row = (chars: number) => ({ a: "x".repeat(chars - '{"a":""}'.length) })

  it("of the task spec", () => {
    expect(checkSizes("x".repeat(15_000), [], LIMITS)).toEqual([])
    expect(checkSizes("x".repeat(15_001), [], LIMITS)[0]?.path).toBe("output_schema")
  })

  it("of the task spec with each input", () => {
    const found = checkSizes("x".repeat(10_000), [row(15_000), row(15_001), row(20), row(15_001)], LIMITS)
    expect(found.map(({ path }) => path)).toEqual(["inputs[1]", "inputs[3]"])
    expect(checkSizes("", Array(300).fill(row(25_001)), LIMITS)).toHaveLength(101)
    // a spec that is too large itself does not make every row a problem
    const both = checkSizes("x".repeat(24_999), [row(20), row(25_001)], LIMITS)
    expect(both.map(({ path }) => path)).toEqual(["output_schema", "inputs[1]"])
  })

  it("are checked as far as the request tells them", () => {
    const text = { inputs: BODY.inputs, output_type: "text", output_description: "x".repeat(15_000) }
    expect(paths(text)).toEqual(["output_description"])
    expect(paths({ ...BODY, inputs: [row(25_001), row(20)] })).toEqual(["inputs[0]"])
    expect(paths({ inputs: [row(25_001)], output_type: "json", output_description: "x" })).toEqual([
      "inputs[0]",
    ])
    const long = { ...SCHEMA, description: "x".repeat(15_000) }
    expect(paths({ ...BODY, output_schema: long })).toEqual(["output_schema"])
  })

  it("leave an input schema exactly the room that is left", () => {
    const rows = [{ company: "Acme", note: "x".repeat(17_000) }]
    const spec = buildTaskSpec({ output_type: "json", output_schema: SCHEMA })
    const input_schema = deriveInputSchema(rows, Infinity)
    if ("leftOut" in input_schema) throw new Error(input_schema.leftOut)
    const full = JSON.stringify(buildTaskSpec({ output_type: "json", output_schema: SCHEMA, input_schema }))
    const needed = JSON.stringify(input_schema).length
    const budget = (limits: Partial<Limits>) =>
      inputSchemaBudget(JSON.stringify(spec), rows, { ...LIMITS, ...limits })
    expect(budget({ maxTaskSpecChars: full.length })).toBe(needed)
    expect(budget({ maxSpecPlusInputChars: full.length + JSON.stringify(rows[0]).length })).toBe(needed)
    expect(budget({ maxTaskSpecChars: 1 })).toBe(0)
  })
})

describe("buildTaskSpec", () => {
  const json = (output_schema: Record<string, unknown>, description?: string) =>
    buildTaskSpec({ output_type: "json", output_schema, description })

  it("has the wire format", () => {
    expect(buildTaskSpec({ output_type: "auto" })).toEqual({ output_schema: { type: "auto" } })
    expect(JSON.stringify(buildTaskSpec({ output_type: "text", description: undefined }))).toBe(
      '{"output_schema":{"type":"text"}}',
    )
    expect(
      buildTaskSpec({ output_type: "text", description: "d", input_schema: { type: "object" } }),
    ).toEqual({
      output_schema: { type: "text", description: "d" },
      input_schema: { type: "json", json_schema: { type: "object" } },
    })
    expect(json(SCHEMA)).toStrictEqual({ output_schema: { type: "json", json_schema: SCHEMA } })
  })

  it("gives the schema the caller's description when it has none", () => {
    const descriptionOf = (schema: Record<string, unknown>) => {
      const { output_schema } = json(schema, "mine")
      return output_schema.type === "json" ? output_schema.json_schema["description"] : undefined
    }
    expect(descriptionOf(SCHEMA)).toBe("mine")
    expect(descriptionOf({ ...SCHEMA, description: "" })).toBe("mine")
    expect(descriptionOf({ ...SCHEMA, description: "its own" })).toBe("its own")
    expect(SCHEMA).not.toHaveProperty("description")
  })
})
