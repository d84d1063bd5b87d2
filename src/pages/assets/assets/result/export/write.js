// @ts-check
/** @import { Row } from "../../../types.js" */
/** @import { Store } from "../store.js" */
/** @import { BasisOf, ExportTable, Field } from "./table.js" */

import { csvCell, csvRecord, csvText, escapeRaw, headline } from "../../shared/domain.js"
import { dateTime, plural, wordsIn } from "../../shared/format.js"
import { writeXlsx } from "../../shared/xlsx.js"
import { errorText } from "./table.js"

/** The formats, in pieces. */

/** RFC 4180, as the server writes it: with commas for files, with tabs for the clipboard of spreadsheets. @param {ExportTable} table @param {"," | "\t"} separator @param {string} [mark] in front */
export function* csvPieces({ rows, columns }, separator, mark = "") {
  yield mark
  yield csvRecord(
    columns.map(({ title }) => csvText(title)),
    separator,
  )
  for (const row of rows)
    yield csvRecord(
      columns.map(({ text }) => csvCell(text(row))),
      separator,
    )
}

/** A row as `results` has it: `$id`, `$status`, the input, the output, which wins. @param {Row} row */
const wholeRecord = (row) => new Map([...row.input, ...(row.output?.fields ?? [])])

/** @param {Row} row @param {readonly Field[]} fields */
function seenRecord(row, fields) {
  /** @type {Map<string, string>} */
  const record = new Map()
  for (const { title, value } of fields) {
    const json = value(row)
    if (json !== undefined) record.set(title, json)
  }
  return record
}

/**
 * An object of `results` a line, with `$error` where there is one.
 * @param {readonly Row[]} rows @param {readonly Field[] | null} fields those that are seen; null: what each row has
 * @param {((row: Row) => string | undefined) | null} basisText with it, `$basis`
 */
export function* jsonLines(rows, fields, basisText) {
  for (const row of rows) {
    const record = fields === null ? wholeRecord(row) : seenRecord(row, fields)
    const { run } = row
    const last = new Map()
    if (run.error) last.set("$error", errorText(row))
    if (basisText !== null) last.set("$basis", basisText(row) ?? "[]")
    const members = [
      ["$id", JSON.stringify(run.run_id)],
      ["$status", JSON.stringify(run.status)],
    ]
    for (const [name, value] of record)
      if (name !== "$id" && name !== "$status" && !last.has(name)) members.push([name, value])
    members.push(...last)
    const json = members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")
    yield `${escapeRaw(`{${json}}`)}\n`
  }
}

/** From pixels to characters, between what can be read and what can be overlooked. @param {number} pixels */
const characters = (pixels) => Math.min(60, Math.max(10, Math.round(pixels / 7.5)))

/** @param {Store} store @param {ExportTable} table @param {string} scope in words @param {() => Promise<void>} turn */
export function workbook(store, { rows, columns }, scope, turn) {
  const cells = function* () {
    for (const row of rows) yield columns.map(({ text }) => text(row))
  }
  const facts = groupFacts(store, scope)
  return writeXlsx(
    [
      {
        name: "Results",
        columns: columns.map(({ title, width }) => ({ title, width: characters(width) })),
        rows: cells(),
        count: rows.length,
      },
      {
        name: "Group",
        columns: [
          { title: "This group", width: 16 },
          { title: "", width: 90 },
        ],
        rows: facts.map((fact) => fact.map((text) => JSON.stringify(text))),
        count: facts.length,
      },
    ],
    turn,
  )
}

/** @param {Store} store @param {string} scope @returns {[name: string, text: string][]} */
function groupFacts({ group, facts, total }, scope) {
  const processor = group.metadata?.processor
  /** @type {[string, string | null][]} */
  const all = [
    ["Title", wordsIn(group.metadata, "title")],
    ["Question", wordsIn(group.metadata, "question")],
    ["State", headline(facts)],
    ["Rows", plural(total, "row")],
    ["In this file", scope],
    ["Processor", typeof processor === "string" ? processor : null],
    ["Started", dateTime(group.created_at)],
    ["Saved", dateTime(new Date().toISOString())],
    ["Address", `${location.origin}${location.pathname}`],
  ]
  return all.flatMap(([name, text]) => (text === null ? [] : [[name, text]]))
}
