// @ts-check
/** @import { Store } from "./store.js" */

import { byId, fill, h, setText } from "../shared/dom.js"
import { ago, count, day, dollars, duration, plural } from "../shared/format.js"
import { countsText, drawBar } from "../shared/progress.js"
import { findProcessor } from "../processors.js"

/** The rate is that of the last two minutes. */
const RATE_WINDOW_MS = 120_000
/** A screen reader hears of progress no more often than this. */
const SPEAK_EVERY_MS = 15_000

/** Headline, bar, rate, time left, cost; also the tab's title and icon. */
export class Progress {
  #headline = byId("headline")
  #facts = byId("facts")
  #bar = byId("bar")
  #spoken = byId("spoken")
  #notices = byId("notices")
  #icon = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"))
  #spokenAt = 0
  #iconFor = ""
  #noticesFor = ""
  #opened = Date.now()

  /** @param {Store} store @param {string | null} sunset */
  constructor(store, sunset) {
    this.store = store
    this.sunset = sunset
  }

  draw() {
    const { store } = this
    const { total, finished } = store
    const counts = store.statusCounts
    const over = !store.active
    setText(
      this.#headline,
      total === 0
        ? "No rows yet"
        : over && finished === total
          ? outcome(counts, total)
          : `${count(finished)} of ${plural(total, "row")} finished`,
    )
    drawBar(this.#bar, counts, total)
    this.#bar.setAttribute(
      "aria-label",
      total > 0 ? `${count(finished)} of ${count(total)} finished: ${countsText(counts)}` : "no rows",
    )
    this.#drawFacts(over, finished, total, counts)
    this.#drawNotices()
    this.#drawTab(over, finished, total, counts.get("completed") ?? 0)
    this.#speak(over, finished, total)
  }

  /** @param {boolean} over @param {number} finished @param {number} total @param {Map<string, number>} counts */
  #drawFacts(over, finished, total, counts) {
    const { store } = this
    const processor = store.group.metadata?.processor
    const price = findProcessor(processor)?.usd
    const rate = over ? null : this.#perSecond(finished)
    const perMinute = rate === null ? null : rate * 60
    const cost = price === undefined ? null : price * (counts.get("completed") ?? 0)
    /** @type {[string, string | null, string?][]} */
    const facts = [
      ["Processor", typeof processor === "string" ? processor : null],
      [
        "Rate",
        perMinute === null
          ? null
          : `${perMinute >= 10 ? count(Math.round(perMinute)) : perMinute.toFixed(1)} / min`,
      ],
      ["Left", rate === null ? null : `about ${duration((total - finished) / rate)}`],
      [
        "Cost",
        cost === null ? null : over ? dollars(cost) : `${dollars(cost)} of ${dollars((price ?? 0) * total)}`,
        "Completed rows at Parallel's list price",
      ],
      ["Started", ago(store.group.created_at)],
      ["Kept until", day(this.sunset)],
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
    return finished >= 1 && age > 5 && finished < this.store.total ? finished / age : null
  }

  #drawNotices() {
    const { store } = this
    const message = store.status?.status_message
    const texts = [
      ...(typeof message === "string" && message.trim() !== "" ? [message] : []),
      ...(Array.isArray(store.group.warnings) ? store.group.warnings : []).map(String),
    ]
    const key = texts.join("\n")
    if (key === this.#noticesFor) return
    this.#noticesFor = key
    fill(
      this.#notices,
      texts.map((text) => h("p", { class: "notice warning" }, text)),
    )
  }

  /** @param {boolean} over @param {number} finished @param {number} total @param {number} completed */
  #drawTab(over, finished, total, completed) {
    const isWhole = completed === total
    const share = total > 0 ? Math.round((20 * finished) / total) / 20 : 0
    document.title = `${over ? (isWhole ? `✓ ${count(total)}` : `✓ ${count(completed)}/${count(total)}`) : `${count(finished)}/${count(total)}`} · Parallel Multitask`
    const key = `${over} ${share} ${isWhole}`
    if (key === this.#iconFor) return
    this.#iconFor = key
    this.#icon.href = over && isWhole ? "/favicon.svg" : progressIcon(share, over)
  }

  /** @param {boolean} over @param {number} finished @param {number} total */
  #speak(over, finished, total) {
    const now = Date.now()
    if (!over && now - this.#spokenAt < SPEAK_EVERY_MS) return
    this.#spokenAt = now
    setText(
      this.#spoken,
      over
        ? `Finished: ${countsText(this.store.statusCounts)}`
        : `${count(finished)} of ${count(total)} rows finished`,
    )
  }
}

/** @type {[status: string, word: string][]} */
const ENDS = [
  ["completed", "done"],
  ["failed", "failed"],
  ["cancelled", "cancelled"],
]

/** What became of rows that have all ended. @param {Map<string, number>} counts @param {number} total */
function outcome(counts, total) {
  const rows = plural(total, "row")
  const ends = ENDS.map(([status, word]) => ({ word, rows: counts.get(status) ?? 0 }))
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
