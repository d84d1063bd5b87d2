// @ts-check
/** @import { Column, Row } from "../../types.js" */
/** @import { Table } from "./table.js" */

/** A place in the table: a row's `input_index` and a column's id; null is the row's own cell. @typedef {{ row: number, column: string | null }} Place */

/**
 * Where the keyboard is in the table. It is a grid: Tab reaches one cell and what can be used in it, arrow keys go to the
 * others, Shift chooses from where it was first held.
 */
export class Cursor {
  row = -1
  /** @type {string | null} */
  column = null
  /** Where choosing began. @type {Place | null} */
  #anchor = null
  #isAll = false
  #isExtending = false

  /** @param {Table} table @param {HTMLElement} body @param {{ onOpen: (row: Row) => void, onEscape: () => void }} events */
  constructor(table, body, events) {
    this.table = table
    this.body = body
    this.events = events
    body.addEventListener("keydown", (event) => this.#onKey(event))
    body.addEventListener("focusin", (event) => this.#onFocus(event))
    body.addEventListener("mousedown", (event) => this.#onMouse(event))
  }

  /** Whether a cell has the focus, or something in it. */
  get isFocused() {
    return this.body.contains(document.activeElement)
  }

  get #columns() {
    return this.table.store.columns.visible()
  }

  /** What is chosen, by positions in the order and among the columns. Null: no more than the one cell. */
  get range() {
    if (!this.#anchor && !this.#isAll) return null
    const ids = this.#columns.map(({ id }) => id)
    if (this.#isAll)
      return { from: 0, to: this.table.order.length - 1, isWhole: true, left: 0, right: ids.length - 1 }
    if (!this.#anchor) return null
    const [one, other] = [this.table.positionOf(this.#anchor.row), this.table.positionOf(this.row)]
    if (one === undefined || other === undefined) return null
    const [left, right] = [ids.indexOf(this.#anchor.column ?? ""), ids.indexOf(this.column ?? "")]
    const isWhole = left < 0 || right < 0
    return {
      from: Math.min(one, other),
      to: Math.max(one, other),
      isWhole,
      left: isWhole ? 0 : Math.min(left, right),
      right: isWhole ? ids.length - 1 : Math.max(left, right),
    }
  }

  /** Says of a row, by its position, the ids of its chosen columns; null: none of them. @returns {(at: number) => string[] | null} */
  get chosen() {
    const { range } = this
    if (!range) return () => null
    const ids = this.#columns.slice(range.left, range.right + 1).map(({ id }) => id)
    const columns = range.isWhole ? ["", ...ids] : ids
    return (at) => (at >= range.from && at <= range.to ? columns : null)
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const target = /** @type {HTMLElement} */ (event.target)
    const cell = target.closest("td, th")
    if (!cell || event.altKey) return
    const row = this.table.order[this.table.positionOf(this.row) ?? -1]
    if (target !== cell && !target.classList.contains("row-open")) {
      if (event.key === "Escape") this.#go({ row: this.row, column: this.column }, false, event)
      return
    }
    const isCommand = event.ctrlKey || event.metaKey
    const to = this.#target(event.key, isCommand)
    if (to) this.#go(to, event.shiftKey, event)
    else if (isCommand && event.key.toLowerCase() === "a") this.#chooseAll(event)
    else if (event.key === "Escape") this.#leave(event)
    else if (row && target === cell && event.key === "Enter") {
      event.preventDefault()
      this.events.onOpen(row)
    } else if (row && target === cell && event.key === " ") {
      event.preventDefault()
      if (cell.querySelector(".more-text")) this.table.toggle(row.index)
      else cell.querySelector("summary")?.click()
    }
  }

  /** Where a key leads. @param {string} key @param {boolean} isCommand with Ctrl or Cmd @returns {Place | null} */
  #target(key, isCommand) {
    const { order, pageRows } = this.table
    const at = this.table.positionOf(this.row) ?? 0
    const last = order.length - 1
    const isOwn = this.column === null
    const rows = new Map([
      ["ArrowDown", isCommand ? last : at + 1],
      ["ArrowUp", isCommand ? 0 : at - 1],
      ["PageDown", at + pageRows],
      ["PageUp", at - pageRows],
      ...(isCommand || isOwn
        ? /** @type {const} */ ([
            ["Home", 0],
            ["End", last],
          ])
        : []),
    ])
    const to = rows.get(key)
    if (to !== undefined) {
      const row = order[Math.max(0, Math.min(last, to))]
      return row ? { row: row.index, column: this.column } : null
    }
    const ends = this.#columns
    if (key === "Home" || (key === "ArrowLeft" && isCommand)) return { row: this.row, column: null }
    if (key === "End" || (key === "ArrowRight" && isCommand))
      return { row: this.row, column: ends.at(-1)?.id ?? null }
    if (key === "ArrowLeft" || key === "ArrowRight") return this.#beside(key === "ArrowLeft" ? -1 : 1)
    return null
  }

  /** The next cell to the side: a reason is one for several columns. @param {-1 | 1} step @returns {Place} */
  #beside(step) {
    const ids = [null, ...this.#columns.map(({ id }) => id)]
    let at = Math.max(0, ids.indexOf(this.column))
    while (ids[at + step] !== undefined) {
      at += step
      if (!this.table.areOne(this.row, this.column, ids[at] ?? null))
        return { row: this.row, column: ids[at] ?? null }
    }
    return { row: this.row, column: this.column }
  }

  /** @param {Place} to @param {boolean} isExtending @param {Event} event */
  #go(to, isExtending, event) {
    event.preventDefault()
    this.#anchor = isExtending ? (this.#anchor ?? { row: this.row, column: this.column }) : null
    this.#isAll = false
    this.row = to.row
    this.column = to.column
    this.#isExtending = true
    this.table.reveal(to.row, true)
    this.#isExtending = false
    this.table.schedule()
  }

  /** All rows; the keyboard stays where it is. @param {KeyboardEvent} event */
  #chooseAll(event) {
    event.preventDefault()
    this.#isAll = true
    this.table.schedule()
  }

  /** @param {KeyboardEvent} event */
  #leave(event) {
    if (!this.#anchor && !this.#isAll) return this.events.onEscape()
    event.preventDefault()
    this.#choosesNothing()
  }

  /** @param {FocusEvent} event */
  #onFocus(event) {
    const cell = /** @type {HTMLElement} */ (event.target).closest("td, th")
    const index = cell?.closest("tr")?.dataset.index
    if (!cell || index === undefined) return
    const isElsewhere = this.row !== Number(index) || this.#cellIn(Number(index)) !== cell
    this.row = Number(index)
    // In a cell for several columns it stays in the one it came from.
    if (this.#cellIn(this.row) !== cell) this.column = this.table.columnOf(this.row, cell)
    if (!this.#isExtending && isElsewhere) this.#choosesNothing()
    this.table.setTabStop()
  }

  /** The keyboard's cell in this row. @param {number} index */
  #cellIn(index) {
    return this.table.cellOf(index, this.column)?.closest("td, th")
  }

  #choosesNothing() {
    if (!this.#anchor && !this.#isAll) return
    this.#anchor = null
    this.#isAll = false
    this.table.schedule()
  }

  /** With Shift a click chooses up to there; the other button leaves what is chosen. @param {MouseEvent} event */
  #onMouse(event) {
    const cell = /** @type {HTMLElement} */ (event.target).closest("td, th")
    const index = cell?.closest("tr")?.dataset.index
    if (!cell || index === undefined || this.row < 0) return
    const row = Number(index)
    if (event.button === 2 && this.chosen(this.table.positionOf(row) ?? -1)) event.preventDefault()
    if (event.button !== 0 || !event.shiftKey) return
    if (/** @type {HTMLElement} */ (event.target).closest("a, summary, .more-text")) return
    this.#go({ row, column: this.table.columnOf(row, cell) }, true, event)
  }
}
