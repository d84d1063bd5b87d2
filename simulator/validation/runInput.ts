import type { Behaviour } from "../behaviour/document.ts"
import type { FieldProblem } from "../core/errors.ts"
import type { Json, JsonObject, Warning } from "../core/wire.ts"
import { checkMetadata, isObject, missing, problem, type Loc } from "./fields.ts"
import { checkOutputSchema } from "./outputSchema.ts"
import { checkPassedOn } from "./passedOn.ts"

const MAX_SPEC = 15_000
const MAX_SPEC_AND_INPUT = 25_000

const checkSchemaUnion = (
  value: Json | undefined,
  loc: Loc,
  kinds: ReadonlyArray<string>,
): FieldProblem[] => {
  if (typeof value === "string") return []
  if (!isObject(value)) return [problem(loc, "union_type", "Input should be a schema object or a string")]
  const type = value["type"]
  if (typeof type !== "string" || !kinds.includes(type)) {
    return [problem([...loc, "type"], "literal_error", `Input should be one of ${kinds.join(", ")}`)]
  }
  if (type === "json" && !isObject(value["json_schema"])) {
    return [missing([...loc, "json_schema"])]
  }
  return []
}

/** The shape of a task spec: what the framework would refuse. */
export const checkSpecShape = (spec: Json | undefined, loc: Loc): FieldProblem[] => {
  if (spec === undefined || spec === null) return []
  if (!isObject(spec)) return [problem(loc, "model_type", "Input should be a valid task spec")]
  const output =
    spec["output_schema"] === undefined
      ? [missing([...loc, "output_schema"])]
      : checkSchemaUnion(spec["output_schema"], [...loc, "output_schema"], ["json", "text", "auto"])
  const input = spec["input_schema"]
  if (input === undefined || input === null) return output
  return [...output, ...checkSchemaUnion(input, [...loc, "input_schema"], ["json", "text"])]
}

/** The shape of one run input: what the framework would refuse. */
export const checkRunInput = (value: Json | undefined, loc: Loc): FieldProblem[] => {
  if (!isObject(value)) return [problem(loc, "model_attributes_type", "Input should be a valid dictionary")]
  const problems: FieldProblem[] = []
  const { input, processor } = value
  if (input === undefined) problems.push(missing([...loc, "input"]))
  else if (typeof input !== "string" && !isObject(input)) {
    problems.push(problem([...loc, "input"], "union_type", "Input should be a string or an object"))
  }
  if (processor === undefined) problems.push(missing([...loc, "processor"]))
  else if (typeof processor !== "string") {
    problems.push(problem([...loc, "processor"], "string_type", "Input should be a valid string"))
  }
  problems.push(...checkSpecShape(value["task_spec"], [...loc, "task_spec"]))
  problems.push(...checkMetadata(value["metadata"], [...loc, "metadata"], true))
  problems.push(...checkPassedOn(value, loc))
  return problems
}

export interface SpecVerdict {
  readonly errors: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<Warning>
  readonly length: number
}

const NO_SPEC: SpecVerdict = { errors: [], warnings: [], length: 0 }

/** What the service itself says about a spec: size and the supported subset of JSON Schema. */
export const judgeSpec = (spec: JsonObject | null, limits: Behaviour["limits"]): SpecVerdict => {
  if (spec === null) return NO_SPEC
  const length = JSON.stringify(spec).length
  const tooLong = length > MAX_SPEC ? [`task spec has ${length} characters, at most ${MAX_SPEC}`] : []
  const output = spec["output_schema"]
  if (!isObject(output) || output["type"] !== "json" || !isObject(output["json_schema"])) {
    return { errors: tooLong, warnings: [], length }
  }
  const verdict = checkOutputSchema(output["json_schema"], limits.max_nesting)
  return { errors: [...tooLong, ...verdict.errors], warnings: verdict.warnings, length }
}

export const sizeError = (specLength: number, input: Json): string | null => {
  const length = specLength + (typeof input === "string" ? input.length : JSON.stringify(input).length)
  return length <= MAX_SPEC_AND_INPUT
    ? null
    : `task spec and input have ${length} characters, at most ${MAX_SPEC_AND_INPUT}`
}

const fits = (value: Json | undefined, type: Json | undefined): boolean => {
  const types = Array.isArray(type) ? type : [type]
  return types.some((name) => {
    if (name === undefined) return true
    if (name === "null") return value === null
    if (name === "array") return Array.isArray(value)
    if (name === "object") return isObject(value)
    if (name === "integer") return Number.isInteger(value)
    return typeof value === name
  })
}

/** A row that does not fit the input schema is only warned about. */
export const inputWarnings = (spec: JsonObject | null, input: Json): Warning[] => {
  const schema = spec?.["input_schema"]
  if (!isObject(schema) || schema["type"] !== "json" || !isObject(schema["json_schema"])) return []
  const messages: string[] = []
  if (!isObject(input)) messages.push("input is not an object, as the input schema asks for")
  else {
    const { required, properties } = schema["json_schema"]
    for (const name of Array.isArray(required) ? required : []) {
      if (typeof name === "string" && !Object.hasOwn(input, name)) messages.push(`input lacks ${name}`)
    }
    for (const [name, property] of Object.entries(isObject(properties) ? properties : {})) {
      if (!Object.hasOwn(input, name) || !isObject(property)) continue
      if (!fits(input[name], property["type"]))
        messages.push(`${name} does not have the type of the input schema`)
    }
  }
  return messages.map((message) => ({ type: "input_validation_warning", message, detail: null }))
}
