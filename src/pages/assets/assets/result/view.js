// @ts-check
/** @import { Row } from "../../types.js" */

import { compareNumbers } from "../shared/domain.js"
import { plain, statusRank } from "../shared/format.js"
import { isNumeric, lowestConfidence, valueOf } from "./columns.js"
/** @import { Store } from "./store.js" */

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" })

/** Which rows are shown and in what order: filters, search and sorting. */
export class View {
  /** @type {Set<string>} empty: any status */
  statuses = new Set()
  /** @type {"" | "high" | "medium" | "low"} */
  confidence = ""
  search = ""
  /** A column id, `$status` or `$row`. */
  sortBy = "$row"
  /** @type {1 | -1} */
  direction = 1
  /** @type {Row[]} */
  order = []
  /** Rows by status that search and confidence let through, whatever statuses are chosen. @type {Map<string, number>} */
  counts = new Map()
  /** How long the last ordering took; the caller does it seldom enough to keep the page smooth. */
  cost = 0
  #madeFor = -1

  /** @param {Store} store */
  constructor(store) {
    this.store = store
  }

  get filtered() {
    return this.statuses.size > 0 || this.confidence !== "" || this.search !== ""
  }

  /** Whether something else than the choice of statuses leaves rows out. */
  get searched() {
    return this.confidence !== "" || this.search !== ""
  }

  /** Whether rows changed in a way that may change the order. */
  get stale() {
    if (this.#madeFor === this.store.version) return false
    // In input order and unfiltered, only new rows matter.
    return this.filtered || this.sortBy !== "$row" || this.order.length !== this.store.known
  }

  /** What stands in place of rows where there are none. */
  get whyEmpty() {
    if (this.order.length > 0) return ""
    if (this.filtered && this.store.known > 0) return "No row fits the search and filters."
    return this.store.total > 0 ? "Waiting for the rows…" : "This group has no rows."
  }

  refresh() {
    const started = performance.now()
    /** @type {Row[]} */
    const rows = []
    const words = this.search.toLowerCase().split(/\s+/).filter(Boolean)
    this.counts = new Map()
    for (const row of this.store.rows) {
      if (!row || !this.#fits(row, words)) continue
      const { status } = row.run
      this.counts.set(status, (this.counts.get(status) ?? 0) + 1)
      if (this.statuses.size === 0 || this.statuses.has(status)) rows.push(row)
    }
    this.#sort(rows)
    this.order = rows
    this.#madeFor = this.store.version
    this.cost = performance.now() - started
  }

  /** @param {Row} row @param {string[]} words */
  #fits(row, words) {
    if (this.confidence !== "" && lowestConfidence(row) !== this.confidence) return false
    if (words.length === 0) return true
    row.search ??= searchText(row)
    return words.every((word) => row.search?.includes(word))
  }

  /** @param {Row[]} rows */
  #sort(rows) {
    const { sortBy, direction } = this
    if (sortBy === "$row") {
      if (direction < 0) rows.reverse()
      return
    }
    if (sortBy === "$status") {
      rows.sort(
        (a, b) => direction * (statusRank(a.run.status) - statusRank(b.run.status)) || a.index - b.index,
      )
      return
    }
    const column = this.store.columns.find(sortBy)
    if (!column) return
    const numeric = isNumeric(column)
    const keyed = rows.map((row) => {
      const text = plain(valueOf(row, column))
      return { row, key: numeric ? text : text.slice(0, 200), number: numeric ? Number(text) : 0 }
    })
    const compare = numeric ? compareNumbers : collator.compare
    keyed.sort((a, b) => {
      // What is missing stays at the end in both directions.
      if (a.key === "" || b.key === "")
        return Number(a.key === "") - Number(b.key === "") || a.row.index - b.row.index
      // Most numbers differ as doubles do, which are compared at once.
      const order = a.number - b.number || compare(a.key, b.key)
      return direction * order || a.row.index - b.row.index
    })
    for (const [at, { row }] of keyed.entries()) rows[at] = row
  }
}

/** @param {Row} row */
function searchText(row) {
  const values = [...row.input.values(), ...(row.output?.fields.values() ?? [])]
  return [row.run.run_id, ...values.map(plain), row.run.error?.message]
    .filter(Boolean)
    .join("\n")
    .toLowerCase()
}
