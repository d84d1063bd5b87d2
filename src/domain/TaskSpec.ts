import { withDescription } from "./OutputSchema.ts"
import { capProblems, childPath, type Problem } from "./Problem.ts"
import type { Rows } from "./Rows.ts"
import type { JsonText } from "./TaskGroup.ts"

/** An output for which a task spec can be built; `auto` leaves the shape to Parallel. */
export type OutputSpec =
  | { readonly output_type: "text"; readonly description?: string | undefined }
  | {
      readonly output_type: "json"
      readonly output_schema: JsonText
      readonly description?: string | undefined
    }
  | { readonly output_type: "auto" }

/** The JSON Schema that is sent for an output: one without a description of its own gets the caller's. */
export const outputSchemaOf = (spec: OutputSpec): JsonText | null => {
  if (spec.output_type !== "json") return null
  return spec.description === undefined
    ? spec.output_schema
    : withDescription(spec.output_schema, spec.description)
}

/** Parallel's wire format of a task spec, for an output that needs no suggestion (any more). */
export const buildTaskSpec = (output: OutputSpec, inputSchema: JsonText | null = null): JsonText => {
  const input = inputSchema === null ? "" : `,"input_schema":{"type":"json","json_schema":${inputSchema}}`
  return `{"output_schema":${outputText(output)}${input}}`
}

const outputText = (output: OutputSpec): JsonText => {
  if (output.output_type === "json") return `{"type":"json","json_schema":${outputSchemaOf(output)}}`
  if (output.output_type === "auto") return '{"type":"auto"}'
  const { description } = output
  return JSON.stringify({ type: "text", ...(description === undefined ? {} : { description }) })
}

export interface SpecLimits {
  /** Parallel's documented limit for a task spec: 15,000 characters. */
  readonly maxTaskSpecChars: number
  /** Parallel's documented limit for a task spec plus one input: 25,000 characters. */
  readonly maxSpecPlusInputChars: number
}

/**
 * Parallel's documented size limits: the task spec alone, and the task spec with each row, as lengths of their texts.
 * Call it again when the spec was suggested or the rows came from a URL.
 */
export const checkSizes = (
  taskSpec: JsonText,
  rows: Rows | null,
  limits: SpecLimits,
  path: "output_schema" | "output_description" = "output_schema",
): ReadonlyArray<Problem> => {
  const tooLarge = taskSpec.length > limits.maxTaskSpecChars
  if (tooLarge) {
    const message = `makes a task spec of ${taskSpec.length} characters; Parallel accepts at most ${limits.maxTaskSpecChars}. Shorten descriptions or ask for fewer fields.`
    return [{ path, message }]
  }
  if (rows === null || taskSpec.length + rows.longest <= limits.maxSpecPlusInputChars) return []
  const problems: Array<Problem> = []
  for (const [at, { length }] of rows.texts.entries()) {
    if (taskSpec.length + length <= limits.maxSpecPlusInputChars) continue
    const message = `has ${length} characters and the task spec ${taskSpec.length}; Parallel accepts at most ${limits.maxSpecPlusInputChars} for both together. Shorten this input.`
    problems.push({ path: childPath("inputs", rows.indexes?.[at] ?? at), message })
  }
  return capProblems(problems, "inputs")
}

/**
 * How many characters an input schema may take so that the spec with it keeps every limit: nothing is refused because of
 * something the caller did not send.
 */
export const inputSchemaBudget = (taskSpec: JsonText, rows: Rows, limits: SpecLimits): number => {
  const room =
    Math.min(limits.maxTaskSpecChars, limits.maxSpecPlusInputChars - rows.longest) - taskSpec.length
  return Math.max(0, room - `,"input_schema":{"type":"json","json_schema":}`.length)
}
