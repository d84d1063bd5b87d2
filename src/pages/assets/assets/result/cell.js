// @ts-check
/** @import { Child } from "../shared/dom.js" */

import { h, linkify, link, safeUrl } from "../shared/dom.js"
import { plain } from "../shared/format.js"

/** Values in the table: compact, clamped by the row. The panel shows them in full with `fullValue`. */

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

/** @param {unknown} value @returns {Child[]} */
export function cellValue(value) {
  if (value === null || value === undefined) return [h("span", { class: "none" }, "—")]
  if (typeof value === "string") {
    const href = safeUrl(value)
    if (href) return [link(href, shortAddress(value))]
    return value === "" ? [h("span", { class: "none" }, "empty")] : [value]
  }
  if (Array.isArray(value)) return arrayValue(value)
  if (typeof value === "object") return [foldable(value)]
  return [String(value)]
}

/** @param {unknown[]} values @returns {Child[]} */
function arrayValue(values) {
  if (values.length === 0) return [h("span", { class: "none" }, "empty list")]
  if (values.some((value) => typeof value === "object" && value !== null)) return [foldable(values)]
  const chips = values.slice(0, MOST_CHIPS).map((value) => {
    const href = safeUrl(value)
    return h("li", { class: "value-chip" }, href ? link(href, shortAddress(String(value))) : plain(value))
  })
  const more = values.length - chips.length
  return [h("ul", { class: "chips" }, chips, more > 0 && h("li", { class: "value-chip more" }, `+${more}`))]
}

/** @param {object} value */
function foldable(value) {
  const summary = Array.isArray(value) ? `${value.length} items` : `${Object.keys(value).length} fields`
  const preview = plain(value).slice(0, 80)
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
    h("pre", {}, JSON.stringify(value, null, 2)),
  )
}

/** Whether the value may need more room than a row gives it. @param {unknown} value @param {number} width of the column in pixels @param {number} lines */
export function mayOverflow(value, width, lines) {
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean")
    return false
  const perLine = Math.max(4, (width - 44) / 7.6)
  if (Array.isArray(value) && value.every((v) => typeof v !== "object" || v === null))
    return value.reduce((sum, v) => sum + plain(v).length + 4, 0) > perLine * lines * 0.9
  if (typeof value === "object") return false
  const text = String(value)
  return text.includes("\n") || text.length > perLine * lines * 0.95
}

/** A value in full, for the panel. @param {unknown} value @returns {Child[]} */
export function fullValue(value) {
  if (value === null || value === undefined) return [h("span", { class: "none" }, "no value")]
  if (typeof value === "string") {
    if (value === "") return [h("span", { class: "none" }, "empty")]
    const href = safeUrl(value)
    return href ? [link(href, value.trim())] : [h("span", { class: "prose" }, ...linkify(value))]
  }
  if (Array.isArray(value) && value.length > 0 && value.every((v) => typeof v !== "object" || v === null))
    return [
      h(
        "ul",
        { class: "plain-list" },
        value.map((v) => h("li", {}, ...fullValue(v))),
      ),
    ]
  if (typeof value === "object") return [h("pre", { tabindex: "0" }, JSON.stringify(value, null, 2))]
  return [String(value)]
}
