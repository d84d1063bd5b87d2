import type { JsonObject } from "./Json.ts"

export interface InputSchema {
  readonly type: "object"
  readonly properties: { readonly [name: string]: { readonly type: string | ReadonlyArray<string> } }
  readonly required?: ReadonlyArray<string>
}

/** No schema; the reason is meant for a warning to the caller. */
export interface LeftOut {
  readonly leftOut: string
}

/** Parallel's documented limit for properties in a schema. */
const MAX_PROPERTIES = 100

/** In the order in which a union lists them: what the value is first, null last. */
const JSON_TYPES = ["string", "number", "boolean", "object", "array", "null"] as const

const typeIndex = (value: unknown): number => {
  if (value === null) return 5
  if (Array.isArray(value)) return 4
  switch (typeof value) {
    case "string":
      return 0
    case "number":
      return 1
    case "boolean":
      return 2
    default:
      return 3
  }
}

interface Column {
  rows: number
  /** A set of JSON types: bit n stands for `JSON_TYPES[n]`. */
  types: number
}

/** Name and types of every column, in order of first appearance; null as soon as there are too many. */
const readColumns = (rows: ReadonlyArray<JsonObject>): ReadonlyMap<string, Column> | null => {
  const columns = new Map<string, Column>()
  for (const row of rows) {
    for (const name of Object.keys(row)) {
      const value = row[name]
      if (value === undefined) continue // not there as far as JSON is concerned
      let column = columns.get(name)
      if (column === undefined) {
        if (columns.size === MAX_PROPERTIES) return null
        column = { rows: 0, types: 0 }
        columns.set(name, column)
      }
      column.rows++
      column.types |= 1 << typeIndex(value)
    }
  }
  return columns
}

const leftOut = (why: string): LeftOut => ({
  leftOut: `The inputs are sent without an input schema: ${why}.`,
})

/**
 * Describes the rows to Parallel: each column's name and JSON types (a union where rows differ), required where every row
 * has it. Nested data is only called object or array: Parallel advises flat input schemas.
 *
 * `maxChars` is what the schema's JSON text may take, see `inputSchemaBudget`.
 */
export const deriveInputSchema = (
  rows: ReadonlyArray<JsonObject>,
  maxChars: number,
): InputSchema | LeftOut => {
  const columns = readColumns(rows)
  if (columns === null) return leftOut(`they have more than ${MAX_PROPERTIES} different columns`)
  if (columns.size === 0) return leftOut("they have no columns")
  const required: Array<string> = []
  const properties: Array<[string, { readonly type: string | ReadonlyArray<string> }]> = []
  for (const [name, column] of columns) {
    const [type = "string", ...others] = JSON_TYPES.filter((_, index) => (column.types & (1 << index)) !== 0)
    properties.push([name, { type: others.length === 0 ? type : [type, ...others] }])
    if (column.rows === rows.length) required.push(name)
  }
  const schema: InputSchema = {
    type: "object",
    // fromEntries defines members, so that a column called __proto__ becomes one instead of a prototype
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
  }
  if (JSON.stringify(schema).length > maxChars) return leftOut("it would exceed Parallel's size limits")
  return schema
}
