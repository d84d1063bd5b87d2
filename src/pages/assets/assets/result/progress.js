// @ts-check
/** @import { Store } from "./store.js" */

import { byId, fill, h, setText } from "../shared/dom.js"
import { headline, nextStep, stateLabel, tabText } from "../shared/domain.js"
import { ago, count, day, dollars, duration, wordsIn } from "../shared/format.js"
import { countsText, drawBar, withCalls } from "../shared/progress.js"
import { tabIcon } from "./icon.js"
/** @import { StatusFacts } from "../shared/domain.js" */

/** The rate is that of the last two minutes. */
const RATE_WINDOW_MS = 120_000
/** One that is older has probably become active again, so that how long it took so far says nothing of the rest. */
const LONGEST_AGE_S = 86_400
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
  #opened = Date.now()
  /** It was seen to become active again. */
  #again = false

  /** @param {Store} store @param {string | null} sunset */
  constructor(store, sunset) {
    this.store = store
    this.sunset = sunset
  }

  draw() {
    const { store } = this
    const { total, finished, facts } = store
    const counts = store.statusCounts
    const over = !store.active
    if (this.#wasOver && !over) this.#beginAgain()
    this.#wasOver = over
    setText(this.#headline, headline(facts))
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

  /** Of the time in between nothing is to be known of the rate. */
  #beginAgain() {
    this.#opened = Date.now()
    this.#again = true
    this.store.endings.length = 0
  }

  /** @param {boolean} over @param {number} finished */
  #drawFacts(over, finished) {
    const { store } = this
    const processor = store.group.metadata?.processor
    const spent = store.status?.estimated_cost_usd
    const rate = over || store.facts.state !== "running" ? null : this.#perSecond(finished)
    const perMinute = rate === null ? null : rate * 60
    /** @type {[string, string | null, string?][]} */
    const facts = [
      ["Processor", typeof processor === "string" ? processor : null],
      [
        "Rate",
        perMinute === null
          ? null
          : `${perMinute >= 10 ? count(Math.round(perMinute)) : perMinute.toFixed(1)} / min`,
      ],
      ["Left", rate === null ? null : `about ${duration((store.total - finished) / rate)}`],
      [
        over ? "Spent" : "Spent so far",
        typeof spent === "number" ? `about ${dollars(spent)} at list price` : null,
        "All runs started, those of further attempts included",
      ],
      ["Started", ago(store.group.created_at)],
      ["Kept until", over && !store.removed ? day(this.sunset) : null],
    ]
    fill(
      this.#facts,
      facts
        .filter(([, value]) => value !== null)
        .map(([name, value, title]) => h("div", { title }, h("dt", {}, name), h("dd", {}, value))),
    )
  }

  /** Rows ended in a second: lately if any did while the page was open, else since the group began. @param {number} finished */
  #perSecond(finished) {
    const now = Date.now()
    const { endings } = this.store
    let from = 0
    while (from < endings.length && now - /** @type {number} */ (endings[from]) > RATE_WINDOW_MS) from++
    endings.splice(0, from)
    const watched = Math.min(RATE_WINDOW_MS, now - this.#opened)
    if (endings.length >= 3 && watched > 5000) return endings.length / (watched / 1000)
    const began = Date.parse(this.store.group.created_at ?? "")
    const age = (now - began) / 1000
    const isKnown = !this.#again && finished >= 1 && age > 5 && age < LONGEST_AGE_S
    return isKnown && finished < this.store.total ? finished / age : null
  }

  /** @param {StatusFacts} facts */
  #drawNotices(facts) {
    const { group, status, removed } = this.store
    const [, look] = stateLabel(facts)
    const message = typeof status?.status_message === "string" ? status.status_message.trim() : ""
    const next = removed ? REMOVED : nextStep(facts, group.taskgroup_id)
    const warnings = (Array.isArray(group.warnings) ? group.warnings : []).map(String)
    const key = JSON.stringify([look, message, next, warnings])
    if (key === this.#noticesFor) return
    this.#noticesFor = key
    /** @param {string} kind @param {string[]} texts */
    const notice = (kind, ...texts) =>
      h(
        "div",
        { class: `notice ${kind}` },
        ...texts.filter(Boolean).map((text) => h("p", {}, withCalls(text))),
      )
    const ill = removed || look === "ill" ? "error" : "warning"
    const calm = !removed && ["well", "partly", "plain"].includes(look)
    fill(
      this.#notices,
      calm
        ? [message !== "" && notice("warning", message), h("p", { class: "next" }, withCalls(next))]
        : notice(ill, removed ? "" : message, next),
      warnings.map((text) => notice("warning", text)),
    )
  }

  /** @param {StatusFacts} facts @param {number} finished */
  #drawTab(facts, finished) {
    document.title = `${tabText(facts)} · ${wordsIn(this.store.group.metadata, "title") ?? "Parallel Multitask"}`
    const share = facts.num_task_runs > 0 ? Math.round((20 * finished) / facts.num_task_runs) / 20 : 0
    const [label, look] = stateLabel(facts)
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
      ? REMOVED
      : `${stateLabel(facts)[0]}: ${countsText(this.store.statusCounts)}`
    setText(this.#spoken, over ? ended : headline(facts))
  }
}

const REMOVED =
  "This group has been removed. What is shown is what this page still holds: download it to keep it."
