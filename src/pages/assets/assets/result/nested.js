// @ts-check
/** @import { Child } from "../shared/dom.js" */

import { elementsOf, fieldsOf, kindOf, readableText, shownText } from "../shared/domain.js"
import { h, linkify, link, safeUrl } from "../shared/dom.js"
import { count, plural } from "../shared/format.js"

/**
 * Values in full, which come as JSON text: lists of objects and objects as small tables, lists as lists. What is deep is
 * shown as JSON; of what is long the first part, and the rest on request.
 */

/** Which parts are shown whole. Without `toggle` it cannot be changed. @typedef {{ isOpen: (key: string) => boolean, toggle?: (key: string) => void }} Unfolding */

const MOST_DEPTH = 3
const MOST_COLUMNS = 12
const MOST_ROWS = 20
const MOST_ITEMS = 50

/** @param {string} json */
export const isNested = (json) => json.startsWith("{") || json.startsWith("[")

/** A list without lists and objects in it; null for any other value. @param {string} json */
export function listOf(json) {
  const values = kindOf(json) === "array" ? elementsOf(json) : null
  return values?.some(isNested) ? null : values
}

/** A list or an object. @param {string} json @param {string} key what it is called among the unfolded parts @param {Unfolding} unfolding @param {number} [depth] @returns {Child[]} */
export function nestedValue(json, key, unfolding, depth = 0) {
  if (depth >= MOST_DEPTH) return [asJson(json)]
  if (kindOf(json) === "object") {
    const fields = fieldsOf(json)
    return fields.size === 0 ? [none("no fields")] : [fieldsTable(fields, key, unfolding, depth)]
  }
  const values = elementsOf(json)
  if (values.length === 0) return [none("empty list")]
  const columns = columnsOf(values)
  return columns === null
    ? list(values, key, unfolding, depth)
    : listTable(values, columns, key, unfolding, depth)
}

/** A value in full. @param {string} value @param {string} key @param {Unfolding} unfolding @param {number} [depth] @returns {Child[]} */
export function fullValue(value, key, unfolding, depth = 0) {
  if (value === "null") return [none(depth === 0 ? "no value" : "—")]
  if (isNested(value)) return nestedValue(value, key, unfolding, depth)
  const text = shownText(value)
  if (kindOf(value) !== "string") return [text]
  if (text === "") return [none("empty")]
  const href = safeUrl(text)
  return href ? [link(href, text.trim())] : [h("span", { class: "prose" }, ...linkify(text))]
}

/** @param {string} text */
const none = (text) => h("span", { class: "none" }, text)

/** @param {string} json */
const asJson = (json) => h("code", {}, readableText(json))

/** The names in a list of objects; null where a table would not show it. @param {readonly string[]} values */
function columnsOf(values) {
  /** @type {Set<string>} */
  const names = new Set()
  for (const value of values) {
    if (kindOf(value) !== "object") return null
    for (const name of fieldsOf(value).keys()) names.add(name)
    if (names.size > MOST_COLUMNS) return null
  }
  return names.size > 0 ? [...names] : null
}

/** @param {ReadonlyMap<string, string>} fields @param {string} key @param {Unfolding} unfolding @param {number} depth */
function fieldsTable(fields, key, unfolding, depth) {
  const { shown, more } = bounded([...fields], MOST_ITEMS, "field", key, unfolding)
  return h(
    "div",
    { class: "small-table" },
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        shown.map(([name, value]) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, name),
            h("td", {}, ...fullValue(value, `${key}.${name}`, unfolding, depth + 1)),
          ),
        ),
      ),
    ),
    more,
  )
}

/** @param {readonly string[]} values @param {string[]} columns @param {string} key @param {Unfolding} unfolding @param {number} depth @returns {Child[]} */
function listTable(values, columns, key, unfolding, depth) {
  const { shown, more } = bounded(values, MOST_ROWS, "item", key, unfolding)
  const rows = shown.map((value, at) => {
    const fields = fieldsOf(value)
    return h(
      "tr",
      {},
      columns.map((name) =>
        h("td", {}, ...fullValue(fields.get(name) ?? "null", `${key}.${at}.${name}`, unfolding, depth + 1)),
      ),
    )
  })
  return [
    h(
      "div",
      // It scrolls sideways where it is wider than its room.
      {
        class: "small-table",
        ...(depth === 0 && { tabindex: "0", role: "group", "aria-label": key || "Table" }),
      },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            columns.map((name) => h("th", { scope: "col" }, name)),
          ),
        ),
        h("tbody", {}, rows),
      ),
    ),
    more,
  ]
}

/** @param {readonly string[]} values @param {string} key @param {Unfolding} unfolding @param {number} depth @returns {Child[]} */
function list(values, key, unfolding, depth) {
  const { shown, more } = bounded(values, MOST_ITEMS, "item", key, unfolding)
  const items = shown.map((value, at) =>
    h("li", {}, ...fullValue(value, `${key}.${at}`, unfolding, depth + 1)),
  )
  return [h("ul", { class: "plain-list" }, items), more]
}

/**
 * The first of many, and a button for all of them.
 * @template T
 * @param {readonly T[]} all @param {number} most @param {string} what one of them is @param {string} key @param {Unfolding} unfolding
 * @returns {{ shown: readonly T[], more: Child }}
 */
function bounded(all, most, what, key, { isOpen, toggle }) {
  if (all.length <= most) return { shown: all, more: null }
  const open = isOpen(key)
  const shown = open ? all : all.slice(0, most)
  if (!toggle)
    return {
      shown,
      more: h("p", { class: "muted" }, `${plural(all.length - most, what)} more in the details`),
    }
  const name = open ? `Show the first ${most} only` : `Show all ${count(all.length)} ${what}s`
  const button = h(
    "button",
    { type: "button", class: "small", "data-key": `all ${key}`, onclick: () => toggle(key) },
    name,
  )
  return { shown, more: button }
}
