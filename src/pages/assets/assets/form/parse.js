// @ts-check
/** @import { JsonObject, Problem } from "../../types.js" */

import {
  failureProblem,
  JsonReader,
  Problems,
  ROW_LIMITS,
  RowCollector,
  RowReader,
  uninert,
} from "../shared/domain.js"
import { locateJsonError } from "./jsonError.js"
import { guessSeparator, parseDelimited } from "./delimited.js"

/**
 * What was pasted or dropped, as rows: each is the JSON text that stands there, without blanks. Values of CSV and TSV stay
 * text: a number with leading zeros is one too often.
 *
 * @typedef {{ rows: readonly string[], format: string, problems: readonly Problem[], notes: string[] }} ParsedInputs
 */

/** @param {string} text @param {string} [fileName] @returns {ParsedInputs} */
export function parseInputs(text, fileName = "") {
  const body = text.replace(/^\uFEFF/, "")
  const trimmed = body.trim()
  if (trimmed === "") return problem("", "Paste some rows, drop a file, or give a URL.")
  const extension = /\.(\w+)$/.exec(fileName)?.[1]?.toLowerCase()
  if (extension === "csv" || extension === "tsv")
    return fromDelimited(body, extension === "tsv" ? "\t" : guessSeparator(body))
  if (extension === "jsonl" || extension === "ndjson") return { ...readJson([body], true), format: LINES }
  if (trimmed.startsWith("{")) return readJson([body], true)
  if (extension === "json" || trimmed.startsWith("[")) return readJson([body], false)
  return fromDelimited(body, guessSeparator(body))
}

/** @param {string} format @param {string} message @returns {ParsedInputs} */
const problem = (format, message) => ({
  rows: [],
  format,
  problems: [{ path: "inputs", message }],
  notes: [],
})

const LINES = "JSON Lines"

/**
 * Rows by the reader that the API has.
 * @param {string[]} texts one after the other @param {boolean} many whether they are objects, and not an array of them
 * @returns {ParsedInputs}
 */
function readJson(texts, many) {
  const problems = new Problems()
  const reader = new RowReader(ROW_LIMITS, problems, { many })
  for (const text of texts) reader.push(text)
  const read = reader.end()
  if (!(read instanceof RowCollector)) {
    if (read._tag === "NotJson") return problem("JSON", jsonProblem(texts.join(""), many ? read.where : null))
    return { rows: [], format: "JSON", problems: [failureProblem(read)], notes: [] }
  }
  const { texts: rows } = read.finish(false)
  return {
    rows,
    format: many && rows.length > 1 ? LINES : "JSON",
    problems: problems.list("inputs"),
    notes: [],
  }
}

/** What JSON allows and the API refuses: a name given twice, half a character. @param {string} json @param {string} path */
export function refusedIn(json, path) {
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

/** @param {string} text @param {"," | "\t" | ";"} separator @returns {ParsedInputs} */
function fromDelimited(text, separator) {
  const format = separator === "\t" ? "TSV" : "CSV"
  const { records, problem: wrong } = parseDelimited(text, separator)
  if (wrong) return problem(format, wrong)
  const [head, ...rest] = records
  if (!head || rest.length === 0)
    return problem(format, "The first line names the columns; at least one row must follow it.")
  const names = columnNames(head.cells)
  const columns = columnsToKeep(names)
  /** @type {Problem[]} */
  const problems = []
  const texts = rest.map(({ cells, line }, at) => {
    if (cells.length > names.length && problems.length < MOST_PROBLEMS)
      problems.push({
        path: `inputs[${at}]`,
        message: `Line ${line} has ${cells.length} cells, but there are ${names.length} columns.`,
      })
    const fields = columns.map(({ name, n, read }) => `${name}:${JSON.stringify(read(cells[n] ?? ""))}`)
    return `{${fields.join(",")}}\n`
  })
  const read = readJson(texts, true)
  const kept = columns.map(({ n }) => names[n])
  const notes = [`Columns are named by the first line: ${kept.join(", ")}.`]
  if (kept.length < names.length)
    notes.push(`This is a result of ours: ${names.filter((name) => OURS.has(name)).join(", ")} are left out.`)
  return { rows: read.rows, format, problems: [...problems, ...read.problems], notes }
}

const MOST_PROBLEMS = 20

/** Columns of a result that say nothing about its input. */
const OURS = new Set(["$id", "$status", "$error"])

/**
 * All columns, but when our own CSV comes back: then ours are left out, and what kept a formula from running is undone.
 * @param {string[]} names
 */
function columnsToKeep(names) {
  const own = names.includes("$id") && names.includes("$status")
  const read = own ? uninert : (/** @type {string} */ cell) => cell
  return names
    .map((name, n) => ({ name: JSON.stringify(read(name)), n, read }))
    .filter(({ n }) => !own || !OURS.has(names[n] ?? ""))
}

/** Every column gets a name of its own. @param {string[]} cells */
function columnNames(cells) {
  const used = new Set()
  return cells.map((cell, at) => {
    const wanted = cell.trim() || `column_${at + 1}`
    let name = wanted
    for (let n = 2; used.has(name); n++) name = `${wanted}_${n}`
    used.add(name)
    return name
  })
}

/** @param {unknown} value @returns {value is JsonObject} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)

/** What is wrong and where. @param {string} text that is not JSON @param {string | null} [where] when the text is several */
export function jsonProblem(text, where = null) {
  if (where !== null) return `Not valid JSON, in ${where}.`
  const { line, column, what } = locateJsonError(text)
  return `Not valid JSON: ${what}, in line ${line}, column ${column}.`
}
