// @ts-check
/** Tables of JSON values, each as its text. */

import { cellText, csvCell, csvRecord, csvText, inert } from "./domain.js"

/** RFC 4180. @param {string[]} columns @param {Map<string, string>[]} records @param {string[]} [titles] when they differ from the columns */
export const toCsv = (columns, records, titles = columns) =>
  csvRecord(titles.map(csvText)) +
  records.map((record) => csvRecord(columns.map((name) => csvCell(record.get(name) ?? "null")))).join("")

/** Tab-separated, as spreadsheets take it from the clipboard. @param {string[]} columns @param {Map<string, string>[]} records */
export function toTsv(columns, records) {
  /** @param {string} json */
  const cell = (json) => inert(cellText(json)).replace(/[\t\r\n]+/g, " ")
  const lines = [columns.map((name) => cell(JSON.stringify(name))).join("\t")]
  for (const record of records) lines.push(columns.map((name) => cell(record.get(name) ?? "null")).join("\t"))
  return lines.join("\n")
}
