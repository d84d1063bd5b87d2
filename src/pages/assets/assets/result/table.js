// @ts-check
/** @import { Row } from "../../types.js" */
/** @import { Store } from "./store.js" */
/** @import { View } from "./view.js" */

import { byId, h, setText } from "../shared/dom.js"
import { Across } from "./across.js"
import { Cursor } from "./focus.js"
import { Head } from "./head.js"
import { heightOf, RowHeights } from "./heights.js"
import { arrange, withGaps } from "./place.js"
import { TableRow } from "./row.js"
import { Scroller } from "./scroller.js"

/** Rows drawn above and below what is visible. */
const OVERSCAN = 8

/**
 * The table draws only the rows in view, between spacer rows; 50,000 rows cost as much as 50. Rows are updated in
 * place: a row keeps its element while it is drawn, and the row that has the focus stays drawn wherever it is.
 */
export class Table {
  #scroller = new Scroller()
  #table = byId("table")
  #body = byId("rows")
  #empty = byId("empty")
  #columnsVersion = -1
  /** @type {Map<number, TableRow>} by input_index */
  #drawn = new Map()
  #spacers = Array.from({ length: 3 }, () =>
    h("tr", { class: "spacer", "aria-hidden": "true" }, h("td", { colspan: "1000" })),
  )
  #heights = new RowHeights()
  #across = new Across()
  /** Position in the order, by input_index. @type {Map<number, number>} */
  #positions = new Map()
  /** @type {Row[]} */
  #order = []
  /** The order that is drawn. @type {Row[]} */
  #drawnOrder = []
  #selected = -1
  #lines = 2
  #frame = 0
  /** Position of the first row that is drawn. */
  #first = 0

  /**
   * @param {Store} store
   * @param {View} view
   * @param {{ onOpen: (row: Row) => void, onSort: () => void, onEscape: () => void }} events
   */
  constructor(store, view, events) {
    this.store = store
    this.view = view
    this.events = events
    this.head = new Head(store, view, {
      onSort: () => {
        events.onSort()
        this.redraw()
      },
      onWidths: () => this.redraw(),
      availableWidth: () => this.#scroller.width,
    })
    this.cursor = new Cursor(this, this.#body, events)
    this.#scroller.watch({
      onScroll: () => this.schedule(),
      onResize: () => {
        this.setLines(this.#lines)
        this.redraw()
      },
    })
    this.#body.addEventListener("click", (event) => this.#onClick(event))
    // An opened object makes its row taller.
    this.#body.addEventListener("toggle", (event) => this.#onToggle(event), true)
  }

  /** Rows as they are shown. */
  get order() {
    return this.#order
  }

  /** Of a row in the order. @param {number} index its input_index */
  positionOf(index) {
    return this.#positions.get(index)
  }

  /** How many rows a page further is. */
  get pageRows() {
    return Math.max(1, Math.floor((this.#scroller.height - this.head.height) / this.#heights.base) - 1)
  }

  /** How many lines of text a row shows; what is at the upper edge stays there. @param {number} lines */
  setLines(lines) {
    const height = heightOf(lines, this.#scroller.isTouched)
    const { top } = this.#scroller
    const at = this.#heights.at(top)
    this.#lines = lines
    this.#table.style.setProperty("--lines", String(lines))
    this.#table.style.setProperty("--row", `${height}px`)
    this.#table.classList.toggle("low", lines === 1)
    if (height === this.#heights.base) return
    this.#heights.setBase(height)
    this.redraw()
    if (top <= 0) return
    this.draw()
    this.#scroller.showAt(this.#heights.offset(at))
  }

  schedule() {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      this.draw()
    })
  }

  /** The order of rows is another one. */
  reorder() {
    this.#order = this.view.order
    this.#positions.clear()
    for (let at = 0; at < this.#order.length; at++)
      this.#positions.set(/** @type {Row} */ (this.#order[at]).index, at)
    this.#heights.arrange(this.#order.length, (index) => this.#positions.get(index))
    this.schedule()
  }

  /** Columns or widths are other ones. */
  redraw() {
    for (const row of this.#drawn.values()) row.forget()
    this.head.forget()
    this.schedule()
  }

  draw() {
    this.head.draw()
    // A column may have joined the others: where it belongs, every row has a cell.
    if (this.#columnsVersion !== this.store.columns.version)
      for (const row of this.#drawn.values()) row.forget()
    this.#columnsVersion = this.store.columns.version
    const columns = this.store.columns.visible()
    const left = this.#scroller.left - this.head.firstWidth
    const drawing = {
      columns,
      stretch: this.#across.see(columns, left, left + this.#scroller.width),
      lines: this.#lines,
      nameOf: (/** @type {Row} */ row) => this.store.columns.nameOf(row),
    }
    const { chosen } = this.cursor
    const { top, height } = this.#scroller
    const last = this.#order.length - 1
    const from = Math.max(0, this.#heights.at(top) - OVERSCAN)
    const to = Math.min(last, this.#heights.at(top + height) + OVERSCAN)
    /** @type {number[]} */
    const positions = []
    for (let at = from; at <= to; at++) positions.push(at)

    const focused = this.#focusedIndex()
    const focusedAt = focused === null ? undefined : this.#positions.get(focused)
    if (focusedAt !== undefined && focusedAt < from) positions.unshift(focusedAt)
    if (focusedAt !== undefined && focusedAt > to) positions.push(focusedAt)

    /** @type {Map<number, TableRow>} */
    const drawn = new Map()
    const placed = positions.map((at) => {
      const row = /** @type {Row} */ (this.#order[at])
      const tableRow = this.#drawn.get(row.index) ?? new TableRow(row)
      tableRow.draw(drawing, {
        at,
        expanded: this.#heights.isExpanded(row.index),
        selected: row.index === this.#selected,
        chosen: chosen(at),
        kept: row.index === focused ? this.cursor.column : null,
      })
      drawn.set(row.index, tableRow)
      return { at, element: tableRow.element }
    })
    const wanted = withGaps(placed, this.#order.length, this.#heights, this.#spacers)
    this.#drawn = drawn
    this.#drawnOrder = this.#order
    arrange(this.#body, wanted, focused === null ? undefined : drawn.get(focused)?.element)
    this.#first = from
    this.setTabStop()
    this.#measure()
    this.#table.setAttribute("aria-rowcount", String(this.#order.length + 2))
    const { whyEmpty } = this.view
    setText(this.#empty, whyEmpty)
    this.#empty.hidden = whyEmpty === ""
  }

  #measure() {
    let changed = false
    for (const [index, row] of this.#drawn)
      if (this.#heights.isExpanded(index))
        changed = this.#heights.set(index, row.element.offsetHeight) || changed
    if (changed) this.schedule()
  }

  #focusedIndex() {
    const tr = this.#body.contains(document.activeElement) ? document.activeElement?.closest("tr") : null
    return tr?.dataset.index === undefined ? null : Number(tr.dataset.index)
  }

  /** One cell at a time can be reached with Tab; the arrow keys go to the others. */
  setTabStop() {
    const { row, column } = this.cursor
    const isDrawn = this.#drawn.has(row)
    const stop = isDrawn ? row : this.#order[this.#first + Math.min(OVERSCAN, this.#first)]?.index
    for (const [index, drawn] of this.#drawn)
      drawn.setStop(index === stop ? (isDrawn ? column : null) : undefined)
  }

  /** Whether two columns of a row are one cell. @param {number} index @param {string | null} one @param {string | null} other */
  areOne(index, one, other) {
    return one === other || this.#drawn.get(index)?.areOne(one, other) === true
  }

  /** What has the focus at this place. @param {number} index @param {string | null} column */
  cellOf(index, column) {
    return this.#drawn.get(index)?.cellOf(column)
  }

  /** @param {number} index @param {Element} cell */
  columnOf(index, cell) {
    return this.#drawn.get(index)?.columnOf(cell) ?? null
  }

  /** A drawn row, by what is in it. @param {Element} element */
  rowOf(element) {
    const index = element.closest("tr")?.dataset.index
    return index === undefined ? undefined : this.#drawn.get(Number(index))?.row
  }

  /** Unfolds the row's texts, or folds them. @param {number} index */
  toggle(index) {
    this.#heights.toggle(index)
    this.schedule()
  }

  /** The keyboard's cell, or that of the first row in sight. */
  focus() {
    const index = this.#drawn.has(this.cursor.row)
      ? this.cursor.row
      : this.#order[this.#heights.at(Math.max(0, this.#scroller.top))]?.index
    if (index !== undefined) this.reveal(index, true)
    return index !== undefined
  }

  /** @param {number} index */
  select(index) {
    this.#selected = index
    if (index >= 0) this.cursor.row = index
    this.schedule()
  }

  /** Scrolls a row into view and, if wished, gives it the focus. @param {number} index @param {boolean} focus */
  reveal(index, focus) {
    const at = this.#positions.get(index)
    if (at === undefined) return
    this.cursor.row = index
    // Not higher yet, it could not be scrolled that far.
    if (this.#drawnOrder !== this.#order) this.draw()
    this.#scroller.show(this.#heights.offset(at), this.#heights.offset(at + 1), this.head.height)
    this.draw()
    if (!focus) return
    const place = this.head.placeOf(this.cursor.column)
    if (place) this.#scroller.showAcross(place.left, place.right, place.still)
    // Its column may have come into sight only now.
    this.draw()
    this.cellOf(index, this.cursor.column)?.focus({ preventScroll: true })
  }

  /** The row before or after this one in the present order. @param {number} index @param {number} step */
  neighbour(index, step) {
    const at = this.#positions.get(index)
    return at === undefined ? undefined : this.#order[at + step]
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = /** @type {HTMLElement} */ (event.target)
    const tr = target.closest("tr")
    const drawn = tr?.dataset.index === undefined ? undefined : this.#drawn.get(Number(tr.dataset.index))
    if (!drawn) return
    // With these keys a click chooses.
    if (event.shiftKey || event.ctrlKey || event.metaKey) return
    if (target.closest(".more-text")) this.toggle(drawn.row.index)
    else if (target.closest(".row-open")) this.events.onOpen(drawn.row)
    else if (!target.closest("a, button, summary, details[open]") && getSelection()?.isCollapsed !== false)
      this.events.onOpen(drawn.row)
  }

  /** @param {Event} event */
  #onToggle(event) {
    const tr = /** @type {HTMLElement} */ (event.target).closest("tr")
    if (tr?.dataset.index === undefined) return
    if (tr.querySelector("details[open]")) this.#heights.expand(Number(tr.dataset.index))
    this.schedule()
  }
}
