import { compactJson } from "./Json.ts"

/** Control characters, and the bidirectional overrides that would reorder the cells after them. */
const INVISIBLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** Every run of spaces and line breaks, of which Markdown would show one space or, worse, end the row. */
const SPACES = /[\s\u0085]+/g

/**
 * Escapes what GitHub-flavoured Markdown would read as more than text, and nothing else, because language models and
 * people with `curl` read the source. Bare https URLs stay clickable, emphasis stays emphasis.
 *
 * A literal backslash is never left before punctuation: parsers disagree about `\\|`, so `\|` is the only way in which
 * a backslash and a pipe meet here.
 */
const escapeInline = (text: string): string =>
  text
    .replace(/&(?=#?[0-9A-Za-z]+;)/g, "&amp;")
    .replace(/\\(?=[!-/:-@[-`{-~]|$)/g, "&#92;")
    .replace(/</g, "&lt;")
    .replace(/[|`[]/g, "\\$&")
    // __proto__ and _id_ would lose their underscores to emphasis; snake_case has none to lose
    .replace(/(^|[\s("'{,;:])(_+)/g, (_, before: string, run: string) => before + run.replaceAll("_", "\\_"))

const isScalar = (value: unknown): boolean => typeof value !== "object" || value === null

const plainText = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  if (typeof value === "string") return value
  // a list of words reads better without quotes; one with commas inside would be ambiguous
  if (Array.isArray(value) && value.every((item) => isScalar(item) && !String(item).includes(",")))
    return value.map((item) => String(item)).join(", ")
  return typeof value === "object" ? compactJson(value) : String(value)
}

/**
 * Any JSON value as the content of one table cell. Whatever it is, it stays in its cell, on its line, and is text: no
 * HTML, no link or image with a target of its own, no code span.
 */
export const markdownCell = (value: unknown): string =>
  escapeInline(plainText(value).toWellFormed().replace(SPACES, " ").replace(INVISIBLE, "").trim())

/** One line of a table from cells that are Markdown already. */
export const markdownRow = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

/** The two lines that begin a table. The names are data, so they are escaped here. */
export const markdownHeader = (columns: ReadonlyArray<string>): string =>
  `${markdownRow(columns.map(markdownCell))}\n${markdownRow(columns.map(() => "---"))}`

/** A run's status at a glance. A status we do not know yet gets a question mark, not a wrong promise. */
export const statusEmoji = (status: string): string => {
  switch (status) {
    case "queued":
      return "⏳"
    case "running":
      return "🔄"
    case "completed":
      return "✅"
    case "failed":
      return "❌"
    case "cancelling":
    case "cancelled":
      return "🚫"
    case "action_required":
      return "✋"
    default:
      return "❔"
  }
}

/** Parallel documents high, medium and low, and also sends nothing or an empty text. */
export const confidenceEmoji = (confidence: unknown): string => {
  switch (confidence) {
    case "high":
      return "🟢"
    case "medium":
      return "🟡"
    case "low":
      return "🔴"
    default:
      return ""
  }
}
