import { Ajv } from "ajv"
import { describe, expect, it } from "vitest"
import { createRandom, type Random } from "../../simulator/core/random.ts"
import { buildOutput } from "../../simulator/output/build.ts"
import type { JsonObject, TaskRunJsonOutput, TaskRunTextOutput } from "../../simulator/index.ts"

const SEED = process.env["SIM_TEST_SEED"] ?? "outputs-1"
const SCHEMAS = 300

const NAMES = [
  "ceo_name",
  "founded_year",
  "website",
  "employee_count",
  "funding_usd",
  "is_public",
  "näme",
  "offices",
  "tags",
  "__proto__x",
  "notes",
  "headquarters",
  "last update",
  "price",
]

const scalar = (random: Random): JsonObject => {
  const type = random.pick(["string", "integer", "number", "boolean"])
  return random.chance(0.4) ? { type: [type, "null"] } : { type, description: random.pick(NAMES) }
}

const schemaOf = (random: Random, depth: number): JsonObject => {
  const kind =
    depth <= 0
      ? "scalar"
      : random.pick(["scalar", "object", "array", "enum", "anyOf", "const", "ref", "allOf"])
  switch (kind) {
    case "object":
      return objectOf(random, depth - 1)
    case "array":
      return { type: "array", items: schemaOf(random, depth - 1) }
    case "enum":
      return random.chance(0.5) ? { type: "string", enum: ["a", "b", "c"] } : { enum: [1, "two", null, true] }
    case "anyOf":
      return { anyOf: [schemaOf(random, depth - 1), { type: "null" }], description: "a union" }
    case "const":
      return { const: random.pick(["fixed", 7]) }
    case "ref":
      return { $ref: random.pick(["#/$defs/Place", "#/$defs/Node"]) }
    case "allOf":
      return { allOf: [objectOf(random, 0), { $ref: "#/$defs/Place" }] }
    default:
      return scalar(random)
  }
}

const objectOf = (random: Random, depth: number): JsonObject => {
  const names = NAMES.filter(() => random.chance(0.3))
  const properties = Object.fromEntries(names.map((name) => [name, schemaOf(random, depth)]))
  const required = names.filter(() => random.chance(0.8))
  return { type: "object", properties, required }
}

const DEFS: JsonObject = {
  Place: {
    type: "object",
    properties: { city: { type: "string" }, country: { type: ["string", "null"] } },
    required: ["city", "country"],
  },
  Node: {
    type: "object",
    properties: {
      label: { type: "string" },
      children: { type: "array", items: { $ref: "#/$defs/Node" } },
      parent: { anyOf: [{ $ref: "#/$defs/Node" }, { type: "null" }] },
    },
    required: ["label", "children", "parent"],
    additionalProperties: false,
  },
}

const output = (schema: JsonObject, input: JsonObject, seed = "s", processor = "core") =>
  buildOutput({
    seed,
    input,
    spec: { output_schema: { type: "json", json_schema: schema } },
    processor,
    minBytes: 0,
    elementBasis: false,
  }) as TaskRunJsonOutput

describe("outputs", () => {
  it(`fit ${SCHEMAS} random schemas (seed ${SEED})`, { timeout: 60_000 }, () => {
    const ajv = new Ajv({ strict: false })
    const random = createRandom(SEED)
    for (let i = 0; i < SCHEMAS; i++) {
      const schema: JsonObject = { ...objectOf(random, 4), $defs: DEFS }
      const { content, basis } = output(schema, { company: `Company ${i}` }, `run ${i}`)
      const check = ajv.compile(schema)
      const where = `seed ${SEED}, schema ${i}: ${JSON.stringify(schema)}`
      const fits = check(content)
      expect({ where, content, fits, errors: check.errors }).toEqual({
        where,
        content,
        fits: true,
        errors: null,
      })
      expect(basis.map((entry) => entry.field)).toEqual(Object.keys(content))
    }
  })

  it("keep to numeric, length and item limits where a schema has them", () => {
    const ajv = new Ajv({ strict: false, validateFormats: false })
    const limited: JsonObject = {
      type: "object",
      properties: {
        score: { type: "integer", minimum: 3, maximum: 5 },
        ratio: { type: "number", exclusiveMinimum: 0, maximum: 1.5 },
        code: { type: "string", minLength: 4, maxLength: 6 },
        tags: { type: "array", items: { type: "string" }, minItems: 2, maxItems: 3 },
        step: { type: "integer", multipleOf: 25 },
      },
      required: ["score", "ratio", "code", "tags", "step"],
    }
    const check = ajv.compile(limited)
    const contents = Array.from({ length: 100 }, (_, i) => output(limited, { a: i }, `s${i}`).content)
    expect(contents.filter((content) => !check(content))).toEqual([])
  })

  it("show what people know of well-known companies", () => {
    const text = { type: "string" }
    const schema: JsonObject = {
      type: "object",
      properties: { ceo_name: text, founded_year: text, website: text, headquarters: text, industry: text },
      required: ["ceo_name", "founded_year", "website", "headquarters", "industry"],
    }
    expect(output(schema, { company: "Stripe, Inc." }).content).toEqual({
      ceo_name: "Patrick Collison",
      founded_year: "2010",
      website: "https://stripe.com",
      headquarters: "South San Francisco, United States",
      industry: "Financial technology",
    })
    expect(output(schema, { url: "https://www.spotify.com/about" }).content).toMatchObject({
      ceo_name: "Daniel Ek",
    })
  })

  it("give the same unknown company the same facts in every run", () => {
    const schema: JsonObject = { type: "object", properties: { ceo: { type: "string" } }, required: ["ceo"] }
    const [a, b] = ["one", "two"].map((seed) => output(schema, { company: "Blue Anvil" }, seed).content)
    expect(a).toEqual(b)
  })

  it("text: a Markdown report with citations, and one basis entry", () => {
    const spec = { output_schema: { type: "text", description: "What do they sell?" } }
    const text = buildOutput({
      seed: "s",
      input: { company: "Figma" },
      spec,
      processor: "core",
      minBytes: 0,
      elementBasis: false,
    })
    expect((text as TaskRunTextOutput).content).toMatch(/^# Figma\n[^]*\[1\]\(https:\/\/figma\.com/)
    expect(text.basis.map((entry) => entry.field)).toEqual(["output"])
  })

  it("auto: a structured report that fits the schema it names", () => {
    const auto = buildOutput({
      seed: "s",
      input: "Figma",
      spec: null,
      processor: "pro",
      minBytes: 0,
      elementBasis: false,
    })
    const { output_schema: schema, content } = auto as TaskRunJsonOutput
    expect(new Ajv({ strict: false }).validate(schema!, content)).toBe(true)
  })

  it("lite sometimes leaves confidence out or empty; others do not", () => {
    const schema: JsonObject = { type: "object", properties: { ceo: { type: "string" } }, required: ["ceo"] }
    const seen = (processor: string) =>
      new Set(
        Array.from(
          { length: 80 },
          (_, i) => output(schema, { company: "A" }, `s${i}`, processor).basis[0]!.confidence,
        ),
      )
    expect(seen("lite")).toEqual(new Set(["high", "medium", "low", "", undefined]))
    expect(seen("core")).toEqual(new Set(["high", "medium", "low"]))
  })

  it("can be made larger than 2 MB and still fit", () => {
    const schema: JsonObject = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] }
    const spec = { output_schema: { type: "json", json_schema: schema } }
    const big = buildOutput({
      seed: "s",
      input: "x",
      spec,
      processor: "core",
      minBytes: 2_500_000,
      elementBasis: false,
    })
    expect(JSON.stringify(big).length).toBeGreaterThanOrEqual(2_500_000)
    expect(new Ajv().validate(schema, big.content)).toBe(true)
  })
})
