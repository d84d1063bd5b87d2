import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { MultitaskBody } from "../../src/domain/MultitaskBody.ts"
import {
  decodeMultitaskRequest,
  type DecodedRequest,
  FIELDS,
  type Limits,
  multitaskBodyReader,
} from "../../src/domain/MultitaskRequest.ts"
import { processorNames } from "../../src/domain/Processors.ts"
import { ROW_LIMITS } from "../support/rows.ts"

const LIMITS: Limits = {
  ...ROW_LIMITS,
  maxTaskSpecChars: 15_000,
  allowPrivateUrls: false,
}

const SCHEMA = {
  type: "object",
  properties: { ceo: { type: "string" } },
  required: ["ceo"],
  additionalProperties: false,
}

const BODY = { inputs: [{ company: "Acme" }], output_type: "json", output_schema: SCHEMA }

const SCHEMA_TEXT = JSON.stringify(SCHEMA)

/** Reads the text of a body, in pieces of a few characters. */
const read = (text: string, limits: Limits) => {
  const reader = multitaskBodyReader(limits)
  const size = Math.max(1, Math.ceil(text.length / 50))
  for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size))
  return reader.finish()
}

const decodeText = (text: string, changes: Partial<Limits> = {}) => {
  const limits = { ...LIMITS, ...changes }
  const body = read(text, limits)
  if (!(body instanceof MultitaskBody)) throw new Error(JSON.stringify(body))
  return decodeMultitaskRequest(body, limits)
}

const decode = (body: unknown, limits: Partial<Limits> = {}) =>
  decodeText(
    JSON.stringify(body, (_, value: unknown) => (value === undefined ? null : value)) ?? "null",
    limits,
  )

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
    expect(request).toMatchObject({
      inputs: { _tag: "rows", rows: { texts: ['{"company":"Acme"}'], indexes: null, leftOut: 0 } },
      webhookUrl: new URL("https://example.com/hook?x=1"),
      processor: "core-fast",
      output: { output_type: "json", output_schema: SCHEMA_TEXT, description: "The CEO" },
      skipEmpty: false,
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
      "webhook_url processor output_type output_description output_schema.properties.a.format " +
        "inputs[1] inputs[2] inputs[3] inputs[4] inputs[0]",
    )
    expect(paths({})).toEqual(["inputs", "output_type"])
    expect(paths({ ...BODY, output_type: 1, inputs: 3 })).toEqual(["inputs", "output_type"])
  })

  it.each(["inputs", "webhook_url", "processor", "output_type", "output_description", "output_schema"])(
    "a wrong type of %s is a problem there, never an exception",
    (field) => {
      for (const wrong of [3, true, [], [[]], { a: {} }, "", "\u0000", "{"]) {
        if (field === "inputs" && Array.isArray(wrong) && wrong.length > 0) continue
        if (field === "output_description" && typeof wrong === "string") continue
        const found = paths({ ...BODY, [field]: wrong })
        expect(found.length).toBeGreaterThan(0)
        for (const path of found) expect(path.startsWith(field)).toBe(true)
      }
    },
  )

  it.each(["output_type", "output_description", "output_schema"])(
    "%s that is too long is not missing",
    (field) => {
      const body = { ...BODY, output_schema: null, [field]: "x".repeat(524_288) }
      expect(problems({ ...body, processor: "mega" })).toEqual([
        { path: "processor", message: expect.any(String) },

        { path: field, message: expect.stringContaining("has 524290 characters") },
      ])
    },
  )

  it("takes null for absent in optional fields", () => {
    const { request } = accepted({ ...BODY, webhook_url: null, processor: null, output_description: null })
    expect([request.webhookUrl, request.processor]).toEqual([undefined, undefined])
  })

  it("refuses fields that it does not know, with the one that was probably meant", () => {
    const [problem] = problems({ ...BODY, output_scema: SCHEMA })
    expect(problem).toEqual({
      path: "output_scema",
      message: expect.stringContaining('Did you mean "output_schema"?'),
    })
    for (const field of FIELDS) expect(problem?.message).toContain(field)
    expect(paths({ ...BODY, dryRun: true, max_cost: 1, ["x".repeat(9_999)]: 1 })).toEqual([
      "dryRun",
      "max_cost",
      expect.stringMatching(/^x{60}…$/),
    ])
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, i]))
    const listed = problems({ ...BODY, ...many })
    expect(listed).toHaveLength(101)
    expect(listed[100]?.message).toContain("900 more problems")
  })

  it("finds what cannot be taken in fields that it does not know, too", () => {
    const text = '{"inputs":[{"a":1}],"output_type":"text","extras":{"a":[{"b":1,"\\u0062":2}],"c":1e400}}'
    const found = Result.getOrThrow(Result.flip(decodeText(text)))
    expect(found.map(({ path }) => path)).toEqual(["extras", "extras.a[0].b", "extras.c"])
    const schema = SCHEMA_TEXT.replace('"string"', '"number","enum":[1e400]')
    const once = decodeText(`{"inputs":[{"a":1}],"output_type":"json","output_schema":${schema}}`)
    expect(Result.getOrThrow(Result.flip(once)).map(({ path }) => path)).toEqual([
      "output_schema.properties.ceo.enum[0]",
    ])
  })

  it("refuses a field that is given twice", () => {
    const [problem] = Result.getOrThrow(
      Result.flip(
        decodeText('{"inputs":[{"a":1}],"output_type":"text","output_type":"text","processor":"core"}'),
      ),
    )
    expect(problem).toEqual({ path: "output_type", message: expect.stringContaining("is given twice") })
    // The second one is held to the same bounds.
    const twice = `{"inputs":[{"a":1}],"inputs":[${'{"a":'.repeat(64)}1${"}".repeat(64)}],"output_type":"text"}`
    const again = Result.getOrThrow(Result.flip(decodeText(twice)))
    expect(again).toEqual([{ path: "inputs", message: expect.stringContaining("is given twice") }])
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
    // As JSON text, with a warning that says so.
    expect(output({ output_type: "json", output_schema: SCHEMA_TEXT })).toEqual([
      { output_type: "json", output_schema: SCHEMA_TEXT, description: undefined },
      1,
    ])
  })
})

describe("inputs", () => {
  const rowsOf = (inputs: unknown) => {
    const decoded = accepted({ ...BODY, inputs }).request.inputs
    return decoded._tag === "rows" ? decoded.rows.texts : undefined
  }

  it("as JSON text are the same as the array", () => {
    expect(rowsOf(' \uFEFF\n[{"a":1},{"__proto__":2}]')).toEqual(['{"a":1}', '{"__proto__":2}'])
    expect(paths({ ...BODY, inputs: '[{"a":1},2]' })).toEqual(["inputs[1]"])
    expect(paths({ ...BODY, inputs: '{"a":1}' })).toEqual(["inputs"])
    expect(paths({ ...BODY, inputs: "[]" })).toEqual(["inputs"])
  })

  it("that are no JSON are told where", () => {
    const message = (inputs: string) => problems({ ...BODY, inputs })[0]?.message
    expect(message('[{"a":1},\n{"b":}]')).toContain("has an error at line 2, column 6")
    expect(message('[{"a":1},')).toContain("ends too early, at line 1, column 10")
    expect(message("[Acme, Blue Anvil]")).toContain("has an error at line 1, column 2")
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
    expect(paths({ ...BODY, inputs: [...rows(3), 4] }, { maxInputs: 3 })).toEqual(["inputs[3]", "inputs"])
    // What is left out does not count.
    const some = { ...BODY, inputs: [...rows(2), {}, {}, ...rows(1)], skip_empty: true }
    expect(paths(some, { maxInputs: 3 })).toEqual([])
    expect(paths(some, { maxInputs: 2 })).toEqual(["inputs"])
  })

  it("that are all bad do not make an endless answer", () => {
    const found = problems({ ...BODY, inputs: Array<number>(50_000).fill(1), processor: "x" })
    expect(found).toHaveLength(101)
    expect(found[0]?.path).toBe("processor")
    expect(found[100]).toEqual({ path: "", message: expect.stringContaining("49901 more") })
    expect(problems({ ...BODY, inputs: Array.from({ length: 200 }) })).toHaveLength(101)
  })

  it("without any value are refused by their index, or left out", () => {
    const inputs = [
      { a: "x" },
      {},
      { a: null },
      { a: "", b: " \n\u00a0" },
      { a: [], b: { c: null } },
      { a: 0 },
    ]
    expect(paths({ ...BODY, inputs })).toEqual(["inputs[1]", "inputs[2]", "inputs[3]", "inputs[4]"])
    const { request, warnings } = accepted({ ...BODY, inputs, skip_empty: true })
    expect(request.inputs).toMatchObject({
      rows: { texts: ['{"a":"x"}', '{"a":0}'], indexes: [0, 5], leftOut: 4 },
    })
    expect(warnings).toEqual([expect.stringContaining("4 rows hold no value")])
    expect(paths({ ...BODY, inputs: [{}, {}], skip_empty: true })).toEqual(["inputs"])
    expect(paths({ ...BODY, skip_empty: "yes" })).toEqual(["skip_empty"])
    // What is wrong with a row is told under the index that it was sent with.
    const long = { ...BODY, inputs: [{}, { a: "x".repeat(24_950) }], skip_empty: true }
    expect(paths(long)).toEqual(["inputs[1]"])
  })

  it("behind the limit are counted, and need be no good", () => {
    const rows = (inputs: ReadonlyArray<unknown>, changes: object) => {
      const body = { ...BODY, inputs, ...changes }
      // Wherever in the body it stands, and in rows that come as JSON text.
      const found = [body, { ...changes, ...body }, { ...body, inputs: JSON.stringify(inputs) }].map(
        (one) => {
          const { request } = accepted(one, { maxInputs: 4 })
          if (request.inputs._tag !== "rows") throw new Error("no rows")
          const { columns, ...others } = request.inputs.rows
          return { ...others, columns: [...columns].map(([name, { rows: count }]) => [name, count]) }
        },
      )
      expect(found[1]).toEqual(found[0])
      expect(found[2]).toEqual(found[0])
      return found[0]!
    }
    const bad = [3, {}, { input: { a: 1 } }, { a: "x".repeat(30_000) }]
    const texts = ['{"a":1}', '{"a":2,"b":1}']
    const two = { texts, columns: [["a", 2], ["b", 1]], longest: 13, indexes: null, empty: 0 } // prettier-ignore
    const [first, second] = texts.map((text) => JSON.parse(text) as object)
    expect(rows([first, second, { c: "a longer one" }, ...bad], { limit: 2 })).toEqual({ ...two, leftOut: 5 })
    expect(rows([first, second], { limit: 3 })).toEqual({ ...two, leftOut: 0 })
    // Those without a value are left out before.
    expect(rows([{}, first, { a: " " }, second, ...bad], { limit: 2, skip_empty: true })).toEqual({
      ...two,
      indexes: [1, 3],
      empty: 2,
      leftOut: 6,
    })
    expect(
      accepted({ ...BODY, inputs: [{}, first, {}, second, {}], limit: 2, skip_empty: true }).warnings,
    ).toEqual([expect.stringContaining("3 rows hold no value")])
    // As many as may be taken, of more.
    const many = Array.from({ length: 9 }, (_, a) => ({ a }))
    expect(rows(many, { limit: 4 })).toMatchObject({ leftOut: 5, columns: [["a", 4]] })
    expect(rows([{}, ...many], { limit: 4, skip_empty: true })).toMatchObject({
      leftOut: 6,
      indexes: [1, 2, 3, 4],
    })
    expect(paths({ ...BODY, inputs: many, limit: 5 }, { maxInputs: 4 })).toEqual(["inputs"])
  })

  it("before the limit are what they are without it", () => {
    const inputs = [{ a: 1 }, 3, {}, { input: { a: 1 } }, 4, { b: 1 }]
    expect(paths({ ...BODY, inputs })).toEqual(["inputs[1]", "inputs[4]", "inputs[2]", "inputs"])
    expect(paths({ ...BODY, inputs, limit: 4 })).toEqual(["inputs[1]", "inputs[2]", "inputs"])
    expect(paths({ ...BODY, inputs, limit: 2 })).toEqual(["inputs[1]"])
    expect(paths({ ...BODY, inputs, limit: 1 })).toEqual([])
    // One without a value counts, unless it is left out.
    expect(paths({ ...BODY, inputs, limit: 3, skip_empty: true })).toEqual(["inputs[1]", "inputs"])
    // All must be readable.
    expect(decodeText('{"inputs":[{"a":1},{"a":1,"a":2}],"limit":1,"output_type":"text"}')._tag).toBe(
      "Failure",
    )
    for (const limit of [0, -1, 1.5, "2", true, [], 2 ** 53])
      expect(paths({ ...BODY, limit })).toEqual(["limit"])
  })

  it("in the shape of Parallel's own runs are refused with a sentence that says what to send", () => {
    const runs = [
      { company: "C" },
      { input: { company: "A" }, processor: "core" },
      { input: { company: "B" } },
    ]
    expect(problems({ ...BODY, inputs: runs })).toEqual([
      {
        path: "inputs",
        message: expect.stringMatching(
          /2 rows in the shape.*first at index 1\..*"processor" once, beside "inputs"/,
        ),
      },
    ])
    // A column may well be called so.
    expect(paths({ ...BODY, inputs: [{ input: "a question" }] })).toEqual([])
    expect(paths({ ...BODY, inputs: [{ input: { company: "A" }, company: "A" }] })).toEqual([])
  })

  it("are taken as they are written, in an array or as JSON text", () => {
    const text =
      '[{"id":738529527931269425, "n": [1.10, -0,1E+2,1e-400] },\n{"company":"é\\u00e9","2023":1,"2021":{"b":1,"a":2}}]'
    const rows = [
      '{"id":738529527931269425,"n":[1.10,-0,1E+2,1e-400]}',
      '{"company":"é\\u00e9","2023":1,"2021":{"b":1,"a":2}}',
    ]
    for (const inputs of [text, JSON.stringify(text)]) {
      const { request } = Result.getOrThrow(decodeText(`{"inputs":${inputs},"output_type":"text"}`))
      if (request.inputs._tag !== "rows") throw new Error("no rows")
      expect(request.inputs.rows.texts).toEqual(rows)
      expect([...request.inputs.rows.columns.keys()]).toEqual(["id", "n", "company", "2023", "2021"])
    }
  })

  it("are told apart by path, wherever they came from", () => {
    const bad =
      '[{"a":1},{"company":"A","company":"B"},{"a":{"b":1,"\\u0062":2}},{"x":"\\ud800"},{"n":1e999}]'
    for (const inputs of [bad, JSON.stringify(bad)]) {
      const found = Result.getOrThrow(Result.flip(decodeText(`{"inputs":${inputs},"output_type":"text"}`)))
      expect(found.map(({ path }) => path)).toEqual([
        "inputs[1].company",
        "inputs[2].a.b",
        "inputs[3].x",
        "inputs[4].n",
      ])
    }
  })

  it("are bounded in depth, counted from their own object, and in values", () => {
    const failure = (text: string, limits: Partial<Limits> = {}) => {
      const body = read(text, { ...LIMITS, ...limits })
      return body instanceof MultitaskBody ? null : body
    }
    const nested = (depth: number) => `[{"a":1},{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}]`
    const body = (inputs: string) => `{"output_type":"text","inputs":${inputs}}`
    for (const inputs of [nested, (depth: number) => JSON.stringify(nested(depth))]) {
      expect(failure(body(inputs(64)))).toBeNull()
      expect(failure(body(inputs(65)))).toMatchObject({ _tag: "TooDeep", limit: 64 })
      expect(failure(body(inputs(100_000)))).toMatchObject({
        path: expect.stringMatching(/^inputs\[1\]\.a\[0\]/),
      })
    }
    // Elsewhere the body itself is the first.
    const schema = (depth: number) => `{"output_schema":${"[".repeat(depth)}${"]".repeat(depth)}}`
    expect(failure(schema(63))).toBeNull()
    expect(failure(schema(64))).toMatchObject({ _tag: "TooDeep" })
    expect(failure("[".repeat(65))).toMatchObject({ _tag: "TooDeep" })
    // The body, its two fields, and what is in them: 3 + 1 + 2 × 2.
    const rows = '[{"a":1},{"a":2}]'
    expect(failure(body(rows), { maxValues: 7 })).toBeNull()
    expect(failure(body(rows), { maxValues: 6 })).toEqual({ _tag: "TooManyValues", limit: 6 })
    expect(failure(body(JSON.stringify(rows)), { maxValues: 8 })).toBeNull()
    expect(failure(body(JSON.stringify(rows)), { maxValues: 7 })).toEqual({ _tag: "TooManyValues", limit: 7 })
  })
})

describe("any body at all", () => {
  const field = Schema.Union([Schema.Json, Schema.Literals(["json", "text", "core", "https://example.com"])])
  const wellFormed = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, "\\u00e9"))

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
      const found = decode(wellFormed(body))
      if (Result.isSuccess(found)) return expect(() => JSON.stringify(found.success)).not.toThrow()
      expect(found.failure.length).toBeGreaterThan(0)
      for (const { path, message } of found.failure) {
        expect(path).toMatch(known)
        expect(message).toMatch(/\.$/)
      }
    },
  )

  it.prop(
    "made of JSON objects is accepted as rows, each as it was written",
    [Schema.NonEmptyArray(Schema.Record(Schema.String, Schema.Json))],
    ([records]) => {
      const rows = records.map((row) => JSON.stringify(wellFormed({ ...row, "": 1 })))
      for (const inputs of [`[ ${rows.join(" ,\n")}]`, JSON.stringify(`[${rows.join(",")}]`)]) {
        const { request } = Result.getOrThrow(decodeText(`{"inputs":${inputs},"output_type":"text"}`))
        expect(request.inputs).toMatchObject({ _tag: "rows", rows: { texts: rows } })
      }
    },
  )
})

describe("what is paid for", () => {
  const rows = Array.from({ length: 10 }, (_, a) => ({ a }))

  it("is kept within max_cost_usd, as soon as rows and processor are known", () => {
    const asked = { ...BODY, inputs: rows, processor: "core" }
    expect(paths({ ...asked, max_cost_usd: 0.25 })).toEqual([])
    expect(problems({ ...asked, max_cost_usd: 0.24 })).toEqual([
      { path: "max_cost_usd", message: expect.stringContaining("0.25 USD (10 runs of core)") },
    ])
    expect(paths({ ...asked, max_cost_usd: 0.24, limit: 9 })).toEqual([])
    expect(paths({ ...asked, max_cost_usd: 0 })).toEqual(["max_cost_usd"])
    expect(accepted({ ...BODY, max_cost_usd: 0 }).request.maxCostUsd).toBe(0)
    for (const max_cost_usd of [-0.01, "5", true, {}])
      expect(paths({ ...BODY, max_cost_usd })).toEqual(["max_cost_usd"])
  })

  it("is nothing in a dry run, which body and query may ask for, not against each other", () => {
    const dryRun = (told: unknown, asked?: boolean) => {
      const body = read(JSON.stringify({ ...BODY, dry_run: told }), LIMITS)
      if (!(body instanceof MultitaskBody)) throw new Error("unreadable")
      const decoded = decodeMultitaskRequest(body, LIMITS, { dryRun: asked })
      return Result.isSuccess(decoded)
        ? decoded.success.request.dryRun
        : decoded.failure.map(({ path }) => path)
    }
    expect([undefined, null, false, true].map((told) => dryRun(told))).toEqual([false, false, false, true])
    expect([dryRun(undefined, true), dryRun(true, true), dryRun(null, false)]).toEqual([true, true, false])
    for (const [told, asked] of [
      [true, false],
      [false, true],
      ["true", true],
    ] as const)
      // prettier-ignore
      expect(dryRun(told, asked)).toEqual(["dry_run"])
  })
})

describe("whom and what for", () => {
  const subjectOf = (changes: object) => accepted({ ...BODY, ...changes }).request.subject

  it("has a title, else the first words of what is asked", () => {
    const long = "Find the chief executive officer of the company, with the year in which they took office."
    expect(subjectOf({ title: " CEOs " })).toEqual({ title: "CEOs", question: null, metadata: {} })
    expect(subjectOf({ output_description: long })).toEqual({
      title: "Find the chief executive officer of the company, with the…",
      question: long,
      metadata: {},
    })
    expect(subjectOf({ title: "CEOs", output_description: long }).title).toBe("CEOs")
    expect(subjectOf({ title: "", output_description: " Who\nleads it? " }).title).toBe("Who leads it?")
    expect(subjectOf({ output_description: "x".repeat(99) }).title).toBe(`${"x".repeat(60)}…`)
    expect(subjectOf({})).toEqual({ title: null, question: null, metadata: {} })
    const described = { ...SCHEMA, description: "Who leads it" }
    expect(subjectOf({ output_schema: described })).toMatchObject({
      title: "Who leads it",
      question: "Who leads it",
    })
    expect(paths({ ...BODY, title: 3 })).toEqual(["title"])
    expect(paths({ ...BODY, title: "x".repeat(201) })).toEqual(["title"])
  })

  it("has names and texts of the caller's own", () => {
    const metadata = { client: "A", "2024": "", ["__proto__"]: "x" }
    const text = `{"client":"A","2024":"","__proto__":"x","none":null}`
    const body = JSON.stringify(BODY).replace(/}$/, `,"metadata":${text}}`)
    expect(Result.getOrThrow(decodeText(body)).request.subject.metadata).toEqual(metadata)
    for (const own of ["title", "question", "processor", "product", "origin", "num_inputs"])
      expect(paths({ ...BODY, metadata: { a: "x", [own]: "x" } })).toEqual([`metadata.${own}`])
    const bad = { n: 1, o: {}, "": "x", ["y".repeat(65)]: "x", long: "z".repeat(513) }
    expect(paths({ ...BODY, metadata: bad })).toHaveLength(5)
    expect(paths({ ...BODY, metadata: [] })).toEqual(["metadata"])
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`n${at}`, ""]))
    expect(paths({ ...BODY, metadata: many })).toEqual(["metadata"])
  })

  it("has a secret that signs its webhook, and that no error repeats", () => {
    const hook = { ...BODY, webhook_url: "https://hook.example/" }
    const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 251).toString("base64")}`
    for (const bytes of [24, 32, 64])
      expect(accepted({ ...hook, webhook_secret: secret(bytes) }).request.webhookSecret).toBe(secret(bytes))
    const good = secret(25)
    const bad = [
      secret(23),
      secret(65),
      good.slice(6),
      good.replace(/=+$/, ""),
      `${good}=`,
      good.replaceAll("+", "-"),
    ]
    for (const webhook_secret of [...bad, `${good} `, "whsec_", "", 3]) {
      const [problem, ...more] = problems({ ...hook, webhook_secret })
      expect([problem?.path, more]).toEqual(["webhook_secret", []])
      expect(problem?.message).not.toContain(good.slice(8, 20))
    }
    expect(paths({ ...BODY, webhook_secret: good })).toEqual(["webhook_secret"])
  })
})
