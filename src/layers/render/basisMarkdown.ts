import { entriesIn } from "../../domain/Basis.ts"
import { elementsOf, fieldsOf, shownText } from "../../domain/JsonText.ts"
import { confidenceEmoji, type Cut, markdownCell, markdownLink, UNCUT } from "../../domain/Markdown.ts"
import type { JsonText, RunRow } from "../../domain/TaskGroup.ts"
import type { Basis } from "../../services/Renderer.ts"

type Asked = Exclude<Basis, "none">

const memberOf = (object: JsonText, name: string): JsonText =>
  object.startsWith("{") ? (fieldsOf(object).get(name) ?? "null") : "null"

const listOf = (json: JsonText): ReadonlyArray<JsonText> => (json.startsWith("[") ? elementsOf(json) : [])

/** A field with its reasoning, its sources below. The mark in front keeps what follows from being a list or a heading. */
const entryMarkdown = (entry: JsonText, cut: Cut): string => {
  const [field, reasoning, confidence] = ["field", "reasoning", "confidence"].map((name) =>
    shownText(memberOf(entry, name)),
  ) as [string, string, string]
  const sources = listOf(memberOf(entry, "citations")).map((citation) =>
    markdownLink(shownText(memberOf(citation, "title")), shownText(memberOf(citation, "url")), cut),
  )
  return [
    `- ${confidenceEmoji(confidence) || "⚪"} ${markdownCell(cut.text(`${field}: ${reasoning}`))}`,
    ...sources.map((source) => `  - 🔗 ${source}`),
  ].join("\n")
}

/** Reasoning and sources of a row's fields; nothing where it has none. */
export const basisMarkdown = (row: RunRow, asked: Asked, cut: Cut = UNCUT): string => {
  const entries = entriesIn(row.output, asked)
  if (entries.length === 0) return ""
  return `\n## Row ${row.inputIndex} · ${markdownCell(cut.text(row.runId ?? ""))}\n\n${entries.map((entry) => entryMarkdown(entry, cut)).join("\n")}\n`
}
