// @ts-check
/** @import { Store } from "../store.js" */
/** @import { ActDialog, Ask, Surroundings } from "./dialog.js" */
/** @import { ActName } from "./standing.js" */

import { byId, fill, h, setText } from "../../shared/dom.js"
import { buttonNames, headline } from "../../shared/domain.js"
import { count } from "../../shared/format.js"
import { storedKey } from "../../shared/keyStore.js"
import { askAbove, exactly } from "../../shared/money.js"
import { factsOf } from "../../shared/progress.js"
import { Attempts } from "./attempts.js"
import { onRetryRow } from "./rowActs.js"
import { actsFor, costOf, costOfResume, standingOf } from "./standing.js"

/** Small windows have this in place of the acts. */
const FOLDED = "Go on with this group…"
/** With acts.css. */
const NARROW = "(max-width: 1000px)"

/** Behind what the page itself needs. */
const SOON_MS = 1_000

const hasKey = () => storedKey() !== ""

/** @typedef {typeof import("../../lazy/acts.js")} Tools */

/** What can be done with the group, beside its title: only what applies to what it is at. */
export class Acts {
  #bar = byId("acts")
  #list = h("div", { class: "act-list" })
  #panel = h("div", { class: "menu-panel" })
  #summary = h("summary", { class: "button small" }, FOLDED)
  #menu = h("details", { class: "menu" }, this.#summary, this.#panel)
  #said = h("p", { class: "act-said" })
  #narrow = matchMedia(NARROW)
  /** @type {Map<ActName, HTMLElement>} */
  #buttons = new Map()
  #attempts
  /** @type {ActDialog | null} */
  #dialog = null
  /** What asks and sends; most who read have no need of it. @type {Promise<Tools> | null} */
  #tools = null
  /** From where the dialog was opened. @type {HTMLElement | null} */
  #opener = null
  #words = ""
  #busy = ""

  /**
   * @param {Store} store @param {string} base the group's path
   * @param {{ changed: () => void, deleted: () => void }} events there is news of the group; it was deleted from here
   */
  constructor(store, base, events) {
    this.store = store
    this.base = base
    this.events = events
    this.#attempts = new Attempts(store.group.taskgroup_id)
    this.#said.setAttribute("role", "status")
    this.#bar.append(this.#list, this.#said)
    this.#narrow.addEventListener("change", () => this.draw())
    // Another tab has been given a key, or has forgotten it.
    addEventListener("storage", () => this.draw())
    onRetryRow(
      (index) => this.#retryRow(index),
      () => costOf(this.store.group.metadata?.processor, 1),
    )
    // Whoever may want it has it by the time that something is pressed.
    this.#menu.addEventListener("toggle", () => void this.#load())
    if (hasKey()) setTimeout(() => void this.#load(), SOON_MS)
    this.draw()
  }

  /** Null where it cannot be loaded now; another time it may be. */
  #load() {
    this.#tools ??= import("../../lazy/acts.js").then((tools) => {
      this.#dialog = new tools.ActDialog(this.#surroundings())
      return tools
    })
    return this.#tools.catch(() => {
      this.#tools = null
      return null
    })
  }

  /** @returns {Surroundings} */
  #surroundings() {
    return {
      attempts: this.#attempts,
      standing: () => headline(this.store.facts),
      look: () => this.#look(),
      busy: (word) => {
        this.#busy = word
        this.draw()
      },
      done: (ask, answer) => this.#done(ask, answer),
      gone: () => this.events.changed(),
      closed: () => this.#giveFocusBack(),
    }
  }

  /** @param {HTMLElement | null} opener where the focus goes back to @param {(tools: Tools) => Ask} make */
  async #ask(opener, make) {
    this.#opener = opener
    this.#menu.open = false
    const tools = await this.#load()
    if (tools === null || this.#dialog === null) {
      this.#words = "What this takes could not be loaded. Check the connection, or load the page again."
      this.draw()
      return this.#giveFocusBack()
    }
    this.#words = ""
    this.#drawSaid()
    const ask = make(tools)
    // As the form does it: below the sum that this browser keeps nobody is asked.
    this.#dialog.open(ask, typeof ask.usd === "number" && ask.usd <= askAbove())
  }

  get #isFolded() {
    return this.#narrow.matches
  }

  /** How the buttons are called where it is said what can be done next. */
  get names() {
    const { waiting, isOver } = standingOf(this.store)
    return buttonNames(!isOver && waiting > 0, this.#isFolded ? FOLDED : null)
  }

  draw() {
    const { removed } = this.store
    this.#fold()
    const acts = removed ? [] : actsFor(standingOf(this.store))
    this.#list.hidden = removed
    this.#menu.hidden = removed
    const focused = document.activeElement
    const hadFocus = this.#list.contains(focused)
    for (const [name, button] of this.#buttons) button.hidden = !acts.some((act) => act.name === name)
    for (const { name, label, rows } of acts) {
      const button = this.#button(name)
      const text = rows === null ? label : `${label} `
      if (button.firstChild === null) fill(button, text, h("span", { class: "n" }))
      setText(/** @type {Node} */ (button.firstChild), text)
      setText(
        /** @type {Node} */ (button.lastChild),
        rows === null ? "" : `${count(rows)}${this.#cost(name, rows)}`,
      )
    }
    // What is hidden loses the focus to nothing.
    if (hadFocus && !focused?.checkVisibility()) this.#focusFirst()
    this.#drawSaid()
    this.#dialog?.refresh()
  }

  /** Small sums are not asked about: they are named before anything is pressed. @param {ActName} name @param {number} rows */
  #cost(name, rows) {
    const { store } = this
    const usd =
      name === "retry"
        ? costOf(store.group.metadata?.processor, rows)
        : name === "resume"
          ? costOfResume(store, standingOf(store))
          : null
    return usd === null || usd === 0 ? "" : ` for ${exactly(usd)}`
  }

  /** Where there is room they are in sight. */
  #fold() {
    const isFolded = this.#isFolded
    if (isFolded && this.#menu.parentNode === null) {
      this.#panel.append(this.#list)
      this.#bar.prepend(this.#menu)
    } else if (!isFolded && this.#list.parentNode !== this.#bar) {
      this.#menu.remove()
      this.#bar.prepend(this.#list)
    }
  }

  /** In the order in which they stand. @param {ActName} name */
  #button(name) {
    let button = this.#buttons.get(name)
    if (button !== undefined) return button
    button =
      name === "again"
        ? h("a", {
            class: "button small",
            href: `/#again=${encodeURIComponent(this.store.group.taskgroup_id)}`,
          })
        : h("button", { type: "button", class: `small act-${name}`, onclick: () => this.#open(name) })
    button.dataset.act = name
    this.#buttons.set(name, button)
    const after = ORDER.slice(ORDER.indexOf(name) + 1)
      .map((other) => this.#buttons.get(other))
      .find((other) => other !== undefined)
    this.#list.insertBefore(button, after ?? null)
    return button
  }

  /** @param {ActName} name */
  #open(name) {
    void this.#ask(this.#buttons.get(name) ?? null, (tools) => this.#askFor(name, tools))
  }

  /** @param {ActName} name @param {Tools} tools @returns {Ask} */
  #askFor(name, tools) {
    const { store, base } = this
    const standing = () => standingOf(store)
    if (name === "retry") return tools.retryAsk(base, store, standing(), null)
    if (name === "inputs") return tools.addAsk(base, store)
    if (name === "resume") return tools.resumeAsk(base, standing, store)
    return name === "stop" ? tools.stopAsk(base, standing) : tools.deleteAsk(base, standing)
  }

  /** @param {number} index */
  #retryRow(index) {
    const { store, base } = this
    const active = document.activeElement
    const opener = active instanceof HTMLElement ? active : null
    void this.#ask(opener, ({ retryAsk }) => retryAsk(base, store, standingOf(store), index))
  }

  /** @param {Ask} ask @param {any} answer */
  #done(ask, answer) {
    this.#words = ask.done(answer)
    if (ask.act === "delete") this.events.deleted()
    else this.events.changed()
    this.draw()
    this.#giveFocusBack()
  }

  /** What the server says that the group is at, else what this page knows. */
  async #look() {
    // If it was done, the page should show it.
    this.events.changed()
    try {
      const response = await fetch(`${this.base}.json?limit=1&basis=none`)
      if (response.status === 404) return "it is no more"
      const { status } = await response.json()
      return headline(factsOf(status, status.is_active === false))
    } catch {
      return headline(this.store.facts)
    }
  }

  /** What is under way, what has been done, and what nobody has answered. */
  #drawSaid() {
    const pending = this.#dialog?.isOpen || this.#busy !== "" || this.store.removed ? [] : this.#attempts.list
    const key = JSON.stringify([this.#busy, this.#words, pending.map(({ act, label }) => [act, label])])
    if (this.#said.dataset.key === key) return
    this.#said.dataset.key = key
    fill(
      this.#said,
      this.#busy || (pending.length === 0 ? this.#words : ""),
      pending.map(({ act, label }) =>
        h(
          "button",
          { type: "button", class: "small act-open", onclick: () => this.#open(act) },
          `${label}: no answer came. See what is so`,
        ),
      ),
    )
    this.#said.hidden = this.#said.textContent === ""
  }

  /** To where the dialog was opened from, else to where one goes on. */
  #giveFocusBack() {
    const opener = this.#opener
    this.draw()
    if (this.#dialog?.isOpen || opener === null) return
    const same = opener.isConnected
      ? opener
      : /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${opener.dataset.key ?? ""}"]`))
    if (same?.checkVisibility()) same.focus()
    else this.#focusFirst()
  }

  #focusFirst() {
    const places = [this.#summary, ...this.#list.children, byId("title")]
    const place = places.find((one) => one.checkVisibility())
    if (place instanceof HTMLElement) place.focus()
  }
}

/** @type {ActName[]} */
const ORDER = ["retry", "resume", "stop", "inputs", "again", "delete"]
