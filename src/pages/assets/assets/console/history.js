// @ts-check

import { byId, fill, h, setText } from "../shared/dom.js"
import { ago } from "../shared/format.js"

/** What was run on this group, in this browser; never what came of it. */

const STORED = "parallel-multitask:queries"
/** Of one group, and groups: the newest. */
const MOST = 50
const MOST_GROUPS = 20
/** A longer one is not kept. */
const MOST_CHARS = 20_000

/** @typedef {{ sql: string, at: number }} Past */

/** What is stored may be from another version of this page, or changed by hand. @returns {Map<string, Past[]>} */
function load() {
  try {
    /** @type {unknown} */
    const groups = JSON.parse(localStorage.getItem(STORED) ?? "[]")
    if (!Array.isArray(groups)) return new Map()
    return new Map(
      groups
        .filter((one) => Array.isArray(one) && Array.isArray(one[1]))
        .map(([id, list]) => [
          String(id),
          /** @type {unknown[]} */ (list)
            .map((one) => /** @type {{ sql?: unknown, at?: unknown }} */ (one ?? {}))
            .filter(({ sql }) => typeof sql === "string")
            .map(({ sql, at }) => ({ sql: String(sql), at: Number(at) || 0 })),
        ]),
    )
  } catch {
    return new Map()
  }
}

/** @param {Map<string, Past[]>} groups */
function save(groups) {
  try {
    const all = [...groups].filter(([, list]) => list.length > 0).slice(-MOST_GROUPS)
    if (all.length === 0) localStorage.removeItem(STORED)
    else localStorage.setItem(STORED, JSON.stringify(all))
  } catch {
    // Nothing is lost but the list.
  }
}

export class QueryHistory {
  #id
  #use
  #list = byId("history-list")

  /** @param {string} id the group's @param {(sql: string) => void} use fills a query in */
  constructor(id, use) {
    this.#id = id
    this.#use = use
    byId("history-clear").addEventListener("click", () => {
      this.#change(() => [])
      byId("history").querySelector("summary")?.focus()
    })
    // Another tab of this group has run something.
    addEventListener("storage", ({ key }) => key === STORED && this.#draw())
    this.#draw()
  }

  /** The newest is first, and each is there once. @param {string} sql */
  add(sql) {
    const kept = sql.trim()
    if (kept === "" || kept.length > MOST_CHARS) return
    this.#change((list) =>
      [{ sql: kept, at: Date.now() }, ...list.filter((one) => one.sql !== kept)].slice(0, MOST),
    )
  }

  /** @param {(list: Past[]) => Past[]} made */
  #change(made) {
    const groups = load()
    const list = made(groups.get(this.#id) ?? [])
    // Behind all others: the one that was used last is forgotten last.
    groups.delete(this.#id)
    groups.set(this.#id, list)
    save(groups)
    this.#draw()
  }

  #draw() {
    const list = load().get(this.#id) ?? []
    setText(byId("history-count"), list.length === 0 ? "" : String(list.length))
    byId("history-clear").hidden = list.length === 0
    fill(
      this.#list,
      list.length === 0 && h("li", { class: "muted" }, "Nothing yet."),
      list.map(({ sql, at }, place) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "past", title: sql.slice(0, 2000), onclick: () => this.#use(sql) },
            sql.replaceAll(/\s+/g, " ").slice(0, 200),
          ),
          h("span", { class: "muted" }, ago(new Date(at).toISOString())),
          h(
            "button",
            {
              type: "button",
              class: "small plain remove",
              "aria-label": `Remove query ${place + 1} from the history`,
              onclick: () => this.#remove(sql, place),
            },
            "✕",
          ),
        ),
      ),
    )
  }

  /** @param {string} sql @param {number} place */
  #remove(sql, place) {
    this.#change((list) => list.filter((one) => one.sql !== sql))
    // The next one is where it was.
    const left = /** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll(".remove"))
    const next = left[Math.min(place, left.length - 1)] ?? byId("history").querySelector("summary")
    next?.focus()
  }
}
