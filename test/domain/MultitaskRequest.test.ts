import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  decodeMultitaskRequest,
  decodeRows,
  type DecodedRequest,
  type Limits,
} from "../../src/domain/MultitaskRequest.ts"
import { processorNames } from "../../src/domain/Processors.ts"

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

const decode = (body: unknown, limits: Partial<Limits> = {}) =>
  decodeMultitaskRequest(body, { ...LIMITS, ...limits })

const accepted = (body: unknown, limits: Partial<Limits> = {}): DecodedRequest =>
  Result.getOrThrowWith(decode(body, limits), (problems) => new Error(JSON.stringify(problems)))

const problems = (body: unknown, limits: Partial<Limits> = {}) => {
  const decoded = decode(body, limits)
  return Result.isFailure(decoded) ? decoded.failure : []
}

const paths = (body: unknown, limits: Partial<Limits> = {}) => problems(body, limits).map(({ path }) => path)

describe("decodeMultitaskRequest", () => {
  it("takes a full request", () => {
    const { request, warnings } = accepted({
      ...BODY,
      webhook_url: "https://example.com/hook?x=1",
      processor: "core-fast",
      output_description: "The CEO",
    })
    expect(request).toEqual({
      inputs: { _tag: "rows", rows: [{ company: "Acme" }] },
      webhookUrl: new URL("https://example.com/hook?x=1"),
      processor: "core-fast",
      output: { output_type: "json", output_schema: SCHEMA, description: "The CEO" },
    })
    expect(warnings).toEqual([])
  })

  it.each([null, [], "{}", 3, undefined, true])("refuses %j as a body", (body) => {
    expect(paths(body)).toEqual([""])
  })

  it("reports every problem at once", () => {
    const body = {
      inputs: [{}, 3, null, [], "x", { a: 1 }],
      webhook_url: "http://localhost/hook",
      processor: "mega",
      output_type: "xml",
      output_description: 7,
      output_schema: { type: "object", properties: { a: { format: "date" } } },
    }
    expect(paths(body).join(" ")).toBe(
      "inputs[1] inputs[2] inputs[3] inputs[4] webhook_url processor output_type output_description " +
        "output_schema.properties.a.format",
    )
    expect(paths({})).toEqual(["inputs", "output_type"])
  })

  it.each(["inputs", "webhook_url", "processor", "output_type", "output_description", "output_schema"])(
    "a wrong type of %s is a problem there, never an exception",
    (field) => {
      for (const wrong of [3, true, [], [[]], { a: {} }, "", "\u0000", "{", () => 1, Symbol("x"), 1n]) {
        if (field === "inputs" && Array.isArray(wrong) && wrong.length > 0) continue
        if (field === "output_description" && typeof wrong === "string") continue
        const found = paths({ ...BODY, [field]: wrong })
        expect(found.length).toBeGreaterThan(0)
        for (const path of found) expect(path.startsWith(field)).toBe(true)
      }
    },
  )

  it("takes null for absent in optional fields", () => {
    const { request } = accepted({ ...BODY, webhook_url: null, processor: null, output_description: null })
    expect([request.webhookUrl, request.processor]).toEqual([undefined, undefined])
  })

  it("names unknown fields in warnings, a few of them when there are many", () => {
    expect(accepted({ ...BODY, webhook: "x", ["x".repeat(9_999)]: 1 }).warnings).toEqual([
      expect.stringContaining('"webhook"'),
      expect.stringMatching(/^.{1,300}$/),
    ])
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, i]))
    expect(accepted({ ...BODY, ...many }).warnings).toHaveLength(21)
  })

  it("lists the processors when the name is unknown", () => {
    const message = problems({ ...BODY, processor: "constructor" })[0]?.message
    for (const name of processorNames) expect(message).toContain(name)
  })
})

describe("output_type", () => {
  const output = (fields: Record<string, unknown>) => {
    const { request, warnings } = accepted({ inputs: BODY.inputs, ...fields })
    return [request.output, warnings.length] as const
  }
  const refused = (fields: Record<string, unknown>) => paths({ inputs: BODY.inputs, ...fields })

  it("text", () => {
    const described = { output_type: "text", output_description: "A report" }
    expect(output(described)).toEqual([{ output_type: "text", description: "A report" }, 0])
    expect(output({ output_type: "text" })).toEqual([{ output_type: "text", description: undefined }, 1])
    expect(output({ output_type: "text", output_description: "  " })[1]).toBe(1)
    expect(refused({ ...described, output_schema: SCHEMA })).toEqual(["output_schema"])
    expect(refused({ output_type: "text", output_schema: SCHEMA })).toEqual(["output_schema"])
  })

  it("json", () => {
    const described = { output_type: "json", output_description: "The CEO" }
    expect(output(described)).toEqual([{ output_type: "suggest", description: "The CEO" }, 0])
    expect(output({ ...described, output_schema: SCHEMA })[0]).toHaveProperty("description", "The CEO")
    expect(output({ output_type: "json", output_schema: { ...SCHEMA, required: [] } })[1]).toBe(1)
    expect(refused({ output_type: "json" })).toEqual(["output_schema"])
    expect(refused({ output_type: "json", output_description: " " })).toEqual(["output_schema"])
    expect(refused({ output_type: "json", output_schema: JSON.stringify(SCHEMA) })).toEqual(["output_schema"])
  })
})

describe("inputs", () => {
  const rowsOf = (inputs: unknown) => {
    const decoded = accepted({ ...BODY, inputs }).request.inputs
    return decoded._tag === "rows" ? decoded.rows : undefined
  }

  it("as JSON text are the same as the array", () => {
    expect(rowsOf(' \uFEFF\n[{"a":1},{"__proto__":2}]')).toEqual([{ a: 1 }, JSON.parse('{"__proto__":2}')])
    expect(paths({ ...BODY, inputs: '[{"a":1},2]' })).toEqual(["inputs[1]"])
    expect(paths({ ...BODY, inputs: '{"a":1}' })).toEqual(["inputs"])
    expect(paths({ ...BODY, inputs: "[]" })).toEqual(["inputs"])
  })

  it("that are no JSON are told where", () => {
    const message = (inputs: string) => problems({ ...BODY, inputs })[0]?.message
    expect(message('[{"a":1},\n{"b":}]')).toContain("has an error at line 2, column 6")
    expect(message('[{"a":1},')).toContain("ends too early, at line 1, column 10")
    expect(message("[".repeat(1_000_000))).toContain("ends too early")
    expect(message("Acme, Blue Anvil")).toContain("neither a URL nor a JSON array")
    expect(message('"[]"')).toContain("neither a URL nor a JSON array")
  })

  it("as URL are parsed, checked and not repeated", () => {
    const url = "https://example.com/rows.json?sig=s3cret"
    expect(accepted({ ...BODY, inputs: ` ${url}\n` }).request.inputs).toEqual({
      _tag: "url",
      url: new URL(url),
    })
    for (const bad of [
      "http://example.com/?sig=s3cret",
      "https://10.0.0.1/?sig=s3cret",
      "https://u:s3cret@example.com",
      "ftp:s3cret",
    ]) {
      const [problem] = problems({ ...BODY, inputs: bad })
      expect(problem?.path).toBe("inputs")
      expect(problem?.message).not.toContain("s3cret")
    }
    const local = { ...BODY, inputs: "http://localhost/rows", webhook_url: "http://127.0.0.1:9/hook" }
    expect(paths(local)).toEqual(["inputs", "webhook_url"])
    expect(accepted(local, { allowPrivateUrls: true }).request.inputs._tag).toBe("url")
  })

  it("are counted", () => {
    const rows = (count: number) => Array.from({ length: count }, (_, a) => ({ a }))
    expect(rowsOf(rows(50_000))).toHaveLength(50_000)
    expect(paths({ ...BODY, inputs: rows(50_001) })).toEqual(["inputs"])
    expect(paths({ ...BODY, inputs: [...rows(3), 4] }, { maxInputs: 3 })).toEqual(["inputs", "inputs[3]"])
  })

  it("that are all bad do not make an endless answer", () => {
    const found = problems({ ...BODY, inputs: Array<number>(50_000).fill(1), processor: "x" })
    expect(found).toHaveLength(102)
    expect(found[100]).toEqual({ path: "inputs", message: expect.stringContaining("49900 more") })
    expect(found[101]?.path).toBe("processor")
    expect(problems({ ...BODY, inputs: Array.from({ length: 200 }) })).toHaveLength(101)
  })

  it("must be data that JSON can hold", () => {
    expect(paths({ ...BODY, inputs: '[{"a":1e999}]' })).toEqual(["inputs[0].a"])
    const bomb = `[{"a":1},{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}]`
    expect(problems({ ...BODY, inputs: bomb })[0]?.path.startsWith("inputs[1].a[0]")).toBe(true)
    expect(paths({ ...BODY, inputs: [{ when: new Date() }] })).toEqual(["inputs[0].when"])
  })
})

describe("decodeRows", () => {
  it("judges rows from a URL by the same rules", () => {
    expect(decodeRows([{ a: 1 }], LIMITS)).toEqual(Result.succeed([{ a: 1 }]))
    for (const [value, path] of [
      [{}, "inputs"],
      [[], "inputs"],
      [[[]], "inputs[0]"],
      [null, "inputs"],
    ] as const)
      expect(Result.getOrThrow(Result.flip(decodeRows(value, LIMITS)))[0]?.path).toBe(path)
  })
})

describe("any body at all", () => {
  const field = Schema.Union([Schema.Json, Schema.Literals(["json", "text", "core", "https://example.com"])])

  it.prop(
    "is a request that can be serialised, or a list of problems with known paths",
    [
      Schema.Struct({
        inputs: field,
        webhook_url: field,
        processor: field,
        output_type: field,
        output_description: field,
        output_schema: field,
      }),
    ],
    ([body]) => {
      const known = /^(inputs|webhook_url|processor|output_type|output_description|output_schema)\b/
      const found = decode(body)
      if (Result.isSuccess(found)) return expect(() => JSON.stringify(found.success)).not.toThrow()
      expect(found.failure.length).toBeGreaterThan(0)
      for (const { path, message } of found.failure) {
        expect(path).toMatch(known)
        expect(message).toMatch(/\.$/)
      }
    },
  )

  it.prop(
    "made of JSON objects is accepted as rows",
    [Schema.NonEmptyArray(Schema.Record(Schema.String, Schema.Json))],
    ([rows]) => {
      expect(accepted({ ...BODY, inputs: rows }).request.inputs).toEqual({ _tag: "rows", rows })
      expect(accepted({ ...BODY, inputs: JSON.stringify(rows) }).request.inputs).toEqual({
        _tag: "rows",
        rows: JSON.parse(JSON.stringify(rows)),
      })
    },
  )
})
