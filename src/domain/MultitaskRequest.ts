import * as Result from "effect/Result"
import { checkOutputSchema } from "./OutputSchemaRules.ts"
import { checkOutboundUrl } from "./OutboundUrl.ts"
import { capProblems, childPath, shorten, type Problem } from "./Problem.ts"
import { isProcessor, processorNames, type ProcessorName } from "./Processors.ts"
import type { InputSchema } from "./InputSchema.ts"
import { describeJson, inspectJson, isJsonObject, jsonErrorOffset, lineAndColumn, own } from "./Json.ts"
import type { JsonObject } from "./Json.ts"

export interface Limits {
  readonly maxInputs: number
  /** Parallel's documented limit for a task spec: 15,000 characters. */
  readonly maxTaskSpecChars: number
  /** Parallel's documented limit for a task spec plus one input: 25,000 characters. */
  readonly maxSpecPlusInputChars: number
  readonly allowPrivateUrls: boolean
}

export type Row = JsonObject

type Inputs =
  | { readonly _tag: "url"; readonly url: URL }
  | { readonly _tag: "rows"; readonly rows: ReadonlyArray<Row> }

/** An output for which a task spec can be built; `auto` leaves the shape to Parallel. */
export type OutputSpec =
  | { readonly output_type: "text"; readonly description?: string | undefined }
  | {
      readonly output_type: "json"
      readonly output_schema: JsonObject
      readonly description?: string | undefined
    }
  | { readonly output_type: "auto" }

/** What the caller wants. `suggest`: a JSON output whose schema upstream is to suggest from the description. */
type Output =
  | Exclude<OutputSpec, { readonly output_type: "auto" }>
  | { readonly output_type: "suggest"; readonly description: string }

export interface MultitaskRequest {
  readonly inputs: Inputs
  readonly webhookUrl: URL | undefined
  /** Absent: upstream suggests one. */
  readonly processor: ProcessorName | undefined
  readonly output: Output
}

export interface DecodedRequest {
  readonly request: MultitaskRequest
  readonly warnings: ReadonlyArray<string>
}

const FIELDS: ReadonlyArray<string> =
  "inputs webhook_url processor output_type output_description output_schema".split(" ")

/** Deeper rows are no table any more, and stay far from what recursive code downstream can take. */
const MAX_ROW_DEPTH = 100

/**
 * The body of the POST. Reports every problem, not only the first; an optional field that is null counts as absent.
 * What can be known of sizes is checked too, so that nothing upstream is called in vain.
 */
export const decodeMultitaskRequest = (
  body: unknown,
  limits: Limits,
): Result.Result<DecodedRequest, ReadonlyArray<Problem>> => {
  if (!isJsonObject(body))
    return Result.fail([{ path: "", message: `must be a JSON object, not ${describeJson(body)}.` }])
  const problems: Array<Problem> = []
  const warnings: Array<string> = [...unknownFields(body)]
  const inputs = collect(problems, decodeInputs(own(body, "inputs"), limits))
  const webhookUrl = collect(problems, decodeWebhookUrl(own(body, "webhook_url") ?? undefined, limits))
  const processor = collect(problems, decodeProcessor(own(body, "processor") ?? undefined))
  const output = collect(problems, decodeOutput(body, warnings))
  const spec =
    output === undefined || output.output_type === "suggest" ? "" : JSON.stringify(buildTaskSpec(output))
  const specPath = output?.output_type === "text" ? "output_description" : "output_schema"
  problems.push(...checkSizes(spec, inputs?._tag === "rows" ? inputs.rows : [], limits, specPath))
  if (inputs === undefined || output === undefined || problems.length > 0) return Result.fail(problems)
  return Result.succeed({ request: { inputs, webhookUrl, processor, output }, warnings })
}

type Decoded<A> = Result.Result<A, ReadonlyArray<Problem>>

const refuse = (path: string, message: string): Decoded<never> => Result.fail([{ path, message }])

const collect = <A>(problems: Array<Problem>, decoded: Decoded<A>): A | undefined => {
  if (Result.isSuccess(decoded)) return decoded.success
  problems.push(...decoded.failure)
  return undefined
}

const unknownFields = (body: JsonObject): ReadonlyArray<string> => {
  const unknown = Object.keys(body).filter((name) => !FIELDS.includes(name))
  const warnings = unknown
    .slice(0, 20)
    .map(
      (name) =>
        `Unknown field ${JSON.stringify(shorten(name))} was ignored. Known fields: ${FIELDS.join(", ")}.`,
    )
  return unknown.length > 20
    ? [...warnings, `${unknown.length - 20} more unknown fields were ignored.`]
    : warnings
}

const INPUTS_HINT = "Send an array of objects, the same as JSON text, or the URL of a JSON document."

const decodeInputs = (value: unknown, limits: Limits): Decoded<Inputs> => {
  if (typeof value !== "string") {
    if (!Array.isArray(value)) return refuse("inputs", `must not be ${describeJson(value)}. ${INPUTS_HINT}`)
    return Result.map(decodeRows(value, limits), (rows) => ({ _tag: "rows", rows }))
  }
  const text = value.trim()
  if (text.startsWith("[") || text.startsWith("{"))
    return Result.map(
      Result.flatMap(parseRows(text), (parsed) => decodeRows(parsed, limits)),
      (rows) => ({
        _tag: "rows",
        rows,
      }),
    )
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text))
    return refuse("inputs", `is neither a URL nor a JSON array. ${INPUTS_HINT}`)
  const url = checkOutboundUrl(text, { allowPrivate: limits.allowPrivateUrls })
  return typeof url === "string" ? refuse("inputs", url) : Result.succeed({ _tag: "url", url })
}

const parseRows = (text: string): Decoded<unknown> => {
  try {
    return Result.succeed(JSON.parse(text))
  } catch {
    const offset = jsonErrorOffset(text) ?? text.length
    const where = lineAndColumn(text, offset)
    const what = offset === text.length ? `ends too early, at ${where}` : `has an error at ${where}`
    return refuse("inputs", `is not valid JSON: the text ${what}. Correct it, or send the array itself.`)
  }
}

/** Rows as they come in the body or from a URL: a non-empty array of objects that JSON can hold. */
export const decodeRows = (value: unknown, limits: Limits): Decoded<ReadonlyArray<Row>> => {
  if (!Array.isArray(value))
    return refuse("inputs", `must be an array of objects, not ${describeJson(value)}.`)
  if (value.length === 0) return refuse("inputs", "must not be empty. Send at least one object.")
  const tooMany: Array<Problem> = []
  if (value.length > limits.maxInputs) {
    const message = `has ${value.length} objects; at most ${limits.maxInputs} are accepted. Split the list over several requests.`
    tooMany.push({ path: "inputs", message })
  }
  const problems: Array<Problem> = []
  // a row with more values than characters are allowed cannot fit; this also bounds the walk
  const bounds = { maxDepth: MAX_ROW_DEPTH, maxValues: limits.maxSpecPlusInputChars }
  for (let index = 0; index < value.length; index++) {
    const row: unknown = value[index]
    const path = childPath("inputs", index)
    if (!isJsonObject(row)) problems.push({ path, message: `must be an object, not ${describeJson(row)}.` })
    else {
      const { problem } = inspectJson(row, path, bounds)
      if (problem !== null) problems.push(problem)
    }
  }
  if (tooMany.length + problems.length > 0)
    return Result.fail([...tooMany, ...capProblems(problems, "inputs")])
  return Result.succeed(value)
}

const decodeWebhookUrl = (value: unknown, limits: Limits): Decoded<URL | undefined> => {
  if (value === undefined) return Result.succeed(undefined)
  if (typeof value !== "string")
    return refuse("webhook_url", `must be a URL as text, not ${describeJson(value)}.`)
  const url = checkOutboundUrl(value, { allowPrivate: limits.allowPrivateUrls })
  return typeof url === "string" ? refuse("webhook_url", url) : Result.succeed(url)
}

const decodeProcessor = (value: unknown): Decoded<ProcessorName | undefined> => {
  if (value === undefined || isProcessor(value)) return Result.succeed(value)
  const names = `Use one of ${processorNames.join(", ")}, or leave it out to get a suggestion.`
  if (typeof value !== "string")
    return refuse("processor", `must be text, not ${describeJson(value)}. ${names}`)
  return refuse("processor", `is unknown: ${JSON.stringify(shorten(value))}. ${names}`)
}

/** The rules for `output_type`, `output_description` and `output_schema`, which depend on each other. */
const decodeOutput = (body: JsonObject, warnings: Array<string>): Decoded<Output> => {
  const type = own(body, "output_type") ?? undefined
  const given = own(body, "output_description") ?? undefined
  const schema = own(body, "output_schema") ?? undefined
  const problems: Array<Problem> = []
  const problem = (path: string, message: string): number => problems.push({ path, message })
  if (type !== "text" && type !== "json") {
    const found = typeof type === "string" ? JSON.stringify(shorten(type)) : describeJson(type)
    problem("output_type", `must be "text" or "json"; it is ${found}.`)
  }
  if (given !== undefined && typeof given !== "string")
    problem("output_description", `must be text, not ${describeJson(given)}.`)
  // a form sends blank text for a field nobody filled in
  const description = typeof given === "string" && given.trim() !== "" ? given : undefined
  if (type === "text" && schema !== undefined)
    problem("output_schema", 'does not go with output_type "text". Use "json", or leave the schema out.')
  if (type !== "text" && schema !== undefined) {
    const found = checkOutputSchema(schema, "output_schema")
    problems.push(...capProblems(found.errors, "output_schema"))
    warnings.push(...found.warnings)
  }
  if (type === "json" && schema === undefined && (given === undefined || typeof given === "string")) {
    if (description !== undefined && problems.length === 0)
      return Result.succeed({ output_type: "suggest", description })
    problem(
      "output_schema",
      'is missing. With output_type "json" send output_schema, or output_description to have one suggested.',
    )
  }
  if (problems.length > 0) return Result.fail(problems)
  if (isJsonObject(schema)) return Result.succeed({ output_type: "json", output_schema: schema, description })
  if (description === undefined)
    warnings.push(
      "Without output_description Parallel decides what to answer. Describe the text you want, its content, length and format.",
    )
  return Result.succeed({ output_type: "text", description })
}

/** Parallel's wire format of a task spec. */
export interface TaskSpec {
  readonly output_schema:
    | { readonly type: "json"; readonly json_schema: JsonObject }
    | { readonly type: "text"; readonly description?: string }
    | { readonly type: "auto" }
  readonly input_schema?: { readonly type: "json"; readonly json_schema: JsonObject | InputSchema }
}

/**
 * The task spec for an output that needs no suggestion (any more). A JSON schema without a description of its own gets the
 * caller's, which is how Parallel learns of it.
 */
export const buildTaskSpec = (
  spec: OutputSpec & { readonly input_schema?: InputSchema | JsonObject | undefined },
): TaskSpec => {
  const output_schema = outputSchema(spec)
  if (spec.input_schema === undefined) return { output_schema }
  return { output_schema, input_schema: { type: "json", json_schema: spec.input_schema } }
}

const outputSchema = (spec: OutputSpec): TaskSpec["output_schema"] => {
  if (spec.output_type === "auto") return { type: "auto" }
  const { description } = spec
  if (spec.output_type === "text")
    return description === undefined ? { type: "text" } : { type: "text", description }
  const schema = spec.output_schema
  const described = description === undefined || (own(schema, "description") ?? "") !== ""
  return { type: "json", json_schema: described ? schema : { ...schema, description } }
}

/**
 * Parallel's documented size limits: the task spec alone, and the task spec with each row, as lengths of their JSON text.
 * Rows must have passed `decodeRows`. Call it again when the spec was suggested or the rows came from a URL.
 */
export const checkSizes = (
  taskSpecJson: string,
  rows: ReadonlyArray<Row>,
  limits: Limits,
  specPath: "output_schema" | "output_description" = "output_schema",
): ReadonlyArray<Problem> => {
  const tooLarge = taskSpecJson.length > limits.maxTaskSpecChars
  // a spec that has to shrink says nothing about rows: then only those are named that are too large by themselves
  const spec = tooLarge ? 0 : taskSpecJson.length
  const problems: Array<Problem> = []
  rows.forEach((row, index) => {
    const chars = JSON.stringify(row).length
    if (spec + chars <= limits.maxSpecPlusInputChars) return
    const sizes = spec === 0 ? `${chars} characters` : `${chars} characters and the task spec ${spec}`
    const message = `has ${sizes}; Parallel accepts at most ${limits.maxSpecPlusInputChars} for both together. Shorten this input.`
    problems.push({ path: childPath("inputs", index), message })
  })
  const listed = capProblems(problems, "inputs")
  if (!tooLarge) return listed
  const message = `makes a task spec of ${taskSpecJson.length} characters; Parallel accepts at most ${limits.maxTaskSpecChars}. Shorten descriptions or ask for fewer fields.`
  return [{ path: specPath, message }, ...listed]
}

/**
 * How many characters an input schema may take so that the spec with it keeps every limit: nothing is refused because of
 * something the caller did not send.
 */
export const inputSchemaBudget = (taskSpecJson: string, rows: ReadonlyArray<Row>, limits: Limits): number => {
  const longest = rows.reduce((max, row) => Math.max(max, JSON.stringify(row).length), 0)
  const room = Math.min(limits.maxTaskSpecChars, limits.maxSpecPlusInputChars - longest) - taskSpecJson.length
  return Math.max(0, room - `,"input_schema":{"type":"json","json_schema":}`.length)
}
