// @ts-check
/** @import { Child } from "../shared/dom.js" */

import { elementsOf, fieldsOf, kindOf, readableText, shownText } from "../shared/domain.js"
import { h, linkify, link, safeUrl } from "../shared/dom.js"
import { plain, plural } from "../shared/format.js"

/**
 * Values, which come as JSON text, in the table: compact, clamped by the row. The panel shows them in full with
 * `fullValue`.
 */

const MOST_CHIPS = 12

/** A shape and a colour, and words for who sees neither. @param {"high" | "medium" | "low"} level @param {boolean} [withText] */
export function confidenceMark(level, withText = false) {
  const text = `${level} confidence`
  return withText
    ? h(
        "span",
        { class: `confidence ${level} labelled` },
        h("span", { "aria-hidden": "true", class: "mark" }),
        text,
      )
    : h(
        "span",
        { class: `confidence ${level}`, role: "img", "aria-label": text, title: text },
        h("span", { class: "mark" }),
      )
}

/** Addresses are shown without their beginning, which says nothing in a column of addresses. @param {string} text */
const shortAddress = (text) =>
  text
    .trim()
    .replace(/^https?:\/\/(www\.)?/i, "")
    .replace(/\/$/, "")

/** @param {string | undefined} value @returns {Child[]} */
export function cellValue(value) {
  if (value === undefined || value === "null") return [h("span", { class: "none" }, "—")]
  if (isNested(value)) return kindOf(value) === "array" ? arrayValue(value) : [foldable(value)]
  const text = shownText(value)
  const href = kindOf(value) === "string" ? safeUrl(text) : null
  if (href) return [link(href, shortAddress(text))]
  return text === "" ? [h("span", { class: "none" }, "empty")] : [text]
}

/** @param {string} json */
const isNested = (json) => json.startsWith("{") || json.startsWith("[")

/** A list without lists and objects in it; null for any other value. @param {string} json */
function listOf(json) {
  const values = kindOf(json) === "array" ? elementsOf(json) : null
  return values?.some(isNested) ? null : values
}

/** @param {string} json @returns {Child[]} */
function arrayValue(json) {
  const values = listOf(json)
  if (values === null) return [foldable(json)]
  if (values.length === 0) return [h("span", { class: "none" }, "empty list")]
  const chips = values.slice(0, MOST_CHIPS).map((value) => {
    const text = plain(value)
    const href = safeUrl(text)
    return h("li", { class: "value-chip" }, href ? link(href, shortAddress(text)) : text)
  })
  const more = values.length - chips.length
  return [h("ul", { class: "chips" }, chips, more > 0 && h("li", { class: "value-chip more" }, `+${more}`))]
}

/** @param {string} json */
function foldable(json) {
  const summary =
    kindOf(json) === "array" ? plural(elementsOf(json).length, "item") : plural(fieldsOf(json).size, "field")
  const preview = plain(json).slice(0, 80)
  return h(
    "details",
    { class: "object" },
    h(
      "summary",
      {},
      h("span", { class: "object-size" }, summary),
      " ",
      h("span", { class: "object-preview" }, preview),
    ),
    h("pre", {}, readableText(json, 2)),
  )
}

/** Whether the value may need more room than a row gives it. @param {string | undefined} value @param {number} width of the column in pixels @param {number} lines */
export function mayOverflow(value, width, lines) {
  if (value === undefined || value.length < 4) return false
  const perLine = Math.max(4, (width - 44) / 7.6)
  const list = listOf(value)
  if (list) return list.reduce((sum, v) => sum + plain(v).length + 4, 0) > perLine * lines * 0.9
  if (isNested(value)) return false
  const text = shownText(value)
  return text.includes("\n") || text.length > perLine * lines * 0.95
}

/** A value in full, for the panel. @param {string} value @returns {Child[]} */
export function fullValue(value) {
  if (value === "null") return [h("span", { class: "none" }, "no value")]
  const list = listOf(value)
  if (list && list.length > 0)
    return [
      h(
        "ul",
        { class: "plain-list" },
        list.map((v) => h("li", {}, ...fullValue(v))),
      ),
    ]
  if (isNested(value)) return [h("pre", { tabindex: "0" }, readableText(value, 2))]
  const text = shownText(value)
  if (kindOf(value) !== "string") return [text]
  if (text === "") return [h("span", { class: "none" }, "empty")]
  const href = safeUrl(text)
  return href ? [link(href, text.trim())] : [h("span", { class: "prose" }, ...linkify(text))]
}
