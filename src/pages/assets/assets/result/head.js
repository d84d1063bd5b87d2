// @ts-check
/** @import { Column } from "../../types.js" */
/** @import { Store } from "./store.js" */
/** @import { View } from "./view.js" */

import { byId, fill, h } from "../shared/dom.js"
import { isNumeric } from "./columns.js"

const NARROWEST = 72
const WIDEST = 1200
/** Of what is seen of the table. */
const WIDEST_KEY = 0.32

/** The table's head: two lines, "input" and "output" above the columns, which sort and can be resized. */
export class Head {
  #table = byId("table")
  #head = byId("head")
  #columns = byId("columns")
  #drawnFor = ""

  /**
   * @param {Store} store
   * @param {View} view
   * @param {{ onSort: () => void, onWidths: () => void, availableWidth: () => number }} events
   */
  constructor(store, view, events) {
    this.store = store
    this.view = view
    this.events = events
  }

  get height() {
    return this.#head.offsetHeight
  }

  forget() {
    this.#drawnFor = ""
  }

  /** Where a column is, and how much of the left stays in sight; null for what stays itself. @param {string | null} id */
  placeOf(id) {
    const columns = this.store.columns.visible()
    const at = columns.findIndex((column) => column.id === id)
    if (at < 0 || columns[at]?.key) return null
    const widths = columns.map((column) => column.drawn ?? column.width)
    const left = this.firstWidth + widths.slice(0, at).reduce((sum, width) => sum + width, 0)
    const still = this.firstWidth + (columns[0]?.key ? (widths[0] ?? 0) : 0)
    return { left, right: left + (widths[at] ?? 0), still }
  }

  /** Wide enough for "Completed" beside the number; on a phone they stand one above the other. */
  get firstWidth() {
    return this.events.availableWidth() < 640 ? 96 : 148
  }

  draw() {
    const key = `${this.store.columns.version} ${this.view.sortBy} ${this.view.direction} ${this.events.availableWidth()}`
    if (key === this.#drawnFor) return
    this.#drawnFor = key
    const focusKey = this.#head.contains(document.activeElement)
      ? /** @type {HTMLElement} */ (document.activeElement).dataset.key
      : undefined
    const columns = this.store.columns.visible()
    this.#setWidths(columns)
    const groups = h(
      "tr",
      { class: "groups", "aria-rowindex": "1" },
      h("td", { class: "corner", "aria-colindex": "1" }),
      runsOf(columns).map(({ kind, from, length }) =>
        h(
          "th",
          { scope: "colgroup", colspan: length, class: kind, "aria-colindex": from + 2 },
          h("span", {}, kind === "input" ? "Input" : "Output"),
        ),
      ),
    )
    const titles = h(
      "tr",
      { class: "titles", "aria-rowindex": "2" },
      this.#cell("$status", "Status", "first", null, 1),
      columns.map((column, at) => this.#cell(column.id, column.name, this.#classes(column), column, at + 2)),
    )
    fill(this.#head, groups, titles)
    if (focusKey !== undefined)
      for (const element of this.#head.querySelectorAll("[data-key]"))
        if (/** @type {HTMLElement} */ (element).dataset.key === focusKey)
          /** @type {HTMLElement} */ (element).focus()
  }

  /** @param {Column} column */
  #classes(column) {
    return [column.kind, isNumeric(column) && "number", column.key && "key"].filter(Boolean).join(" ")
  }

  /** What stays in sight leaves room for the rest. @param {Column} column */
  #widthOf(column) {
    const most = column.key ? this.events.availableWidth() * WIDEST_KEY : Infinity
    return Math.max(NARROWEST, Math.min(column.width, most))
  }

  /** @param {Column[]} columns */
  #setWidths(columns) {
    const widths = [this.firstWidth, ...columns.map((column) => this.#widthOf(column))]
    const left = this.events.availableWidth() - widths.reduce((sum, width) => sum + width, 0)
    const last = columns.at(-1)
    for (const column of columns)
      column.drawn = this.#widthOf(column) + (column === last ? Math.max(0, left) : 0)
    if (last?.drawn !== undefined) widths[widths.length - 1] = last.drawn
    fill(
      this.#columns,
      widths.map((width) => {
        const col = h("col")
        col.style.width = `${width}px`
        return col
      }),
    )
    // What stays in sight beside the status begins where that ends.
    this.#table.style.setProperty("--first", `${widths[0]}px`)
    this.#table.style.setProperty("--key", `${columns.find((column) => column.key)?.drawn ?? 0}px`)
    this.#table.setAttribute("aria-colcount", String(widths.length))
    this.#table.style.width = `${widths.reduce((sum, width) => sum + width, 0)}px`
  }

  /** @param {string} id @param {string} name @param {string} kind @param {Column | null} column @param {number} at from 1 */
  #cell(id, name, kind, column, at) {
    const sorted = this.view.sortBy === id
    const arrow = sorted ? (this.view.direction > 0 ? "↑" : "↓") : ""
    const button = h(
      "button",
      {
        type: "button",
        class: "sort",
        "data-key": `sort ${id}`,
        title: column?.description ? `${name}\n${column.description}` : name,
        onclick: () => this.#sort(id),
      },
      h("span", { class: "title" }, name === "" ? "(no name)" : name),
      h("span", { class: "arrow", "aria-hidden": "true" }, arrow || null),
    )
    return h(
      "th",
      {
        scope: "col",
        class: kind,
        "aria-colindex": at,
        "aria-sort": sorted ? (this.view.direction > 0 ? "ascending" : "descending") : "none",
      },
      button,
      column && this.#handle(column),
    )
  }

  /** Ascending, descending, then back to the order of the inputs. @param {string} id */
  #sort(id) {
    const { view } = this
    if (view.sortBy !== id) Object.assign(view, { sortBy: id, direction: 1 })
    else if (view.direction > 0) view.direction = -1
    else Object.assign(view, { sortBy: "$row", direction: 1 })
    this.events.onSort()
  }

  /** @param {Column} column */
  #handle(column) {
    const handle = h("div", {
      class: "resize",
      role: "separator",
      tabindex: "0",
      "aria-orientation": "vertical",
      "aria-label": `Width of ${column.name}`,
      "aria-valuenow": column.width,
      "aria-valuemin": NARROWEST,
      "aria-valuemax": WIDEST,
      "data-key": `width ${column.id}`,
    })
    /** @param {number} width */
    const resize = (width) => {
      this.store.columns.change(column, { width: Math.max(NARROWEST, Math.min(WIDEST, Math.round(width))) })
      this.events.onWidths()
    }
    handle.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return
      event.preventDefault()
      resize(column.width + (event.key === "ArrowRight" ? 24 : -24))
    })
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault()
      const startWidth = column.drawn ?? column.width
      const startX = event.clientX
      // On the document: drawing the head anew while dragging replaces this handle.
      /** @param {PointerEvent} move */
      const onMove = (move) => resize(startWidth + move.clientX - startX)
      const onEnd = () => {
        document.removeEventListener("pointermove", onMove)
        document.removeEventListener("pointerup", onEnd)
        document.removeEventListener("pointercancel", onEnd)
      }
      document.addEventListener("pointermove", onMove)
      document.addEventListener("pointerup", onEnd)
      document.addEventListener("pointercancel", onEnd)
    })
    return handle
  }
}

/** Neighbours of one kind share a title. @param {Column[]} columns */
function runsOf(columns) {
  /** @type {{ kind: Column["kind"], from: number, length: number }[]} */
  const runs = []
  for (const [at, { kind }] of columns.entries()) {
    const last = runs.at(-1)
    if (last?.kind === kind) last.length++
    else runs.push({ kind, from: at, length: 1 })
  }
  return runs
}
