// @ts-check
/** @import { Group } from "../../types.js" */

import { byId, fill, h, setText } from "../shared/dom.js"
import { headline, stateLabel } from "../shared/domain.js"
import { ago, count, dateTime, plural, wordsIn } from "../shared/format.js"
import { drawBar, factsOf } from "../shared/progress.js"

/**
 * The groups made in this browser, with their progress.
 * @typedef {{ id: string, created: string, rows: number, title: string, what: string, processor: string }} Past
 */

const STORED = "parallel-multitask:groups"
const MOST = 25
/** How long groups that work are left alone before they are asked again how far they are. */
const ROUND_MS = 5_000

/** What is stored may be from another version of this page, or changed by hand. @returns {Past[]} */
function load() {
  try {
    /** @type {unknown} */
    const list = JSON.parse(localStorage.getItem(STORED) ?? "[]")
    if (!Array.isArray(list)) return []
    return list
      .filter((past) => /^[A-Za-z0-9_-]{8,128}$/.test(String(past?.id)))
      .map(({ id, created, rows, title, what, processor }) => ({
        id: String(id),
        created: String(created),
        rows: Number(rows) || 0,
        title: String(title ?? ""),
        what: String(what ?? ""),
        processor: String(processor),
      }))
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
  #section = /** @type {HTMLDetailsElement} */ (byId("history"))
  #list = byId("history-list")
  /** One group is asked after the other, so that a long list does not hold up what the page is doing. */
  #queue = Promise.resolve()
  /** `isOver`: nothing about it will change; `isActive`: it is known to work. @type {{ isOver: () => boolean, isActive: () => boolean, refresh: () => Promise<void> }[]} */
  #items = []

  constructor() {
    byId("history-clear").addEventListener("click", () => {
      save([])
      this.draw()
      byId("history-none").focus()
    })
    // Another tab may have made a group.
    addEventListener("storage", ({ key }) => key === STORED && this.draw())
    // Whoever comes back to the tab wants to know how far the groups are by now.
    document.addEventListener("visibilitychange", () => this.#refresh(() => true))
    this.draw()
    void this.#follow()
  }

  async #follow() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, ROUND_MS))
      this.#refresh((item) => !item.isOver())
      await this.#queue
    }
  }

  /** @param {(item: { isOver: () => boolean }) => boolean} isWanted */
  #refresh(isWanted) {
    if (document.visibilityState !== "visible") return
    for (const item of this.#items.filter(isWanted)) this.#queue = this.#queue.then(item.refresh)
  }

  get list() {
    return load()
  }

  /** @param {Past} past */
  add(past) {
    save([past, ...load().filter(({ id }) => id !== past.id)])
    this.draw()
  }

  draw() {
    const list = load()
    this.#section.hidden = list.length === 0
    byId("history-none").hidden = list.length > 0
    setText(byId("history-count"), `(${count(list.length)})`)
    this.#items = []
    fill(
      this.#list,
      list.map((past, at) => this.#item(past, at)),
    )
    this.#sum()
    this.#refresh(() => true)
  }

  /** How many of them are under way stands on the line that unfolds the list. */
  #sum() {
    const active = this.#items.filter((item) => item.isActive()).length
    setText(byId("history-active"), active === 0 ? "" : `${count(active)} under way`)
  }

  /** @param {string} id @param {number} at its place */
  #remove(id, at) {
    save(load().filter((past) => past.id !== id))
    this.draw()
    // The one that is there now, or the last.
    const buttons = /** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll(".forget"))
    const next = buttons[Math.min(at, buttons.length - 1)]
    ;(next ?? byId("history-none")).focus()
  }

  /** @param {Past} past @param {number} at */
  #item(past, at) {
    const bar = h("div", { class: "bar", role: "img", "aria-label": "progress not known yet" })
    const text = h("span", { class: "standing mono" }, "…")
    const name = h("a", { href: `/${past.id}`, target: "_blank", rel: "noopener" }, "")
    const question = h("span", { class: "muted question" })
    /** @param {string} title @param {string} asked */
    const call = (title, asked) => {
      setText(name, title || asked || past.id)
      // A title that nobody gave is how the question begins.
      setText(question, title && !asked.startsWith(title.replace(/…$/, "")) ? asked : "")
    }
    call(past.title, past.what)
    const about = h("span", { class: "muted" })
    const describe = (/** @type {number} */ rows) =>
      fill(
        about,
        `${plural(rows, "row")}, ${past.processor}, `,
        h("time", { datetime: past.created, title: dateTime(past.created) }, ago(past.created) ?? ""),
      )
    describe(past.rows)
    const again = h("a", { class: "button small", href: `/#again=${past.id}` }, "Run again with changes")
    /** @type {Head | "gone" | null} */
    let known = null
    const show = (/** @type {Head | "gone" | null} */ head) => {
      // What was known before is as good as it gets.
      known = head ?? known
      again.hidden = known === "gone"
      if (head === "gone") {
        setText(text, "removed")
        bar.hidden = true
        return
      }
      if (!head) return text.textContent === "…" ? setText(text, "not available") : undefined
      const { status } = head
      const { metadata } = head
      call(wordsIn(metadata, "title") ?? past.title, wordsIn(metadata, "question") ?? past.what)
      describe(status.num_task_runs)
      const counts = new Map(Object.entries(status.task_run_status_counts))
      drawBar(bar, counts, status.num_task_runs)
      const facts = factsOf(status, !status.is_active)
      const words = headline(facts)
      text.dataset.look = stateLabel(facts)[1]
      setText(text, words)
      bar.setAttribute("aria-label", words)
    }
    const isOver = () => known === "gone" || known?.status.is_active === false
    this.#items.push({
      isOver,
      isActive: () => known !== null && !isOver(),
      refresh: async () => {
        if (!text.isConnected) return
        show(await headOf(past.id))
        this.#sum()
      },
    })
    return h(
      "li",
      {},
      h("div", { class: "past-name" }, name, question),
      about,
      bar,
      text,
      h(
        "div",
        { class: "past-acts" },
        again,
        h(
          "button",
          {
            type: "button",
            class: "small plain forget",
            "aria-label": `Remove ${past.title || past.what || past.id} from this list`,
            title: "Removes it from this list; the group stays",
            onclick: () => this.#remove(past.id, at),
          },
          "✕",
        ),
      ),
    )
  }
}

/** @typedef {Pick<Group, "status" | "metadata">} Head */

/** What is known of a group besides its rows. @param {string} id @returns {Promise<Head | "gone" | null>} */
export async function headOf(id) {
  try {
    const response = await fetch(`/${encodeURIComponent(id)}.json?limit=1&basis=none`)
    if (response.status === 404) return "gone"
    const head = response.ok ? await response.json() : null
    return typeof head?.status?.num_task_runs === "number" ? head : null
  } catch {
    return null
  }
}
