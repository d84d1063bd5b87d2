// @ts-check
/** @import { ConnectionState, GroupStatus } from "../../types.js" */
/** @import { Look, StatusFacts } from "./domain.js" */

import { byId, fill, h, setText } from "./dom.js"
import { isStatusState, totalEnded } from "./domain.js"
import { clock, count, duration, moment, statusClass, statusLabel, statusRank } from "./format.js"

/**
 * A bar with a part for every status.
 * @param {HTMLElement} bar @param {Map<string, number>} counts @param {number} total
 */
export function drawBar(bar, counts, total) {
  // Queued rows are the empty end of the bar.
  const parts = [...counts].filter(([status, n]) => n > 0 && status !== "queued")
  parts.sort(([a], [b]) => barRank(a) - barRank(b))
  const names = parts.map(([status]) => statusClass(status)).join(" ")
  if (bar.dataset.parts !== names) {
    bar.dataset.parts = names
    fill(
      bar,
      parts.map(([status]) => h("span", { class: `bar-part ${statusClass(status)}` })),
    )
  }
  for (const [at, [, n]] of parts.entries()) {
    const part = /** @type {HTMLElement} */ (bar.children[at])
    part.style.width = `${total > 0 ? (100 * n) / total : 0}%`
  }
}

/** What is finished comes first, so that the filled part of the bar is what is finished. @param {string} status */
const barRank = (status) =>
  status === "completed" ? 0 : status === "failed" ? 1 : status === "cancelled" ? 2 : 3 + statusRank(status)

/** "5 done, 2 running" @param {Map<string, number>} counts */
export const countsText = (counts) =>
  [...counts]
    .filter(([, n]) => n > 0)
    .toSorted(([a], [b]) => statusRank(a) - statusRank(b))
    .map(([status, n]) => `${count(n)} ${statusLabel(status).toLowerCase()}`)
    .join(", ")

const MARKS = /(POST \/[\w-]+\/[a-z]+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/

/** A sentence with the API's calls as code, and times as people write them. @param {string} text */
export const withMarks = (text) =>
  text.split(MARKS).map((part, at) => {
    if (at % 2 === 0) return part
    if (part.startsWith("POST")) return h("code", {}, part)
    return h("time", { datetime: part, title: part }, moment(part))
  })

const ENDS = ["done", "stopped", "given_up"]

/**
 * What the words of a group's state are made of, whatever a status lacks. An end that the status does not name yet is one
 * with rows still open only where it was given up.
 * @param {GroupStatus | undefined} status @param {boolean} ended @returns {StatusFacts}
 */
export function factsOf(status, ended) {
  const total = status?.num_task_runs ?? 0
  const counts = status?.task_run_status_counts ?? {}
  const named = isStatusState(status?.state) ? status.state : null
  const end = totalEnded(counts) < total ? "given_up" : "done"
  const state = named !== null && (!ended || ENDS.includes(named)) ? named : ended ? end : "running"
  return { state, num_task_runs: total, task_run_status_counts: counts }
}

/** Shows the state of the connection in words, and since when it is interrupted. */
export class ConnectionLight {
  /** @type {ConnectionState} */
  #state = { kind: "connecting", since: Date.now(), attempt: 0 }
  #announced = ""

  /** @param {string} id @param {() => readonly [label: string, look: Look]} end what the group has come to, once it has */
  constructor(id, end) {
    this.end = end
    this.element = byId(id)
    this.text = h("span", { class: "connection-text" })
    this.spoken = h("span", { class: "visually-hidden", role: "status" })
    fill(this.element, h("span", { class: "dot", "aria-hidden": "true" }), this.text, this.spoken)
    setInterval(() => this.#draw(), 1000)
    this.#draw()
  }

  /** @param {ConnectionState} state */
  set(state) {
    this.#state = state
    this.#draw()
  }

  get kind() {
    return this.#state.kind
  }

  #draw() {
    const { kind, since } = this.#state
    this.element.dataset.state = kind
    const [end, look] = kind === "ended" ? this.end() : ["", "plain"]
    this.element.dataset.look = look
    const seconds = (Date.now() - since) / 1000
    setText(this.text, this.#words(kind, since, seconds) ?? end)
    // The counting seconds are for the eye only; a screen reader hears of changes, and not of the first connection.
    const trouble =
      kind === "interrupted"
        ? "Live updates are interrupted, reconnecting"
        : kind === "busy"
          ? "Live updates are busy, trying again"
          : null
    if (kind !== this.#announced) {
      const isBack = kind === "live" && ["interrupted", "busy"].includes(this.#announced)
      if (trouble !== null || isBack) setText(this.spoken, trouble ?? "Live")
      this.#announced = kind
    }
  }

  /** @param {ConnectionState["kind"]} kind @param {number} since @param {number} seconds */
  #words(kind, since, seconds) {
    if (kind === "live") return "Live"
    if (kind === "connecting") return seconds > 3 ? `Connecting for ${duration(seconds)}…` : "Connecting…"
    if (kind === "interrupted")
      return `Interrupted since ${clock(since)} (${duration(seconds)}), reconnecting…`
    if (kind === "busy") return "Live updates are busy, trying again…"
    if (kind === "gone") return "This group has been removed"
    return null
  }
}
