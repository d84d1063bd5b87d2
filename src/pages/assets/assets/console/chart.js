// @ts-check
/** @import { QueryResult } from "../../types.js" */

import { byId, fill, h } from "../shared/dom.js"
import { count } from "../shared/format.js"

/** One column of texts and one of numbers as bars: a table whose numbers are also seen. */

const MOST_BARS = 50
const MOST_LABEL = 200

const category = /** @type {HTMLSelectElement} */ (byId("category"))
const number = /** @type {HTMLSelectElement} */ (byId("number"))

/** Integers that no double holds come as text. @param {unknown} value */
const numberIn = (value) =>
  typeof value === "number"
    ? value
    : typeof value === "string" && /^-?\d{16,308}$/.test(value)
      ? Number(value)
      : null

/** @param {QueryResult} result @returns {{ categories: number[], numbers: number[] }} places of columns */
function axesOf({ headers, rows }) {
  const shown = rows.slice(0, MOST_BARS)
  const places = headers.map((_, at) => at)
  /** @param {number} at */
  const valuesAt = (at) =>
    shown.map((row) => row[headers[at]?.name ?? ""]).filter((value) => value !== null && value !== undefined)
  const numbers = places.filter((at) => {
    const values = valuesAt(at)
    return values.length > 0 && values.every((value) => numberIn(value) !== null)
  })
  // What tells rows apart is rather a text, but a year will do.
  const texts = places.filter((at) => !numbers.includes(at) && valuesAt(at).length > 0)
  const categories = texts.length > 0 ? texts : numbers.slice(0, -1)
  return { categories, numbers: numbers.filter((at) => texts.length > 0 || !categories.includes(at)) }
}

/** @param {QueryResult} result @returns {boolean} whether there is something to draw */
export function offerAxes(result) {
  const { categories, numbers } = axesOf(result)
  /** @param {HTMLSelectElement} select @param {number[]} places */
  const offer = (select, places) => {
    const before = select.selectedOptions[0]?.textContent
    fill(
      select,
      places.map((at) => h("option", { value: at }, (result.headers[at]?.displayName ?? "").slice(0, 60))),
    )
    // A query that is run again is looked at in the same way.
    for (const option of select.options) if (option.textContent === before) option.selected = true
    select.disabled = places.length < 2
  }
  offer(category, categories)
  offer(number, numbers)
  return categories.length > 0 && numbers.length > 0
}

/** @param {unknown} value */
const label = (value) =>
  value === null || value === undefined
    ? h("span", { class: "null" }, "NULL")
    : value === ""
      ? h("span", { class: "null" }, "empty")
      : String(value).slice(0, MOST_LABEL)

/** @param {QueryResult} result */
export function drawChart({ headers, rows }) {
  const [name, value] = [category, number].map(
    (select) => headers[Number(select.value)] ?? { name: "", displayName: "" },
  )
  if (!name || !value) return
  const bars = rows.slice(0, MOST_BARS).map((row) => ({
    name: row[name.name],
    text: row[value.name],
    size: numberIn(row[value.name]) ?? 0,
  }))
  // In parts of the largest, since the largest there are have no difference.
  const most = Math.max(...bars.map(({ size }) => Math.abs(size))) || 1
  for (const bar of bars) bar.size /= most
  const low = Math.min(0, ...bars.map(({ size }) => size))
  const span = Math.max(0, ...bars.map(({ size }) => size)) - low || 1
  const caption = `${value.displayName} by ${name.displayName}`
  fill(
    byId("result"),
    h(
      "table",
      { class: "chart" },
      h(
        "caption",
        {},
        caption,
        rows.length > MOST_BARS && ` (the first ${MOST_BARS} of ${count(rows.length)} rows)`,
      ),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, name.displayName),
          h("th", { scope: "col", class: "number" }, value.displayName),
          h("td", { class: "bars", "aria-hidden": "true" }),
        ),
      ),
      h(
        "tbody",
        {},
        bars.map(({ name: of, text, size }) => {
          const bar = h("div", { class: size < 0 ? "chart-bar below" : "chart-bar" })
          // Sizes are numbers of ours: style sheets cannot know them.
          bar.style.marginInlineStart = `${((Math.min(0, size) - low) / span) * 100}%`
          bar.style.width = `${(Math.abs(size) / span) * 100}%`
          return h(
            "tr",
            {},
            h("th", { scope: "row" }, label(of)),
            h("td", { class: "number" }, text === null ? h("span", { class: "null" }, "NULL") : String(text)),
            h("td", { class: "bars", "aria-hidden": "true" }, bar),
          )
        }),
      ),
    ),
  )
  byId("result").scrollTo(0, 0)
}
