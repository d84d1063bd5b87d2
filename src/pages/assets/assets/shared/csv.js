// @ts-check
/** Tables as text. Reading them is in `delimited.js`. */

import { csvRecord, inert } from "./domain.js"

/** RFC 4180. @param {string[]} columns @param {Map<string, unknown>[]} records @param {string[]} [titles] when they differ from the columns */
export const toCsv = (columns, records, titles = columns) =>
  csvRecord(titles) + records.map((record) => csvRecord(columns.map((name) => record.get(name)))).join("")

/** Tab-separated, as spreadsheets take it from the clipboard. @param {string[]} columns @param {Map<string, unknown>[]} records */
export function toTsv(columns, records) {
  /** @param {unknown} value */
  const flat = (value) => inert(String(value ?? "")).replace(/[\t\r\n]+/g, " ")
  const lines = [columns.map(flat).join("\t")]
  for (const record of records) lines.push(columns.map((name) => flat(record.get(name))).join("\t"))
  return lines.join("\n")
}
