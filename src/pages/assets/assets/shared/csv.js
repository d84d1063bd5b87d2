// @ts-check
/** Writing CSV (RFC 4180). Reading is in `delimited.js`. */

import { plain } from "./format.js"

/**
 * A spreadsheet runs a cell that begins with one of these as a formula; an apostrophe in front makes it text.
 * Numbers are left alone, also those that came as text: `-5` is no danger, and must stay a number.
 * @param {unknown} value
 */
export function inert(value) {
  const text = plain(value)
  if (typeof value !== "string" || /^-\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return text
  return /^[\s\u0000]*[=+\-@＝＋－＠\t\r]/.test(text) ? `'${text}` : text
}

/** @param {unknown} value */
const cell = (value) => {
  const text = inert(value)
  // Semicolons and tabs too: some spreadsheets split at those, and the rest of a cell could begin with `=`.
  return /[",;\t\r\n]/.test(text) || /^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** @param {string[]} columns @param {Map<string, unknown>[]} records @param {string[]} [titles] when they differ from the columns */
export function toCsv(columns, records, titles = columns) {
  const lines = [titles.map(cell).join(",")]
  for (const record of records) lines.push(columns.map((name) => cell(record.get(name))).join(","))
  return `${lines.join("\r\n")}\r\n`
}

/** Tab-separated, as spreadsheets take it from the clipboard. @param {string[]} columns @param {Map<string, unknown>[]} records */
export function toTsv(columns, records) {
  /** @param {unknown} value */
  const flat = (value) => inert(value).replace(/[\t\r\n]+/g, " ")
  const lines = [columns.map(flat).join("\t")]
  for (const record of records) lines.push(columns.map((name) => flat(record.get(name))).join("\t"))
  return lines.join("\n")
}
