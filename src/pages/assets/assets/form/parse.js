// @ts-check
/** @import { JsonObject, Problem } from "../../types.js" */

import { compactText, elementsOf, inert, kindOf, membersOf } from "../shared/domain.js"
import { locateJsonError } from "./jsonError.js"
import { guessSeparator, parseDelimited } from "./delimited.js"

/**
 * What was pasted or dropped, as rows: each is the JSON text that stands there, without blanks. Values of CSV and TSV stay
 * text: a number with leading zeros is one too often.
 *
 * @typedef {{ rows: string[], format: string, problems: Problem[], notes: string[] }} ParsedInputs
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
  if (!isJson(text)) return problem("JSON", jsonProblem(text))
  const json = compactText(text)
  const kind = kindOf(json)
  if (kind === "array") return fromTexts(elementsOf(json), "JSON")
  return kind === "object"
    ? fromTexts([json], "JSON")
    : problem("JSON", "The JSON must be an array of objects.")
}

/** @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** @param {string} text @returns {ParsedInputs} */
function fromLines(text) {
  /** @type {string[]} */
  const values = []
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue
    if (!isJson(line)) return problem("JSON Lines", `Line ${at + 1} is not JSON.`)
    values.push(compactText(line))
  }
  return fromTexts(values, "JSON Lines")
}

/** @param {readonly string[]} values @param {string} format @returns {ParsedInputs} */
function fromTexts(values, format) {
  if (values.length === 0) return problem(format, "The array is empty: at least one row is needed.")
  /** @type {Problem[]} */
  const problems = []
  /** @type {string[]} */
  const rows = []
  for (const [at, value] of values.entries()) {
    const wrong =
      kindOf(value) === "object"
        ? repeatedName(value, `inputs[${at}]`)
        : { path: `inputs[${at}]`, message: 'Every row must be an object such as {"company": "Apple"}.' }
    if (kindOf(value) === "object") rows.push(value)
    if (wrong && problems.length < MOST_PROBLEMS) problems.push(wrong)
  }
  return { rows, format, problems, notes: [] }
}

const MOST_PROBLEMS = 20
/** Deeper is refused by the API. */
const MOST_DEPTH = 64

/**
 * A name that one object has twice: which of the two values is meant, nobody can tell.
 * @param {string} json @param {string} path @param {number} [depth] @returns {Problem | null}
 */
export function repeatedName(json, path, depth = 1) {
  if (depth > MOST_DEPTH) return null
  const kind = kindOf(json)
  /** @type {[string, string][]} */
  const inner = []
  if (kind === "array")
    for (const [at, value] of elementsOf(json).entries()) inner.push([`${path}[${at}]`, value])
  else if (kind === "object") {
    const names = new Set()
    for (const { name, value } of membersOf(json)) {
      if (names.has(name))
        return { path: `${path}.${name}`, message: `The name "${name}" is given twice. Give it once.` }
      names.add(name)
      inner.push([`${path}.${name}`, value])
    }
  }
  for (const [where, value] of inner) {
    const found = /^[[{]/.test(value) ? repeatedName(value, where, depth + 1) : null
    if (found) return found
  }
  return null
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
  /** @type {string[]} */
  const rows = []
  for (const [at, { cells, line }] of rest.entries()) {
    if (cells.length > names.length && problems.length < MOST_PROBLEMS)
      problems.push({
        path: `inputs[${at}]`,
        message: `Line ${line} has ${cells.length} cells, but there are ${names.length} columns.`,
      })
    const fields = columns.map(({ name, n, read }) => `${name}:${JSON.stringify(read(cells[n] ?? ""))}`)
    rows.push(`{${fields.join(",")}}`)
  }
  const kept = columns.map(({ n }) => names[n])
  const notes = [`Columns are named by the first line: ${kept.join(", ")}.`]
  if (kept.length < names.length)
    notes.push(`This is a result of ours: ${names.filter((name) => OURS.has(name)).join(", ")} are left out.`)
  return { rows, format, problems, notes }
}

/** Columns of a result that say nothing about its input. */
const OURS = new Set(["$id", "$status", "$error"])

/**
 * All columns, but when our own CSV comes back: then ours are left out, and what kept a formula from running is undone.
 * @param {string[]} names
 */
function columnsToKeep(names) {
  const own = names.includes("$id") && names.includes("$status")
  /** @param {string} cell */
  const undo = (cell) => (cell.startsWith("'") && inert(cell.slice(1)) === cell ? cell.slice(1) : cell)
  const read = own ? undo : (/** @type {string} */ cell) => cell
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

/** What is wrong and where. @param {string} text that `JSON.parse` refused */
export function jsonProblem(text) {
  const { line, column, what } = locateJsonError(text)
  return `Not valid JSON: ${what}, in line ${line}, column ${column}.`
}
