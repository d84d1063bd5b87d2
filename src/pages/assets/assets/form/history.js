// @ts-check
/** @import { GroupStatus } from "../../types.js" */

import { byId, fill, h, setText } from "../shared/dom.js"
import { ago, count, isTerminal, plural } from "../shared/format.js"
import { drawBar } from "../shared/progress.js"

/**
 * The groups made in this browser, with their progress.
 * @typedef {{ id: string, created: string, rows: number, what: string, processor: string, ended?: boolean }} Past
 */

const STORED = "parallel-multitask:groups"
const MOST = 25

/** @returns {Past[]} */
function load() {
  try {
    const list = JSON.parse(localStorage.getItem(STORED) ?? "[]")
    return Array.isArray(list) ? list.filter((past) => typeof past?.id === "string" && /^[A-Za-z0-9_-]{8,128}$/.test(past.id)) : []
  } catch {
    return []
  }
}

/** @param {Past[]} list */
function save(list) {
  try {
    localStorage.setItem(STORED, JSON.stringify(list.slice(0, MOST)))
  } catch {
    // Nothing is lost but the list.
  }
}

export class History {
  #section = byId("history")
  #list = byId("history-list")

  constructor() {
    byId("history-clear").addEventListener("click", () => {
      save([])
      this.draw()
    })
    this.draw()
  }

  /** @param {Past} past */
  add(past) {
    save([past, ...load().filter(({ id }) => id !== past.id)])
    this.draw()
  }

  draw() {
    const list = load()
    this.#section.hidden = list.length === 0
    fill(this.#list, list.map((past) => this.#item(past)))
  }

  /** @param {Past} past */
  #item(past) {
    const bar = h("div", { class: "bar", role: "img", "aria-label": "progress not known yet" })
    const text = h("span", { class: "muted mono" }, "…")
    void progressOf(past.id).then((status) => {
      if (status === "gone") {
        setText(text, "removed")
        bar.hidden = true
        return
      }
      if (!status) return setText(text, "not available")
      const counts = new Map(Object.entries(status.task_run_status_counts))
      const total = status.num_task_runs
      const finished = [...counts].reduce((sum, [name, n]) => sum + (isTerminal(name) ? n : 0), 0)
      drawBar(bar, counts, total)
      const words = `${count(finished)} of ${count(total)} finished`
      setText(text, words)
      bar.setAttribute("aria-label", words)
    })
    return h(
      "li",
      {},
      h("a", { href: `/${past.id}`, target: "_blank", rel: "noopener" }, past.what || past.id),
      h("span", { class: "muted" }, `${plural(Number(past.rows) || 0, "row")}, ${String(past.processor)}, ${ago(past.created) ?? ""}`),
      bar,
      text,
    )
  }
}

/**
 * The status of a group without its rows: it comes before `results` in the answer, so reading stops there.
 * @param {string} id @returns {Promise<GroupStatus | "gone" | null>}
 */
export async function progressOf(id) {
  try {
    const response = await fetch(`/${encodeURIComponent(id)}.json`, { headers: { accept: "application/json" } })
    if (response.status === 404) return "gone"
    if (!response.ok || !response.body) return null
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    for (;;) {
      const { value, done } = await reader.read()
      text += value ?? ""
      const cut = text.indexOf(',"results":[')
      if (cut < 0 && !done && text.length < 1_000_000) continue
      void reader.cancel()
      const parsed = JSON.parse(cut < 0 ? text : `${text.slice(0, cut)}}`)
      return typeof parsed?.status?.num_task_runs === "number" ? parsed.status : null
    }
  } catch {
    return null
  }
}
