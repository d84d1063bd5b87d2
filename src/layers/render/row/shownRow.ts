import { entriesIn } from "../../../domain/Basis.ts"
import { elementsOf, fieldsOf, kindOf, shownText } from "../../../domain/JsonText.ts"
import { failureJson } from "../../../domain/LineJson.ts"
import { cellText } from "../../../domain/PlainText.ts"
import type { JsonText, RunRow } from "../../../domain/TaskGroup.ts"

/** A row as pages about it alone show it: every value as text. */
export interface ShownRow {
  readonly failure: string | null
  readonly input: ReadonlyArray<ShownField>
  readonly output: ReadonlyArray<OutputField>
}

export interface ShownField {
  readonly name: string
  readonly value: string
}

export interface OutputField extends ShownField {
  readonly evidence: ReadonlyArray<Evidence>
}

/** An entry of the basis. */
export interface Evidence {
  readonly field: string
  readonly confidence: string
  readonly reasoning: string
  readonly citations: ReadonlyArray<Citation>
}

export interface Citation {
  readonly title: string
  /** Null for what is no address of a web page. */
  readonly href: string | null
  readonly excerpts: ReadonlyArray<string>
}

const fieldsIn = (json: JsonText): ReadonlyMap<string, JsonText> =>
  kindOf(json) === "object" ? fieldsOf(json) : new Map([["content", json]])

const text = (fields: ReadonlyMap<string, JsonText>, name: string): string =>
  shownText(fields.get(name) ?? "null")

const list = (fields: ReadonlyMap<string, JsonText>, name: string): ReadonlyArray<JsonText> => {
  const json = fields.get(name) ?? "null"
  return kindOf(json) === "array" ? elementsOf(json) : []
}

const webAddress = (url: string): string | null => {
  const parsed = URL.parse(url)
  return parsed !== null && /^https?:$/.test(parsed.protocol) ? parsed.href : null
}

const citationOf = (json: JsonText): Citation => {
  const fields = fieldsIn(json)
  const url = text(fields, "url")
  return {
    title: text(fields, "title") || url || "Untitled source",
    href: webAddress(url),
    excerpts: list(fields, "excerpts").map(shownText),
  }
}

const evidenceOf = (entry: JsonText): Evidence => {
  const fields = fieldsIn(entry)
  return {
    field: text(fields, "field"),
    confidence: text(fields, "confidence"),
    reasoning: text(fields, "reasoning"),
    citations: list(fields, "citations").map(citationOf),
  }
}

export const shownRow = ({ input, content, output, error }: RunRow): ShownRow => ({
  failure: error === null ? null : shownText(failureJson(error)),
  input: Array.from(fieldsIn(input), ([name, value]) => ({ name, value: cellText(value) })),
  output: Array.from(content === null ? [] : fieldsIn(content), ([name, value]) => ({
    name,
    value: cellText(value),
    evidence: entriesIn(output, { field: name }).map(evidenceOf),
  })),
})
