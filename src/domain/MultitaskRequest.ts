import * as Result from "effect/Result"
import { decodeMetadata, decodeTitle, type Subject, titleFrom } from "./GroupMetadata.ts"
import { describeJson } from "./Json.ts"
import { describeKind, fieldsOf, kindOf, shownText } from "./JsonText.ts"
import { type BodyLimits, bodyOf, type MultitaskBody, MultitaskBodyReader } from "./MultitaskBody.ts"
import type { ReadFailure } from "./JsonSink.ts"
import { readOutputSchema } from "./OutputSchema.ts"
import { Problems, shorten, type Problem } from "./Problem.ts"
import { costProblem, type ProcessorName } from "./Processors.ts"
import {
  decodeDryRun,
  decodeFlag,
  decodeInputs,
  decodeLimit,
  decodeMaxCost,
  decodeProcessor,
  decodeUrl,
  type Inputs,
  leftOutWarnings,
  refuseUnknown,
  type RowChoice,
  valueOf,
} from "./requestFields.ts"
import type { Rows } from "./Rows.ts"
import { decodeRunOptions, RUN_OPTIONS, type RunOptions } from "./RunOptions.ts"
import type { JsonText } from "./TaskGroup.ts"
import { buildTaskSpec, checkSizes, type OutputSpec, type SpecLimits } from "./TaskSpec.ts"
import { decodeWebhookSecret } from "./WebhookSecret.ts"

export interface Limits extends BodyLimits, SpecLimits {
  readonly allowPrivateUrls: boolean
}

/** What the caller wants. `suggest`: a JSON output whose schema upstream is to suggest from the description. */
type Output =
  | Exclude<OutputSpec, { readonly output_type: "auto" }>
  | { readonly output_type: "suggest"; readonly description: string }

export interface MultitaskRequest extends RowChoice {
  readonly inputs: Inputs
  readonly webhookUrl: URL | undefined
  readonly webhookSecret: string | null
  /** Absent: upstream suggests one. */
  readonly processor: ProcessorName | undefined
  readonly output: Output
  readonly maxCostUsd: number | undefined
  /** Nothing is to be created. */
  readonly dryRun: boolean
  readonly subject: Subject
  readonly runOptions: RunOptions
}

export interface DecodedRequest {
  readonly request: MultitaskRequest
  readonly warnings: ReadonlyArray<string>
}

/** What a body may have. Anything else is refused: it may have been meant to limit what is paid for. */
export const FIELDS: ReadonlyArray<string> = (
  "inputs webhook_url processor output_type output_description output_schema limit max_cost_usd dry_run skip_empty title " +
  `metadata webhook_secret ${RUN_OPTIONS.join(" ")}`
).split(" ")

/** A reader for the body of the POST. */
export const multitaskBodyReader = (limits: BodyLimits): MultitaskBodyReader =>
  new MultitaskBodyReader(limits, FIELDS)

/** The body that a program has as a value. */
export const multitaskBodyOf = (value: unknown, limits: BodyLimits): MultitaskBody | ReadFailure =>
  bodyOf(value, limits, FIELDS)

/**
 * What the body of the POST asks for, and its query: `dryRun` is what that says. Reports every problem, not only the
 * first; an optional field that is null counts as absent. What can be known of sizes and costs is checked too, so that
 * nothing upstream is called in vain.
 */
export const decodeMultitaskRequest = (
  body: MultitaskBody,
  limits: Limits,
  { dryRun: asked }: { readonly dryRun?: boolean | undefined } = {},
): Result.Result<DecodedRequest, ReadonlyArray<Problem>> => {
  if (body.kind !== "object")
    return Result.fail([{ path: "", message: `must be a JSON object, not ${describeKind(body.kind)}.` }])
  const problems = new Problems()
  const warnings: Array<string> = []
  refuseUnknown(body, FIELDS, problems)
  const choice = {
    skipEmpty: decodeFlag(body, "skip_empty", problems),
    limit: decodeLimit(body, problems),
  }
  const inputs = decodeInputs(body.inputs, choice, limits, problems)
  const rows = inputs?._tag === "rows" ? inputs.rows : null
  const webhookUrl = decodeUrl(body, "webhook_url", limits, problems)
  const webhookSecret = decodeWebhookSecret(body, problems)
  const processor = decodeProcessor(body, problems)
  const maxCostUsd = decodeMaxCost(body, problems)
  const dryRun = decodeDryRun(body, asked, problems)
  const title = decodeTitle(body, problems)
  const metadata = decodeMetadata(body, problems)
  const runOptions = decodeRunOptions(body, problems)
  const output = decodeOutput(body, problems, warnings)
  problems.addAll(sizeProblems(output, rows, limits))
  const cost = processor && rows && costProblem(maxCostUsd, processor, rows.texts.length)
  if (cost) problems.addAll([cost])
  // Those of the rows last: there may be thousands.
  problems.join(body.problems)
  if (inputs === undefined || output === undefined || problems.count > 0)
    return Result.fail(problems.list(""))
  warnings.push(...runOptions.warnings, ...(rows === null ? [] : leftOutWarnings(rows)))
  const question = questionOf(output)
  const subject = { title: title ?? titleFrom(question ?? ""), question, metadata }
  const told = { inputs, ...choice, webhookUrl, webhookSecret, processor, output, maxCostUsd, dryRun }
  return Result.succeed({ request: { ...told, subject, runOptions }, warnings })
}

/** What is asked of every row: of a schema without the caller's words, its own. */
const questionOf = (output: Output): string | null => {
  if (output.description !== undefined) return output.description
  const own = output.output_type === "json" ? fieldsOf(output.output_schema).get("description") : undefined
  return own === undefined || kindOf(own) !== "string" || shownText(own).trim() === "" ? null : shownText(own)
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
