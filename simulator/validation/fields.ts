import { ApiError, type FieldProblem } from "../core/errors.ts"
import type { Json, JsonObject } from "../core/wire.ts"

export type Loc = ReadonlyArray<string | number>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const problem = (loc: Loc, type: string, msg: string): FieldProblem => ({ loc, msg, type })
export const missing = (loc: Loc) => problem(loc, "missing", "Field required")

/** A body or query that does not fit the schema: 422. */
export const invalid = (problems: ReadonlyArray<FieldProblem>): ApiError =>
  new ApiError(422, "Request validation error", { problems })

/** The body as a JSON object. */
export const parseBody = (text: string): JsonObject => {
  let body: Json
  try {
    body = JSON.parse(text) as Json
  } catch {
    throw invalid([problem(["body"], "json_invalid", "JSON decode error")])
  }
  if (!isObject(body)) {
    throw invalid([
      problem(["body"], "model_attributes_type", "Input should be a valid dictionary or object"),
    ])
  }
  return body
}

const TRUE = ["true", "1", "yes", "on"]
const FALSE = ["false", "0", "no", "off"]

export const queryBoolean = (url: URL, name: string, initial: boolean): boolean => {
  const value = url.searchParams.get(name)
  if (value === null) return initial
  if (TRUE.includes(value.toLowerCase())) return true
  if (FALSE.includes(value.toLowerCase())) return false
  throw invalid([problem(["query", name], "bool_parsing", "Input should be a valid boolean")])
}

export const queryNumber = (url: URL, name: string, integer = false): number | null => {
  const value = url.searchParams.get(name)
  if (value === null || value === "") return null
  const number = Number(value)
  if (Number.isFinite(number) && number >= 0 && (!integer || Number.isInteger(number))) return number
  const kind = integer ? "integer" : "number"
  throw invalid([problem(["query", name], `${kind}_parsing`, `Input should be a valid ${kind}`)])
}

const isScalar = (value: unknown) => ["string", "number", "boolean"].includes(typeof value)

/** Metadata: an object of scalars, or nothing. Run metadata also has limits on its size. */
export const checkMetadata = (value: unknown, loc: Loc, limited: boolean): FieldProblem[] => {
  if (value === undefined || value === null) return []
  if (!isObject(value)) return [problem(loc, "dict_type", "Input should be a valid dictionary")]
  return Object.entries(value).flatMap(([key, entry]) => {
    const at = [...loc, key]
    if (!isScalar(entry)) return [problem(at, "scalar_type", "Input should be a string, number or boolean")]
    if (!limited) return []
    const problems: FieldProblem[] = []
    if (key.length > 16) {
      problems.push(problem(at, "string_too_long", "Metadata keys should have at most 16 characters"))
    }
    if (String(entry).length > 512) {
      problems.push(problem(at, "string_too_long", "Metadata values should have at most 512 characters"))
    }
    return problems
  })
}
