// @ts-check
/** @import { Child } from "../shared/dom.js" */

import { elementsOf, fieldsOf, kindOf, shownText } from "../shared/domain.js"
import { h, link, safeUrl } from "../shared/dom.js"
import { plain, plural } from "../shared/format.js"
import { isNested, listOf, nestedValue } from "./nested.js"

/**
 * Values, which come as JSON text, in the table: compact, clamped by the row. The panel shows them in full, by
 * nested.js.
 */

const MOST_CHIPS = 12
const PREVIEW_CHARS = 120

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
  return h(
    "details",
    { class: "object" },
    h(
      "summary",
      {},
      h("span", { class: "object-size" }, summary),
      " ",
      h("span", { class: "object-preview" }, previewOf(json, PREVIEW_CHARS)),
    ),
    h("div", { class: "object-content" }, nestedValue(json, "", { isOpen: () => false })),
  )
}

/** What is in a list or an object, as one reads it, up to about so many characters. @param {string} json @param {number} room @returns {string} */
function previewOf(json, room) {
  if (!isNested(json)) return plain(json)
  const isList = kindOf(json) === "array"
  if (json.length === 2) return json
  const parts = isList ? elementsOf(json).map((value) => ["", value]) : [...fieldsOf(json)]
  let text = ""
  for (const [name, value] of parts) {
    if (text.length > room) return `${text.slice(0, room)}…`.toWellFormed()
    const shown = previewOf(value ?? "null", room - text.length)
    text += `${text === "" ? "" : isList ? "; " : ", "}${isList ? "" : `${name}: `}${shown === "" ? "—" : shown}`
  }
  return text
}

/** Whether the value may need more room than a row gives it. @param {string | undefined} value @param {number} room across, in pixels @param {number} lines */
export function mayOverflow(value, room, lines) {
  if (value === undefined || value.length < 4) return false
  const perLine = Math.max(4, room / 7.9)
  const list = listOf(value)
  if (list) return list.reduce((sum, v) => sum + plain(v).length + 4, 0) > perLine * lines * 0.9
  if (isNested(value)) return false
  const text = shownText(value)
  if (text.split("\n", lines + 1).length > lines) return true
  // Rather one time too often than cut without a word: lines break at words, and some letters are wide.
  const most = perLine * Math.max(lines * 0.95, lines - LONGEST_LEFT / perLine)
  return text.length > most || text.length + (text.match(WIDE)?.length ?? 0) > most
}

/** Letters that take the room of two. */
const WIDE = /[\u1100-\u115f\u2e80-\uffdc]/g
/** So many characters may be left free at a line's end. */
const LONGEST_LEFT = 7
