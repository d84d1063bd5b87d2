import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { checkOutputSchema } from "../../src/domain/OutputSchemaRules.ts"

type Json = Record<string, unknown>

const strict = (properties: Json): Json => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

const check = (schema: unknown) => checkOutputSchema(schema, "output_schema")
const paths = (schema: unknown) => check(schema).errors.map((error) => error.path)
const numbered = (count: number, value: (index: number) => unknown): Json =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, value(index)]))
/** `levels` objects around each other, the root included. */
const nested = (levels: number): Json => strict({ a: levels === 1 ? { type: "string" } : nested(levels - 1) })

describe("checkOutputSchema", () => {
  it("has nothing to say about a strict schema", () => {
    const schema = strict({
      ceo: { type: "string", description: "Name of the CEO" },
      founded: { type: ["integer", "null"] },
      size: { type: "string", enum: ["small", "large"] },
      offices: { type: "array", items: strict({ city: { type: "string" } }) },
      either: { anyOf: [{ type: "string" }, { type: "null" }] },
    })
    expect(check(schema)).toEqual({ errors: [], warnings: [] })
  })

  it.each([[null], [[]], ["{}"], [3], [true], [undefined]])("refuses %j as a schema", (schema) => {
    expect(paths(schema)).toEqual(["output_schema"])
  })

  it("refuses a root that is not an object with properties", () => {
    expect(paths({})).toEqual(["output_schema.type", "output_schema.properties"])
    expect(paths({ type: "array", items: {} })).toEqual(["output_schema.type", "output_schema.properties"])
    expect(paths({ ...strict({ a: {} }), type: ["object", "null"] })).toEqual(["output_schema.type"])
    expect(paths({ ...strict({ a: {} }), type: "objekt" })).toEqual(["output_schema.type"])
    expect(paths({ ...strict({ a: {} }), type: "null" })).toEqual(["output_schema.type"])
    expect(paths({ ...strict({}) })).toEqual(["output_schema.properties"])
    expect(paths({ ...strict({}), properties: [] })).toEqual(["output_schema.properties"])
    expect(paths({ ...strict({ a: {} }), anyOf: [{}] })).toEqual(["output_schema.anyOf"])
  })

  it("takes null in unions only", () => {
    const at = "output_schema.properties.a"
    expect(paths(strict({ a: { type: "null" } }))).toEqual([`${at}.type`])
    expect(paths(strict({ a: { type: ["null"] } }))).toEqual([`${at}.type`])
    expect(paths(strict({ a: { anyOf: [{ type: "null" }] } }))).toEqual([`${at}.anyOf[0].type`])
    expect(paths(strict({ a: { type: "array", items: { type: "null" } } }))).toEqual([`${at}.items.type`])
  })

  it("refuses a keyword in schema position, not a property or a value of that name", () => {
    const words = [
      "contains",
      "format",
      "maxItems",
      "maximum",
      "minLength",
      "pattern",
      "uniqueItems",
      "items",
      "type",
    ]
    expect(paths(strict(Object.fromEntries(words.map((word) => [word, { type: "string" }]))))).toEqual([])
    expect(
      paths(strict({ a: { const: { format: "x" }, enum: [{ pattern: "y" }], default: { minLength: 1 } } })),
    ).toEqual([])
    const schema = {
      ...strict({
        a: { type: "string", format: "date", minLength: 1 },
        b: { type: "array", items: { type: "number", maximum: 3 }, uniqueItems: true },
        c: { anyOf: [{ type: "string", pattern: "x" }, { $ref: "#/$defs/d" }] },
        e: { type: "object", additionalProperties: { multipleOf: 2 } },
        f: { type: "array", prefixItems: [{ minimum: 1 }], items: [{ propertyNames: {} }] },
      }),
      $defs: { d: { type: "object", patternProperties: {} } },
    }
    const below = "output_schema.properties"
    expect(paths(schema).sort()).toEqual(
      [
        `${below}.a.format`,
        `${below}.a.minLength`,
        `${below}.b.items.maximum`,
        `${below}.b.uniqueItems`,
        `${below}.c.anyOf[0].pattern`,
        `${below}.e.additionalProperties.multipleOf`,
        `${below}.f.items[0].propertyNames`,
        `${below}.f.prefixItems[0].minimum`,
        "output_schema.$defs.d.patternProperties",
      ].sort(),
    )
  })

  it("names every malformed part", () => {
    const schema = {
      ...strict({
        a: 3,
        b: { type: "text" },
        c: { type: [] },
        d: { anyOf: [] },
        e: { enum: [] },
        f: { description: 1 },
      }),
      required: "a",
      $defs: 1,
    }
    const at = (name: string) => `output_schema.properties.${name}`
    expect(paths(schema).sort()).toEqual(
      [at("a"), at("b.type"), at("c.type"), at("d.anyOf"), at("e.enum"), at("f.description")]
        .concat("output_schema.required", "output_schema.$defs")
        .sort(),
    )
  })

  it("counts properties on all levels", () => {
    const two = strict({ x: {}, y: {} })
    expect(paths(strict(numbered(100, () => ({}))))).toEqual([])
    expect(paths(strict(numbered(101, () => ({}))))).toEqual(["output_schema"])
    expect(paths(strict(numbered(34, (i) => (i < 33 ? two : {}))))).toEqual([])
    expect(paths(strict(numbered(34, () => two)))).toEqual(["output_schema"])
  })

  it("advises against level 4, refuses level 6, once for each branch", () => {
    expect(check(nested(3))).toEqual({ errors: [], warnings: [] })
    expect(check(nested(4)).errors).toEqual([])
    expect(check(nested(4)).warnings).toHaveLength(1)
    expect(check(nested(5)).errors).toEqual([])
    const deep = `output_schema${".properties.a".repeat(5)}`
    expect(paths(nested(6))).toEqual([deep])
    expect(paths(nested(9))).toEqual([deep])
    expect(paths(strict({ a: nested(5), b: nested(8) }))).toHaveLength(2)
    // anyOf is no level, an array is
    const list = (of: Json): Json => ({ type: "array", items: of })
    expect(
      paths(strict({ a: list(list(list(list({ anyOf: [{ type: "string" }, { type: "null" }] })))) })),
    ).toEqual([])
    expect(paths(strict({ a: list(list(list(list(list({ type: "string" }))))) }))).toHaveLength(1)
  })

  it("limits enums", () => {
    const values = (count: number, length: number) =>
      Array.from({ length: count }, (_, i) => `${i}`.padEnd(length, "x"))
    const paths2 = (...enums: ReadonlyArray<ReadonlyArray<unknown>>) =>
      paths(strict(numbered(enums.length, (i) => ({ enum: enums[i] }))))
    expect(paths2(values(250, 10), values(250, 10))).toEqual([])
    expect(paths2(values(250, 10), values(251, 10))).toEqual(["output_schema"])
    expect(paths2(values(250, 31))).toEqual([])
    expect(paths2(values(251, 29))).toEqual([])
    expect(paths2(values(251, 30))).toEqual(["output_schema.properties.p0.enum"])
    expect(paths2(Array.from({ length: 300 }, () => ({ toString: 1 })))).toEqual([])
  })

  it("limits the text, property names included", () => {
    const text = (length: number) => strict({ a: { description: "x".repeat(length) } })
    // "object", "a" in required and as a name: 8 characters besides the description
    expect(paths(text(25_000 - 8))).toEqual([])
    expect(paths(text(25_000 - 7))).toEqual(["output_schema"])
  })

  it("warns once about each piece of advice, with the places", () => {
    const { errors, warnings } = check({
      type: "object",
      properties: { a: { type: "object", properties: { sources: {} } }, b: {} },
      required: ["a"],
    })
    expect(errors).toEqual([])
    expect(warnings).toHaveLength(3)
    expect(warnings[0]).toContain("output_schema.properties.b, output_schema.properties.a.properties.sources")
    expect(warnings[1]).toContain("(output_schema, output_schema.properties.a)")
    expect(warnings[2]).toContain("(output_schema.properties.a.properties.sources)")
    const many = check({ ...strict(numbered(100, () => ({}))), required: [] }).warnings
    expect(many.join()).toContain("and 95 more")
    expect(many.join().length).toBeLessThan(1_000)
  })

  it("refuses references that lead nowhere", () => {
    const at = (name: string) => `output_schema.properties.${name}.$ref`
    const schema: Json = {
      ...strict({
        dangling: { $ref: "#/$defs/Nobody" },
        shallow: { $ref: "#/$defs/City/properties/zip" },
        url: { $ref: "https://example.com/city.json" },
        file: { $ref: "city.json#/$defs/City" },
        anchor: { $ref: "#City" },
        number: { $ref: 1 },
        text: { $ref: "#/$defs/City/type" },
        circle: { $ref: "#/properties/circle" },
        prototype: { $ref: "#/constructor" },
      }),
      $defs: { City: { type: "object", properties: { name: { type: "string" } } } },
    }
    expect(paths(schema)).toEqual(Object.keys(schema["properties"] as object).map(at))
    const messages = check(schema).errors.map(({ message }) => message)
    expect(messages[0]).toContain('"#/$defs/Nobody"')
    for (const message of messages.slice(0, 7)) expect(message).toMatch(/#\/\$defs\/Name/)
  })

  it("takes references into the schema, and values that only look like references", () => {
    const City = { type: "object", properties: { name: {}, next: { $ref: "#/$defs/City" } } }
    const schema = {
      ...strict({
        city: { $ref: "#/$defs/City" },
        name: { $ref: "#/$defs/City/properties/name" },
        odd: { $ref: "#/$defs/a~1b%25" },
        root: { anyOf: [{ $ref: "#" }, { type: "null" }] },
        first: { $ref: "#/properties/root/anyOf/0" },
        any: { $ref: "#/$defs/any" },
        $ref: { type: "string" },
        value: { const: { $ref: "nowhere" }, enum: [{ $ref: 1 }], default: { $ref: "#/x" } },
      }),
      $defs: { City, "a/b%": {}, any: true },
    }
    expect(paths(schema).filter((path) => path.endsWith("$ref"))).toEqual([])
  })

  it("refuses a required name that is no property", () => {
    const a = { a: { type: "string" } }
    const broken = { type: "object", properties: a, required: ["a", "b"] }
    expect(check(broken).errors).toEqual([
      {
        path: "output_schema.required[1]",
        message: 'names "b", which "properties" does not have. Add the property, or leave the name out.',
      },
    ])
    const at = "output_schema.properties"
    expect(paths(strict({ x: broken, y: { type: "array", items: broken } }))).toEqual([
      `${at}.x.required[1]`,
      `${at}.y.items.required[1]`,
    ])
    expect(paths({ ...strict({ x: { $ref: "#/$defs/X" } }), $defs: { X: broken } })).toEqual([
      "output_schema.$defs.X.required[1]",
    ])
    expect(paths(strict({ x: { type: "object", required: ["a"] } }))).toEqual([`${at}.x.required[0]`])
    expect(paths({ ...broken, additionalProperties: true })).toHaveLength(1)
    expect(paths(strict({ x: { anyOf: [broken, { type: "null" }] } }))).toEqual([
      `${at}.x.anyOf[0].required[1]`,
    ])
    expect(paths({ type: "object", properties: a, required: ["toString", "__proto__"] })).toHaveLength(2)
  })

  it.each<[string, Json]>([
    ["alternatives", { properties: { a: {}, b: {} }, anyOf: [{ required: ["a"] }, { required: ["b"] }] }],
    ["parts", { allOf: [{ properties: { a: {} }, required: ["b"] }, { properties: { b: {} } }] }],
    ["parts of parts", { required: ["a"], allOf: [{ oneOf: [{ properties: { a: {} } }] }] }],
    ["a reference", { $ref: "#/$defs/Base", required: ["a"] }],
    ["a reference in a part", { allOf: [{ $ref: "#/$defs/Base" }, { required: ["a"] }] }],
    ["a part that is defined elsewhere", { allOf: [{ $ref: "#/$defs/NeedsB" }, { properties: { b: {} } }] }],
    ["the same beside properties", { $ref: "#/$defs/NeedsB", properties: { b: {} } }],
    [
      "a condition",
      { properties: { a: {} }, if: { required: ["a"] }, else: { properties: { b: {} }, required: ["b"] } },
    ],
    ["what must not be", { properties: { a: {} }, not: { required: ["b"] } }],
    ["a map", { required: ["a"], additionalProperties: { type: "string" } }],
    ["dependent", { properties: { a: {}, b: {} }, dependentSchemas: { a: { required: ["b"] } } }],
  ])("a required name may be described elsewhere: %s", (_, schema) => {
    const $defs = {
      Base: { type: "object", properties: { a: {} } },
      ...(JSON.stringify(schema).includes("NeedsB")
        ? { NeedsB: { properties: { c: {} }, required: ["b"] } }
        : {}),
    }
    expect(paths({ ...strict({ x: { type: "object", ...schema } }), $defs })).toEqual([])
  })

  it("survives cycles, depth bombs, huge schemas and prototype names", () => {
    const cycle: Json = strict({})
    cycle["properties"] = { self: cycle }
    expect(paths(cycle)).toHaveLength(1)
    const bomb = `${'{"properties":{"a":'.repeat(50_000)}{}${"}}".repeat(50_000)}`
    expect(check(JSON.parse(bomb)).errors[0]?.message).toContain("nested more than 64 levels")
    const hidden = `{"type":"object","properties":{"a":{"default":${"[".repeat(50_000)}${"]".repeat(50_000)}}}}`
    expect(paths(JSON.parse(hidden))).toHaveLength(1)
    expect(paths(strict({ a: { enum: Array<number>(1_000_000).fill(1) } }))).toHaveLength(1)
    expect(
      paths(JSON.parse('{"type":"object","properties":{"__proto__":{"format":"x"},"constructor":{}}}')),
    ).toEqual(["output_schema.properties.__proto__.format"])
  })

  const Node = Schema.Union([
    Schema.Json,
    Schema.Record(Schema.Literals(["type", "properties", "items", "enum"]), Schema.Json),
  ])

  it.prop("never throws, whatever the parts of a schema are", [Node, Node, Node], ([a, b, c]) => {
    const schema = { type: a, properties: { x: b, y: { type: "object", properties: c, items: a, enum: b } } }
    for (const value of [a, schema, { ...schema, required: a, $defs: b, anyOf: c, oneOf: [a, b, c] }]) {
      const { errors } = check(value)
      for (const error of errors) expect(error.path.startsWith("output_schema")).toBe(true)
    }
  })
})
