// @ts-check
/** @import { Row } from "../../types.js" */
/** @import { Store } from "./store.js" */
/** @import { View } from "./view.js" */

import { byId, h, setText } from "../shared/dom.js"
import { Head } from "./head.js"
import { RowHeights } from "./heights.js"
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
  /** Position in the order, by input_index. @type {Map<number, number>} */
  #positions = new Map()
  /** @type {Row[]} */
  #order = []
  /** The row that Tab enters, by input_index. */
  #active = -1
  #selected = -1
  #frame = 0

  /**
   * @param {Store} store
   * @param {View} view
   * @param {{ onOpen: (row: Row) => void, onSort: () => void }} events
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
    this.#scroller.watch({ onScroll: () => this.schedule(), onResize: () => this.redraw() })
    this.#body.addEventListener("keydown", (event) => this.#onKey(event))
    this.#body.addEventListener("focusin", (event) => this.#onFocus(event))
    this.#body.addEventListener("click", (event) => this.#onClick(event))
    // An opened object makes its row taller.
    this.#body.addEventListener("toggle", (event) => this.#onToggle(event), true)
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

    /** @type {HTMLElement[]} */
    const wanted = []
    /** @type {Map<number, TableRow>} */
    const drawn = new Map()
    let spacer = 0
    let next = 0
    /** @param {number} until */
    const gap = (until) => {
      if (until <= next) return
      const element = /** @type {HTMLElement} */ (this.#spacers[spacer++])
      const height = this.#heights.offset(until) - this.#heights.offset(next)
      element.style.setProperty("height", `${height}px`)
      wanted.push(element)
    }
    for (const at of positions) {
      const row = /** @type {Row} */ (this.#order[at])
      gap(at)
      const existing = this.#drawn.get(row.index)
      const tableRow = existing ?? new TableRow(row)
      tableRow.draw(columns, at, this.#heights.isExpanded(row.index), row.index === this.#selected)
      drawn.set(row.index, tableRow)
      wanted.push(tableRow.element)
      next = at + 1
    }
    gap(this.#order.length)
    this.#drawn = drawn
    this.#place(wanted, focused === null ? undefined : drawn.get(focused)?.element)
    this.#setTabStop(from)
    this.#measure()
    this.#table.setAttribute("aria-rowcount", String(this.#order.length + 2))
    this.#sayWhyEmpty()
  }

  /** Brings the elements into this order without moving the one that has the focus: moving it would lose the focus. @param {HTMLElement[]} wanted @param {HTMLElement | undefined} fixed */
  #place(wanted, fixed) {
    const keep = new Set(wanted)
    for (const child of [...this.#body.children])
      if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove()
    const anchor = fixed && fixed.parentNode === this.#body ? wanted.indexOf(fixed) : -1
    for (let i = anchor - 1; i >= 0; i--) {
      const element = /** @type {HTMLElement} */ (wanted[i])
      const after = /** @type {HTMLElement} */ (wanted[i + 1])
      if (element.nextSibling !== after) this.#body.insertBefore(element, after)
    }
    for (let i = anchor + 1; i < wanted.length; i++) {
      const element = /** @type {HTMLElement} */ (wanted[i])
      const before = i === 0 ? null : /** @type {HTMLElement} */ (wanted[i - 1])
      const reference = before ? before.nextSibling : this.#body.firstChild
      if (reference !== element) this.#body.insertBefore(element, reference)
    }
  }

  #measure() {
    let changed = false
    for (const [index, row] of this.#drawn)
      if (this.#heights.isExpanded(index))
        changed = this.#heights.set(index, row.element.offsetHeight) || changed
    if (changed) this.schedule()
  }

  #sayWhyEmpty() {
    const text =
      this.#order.length > 0
        ? ""
        : this.view.filtered && this.store.known > 0
          ? "No row fits the search and filters."
          : this.store.total > 0
            ? "Waiting for the rows…"
            : "This group has no rows."
    setText(this.#empty, text)
    this.#empty.hidden = text === ""
  }

  #focusedIndex() {
    const tr = this.#body.contains(document.activeElement) ? document.activeElement?.closest("tr") : null
    return tr?.dataset.index === undefined ? null : Number(tr.dataset.index)
  }

  /** One row at a time can be reached with Tab; the arrow keys go to the others. @param {number} firstDrawn */
  #setTabStop(firstDrawn) {
    const stop = this.#drawn.has(this.#active)
      ? this.#active
      : this.#order[firstDrawn + Math.min(OVERSCAN, firstDrawn)]?.index
    for (const [index, row] of this.#drawn) row.setReachable(index === stop)
  }

  /** @param {number} index */
  select(index) {
    this.#selected = index
    if (index >= 0) this.#active = index
    this.schedule()
  }

  /** Scrolls a row into view and, if wished, gives it the focus. @param {number} index @param {boolean} focus */
  reveal(index, focus) {
    const at = this.#positions.get(index)
    if (at === undefined) return
    this.#active = index
    this.#scroller.show(this.#heights.offset(at), this.#heights.offset(at + 1), this.head.height)
    this.draw()
    if (focus) this.#drawn.get(index)?.button.focus({ preventScroll: true })
  }

  /** The row before or after this one in the present order. @param {number} index @param {number} step */
  neighbour(index, step) {
    const at = this.#positions.get(index)
    return at === undefined ? undefined : this.#order[at + step]
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const target = /** @type {HTMLElement} */ (event.target)
    if (!target.classList.contains("row-open") || event.ctrlKey || event.metaKey || event.altKey) return
    const at = this.#positions.get(this.#active) ?? 0
    const page = Math.max(1, Math.floor((this.#scroller.height - this.head.height) / this.#heights.base) - 1)
    const moves = new Map([
      ["ArrowDown", at + 1],
      ["ArrowUp", at - 1],
      ["PageDown", at + page],
      ["PageUp", at - page],
      ["Home", 0],
      ["End", this.#order.length - 1],
    ])
    const to = moves.get(event.key)
    if (to !== undefined) {
      event.preventDefault()
      const row = this.#order[Math.max(0, Math.min(this.#order.length - 1, to))]
      if (row) this.reveal(row.index, true)
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      event.preventDefault()
      this.#scroller.move(event.key === "ArrowRight" ? 160 : -160)
    }
  }

  /** @param {FocusEvent} event */
  #onFocus(event) {
    const tr = /** @type {HTMLElement} */ (event.target).closest("tr")
    if (tr?.dataset.index === undefined) return
    this.#active = Number(tr.dataset.index)
    for (const [index, row] of this.#drawn) row.setReachable(index === this.#active)
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = /** @type {HTMLElement} */ (event.target)
    const tr = target.closest("tr")
    const drawn = tr?.dataset.index === undefined ? undefined : this.#drawn.get(Number(tr.dataset.index))
    if (!drawn) return
    if (target.closest(".more-text")) {
      this.#heights.toggle(drawn.row.index)
      this.schedule()
    } else if (target.closest(".row-open")) {
      this.events.onOpen(drawn.row)
    } else if (
      !target.closest("a, button, summary, details[open]") &&
      getSelection()?.isCollapsed !== false
    ) {
      drawn.button.focus({ preventScroll: true })
      this.events.onOpen(drawn.row)
    }
  }

  /** @param {Event} event */
  #onToggle(event) {
    const tr = /** @type {HTMLElement} */ (event.target).closest("tr")
    if (tr?.dataset.index === undefined) return
    if (tr.querySelector("details[open]")) this.#heights.expand(Number(tr.dataset.index))
    this.schedule()
  }
}
