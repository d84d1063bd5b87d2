// @ts-check
/** @import { GroupFields, QueryResult } from "../../types.js" */

import { byId, fill, h } from "../shared/dom.js"
import { ask, askAll, firstColumn } from "./ask.js"
import { fieldOf, quoted } from "./sql.js"

/** The view of the users' columns, the two tables with theirs, and the fields inside the JSON ones. */

/** So many fields of inputs and outputs are listed; a query can name any. */
const MOST_FIELDS = 40

/** What the tables are for; a column without words here is shown without. @type {Map<string, string>} */
const about = new Map([
  ["results", "the inputs’ and outputs’ own columns"],
  ["results.$id", "Parallel’s id of the run"],
  ["results.$status", "queued, running, completed, failed …"],
  ["runs", "one row for each input"],
  ["details", "one row about the group"],
  ["runs.input_index", "place in the list of inputs, from 0"],
  ["runs.attempt", "from 1"],
  ["runs.change", "number of the newest change"],
  ["runs.updated_at", "when that was, in ms since 1970"],
  ["runs.run_id", "Parallel’s id; NULL until submitted"],
  ["runs.status", "queued, running, completed, failed …"],
  ["runs.created_at", "of the run, RFC 3339"],
  ["runs.modified_at", "of the run, RFC 3339"],
  ["runs.confidence", "JSON: high, medium or low by field"],
  ["runs.error", "JSON: message and detail"],
  ["runs.warnings", "JSON array"],
  ["runs.input", "JSON: the input"],
  ["runs.content", "JSON: the output’s content"],
  ["runs.output", "JSON: type and basis with its sources"],
  ["runs.merged", "JSON: both, where they share a name"],
  ["details.task_spec", "JSON: what Parallel was told to do"],
  ["details.metadata", "JSON"],
  ["details.input_columns", "JSON array"],
  ["details.output_columns", "JSON array"],
  ["details.warnings", "JSON array"],
  ["details.state", "active or ended"],
  ["details.ended_at", "ms since 1970"],
  ["details.removal_at", "ms since 1970"],
])

/** So many first values are shown of a column, so long each. */
const SAMPLES = 3
const SAMPLE_CHARS = 60
/** What a statement with all of them has room for. */
const MOST_SAMPLED = 100
const MOST_NAME = 120

/** @typedef {{ name: string, columns: { name: string, type: string, samples: string[] }[] }} TableInfo */

/** @returns {Promise<TableInfo[]>} */
export async function readTables() {
  const names = firstColumn(
    await ask(
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type DESC, name DESC",
    ),
  )
  if (names.length === 0) return []
  const answers = await askAll(
    names.map((name) => `SELECT name, type FROM pragma_table_info('${name.replaceAll("'", "''")}')`),
  )
  return names.map((name, at) => ({
    name,
    columns: (answers[at]?.rows ?? []).map((row) => ({
      name: String(row["name"]),
      type: String(row["type"] ?? ""),
      samples: [],
    })),
  }))
}

/** Puts the first values beside the columns. Without them the columns are of use as well. @param {TableInfo[]} tables */
export async function readSamples(tables) {
  const asked = tables.map(({ name, columns }) => ({
    name,
    columns: columns.filter((column) => column.name.length <= MOST_NAME).slice(0, MOST_SAMPLED),
  }))
  const answers = await askAll(
    asked.map(({ name, columns }) => {
      const beginnings = columns.map((column) => `substr(${quoted(column.name)}, 1, ${SAMPLE_CHARS})`)
      return `SELECT ${beginnings.join(", ") || "NULL"} FROM ${quoted(name)} LIMIT ${SAMPLES}`
    }),
  ).catch(() => [])
  for (const [at, { columns }] of asked.entries()) {
    const { headers = [], rows = [] } = answers[at] ?? {}
    for (const [place, column] of columns.entries()) {
      const values = rows.map((row) => row[headers[place]?.name ?? ""])
      column.samples = [...new Set(values.filter((value) => value !== null && value !== "").map(String))]
    }
  }
}

/** @param {string} text */
const shortened = (text) => (text.length < SAMPLE_CHARS ? text : `${text.slice(0, SAMPLE_CHARS - 1)}…`)

/** Names of the inputs' and outputs' fields. @returns {Promise<GroupFields>} */
export async function readFields() {
  const [details, columns] = await askAll([
    "SELECT input_columns, output_columns, task_spec ->> '$.output_schema.type' AS type FROM details",
    "SELECT name FROM pragma_table_info('results') WHERE name NOT IN ('$id', '$status')",
  ])
  const [row] = details?.rows ?? []
  return {
    columns: firstColumn(columns),
    inputs: namesIn(row?.["input_columns"]),
    outputs: namesIn(row?.["output_columns"]),
    text: row?.["type"] === "text",
  }
}

/** @param {unknown} json @returns {string[]} */
function namesIn(json) {
  try {
    const names = JSON.parse(String(json))
    return Array.isArray(names) ? names.map(String) : []
  } catch {
    return []
  }
}

/** @param {TableInfo[]} tables @param {GroupFields} fields @param {(text: string) => void} insert */
export function drawTables(tables, fields, insert) {
  /** @param {string} shown @param {string} text */
  const name = (shown, text) =>
    h(
      "button",
      { type: "button", class: "name", onclick: () => insert(text), title: `Insert ${text}` },
      shown.trim() === "" ? "(no name)" : shown,
    )
  /** @param {string} column @param {string[]} names */
  const inside = (column, names) => {
    const known = names.flatMap((field) => {
      const path = fieldOf(column, field)
      return path === null ? [] : [h("li", {}, name(field, path))]
    })
    if (known.length === 0) return null
    const more = known.length - MOST_FIELDS
    return h(
      "ul",
      { class: "fields", "aria-label": `Fields of ${column}` },
      known.slice(0, MOST_FIELDS),
      more > 0 && h("li", { class: "muted" }, `and ${more} more`),
    )
  }
  fill(
    byId("tables"),
    tables.map((table) =>
      h(
        "details",
        { class: "table", open: table.name !== "details" },
        h("summary", {}, h("h3", {}, table.name), h("span", { class: "muted" }, about.get(table.name) ?? "")),
        h(
          "ul",
          { class: "columns" },
          table.columns.map((column) =>
            h(
              "li",
              {},
              h(
                "div",
                { class: "column" },
                name(column.name, table.name === "results" ? quoted(column.name) : column.name),
                h("span", { class: "type" }, column.type.toLowerCase()),
              ),
              about.has(`${table.name}.${column.name}`) &&
                h("p", { class: "about" }, about.get(`${table.name}.${column.name}`) ?? ""),
              column.samples.length > 0 &&
                h(
                  "p",
                  { class: "samples" },
                  h("span", { class: "visually-hidden" }, "First values: "),
                  column.samples.map((text) => h("span", {}, shortened(text))),
                ),
              table.name === "runs" && column.name === "input" && inside("input", fields.inputs),
              table.name === "runs" &&
                column.name === "content" &&
                !fields.text &&
                inside("content", fields.outputs),
            ),
          ),
        ),
      ),
    ),
  )
}
