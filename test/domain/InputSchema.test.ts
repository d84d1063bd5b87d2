import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { deriveInputSchema } from "../../src/domain/InputSchema.ts"

type Json = Record<string, unknown>

const derive = (rows: ReadonlyArray<Json>) => deriveInputSchema(rows, 15_000)

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
    expect(derive(values.map((a) => ({ a })))).toHaveProperty("properties.a.type", types)
    expect(derive(values.toReversed().map((a) => ({ a })))).toHaveProperty("properties.a.type", types)
  })

  it("has no list of required columns when there are none, and takes undefined for absent", () => {
    expect(derive([{ a: 1 }, { b: 1, a: undefined }])).not.toHaveProperty("required")
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
    expect(derive([{}])).toHaveProperty("leftOut", expect.stringContaining("no columns"))
    expect(derive([])).toHaveProperty("leftOut")
    const exact = JSON.stringify(derive([{ a: 1 }])).length
    expect(deriveInputSchema([{ a: 1 }], exact)).toHaveProperty("type", "object")
    expect(deriveInputSchema([{ a: 1 }], exact - 1)).toHaveProperty(
      "leftOut",
      expect.stringContaining("size limits"),
    )
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
        (record, i) => JSON.parse(JSON.stringify(i % 2 === 0 ? record : { ...record, extra: i })) as Json,
      )
      const schema = deriveInputSchema(rows, Infinity)
      if ("leftOut" in schema) return expect(rows.every((row) => Object.keys(row).length === 0)).toBe(true)
      for (const row of rows) {
        for (const name of schema.required ?? []) expect(Object.hasOwn(row, name)).toBe(true)
        for (const [name, value] of Object.entries(row)) {
          const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value
          expect([schema.properties[name]?.type].flat()).toContain(type)
        }
      }
    },
  )
})
