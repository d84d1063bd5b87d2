import { compactJson } from "./Json.ts"

/** Control characters, and the bidirectional overrides that would reorder the cells after them. */
// oxlint-disable-next-line no-control-regex -- `\p{Cc}` takes several times as long
const INVISIBLE = /[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g

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
    .replace(LEADING_UNDERSCORES, (_, before: string, run: string) => before + run.replaceAll("_", "\\_"))

/** Underscores that begin a word: `__proto__` and `_id_` would lose them to emphasis; snake_case has none to lose. */
const LEADING_UNDERSCORES = /(^|[\s("'{,;:])(_+)/g
const LEADING_UNDERSCORE = new RegExp(LEADING_UNDERSCORES.source)

/** Every other character that anything here looks for, and whole blocks around those that are rare. */
// oxlint-disable-next-line no-control-regex -- control characters are among them
const SPECIAL = /[\0-\x1f&<[\\`|\x7f-\xa0\u1680\u2000-\u206f\u3000\ud800-\udfff\ufeff]/

/** Nothing in it needs to be done, as in most texts: seeing that at once saves most of a table's time. */
const isPlain = (text: string): boolean =>
  !SPECIAL.test(text) &&
  !text.includes("  ") &&
  !text.startsWith(" ") &&
  !text.endsWith(" ") &&
  !(text.includes("_") && LEADING_UNDERSCORE.test(text))

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
export const markdownCell = (value: unknown): string => {
  const text = plainText(value)
  return isPlain(text)
    ? text
    : escapeInline(text.toWellFormed().replace(SPACES, " ").replace(INVISIBLE, "").trim())
}

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
