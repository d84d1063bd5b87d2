// @ts-check
/** @import { Column, FieldBasis, Row } from "../../../types.js" */
/** @import { Store } from "../store.js" */
/** @import { View } from "../view.js" */

import { csvColumns, fitColumns, makeSpelling } from "../../shared/domain.js"
import { basisOf, confidenceOf, nestedBasisOf, titlesOf, valueOf } from "../columns.js"

/**
 * What is saved: rows and columns, cells as JSON text. Whole it is the server's CSV, in which an output has the place of
 * an input of its name; as seen it is what the table shows, in that order.
 * @typedef {{ title: string, width: number, text: (row: Row) => string }} ExportColumn
 * @typedef {{ rows: readonly Row[], columns: readonly ExportColumn[] }} ExportTable
 * @typedef {"whole" | "seen"} Scope
 * @typedef {(row: Row) => readonly FieldBasis[] | undefined} BasisOf
 * @typedef {{ name: string, title: string, width: number, isOutput: boolean, value: (row: Row) => string | undefined }} Field
 */

/** Columns that say what became of the row; an input or output of the same name gives way. */
const OWN = ["$id", "$status", "$error"]

/** In pixels, as the page has them. */
const ID_WIDTH = 290
const STATUS_WIDTH = 100
const ERROR_WIDTH = 260
const CONFIDENCE_WIDTH = 110
const SOURCES_WIDTH = 300

/** @param {Store} store @param {View} view @param {Scope} scope @returns {readonly Row[]} */
export const rowsOf = (store, view, scope) =>
  scope === "seen" ? view.order : store.rows.filter((row) => row !== undefined)

/** Whether what is seen is something else than all rows and columns in their order. @param {Store} store @param {View} view */
export const isView = (store, view) =>
  view.filtered ||
  view.sortBy !== "$row" ||
  view.direction < 0 ||
  store.columns.all().some((column) => column.hidden)

/** @param {Store} store @returns {Field[]} */
function wholeFields(store) {
  const all = store.columns.all()
  const outputs = new Map(all.filter(({ kind }) => kind === "output").map((column) => [column.name, column]))
  const inputs = all.filter(({ kind, name }) => kind === "input" && !outputs.has(name))
  /** As many as the server's tables have. @param {Iterable<Column>} columns */
  const fit = (columns) => {
    const byName = new Map([...columns].map((column) => [column.name, column]))
    return fitColumns([], byName.keys()).taken.flatMap((name) => byName.get(name) ?? [])
  }
  return [...fit(inputs), ...fit(outputs.values())].map(({ name, width, kind }) => ({
    name,
    title: name,
    width,
    isOutput: kind === "output",
    value: (row) => row.output?.fields.get(name) ?? row.input.get(name),
  }))
}

/** @param {Store} store @returns {Column[]} those that are shown, without the one that stands for outputs to come */
export const seenColumns = (store) =>
  store.columns.visible().filter(({ id }) => store.columns.find(id) !== undefined)

/** @param {Store} store @returns {Field[]} */
function seenFields(store) {
  const columns = seenColumns(store)
  const titles = titlesOf(columns)
  return columns.map((column, at) => ({
    name: column.name,
    title: titles[at] ?? "",
    width: column.width,
    isOutput: column.kind === "output",
    value: (row) => valueOf(row, column),
  }))
}

/** @param {Store} store @param {Scope} scope */
export const fieldsOfScope = (store, scope) =>
  (scope === "seen" ? seenFields(store) : wholeFields(store)).filter(({ name }) => !OWN.includes(name))

/**
 * @param {Store} store @param {View} view @param {Scope} scope
 * @param {BasisOf | null} basis with it, each output has its confidence, sources and reasoning behind it
 * @returns {ExportTable}
 */
export function tableOf(store, view, scope, basis) {
  const fields = fieldsOfScope(store, scope)
  const { header } = csvColumns(fields.map(({ title }) => title))
  const spelled = makeSpelling(header, header)
  const complete = basis === null ? null : withBasis(basis)
  /** @type {ExportColumn[]} */
  const columns = [
    { title: "$id", width: ID_WIDTH, text: ({ run }) => JSON.stringify(run.run_id) },
    { title: "$status", width: STATUS_WIDTH, text: ({ run }) => JSON.stringify(run.status) },
  ]
  for (const [at, { name, isOutput, value, width }] of fields.entries()) {
    const title = /** @type {string} */ (header[at + 2])
    columns.push({ title, width, text: (row) => value(row) ?? "null" })
    if (!isOutput || complete === null) continue
    for (const part of evidenceColumns(name, complete))
      columns.push({ ...part, title: spelled(`${title} (${part.title})`) })
  }
  columns.push({ title: "$error", width: ERROR_WIDTH, text: errorText })
  return { rows: rowsOf(store, view, scope), columns }
}

/** Why there is no result, as JSON text. @param {Row} row */
export function errorText({ run: { error } }) {
  if (!error) return "null"
  return JSON.stringify(typeof error.message === "string" ? error.message : "failed")
}

/** The row with its basis, made once for all of its cells. @param {BasisOf} basis */
function withBasis(basis) {
  /** @type {Row | null} */
  let last = null
  /** @type {Row | null} */
  let complete = null
  return (/** @type {Row} */ row) => {
    if (row === last && complete !== null) return complete
    const found = basis(row)
    last = row
    complete =
      row.output === null || found === undefined
        ? row
        : { ...row, output: { ...row.output, basis: [...found] } }
    return complete
  }
}

/** @param {string} name of an output @param {(row: Row) => Row} complete @returns {ExportColumn[]} */
function evidenceColumns(name, complete) {
  /** @param {(row: Row) => string} text @returns {(row: Row) => string} */
  const cell = (text) => (row) => (row.output === null ? "null" : JSON.stringify(text(complete(row))))
  return [
    { title: "confidence", width: CONFIDENCE_WIDTH, text: cell((row) => levelOf(row, name)) },
    { title: "sources", width: SOURCES_WIDTH, text: cell((row) => sourcesOf(row, name).join("\n")) },
    { title: "reasoning", width: SOURCES_WIDTH, text: cell((row) => reasoningOf(row, name)) },
  ]
}

/** Of a field and of the elements of its list. @param {Row} row @param {string} name @returns {FieldBasis[]} */
function entriesOf(row, name) {
  const own = basisOf(row, name)
  return [...(own ? [own] : []), ...nestedBasisOf(row, name)]
}

/** The field's own, else the lowest of its list's elements. @param {Row} row @param {string} name */
function levelOf(row, name) {
  const own = confidenceOf(row, name)
  if (own) return own
  const levels = nestedBasisOf(row, name).map(({ confidence }) => String(confidence).toLowerCase())
  return ["low", "medium", "high"].find((level) => levels.includes(level)) ?? ""
}

/** Addresses, each once. @param {Row} row @param {string} name */
function sourcesOf(row, name) {
  const urls = entriesOf(row, name).flatMap(({ citations }) =>
    (Array.isArray(citations) ? citations : []).map((source) => source?.url),
  )
  return [...new Set(urls.filter((url) => typeof url === "string" && url !== ""))]
}

/** @param {Row} row @param {string} name */
const reasoningOf = (row, name) =>
  entriesOf(row, name)
    .filter(({ reasoning }) => typeof reasoning === "string" && reasoning !== "")
    .map(({ field, reasoning }, _, all) => (all.length > 1 ? `${field}: ${reasoning}` : reasoning))
    .join("\n")
