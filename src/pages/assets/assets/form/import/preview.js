// @ts-check
/** @import { Column, Parsed } from "./read.js" */

import { fill, h } from "../../shared/dom.js"
import { plural } from "../../shared/format.js"

/** More columns than these are counted, not shown. */
const MOST_COLUMNS = 60
const MOST_CHARS = 120

/** @type {{ [type in Column["type"]]: string }} */
const TYPES = {
  text: "text",
  number: "number",
  boolean: "true/false",
  list: "list",
  object: "object",
  mixed: "mixed",
  empty: "empty",
}

/** What a table shows but names, which change under somebody's hands. @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap()

/**
 * The first rows as they are sent, under what their columns are called, which can be changed there.
 * @param {HTMLElement} table @param {Parsed} parsed
 * @param {{ rename: (key: string, name: string) => void, leaveOut: (key: string, isOut: boolean) => void }} act
 */
export function drawPreview(table, { rows, columns, sample, problems }, act) {
  table.hidden = columns.length === 0
  if (table.hidden) {
    drawn.delete(table)
    return fill(table)
  }
  const shown = columns.slice(0, MOST_COLUMNS)
  const more = columns.length > shown.length && `+${columns.length - shown.length}`
  const bad = new Set(problems.map(({ path }) => path))
  const rest = rows.length - sample.length
  const said = JSON.stringify([
    shown.map(({ key, type, isOut }) => [key, type, isOut]),
    more,
    rest,
    sample,
    [...bad],
  ])
  if (drawn.get(table) === said) return nameAnew(table, shown)
  drawn.set(table, said)
  keepingFocus(table, () =>
    fill(
      table,
      h("caption", { class: "visually-hidden" }, "The first rows as they are sent"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          shown.map((column) => head(column, act)),
          more && h("th", { scope: "col" }, more),
        ),
      ),
      h(
        "tbody",
        {},
        sample.map((cells, at) =>
          h(
            "tr",
            { class: bad.has(`inputs[${at}]`) ? "bad" : null },
            shown.map(({ isOut, type }, column) =>
              h(
                "td",
                { class: isOut ? "out" : type === "number" ? "number" : null },
                (cells[column] ?? "").slice(0, MOST_CHARS),
              ),
            ),
            more && h("td", {}, "…"),
          ),
        ),
        rest > 0 &&
          h(
            "tr",
            {},
            h(
              "td",
              { class: "muted", colspan: shown.length + (more ? 1 : 0) },
              `and ${plural(rest, "more row", "more rows")}`,
            ),
          ),
      ),
    ),
  )
}

/** @param {Column} column @param {Parameters<typeof drawPreview>[2]} act */
function head({ key, name, type, isOut }, { rename, leaveOut }) {
  const field = h("input", {
    type: "text",
    class: "column-name",
    "data-focus": `name ${key}`,
    size: Math.min(24, Math.max(6, name.length)),
    spellcheck: "false",
    autocomplete: "off",
    disabled: isOut,
  })
  const button = h(
    "button",
    {
      type: "button",
      class: "small plain",
      "data-focus": `out ${key}`,
      onclick: () => leaveOut(key, !isOut),
    },
    isOut ? "Take back" : "Leave out",
  )
  const given = () => {
    if (field.value === field.defaultValue) return
    rename(key, field.value.trim())
    // It may have got another name than was asked for.
    field.value = field.defaultValue
  }
  field.addEventListener("change", given)
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) given()
  })
  label(field, button, name)
  return h(
    "th",
    { scope: "col", class: isOut ? "out" : null },
    field,
    h(
      "span",
      { class: "column-facts" },
      h("span", { class: "column-type" }, isOut ? "left out" : TYPES[type]),
      button,
    ),
  )
}

/** @param {HTMLInputElement} field @param {HTMLElement} button @param {string} name of the column */
function label(field, button, name) {
  field.defaultValue = name
  field.value = name
  const called = name || "without a name"
  field.setAttribute("aria-label", `Name of column ${called}`)
  button.setAttribute("aria-label", `${button.textContent} column ${called}`)
}

/** Leaves everything where it is: whoever has just named a column is on the way to something else. @param {HTMLElement} table @param {readonly Column[]} columns */
function nameAnew(table, columns) {
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (table.querySelectorAll(".column-name"))
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (table.querySelectorAll(".column-facts button"))
  for (const [at, { name }] of columns.entries()) {
    const [field, button] = [fields[at], buttons[at]]
    if (field && button && field.defaultValue !== name) label(field, button, name)
  }
}

/** What is drawn anew under somebody's hands keeps the focus where it was. @param {HTMLElement} box @param {() => void} draw */
export function keepingFocus(box, draw) {
  const { activeElement } = document
  const focused = activeElement instanceof HTMLElement && box.contains(activeElement) ? activeElement : null
  const name = focused?.dataset.focus
  draw()
  if (focused === null) return
  const all = /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("[data-focus]"))
  const next = [...all].find((one) => one.dataset.focus === name) ?? all[0]
  next?.focus()
}
