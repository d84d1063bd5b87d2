import * as Result from "effect/Result"
import { describeJson } from "./Json.ts"
import { kindOf, describeKind } from "./JsonText.ts"
import { type BodyInputs, type BodyLimits, type MultitaskBody, MultitaskBodyReader } from "./MultitaskBody.ts"
import type { ReadFailure } from "./JsonSink.ts"
import { nearestName } from "./nearestName.ts"
import { checkOutboundUrl } from "./OutboundUrl.ts"
import { readOutputSchema } from "./OutputSchema.ts"
import { childPath, Problems, shorten, type Problem } from "./Problem.ts"
import { isProcessor, processorNames, type ProcessorName } from "./Processors.ts"
import type { Rows } from "./Rows.ts"
import type { JsonText } from "./TaskGroup.ts"
import { buildTaskSpec, checkSizes, type OutputSpec, type SpecLimits } from "./TaskSpec.ts"

export interface Limits extends BodyLimits, SpecLimits {
  readonly allowPrivateUrls: boolean
}

type Inputs = { readonly _tag: "url"; readonly url: URL } | { readonly _tag: "rows"; readonly rows: Rows }

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
  /** Rows without any value are left out. */
  readonly skipEmpty: boolean
}

export interface DecodedRequest {
  readonly request: MultitaskRequest
  readonly warnings: ReadonlyArray<string>
}

/** What a body may have. Anything else is refused: it may have been meant to limit what is paid for. */
export const FIELDS: ReadonlyArray<string> =
  "inputs webhook_url processor output_type output_description output_schema skip_empty".split(" ")

/** A reader for the body of the POST. */
export const multitaskBodyReader = (limits: BodyLimits): MultitaskBodyReader =>
  new MultitaskBodyReader(limits, new Set(FIELDS))

/** The body that a program has as a value. */
export const multitaskBodyOf = (value: unknown, limits: BodyLimits): MultitaskBody | ReadFailure => {
  const reader = multitaskBodyReader(limits)
  reader.push(JSON.stringify(value) ?? "null")
  return reader.finish()
}

/**
 * What the body of the POST asks for. Reports every problem, not only the first; an optional field that is null counts as
 * absent. What can be known of sizes is checked too, so that nothing upstream is called in vain.
 */
export const decodeMultitaskRequest = (
  body: MultitaskBody,
  limits: Limits,
): Result.Result<DecodedRequest, ReadonlyArray<Problem>> => {
  if (body.kind !== "object")
    return Result.fail([{ path: "", message: `must be a JSON object, not ${describeKind(body.kind)}.` }])
  const problems = new Problems()
  const warnings: Array<string> = []
  refuseUnknown(body.unknown, problems)
  const skipEmpty = decodeFlag(body, "skip_empty", problems)
  const inputs = decodeInputs(body.inputs, skipEmpty, limits, problems)
  const webhookUrl = decodeWebhookUrl(valueOf(body, "webhook_url"), limits, problems)
  const processor = decodeProcessor(valueOf(body, "processor"), problems)
  const output = decodeOutput(body, problems, warnings)
  problems.addAll(sizeProblems(output, inputs?._tag === "rows" ? inputs.rows : null, limits))
  // Those of the rows last: there may be thousands.
  problems.join(body.problems)
  if (inputs === undefined || output === undefined || problems.count > 0)
    return Result.fail(problems.list(""))
  if (inputs._tag === "rows") warnings.push(...leftOutWarnings(inputs.rows))
  return Result.succeed({ request: { inputs, webhookUrl, processor, output, skipEmpty }, warnings })
}

/** What is too large before anything is suggested; a description that alone makes it so is named itself. */
const sizeProblems = (
  output: Output | undefined,
  rows: Rows | null,
  limits: Limits,
): ReadonlyArray<Problem> => {
  const isKnown = output !== undefined && output.output_type !== "suggest"
  const found = checkSizes(isKnown ? buildTaskSpec(output) : "", rows, limits)
  const isOfSpec = output?.output_type === "suggest" || found[0]?.path === "output_schema"
  if (output?.description === undefined || !isOfSpec) return found
  const { length } = buildTaskSpec({ output_type: "text", description: output.description })
  if (length <= limits.maxTaskSpecChars) return found
  const message = `makes a task spec of ${length} characters by itself; Parallel accepts at most ${limits.maxTaskSpecChars}. Shorten it.`
  return [{ path: "output_description", message }]
}

/** What is said of rows that were left out. */
export const leftOutWarnings = ({ leftOut }: Rows): ReadonlyArray<string> =>
  leftOut === 0
    ? []
    : [
        `${leftOut === 1 ? "1 row holds no value and was" : `${leftOut} rows hold no value and were`} left out (skip_empty).`,
      ]

/** The value of a field; undefined when it is absent, or null. Fields are small, and were read already. */
const valueOf = ({ fields }: MultitaskBody, name: string): unknown =>
  fields.has(name) ? (JSON.parse(fields.get(name)!) ?? undefined) : undefined

const refuseUnknown = (names: ReadonlyArray<string>, problems: Problems): void => {
  for (const name of names) {
    const near = nearestName(name, FIELDS)
    const meant = near === null ? "" : ` Did you mean ${JSON.stringify(near)}?`
    problems.add(
      childPath("", name),
      `is not a field of this request.${meant} There are ${FIELDS.join(", ")}.`,
    )
  }
}

const decodeFlag = (body: MultitaskBody, name: string, problems: Problems): boolean => {
  const value = valueOf(body, name)
  if (value !== undefined && typeof value !== "boolean")
    problems.add(name, `must be true or false, not ${describeJson(value)}.`)
  return value === true
}

const INPUTS_HINT =
  "Send an array of objects, the same as JSON text, or the URL of a JSON array, JSON Lines, CSV or TSV."

const decodeInputs = (
  inputs: BodyInputs,
  skipEmpty: boolean,
  limits: Limits,
  problems: Problems,
): Inputs | undefined => {
  const refuse = (message: string): undefined => {
    problems.add("inputs", message)
  }
  switch (inputs._tag) {
    case "unreadable":
      return
    case "rows":
      return { _tag: "rows", rows: inputs.collector.finish(skipEmpty) }
    case "other":
      return refuse(
        inputs.kind === "missing"
          ? `is missing. ${INPUTS_HINT}`
          : `must not be ${describeKind(inputs.kind)}. ${INPUTS_HINT}`,
      )
    case "address": {
      if (!/^[a-z][a-z0-9+.-]*:/i.test(inputs.text))
        return refuse(`is neither a URL nor a JSON array. ${INPUTS_HINT}`)
      const url = checkOutboundUrl(inputs.text, { allowPrivate: limits.allowPrivateUrls })
      return typeof url === "string" ? refuse(url) : { _tag: "url", url }
    }
  }
}

const decodeWebhookUrl = (value: unknown, limits: Limits, problems: Problems): URL | undefined => {
  if (value === undefined) return
  if (typeof value !== "string") {
    problems.add("webhook_url", `must be a URL as text, not ${describeJson(value)}.`)
    return
  }
  const url = checkOutboundUrl(value, { allowPrivate: limits.allowPrivateUrls })
  if (typeof url !== "string") return url
  problems.add("webhook_url", url)
  return
}

const decodeProcessor = (value: unknown, problems: Problems): ProcessorName | undefined => {
  if (value === undefined || isProcessor(value)) return value
  const names = `Use one of ${processorNames.join(", ")}, or leave it out to get a suggestion.`
  problems.add(
    "processor",
    typeof value === "string"
      ? `is unknown: ${JSON.stringify(shorten(value))}. ${names}`
      : `must be text, not ${describeJson(value)}. ${names}`,
  )
  return
}

/** The rules for `output_type`, `output_description` and `output_schema`, which depend on each other. */
const decodeOutput = (
  body: MultitaskBody,
  problems: Problems,
  warnings: Array<string>,
): Output | undefined => {
  const type = valueOf(body, "output_type")
  const given = valueOf(body, "output_description")
  const before = problems.count
  if (type !== "text" && type !== "json" && !body.tooLong.has("output_type")) {
    const found = typeof type === "string" ? JSON.stringify(shorten(type)) : describeJson(type)
    problems.add("output_type", `must be "text" or "json"; it is ${found}.`)
  }
  if (given !== undefined && typeof given !== "string")
    problems.add("output_description", `must be text, not ${describeJson(given)}.`)
  // a form sends blank text for a field nobody filled in
  const description = typeof given === "string" && given.trim() !== "" ? given : undefined
  const schema = schemaIn(body.fields.get("output_schema"), type, problems, warnings)
  // What came and was too long is not missing.
  if (body.tooLong.has("output_schema") || body.tooLong.has("output_description")) return
  if (type === "json" && schema === undefined && (given === undefined || typeof given === "string")) {
    if (description !== undefined && problems.count === before) return { output_type: "suggest", description }
    problems.add(
      "output_schema",
      'is missing. With output_type "json" send output_schema, or output_description to have one suggested.',
    )
  }
  if (problems.count > before) return
  if (typeof schema === "string") return { output_type: "json", output_schema: schema, description }
  if (description === undefined)
    warnings.push(
      "Without output_description Parallel decides what to answer. Describe the text you want, its content, length and format.",
    )
  return { output_type: "text", description }
}

/** The schema as it is sent; undefined when there is none, null when it is wrong. */
const schemaIn = (
  text: JsonText | undefined,
  type: unknown,
  problems: Problems,
  warnings: Array<string>,
): JsonText | null | undefined => {
  if (text === undefined || kindOf(text) === "null") return
  if (type === "text") {
    problems.add("output_schema", 'does not go with output_type "text". Use "json", or leave the schema out.')
    return null
  }
  const found = readOutputSchema(text, "output_schema")
  problems.addAll(found.errors)
  warnings.push(...found.warnings)
  return found.schema
}
