// @ts-check
/** @import { Problem } from "../../../types.js" */
/** @import { JsonRows } from "./jsonRows.js" */
/** @import { WholeRequest } from "./requestBody.js" */
/** @import { ImportSettings, Ragged } from "./settings.js" */
/** @import { Table } from "./table.js" */

import { textFailure } from "../../shared/domain.js"
import { readJson, rowsOfJson } from "./jsonRows.js"
import { readRequest } from "./requestBody.js"
import { readMarkdownTable, readTable } from "./table.js"
import { rowsOfTable } from "./tableRows.js"

/**
 * What was pasted or dropped, in two steps: what the text is, which takes time and is done once, and the rows that are made
 * of it as the settings have it.
 *
 * @typedef {"text" | "number" | "boolean" | "list" | "object" | "mixed" | "empty"} ColumnType
 * @typedef {{ key: string, name: string, type: ColumnType, isOut: boolean }} Column `key`: its name in the text; `name`: in
 *   the rows; `isOut`: it is in no row
 * @typedef {{ table: Table } | { json: JsonRows } | { problem: string }} Source
 * @typedef {{ source: Source, request: WholeRequest | null }} Understood
 * @typedef {{
 *   rows: readonly string[],
 *   format: string,
 *   problems: readonly Problem[],
 *   notes: readonly string[],
 *   columns: readonly Column[],
 *   sample: readonly (readonly string[])[],
 *   header: { is: boolean, why: string } | null,
 *   dropped: { blank: number, columns: readonly string[], short: number },
 *   repeated: number,
 *   commas: boolean | null,
 *   ragged: { lines: readonly { line: number, cells: number }[], width: number, isHeader: boolean, choice: Ragged } | null,
 * }} Parsed `rows`: each as JSON text; `sample`: the first of them, a text for each column; `header`: null where nothing could
 *   be one; `dropped`: lines and columns that hold nothing (by their names, "" for none), and rows with fewer cells than the header; `repeated`: how many
 *   say what an earlier one says; `commas`: whether they divide cells, null where that is no question; `ragged`: lines with more cells than there are columns
 */

/** @type {Map<string, "json" | "jsonl" | "csv" | "tsv">} by a file's extension */
const FORMATS = new Map([
  ["json", "json"],
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
  ["csv", "csv"],
  ["tsv", "tsv"],
  ["tab", "tsv"],
])

/** @param {string} given @param {string} fileName "" for what was typed @param {boolean} skipEmpty @param {boolean | null} [commas] whether they divide cells, null for what is guessed @returns {Understood} */
export function understand(given, fileName, skipEmpty, commas = null) {
  const text = given.replace(/^\uFEFF/, "")
  const said = FORMATS.get(/\.(\w+)$/.exec(fileName)?.[1]?.toLowerCase() ?? "") ?? null
  const request = readRequest(text)
  const isFile = said !== null || /\.xlsx$/i.test(fileName)
  if (request === null) return { source: sourceOf(text, said, isFile, skipEmpty, commas), request }
  if ("problem" in request) return { source: request, request: null }
  if (request.url !== null) return { source: { problem: `The rows are at ${request.url}.` }, request }
  return { source: sourceOf(request.rows, null, false, skipEmpty, commas), request }
}

/** @param {string} text @param {"json" | "jsonl" | "csv" | "tsv" | null} said @param {boolean} isFile @param {boolean} skipEmpty @param {boolean | null} commas @returns {Source} */
function sourceOf(text, said, isFile, skipEmpty, commas) {
  const first = text.trimStart()[0] ?? ""
  if (first === "") return { problem: "Paste some rows, drop a file, or give a URL." }
  if (first === "<") return { problem: `The text ${textFailure({ _tag: "Markup" })}` }
  const isJson = said === "json" || said === "jsonl"
  if (first === "[" || first === "{" || isJson) {
    const json = readJson(text, isJson ? said : null, skipEmpty)
    return "problem" in json ? json : { json }
  }
  const table =
    (said === null && readMarkdownTable(text)) ||
    readTable(text, /** @type {"csv" | "tsv" | null} */ (said), isFile, commas)
  return "problem" in table ? table : { table }
}

/** @param {Source} source @param {ImportSettings} settings @param {boolean} skipEmpty @returns {Parsed} */
export function parsedOf(source, settings, skipEmpty) {
  if ("table" in source) return rowsOfTable(source.table, settings)
  if ("json" in source) return rowsOfJson(source.json, settings, skipEmpty)
  return { ...NOTHING, problems: [{ path: "inputs", message: source.problem }] }
}

/** @type {Parsed} */
export const NOTHING = {
  rows: [],
  format: "",
  problems: [],
  notes: [],
  columns: [],
  sample: [],
  header: null,
  dropped: { blank: 0, columns: [], short: 0 },
  repeated: 0,
  commas: null,
  ragged: null,
}
