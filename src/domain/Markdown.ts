import { isHigh } from "./jsonCharacters.ts"
import { elementsOf, shownText } from "./JsonText.ts"
import { cellText, withoutControls, withoutOpenBidi } from "./PlainText.ts"
import type { JsonText } from "./TaskGroup.ts"

/** Every run of spaces and line breaks, of which Markdown would show one space or, worse, end the row. */
const SPACES = /\s+/g

/**
 * What GitHub-flavoured Markdown, or a common extension of it, would read as more than text, where it would: language
 * models and people with `curl` read the source. Emphasis and strikethrough need a mark that opens (`2 * 3` has none),
 * a link needs `](`, and a price is no formula.
 *
 * A literal backslash is never left before punctuation: parsers disagree about `\\|`, so `\|` is the only way in which
 * a backslash and a pipe meet here, and `\(` would begin a formula in some.
 */
const SYNTAX =
  /&(?=#?[0-9A-Za-z]+;)|\\(?=[!-/:-@[-`{-~]|$)|<(?![\s\d=]|$)|[|`$]|\[(?=\[)|\](?=\()|!(?=\[)|\*+|~+|(?<![\p{L}\p{N}\p{M}_])_+|(?<![\w:]):(?=[a-z+-][\w+-]*:)/giu

/** What some renderers show decoded when they take a text for an address: `a.com/%7Ex` would be `a.com/~x`. */
const DECODED = /%(?=[0-9a-f]{2})|-(?<=\bxn-)(?=-)/gi

/** Marks that do nothing when they are alone. */
const PAIRED = ["*", "_", "~", "$"]

/** Those of them that a text has more than one of. */
const pairedIn = (text: string): ReadonlyArray<string> =>
  PAIRED.filter((mark) => text.indexOf(mark) !== text.lastIndexOf(mark))

/** Marks do when a text follows them. */
const opens = (next: string | undefined): boolean => next !== undefined && !/\s/.test(next)

const escapeSyntax = (part: string, paired: ReadonlyArray<string>): string =>
  part.replace(SYNTAX, (token, at: number) => {
    const [mark = ""] = token
    if (mark === "&") return "&amp;"
    if (mark === "<") return "&lt;"
    // JSON text is full of `\"`
    if (mark === "\\") return part[at + 1] === '"' ? "\\\\" : "&#92;"
    if (mark === "]") return "]\\"
    if (PAIRED.includes(mark))
      return paired.includes(mark) && (mark === "$" || opens(part[at + token.length]))
        ? token.replaceAll(mark, "\\$&")
        : token
    return `\\${token}`
  })

/** Text between links; `next` is what comes behind it. */
const escapeText = (part: string, paired: ReadonlyArray<string>, next: "" | "["): string => {
  const escaped = escapeSyntax(part + next, paired).replace(DECODED, "\\$&")
  return next === "" ? escaped : escaped.slice(0, -1)
}

/** What renderers make a link of by themselves: all of it is taken literally then, escapes too. */
const LINKED = /(?:(?:https?|ftp):\/\/|www\.)\S*/gi

/** The addresses in there, of the web or not. JSON text goes on after them. */
const ADDRESS = /(https?:\/\/|www\.)[^\s<>"\\^`{}|[\]]*|ftp:\/\//gi

const LAST_OF_SENTENCE = /[?!.,:;*_~']/

/** Without the punctuation of the sentence that it stands in. */
const addressIn = (text: string): string => {
  let open = text.split("(").length - text.split(")").length
  let end = text.length
  for (; end > 0; end--) {
    const last = text[end - 1]!
    if (last === ")" && open < 0) open++
    else if (!LAST_OF_SENTENCE.test(last)) break
  }
  return text.slice(0, end)
}

/** Marks are escaped that are alone, too: they may come again in the target. */
const linkText = (text: string): string => escapeSyntax(text, PAIRED).replace(/(?<!\\)[[\]]/g, "\\$&")

const linkTarget = (address: string): string => {
  const target = address
    .replace(/[\s\p{Cc}<>"\\^`{}|]/gu, encodeURIComponent)
    .replace(/&(?=#?[0-9A-Za-z]+;)/g, "&amp;")
    // what a formula or a quotation in the text would go on to
    .replaceAll("$", "\\$&")
    .replaceAll("'", "&#39;")
  return /[()]/.test(target) ? `<${target}>` : target
}

/** An address of the web as a link whose text is shown as it is. */
const linked = (address: string): string => {
  const target = /^www/i.test(address) ? `http://${address}` : address
  return `[${linkText(address)}](${linkTarget(target)})`
}

/**
 * An address stays as it is, and so a link, where it needs no escape: none works within it. Others become links whose
 * text has them.
 */
const escapeInline = (text: string): string => {
  const paired = pairedIn(text)
  let escaped = ""
  let from = 0
  for (const { 0: run, index } of text.matchAll(LINKED)) {
    if (escapeText(run, paired, "") === run) continue
    for (const { 0: found, 1: begin, index: offset } of run.matchAll(ADDRESS)) {
      const at = index + offset
      const start = begin ?? found
      const address = addressIn(found)
      const isLink = begin !== undefined && address.length > begin.length
      // Nobody makes a link of what begins with an escape.
      const made = isLink ? linked(address) : start.replace(/\/\/|\.$/, "\\$&")
      escaped += escapeText(text.slice(from, at), paired, "[") + made
      from = at + (isLink ? address : start).length
    }
  }
  return escaped + escapeText(text.slice(from), paired, "")
}

/** Every character that anything here looks for, and whole blocks around those that are rare. */
const SPECIAL =
  // oxlint-disable-next-line no-control-regex -- control characters are among them
  /[\0-\x1f!$%&*:<[\\`_|~\x7f-\xa0\u1680\u2000-\u206f\u3000\ud800-\udfff\ufeff]|xn--/i

/** Those that matter wherever they are, and the others where they matter. */
const MATTERS =
  // oxlint-disable-next-line no-control-regex -- control characters are among them
  /[\0-\x1f&<\\`|\x7f-\xa0\u1680\u2000-\u206f\u3000\ud800-\udfff\ufeff]|\[\[|\]\(|!\[|\*.*\*|~.*~|\$.*\$|_.*_|%[0-9a-f]{2}|xn--|:[a-z+-][\w+-]*:/i

/** Nothing in it needs to be done, as in most texts: seeing that at once saves most of a table's time. */
const isPlain = (text: string): boolean =>
  !(SPECIAL.test(text) && MATTERS.test(text)) &&
  !text.includes("  ") &&
  !text.startsWith(" ") &&
  !text.endsWith(" ")

/** Shortens the texts that Markdown is made of, before they are escaped, so that no escape or link is cut in two. */
export interface Cut {
  /** No text is longer than this, but for the mark that it was. */
  readonly limit: number
  text(text: string): string
}

export const UNCUT: Cut = { limit: Number.POSITIVE_INFINITY, text: (text) => text }

/** Leaves the beginning of what is longer than `limit`, and counts what it takes away. */
export const cutTo = (limit: number): Cut & { readonly leftOut: () => number } => {
  let leftOut = 0
  return {
    limit,
    text: (text) => {
      if (text.length <= limit) return text
      const end = limit > 0 && isHigh(text.charCodeAt(limit - 1)) ? limit - 1 : limit
      leftOut += text.length - end
      return `${text.slice(0, end)}…`
    },
    leftOut: () => leftOut,
  }
}

/** Any text where Markdown has text: on one line, without a control character, and shown as it is. */
export const markdownCell = (text: string): string =>
  isPlain(text) ? text : escapeInline(withoutOpenBidi(withoutControls(text)).replace(SPACES, " ").trim())

/** The same as a paragraph of its own, which is no heading, list, quotation or rule. */
export const markdownParagraph = (text: string): string => {
  const cell = markdownCell(text)
  // One that begins with an address begins with a link.
  if (cell.startsWith("[") && !text.trimStart().startsWith("[")) return cell
  return cell.replace(/^[#>+*=~_[-]/, "\\$&").replace(/^(\d+)(?=[.)])/, "$1\\")
}

/** A source: its title, as a link where the address is one of the web. */
export const markdownLink = (title: string, url: string, cut: Cut = UNCUT): string => {
  if (url.length > cut.limit) return markdownCell(cut.text(title.trim() === "" ? url : `${title} (${url})`))
  return link(cut.text(title), url)
}

const link = (title: string, url: string): string => {
  const [shown, address] = [title.trim() === "" ? url : title, url.trim().toWellFormed()]
  if (!/^https?:\/\/./i.test(address)) return markdownCell(title.trim() === "" ? url : `${title} (${url})`)
  const text = withoutOpenBidi(withoutControls(shown)).replace(SPACES, " ").trim()
  return `[${linkText(text)}](${linkTarget(address)})`
}

/** A list of words reads better without quotes; one with commas or blanks inside would be ambiguous. */
const isWord = (json: JsonText): boolean =>
  !json.startsWith("{") && !json.startsWith("[") && !json.includes(",") && json !== '""'

/**
 * Any JSON value as the content of one table cell. Whatever it is, it stays in its cell, on its line, and is text: no
 * HTML, no link with a target of its own, no code span.
 */
export const markdownValue = (json: JsonText, cut: Cut = UNCUT): string =>
  markdownCell(cut.text(valueText(json)))

const valueText = (json: JsonText): string => {
  if (!json.startsWith("[")) return json.startsWith('"') ? shownText(json) : cellText(json)
  const items = elementsOf(json)
  if (items.length === 0 || !items.every(isWord)) return cellText(json)
  return items.map((item) => (item === "null" ? item : shownText(item))).join(", ")
}

/** One line of a table from cells that are Markdown already. */
export const markdownRow = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

/** The two lines that begin a table. The names are data, so they are escaped here. */
export const markdownHeader = (columns: ReadonlyArray<string>): string =>
  `${markdownRow(columns.map(markdownCell))}\n${markdownRow(columns.map(() => "---"))}`

/** A run's status at a glance, its name, and what else its line says: one text, in which marks may not find each other. */
export const markdownStatus = (status: string, more = "", cut: Cut = UNCUT): string =>
  `${statusEmoji(status)} ${markdownCell(cut.text(status + more))}`

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

export const CONFIDENCE_LEGEND = "🟢 high, 🟡 medium, 🔴 low confidence"

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
