// @ts-check
import readXlsxFile, { InvalidInputError, InvalidSpreadsheetError } from "read-excel-file/universal"
import { packStored, unpack } from "../form/import/zip.js"

/**
 * Sheets of an .xlsx workbook, each as TSV: the text in which people see and correct them. The library inflates in workers
 * made of text, which the page's policy forbids, and without a bound; so it is given an archive that is inflated already.
 *
 * @typedef {{ name: string, text: string }} Sheet
 */

/** Of everything in the workbook that is read, in bytes: far more than the 16 MiB of a request. */
const MOST_INFLATED = 200 * 1024 * 1024
/** Of a request, with room for what is left out. */
const MOST_CELLS = 2_000_000

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<{ sheets: Sheet[] } | { problem: string }>} sheets that hold something */
export async function readXlsx(bytes) {
  try {
    const files = await unpack(bytes, isNeeded, MOST_INFLATED)
    const sheets = await readXlsxFile(packStored(files), { trim: false, parseNumber: spelled })
    const cells = sheets.reduce((sum, { data }) => sum + data.reduce((n, row) => n + row.length, 0), 0)
    if (cells > MOST_CELLS)
      return { problem: "The workbook holds too many cells. Split it, and choose a part." }
    const held = sheets.filter(({ data }) => data.some((row) => row.some((cell) => cell !== null)))
    if (held.length === 0) return { problem: "The workbook holds no cell with a value." }
    return { sheets: held.map(({ sheet, data }) => ({ name: sheet, text: tsvOf(data) })) }
  } catch (error) {
    if (error instanceof RangeError) return { problem: error.message }
    const isKnown = error instanceof InvalidInputError || error instanceof InvalidSpreadsheetError
    const why = isKnown || error instanceof Error ? ` (${error.message.slice(0, 200)})` : ""
    return { problem: `The workbook cannot be read${why}. Save it as CSV, and choose that.` }
  }
}

/** Pictures, charts and themes say nothing about cells. @param {string} path */
const isNeeded = (path) =>
  /\.(?:xml|rels)$/.test(path) &&
  !/\/(?:drawings|charts|theme|media|comments|pivot\w*|externalLinks)\//.test(path)

/**
 * A number's text. Excel writes what it keeps, `1.1000000000000001`, where it shows and means the shortest text of the same
 * double; what has more digits than doubles have was written by something else, and stays.
 * @param {string} raw
 */
function spelled(raw) {
  const value = Number(raw)
  const digits = raw
    .replace(/[eE].*$/, "")
    .replace(/\D/g, "")
    .replace(/^0+/, "").length
  return raw.trim() === "" || !Number.isFinite(value) || digits > 17 || !/^-?\d/.test(raw)
    ? raw
    : String(value)
}

/** As wide as the widest row, but for a row of one cell, which may be a title. @param {readonly (readonly unknown[])[]} rows */
function tsvOf(rows) {
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0)
  return rows
    .map((row) => {
      const cells = Array.from({ length: width }, (_, at) => tsvCell(textOf(row[at])))
      return cells.slice(1).some((cell) => cell !== "") ? cells.join("\t") : cells[0]
    })
    .join("\n")
}

/** @param {string} text */
const tsvCell = (text) => (/[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** @param {unknown} cell */
function textOf(cell) {
  if (cell === null || cell === undefined) return ""
  return cell instanceof Date ? dateText(cell) : String(cell)
}

const DAY_MS = 86_400_000
/** Excel's day 0, which is no day: a time alone. */
const NO_DAY = Date.UTC(1899, 11, 30)

/** A date without a time is a day. @param {Date} given which means no zone */
function dateText(given) {
  if (Number.isNaN(given.getTime())) return ""
  const days = (given.getTime() - NO_DAY) / DAY_MS
  // Excel takes 1900 for a leap year: what is before its 60th day is called by the next one.
  const date = days >= 1 && days < 60 ? new Date(given.getTime() + DAY_MS) : given
  const [day = "", time = ""] = date
    .toISOString()
    .replace(/(?:\.000)?Z$/, "")
    .split("T")
  if (days >= 0 && days < 1) return time
  return time === "00:00:00" ? day : `${day}T${time}`
}
