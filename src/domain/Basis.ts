import { elementsOf, fieldsOf, kindOf, shownText } from "./JsonText.ts"
import type { Basis } from "./ResultQuery.ts"
import type { JsonText } from "./TaskGroup.ts"

/** Looks into an output's basis: a list of entries, one for each field, with reasoning, citations and confidence. */

/** What the basis of text output calls the field `content`. */
const TEXT_FIELD = "output"

/** The field that an entry is for. */
const fieldOf = (entry: JsonText): string => {
  const field = kindOf(entry) === "object" ? fieldsOf(entry).get("field") : undefined
  return field === undefined ? "" : shownText(field)
}

/** Entries for a field; of a list's elements there may be entries of their own, as in `executives.0`. */
const about = (entries: ReadonlyArray<JsonText>, field: string): ReadonlyArray<JsonText> =>
  entries.filter((entry) => {
    const name = fieldOf(entry)
    return name === field || name.startsWith(`${field}.`)
  })

/** The entries of a basis, as they came. */
export const entriesOf = (list: JsonText, basis: Exclude<Basis, "none">): ReadonlyArray<JsonText> => {
  const entries = kindOf(list) === "array" ? elementsOf(list) : []
  if (basis === "all") return entries
  const found = about(entries, basis.field)
  return found.length === 0 && basis.field === "content" ? about(entries, TEXT_FIELD) : found
}

/** The same of an output, without its content. */
export const entriesIn = (
  output: JsonText | null,
  basis: Exclude<Basis, "none">,
): ReadonlyArray<JsonText> => {
  const list = output === null ? undefined : fieldsOf(output).get("basis")
  return list === undefined ? [] : entriesOf(list, basis)
}

/** Whether outputs with these columns may have a field of this name; true where none is known yet. */
export const mayHaveField = (columns: ReadonlyArray<string>, name: string): boolean =>
  columns.length === 0 || columns.some((column) => name === column || name.startsWith(`${column}.`))
