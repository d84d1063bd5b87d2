// @ts-check
/** @import { JsonObject, Problem } from "../../types.js" */

import { locateJsonError } from "./jsonError.js"
import { guessSeparator, parseDelimited } from "./delimited.js"

/**
 * What was pasted or dropped, as rows. Values of CSV and TSV stay text: a number with leading zeros is one too often.
 *
 * @typedef {{ rows: JsonObject[], format: string, problems: Problem[], notes: string[] }} ParsedInputs
 */

/** @param {string} text @param {string} [fileName] @returns {ParsedInputs} */
export function parseInputs(text, fileName = "") {
  const body = text.replace(/^\uFEFF/, "")
  const trimmed = body.trim()
  if (trimmed === "") return problem("", "Paste some rows, drop a file, or give a URL.")
  const extension = /\.(\w+)$/.exec(fileName)?.[1]?.toLowerCase()
  if (extension === "csv" || extension === "tsv")
    return fromDelimited(body, extension === "tsv" ? "\t" : guessSeparator(body))
  if (extension === "jsonl" || extension === "ndjson") return fromLines(trimmed)
  if (extension === "json" || trimmed.startsWith("[")) return fromJson(body)
  if (trimmed.startsWith("{")) return /^\{.*\}\s*\n\s*\{/.test(trimmed) ? fromLines(trimmed) : fromJson(body)
  return fromDelimited(body, guessSeparator(body))
}

/** @param {string} format @param {string} message @returns {ParsedInputs} */
const problem = (format, message) => ({
  rows: [],
  format,
  problems: [{ path: "inputs", message }],
  notes: [],
})

/** @param {string} text @returns {ParsedInputs} */
function fromJson(text) {
  /** @type {unknown} */
  let value
  try {
    value = JSON.parse(text)
  } catch {
    return problem("JSON", jsonProblem(text))
  }
  if (!Array.isArray(value))
    return isObject(value)
      ? fromArray([value], "JSON")
      : problem("JSON", "The JSON must be an array of objects.")
  return fromArray(value, "JSON")
}

/** @param {string} text @returns {ParsedInputs} */
function fromLines(text) {
  /** @type {unknown[]} */
  const values = []
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue
    try {
      values.push(JSON.parse(line))
    } catch {
      return problem("JSON Lines", `Line ${at + 1} is not JSON.`)
    }
  }
  return fromArray(values, "JSON Lines")
}

/** @param {unknown[]} values @param {string} format @returns {ParsedInputs} */
function fromArray(values, format) {
  if (values.length === 0) return problem(format, "The array is empty: at least one row is needed.")
  /** @type {Problem[]} */
  const problems = []
  /** @type {JsonObject[]} */
  const rows = []
  for (const [at, value] of values.entries()) {
    if (isObject(value)) rows.push(value)
    else if (problems.length < 20)
      problems.push({
        path: `inputs[${at}]`,
        message: 'Every row must be an object such as {"company": "Apple"}.',
      })
  }
  return { rows, format, problems, notes: [] }
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
  /** @type {Problem[]} */
  const problems = []
  /** @type {JsonObject[]} */
  const rows = []
  for (const [at, { cells, line }] of rest.entries()) {
    if (cells.length > names.length && problems.length < 20)
      problems.push({
        path: `inputs[${at}]`,
        message: `Line ${line} has ${cells.length} cells, but there are ${names.length} columns.`,
      })
    rows.push(Object.fromEntries(names.map((name, n) => [name, cells[n] ?? ""])))
  }
  return { rows, format, problems, notes: [`Columns are named by the first line: ${names.join(", ")}.`] }
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

/** What is wrong and where. @param {string} text that `JSON.parse` refused */
export function jsonProblem(text) {
  const { line, column, what } = locateJsonError(text)
  return `Not valid JSON: ${what}, in line ${line}, column ${column}.`
}

/** One row a line: easy to read and to change. @param {JsonObject[]} rows */
export const prettyRows = (rows) =>
  rows.length === 0 ? "[]" : `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]`
