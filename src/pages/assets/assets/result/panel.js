// @ts-check
/** @import { Row } from "../../types.js" */

import { byId, fill, h } from "../shared/dom.js"
import { lacksBasis } from "./columns.js"
import { details } from "./details.js"

/** Everything about one row: fields in full, why the service believes them, what went wrong, ids and times. */
export class Panel {
  #panel = byId("panel")
  #title = byId("panel-title")
  #body = byId("panel-body")
  #page = byId("page")
  /** @type {Row | null} */
  row = null
  #version = -1
  /** The output whose basis is being fetched, or could not be. @type {Row["output"]} */
  #asked = null
  #failed = false
  #hadBasis = false
  #narrow = matchMedia("(max-width: 860px)")

  /** What is shown whole or as plain text, by what it is called: it stays so for the next rows. @type {Set<string>} */
  #unfolded = new Set()

  /** @param {{ nameOf: (row: Row) => string, onClose: (row: Row) => void, onCopy: (row: Row) => void, onStep: (row: Row, step: number) => void, fetchBasis: (row: Row) => Promise<void> }} events */
  constructor(events) {
    this.events = events
    byId("panel-close").addEventListener("click", () => this.close())
    byId("panel-previous").addEventListener("click", () => this.row && events.onStep(this.row, -1))
    byId("panel-next").addEventListener("click", () => this.row && events.onStep(this.row, 1))
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.close()
    })
    // A link opens it without the focus, and a click on its text takes the focus away: nothing else has the key then.
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.target !== document.body) return
      if (this.row && !document.querySelector("dialog[open]")) this.close()
    })
    this.#narrow.addEventListener("change", () => this.#setInert())
  }

  /** @param {Row} row @param {boolean} focus */
  open(row, focus) {
    const other = this.row !== row
    this.row = row
    this.#panel.hidden = false
    document.body.classList.add("with-panel")
    this.#setInert()
    if (other) this.#version = -1
    this.update()
    if (other) this.#body.scrollTop = 0
    if (focus) this.#title.focus({ preventScroll: true })
  }

  close() {
    const { row } = this
    this.hide()
    if (row) this.events.onClose(row)
  }

  /** Without telling anybody. */
  hide() {
    this.row = null
    this.#panel.hidden = true
    document.body.classList.remove("with-panel")
    this.#setInert()
  }

  /** Whether it is over the page, as on a phone, instead of beside the table. */
  get coversPage() {
    return this.#narrow.matches
  }

  /** The row is called something else now. */
  redraw() {
    this.#version = -1
    this.update()
  }

  /** On a phone the panel covers the page, which then must not take the focus. */
  #setInert() {
    this.#page.inert = this.row !== null && this.#narrow.matches
  }

  /** Draws again if the row changed, without losing the place or the focus. */
  update() {
    const { row } = this
    if (!row) return
    const lacking = lacksBasis(row)
    if (lacking && row.output !== this.#asked) void this.#fetchBasis(row)
    if (row.version === this.#version && lacking !== this.#hadBasis) return
    this.#version = row.version
    this.#hadBasis = !lacking
    const focusKey = this.#body.contains(document.activeElement)
      ? /** @type {HTMLElement} */ (document.activeElement).dataset.key
      : undefined
    const opened = new Set(
      [...this.#body.querySelectorAll("details[open]")].map(
        (d) => /** @type {HTMLElement} */ (d).dataset.key,
      ),
    )
    const { scrollTop } = this.#body
    const name = this.events.nameOf(row)
    const number = h("span", {}, `Row ${row.index + 1}`)
    fill(this.#title, number, ...(name === "" ? [] : [" ", h("bdi", {}, name)]))
    fill(
      this.#body,
      details(row, {
        basisNote: lacking ? this.#basisNote() : null,
        isOpen: (key) => this.#unfolded.has(key),
        toggle: (key) => {
          if (!this.#unfolded.delete(key)) this.#unfolded.add(key)
          this.redraw()
        },
        onCopy: this.events.onCopy,
      }),
    )
    for (const details of this.#body.querySelectorAll("details"))
      if (opened.has(details.dataset.key)) details.open = true
    this.#body.scrollTop = scrollTop
    if (focusKey !== undefined)
      for (const element of this.#body.querySelectorAll("[data-key]"))
        if (/** @type {HTMLElement} */ (element).dataset.key === focusKey)
          /** @type {HTMLElement} */ (element).focus({ preventScroll: true })
  }

  /** @param {Row} row */
  async #fetchBasis(row) {
    const { output } = row
    this.#asked = output
    this.#failed = false
    try {
      await this.events.fetchBasis(row)
    } catch {
      if (this.#asked === output) this.#failed = true
    }
    if (this.row !== row) return
    this.#version = -1
    this.update()
  }

  /** What stands in for reasoning and sources until they are here. */
  #basisNote() {
    if (!this.#failed)
      return h("p", { class: "muted", role: "status" }, "Reasoning and sources are being fetched…")
    const again = h("button", { type: "button", class: "small", "data-key": "fetch basis" }, "Try again")
    again.addEventListener("click", () => {
      this.#asked = null
      this.#failed = false
      this.#version = -1
      this.update()
    })
    return h(
      "div",
      { class: "notice" },
      h("p", { role: "status" }, "Reasoning and sources could not be fetched. "),
      again,
    )
  }
}
