// @ts-check
/** @import { QueryResult } from "../../types.js" */

import { byId, fill, h } from "../shared/dom.js"
import { toCsv } from "../shared/csv.js"
import { count, plural } from "../shared/format.js"

/** A query's rows as a table of texts. Who answers bounds how much comes; this bounds how much is drawn. */

const FIRST_ROWS = 500
/** A page of more would be slow, and nobody reads them here. */
const MOST_ROWS = 5_000
/** So much of a long text is drawn before it is opened. */
const FIRST_CHARS = 1500
/** Texts longer than this may need more lines than a row has. */
const LONG = 160

/** @param {unknown} value @param {boolean} numeric whether its column is one of numbers */
function cell(value, numeric) {
  if (value === null) return h("td", { class: numeric && "number" }, h("span", { class: "null" }, "NULL"))
  if (typeof value === "number") return h("td", { class: numeric ? "number" : "nowrap" }, String(value))
  // Bytes do not survive JSON.
  if (typeof value === "object") return h("td", {}, h("span", { class: "null" }, "BLOB"))
  if (value === undefined) return h("td", {}, h("span", { class: "null" }, "not sent"))
  const text = String(value)
  if (text === "") return h("td", {}, h("span", { class: "null" }, "empty"))
  const shown = h("div", { class: "text" }, text.slice(0, FIRST_CHARS))
  if (text.length <= LONG && text.split("\n").length <= 3) return h("td", {}, shown)
  const more = h("button", { type: "button", class: "more", "aria-expanded": "false" }, "more")
  more.addEventListener("click", () => {
    const open = more.getAttribute("aria-expanded") !== "true"
    more.setAttribute("aria-expanded", String(open))
    more.textContent = open ? "less" : "more"
    shown.classList.toggle("open", open)
    shown.textContent = open ? text : text.slice(0, FIRST_CHARS)
  })
  return h("td", {}, shown, more)
}

/** @param {QueryResult} result */
export function drawResult({ headers, rows }) {
  const columns = headers.map(({ name, displayName }) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== null)
    return { name, displayName, numeric: values.length > 0 && values.every((v) => typeof v === "number") }
  })
  const body = h("tbody")
  /** @param {number} from @param {number} to */
  const draw = (from, to) =>
    body.append(
      ...rows.slice(from, to).map((row) =>
        h(
          "tr",
          {},
          columns.map(({ name, numeric }) => cell(Object.hasOwn(row, name) ? row[name] : undefined, numeric)),
        ),
      ),
    )
  draw(0, FIRST_ROWS)
  const rest = Math.min(rows.length, MOST_ROWS) - FIRST_ROWS
  const others = rows.length > MOST_ROWS ? `next ${count(rest)}` : `other ${count(rest)}`
  const more = h("button", { type: "button", class: "small" }, `Show the ${others} rows`)
  more.addEventListener("click", () => {
    draw(FIRST_ROWS, MOST_ROWS)
    more.remove()
    byId("result").focus()
  })
  const hidden =
    rows.length > MOST_ROWS &&
    h(
      "p",
      { class: "empty" },
      `The first ${count(MOST_ROWS)} of ${plural(rows.length, "row")} can be shown; CSV has them all.`,
    )
  const box = byId("result")
  fill(
    box,
    h(
      "table",
      {},
      h("caption", { class: "visually-hidden" }, plural(rows.length, "row")),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map(({ displayName, numeric }) =>
            h("th", { scope: "col", class: numeric && "number" }, displayName),
          ),
        ),
      ),
      body,
    ),
    rows.length === 0 && h("p", { class: "empty" }, "No row matches."),
    rest > 0 && more,
    hidden,
  )
  box.scrollTo(0, 0)
}

/** @param {string} text instead of a result */
export const drawNoResult = (text) => fill(byId("result"), h("p", { class: "empty" }, text))

/** @param {QueryResult} result @param {{ cut: boolean, changed: number }} local what came of it in this browser */
export const localFactsOf = ({ rows, stat }, { cut, changed }) => {
  const ms = stat?.queryDurationMs ?? 0
  return [
    cut ? `the first ${plural(rows.length, "row")} of more` : plural(rows.length, "row"),
    ms < 1 ? "under 1 ms" : `${count(Math.round(ms))} ms`,
    ...(changed > 0 ? [`${plural(changed, "row")} changed in this copy alone`] : []),
    "in this browser",
  ].join(" · ")
}

/** @param {QueryResult} result */
export const factsOf = ({ rows, stat }) => {
  const ms = stat?.queryDurationMs ?? 0
  return [
    plural(rows.length, "row"),
    ms < 1 ? "under 1 ms" : `${count(Math.round(ms))} ms`,
    `${plural(stat?.rowsRead ?? 0, "row")} read`,
  ].join(" · ")
}

/** @param {QueryResult} result */
export const csvOf = ({ headers, rows }) =>
  toCsv(
    headers.map(({ name }) => name),
    rows.map(
      (row) =>
        new Map(
          headers.map(({ name }) => [name, JSON.stringify(Object.hasOwn(row, name) ? row[name] : null)]),
        ),
    ),
    headers.map(({ displayName }) => displayName),
  )
