import { KINDS, type Rows } from "./Rows.ts"
import type { JsonText } from "./TaskGroup.ts"

/** No schema; the reason is meant for a warning to the caller. */
export interface LeftOut {
  readonly leftOut: string
}

/** Parallel's documented limit for properties in a schema. */
const MAX_PROPERTIES = 100

const leftOut = (why: string): LeftOut => ({
  leftOut: `The inputs are sent without an input schema: ${why}.`,
})

/**
 * Describes the rows to Parallel: each column's name and JSON types (a union where rows differ), in order of first
 * appearance, required where every row has it. Nested data is only called object or array: Parallel advises flat input
 * schemas. `maxChars` is what the schema's text may take, see `inputSchemaBudget`.
 */
export const deriveInputSchema = (
  { columns, texts }: Pick<Rows, "columns" | "texts">,
  maxChars: number,
): { readonly schema: JsonText } | LeftOut => {
  if (columns.size > MAX_PROPERTIES) return leftOut(`they have more than ${MAX_PROPERTIES} different columns`)
  if (columns.size === 0) return leftOut("they have no columns")
  const required: Array<string> = []
  const properties: Array<string> = []
  for (const [name, column] of columns) {
    const types = KINDS.filter((_, index) => (column.kinds & (1 << index)) !== 0)
    properties.push(
      `${JSON.stringify(name)}:{"type":${JSON.stringify(types.length === 1 ? types[0] : types)}}`,
    )
    if (column.rows === texts.length) required.push(name)
  }
  // Text, because an object would put names that look like numbers first.
  const schema = `{"type":"object","properties":{${properties.join(",")}}${
    required.length > 0 ? `,"required":${JSON.stringify(required)}` : ""
  }}`
  return schema.length > maxChars ? leftOut("it would exceed Parallel's size limits") : { schema }
}
