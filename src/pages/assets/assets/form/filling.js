// @ts-check
/** @import { Link } from "./link.js" */
/** @import { Fills } from "./fills.js" */

import { byId, fill, h, setText } from "../shared/dom.js"
import { count, plural } from "../shared/format.js"
import { readGroup } from "./again.js"
import { dropBefore, saveBefore, storedBefore } from "./draft.js"
import { emptied, filled } from "./fills.js"
import { isLink, readLink } from "./link.js"

/**
 * The form as it was. What is secret of it is here only, in memory: null where nobody knows it any more.
 * @typedef {{ draft: any, what: string, secret: string | null, others: string | null }} Snapshot
 * @typedef {{ draft: () => any, restore: (draft: any) => void, what: () => string }} Form `what` is in it, in words
 */

/** How often one is told how far it is. */
const TOLD_MS = 400

/** What is in the form. @param {number | null} rows null: behind a URL @param {string} asked */
export const inWords = (rows, asked) =>
  [
    rows === null ? "rows by their address" : plural(rows, "row"),
    asked && `“${asked.length > 60 ? `${asked.slice(0, 60)}…` : asked}”`,
  ]
    .filter(Boolean)
    .join(", ")

/** Fills the form with what the address carries, and keeps what was there: a link must not take anything from anybody. */
export class Filling {
  #said = byId("filled-said")
  #stop = byId("filled-stop")
  #retry = byId("filled-retry")
  #back = byId("bring-back")
  #secret = /** @type {HTMLInputElement} */ (byId("webhook-secret"))
  #others = /** @type {HTMLTextAreaElement} */ (byId("other-fields"))
  /** @type {Snapshot | null} */
  #before = null
  /** The form as it was filled: as long as it is that, what was before it is still what was typed. */
  #asFilled = ""
  #reading = new AbortController()
  /** @type {Link | null} */
  #asked = null
  #turn = 0

  /** @param {Form} form */
  constructor(form) {
    this.form = form
    this.#back.addEventListener("click", () => this.#bringBack())
    this.#stop.addEventListener("click", () => this.interrupt())
    this.#retry.addEventListener("click", () => void (this.#asked && this.#again(this.#asked)))
    byId("filled-close").addEventListener("click", () => {
      this.interrupt()
      this.#before = null
      dropBefore()
      byId("filled").hidden = true
      byId("form").querySelector("textarea")?.focus()
    })
    addEventListener("hashchange", () => void this.#open(true))
  }

  /** Call it once the form is as it was left. */
  async start() {
    const stored = storedBefore()
    if (stored !== null) {
      this.#before = { ...stored, secret: null, others: null }
      this.#tell("What was here before this was filled in can be had again.")
    }
    await this.#open(false)
  }

  /** Whoever types meanwhile wants the form as it is. */
  interrupt() {
    this.#reading.abort()
  }

  /** @param {boolean} isAsked by somebody who is on this page already */
  async #open(isAsked) {
    if (!isLink(location.hash)) return
    const fragment = location.hash
    // Neither in the history of the tab nor in what one copies from the bar.
    history.replaceState(history.state, "", location.pathname + location.search)
    this.interrupt()
    const turn = ++this.#turn
    const link = await readLink(fragment)
    // Another link was opened meanwhile.
    if (turn !== this.#turn) return
    this.#asked = link.again === null ? null : link
    if (link.again !== null) void this.#again(link)
    else this.#take(link)
    if (!isAsked) return
    byId("filled").scrollIntoView({ block: "start" })
    this.#said.focus({ preventScroll: true })
  }

  /** @param {Link} link */
  #take({ fills, isWhole, taken, ignored, toOthers }) {
    if (taken.length === 0 && !isWhole) return this.#tell("The link has filled in nothing.", { ignored })
    this.#fill(fills, isWhole)
    const rest = isWhole ? " The rest was emptied." : ""
    const what = taken.length > 0 ? `: ${taken.join(", ")}` : ""
    this.#tell(`Filled in by a link${what}.${rest} Nothing has been sent.`, { ignored, toOthers })
  }

  /** @param {Link} link */
  async #again(link) {
    const reading = new AbortController()
    this.#reading = reading
    const id = link.again ?? ""
    this.#tell("Reading the group…", { isReading: true })
    let told = performance.now()
    try {
      const outcome = await readGroup(id, reading.signal, (title, rows, of) => {
        if (rows > 0 && performance.now() - told < TOLD_MS) return
        told = performance.now()
        setText(this.#said, `Reading “${title}”: ${count(rows)} of ${plural(of, "row")}…`)
      })
      reading.signal.throwIfAborted()
      if ("failed" in outcome) return this.#tell("", { ignored: [outcome.failed], canRetry: true })
      const { fills, title, rows, ignored } = outcome.earlier
      this.#fill({ ...fills, ...link.fills }, true)
      this.#tell(
        `Filled in from “${title}”: ${plural(rows, "row")}, what was asked, fields and processor. Nothing has been sent. A webhook and other request fields are not known of a group: put them in again if it had any.`,
        { ignored: [...ignored, ...link.ignored], toOthers: link.toOthers },
      )
    } catch {
      // Another link was opened, which tells its own.
      if (this.#reading !== reading) return
      const why = reading.signal.aborted
        ? "Stopped: the form is as you left it."
        : "Something went wrong here."
      this.#tell(why, { canRetry: true })
    }
  }

  /** @param {Fills} fills @param {boolean} isWhole whether the rest is emptied */
  #fill(fills, isWhole) {
    const now = this.#snapshot()
    const isTyped = this.#before === null || this.#textOf(now.draft) !== this.#asFilled
    this.#put({
      draft: filled(isWhole ? emptied(now.draft) : now.draft, fills),
      what: "",
      secret: isWhole || fills.webhook !== undefined ? "" : now.secret,
      others: isWhole || fills.others !== undefined ? null : now.others,
    })
    this.#asFilled = this.#textOf(this.form.draft())
    if (isTyped) this.#keep(now)
  }

  #bringBack() {
    const before = this.#before
    if (before === null) return
    const now = this.#snapshot()
    // What became of what was sent before or since must be known after it, too.
    const { trial, attempt, done, started } = now.draft.orders
    const was = before.draft.orders
    const orders = {
      ...was,
      trial: was?.trial ?? trial,
      attempt,
      done: was?.done ?? done,
      started: was?.started ?? started,
    }
    this.#put({ ...before, draft: { ...before.draft, orders } })
    this.#asFilled = ""
    this.#keep(now)
    this.#tell("What was here is back. What it replaced can be had again in the same way.")
    this.#said.focus({ preventScroll: true })
  }

  /** @param {Snapshot} before */
  #keep(before) {
    this.#before = before
    saveBefore({ draft: before.draft, what: before.what })
  }

  /** @returns {Snapshot} */
  #snapshot() {
    return {
      draft: structuredClone(this.form.draft()),
      what: this.form.what(),
      secret: this.#secret.value,
      others: this.#others.value,
    }
  }

  /** @param {Snapshot} snapshot */
  #put({ draft, secret, others }) {
    const options = {
      ...draft.options,
      ...(others !== null && { others }),
      ...(secret !== null && { hadSecret: false }),
    }
    this.#secret.value = secret ?? ""
    this.form.restore({ ...draft, options })
  }

  /** What is asked for, without what was made of it. @param {any} draft */
  #textOf(draft) {
    return JSON.stringify({ ...draft, orders: null, suggested: null })
  }

  /**
   * @param {string} said
   * @param {{ ignored?: string[], toOthers?: string[], isReading?: boolean, canRetry?: boolean }} [more]
   */
  #tell(said, { ignored = [], toOthers = [], isReading = false, canRetry = false } = {}) {
    byId("filled").hidden = false
    setText(this.#said, said)
    this.#said.hidden = said === ""
    const lines = (/** @type {string[]} */ texts) => texts.map((text) => h("p", {}, text))
    fill(byId("filled-others"), lines(toOthers))
    fill(byId("filled-ignored"), lines(ignored))
    this.#stop.hidden = !isReading
    this.#retry.hidden = !canRetry
    this.#back.hidden = this.#before === null || isReading
    const what = this.#before?.what ?? ""
    setText(byId("before-what"), this.#back.hidden || what === "" ? "" : `It was: ${what}`)
  }
}
