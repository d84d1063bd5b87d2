// @ts-check
/** @import { Store } from "./store.js" */

import { byId, fill, h, setText } from "../shared/dom.js"
import { nextStep, stateLabel } from "../shared/domain.js"
import { ago, count, day, dollars, duration, plural, wordsIn } from "../shared/format.js"
import { countsText, drawBar } from "../shared/progress.js"
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
    setText(this.#headline, headline(facts, over, finished))
    drawBar(this.#bar, counts, total)
    this.#bar.setAttribute(
      "aria-label",
      total > 0 ? `${count(finished)} of ${count(total)} finished: ${countsText(counts)}` : "no rows",
    )
    this.#drawFacts(over, finished)
    this.#drawNotices(facts)
    this.#drawTab(facts, over, finished)
    this.#speak(facts, over, finished)
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
    const calm = !removed && (look === "well" || look === "plain")
    fill(
      this.#notices,
      calm
        ? [message !== "" && notice("warning", message), h("p", { class: "next" }, withCalls(next))]
        : notice(ill, removed ? "" : message, next),
      warnings.map((text) => notice("warning", text)),
    )
  }

  /** @param {StatusFacts} facts @param {boolean} over @param {number} finished */
  #drawTab(facts, over, finished) {
    const { num_task_runs: total, task_run_status_counts: counts } = facts
    const completed = counts.completed ?? 0
    const isWhole = completed === total
    const share = total > 0 ? Math.round((20 * finished) / total) / 20 : 0
    const shown = over && isWhole ? count(total) : `${count(over ? completed : finished)}/${count(total)}`
    const mark = markOf(facts, over)
    document.title = `${mark && `${mark} `}${shown} · ${wordsIn(this.store.group.metadata, "title") ?? "Parallel Multitask"}`
    const key = `${over} ${share} ${isWhole}`
    if (key === this.#iconFor) return
    this.#iconFor = key
    this.#icon.href = over && isWhole ? "/favicon.svg" : progressIcon(share, over)
  }

  /** @param {StatusFacts} facts @param {boolean} over @param {number} finished */
  #speak(facts, over, finished) {
    const now = Date.now()
    const isNews = facts.state !== this.#spokenState
    if (!over && !isNews && now - this.#spokenAt < SPEAK_EVERY_MS) return
    this.#spokenAt = now
    this.#spokenState = facts.state
    const ended = this.store.removed
      ? REMOVED
      : `${stateLabel(facts)[0]}: ${countsText(this.store.statusCounts)}`
    setText(this.#spoken, over ? ended : headline(facts, over, finished))
  }
}

const REMOVED =
  "This group has been removed. What is shown is what this page still holds: download it to keep it."

/** The API's calls in a sentence, as code. @param {string} text */
const withCalls = (text) =>
  text.split(/(POST \/[\w-]+\/[a-z]+)/).map((part, at) => (at % 2 === 1 ? h("code", {}, part) : part))

/** @param {StatusFacts} facts @param {boolean} over */
function markOf(facts, over) {
  if (facts.state === "waiting_for_credit" || facts.state === "key_refused") return "!"
  if (!over) return ""
  if (facts.state === "stopped") return "■"
  return stateLabel(facts)[1] === "ill" ? "✗" : "✓"
}

/** @param {StatusFacts} facts @param {boolean} over @param {number} finished */
function headline(facts, over, finished) {
  const { state, num_task_runs: total } = facts
  if (total === 0) return "No rows yet"
  const words =
    over && finished === total ? outcome(facts) : `${count(finished)} of ${plural(total, "row")} finished`
  return state === "running" || state === "done" ? words : `${stateLabel(facts)[0]}: ${words}`
}

/** What became of rows that have all ended. @param {StatusFacts} facts */
function outcome({ state, num_task_runs: total, task_run_status_counts: counts }) {
  const rows = plural(total, "row")
  const ends = [
    ["completed", "done"],
    ["failed", "failed"],
    ["cancelled", state === "done" ? "cancelled" : "not sent"],
  ].map(([status = "", word = ""]) => ({ word, rows: counts[status] ?? 0 }))
  const all = ends.find((end) => end.rows === total)
  if (all !== undefined) return `All ${rows} ${all.word}`
  const [done = { rows: 0 }, ...others] = ends
  const rest = others.filter((end) => end.rows > 0).map((end) => `, ${count(end.rows)} ${end.word}`)
  return `${count(done.rows)} of ${rows} done${rest.join("")}`
}

/** The mark with a ring that fills. @param {number} share @param {boolean} over */
function progressIcon(share, over) {
  const length = 2 * Math.PI * 11
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d1b16"/>` +
    `<circle cx="16" cy="16" r="11" fill="none" stroke="#6b645a" stroke-width="5"/>` +
    `<circle cx="16" cy="16" r="11" fill="none" stroke="${over ? "#fcfcfa" : "#fb631b"}" stroke-width="5" stroke-dasharray="${length * share} ${length}" transform="rotate(-90 16 16)"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
