// @ts-check
/** @import { Column, Row } from "../../types.js" */

import { fill, h, setText } from "../shared/dom.js"
import { statusClass, statusLabel } from "../shared/format.js"
import { cellValue, confidenceMark, mayOverflow } from "./cell.js"
import { confidenceOf, isNumeric, valueOf } from "./columns.js"

/** A reason is no wider than this; with cells.css. */
const WIDEST_REASON = 620
/** Lines of text a row shows before it is expanded; with cells.css. */
const LINES = 2

/** One drawn row. Cells are made once and then only changed where their value changed. */
export class TableRow {
  /** @type {Map<string, { element: HTMLElement, signature: string }>} cells by column id */
  #cells = new Map()
  #version = -1
  #expanded = false
  /** @type {Column[] | null} */
  #columns = null
  #reachable = false
  #at = -1
  #selected = false
  #number = h("span", { class: "row-number" })
  #chip = h("span", { class: "status" })

  /** @param {Row} row */
  constructor(row) {
    this.row = row
    this.button = h(
      "button",
      { type: "button", class: "row-open", tabindex: "-1" },
      this.#number,
      " ",
      this.#chip,
    )
    this.element = h("tr", { "data-index": row.index }, h("th", { scope: "row" }, this.button))
    this.element.addEventListener("animationend", (event) => {
      if (event.animationName === "changed") this.element.classList.remove("changed")
    })
  }

  forget() {
    this.#columns = null
  }

  /** @param {Column[]} columns @param {number} at position in the order @param {boolean} expanded @param {boolean} selected */
  draw(columns, at, expanded, selected) {
    const { element, row } = this
    if (at !== this.#at) element.setAttribute("aria-rowindex", String((this.#at = at) + 3))
    if (selected !== this.#selected) {
      this.#selected = selected
      element.classList.toggle("selected", selected)
      if (selected) element.setAttribute("aria-current", "true")
      else element.removeAttribute("aria-current")
    }
    const first = this.#version < 0
    if (row.version === this.#version && expanded === this.#expanded && this.#columns !== null) return
    if (!first && row.version !== this.#version) element.classList.add("changed")
    const status = statusLabel(row.run.status)
    setText(this.#number, String(row.index + 1))
    setText(this.#chip, status)
    this.#chip.className = `status ${statusClass(row.run.status)}`
    this.button.setAttribute("aria-label", `Row ${row.index + 1}, ${status}, open details`)
    element.classList.toggle("expanded", expanded)
    this.#drawCells(columns, expanded)
    this.#version = row.version
    this.#expanded = expanded
    this.#columns = columns
    this.#applyReachable()
  }

  /** @param {Column[]} columns @param {boolean} expanded */
  #drawCells(columns, expanded) {
    const hadFocus = this.element.contains(document.activeElement) && document.activeElement !== this.button
    /** @type {Map<string, { element: HTMLElement, signature: string }>} */
    const cells = new Map()
    /** @type {ChildNode | null} */
    let place = this.element.firstElementChild
    const reason = failureOf(this.row)
    const outputs = columns.filter((column) => column.kind === "output")
    for (const column of columns) {
      // One cell across all output columns says why there is no output.
      const isReason = reason !== null && column.kind === "output"
      if (isReason && column !== outputs[0]) break
      const id = isReason ? "$reason" : column.id
      const value = isReason ? JSON.stringify(reason) : valueOf(this.row, column)
      const level = column.kind === "output" ? confidenceOf(this.row, column.name) : null
      const waiting = column.kind === "output" && this.row.output === null
      const room = isReason ? outputs : [column]
      const width = Math.min(
        isReason ? WIDEST_REASON : Infinity,
        room.reduce((sum, c) => sum + (c.drawn ?? c.width), 0),
      )
      const numeric = !isReason && isNumeric(column)
      const signature = [value, level, expanded, numeric, width, waiting, outputs.length].join("|")
      let cell = this.#cells.get(id)
      if (!cell)
        cell = { element: h("td", { class: isReason ? "output reason" : column.kind }), signature: "" }
      if (cell.signature !== signature) {
        cell.signature = signature
        cell.element.classList.toggle("number", numeric)
        if (isReason) cell.element.setAttribute("colspan", String(outputs.length))
        const content = isReason
          ? [reason]
          : waiting
            ? [h("span", { class: "none", role: "img", "aria-label": "not there yet" }, "·")]
            : cellValue(value)
        fill(
          cell.element,
          h("div", { class: "cell" }, level && confidenceMark(level), h("div", { class: "value" }, content)),
          mayOverflow(value, width, LINES) &&
            h(
              "button",
              { type: "button", class: "more-text", "aria-expanded": String(expanded) },
              expanded ? "less" : "more",
              h("span", { class: "visually-hidden" }, ` of row ${this.row.index + 1}`),
            ),
        )
      }
      cell.element.classList.toggle("key", column.key === true)
      cells.set(id, cell)
      if (place && place.nextSibling !== cell.element) place.after(cell.element)
      place = cell.element
    }
    while (place?.nextSibling) place.nextSibling.remove()
    this.#cells = cells
    if (hadFocus && !this.element.contains(document.activeElement)) this.button.focus({ preventScroll: true })
  }

  /** Whether Tab reaches the row's button and links. @param {boolean} reachable */
  setReachable(reachable) {
    if (reachable === this.#reachable) return
    this.#reachable = reachable
    this.#applyReachable()
  }

  #applyReachable() {
    const tabindex = this.#reachable ? "0" : "-1"
    for (const element of this.element.querySelectorAll("a, button, summary"))
      if (element.getAttribute("tabindex") !== tabindex) element.setAttribute("tabindex", tabindex)
  }
}

/** Why a row has no output, if it will have none. @param {Row} row @returns {string | null} */
export function failureOf(row) {
  if (row.output !== null) return null
  if (row.run.error?.message) return row.run.error.message
  if (row.run.status === "failed") return "This run failed without a reason."
  return row.run.status === "cancelled" ? "This run was cancelled." : null
}
