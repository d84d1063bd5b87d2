// @ts-check
/** @import { Column, Row } from "../../types.js" */
/** @import { Child } from "../shared/dom.js" */
/** @import { Stretch } from "./across.js" */

import { fill, h, setText } from "../shared/dom.js"
import { statusClass, statusLabel } from "../shared/format.js"
import { cellValue, confidenceMark, mayOverflow } from "./cell.js"
import { confidenceOf, isNumeric, valueOf } from "./columns.js"

/** A reason is no wider than this; with cells.css. */
const WIDEST_REASON = 620

/** Beside a cell's text: the padding of both sides, and the mark of its confidence; with cells.css. */
const PADDING = 25
const MARK = 17

/** How rows are drawn: the columns, which of them, how many lines of text are shown, what rows are called. @typedef {{ columns: Column[], stretch: Stretch, lines: number, nameOf: (row: Row) => string }} Drawing */
/** One of them: its position, whether its texts are unfolded, whether it is open, the ids of its chosen columns, the column that has the focus. @typedef {{ at: number, expanded: boolean, selected: boolean, chosen: string[] | null, kept: string | null }} Look */
/** @typedef {{ element: HTMLElement, signature: string }} Cell */

/** One drawn row. Cells are made once and then only changed where their value changed. */
export class TableRow {
  /** @type {Map<string, Cell>} cells by column id */
  #cells = new Map()
  /** In place of columns that are not drawn. @type {Set<HTMLElement>} */
  #gaps = new Set()
  /** The columns whose place the reason for a failure takes. @type {Column[]} */
  #reasonFor = []
  #version = -1
  #expanded = false
  /** @type {Column[] | null} */
  #columns = null
  /** @type {Stretch | null} */
  #stretch = null
  /** Where Tab stops in it: a column's id, null for its own cell, undefined for nowhere. @type {string | null | undefined} */
  #stop
  #at = -1
  #selected = false
  #chosen = ""
  #number = h("span", { class: "row-number" })
  #chip = h("span", { class: "status" })
  #head

  /** @param {Row} row */
  constructor(row) {
    this.row = row
    this.button = h("button", { type: "button", class: "row-open", tabindex: "-1" }, this.#number, this.#chip)
    this.actions = h("button", {
      type: "button",
      class: "row-actions",
      tabindex: "-1",
      "aria-haspopup": "menu",
      "aria-label": `Actions for row ${row.index + 1}`,
    })
    this.#head = h("th", { scope: "row", "aria-colindex": "1" }, this.button, this.actions)
    this.element = h("tr", { "data-index": row.index }, this.#head)
    this.element.addEventListener("animationend", (event) => {
      if (event.animationName === "changed") this.element.classList.remove("changed")
    })
  }

  forget() {
    this.#columns = null
  }

  /** @param {Drawing} drawing @param {Look} look */
  draw(drawing, { at, expanded, selected, chosen, kept }) {
    const { columns, stretch, nameOf } = drawing
    const { element, row } = this
    if (at !== this.#at) element.setAttribute("aria-rowindex", String((this.#at = at) + 3))
    if (selected !== this.#selected) {
      this.#selected = selected
      element.classList.toggle("selected", selected)
      if (selected) element.setAttribute("aria-current", "true")
      else element.removeAttribute("aria-current")
    }
    const first = this.#version < 0
    const isSame =
      row.version === this.#version &&
      expanded === this.#expanded &&
      stretch === this.#stretch &&
      this.#columns !== null
    if (!isSame) {
      if (!first && row.version !== this.#version) element.classList.add("changed")
      const status = statusLabel(row.run.status)
      // By the style, so that what is read of the button is its label as a whole.
      this.#number.dataset.number = String(row.index + 1)
      setText(this.#chip, status)
      this.#chip.className = `status ${statusClass(row.run.status)}`
      const names = [`Row ${row.index + 1}`, nameOf(row), status, "open details"]
      this.button.setAttribute("aria-label", names.filter(Boolean).join(", "))
      element.classList.toggle("expanded", expanded)
      this.#drawCells(drawing, expanded, kept)
      this.#stretch = stretch
      this.#version = row.version
      this.#expanded = expanded
      this.#columns = columns
      this.#applyStop()
    }
    this.#choose(chosen, !isSame)
  }

  /** @param {Drawing} drawing @param {boolean} expanded @param {string | null} kept */
  #drawCells({ columns, stretch, lines }, expanded, kept) {
    const hadFocus = this.element.contains(document.activeElement) && document.activeElement !== this.button
    const reason = failureOf(this.row)
    const outputs = columns.filter((column) => column.kind === "output")
    const others = outputs.filter((column) => !column.key)
    // One cell across all output columns says why there is no output; what stays in sight is not one of them.
    this.#reasonFor = reason === null ? [] : others.length > 0 ? others : outputs
    /** @type {Map<string, Cell>} */
    const cells = new Map()
    /** @type {ChildNode | null} */
    let place = this.element.firstElementChild
    const reasons = new Set(this.#reasonFor)
    const gaps = [...this.#gaps]
    let skipped = 0
    /** @param {HTMLElement} element */
    const put = (element) => {
      if (place && place.nextSibling !== element) place.after(element)
      place = element
    }
    const leaveOut = () => {
      for (; skipped > 0; skipped -= WIDEST_SPAN) {
        const gap = gaps.shift() ?? h("td", { class: "gap", "aria-hidden": "true" })
        gap.setAttribute("colspan", String(Math.min(skipped, WIDEST_SPAN)))
        this.#gaps.add(gap)
        put(gap)
      }
      skipped = 0
    }
    for (const [at, column] of columns.entries()) {
      const isReason = reasons.has(column)
      if (isReason && column !== this.#reasonFor[0]) continue
      const isInside = at <= stretch.to && (isReason || at >= stretch.from)
      if (!isInside && !column.key && column.id !== kept) {
        skipped += isReason ? reasons.size : 1
        continue
      }
      leaveOut()
      const cell = isReason
        ? this.#drawReason(reason ?? "", expanded, lines)
        : this.#drawValue(column, expanded, lines)
      cell.element.setAttribute("aria-colindex", String(at + 2))
      cell.element.classList.toggle("key", column.key === true)
      cells.set(isReason ? REASON : column.id, cell)
      put(cell.element)
    }
    leaveOut()
    while (place?.nextSibling) place.nextSibling.remove()
    this.#cells = cells
    if (hadFocus && !this.element.contains(document.activeElement))
      this.cellOf(this.#stop ?? null).focus({ preventScroll: true })
  }

  /** @param {string} reason @param {boolean} expanded @param {number} lines @returns {Cell} */
  #drawReason(reason, expanded, lines) {
    const columns = this.#reasonFor
    const width = Math.min(
      WIDEST_REASON,
      columns.reduce((sum, column) => sum + (column.drawn ?? column.width), 0),
    )
    const cell = this.#cells.get(REASON) ?? emptyCell(REASON, "output reason")
    const signature = [reason, expanded, width, lines, columns.length].join("|")
    if (cell.signature === signature) return cell
    cell.signature = signature
    cell.element.setAttribute("colspan", String(columns.length))
    this.#fill(
      cell.element,
      [reason],
      null,
      expanded,
      mayOverflow(JSON.stringify(reason), width - PADDING, lines),
    )
    return cell
  }

  /** @param {Column} column @param {boolean} expanded @param {number} lines @returns {Cell} */
  #drawValue(column, expanded, lines) {
    const isOutput = column.kind === "output"
    const value = valueOf(this.row, column)
    const level = isOutput ? confidenceOf(this.row, column.name) : null
    const isWaiting = isOutput && this.row.output === null && failureOf(this.row) === null
    const width = column.drawn ?? column.width
    const numeric = isNumeric(column)
    const cell = this.#cells.get(column.id) ?? emptyCell(column.id, column.kind)
    const signature = [value, level, expanded, numeric, width, isWaiting, lines].join("|")
    if (cell.signature === signature) return cell
    cell.signature = signature
    cell.element.classList.toggle("number", numeric)
    const content = isWaiting
      ? [h("span", { class: "none", role: "img", "aria-label": "not there yet" }, "·")]
      : cellValue(value)
    this.#fill(
      cell.element,
      content,
      level,
      expanded,
      mayOverflow(value, width - PADDING - (level ? MARK : 0), lines),
    )
    return cell
  }

  /** @param {HTMLElement} element @param {Child[]} content @param {"high" | "medium" | "low" | null} level @param {boolean} expanded @param {boolean} isLong */
  #fill(element, content, level, expanded, isLong) {
    const value = h("div", { class: "value" }, content)
    const cell = h("div", { class: "cell" }, level && confidenceMark(level), value)
    fill(element, cell)
    if (!isLong) return
    const more = h(
      "button",
      { type: "button", class: "more-text", "aria-expanded": String(expanded) },
      expanded ? "less" : "more",
      h("span", { class: "visually-hidden" }, ` of row ${this.row.index + 1}`),
    )
    // A reason goes along when the table is scrolled sideways, and takes its button with it.
    ;(element.classList.contains("reason") ? cell : element).append(more)
  }

  /** What has the focus where the keyboard is in this column. @param {string | null} column @returns {HTMLElement} */
  cellOf(column) {
    if (column === null) return this.button
    const isReason = this.#reasonFor.some(({ id }) => id === column)
    return this.#cells.get(isReason ? REASON : column)?.element ?? this.button
  }

  /** Whether the reason stands for both columns. @param {string | null} one @param {string | null} other */
  areOne(one, other) {
    const ids = this.#reasonFor.map(({ id }) => id)
    return one !== null && other !== null && ids.includes(one) && ids.includes(other)
  }

  /** The column of a cell; of the reason's the first it stands for. @param {Element} cell @returns {string | null} */
  columnOf(cell) {
    const id = /** @type {HTMLElement} */ (cell).dataset.column
    return (id === REASON ? this.#reasonFor[0]?.id : id) ?? null
  }

  /** @param {string[] | null} chosen @param {boolean} isNew */
  #choose(chosen, isNew) {
    const key = chosen === null ? "" : JSON.stringify(chosen)
    if (key === this.#chosen && (key === "" || !isNew)) return
    this.#chosen = key
    const cells = new Set(chosen?.map((id) => (id === "" ? this.#head : this.cellOf(id))))
    for (const cell of [this.#head, ...[...this.#cells.values()].map(({ element }) => element)]) {
      cell.classList.toggle("chosen", cells.has(cell))
      if (cells.has(cell)) cell.setAttribute("aria-selected", "true")
      else cell.removeAttribute("aria-selected")
    }
  }

  /** Where Tab stops in this row. @param {string | null | undefined} column its id, null: the row's own cell, undefined: nowhere */
  setStop(column) {
    if (column === this.#stop) return
    this.#stop = column
    this.#applyStop()
  }

  /** Of the row one cell can be reached, and what can be used in it. */
  #applyStop() {
    const stop = this.#stop === undefined ? null : this.cellOf(this.#stop)
    const cell = stop?.closest("td, th")
    for (const element of this.element.querySelectorAll("td, a, button, summary")) {
      const isReached = element === stop || (element.tagName !== "TD" && cell?.contains(element) === true)
      const tabindex = isReached ? "0" : "-1"
      if (element.getAttribute("tabindex") !== tabindex) element.setAttribute("tabindex", tabindex)
    }
  }
}

/** Browsers let a cell span no more columns. */
const WIDEST_SPAN = 1000

/** The cell that says why a row has no output. */
const REASON = "$reason"

/** @param {string} column @param {string} kind @returns {Cell} */
const emptyCell = (column, kind) => ({
  element: h("td", { class: kind, "data-column": column, tabindex: "-1" }),
  signature: "",
})

/** Why a row has no output, if it will have none. @param {Row} row @returns {string | null} */
export function failureOf(row) {
  if (row.output !== null) return null
  if (row.run.error?.message) return row.run.error.message
  if (row.run.status === "failed") return "This run failed without a reason."
  return row.run.status === "cancelled" ? "This run was cancelled." : null
}
