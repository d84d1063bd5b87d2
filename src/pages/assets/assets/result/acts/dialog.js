// @ts-check
/** @import { Child } from "../../shared/dom.js" */
/** @import { Outcome } from "../../shared/send.js" */
/** @import { ActRequest, Attempts, Pending } from "./attempts.js" */
/** @import { ActName } from "./standing.js" */

import { isForgotten } from "../../shared/attempt.js"
import { fill, h, setText } from "../../shared/dom.js"
import { send } from "../../shared/send.js"
import { KeyField } from "./keyField.js"
import { againText, refusalText, sentText } from "./words.js"

/**
 * What is sent when the button is pressed, which says so: "Retry 12 rows for $0.30". Without a request there is nothing to
 * be sent. `paid`: it costs money.
 * @typedef {{ request: ActRequest | null, label: string, rows: number, paid: boolean }} Order
 *
 * One act as it is asked about. `plan` looks up what it comes to, and is told how to send; `first` is what is typed in, if
 * anything; `usd` is what it costs where nobody need be asked about it for a small sum; `renew` gives the same with the figures of now; `done` says what it came to.
 * @typedef {{ act: ActName, title: string, body: Child[], first?: HTMLElement, usd?: number | null, order: () => Order, note?: () => string,
 *   plan?: (ask: (request: ActRequest) => Promise<Outcome<any>>) => Promise<Extract<Outcome<any>, { ok: false }> | null>,
 *   bind?: (changed: (planAnew: boolean) => void) => void, renew?: () => Ask, done: (answer: any) => string }} Ask
 *
 * @typedef {{ attempts: Attempts, standing: () => string, look: () => Promise<string>, busy: (words: string) => void,
 *   done: (ask: Ask, answer: any) => void, gone: () => void, closed: () => void }} Surroundings
 */

const LOOKS_UP = "Looking up the cost…"

/** Asks before something is done to the group, does it once, and says what became of it. */
export class ActDialog {
  #title = h("h2", { id: "act-title" })
  #body = h("div", { class: "act-body" })
  #note = h("p", { class: "hint", role: "status" })
  #problem = h("div", { class: "notice error", id: "act-problem", role: "alert", hidden: true })
  #cancel = h("button", { type: "button" }, "Cancel")
  #anew = h("button", { type: "button", hidden: true }, "Start anew")
  #go = h("button", { type: "submit", class: "primary" })
  #key = new KeyField()
  #dialog
  /** @type {Ask | null} */
  #ask = null
  /** Whose body is shown. @type {Ask | null} */
  #shown = null
  /** What was sent and not answered, while that is what it is about. @type {Pending | null} */
  #pending = null
  /** What is under way, in a word. */
  #busy = ""
  /** Of the newest plan: an older one's answer is of no interest. */
  #planned = 0
  #isPlanning = false

  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around
    const form = h(
      "form",
      { novalidate: true },
      this.#title,
      this.#body,
      this.#key.element,
      this.#note,
      this.#problem,
      h("div", { class: "act-buttons" }, this.#cancel, this.#anew, this.#go),
    )
    this.#dialog = h("dialog", { id: "act", "aria-labelledby": "act-title" }, form)
    document.body.append(this.#dialog)
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      void this.#send()
    })
    // Enter in a small field must not spend money; in the key's field it is meant.
    form.addEventListener("keydown", (event) => {
      const { target } = event
      const isSmall = target instanceof HTMLInputElement && target.type === "checkbox"
      if (event.key === "Enter" && isSmall) event.preventDefault()
    })
    this.#cancel.addEventListener("click", () => this.#dialog.close())
    this.#anew.addEventListener("click", () => this.#startAnew())
    this.#dialog.addEventListener("close", () => this.around.closed())
    // Only while something is typed: a press of the button ends that, and nothing may move away from under it.
    this.#key.onInput = () => this.#changed(false)
  }

  get isOpen() {
    return this.#dialog.open
  }

  /** @param {Ask} ask @param {boolean} [atOnce] without asking, where there is a key and nothing is in doubt */
  open(ask, atOnce = false) {
    if (this.#busy !== "") return this.#show()
    this.#ask = ask
    ask.bind?.((planAnew) => this.#changed(planAnew))
    this.#pending = this.around.attempts.of(ask.act)
    this.#say("")
    this.#draw()
    if (atOnce && this.#pending === null && this.#key.value !== "") return void this.#send()
    this.#show()
    if (this.#pending === null) void this.#plan()
    else void this.#look(this.#pending)
  }

  /** The group goes on meanwhile: figures that are shown are those of now. */
  refresh() {
    if (!this.#dialog.open || this.#busy !== "") return
    if (this.#pending === null && this.#ask?.renew) this.#ask = this.#ask.renew()
    this.#draw()
  }

  /** What is asked about begins at its safe button. */
  #show() {
    if (this.#dialog.open) return
    this.#key.draw()
    this.#draw()
    this.#dialog.showModal()
    const first = this.#pending === null ? this.#ask?.first : undefined
    ;(first ?? this.#cancel).focus()
  }

  #startAnew() {
    if (this.#pending === null || this.#ask === null || this.#busy !== "") return
    this.around.attempts.settle(this.#pending.act)
    this.#pending = null
    this.#say("")
    this.#draw()
    ;(this.#ask.first ?? this.#cancel).focus()
    void this.#plan()
  }

  /** Nothing of it is sent yet: what was said of it is no longer so. @param {boolean} planAnew */
  #changed(planAnew) {
    if (this.#busy !== "") return
    this.#say("")
    this.#draw()
    if (planAnew && this.#pending === null) void this.#plan()
  }

  #draw() {
    const ask = this.#ask
    if (ask === null) return
    const pending = this.#pending
    setText(this.#title, pending === null ? ask.title : `${pending.label}: no answer came`)
    if (pending === null && this.#shown !== ask) {
      fill(this.#body, ask.body)
      this.#shown = ask
    }
    const order = ask.order()
    const isTwice = pending !== null && !this.#canRepeat(pending)
    this.#anew.hidden = pending === null
    this.#go.hidden = isTwice
    const again = pending?.paid ? "Send again, paid once" : "Send again, done once"
    setText(this.#go, this.#busy || (pending === null ? order.label : again))
    const isOff = this.#busy !== "" || (pending === null && (order.request === null || this.#isPlanning))
    this.#go.setAttribute("aria-disabled", String(isOff))
    this.#go.classList.toggle("busy", this.#busy !== "")
    const note = pending !== null ? "" : this.#isPlanning ? LOOKS_UP : (ask.note?.() ?? "")
    setText(this.#note, note)
    this.#note.hidden = note === ""
  }

  /** @param {Pending} pending */
  #canRepeat(pending) {
    const isOther = this.around.attempts.isOther(pending, this.#key.value)
    return pending.request !== null && !isForgotten(pending) && !isOther
  }

  /** Before anything is sent a second time: what has the group come to? @param {Pending} pending */
  async #look(pending) {
    const draw = (/** @type {string | null} */ now) => {
      if (this.#pending !== pending) return
      this.#shown = null
      const isOther = this.around.attempts.isOther(pending, this.#key.value)
      const lines = [...sentText(pending, now), againText(pending, isOther)]
      fill(
        this.#body,
        lines.map((line) => h("p", {}, line)),
      )
    }
    draw(null)
    draw(await this.around.look())
  }

  /** What it comes to, by a plan of the server's; needs a key. */
  async #plan() {
    const ask = this.#ask
    if (ask?.plan === undefined || this.#key.value === "" || ask.order().request === null) return
    const number = ++this.#planned
    this.#isPlanning = true
    this.#draw()
    const key = this.#key.value
    const refusal = await ask.plan((request) =>
      send({ ...request, idempotencyKey: null, repeat: "" }, key, () => {}),
    )
    if (number !== this.#planned) return
    this.#isPlanning = false
    if (this.#ask !== ask) return
    if (refusal !== null) this.#refuse(refusal, true)
    this.#draw()
  }

  async #send() {
    const ask = this.#ask
    if (ask === null || this.#go.getAttribute("aria-disabled") === "true" || this.#go.hidden) return
    const apiKey = this.#key.value
    if (apiKey === "") {
      this.#key.refuse()
      this.#say("Paste an API key of the account that made this group.")
      return
    }
    const order = ask.order()
    const request = this.#pending?.request ?? order.request
    if (request === null) return
    const { label, rows, paid } = this.#pending ?? order
    const { attempts } = this.around
    const about = { label, rows, paid, before: this.around.standing() }
    const attempt = attempts.begin(ask.act, request, about, apiKey)
    this.#say("")
    this.#enter("Sending…")
    const idempotencyKey = attempt.key
    const outcome = await send({ ...request, idempotencyKey, repeat: "" }, apiKey, () =>
      this.#enter("Trying again…"),
    )
    // Deleted is deleted, whoever did it.
    const isDone = outcome.ok || (outcome.status === 404 && ask.act === "delete")
    // Before anything is drawn, which would say that no answer came.
    if (isDone || !outcome.unknown || outcome.unchanged) attempts.settle(ask.act)
    this.#enter("")
    if (isDone) {
      this.#key.accept()
      this.#end()
      return this.around.done(ask, outcome.ok ? outcome.answer : {})
    }
    this.#pending = attempts.of(ask.act)
    if (outcome.status === 404) this.around.gone()
    this.#refuse(outcome, false)
    if (this.#pending !== null) void this.#look(this.#pending)
    else if (outcome.status === 422) void this.#plan()
    this.#draw()
  }

  #end() {
    this.#pending = null
    if (this.#dialog.open) this.#dialog.close()
  }

  /** @param {string} word */
  #enter(word) {
    this.#busy = word
    this.#draw()
    this.around.busy(word)
  }

  /** @param {Extract<Outcome<any>, { ok: false }>} outcome @param {boolean} isPlan */
  #refuse(outcome, isPlan) {
    this.#show()
    if (outcome.status === 401 || outcome.status === 403) this.#key.refuse()
    this.#say(refusalText(outcome, isPlan))
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#problem, text)
    this.#problem.hidden = text === ""
  }
}
