// @ts-check
/** @import { Row } from "../../types.js" */
/** @import { Copying } from "./copy.js" */
/** @import { Table } from "./table.js" */

import { byId, fill, h } from "../shared/dom.js"

/** What can be done with a row: by its button, a click with the other button, a long press, or the key for menus. */
export class RowMenu {
  #menu = byId("row-menu")
  /** What had the focus before. @type {HTMLElement | null} */
  #from = null

  /** @param {Table} table @param {Copying} copying @param {{ onOpen: (row: Row) => void }} events */
  constructor(table, copying, events) {
    this.table = table
    this.copying = copying
    this.events = events
    const body = byId("rows")
    body.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest(".row-actions")
      if (button) this.#openAt(/** @type {HTMLElement} */ (button), null)
    })
    body.addEventListener("contextmenu", (event) => this.#onContextMenu(event))
    body.addEventListener("keydown", (event) => {
      if (event.key !== "ContextMenu" && !(event.shiftKey && event.key === "F10")) return
      event.preventDefault()
      this.#openAt(/** @type {HTMLElement} */ (event.target), null)
    })
    this.#menu.addEventListener("keydown", (event) => this.#onKey(event))
    document.addEventListener("pointerdown", (event) => {
      if (!this.#menu.contains(/** @type {Node} */ (event.target))) this.#close(false)
    })
    addEventListener("blur", () => this.#close(false))
    document.addEventListener("scroll", () => this.#close(false), { capture: true, passive: true })
  }

  /** @param {MouseEvent} event */
  #onContextMenu(event) {
    const target = /** @type {HTMLElement} */ (event.target)
    // Links and selected text have more in the browser's own menu.
    if (event.shiftKey || target.closest("a") || getSelection()?.isCollapsed === false) return
    if (!this.table.rowOf(target)) return
    event.preventDefault()
    this.#openAt(target, { x: event.clientX, y: event.clientY })
  }

  /** @param {HTMLElement} target @param {{ x: number, y: number } | null} point of the pointer */
  #openAt(target, point) {
    const row = this.table.rowOf(target)
    const cell = target.closest("td, th")
    if (!row || !cell) return
    const column = this.table.columnOf(row.index, cell)
    const { table, copying } = this
    this.#from = table.cellOf(row.index, column) ?? null
    /** @type {[string, () => void][]} */
    const actions = [
      ["Open details", () => this.events.onOpen(row)],
      ...(column === null
        ? []
        : [/** @type {[string, () => void]} */ (["Copy cell", () => copying.copyCell(row, column)])]),
      [copying.rowsWith(row).length > 1 ? "Copy chosen rows" : "Copy row", () => copying.copyRows(row)],
      ["Copy link to row", () => copying.copyLink(row)],
      ["Copy table", () => copying.copyTable()],
    ]
    fill(
      this.#menu,
      actions.map(([name, act]) =>
        h(
          "button",
          {
            type: "button",
            role: "menuitem",
            tabindex: "-1",
            onclick: () => {
              this.#close(true)
              act()
            },
          },
          name,
        ),
      ),
    )
    this.#menu.setAttribute("aria-label", `Row ${row.index + 1}`)
    this.#menu.hidden = false
    this.#place(point ?? below(target))
    this.#items()[0]?.focus({ preventScroll: true })
  }

  /** Where it is wholly in sight. @param {{ x: number, y: number }} point */
  #place({ x, y }) {
    const { offsetWidth, offsetHeight, style } = this.#menu
    style.left = `${Math.max(4, Math.min(x, innerWidth - offsetWidth - 4))}px`
    style.top = `${Math.max(4, Math.min(y, innerHeight - offsetHeight - 4))}px`
  }

  #items() {
    return /** @type {HTMLElement[]} */ ([...this.#menu.children])
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const items = this.#items()
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement))
    const moves = new Map([
      ["ArrowDown", (at + 1) % items.length],
      ["ArrowUp", (at - 1 + items.length) % items.length],
      ["Home", 0],
      ["End", items.length - 1],
    ])
    const to = moves.get(event.key)
    if (to !== undefined) items[to]?.focus()
    else if (event.key === "Escape" || event.key === "Tab") this.#close(true)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  /** @param {boolean} isBack whether the focus goes back to where it came from */
  #close(isBack) {
    if (this.#menu.hidden) return
    this.#menu.hidden = true
    // It may have been drawn anew, or be out of sight by now.
    if (isBack && this.#from?.isConnected) this.#from.focus({ preventScroll: true })
    else if (isBack) this.table.focus()
    this.#from = null
  }
}

/** @param {HTMLElement} element */
function below(element) {
  const { left, bottom } = element.getBoundingClientRect()
  return { x: left + 8, y: Math.min(bottom, innerHeight) - 8 }
}
