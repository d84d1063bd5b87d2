// @ts-check
/** @import { Row } from "../../types.js" */
/** @import { Address } from "./address.js" */
/** @import { Panel } from "./panel.js" */
/** @import { Store } from "./store.js" */
/** @import { Table } from "./table.js" */

import { byId } from "../shared/dom.js"
import { isState, rowIn } from "./address.js"

/**
 * Which row is open, in the page, the address and the history. Where the panel covers the page, opening it is a step that
 * Back undoes; elsewhere the address just changes.
 */
export class Opener {
  /** A row of the address that has not come yet, by input_index. @type {number | null} */
  #wanted = null
  /** Kept in sight while rows come in above it, until somebody moves. @type {number | null} */
  #held = null
  /** A step back is under way that the panel has already taken. */
  #isLeaving = false

  /** @param {{ store: Store, table: Table, panel: Panel, address: Address, onRead: () => void, reorder: () => void }} parts */
  constructor(parts) {
    this.parts = parts
    addEventListener("popstate", () => this.#onPop())
    for (const type of ["wheel", "touchmove", "pointerdown", "keydown"])
      addEventListener(type, () => (this.#held = null), { capture: true, passive: true })
  }

  /** @param {Row} row @param {boolean} focus whether the panel takes it */
  open(row, focus) {
    const { panel, table } = this.parts
    const wasOpen = panel.row !== null
    this.#wanted = null
    panel.open(row, focus)
    table.select(row.index)
    table.reveal(row.index, false)
    if (wasOpen || !panel.coversPage || this.#isLeaving || isStep()) this.save()
    else history.pushState({ panel: true }, "", this.#url())
  }

  /** The panel was closed by its button or a key. @param {Row} row */
  onClose(row) {
    this.#goBack(row)
    if (!isStep()) return this.save()
    this.#isLeaving = true
    history.back()
  }

  /** To the row in the table; search and filters may have left it out. @param {Row} row */
  #goBack({ index }) {
    const { table } = this.parts
    table.select(-1)
    if (table.positionOf(index) !== undefined) table.reveal(index, true)
    else if (!table.focus()) byId("search").focus()
  }

  /** Opens what the address asks for; what is not there yet when it comes. */
  read() {
    this.#wanted = rowIn(location.hash)
    this.meet()
  }

  /** Rows have come. */
  meet() {
    const { store, reorder } = this.parts
    const row = this.#wanted === null ? undefined : store.rows[this.#wanted]
    if (!row) return
    // What came along with it may stand above it.
    reorder()
    this.#held = store.whole ? null : row.index
    this.#openThere(row)
  }

  /** Rows that came above it have moved it. */
  hold() {
    const { store, table } = this.parts
    if (this.#held === null) return
    table.reveal(this.#held, false)
    if (store.whole) this.#held = null
  }

  /** @param {Row} row */
  #openThere(row) {
    const { panel, table } = this.parts
    this.#wanted = null
    panel.open(row, false)
    table.select(row.index)
    table.reveal(row.index, false)
    this.save()
  }

  /** Puts what is seen into the address. */
  save() {
    const url = this.#url()
    // Browsers allow so many a minute.
    if (url !== location.pathname + location.search + location.hash)
      history.replaceState(history.state, "", url)
  }

  #url() {
    const { address, panel } = this.parts
    const row = panel.row?.index ?? this.#wanted
    return location.pathname + location.search + address.write(row)
  }

  #onPop() {
    const { panel } = this.parts
    if (this.#isLeaving) {
      this.#isLeaving = false
      // Another row was opened before the step was done.
      if (panel.row && panel.coversPage) history.pushState({ panel: true }, "", this.#url())
      else this.save()
      return
    }
    if (!isState(location.hash)) return
    this.parts.address.read(location.hash)
    const row = rowIn(location.hash)
    if (row === null && panel.row) {
      const { row: left } = panel
      panel.hide()
      this.#goBack(left)
    }
    this.parts.onRead()
    this.read()
  }
}

/** Whether the present entry of the history is that of the panel. */
const isStep = () => history.state?.panel === true
