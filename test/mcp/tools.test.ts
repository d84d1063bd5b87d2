import { Ajv2020 } from "ajv/dist/2020.js"
import { describe, expect, it } from "vitest"
import type { ApiError } from "../../src/domain/ApiError.ts"
import { KeyReused } from "../../src/programs/obtainKey.ts"
import { createErrorOf } from "../../src/programs/apiErrors.ts"
import { explain as explainTo } from "../../src/mcp/explain.ts"
import { INSTRUCTIONS } from "../../src/mcp/instructions.ts"
import { TOOLS } from "../../src/mcp/server.ts"
import type { JsonSchema } from "../../src/mcp/Tool.ts"

/** What a client is told of the tools: as valid as its readers want it, and as short as its model can bear. */

/** The table of the contract: arguments, the required ones first. */
const ARGUMENTS: Readonly<Record<string, readonly [required: string, optional: string]>> = {
  planTaskGroup: ["inputs output", "output_type processor limit"],
  createTaskGroup: [
    "inputs output request_id",
    "output_type processor limit max_cost_usd title webhook_url source_policy",
  ],
  getStatus: ["taskgroup_id", "wait_seconds"],
  getResultMarkdown: ["taskgroup_id", "status after limit basis"],
  addInputs: ["taskgroup_id inputs request_id", "max_cost_usd"],
  retryFailed: ["taskgroup_id request_id", "rows processor max_cost_usd"],
  stopTaskGroup: ["taskgroup_id", ""],
}

/** `structuredContent` of each. */
const ANSWERS: Readonly<Record<string, string>> = {
  planTaskGroup:
    "dry_run num_inputs num_inputs_left_out processor output_schema estimated_cost_usd estimated_seconds warnings",
  createTaskGroup:
    "url taskgroup_id num_inputs num_inputs_left_out processor output_schema estimated_cost_usd estimated_seconds warnings",
  getStatus: "taskgroup_id url title is_active state num_inputs counts status_message",
  getResultMarkdown: "taskgroup_id url is_active num_inputs shown next_after",
  addInputs: "url taskgroup_id added first_index num_inputs estimated_cost_usd warnings",
  retryFailed: "url taskgroup_id retried estimated_cost_usd warnings",
  stopTaskGroup: "url taskgroup_id not_sent running warnings",
}

/** Reading changes nothing; what is repeated with its request_id is done once; a stop cannot be taken back. */
const HINTS: Readonly<Record<string, string>> = {
  planTaskGroup: "readOnly idempotent openWorld",
  createTaskGroup: "idempotent openWorld",
  getStatus: "readOnly idempotent",
  getResultMarkdown: "readOnly idempotent",
  addInputs: "idempotent openWorld",
  retryFailed: "idempotent openWorld",
  stopTaskGroup: "destructive idempotent",
}

/** As to whoever was about to pay. */
const explain = (error: ApiError) => explainTo(error, false)

const words = (text: string) =>
  text
    .split(" ")
    .filter((word) => word !== "")
    .toSorted()

/** Every schema within a schema, itself the first. */
const schemasIn = (schema: JsonSchema): ReadonlyArray<JsonSchema> => [
  schema,
  ...Object.values((schema["properties"] ?? {}) as Record<string, JsonSchema>).flatMap(schemasIn),
  ...((schema["anyOf"] ?? []) as ReadonlyArray<JsonSchema>).flatMap(schemasIn),
  ...["items", "additionalProperties"].flatMap((name) =>
    typeof schema[name] === "object" ? schemasIn(schema[name] as JsonSchema) : [],
  ),
]

it("the tools are those of the contract, in its order", () => {
  expect(TOOLS.map(({ name }) => name)).toEqual(Object.keys(ARGUMENTS))
})

describe.each(TOOLS)("$name", ({ name, title, description, inputSchema, outputSchema, annotations }) => {
  it("has the arguments, answers and hints of the contract", () => {
    const [required, optional] = ARGUMENTS[name]!
    expect(Object.keys(inputSchema.properties).toSorted()).toEqual(words(`${required} ${optional}`))
    expect([...(inputSchema["required"] as ReadonlyArray<string>)].toSorted()).toEqual(words(required))
    expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false })
    expect(outputSchema).toMatchObject({ type: "object" })
    expect(Object.keys(outputSchema["properties"] as object).toSorted()).toEqual(words(ANSWERS[name]!))
    expect([...(outputSchema["required"] as ReadonlyArray<string>)].toSorted()).toEqual(words(ANSWERS[name]!))
    const hints = Object.entries(annotations)
      .filter(([, value]) => value)
      .map(([hint]) => hint.replace(/Hint$/, ""))
    expect(hints.toSorted()).toEqual(words(HINTS[name]!))
    expect(name).toMatch(/^[A-Za-z0-9_.-]{1,64}$/)
    expect(title).toMatch(/^[A-Z].{5,40}$/)
    expect(description).toMatch(/\.$/)
  })

  it("has schemas that any reader of JSON Schema 2020-12 takes", () => {
    for (const schema of [inputSchema, outputSchema]) {
      // Unions of types are used for what may be null.
      const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: true })
      expect(ajv.validateSchema(schema, true)).toBe(true)
      expect(ajv.compile(schema)).toBeTypeOf("function")
      for (const one of schemasIn(schema)) {
        // Some clients know neither references nor other combinations.
        const keywords = Object.keys(one)
        expect(keywords.filter((word) => /^\$|^(?:oneOf|allOf|not|if|const)$/.test(word))).toEqual([])
        const properties = Object.keys(one["properties"] ?? {})
        for (const needed of (one["required"] ?? []) as ReadonlyArray<string>)
          expect(properties).toContain(needed)
      }
    }
  })

  it("says what each argument is", () => {
    for (const [argument, schema] of Object.entries(inputSchema.properties))
      expect([argument, schema["description"]]).toEqual([
        argument,
        expect.stringMatching(/^.{20,}\.$|^.{20,}\}\.$/),
      ])
  })
})

/** Close to what the usual tokenizers make of these texts. */
const CHARS_PER_TOKEN = 4
const tokens = (text: string) => Math.ceil(text.length / CHARS_PER_TOKEN)

const LISTED = TOOLS.map((tool) => ({ ...tool, run: undefined }))

describe("tokens, at four characters each", () => {
  const whole = JSON.stringify({ tools: LISTED })
  const measured: ReadonlyArray<readonly [what: string, text: string, most: number]> = [
    ["the list of tools", whole, 4_000],
    ["the instructions", INSTRUCTIONS, 400],
    ...LISTED.map(({ name, description }) => [`the description of ${name}`, description, 150] as const),
    ...LISTED.map((tool) => [`all of ${tool.name}`, JSON.stringify(tool), 1_000] as const),
  ]
  it.each(measured.map(([what, text, most]) => [`${what}: ${tokens(text)}`, tokens(text), most] as const))(
    "%s",
    (_, count, most) => {
      expect(count).toBeGreaterThan(20)
      expect(count).toBeLessThanOrEqual(most)
    },
  )

  const problem = (path: string) => ({
    path,
    message: "is no good. Send something that is better than this.",
  })
  const errors: ReadonlyArray<readonly [what: string, text: string]> = [
    ...[400, 401, 402, 403, 404, 409, 413, 429, 500, 502, 503, 504].map(
      (status) => [String(status), explain({ status, message: "It went wrong." })] as const,
    ),
    [
      "422 with 100 problems",
      explain({
        status: 422,
        message: "Invalid.",
        detail: { errors: Array.from({ length: 100 }, (__, at) => problem(`inputs[${at}].company`)) },
      }),
    ],
  ]
  it.each(errors.map(([what, text]) => [`the failure ${what}: ${tokens(text)}`, text, what] as const))(
    "%s",
    (_, text, what) => {
      expect(tokens(text)).toBeLessThanOrEqual(what.startsWith("422") ? 300 : 80)
    },
  )
})

describe("what a failure says to do", () => {
  const at = (status: number, headers: Record<string, string> = {}) =>
    explain({ status, message: "It went wrong.", headers })

  it.each<[status: number, headers: Record<string, string>, says: RegExp]>([
    [402, {}, /Tell the person[^]*and stop; do not call again/],
    [403, {}, /Stop and tell the person/],
    [404, {}, /Check the taskgroup_id/],
    [409, {}, /under a new request_id it would be paid again/],
    [409, { "retry-after": "7" }, /exactly the same arguments and the same request_id in 7 s/],
    [413, {}, /URL of the rows[^]*fewer rows/],
    [429, { "retry-after": "60" }, /Wait 60 s/],
    [502, {}, /Call again in a moment, with the same request_id/],
    [503, {}, /Call again in a moment/],
    [504, {}, /Call again in a moment/],
  ])("%i %o", (status, headers, says) => {
    expect(at(status, headers)).toMatch(says)
    expect(at(status, headers)).toMatch(/^It went wrong\.\n/)
  })

  it("names the group that is there already", () => {
    const text = explain({
      status: 502,
      message: "Lost.",
      group: { taskgroupId: "tgrp_1", url: "https://multitask.example/tgrp_1" },
    } as ApiError)
    expect(text).toContain("The task group is tgrp_1: https://multitask.example/tgrp_1")
  })

  it("does not speak of money to who only looks", () => {
    const error = {
      status: 422,
      message: "x",
      detail: { errors: [{ path: "after", message: "is no number." }] },
    }
    expect(explain(error)).toMatch(/Nothing was started or paid\. Correct this and call again\.$/)
    expect(explainTo(error, true)).toMatch(/^[^]*\nCorrect this and call again\.$/)
  })

  it("calls no request_id a key, which a model would take for the person's", () => {
    const reused = createErrorOf(new KeyReused())
    expect(explain(reused)).toBe(
      "This request_id was used with other arguments. Send that one again as it was to get its answer, or use a new request_id for a new request.\nIf this repeats a call whose answer was lost, pass exactly the arguments that it had: under a new request_id it would be paid again. Use a new one only for another request.",
    )
  })

  it("says what went wrong with a URL as a sentence", () => {
    const message = "The inputs URL could not be reached."
    const text = explain({ status: 422, message, detail: { errors: [{ path: "inputs", message }] } })
    expect(text).toContain("\n- The inputs URL could not be reached.\n")
  })

  it("proposes nothing that a tool does not take, to whom it is too dear", () => {
    const message = "is 1, below the estimate of 2 USD (2 runs)."
    const text = explain({ status: 422, message, detail: { errors: [{ path: "max_cost_usd", message }] } })
    expect(text).toMatch(/Ask the person/)
    expect(text).not.toMatch(/limit|processor/)
  })

  it("speaks of the tools' arguments, not of the API's fields", () => {
    const message =
      'output_schema is none. The body has no output_description. Remove it, or send "skip_empty": true.'
    const text = explain({ status: 422, message: "x", detail: { errors: [{ path: "inputs[1]", message }] } })
    expect(text).not.toMatch(/output_schema|output_description|skip_empty|The body/)
  })
})
