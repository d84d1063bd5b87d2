// @ts-check
/** @import { Parsed } from "../../form/import/read.js" */
/** @import { Store } from "../store.js" */
/** @import { Ask, Order } from "./dialog.js" */

import { droppedNote, lostNote, raggedNote, repeatedNote } from "../../form/import/notes.js"
import { parsedOf, understand } from "../../form/import/read.js"
import { NO_SETTINGS } from "../../form/import/settings.js"
import { h } from "../../shared/dom.js"
import { fieldsOf } from "../../shared/domain.js"
import { plural } from "../../shared/format.js"
import { exactly } from "../../shared/money.js"
import { RowsField } from "./rowsField.js"
import { costOf } from "./standing.js"

/** Rows whose columns are compared with the group's: the first show what was pasted. */
const MOST_COMPARED = 2_000
const MOST_PROBLEMS = 3

/**
 * Adds rows to the group. What is typed is kept in this tab until it is in.
 * @param {string} base @param {Store} store @returns {Ask}
 */
export function addAsk(base, store) {
  const processor = store.group.metadata?.processor
  const known = store.columns
    .all()
    .filter(({ kind }) => kind === "input")
    .map(({ name }) => name)
  const field = new RowsField(store.group.taskgroup_id)
  const { text } = field
  const skip = h("input", { type: "checkbox", checked: true })
  const header = h("input", { type: "checkbox" })
  const headerChoice = h("label", { class: "check" }, header, " First line is a header")
  const read = h("div", { id: "act-read", role: "status", class: "act-read" })
  /** As guessed, until somebody says otherwise. @type {boolean | null} */
  let isHeader = null
  let named = field.fileName
  const readRows = () => rowsFor(known, field, isHeader, skip.checked)
  let parsed = readRows()
  const orderOf = () =>
    addOrder(base, processor, parsed.problems.length === 0 && !field.isRefused ? parsed.rows : [])
  // It may be megabytes, and is asked for at every redraw.
  let order = orderOf()
  const draw = () => {
    const problems = field.whole.trim() === "" ? [] : parsed.problems
    const said = [field.note, ...linesOf(known, parsed, problems)].filter((one) => one !== "")
    headerChoice.hidden = parsed.header === null
    header.checked = parsed.header?.is === true
    if (read.textContent !== said.join("")) read.replaceChildren(...said.map((one) => h("p", {}, one)))
    if (problems.length > 0 || field.isRefused) text.setAttribute("aria-invalid", "true")
    else text.removeAttribute("aria-invalid")
  }
  draw()
  return {
    act: "inputs",
    title: "Add rows to this group",
    body: [
      h("label", { class: "label", for: "act-rows" }, "Rows as JSON, CSV or TSV"),
      field.element,
      h(
        "p",
        { class: "hint", id: "act-columns" },
        known.length > 0 ? `The group's columns: ${known.join(", ")}.` : "",
      ),
      headerChoice,
      h("label", { class: "check" }, skip, " Skip empty rows"),
      read,
    ],
    first: text,
    bind: (changed) => {
      const parse = () => {
        parsed = readRows()
        order = orderOf()
        draw()
        changed(false)
      }
      field.onChange = () => {
        // What was said of one file holds for no other.
        if (field.fileName !== named) isHeader = null
        named = field.fileName
        parse()
      }
      skip.addEventListener("change", parse)
      header.addEventListener("change", () => {
        isHeader = header.checked
        parse()
      })
    },
    order: () => order,
    note: () => (costOf(processor, 1) === null ? `What ${String(processor)} costs is not known here.` : ""),
    done: ({ added = 0 }) => {
      field.empty()
      return `${plural(added, "row")} added.`
    },
  }
}

/** @param {string} base @param {unknown} processor @param {readonly string[]} rows as JSON text @returns {Order} */
function addOrder(base, processor, rows) {
  const label = rows.length === 0 ? "Add rows" : `Add ${plural(rows.length, "row")}`
  if (rows.length === 0) return { request: null, label, rows: 0, paid: true }
  const usd = costOf(processor, rows.length)
  const cap = usd === null ? "" : `,"max_cost_usd":${usd}`
  return {
    request: { method: "POST", path: `${base}/inputs`, body: `{"inputs":[${rows.join(",")}]${cap}}` },
    label: usd === null ? label : `${label} for ${exactly(usd)}`,
    rows: rows.length,
    paid: true,
  }
}

/**
 * Rows of the text, as the form reads it. Without a header its columns are the group's, where there are as many.
 * @param {readonly string[]} known the group's columns @param {RowsField} field @param {boolean | null} header @param {boolean} skipEmpty
 */
function rowsFor(known, { whole, fileName }, header, skipEmpty) {
  const { source } = understand(whole, fileName, skipEmpty)
  const settings = { ...NO_SETTINGS, header }
  const parsed = parsedOf(source, settings, skipEmpty)
  const { columns } = parsed
  if (parsed.header === null || (parsed.header.is && header !== null)) return parsed
  // A first line that names the group's columns is a header, whatever it looks like.
  if (header === null && !parsed.header.is) {
    const named = parsedOf(source, { ...settings, header: true }, skipEmpty)
    if (named.columns.length > 0 && named.columns.every(({ name }) => known.includes(name))) return named
  }
  if (parsed.header.is || columns.length !== known.length) return parsed
  const names = new Map(columns.map(({ key }, at) => [key, known[at] ?? key]))
  return parsedOf(source, { ...settings, names }, skipEmpty)
}

/** What is said of the rows. @param {readonly string[]} known @param {Parsed} parsed @param {Parsed["problems"]} problems */
const linesOf = (known, parsed, problems) =>
  [
    parsed.rows.length > 0 &&
      `${plural(parsed.rows.length, "row")}, read as ${parsed.format}. ${[...parsed.notes, ...saidOf(parsed)].join(" ")}`,
    ...problems.slice(0, MOST_PROBLEMS).map(problemText),
    problems.length > MOST_PROBLEMS && `And ${problems.length - MOST_PROBLEMS} more.`,
    ...(problems.length === 0 ? otherColumns(known, parsed.rows) : []),
  ].filter((line) => line !== false)

/** What of the text became no row, or one that may not be meant. @param {Parsed} parsed */
const saidOf = ({ rows, dropped, repeated, ragged }) =>
  [
    raggedNote(ragged, () => {}),
    droppedNote(dropped),
    repeatedNote(repeated, false, () => {}),
    lostNote(rows),
  ]
    .filter((note) => note !== null)
    .map(({ text }) => text)

/** @param {{ path: string, message: string }} problem */
function problemText({ path, message }) {
  const row = /^inputs\[(\d+)\](.*)$/.exec(path)
  return row
    ? `Row ${Number(row[1]) + 1}${row[2] ? ` (${row[2].replace(/^\./, "")})` : ""}: ${message}`
    : message
}

/** What is other about the new rows. @param {readonly string[]} known columns @param {readonly string[]} rows JSON */
function otherColumns(known, rows) {
  if (known.length === 0 || rows.length === 0) return []
  /** @type {Set<string>} */
  const names = new Set()
  for (const row of rows.slice(0, MOST_COMPARED)) for (const name of fieldsOf(row).keys()) names.add(name)
  const [fresh, missing] = [
    [...names].filter((name) => !known.includes(name)),
    known.filter((name) => !names.has(name)),
  ]
  return [
    fresh.length > 0 && `New to this group: ${fresh.join(", ")}. The rows that are there have none.`,
    missing.length > 0 && `Missing from the new rows: ${missing.join(", ")}.`,
  ]
}
