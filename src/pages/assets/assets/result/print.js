// @ts-check
/** @import { Column, Row } from "../../types.js" */
/** @import { Child } from "../shared/dom.js" */
/** @import { Store } from "./store.js" */
/** @import { View } from "./view.js" */

import { h, link, safeUrl } from "../shared/dom.js"
import { headline, kindOf, shownText } from "../shared/domain.js"
import { count, dateTime, plain, plural, statusLabel, wordsIn } from "../shared/format.js"
import { confidenceOf, isNumeric, titlesOf, valueOf } from "./columns.js"
import { seenColumns } from "./export/table.js"
import { failureOf } from "./row.js"

/**
 * What is printed: every row of the view, of which the table on the screen draws those in sight. It is made when somebody
 * prints and gone afterwards.
 */

/** More take a browser minutes or do not print at all: 5,000 are ready in 8 to 15 s, as 300 to 1,700 pages. */
const MOST_ROWS = 10_000
/** Rows of hundreds of columns would end the tab before. */
const MOST_CELLS = 300_000
/** More columns are no table on paper: each row becomes a list then. */
const MOST_COLUMNS = 9
/** From so many on, the paper lies on its side. */
const WIDE_COLUMNS = 5

/** A longer name may be broken anywhere. */
const LONG_NAME = 20

/** Shapes that stay apart in black and white. */
const MARKS = { high: "●", medium: "◐", low: "○" }

/** @param {Store} store @param {View} view */
export function printWith(store, view) {
  /** @type {HTMLElement | null} */
  let sheet = null
  const begin = () => {
    sheet?.remove()
    sheet = draw(store, view)
    document.body.append(sheet)
  }
  const end = () => {
    sheet?.remove()
    sheet = null
  }
  addEventListener("beforeprint", begin)
  addEventListener("afterprint", end)
  // Where the medium changes without somebody printing, as a preview does.
  matchMedia("print").addEventListener("change", ({ matches }) => {
    if (!matches) end()
    else if (sheet === null) begin()
  })
}

/** @param {Store} store @param {View} view */
function draw(store, view) {
  const columns = seenColumns(store)
  const titles = titlesOf(columns).map((title) => title || "(no name)")
  const rows = view.order.slice(0, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / (columns.length + 1))))
  const isList = columns.length > MOST_COLUMNS
  const shape = isList ? "as-list" : columns.length >= WIDE_COLUMNS ? "wide" : "tall"
  const left = view.order.length - rows.length
  return h(
    "div",
    { id: "print", class: shape, role: "main" },
    head(store, view, columns),
    isList ? rows.map((row) => listItem(row, columns, titles)) : table(rows, columns, titles),
    left > 0 &&
      h(
        "p",
        { class: "print-rest" },
        `${plural(left, "more row")} ${left === 1 ? "is" : "are"} not printed. Save them as Excel or CSV, or filter and print the parts.`,
      ),
  )
}

/** @param {Store} store @param {View} view @param {Column[]} columns */
function head(store, view, columns) {
  const { group, total } = store
  const title = wordsIn(group.metadata, "title")
  const question = wordsIn(group.metadata, "question")
  const shown = view.order.length
  const address = `${location.origin}${location.pathname}`
  return h(
    "div",
    { class: "print-head" },
    h("h1", {}, title ?? "Task group"),
    question !== null && question !== title && h("p", { class: "print-question" }, question),
    h("p", {}, headline(store.facts)),
    h(
      "p",
      {},
      shown < total ? `${count(shown)} of ${plural(total, "row")}` : plural(total, "row"),
      view.filtered && ", as filtered",
      !store.whole && `, ${plural(total - store.known, "row")} still loading`,
      `. Printed ${dateTime(new Date().toISOString())} from `,
      link(address, address),
    ),
    columns.some(({ kind }) => kind === "output") &&
      h("p", {}, `Confidence: ${MARKS.high} high, ${MARKS.medium} medium, ${MARKS.low} low`),
  )
}

/** @param {Row[]} rows @param {Column[]} columns @param {string[]} titles */
function table(rows, columns, titles) {
  const heads = ["Row", "Status", ...titles].map((title) =>
    h("th", { scope: "col", class: title.length > LONG_NAME && "long" }, title),
  )
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, heads)),
    h(
      "tbody",
      {},
      rows.map((row) => tableRow(row, columns)),
    ),
  )
}

/** @param {Row} row @param {Column[]} columns */
function tableRow(row, columns) {
  const reason = failureOf(row)
  const outputs = columns.filter(({ kind }) => kind === "output").length
  /** @type {HTMLElement[]} */
  const cells = []
  for (const column of columns) {
    if (reason !== null && column.kind === "output") {
      // One cell across all outputs says why there are none.
      if (outputs > 0 && !cells.some(({ className }) => className === "print-reason"))
        cells.push(h("td", { class: "print-reason", colspan: String(outputs) }, reason))
    } else cells.push(h("td", { class: isNumeric(column) && "number" }, value(row, column)))
  }
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, count(row.index + 1)),
    h("td", {}, statusLabel(row.run.status)),
    cells,
  )
}

/** @param {Row} row @param {Column[]} columns @param {string[]} titles */
function listItem(row, columns, titles) {
  const reason = failureOf(row)
  return h(
    "section",
    { class: "print-row" },
    h("h2", {}, `Row ${count(row.index + 1)}: ${statusLabel(row.run.status)}`),
    reason !== null && h("p", { class: "print-reason" }, reason),
    h(
      "dl",
      {},
      columns.flatMap((column, at) =>
        reason === null || column.kind === "input"
          ? [h("dt", {}, titles[at] ?? ""), h("dd", {}, value(row, column))]
          : [],
      ),
    ),
  )
}

/** @param {Row} row @param {Column} column @returns {Child[]} */
function value(row, column) {
  const json = valueOf(row, column)
  if (json === undefined || json === "null")
    return [row.output === null && column.kind === "output" ? "…" : "–"]
  const level = column.kind === "output" ? confidenceOf(row, column.name) : null
  const text = plain(json)
  const href = kindOf(json) === "string" ? safeUrl(shownText(json)) : null
  return [
    level && h("span", { class: "print-mark" }, `${MARKS[level]}\u00a0`),
    href ? link(href, text) : text,
  ]
}
