import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { deriveInputSchema } from "../../src/domain/InputSchema.ts"
import { readRows } from "../../src/domain/RowReader.ts"
import { ROW_LIMITS, rowsOf } from "../support/rows.ts"

type Json = Record<string, unknown>

const derived = (rows: ReadonlyArray<Json>, maxChars = 15_000) => deriveInputSchema(rowsOf(rows), maxChars)

const derive = (rows: ReadonlyArray<Json>) => {
  const found = derived(rows)
  return "leftOut" in found ? found : (JSON.parse(found.schema) as Json)
}

describe("deriveInputSchema", () => {
  it("names columns in order of appearance, with types, required where every row has them", () => {
    expect(
      derive([
        { name: "Acme", staff: 12, tags: [], at: { city: "x" } },
        { public: true, staff: 1.5, name: null, at: {} },
      ]),
    ).toEqual({
      type: "object",
      properties: {
        name: { type: ["string", "null"] },
        staff: { type: "number" },
        tags: { type: "array" },
        at: { type: "object" },
        public: { type: "boolean" },
      },
      required: ["name", "staff", "at"],
    })
  })

  it("lists a union in the same order, whatever the order of rows", () => {
    const values = [null, [], {}, true, 1, "x"]
    const types = ["string", "number", "boolean", "object", "array", "null"]
    expect(derive(values.map((a) => ({ a, b: 1 })))).toHaveProperty("properties.a.type", types)
    expect(derive(values.toReversed().map((a) => ({ a, b: 1 })))).toHaveProperty("properties.a.type", types)
  })

  it("has no list of required columns when there are none", () => {
    expect(derive([{ a: 1 }, { b: 1 }])).not.toHaveProperty("required")
  })

  it("keeps the order of names that look like numbers", () => {
    expect(derived(JSON.parse('[{"b":1}]') as Array<Json>)).toEqual({
      schema: '{"type":"object","properties":{"b":{"type":"number"}},"required":["b"]}',
    })
    const rows = readRows('[{"company":"A","2023":1,"2021":2}]', ROW_LIMITS)
    if ("problems" in rows) throw new Error("refused")
    expect(deriveInputSchema(rows.rows, 1_000)).toEqual({
      schema:
        '{"type":"object","properties":{"company":{"type":"string"},"2023":{"type":"number"},"2021":{"type":"number"}},' +
        '"required":["company","2023","2021"]}',
    })
  })

  it("keeps columns called like members of every object", () => {
    const row = '{"__proto__":"x","constructor":1,"hasOwnProperty":null,"toString":[]}'
    const json = JSON.stringify(derive([JSON.parse(row), JSON.parse(row)]))
    expect(json).toBe(
      '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"},' +
        '"hasOwnProperty":{"type":"null"},"toString":{"type":"array"}},' +
        '"required":["__proto__","constructor","hasOwnProperty","toString"]}',
    )
    expect(Object.hasOwn(Object.prototype, "type")).toBe(false)
  })

  it("is left out with a reason when it would break a limit", () => {
    const columns = (count: number) => Array.from({ length: count }, (_, i) => ({ [`c${i}`]: 1 }))
    expect(derive(columns(100))).toHaveProperty("type", "object")
    expect(derive(columns(101))).toHaveProperty("leftOut", expect.stringContaining("100 different columns"))
    expect(deriveInputSchema({ columns: new Map(), texts: ["{}"] }, 1_000)).toHaveProperty(
      "leftOut",
      expect.stringContaining("no columns"),
    )
    const exact = JSON.stringify(derive([{ a: 1 }])).length
    expect(derived([{ a: 1 }], exact)).toHaveProperty("schema")
    expect(derived([{ a: 1 }], exact - 1)).toHaveProperty("leftOut", expect.stringContaining("size limits"))
  })

  it("is quick with 50,000 rows, and with a new column in each", () => {
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`)
    const rows = Array.from({ length: 50_000 }, (_, row) =>
      Object.fromEntries(names.map((name) => [name, row])),
    )
    const before = performance.now()
    expect(derive(rows)).toHaveProperty("required.length", 20)
    expect(derive(rows.map((_, i) => ({ [`c${i}`]: i })))).toHaveProperty("leftOut")
    expect(performance.now() - before).toBeLessThan(15_000)
  })

  it.prop(
    "describes every row it was derived from",
    [Schema.Array(Schema.Record(Schema.Literals(["a", "b", "__proto__", "length"]), Schema.Json))],
    ([records]) => {
      // through JSON text, which is how a column called __proto__ comes into being
      const rows = records.map(
        (record, i) =>
          JSON.parse(`{"always":${i},${JSON.stringify(record).slice(1)}`.replace(",}", "}")) as Json,
      )
      if (rows.length === 0) return
      const found = derived(
        JSON.parse(JSON.stringify(rows).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, "x")),
        100_000,
      )
      if ("leftOut" in found) throw new Error(found.leftOut)
      const schema = JSON.parse(found.schema) as {
        readonly properties: Readonly<Record<string, { readonly type: unknown }>>
        readonly required: ReadonlyArray<string>
      }
      expect(schema.required).toContain("always")
      for (const row of rows) {
        for (const name of schema.required) expect(Object.hasOwn(row, name)).toBe(true)
        for (const [name, value] of Object.entries(row)) {
          const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value
          expect([schema.properties[name]?.type].flat()).toContain(type)
        }
      }
    },
  )
})
