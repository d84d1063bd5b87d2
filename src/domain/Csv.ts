import { makeSpelling } from "./Columns.ts"
import { shownText } from "./JsonText.ts"
import { cellText, withoutControls } from "./PlainText.ts"
import type { JsonText } from "./TaskGroup.ts"

/**
 * What a spreadsheet would run instead of showing: `=`, `+`, `-`, `@` (also their full-width forms, which East Asian
 * versions take for the plain ones) behind whatever it skips, which is at most what nobody sees. Apostrophes in front of
 * such a text get one more, so that undoing takes away what was added and nothing else.
 */
const FORMULA = /^'*[\s\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]*[=+\-@＝＋－＠﹢﹣﹦﹫]/u

/** A tab or a line end in front is dropped by some spreadsheets, and what comes then is run. */
const LEADING_BREAK = /^'*[\t\r\n]/

/** A negative number that arrived as text: it can be nothing but a number, and people want to add it up. */
const NEGATIVE_NUMBER = /^-\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Text that a spreadsheet shows as it is: an apostrophe in front makes a formula text. */
export const inert = (text: string): string =>
  (FORMULA.test(text) || LEADING_BREAK.test(text)) && !NEGATIVE_NUMBER.test(text) ? `'${text}` : text

/** What {@link inert} was given: a table of ours that comes back says what it said. */
export const uninert = (text: string): string =>
  text.startsWith("'") && inert(text.slice(1)) === text ? text.slice(1) : text

/**
 * Semicolons and tabs too, which RFC 4180 does not ask for: where the comma is the decimal mark, spreadsheets split at
 * those, and a cell must not fall apart into one that begins with `=`.
 */
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/

const quoted = (text: string): string => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** What most cells are: neither a formula nor in need of quotes, and without a control character. */
// oxlint-disable-next-line no-control-regex -- it is what this is about
const PLAIN = /^[A-Za-z0-9](?:[^",;\0-\x1f\x7f-\x9f\ud800-\udfff]*[^",;\s\0-\x1f\x7f-\x9f\ud800-\udfff])?$/

/** Text as one cell, made inert. */
export const csvText = (text: string): string =>
  PLAIN.test(text) ? text : quoted(inert(withoutControls(text)))

/** Any JSON value as one cell: text, made inert; lists, objects and numbers as they are written; nothing for null. */
export const csvCell = (json: JsonText): string =>
  json.startsWith('"') ? csvText(shownText(json)) : quoted(cellText(json))

/** One record of cells, with its line end (RFC 4180); spreadsheets take it from the clipboard with tabs, and some from files with semicolons. */
export const csvRecord = (cells: ReadonlyArray<string>, separator: "," | ";" | "\t" = ","): string => {
  const line = cells.join(separator)
  // A record of one empty cell would be an empty line, which readers skip.
  return line === "" ? '""\r\n' : `${line}\r\n`
}

/** Columns that say what became of the row; an input or output of the same name gives way. */
const OWN_COLUMNS: ReadonlyArray<string> = ["$id", "$status", "$error"]

/** The inputs' and outputs' columns that a table of a group has between its own, and the names of all as they are written. */
export const csvColumns = (
  given: ReadonlyArray<string>,
): { readonly fields: ReadonlyArray<string>; readonly header: ReadonlyArray<string> } => {
  const fields = given.filter((name) => !OWN_COLUMNS.includes(name))
  const names = fields.map(withoutControls)
  return { fields, header: ["$id", "$status", ...names.map(makeSpelling(names, OWN_COLUMNS)), "$error"] }
}
