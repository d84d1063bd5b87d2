// @ts-check
/** @import { Store } from "./store.js" */

import { byId, fill, h, setText } from "../shared/dom.js"
import { buttonNames, headline, nextStep, stateLabel, tabText } from "../shared/domain.js"
import { ago, count, day, dollars, duration, durationRange, plural, wordsIn } from "../shared/format.js"
import { countsText, drawBar, withMarks } from "../shared/progress.js"
import { findProcessor } from "../processors.js"
import { tabIcon } from "./icon.js"
import { Pace } from "./pace.js"
/** @import { StatusFacts } from "../shared/domain.js" */

/** One that took longer has probably become active again, and rested in between. */
const LONGEST_S = 86_400
/** The server's sentence, for programs. */
const LEFT_OUT = /\d+ inputs? (?:was|were) not sent to Parallel: POST \S+ to send (?:it|them)\./
/** A screen reader hears of progress no more often than this. */
const SPEAK_EVERY_MS = 15_000

/** What it is at, headline, bar, rate, time left, cost, what can be done next; also the tab's title and icon. */
export class Progress {
  #headline = byId("headline")
  #facts = byId("facts")
  #bar = byId("bar")
  #spoken = byId("spoken")
  #notices = byId("notices")
  #icon = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"))
  #spokenAt = 0
  #spokenState = ""
  #wasOver = false
  #iconFor = ""
  #noticesFor = ""
  pace = new Pace()
  /** When it was seen to become active again. @type {number | null} */
  #again = null

  /** @param {Store} store @param {string | null} sunset */
  constructor(store, sunset) {
    this.store = store
    /** How acts are called in what can be done next. */
    this.names = () => buttonNames(false, null)
    this.sunset = sunset
  }

  draw() {
    const { store } = this
    const { total, finished, facts } = store
    const counts = store.statusCounts
    const over = !store.active
    if (this.#wasOver && !over) this.#beginAgain()
    this.#wasOver = over
    setText(this.#headline, this.#goneWord ?? headline(facts))
    drawBar(this.#bar, counts, total)
    this.#bar.setAttribute(
      "aria-label",
      total > 0 ? `${count(finished)} of ${count(total)} finished: ${countsText(counts)}` : "no rows",
    )
    this.#drawFacts(over, finished)
    this.#drawNotices(facts)
    this.#drawTab(facts, finished)
    this.#speak(facts, over)
  }

  /** What it was at when it went is of no interest. */
  get #goneWord() {
    return this.store.deleted ? "Deleted" : this.store.removed ? "Removed" : null
  }

  get #gone() {
    return this.store.deleted ? DELETED : REMOVED
  }

  /** Of the time in between nothing is to be known of the rate. */
  #beginAgain() {
    this.#again = Date.now()
    this.pace.restart()
  }

  /** @param {boolean} over @param {number} finished */
  #drawFacts(over, finished) {
    const { store } = this
    const created = store.group.created_at
    const processor = store.group.metadata?.processor
    const spent = store.status?.estimated_cost_usd
    const isRunning = !over && store.facts.state === "running"
    // While rows are still loading, what comes in has ended before.
    if (isRunning && store.current) this.pace.note(finished)
    const rate = isRunning && store.current ? this.pace.perSecond(finished) : null
    const [left, why] = isRunning ? this.#left(rate, finished) : []
    // Places stay where they are while what stands in them becomes known, so that nothing below them moves.
    /** @type {[string, string | null, string?][]} */
    const facts = [
      ["Processor", typeof processor === "string" ? processor : null],
      over
        ? ["Took", this.#took(), "From the group's start to its last change"]
        : ["Rate", rate === null ? UNKNOWN : `${shortNumber(rate * 60)} / min`],
      over
        ? ["Kept until", store.removed ? null : (day(this.sunset) ?? UNKNOWN), this.sunset ?? undefined]
        : ["Left", left ?? UNKNOWN, why],
      [
        over ? "Spent" : "Spent so far",
        typeof spent === "number" ? `about ${dollars(spent)} at list price` : null,
        "All runs started, those of further attempts included",
      ],
      ["Started", ago(created), created ?? undefined],
    ]
    fill(
      this.#facts,
      facts
        .filter(([, value]) => value !== null)
        .map(([name, value, title]) => h("div", { title }, h("dt", {}, name), h("dd", {}, value))),
    )
  }

  /**
   * By what was seen; until enough was, by what the processor usually takes: runs of a group go on at the same time.
   * @param {number | null} rate @param {number} finished @returns {[text?: string, why?: string]}
   */
  #left(rate, finished) {
    const { store } = this
    if (rate !== null)
      return [`about ${duration((store.total - finished) / rate)}`, "At the pace of the last two minutes"]
    const usual = findProcessor(store.group.metadata?.processor)
    const began = this.#again ?? Date.parse(store.group.created_at ?? "")
    const left = usual === undefined ? NaN : usual.seconds[1] - (Date.now() - began) / 1000
    if (usual === undefined || !(left > 0)) return []
    return [`up to ${duration(left)}`, `${usual.name} usually takes ${durationRange(usual.seconds)}`]
  }

  /** Null where it would say how long the group has rested. */
  #took() {
    const { group, status, removed } = this.store
    const seconds = (Date.parse(status?.modified_at ?? "") - Date.parse(group.created_at ?? "")) / 1000
    if (seconds >= LONGEST_S) return null
    return !removed && seconds >= 1 ? duration(seconds) : UNKNOWN
  }

  /** @param {StatusFacts} facts */
  #drawNotices(facts) {
    const { group, status, removed } = this.store
    const [, look] = stateLabel(facts)
    const said = typeof status?.status_message === "string" ? status.status_message.trim() : ""
    // What the server calls by its address is a button here; what can be done next says of a stop what it has left out.
    const own = ["stopping", "stopped"].includes(facts.state) ? said.replace(LEFT_OUT, "").trim() : said
    const message = own.replace(/POST \S+\/resume\b/g, "“Resume”")
    const next = removed ? this.#gone : nextStep(facts, group.taskgroup_id, this.names())
    const warnings = (Array.isArray(group.warnings) ? group.warnings : []).map(String)
    const key = JSON.stringify([look, message, next, warnings])
    if (key === this.#noticesFor) return
    this.#noticesFor = key
    /** @param {string} kind @param {string[]} texts */
    const notice = (kind, ...texts) =>
      h(
        "div",
        { class: `notice ${kind}` },
        ...texts.filter(Boolean).map((text) => h("p", {}, withMarks(text))),
      )
    const ill = removed || look === "ill" ? "error" : "warning"
    const calm = !removed && ["well", "partly", "plain"].includes(look)
    fill(
      this.#notices,
      calm
        ? [message !== "" && notice("warning", message), h("p", { class: "next" }, withMarks(next))]
        : notice(ill, removed ? "" : message, next),
      warnings.length > 0 && foldedWarnings(warnings, this.#notices.querySelector("details")?.open === true),
    )
  }

  /** @param {StatusFacts} facts @param {number} finished */
  #drawTab(facts, finished) {
    document.title = `${this.#goneWord ?? tabText(facts)} · ${wordsIn(this.store.group.metadata, "title") ?? "Parallel Multitask"}`
    const share = facts.num_task_runs > 0 ? Math.round((20 * finished) / facts.num_task_runs) / 20 : 0
    const [label, look] =
      this.#goneWord === null ? stateLabel(facts) : [this.#goneWord, /** @type {const} */ ("ill")]
    const key = `${label} ${share}`
    if (key === this.#iconFor) return
    this.#iconFor = key
    this.#icon.href = tabIcon(share, look, label)
  }

  /** @param {StatusFacts} facts @param {boolean} over */
  #speak(facts, over) {
    const now = Date.now()
    const isNews = facts.state !== this.#spokenState
    if (!over && !isNews && now - this.#spokenAt < SPEAK_EVERY_MS) return
    this.#spokenAt = now
    this.#spokenState = facts.state
    const ended = this.store.removed
      ? this.#gone
      : `${stateLabel(facts)[0]}: ${countsText(this.store.statusCounts)}`
    setText(this.#spoken, over ? ended : headline(facts))
  }
}

/** They are about what was asked, which stands: one line of them is enough. @param {string[]} warnings @param {boolean} isOpen */
const foldedWarnings = (warnings, isOpen) =>
  h(
    "details",
    { class: "warnings", open: isOpen },
    h("summary", {}, plural(warnings.length, "warning"), h("span", { class: "first" }, `: ${warnings[0]}`)),
    h(
      "ul",
      { tabindex: "0", "aria-label": "Warnings" },
      warnings.map((text) => h("li", {}, withMarks(text))),
    ),
  )

const UNKNOWN = "…"

/** @param {number} n */
const shortNumber = (n) => (n >= 10 ? count(Math.round(n)) : n.toFixed(1))

const HELD = "What is shown is what this page still holds: download it to keep it."
const REMOVED = `This group has been removed. ${HELD}`
const DELETED = `You have deleted this group. ${HELD} Whoever opens its link finds nothing.`
