// @ts-check
/** @import { Column, Row } from "../../types.js" */
/** @import { Store } from "./store.js" */
/** @import { Table } from "./table.js" */

import { byId, setText } from "../shared/dom.js"
import { cellText, csvCell, csvRecord, csvText, escapeHtml, inert, kindOf } from "../shared/domain.js"
import { plain, plural, statusLabel } from "../shared/format.js"
import { rowAddress } from "./address.js"
import { titlesOf, valueOf } from "./columns.js"
import { failureOf } from "./row.js"

/** What goes to the clipboard: text for everything, and a table for what takes one. @typedef {{ text: string, html?: string }} Copied */

/** With more cells the text alone is copied: building and reading that much markup would hold up both sides. */
const MOST_HTML_CELLS = 200_000
/** Spreadsheets keep this many digits of a number. */
const EXACT_DIGITS = 15
const SAID_MS = 2_500

/**
 * Rows as spreadsheets take them from a clipboard. As text they would make 7 of `007` and round long numbers; of the
 * markup Excel takes the number format of text, Google Sheets the value that its own copies carry.
 * @param {readonly (readonly string[])[]} rows each cell as JSON text @param {readonly string[]} [titles] of the columns
 * @returns {Copied}
 */
function tableFor(rows, titles) {
  const head = titles === undefined ? [] : [titles]
  const records = [...head.map((names) => names.map(csvText)), ...rows.map((cells) => cells.map(csvCell))]
  const text = records
    .map((cells) => csvRecord(cells, "\t"))
    .join("")
    .replace(/\r\n$/, "")
  return fitsHtml(rows.length, rows[0]?.length ?? 0) ? { text, html: htmlFor(rows, titles) } : { text }
}

/** Whether the markup of so much is not too much. @param {number} rows @param {number} columns */
export const fitsHtml = (rows, columns) => rows * columns <= MOST_HTML_CELLS

/** The markup. @param {readonly (readonly string[])[]} rows @param {readonly string[]} [titles] */
export function htmlFor(rows, titles) {
  const lines = [
    ...(titles === undefined ? [] : [titles.map((name) => htmlCell(JSON.stringify(name), "th")).join("")]),
    ...rows.map((values) => values.map((value) => htmlCell(value, "td")).join("")),
  ]
  const body = lines.map((line) => `<tr>${line}</tr>`).join("")
  const style = "<style>br{mso-data-placement:same-cell}</style>"
  return `<meta charset="utf-8"><google-sheets-html-origin>${style}<table>${body}</table></google-sheets-html-origin>`
}

/** @param {string} json @param {"td" | "th"} tag */
function htmlCell(json, tag) {
  const shown = cellText(json)
  if (isExactNumber(json))
    return `<${tag} data-sheets-value="${escapeHtml(`{"1":3,"3":${json}}`)}">${json}</${tag}>`
  if (json === "null") return `<${tag}></${tag}>`
  const text = json.startsWith('"') ? inert(shown) : shown
  const value = escapeHtml(JSON.stringify({ 1: 2, 2: text }))
  const content = escapeHtml(text).replace(/\r\n|\r|\n/g, "<br>")
  const format = `style="mso-number-format:'\\@';white-space:pre-wrap"`
  return `<${tag} ${format} data-sheets-value="${value}">${content}</${tag}>`
}

/** Whether a spreadsheet's number says the same. @param {string} json */
const isExactNumber = (json) =>
  kindOf(json) === "number" && String(Number(json)) === json && json.replace(/\D/g, "").length <= EXACT_DIGITS

/**
 * Both kinds at once, which only the event of a copy can give unchanged: what is written otherwise is washed, and loses
 * what spreadsheets go by. @param {Copied} copied
 */
export async function toClipboard({ text, html }) {
  let isTaken = false
  /** @param {ClipboardEvent} event */
  const onCopy = (event) => {
    give(event, { text, html })
    event.stopImmediatePropagation()
    isTaken = true
  }
  /** @param {Event} event */
  const allow = (event) => event.preventDefault()
  document.addEventListener("copy", onCopy, true)
  document.addEventListener("beforecopy", allow, true)
  try {
    document.execCommand("copy")
  } finally {
    document.removeEventListener("copy", onCopy, true)
    document.removeEventListener("beforecopy", allow, true)
  }
  if (isTaken) return true
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

/** @param {ClipboardEvent} event @param {Copied} copied */
function give(event, { text, html }) {
  event.clipboardData?.setData("text/plain", text)
  if (html !== undefined) event.clipboardData?.setData("text/html", html)
  event.preventDefault()
}

/** Copies what the keyboard is at, or what is chosen, and says so. */
export class Copying {
  #said = byId("copied")
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {Store} store @param {Table} table */
  constructor(store, table) {
    this.store = store
    this.table = table
    document.addEventListener("copy", (event) => this.#onCopy(event))
    // Without something selected, Safari copies only where somebody says that there is something to copy.
    document.addEventListener("beforecopy", (event) => {
      if (this.#isAsked()) event.preventDefault()
    })
  }

  /** Whether a copy is about the table: text that is selected goes first. */
  #isAsked() {
    return this.table.cursor.isFocused && getSelection()?.isCollapsed !== false
  }

  /** @param {ClipboardEvent} event */
  #onCopy(event) {
    if (event.defaultPrevented || !this.#isAsked()) return
    const { copied, said } = this.#chosen()
    give(event, copied)
    this.#say(`Copied ${said}.`)
  }

  /** @returns {{ copied: Copied, said: string }} */
  #chosen() {
    const { cursor, order } = this.table
    const { range } = cursor
    const at = this.table.positionOf(cursor.row) ?? 0
    const rows = range ? order.slice(range.from, range.to + 1) : order.slice(at, at + 1)
    const columns = this.store.columns.visible()
    if (range && !range.isWhole)
      return {
        copied: tableFor(valuesOf(rows, columns.slice(range.left, range.right + 1))),
        said: plural(rows.length * (range.right - range.left + 1), "cell"),
      }
    if (!range && cursor.column !== null)
      return { copied: this.#cell(/** @type {Row} */ (rows[0]), cursor.column), said: "the cell" }
    // All that is shown is the table, which has a head.
    return range && rows.length === order.length && rows.length > 1 ? this.#table() : this.#rows(rows)
  }

  /** The value as text, in full. @param {Row} row @param {string} id @returns {Copied} */
  #cell(row, id) {
    const column = this.store.columns.visible().find((one) => one.id === id)
    const value = column && valueOf(row, column)
    if (value === undefined) return { text: (column?.kind === "output" && failureOf(row)) || "" }
    const text = plain(value)
    // A spreadsheet takes the table, in which it is no formula.
    return inert(text) === text ? { text } : { text, html: tableFor([[value]]).html }
  }

  /** @param {Row[]} rows */
  #rows(rows) {
    const what = rows.length === 1 ? `row ${(rows[0]?.index ?? 0) + 1}` : plural(rows.length, "row")
    return { copied: tableFor(wholeRows(rows, this.#columns()).cells), said: what }
  }

  #table() {
    const { order } = this.table
    const { cells, titles } = wholeRows(order, this.#columns())
    return { copied: tableFor(cells, titles), said: `the table, ${plural(order.length, "row")}` }
  }

  #columns() {
    return this.store.columns.visible().filter(({ id }) => this.store.columns.find(id))
  }

  /** @param {Row} row @param {string} column its id */
  copyCell(row, column) {
    return this.#copy({ copied: this.#cell(row, column), said: "the cell" })
  }

  /** The row, or all chosen ones if it is among them. @param {Row} row */
  rowsWith(row) {
    const { cursor, order } = this.table
    const at = this.table.positionOf(row.index) ?? -1
    const { range } = cursor
    return range && at >= range.from && at <= range.to ? order.slice(range.from, range.to + 1) : [row]
  }

  /** @param {Row} row */
  copyRows(row) {
    return this.#copy(this.#rows(this.rowsWith(row)))
  }

  copyTable() {
    return this.#copy(this.#table())
  }

  /** @param {Row} row */
  copyLink(row) {
    return this.#copy({ copied: { text: rowAddress(row) }, said: `the link to row ${row.index + 1}` })
  }

  /** @param {{ copied: Copied, said: string }} what */
  async #copy({ copied, said }) {
    const isDone = await toClipboard(copied)
    this.#say(isDone ? `Copied ${said}.` : "It could not be copied: the browser did not allow it.")
  }

  /** @param {string} text */
  #say(text) {
    clearTimeout(this.#timer)
    setText(this.#said, text)
    this.#timer = setTimeout(() => setText(this.#said, ""), SAID_MS)
  }
}

/** @param {Row[]} rows @param {Column[]} columns */
const valuesOf = (rows, columns) => rows.map((row) => columns.map((column) => valueOf(row, column) ?? "null"))

/** With status, and with the reason where there is one. @param {Row[]} rows @param {Column[]} columns */
function wholeRows(rows, columns) {
  const reasons = rows.map(failureOf)
  const hasReasons = reasons.some((reason) => reason !== null)
  const cells = valuesOf(rows, columns).map((values, at) => [
    JSON.stringify(statusLabel(/** @type {Row} */ (rows[at]).run.status)),
    ...values,
    ...(hasReasons ? [JSON.stringify(reasons[at] ?? null)] : []),
  ])
  return { cells, titles: ["Status", ...titlesOf(columns), ...(hasReasons ? ["Error"] : [])] }
}
