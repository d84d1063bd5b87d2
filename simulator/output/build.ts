import { createRandom } from "../core/random.ts"
import type { FieldBasis, Json, JsonObject, TaskRunOutput, TaskSpec } from "../core/wire.ts"
import { isObject } from "../validation/fields.ts"
import { basisOf, textBasis } from "./basis.ts"
import { fill } from "./fromSchema.ts"
import { AUTO_SCHEMA, reportOf } from "./report.ts"
import { subjectOf } from "./subject.ts"

export interface OutputRequest {
  readonly seed: string
  readonly input: string | JsonObject
  /** null: none was given, which means auto. */
  readonly spec: TaskSpec | null
  readonly processor: string
  /** The output's JSON is made at least this long. */
  readonly minBytes: number
  readonly elementBasis: boolean
  /** Instead of what would be made up. */
  readonly content?: string | JsonObject
}

type Wanted =
  | { readonly type: "text"; readonly description: string }
  | { readonly type: "json"; readonly schema: JsonObject; readonly auto: boolean }

const AUTO: Wanted = { type: "json", schema: AUTO_SCHEMA, auto: true }

/** What the spec asks for. */
export const wantedBy = (spec: TaskSpec | null): Wanted => {
  const output = spec?.output_schema
  if (output === undefined) return AUTO
  if (typeof output === "string") return { type: "text", description: output }
  if (output["type"] === "text") {
    return {
      type: "text",
      description: typeof output["description"] === "string" ? output["description"] : "",
    }
  }
  if (output["type"] === "auto" || !isObject(output["json_schema"])) return AUTO
  return { type: "json", schema: output["json_schema"], auto: false }
}

/** Makes an output long without breaking its schema: the basis' reasoning is free text. */
const padded = <T extends { content: unknown; basis: FieldBasis[] }>(output: T, minBytes: number): T => {
  const missing = minBytes - JSON.stringify(output).length
  if (missing <= 0) return output
  const filler = "Further sources were read and compared. ".repeat(Math.ceil(missing / 40))
  const [first = { field: "output", citations: [], reasoning: "" }, ...rest] = output.basis
  return { ...output, basis: [{ ...first, reasoning: `${first.reasoning} ${filler}` }, ...rest] }
}

/** A run's output: it fits the spec, is about the input, and is the same every time. */
export const buildOutput = (request: OutputRequest): TaskRunOutput => {
  const random = createRandom(request.seed, "output")
  const subject = subjectOf(request.input)
  const wanted = wantedBy(request.spec)
  if (wanted.type === "text") {
    const made = reportOf(subject, wanted.description, random)
    const content = typeof request.content === "string" ? request.content : made
    const basis = textBasis(content, subject, random, request.processor)
    return padded({ type: "text", content, basis, mcp_tool_calls: null }, request.minBytes)
  }
  const filled: Json = fill(
    wanted.schema,
    { name: "", description: "" },
    { root: wanted.schema, subject, random },
  )
  const made = isObject(filled) ? filled : { value: filled }
  const content = isObject(request.content) ? request.content : made
  const basis = basisOf(content, subject, random, request.processor, request.elementBasis)
  const chosen = wanted.auto ? { output_schema: wanted.schema } : {}
  return padded({ type: "json", content, basis, mcp_tool_calls: null, ...chosen }, request.minBytes)
}
