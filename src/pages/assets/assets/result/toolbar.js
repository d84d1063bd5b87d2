// @ts-check
/** @import { Store } from "./store.js" */
/** @import { View } from "./view.js" */

import { byId, fill, h, setText } from "../shared/dom.js"
import { keptHeight, keepHeight, LINES } from "./heights.js"
import { count, plural, statusClass, statusLabel, statusRank } from "../shared/format.js"

/** Search, the filters, the choice of columns and how many rows are shown. */
export class Toolbar {
  #statuses = byId("statuses")
  #shown = byId("shown")
  #search = /** @type {HTMLInputElement} */ (byId("search"))
  #confidence = /** @type {HTMLSelectElement} */ (byId("confidence"))
  #columnList = byId("column-list")
  #key = /** @type {HTMLSelectElement} */ (byId("key-column"))
  #height = /** @type {HTMLSelectElement} */ (byId("row-height"))
  /** @type {Map<string, { button: HTMLElement, number: HTMLElement }>} */
  #buttons = new Map()
  #columnsFor = -1

  /** @param {Store} store @param {View} view @param {{ onFilter: () => void, onColumns: () => void, onLines: (lines: number) => void }} events */
  constructor(store, view, events) {
    this.store = store
    this.view = view
    this.events = events
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer
    this.#search.addEventListener("input", () => {
      clearTimeout(timer)
      timer = setTimeout(
        () => {
          view.search = this.#search.value.trim()
          events.onFilter()
        },
        store.known > 5000 ? 200 : 60,
      )
    })
    this.#confidence.addEventListener("change", () => {
      view.confidence = /** @type {View["confidence"]} */ (this.#confidence.value)
      events.onFilter()
    })
    this.#key.addEventListener("change", () => {
      store.columns.setKey(store.columns.find(this.#key.value) ?? null)
      events.onColumns()
    })
    this.#height.value = keptHeight()
    this.#height.addEventListener("change", () => {
      keepHeight(this.#height.value)
      this.#setLines()
    })
    this.#setLines()
    byId("reset").addEventListener("click", () => {
      this.#search.value = view.search = ""
      this.#confidence.value = view.confidence = ""
      view.statuses.clear()
      events.onFilter()
      this.#search.focus()
    })
    // "/" goes to the search, as on many such pages, unless one is typing.
    document.addEventListener("keydown", (event) => {
      const target = /** @type {HTMLElement} */ (event.target)
      if (
        event.key !== "/" ||
        event.ctrlKey ||
        event.metaKey ||
        /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
      )
        return
      event.preventDefault()
      this.#search.focus()
    })
  }

  #setLines() {
    this.events.onLines(LINES.get(this.#height.value) ?? 2)
  }

  /** What the address has chosen. */
  show() {
    this.#search.value = this.view.search
    this.#confidence.value = this.view.confidence
  }

  draw() {
    const { store, view } = this
    const counts = store.statusCounts
    const found = view.searched ? view.counts : counts
    const statuses = new Set([...this.#buttons.keys(), ...counts.keys(), ...view.statuses])
    for (const status of [...statuses].toSorted((a, b) => statusRank(a) - statusRank(b)))
      this.#drawStatus(status, found.get(status) ?? 0, counts.get(status) ?? 0)
    const rows = view.order.length
    setText(
      this.#shown,
      !store.whole
        ? `${count(store.known)} of ${plural(store.total, "row")} loaded`
        : view.filtered
          ? `${count(rows)} of ${plural(store.total, "row")} shown`
          : "",
    )
    byId("reset").hidden = !view.filtered
    if (this.#columnsFor !== store.columns.version) this.#drawColumns()
  }

  /** @param {string} status @param {number} n rows of it that are found @param {number} all rows of it */
  #drawStatus(status, n, all) {
    let entry = this.#buttons.get(status)
    if (!entry) {
      const number = h("span", { class: "n" })
      const button = h(
        "button",
        {
          type: "button",
          class: `filter status ${statusClass(status)}`,
          "aria-pressed": "false",
          onclick: () => {
            if (!this.view.statuses.delete(status)) this.view.statuses.add(status)
            this.events.onFilter()
          },
        },
        `${statusLabel(status)} `,
        number,
      )
      entry = { button, number }
      this.#buttons.set(status, entry)
      const after = [...this.#buttons.entries()].toSorted(([a], [b]) => statusRank(a) - statusRank(b))
      // Only the new one is put in place: moving the others would take the focus from them.
      const next = after[after.findIndex(([name]) => name === status) + 1]
      this.#statuses.insertBefore(button, next ? next[1].button : null)
    }
    setText(entry.number, count(n))
    // As wide as it can become, so that none moves when one gets another digit.
    entry.number.style.minWidth = `${count(this.store.total).length}ch`
    entry.button.hidden = all === 0 && !this.view.statuses.has(status)
    entry.button.setAttribute("aria-pressed", String(this.view.statuses.has(status)))
  }

  #drawColumns() {
    const { columns } = this.store
    this.#columnsFor = columns.version
    const had = this.#columnList.contains(document.activeElement)
      ? /** @type {HTMLInputElement} */ (document.activeElement).value
      : null
    fill(
      this.#columnList,
      columns.all().map((column) =>
        h(
          "li",
          {},
          h(
            "label",
            {},
            h("input", {
              type: "checkbox",
              value: column.id,
              checked: !column.hidden,
              onchange: (/** @type {Event} */ event) => {
                columns.change(column, { hidden: !(/** @type {HTMLInputElement} */ (event.target).checked) })
                this.events.onColumns()
              },
            }),
            h("span", { class: "column-name" }, column.name || "(no name)"),
            h("span", { class: "column-kind" }, column.kind),
          ),
        ),
      ),
    )
    fill(
      this.#key,
      h("option", { value: "" }, "Row number"),
      columns
        .all()
        .map(({ id, name, kind }) => h("option", { value: id }, `${name || "(no name)"} (${kind})`)),
    )
    this.#key.value = columns.key?.id ?? ""
    if (had !== null)
      for (const box of this.#columnList.querySelectorAll("input")) if (box.value === had) box.focus()
  }
}
