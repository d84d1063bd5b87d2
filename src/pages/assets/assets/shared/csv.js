// @ts-check
/** Tables of JSON values, each as its text. */

import { csvCell, csvRecord, csvText } from "./domain.js"

/** In front of a file it tells spreadsheets that it is UTF-8. */
export const BYTE_ORDER_MARK = "\uFEFF"

/**
 * RFC 4180, as the server writes it: with commas for files, with tabs for the clipboard of spreadsheets.
 * @param {readonly string[]} columns @param {Map<string, string>[]} records @param {readonly string[]} [titles] when they differ from the columns @param {"," | "\t"} [separator]
 */
export const toCsv = (columns, records, titles = columns, separator = ",") =>
  [
    titles.map(csvText),
    ...records.map((record) => columns.map((name) => csvCell(record.get(name) ?? "null"))),
  ]
    .map((cells) => csvRecord(cells, separator))
    .join("")
