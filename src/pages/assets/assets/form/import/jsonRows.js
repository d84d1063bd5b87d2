// @ts-check
/** @import { Problem } from "../../../types.js" */
/** @import { ImportSettings } from "./settings.js" */
/** @import { Column, Parsed } from "./read.js" */

import {
  compactText,
  elementsOf,
  fieldsOf,
  kindOf,
  membersOf,
  Problems,
  ROW_LIMITS,
  RowCollector,
  textFailure,
  TextRows,
} from "../../shared/domain.js"
import { plain, plural } from "../../shared/format.js"
import { jsonProblem } from "../jsonError.js"
import { distinctRows, SAMPLE_ROWS } from "./repeats.js"
import { namesOf } from "./tableRows.js"

/** Rows that are looked at for names and kinds of columns. */
const LOOKED_AT = 1000

/**
 * @typedef {{ rows: readonly string[], format: string, problems: readonly Problem[], leftOut: number, blank: number }} JsonRows
 *   `leftOut`: rows without any value, where those are left out; `blank`: the same of a list of values
 */

/** Objects one after the other, an array of them, or one of texts. @param {string} text @param {"json" | "jsonl" | null} said @param {boolean} skipEmpty @returns {JsonRows | { problem: string }} */
export function readJson(text, said, skipEmpty) {
  const values = listedValues(text)
  if (values !== null) {
    const held = values.filter((value) => value !== "null" && !/^"\s*"$/.test(value))
    const rows = held.map((value) => `{"input":${value}}`)
    const read = collect(`[${rows.join(",")}]`, null, skipEmpty)
    return "problem" in read ? read : { ...read, format: "a JSON list", blank: values.length - held.length }
  }
  const isArray = text.trimStart().startsWith("[")
  let read = collect(text, said, skipEmpty)
  if ("one" in read) read = collect(text, "jsonl", skipEmpty)
  if ("problem" in read) return isArray && read.isSyntax ? { problem: jsonProblem(text) } : read
  return { ...read, format: isArray || read.rows.length <= 1 ? "JSON" : "JSON Lines", blank: 0 }
}

/** The elements of an array of nothing but texts, numbers and the like. @param {string} text @returns {readonly string[] | null} */
function listedValues(text) {
  if (!/^\s*\[\s*["\d\-tfn]/.test(text)) return null
  try {
    JSON.parse(text)
  } catch {
    return null
  }
  const values = elementsOf(compactText(text))
  return values.every((value) => kindOf(value) !== "object" && kindOf(value) !== "array") ? values : null
}

/** @param {string} text @param {"json" | "jsonl" | null} said @param {boolean} skipEmpty */
function collect(text, said, skipEmpty) {
  const problems = new Problems()
  const reader = new TextRows(ROW_LIMITS, problems, { format: said, maxChars: Infinity })
  reader.push(text)
  const read = reader.end()
  if (read instanceof RowCollector) {
    const { texts, leftOut } = read.finish(skipEmpty)
    return { rows: texts, problems: problems.list("inputs"), leftOut: skipEmpty ? leftOut : 0 }
  }
  const problem = { problem: `The text ${textFailure(read)}`, isSyntax: read._tag === "NotJson" }
  return read._tag === "OneObject" && read.list === null ? { ...problem, one: true } : problem
}

/** The rows as the settings have it. @param {JsonRows} read @param {ImportSettings} settings @param {boolean} skipEmpty @returns {Parsed} */
export function rowsOfJson(read, settings, skipEmpty) {
  const columns = columnsOf(read.rows, settings)
  const isChanged = columns.some(({ isOut, key, name }) => isOut || key !== name)
  const changed = isChanged ? changedRows(read.rows, columns, skipEmpty) : read
  const { taken, repeated } = distinctRows(changed.rows, settings.distinct)
  const rows =
    taken.length === changed.rows.length
      ? changed.rows
      : taken.map((at) => /** @type {string} */ (changed.rows[at]))
  const leftOut = read.leftOut + (isChanged ? changed.leftOut : 0)
  return {
    rows,
    format: read.format,
    problems: [...read.problems, ...(isChanged ? changed.problems : [])],
    notes: leftOut > 0 ? [`${plural(leftOut, "empty row")} left out.`] : [],
    columns,
    // Of columns that are left out, what the rows had before.
    sample: (isChanged ? read.rows : rows).slice(0, SAMPLE_ROWS).map((row) => {
      const fields = fieldsOf(row)
      return columns.map(({ key, name }) => plain(fields.get(isChanged ? key : name)))
    }),
    header: null,
    dropped: { blank: read.blank, columns: [], short: 0 },
    repeated,
    commas: null,
    ragged: null,
  }
}

/** @param {readonly string[]} rows @param {ImportSettings} settings @returns {Column[]} */
function columnsOf(rows, settings) {
  /** @type {Map<string, Set<string>>} */
  const kinds = new Map()
  for (const row of rows.slice(0, LOOKED_AT))
    for (const [name, value] of fieldsOf(row)) {
      const found = kinds.get(name) ?? new Set()
      if (value !== "null") found.add(kindOf(value))
      kinds.set(name, found)
    }
  const keys = [...kinds.keys()].map((key) => ({ key }))
  const names = namesOf(keys, settings.names)
  return keys.map(({ key }, at) => ({
    key,
    name: /** @type {string} */ (names[at]),
    type: typeOf(kinds.get(key) ?? new Set()),
    isOut: settings.out.has(key),
  }))
}

/** @param {ReadonlySet<string>} kinds @returns {Column["type"]} */
function typeOf(kinds) {
  const [kind = "null"] = kinds
  if (kinds.size > 1) return "mixed"
  return kind === "string"
    ? "text"
    : kind === "null"
      ? "empty"
      : kind === "array"
        ? "list"
        : /** @type {"number"} */ (kind)
}

/** Everything that stays is spelled as it was. @param {readonly string[]} rows @param {readonly Column[]} columns @param {boolean} skipEmpty */
function changedRows(rows, columns, skipEmpty) {
  const out = new Set(columns.filter(({ isOut }) => isOut).map(({ key }) => key))
  const keys = new Map(
    columns.filter(({ key, name }) => key !== name).map(({ key, name }) => [key, JSON.stringify(name)]),
  )
  const texts = rows.map(
    (row) =>
      `{${membersOf(row)
        .filter(({ name }) => !out.has(name))
        .map(({ name, key, value }) => `${keys.get(name) ?? key}:${value}`)
        .join(",")}}`,
  )
  const read = collect(`[${texts.join(",")}]`, null, skipEmpty)
  return "problem" in read
    ? { rows: [], problems: [{ path: "inputs", message: read.problem }], leftOut: 0 }
    : read
}
