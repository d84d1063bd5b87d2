import { entriesIn } from "../../domain/Basis.ts"
import { elementsOf, fieldsOf, shownText } from "../../domain/JsonText.ts"
import { confidenceEmoji, markdownCell, markdownLink } from "../../domain/Markdown.ts"
import type { JsonText, RunRow } from "../../domain/TaskGroup.ts"
import type { Basis } from "../../services/Renderer.ts"

type Asked = Exclude<Basis, "none">

const memberOf = (object: JsonText, name: string): JsonText =>
  object.startsWith("{") ? (fieldsOf(object).get(name) ?? "null") : "null"

const listOf = (json: JsonText): ReadonlyArray<JsonText> => (json.startsWith("[") ? elementsOf(json) : [])

/** A field with its reasoning, its sources below. The mark in front keeps what follows from being a list or a heading. */
const entryMarkdown = (entry: JsonText): string => {
  const [field, reasoning, confidence] = ["field", "reasoning", "confidence"].map((name) =>
    shownText(memberOf(entry, name)),
  ) as [string, string, string]
  const sources = listOf(memberOf(entry, "citations")).map((citation) =>
    markdownLink(shownText(memberOf(citation, "title")), shownText(memberOf(citation, "url"))),
  )
  return [
    `- ${confidenceEmoji(confidence) || "⚪"} ${markdownCell(`${field}: ${reasoning}`)}`,
    ...sources.map((source) => `  - 🔗 ${source}`),
  ].join("\n")
}

/** Reasoning and sources of a row's fields; nothing where it has none. */
export const basisMarkdown = (row: RunRow, asked: Asked): string => {
  const entries = entriesIn(row.output, asked)
  if (entries.length === 0) return ""
  return `\n## Row ${row.inputIndex} · ${markdownCell(row.runId ?? "")}\n\n${entries.map(entryMarkdown).join("\n")}\n`
}
