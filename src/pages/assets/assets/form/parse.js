// @ts-check
/** @import { JsonObject, Problem } from "../../types.js" */

import {
  compactText,
  guessDelimiter,
  JsonReader,
  Problems,
  ROW_LIMITS,
  RowCollector,
  textFailure,
  TextRows,
} from "../shared/domain.js"
import { plural } from "../shared/format.js"
import { locateJsonError } from "./jsonError.js"

/**
 * What was pasted or dropped, as rows, by the reader that the API has: each is the JSON text that stands there, without
 * blanks. Values of CSV and TSV stay text: a number with leading zeros is one too often.
 *
 * @typedef {{ rows: readonly string[], format: string, problems: readonly Problem[], notes: string[] }} ParsedInputs
 * @typedef {"json" | "jsonl" | "csv" | "tsv"} Format
 */

/** @type {Map<string, Format>} by a file's extension */
const formats = new Map([
  ["json", "json"],
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
  ["csv", "csv"],
  ["tsv", "tsv"],
])

/** @param {string} text @param {string} fileName @param {boolean} skipEmpty whether rows without any value are left out @returns {ParsedInputs} */
export function parseInputs(text, fileName, skipEmpty) {
  const first = text.replace(/^\uFEFF/, "").trimStart()[0] ?? ""
  if (first === "") return problem("Paste some rows, drop a file, or give a URL.")
  const extension = /\.(\w+)$/.exec(fileName)?.[1]?.toLowerCase() ?? ""
  // A list of one column is a table too, where a person sees what was made of it.
  return readRows(text, first, formats.get(extension) ?? (first === "{" ? null : "csv"), skipEmpty)
}

/** @param {string} text @param {string} first its first character @param {Format | null} said what it is said to be @param {boolean} skipEmpty @returns {ParsedInputs} */
function readRows(text, first, said, skipEmpty) {
  const problems = new Problems()
  const reader = new TextRows(ROW_LIMITS, problems, { format: said, maxChars: Infinity })
  reader.push(text)
  const read = reader.end()
  if (read instanceof RowCollector) {
    const { texts, columns, leftOut } = read.finish(skipEmpty)
    const format = nameOf(text, first, said, texts.length)
    const notes = format.endsWith("SV") ? tableNotes(text, [...columns.keys()]) : []
    if (skipEmpty && leftOut > 0) notes.push(`${plural(leftOut, "empty row")} left out.`)
    return { rows: texts, format, problems: problems.list("inputs"), notes }
  }
  if (read._tag === "OneObject" && read.list === null) return readRows(text, first, "jsonl", skipEmpty)
  if (read._tag === "NotJson" && first === "[") return problem(jsonProblem(text))
  return problem(`The text ${textFailure(read)}`)
}

/** What it was read as. @param {string} text @param {string} first @param {Format | null} said @param {number} rows */
function nameOf(text, first, said, rows) {
  if (first === "[") return "JSON"
  if (first === "{" || said === "jsonl") return rows > 1 ? "JSON Lines" : "JSON"
  return said === "tsv" || guessDelimiter(text, true) === "\t" ? "TSV" : "CSV"
}

/** @param {string} text @param {string[]} columns */
function tableNotes(text, columns) {
  const notes = [`Columns are named by the first line: ${columns.join(", ")}.`]
  if (!columns.includes("$status") && /^[^\n]*\$status/.test(text))
    notes.push("This is a result of ours: $id, $status and $error are left out.")
  return notes
}

/** @param {string} message @returns {ParsedInputs} */
const problem = (message) => ({ rows: [], format: "", problems: [{ path: "inputs", message }], notes: [] })

/**
 * A JSON object that somebody has typed, as it is sent.
 * @param {string} text @param {string} path of the request's field @param {string} otherwise what is said to another value
 * @returns {{ value: JsonObject, json: string, problems: Problem[] } | { value: null, json: null, problems: Problem[] }}
 */
export function readObject(text, path, otherwise) {
  /** @param {string} message */
  const refused = (message) => ({ value: null, json: null, problems: [{ path, message }] })
  try {
    /** @type {unknown} */
    const value = JSON.parse(text)
    if (!isObject(value)) return refused(otherwise)
    const json = compactText(text)
    return { value, json, problems: refusedIn(json, path) }
  } catch {
    return refused(jsonProblem(text))
  }
}

/** What JSON allows and the API refuses: a name given twice, half a character. @param {string} json @param {string} path */
function refusedIn(json, path) {
  /** @type {Problem[]} */
  const problems = []
  const reader = new JsonReader({
    sink: {
      watch: 0,
      value: () => json.length,
      end: () => {},
      part: () => {},
      problem: (where, message) => problems.push({ path: where, message }),
    },
    ...ROW_LIMITS,
    values: { count: 0 },
    path,
  })
  reader.push(json)
  reader.end()
  return problems
}

/** @param {unknown} value @returns {value is JsonObject} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)

/** What is wrong and where. @param {string} text that is not JSON */
export function jsonProblem(text) {
  const { line, column, what } = locateJsonError(text)
  return `Not valid JSON: ${what}, in line ${line}, column ${column}.`
}
