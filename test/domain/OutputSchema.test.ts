import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readOutputSchema, strictSchemaText, withDescription } from "../../src/domain/OutputSchema.ts"

const PATH = "output_schema"
const read = (text: string) => readOutputSchema(text, PATH)
const readValue = (value: unknown) => read(JSON.stringify(value))
const places = (value: unknown) => readValue(value).errors.map(({ path }) => path)

/** Members in an order, and numbers and names in a spelling, that no value of JavaScript keeps. */
const CEO =
  '{"type":"object","properties":{"2023":{"const":738529527931269425},"2021":{"enum":[1.10,-0,1e2]},"\\u0063eo":{"type":["string","null"]}},"required":["2023","2021","ceo"],"additionalProperties":false}'
const strict = (properties: object, more: object = {}) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
})
const STRING = { type: "string" }

describe("readOutputSchema", () => {
  it("leaves a schema as it was written", () => {
    expect(read(CEO)).toEqual({ schema: CEO, errors: [], warnings: [] })
  })

  it.each([["null"], ["[]"], ["3"], ["true"], ['"[]"'], ['"null"'], ['""'], ['" "'], ['"\\"\\""']])(
    "%s is no schema",
    (text) => {
      const { schema, errors } = read(text)
      expect(schema).toBeNull()
      expect(errors.map(({ path }) => path)).toEqual([PATH])
    },
  )
})

describe("a schema as JSON text", () => {
  const text = (inner: string) => read(JSON.stringify(inner))

  it("is read, without its blanks and a byte order mark", () => {
    const { schema, errors, warnings } = text(`\ufeff\n ${CEO.replaceAll(/([{:,])/g, "$1\n\t ")} `)
    expect(errors).toEqual([])
    expect(schema).toBe(CEO)
    expect(warnings).toEqual([`${PATH}: the text was read as the JSON that it holds.`])
  })

  it("says where it is no JSON, and where words belong", () => {
    expect(text('{"type":"object",\n"properties":{,}}').errors[0]?.message).toContain("line 2, column 15")
    expect(text('{"type":"object"').errors[0]?.message).toContain("ends too early")
    expect(text("the CEO's name").errors[0]?.message).toContain("output_description")
    expect(text(CEO.replaceAll('"', "'")).errors[0]?.message).toContain("line 1, column 2")
  })

  it("gets the checks of a body", () => {
    const { errors } = text('{"type":"object","properties":{"a":{},"\\u0061":{"x":"\\ud800","y":[1e400]}}}')
    expect(errors.map(({ path }) => path)).toEqual([
      `${PATH}.properties.a`,
      `${PATH}.properties.a.x`,
      `${PATH}.properties.a.y[0]`,
    ])
    expect(text('{"a":'.repeat(100_000)).errors[0]?.message).toContain("64 levels")
    expect(text(`{"enum":[${"1,".repeat(100_000)}1]}`).errors[0]?.message).toContain("15000 values")
    expect(text(`{${'"a":1,'.repeat(5_000)}"b":1}`).errors.length).toBeLessThan(102)
  })
})

describe("what other APIs wrap around a schema", () => {
  const json = strict({ a: STRING })
  it.each<[string, (inner: string) => string, string]>([
    ["Parallel's task spec", (s) => `{"type":"json","json_schema":${s}}`, ".json_schema"],
    ["a name", (s) => `{"name":"x","schema":${s}}`, ".schema"],
    ["a name, strict", (s) => `{"name":"x","strict":true,"schema":${s},"title":null}`, ".schema"],
    ["schema", (s) => `{"schema":${s}}`, ".schema"],
    ["json_schema", (s) => `{"json_schema":${s}}`, ".json_schema"],
    ["a field of its own name", (s) => `{"output_schema":${s}}`, ".output_schema"],
    [
      "an answer of suggest",
      (s) => `{"input_schema":{"type":"object"},"inputs":[{}],"output_schema":${s},"title":"x"}`,
      ".output_schema",
    ],
    [
      "a chat API's response format",
      (s) => `{"type":"json_schema","json_schema":{"name":"x","schema":${s},"strict":true}}`,
      ".json_schema.schema",
    ],
    [
      "the same, named",
      (s) => `{"response_format":{"type":"json_schema","json_schema":{"schema":${s}}}}`,
      ".response_format.json_schema.schema",
    ],
    ["a text format", (s) => `{"format":{"type":"json_schema","name":"x","schema":${s}}}`, ".format.schema"],
    [
      "a task spec with text in it",
      (s) => `{"task_spec":{"output_schema":{"type":"json","json_schema":${JSON.stringify(s)}}}}`,
      ".task_spec.output_schema.json_schema",
    ],
    [
      "a request's text format",
      (s) => `{"text":{"format":{"type":"json_schema","name":"x","schema":${s}}}}`,
      ".text.format.schema",
    ],
    [
      "a function",
      (s) => `{"type":"function","function":{"name":"x","parameters":${s}}}`,
      ".function.parameters",
    ],
    ["an escaped name", (s) => `{"\\u0073chema":${s}}`, ".schema"],
  ])("%s", (_, wrap, at) => {
    const { schema, errors, warnings } = read(wrap(CEO))
    expect(errors).toEqual([])
    expect(schema).toBe(CEO)
    expect(warnings.length).toBeGreaterThanOrEqual(at.split(".").length - 1)
    expect(warnings[0]).toContain("output_schema: the schema was taken out of")
    // a problem is told where it was sent
    expect(read(wrap('{"type":"object","properties":{"a":{"format":"date"}}}')).errors[0]?.path).toBe(
      `${PATH}${at}.properties.a.format`,
    )
    expect(read(JSON.stringify(wrap(CEO))).schema).toBe(CEO)
  })

  it("says what is left out, and keeps a description", () => {
    expect(readValue({ name: "x", strict: true, schema: json }).warnings[0]).toBe(
      'output_schema: the schema was taken out of "schema"; "name", "strict" beside it were left out.',
    )
    const described = readValue({ name: "x", description: "Of today", schema: json })
    expect(described.warnings[0]).toContain('; "name" beside it was left out.')
    expect(JSON.parse(described.schema ?? "")).toEqual({ ...json, description: "Of today" })
    const own = readValue({ description: "Of today", schema: { ...json, description: "Own" } })
    expect(JSON.parse(own.schema ?? "")).toEqual({ ...json, description: "Own" })
  })

  it.each([
    strict({ name: STRING, schema: STRING }),
    strict({ output_schema: STRING, json_schema: STRING }),
    { $ref: "#/$defs/schema", $defs: { schema: strict({ a: STRING }) } },
    strict({ a: STRING }, { name: "x", schema: { type: "string" } }),
    strict({ a: STRING }, { json_schema: strict({ b: STRING }) }),
    strict({ a: STRING }, { schema: "https://json-schema.org/draft/2020-12/schema" }),
  ])("a schema with such words is none: %j", (schema) => {
    const { errors, warnings } = readValue(schema)
    expect(errors).toEqual([])
    expect(warnings.join()).not.toContain("taken out")
  })

  it("fields without a schema around them are none", () => {
    expect(places({ name: STRING, schema: STRING })).toEqual([`${PATH}.type`, `${PATH}.properties`])
  })

  it("ends somewhere", () => {
    const wrapped = (times: number) => `${'{"schema":'.repeat(times)}${CEO}${"}".repeat(times)}`
    expect(read(wrapped(8)).schema).toBe(CEO)
    expect(read(wrapped(9)).errors[0]?.message).toContain("wrapped more than 8 times")
  })

  const Wrap = Schema.Literals(["json_schema", "schema", "output_schema", "response_format", "text"])
  it.prop("however they are combined", [Schema.Array(Wrap)], ([wraps]) => {
    const some = wraps.slice(0, 8)
    const text = some.reduce((s, wrap) => (wrap === "text" ? JSON.stringify(s) : `{"${wrap}":${s}}`), CEO)
    const { schema, errors, warnings } = read(text)
    expect({ schema, errors }).toEqual({ schema: CEO, errors: [] })
    expect(warnings).toHaveLength(some.length)
  })
})

describe("a root that is a reference", () => {
  const company = '{"type":"object","properties":{"2023":{},"2021":{}}}'

  it.each([
    ["#/$defs/Company", `"$defs":{"Company":${company}}`],
    ["#/definitions/Company", `"definitions":{"Company":${company}}`],
    ["#/components/schemas/Company", `"components":{"schemas":{"Company":${company}}}`],
    ["#/$defs/a~1b~0c%20%C3%A4%22", `"$defs":{"a/b~c ä\\"":${company}}`],
    ["#/$defs/100%", `"$defs":{"100%":${company}}`],
    [
      "#/$defs/One",
      `"$defs":{"One":{"$ref":"#/$defs/Two"},"Two":{"$ref":"#/$defs/Three"},"Three":${company}}`,
    ],
  ])("%s", (ref, definitions) => {
    const { schema, errors, warnings } = read(`{"$ref":${JSON.stringify(ref)},${definitions}}`)
    expect(errors).toEqual([])
    expect(schema).toBe(company)
    expect(warnings[0]).toContain(JSON.stringify(ref))
  })

  it("keeps what is still referred to, and nothing twice", () => {
    const $defs = {
      Company: { type: "object", properties: { hq: { $ref: "#/$defs/Address" } } },
      Address: { type: "object", properties: { city: { $ref: "#/$defs/City" } } },
      City: STRING,
      Unasked: { type: "object", properties: { a: { $ref: "#/$defs/Company" } } },
    }
    const { Company, Address, City } = $defs
    const { schema } = readValue({ $ref: "#/$defs/Company", $defs })
    expect(schema).toBe(JSON.stringify({ ...Company, $defs: { Address, City } }))
    // without a reference at the root nothing is touched
    const whole = JSON.stringify({ ...Company, $defs })
    expect(read(whole).schema).toBe(whole)
  })

  it("may refer to itself inside", () => {
    const node = strict({ name: STRING, parts: { type: "array", items: { $ref: "#/$defs/Node" } } })
    const { schema, errors } = readValue({ $ref: "#/$defs/Node", $defs: { Node: node } })
    expect(errors).toEqual([])
    expect(JSON.parse(schema ?? "")).toEqual({ ...node, $defs: { Node: node } })
    const self = readValue(strict({ parts: { type: "array", items: { $ref: "#" } } }))
    expect(self.errors).toEqual([])
    // the root and the definition are both sent
    const wide = strict(
      Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`p${i}`, { $ref: "#/$defs/W" }])),
    )
    expect(readValue({ $ref: "#/$defs/W", $defs: { W: wide } }).errors[0]?.message).toContain(
      "120 properties",
    )
  })

  it("keeps words about it that stand beside the reference, and refuses to choose between others", () => {
    const $defs = { C: { ...strict({ a: STRING }), title: "C", description: "inner" } }
    const { schema } = readValue({
      $schema: "s",
      $ref: "#/$defs/C",
      $defs,
      description: "outer",
      type: "object",
    })
    expect(JSON.parse(schema ?? "")).toEqual({ $schema: "s", ...$defs.C, description: "outer" })
    expect(places({ $ref: "#/$defs/C", $defs, required: [] })).toEqual([`${PATH}.required`])
    expect(places({ $ref: "#/$defs/C", $defs, required: ["a"], properties: { a: {} } })).toEqual([
      `${PATH}.type`,
    ])
  })

  it("leads somewhere", () => {
    const ref = `${PATH}.$ref`
    expect(places({ $ref: "#/$defs/C" })).toEqual([ref])
    expect(places({ $ref: "#" })).toEqual([ref])
    expect(
      places({ $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/B" }, B: { $ref: "#/$defs/A" } } }),
    ).toEqual([ref])
    expect(places({ $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/B" } } })).toEqual([
      `${PATH}.$defs.A.$ref`,
    ])
    const chain = Array.from({ length: 7_000 }, (_, i) => [`d${i}`, { $ref: `#/$defs/d${i + 1}` }])
    expect(
      readValue({ $ref: "#/$defs/d0", $defs: Object.fromEntries([...chain, ["d7000", strict({ a: {} })]]) })
        .errors[0]?.message,
    ).toContain("more than 8 references")
    expect(places({ $ref: "#/$defs/A", $defs: { A: { type: "array", items: {} } } })).toEqual([
      `${PATH}.$defs.A.type`,
      `${PATH}.$defs.A.properties`,
    ])
  })
})

describe("bounds", () => {
  const at = `${PATH}.properties.a`
  const property = (text: string) =>
    `{"type":"object","properties":{"a":${text}},"required":["a"],"additionalProperties":false}`

  it.each([
    '"minimum":-9007199254740991,"maximum":9007199254740991',
    '"exclusiveMinimum":-9007199254740991,"exclusiveMaximum":9007199254740992',
    '"minimum":-9007199254740992,"maximum":9.223372036854775807e18',
    '"minimum":-1.7976931348623157e308,"maximum":1.7976931348623157e+308',
    '"\\u006dinimum":-1E300',
  ])("%s say nothing, and are left out", (bounds) => {
    const { schema, errors, warnings } = read(property(`{"type":"integer",${bounds},"const":1.10}`))
    expect(errors).toEqual([])
    expect(schema).toBe(property('{"type":"integer","const":1.10}'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`(${at}.`)
  })

  it.each([
    ['"minimum":0', "minimum"],
    ['"minimum":9007199254740991', "minimum"],
    ['"maximum":9007199254740990', "maximum"],
    ['"maximum":-9007199254740991', "maximum"],
    ['"minimum":"-9007199254740991"', "minimum"],
    ['"minimum":null', "minimum"],
  ])("%s says something", (bounds, keyword) => {
    expect(read(property(`{"type":"integer",${bounds}}`)).errors.map(({ path }) => path)).toEqual([
      `${at}.${keyword}`,
    ])
  })

  it("are found wherever a schema is, and nowhere else; one warning names the places", () => {
    const int = { type: "integer", minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
    const schema = strict(
      {
        minimum: int,
        list: { type: "array", items: int, default: int },
        either: { anyOf: [int, { type: "null" }], enum: [int] },
        map: { type: "object", additionalProperties: int },
      },
      { $defs: { int }, properties_: int },
    )
    const { errors, warnings, schema: text } = readValue(schema)
    expect(errors).toEqual([])
    expect(warnings.filter((warning) => warning.includes("bounds"))).toHaveLength(1)
    expect(warnings.join()).toContain(`${PATH}.properties.minimum.minimum`)
    expect(warnings.join()).toContain("and 5 more")
    expect(text?.match(/minimum":-/g)).toHaveLength(3)
    expect(JSON.parse(text ?? "").properties.minimum).toEqual({ type: "integer" })
  })
})

describe("withDescription", () => {
  it.prop(
    "gives one to a schema that says nothing",
    [Schema.Record(Schema.String, Schema.Json), Schema.String],
    ([schema, description]) => {
      const own = schema["description"]
      const says = own !== undefined && own !== null && (typeof own !== "string" || own.trim() !== "")
      const text = JSON.stringify(schema)
      const described = withDescription(text, description)
      if (says) expect(described).toBe(text)
      else expect(JSON.parse(described)).toEqual(JSON.parse(JSON.stringify({ ...schema, description })))
    },
  )

  it("leaves everything else as it was written", () => {
    expect(withDescription(CEO, 'a "b"')).toBe(`${CEO.slice(0, -1)},"description":"a \\"b\\""}`)
    expect(withDescription("{}", "x")).toBe('{"description":"x"}')
    expect(withDescription('{"description":" ","2":1.0}', "x")).toBe('{"description":"x","2":1.0}')
    expect(withDescription('{"descri\\u0070tion":"own"}', "x")).toBe('{"descri\\u0070tion":"own"}')
  })
})

describe("strictSchemaText", () => {
  it("requires every property and allows no other, where the suggestion is silent", () => {
    expect(strictSchemaText('{"properties":{"2023":{"const":738529527931269425},"2021":{}}}')).toBe(
      '{"type":"object","properties":{"2023":{"const":738529527931269425},"2021":{}},"required":["2023","2021"],"additionalProperties":false}',
    )
    const open = '{"type":"object","properties":{"a":{}},"required":[],"additionalProperties":true}'
    expect(strictSchemaText(open)).toBe(open)
    expect(strictSchemaText('{"properties":{"a":{}},"required":null}')).toContain('"required":["a"]')
  })

  it("so do objects in properties and in items", () => {
    const inner = '{"type":"object","properties":{"b":{}}}'
    const strictInner =
      '{"type":"object","properties":{"b":{}},"required":["b"],"additionalProperties":false}'
    const of = (x: string) =>
      `{"type":"object","properties":{"a":${x},"l":{"type":"array","items":{"type":"array","items":${x}}}},"required":["a","l"],"additionalProperties":false}`
    expect(strictSchemaText(of(inner))).toBe(of(strictInner))
  })

  it("survives what is no schema", () => {
    for (const text of ["[]", '"x"', "null", '{"properties":[]}', '{"properties":{"a":1},"items":[]}', "{}"])
      expect(() => strictSchemaText(text)).not.toThrow()
    const deep = `${'{"properties":{"a":'.repeat(50_000)}{}${"}}".repeat(50_000)}`
    expect(strictSchemaText(deep).length).toBeGreaterThan(deep.length)
    expect(strictSchemaText('{"properties":{"a":{},"a":{"type":"string"}}}')).toBe(
      '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}',
    )
  })
})

describe("whatever is sent", () => {
  const Word = Schema.Literals(
    "$ref $defs definitions properties items anyOf allOf required type schema json_schema minimum maximum description".split(
      " ",
    ),
  )
  const Ref = Schema.Literals([
    "#",
    "#/$defs/a",
    "#/properties/a",
    "#/$defs/a/items",
    "#/%",
    "x",
    "#/items/0",
  ])
  const Node = Schema.Union([Schema.Json, Ref, Schema.Record(Word, Schema.Union([Schema.Json, Ref]))])
  const Tree = Schema.Record(Word, Schema.Union([Node, Schema.Record(Schema.Literals(["a", "b"]), Node)]))

  it.prop(
    "never throws, and what is accepted is accepted again as it is",
    [Tree, Tree, Schema.Boolean],
    ([a, b, ref]) => {
      const root = ref ? { $ref: "#/$defs/a" } : {}
      const properties = { a: b, b: a }
      for (const value of [
        a,
        { ...a, ...root },
        { type: "object", properties, $defs: a },
        { ...root, $defs: { a: { properties } } },
      ]) {
        const { schema, errors } = readValue(value)
        expect(schema === null).toBe(errors.length > 0)
        for (const { path } of errors) expect(path.startsWith(PATH)).toBe(true)
        if (schema !== null) expect(read(schema)).toMatchObject({ schema, errors: [] })
      }
    },
  )
})
