// @ts-check
/** @import { Row } from "../../types.js" */
/** @import { Store } from "./store.js" */
/** @import { View } from "./view.js" */

import { statusClass } from "../shared/format.js"

/**
 * What is seen of the table, in the address behind `#`, which no server gets to see: `row` (from 1, as shown), `sort` and
 * `dir`, `status` (by commas), `confidence`, `q`, `hide` (once for each column) and `key` (what names the rows; empty:
 * their numbers). Columns go by name, or by id where a name is not clear. What it does not know it ignores.
 */

const LEVELS = ["high", "medium", "low"]
const OWN = new Map([
  ["status", "$status"],
  ["row", "$row"],
])

/** Whether a fragment is about the table; the page has others, of places in it. @param {string} hash */
export const isState = (hash) => hash === "" || hash === "#" || hash.includes("=")

/** The row that an address names, by input_index. @param {string} hash */
export function rowIn(hash) {
  const text = new URLSearchParams(hash.slice(1)).get("row") ?? ""
  return /^[1-9]\d{0,6}$/.test(text) ? Number(text) - 1 : null
}

/** The page's address with this row open, and nothing else chosen. @param {Row} row */
export const rowAddress = (row) => `${location.origin}${location.pathname}#row=${row.index + 1}`

export class Address {
  /** What was asked for of columns that have not come yet: they come with the rows. @type {{ sort: string | null, key: string | null, hide: Set<string> }} */
  #wanted = { sort: null, key: null, hide: new Set() }
  #columnsVersion = -1

  /** @param {Store} store @param {View} view */
  constructor(store, view) {
    this.store = store
    this.view = view
  }

  /** Makes the page what the address says. @param {string} hash */
  read(hash) {
    const { view, store } = this
    const given = new URLSearchParams(hash.slice(1))
    const statuses = (given.get("status") ?? "").split(",").filter((one) => isStatus(one, store))
    view.statuses = new Set(statuses)
    const confidence = given.get("confidence") ?? ""
    view.confidence = LEVELS.includes(confidence) ? /** @type {View["confidence"]} */ (confidence) : ""
    view.search = (given.get("q") ?? "").trim()
    view.sortBy = "$row"
    view.direction = given.get("dir") === "desc" ? -1 : 1
    this.#wanted = { sort: given.get("sort"), key: given.get("key"), hide: new Set(given.getAll("hide")) }
    if (!given.has("key")) store.columns.chooseKeyAgain(store.rows)
    for (const column of store.columns.all())
      if (column.hidden && !this.#wanted.hide.has(store.columns.referenceTo(column)))
        store.columns.change(column, { hidden: false })
    this.#columnsVersion = -1
    this.meet()
  }

  /** Takes columns that have come since; whether the order is another one now. */
  meet() {
    const { columns } = this.store
    if (columns.version === this.#columnsVersion) return false
    const { sort, key, hide } = this.#wanted
    for (const name of hide) {
      const column = columns.named(name)
      if (!column) continue
      hide.delete(name)
      columns.change(column, { hidden: true })
    }
    if (key !== null) {
      const column = key === "" ? null : columns.named(key)
      if (column !== undefined) {
        columns.setKey(column)
        this.#wanted.key = null
      }
    }
    const by = sort === null ? undefined : (OWN.get(sort) ?? columns.named(sort)?.id)
    if (by !== undefined) {
      this.view.sortBy = by
      this.#wanted.sort = null
    }
    this.#columnsVersion = columns.version
    return by !== undefined
  }

  /** Somebody has sorted: what was still wanted is no more. */
  forgetSort() {
    this.#wanted.sort = null
  }

  /** The fragment for what is seen now, with `#`, or nothing. @param {number | null} row by input_index */
  write(row) {
    const { view, store } = this
    const { columns } = store
    const state = new URLSearchParams()
    if (row !== null) state.set("row", String(row + 1))
    const sort = this.#sortName()
    if (sort !== null) state.set("sort", sort)
    if (view.direction < 0 && (sort !== null || view.sortBy === "$row")) state.set("dir", "desc")
    if (view.statuses.size > 0) state.set("status", [...view.statuses].join(","))
    if (view.confidence !== "") state.set("confidence", view.confidence)
    if (view.search !== "") state.set("q", view.search)
    for (const column of columns.all()) if (column.hidden) state.append("hide", columns.referenceTo(column))
    for (const name of this.#wanted.hide) state.append("hide", name)
    const key = this.#keyName()
    if (key !== null) state.set("key", key)
    const text = String(state).replaceAll("%2C", ",")
    return text === "" ? "" : `#${text}`
  }

  #sortName() {
    if (this.#wanted.sort !== null) return this.#wanted.sort
    const { sortBy } = this.view
    if (sortBy === "$row") return null
    const column = this.store.columns.find(sortBy)
    if (!column) return sortBy === "$status" ? "status" : null
    const name = this.store.columns.referenceTo(column)
    // A column of that name gives way to our own.
    return OWN.has(name) ? column.id : name
  }

  /** Only what somebody chose: what the page chooses by itself, it chooses again. */
  #keyName() {
    if (this.#wanted.key !== null) return this.#wanted.key
    const { key, isKeyGiven } = this.store.columns
    return isKeyGiven ? (key ? this.store.columns.referenceTo(key) : "") : null
  }
}

/** @param {string} status @param {Store} store */
const isStatus = (status, store) => statusClass(status) !== "other" || store.statusCounts.has(status)
