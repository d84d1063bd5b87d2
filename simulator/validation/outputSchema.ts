import type { Json, JsonObject, Warning } from "../core/wire.ts"
import { isObject } from "./fields.ts"

const FORBIDDEN = new Set(
  (
    "contains format maxContains maxItems maxLength maxProperties maximum minContains minItems minLength " +
    "minProperties minimum multipleOf pattern patternProperties propertyNames uniqueItems unevaluatedItems " +
    "unevaluatedProperties"
  ).split(" "),
)
const IN_THE_BASIS = new Set("citations confidence evidence reasoning source sources source_urls".split(" "))
const MAX_PROPERTIES = 100
const MAX_TEXT = 25_000
const MAX_ENUM_VALUES = 500
const LONG_ENUM_VALUES = 250
const LONG_ENUM_TEXT = 7_500

export interface SchemaVerdict {
  readonly errors: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<Warning>
}

interface Tally {
  readonly errors: string[]
  readonly warnings: string[]
  properties: number
  text: number
  enumValues: number
  enumText: number
  depth: number
}

const specWarning = (message: string): Warning => ({ type: "spec_validation_warning", message, detail: null })

const typesOf = (schema: JsonObject): Json[] => {
  const type = schema["type"]
  if (Array.isArray(type)) return type
  return type === undefined ? [] : [type]
}

const checkObject = (schema: JsonObject, path: string, tally: Tally): void => {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {}
  const names = Object.keys(properties)
  tally.properties += names.length
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  const optional = names.filter((name) => !required.includes(name))
  if (optional.length > 0)
    tally.warnings.push(`${path}: all fields should be required (${optional.join(", ")})`)
  if (schema["additionalProperties"] !== false) {
    tally.warnings.push(`${path}: additionalProperties should be false`)
  }
  const doubled = names.filter((name) => IN_THE_BASIS.has(name))
  if (doubled.length > 0) tally.warnings.push(`${path}: the basis already has ${doubled.join(", ")}`)
}

const checkEnum = (schema: JsonObject, tally: Tally): void => {
  if (!Array.isArray(schema["enum"])) return
  tally.enumValues += schema["enum"].length
  for (const value of schema["enum"]) tally.enumText += String(value).length
}

/** The schemas directly inside, with their paths; `deeper` where a level of nesting begins. */
const childrenOf = (
  schema: JsonObject,
  path: string,
): Array<{ schema: Json; path: string; deeper: boolean }> => {
  const children: Array<{ schema: Json; path: string; deeper: boolean }> = []
  for (const keyword of ["properties", "$defs"] as const) {
    const map = schema[keyword]
    if (!isObject(map)) continue
    for (const [name, child] of Object.entries(map)) {
      children.push({ schema: child, path: `${path}.${name}`, deeper: keyword === "properties" })
    }
  }
  if (schema["items"] !== undefined) {
    children.push({ schema: schema["items"], path: `${path}[]`, deeper: true })
  }
  for (const keyword of ["anyOf", "oneOf", "allOf"]) {
    const options = schema[keyword]
    if (Array.isArray(options)) {
      options.forEach((child, i) =>
        children.push({ schema: child, path: `${path}.${keyword}[${i}]`, deeper: false }),
      )
    }
  }
  return children
}

const walk = (schema: Json, path: string, depth: number, nullAllowed: boolean, tally: Tally): void => {
  if (!isObject(schema)) return
  for (const keyword of Object.keys(schema)) {
    if (FORBIDDEN.has(keyword)) tally.errors.push(`${path}: keyword ${keyword} is not supported`)
  }
  const types = typesOf(schema)
  if (types.length === 1 && types[0] === "null" && !nullAllowed) {
    tally.errors.push(`${path}: null is only allowed inside a union`)
  }
  const nested = types.includes("object") || types.includes("array")
  const level = depth + (nested ? 1 : 0)
  tally.depth = Math.max(tally.depth, level)
  if (types.includes("object")) checkObject(schema, path, tally)
  checkEnum(schema, tally)
  for (const child of childrenOf(schema, path)) {
    walk(child.schema, child.path, child.deeper ? level : depth, !child.deeper, tally)
  }
}

const rootErrors = (schema: JsonObject): string[] => {
  const errors: string[] = []
  if (schema["anyOf"] !== undefined) errors.push("output schema: anyOf is not allowed at the root")
  if (schema["type"] !== "object") errors.push("output schema: the root must have type object")
  if (!isObject(schema["properties"])) errors.push("output schema: the root must have properties")
  return errors
}

const sizeErrors = (tally: Tally, maxNesting: number): string[] => {
  const errors: string[] = []
  const check = (bad: boolean, message: string) => void (bad && errors.push(`output schema: ${message}`))
  check(tally.properties > MAX_PROPERTIES, `${tally.properties} properties, at most ${MAX_PROPERTIES}`)
  check(tally.text > MAX_TEXT, `${tally.text} characters, at most ${MAX_TEXT}`)
  check(tally.depth > maxNesting, `nested ${tally.depth} levels deep, at most ${maxNesting}`)
  check(tally.enumValues > MAX_ENUM_VALUES, `${tally.enumValues} enum values, at most ${MAX_ENUM_VALUES}`)
  check(
    tally.enumValues > LONG_ENUM_VALUES && tally.enumText > LONG_ENUM_TEXT,
    `${tally.enumText} characters of enum values, at most ${LONG_ENUM_TEXT}`,
  )
  return errors
}

/** Checks a bare JSON Schema against the subset that Parallel takes. */
export const checkOutputSchema = (schema: JsonObject, maxNesting: number): SchemaVerdict => {
  const tally: Tally = {
    errors: rootErrors(schema),
    warnings: [],
    properties: 0,
    text: JSON.stringify(schema).length,
    enumValues: 0,
    enumText: 0,
    depth: 0,
  }
  walk(schema, "output_schema", 0, false, tally)
  return {
    errors: [...tally.errors, ...sizeErrors(tally, maxNesting)],
    warnings: tally.warnings.map(specWarning),
  }
}
