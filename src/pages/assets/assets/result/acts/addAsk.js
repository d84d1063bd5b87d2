// @ts-check
/** @import { Store } from "../store.js" */
/** @import { Ask } from "./dialog.js" */

import { parseInputs } from "../../form/parse.js"
import { h } from "../../shared/dom.js"
import { fieldsOf } from "../../shared/domain.js"
import { plural } from "../../shared/format.js"
import { exactly } from "../../shared/money.js"
import { costOf } from "./standing.js"

/** Rows whose columns are compared with the group's: the first show what was pasted. */
const MOST_COMPARED = 2_000
const PARSE_MS = 150
const MOST_PROBLEMS = 3

/**
 * Adds rows to the group. What is typed is kept in this tab until it is in.
 * @param {string} base @param {Store} store @returns {Ask}
 */
export function addAsk(base, store) {
  const draft = new Draft(store.group.taskgroup_id)
  const processor = store.group.metadata?.processor
  const known = store.columns
    .all()
    .filter(({ kind }) => kind === "input")
    .map(({ name }) => name)
  const text = h("textarea", {
    id: "act-rows",
    rows: "8",
    spellcheck: "false",
    autocomplete: "off",
    wrap: "off",
    "aria-describedby": "act-columns act-read",
  })
  text.value = draft.text
  const skip = h("input", { type: "checkbox", checked: true })
  const read = h("div", { id: "act-read", role: "status", class: "act-read" })
  let parsed = parseInputs(text.value, "", skip.checked)
  const draw = () => {
    const problems = text.value.trim() === "" ? [] : parsed.problems
    const lines = [
      parsed.rows.length > 0 &&
        `${plural(parsed.rows.length, "row")} of ${parsed.format}. ${parsed.notes.join(" ")}`,
      ...problems.slice(0, MOST_PROBLEMS).map(problemText),
      problems.length > MOST_PROBLEMS && `And ${problems.length - MOST_PROBLEMS} more.`,
      ...(problems.length === 0 ? otherColumns(known, parsed.rows) : []),
    ]
    const said = lines.filter((one) => typeof one === "string")
    if (read.textContent !== said.join("")) read.replaceChildren(...said.map((one) => h("p", {}, one)))
    if (problems.length > 0) text.setAttribute("aria-invalid", "true")
    else text.removeAttribute("aria-invalid")
  }
  draw()
  return {
    act: "inputs",
    title: "Add rows to this group",
    body: [
      h("label", { class: "label", for: "act-rows" }, "Rows as JSON, CSV or TSV"),
      text,
      h(
        "p",
        { class: "hint", id: "act-columns" },
        known.length > 0 ? `The group's columns: ${known.join(", ")}.` : "",
      ),
      h("label", { class: "check" }, skip, " Skip empty rows"),
      read,
    ],
    first: text,
    bind: (changed) => {
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer
      const parse = () => {
        clearTimeout(timer)
        timer = undefined
        parsed = parseInputs(text.value, "", skip.checked)
        draw()
        changed(false)
      }
      // Whoever presses the button at once means what stands there.
      text.addEventListener("change", () => timer !== undefined && parse())
      text.addEventListener("input", () => {
        draft.keep(text.value)
        clearTimeout(timer)
        timer = setTimeout(parse, PARSE_MS)
      })
      skip.addEventListener("change", parse)
    },
    order: () => {
      const rows = parsed.problems.length === 0 ? parsed.rows.length : 0
      const usd = costOf(processor, rows)
      const cap = usd === null ? "" : `,"max_cost_usd":${usd}`
      const body = rows === 0 ? null : `{"inputs":[${parsed.rows.join(",")}]${cap}}`
      const label = rows === 0 ? "Add rows" : `Add ${plural(rows, "row")}`
      return {
        request: body === null ? null : { method: "POST", path: `${base}/inputs`, body },
        label: usd === null || rows === 0 ? label : `${label} for ${exactly(usd)}`,
        rows,
        paid: true,
      }
    },
    note: () => (costOf(processor, 1) === null ? `What ${String(processor)} costs is not known here.` : ""),
    done: ({ added = 0 }) => {
      draft.keep("")
      return `${plural(added, "row")} added.`
    },
  }
}

/** @param {{ path: string, message: string }} problem */
function problemText({ path, message }) {
  const row = /^inputs\[(\d+)\](.*)$/.exec(path)
  return row
    ? `Row ${Number(row[1]) + 1}${row[2] ? ` (${row[2].replace(/^\./, "")})` : ""}: ${message}`
    : message
}

/** What is other about the new rows. @param {readonly string[]} known columns @param {readonly string[]} rows JSON */
function otherColumns(known, rows) {
  if (known.length === 0 || rows.length === 0) return []
  /** @type {Set<string>} */
  const names = new Set()
  for (const row of rows.slice(0, MOST_COMPARED)) for (const name of fieldsOf(row).keys()) names.add(name)
  const [fresh, missing] = [
    [...names].filter((name) => !known.includes(name)),
    known.filter((name) => !names.has(name)),
  ]
  return [
    fresh.length > 0 && `New to this group: ${fresh.join(", ")}. The rows that are there have none.`,
    missing.length > 0 && `Missing from the new rows: ${missing.join(", ")}.`,
  ]
}

/** What was typed, in this tab. */
class Draft {
  #stored

  /** @param {string} id the group's */
  constructor(id) {
    this.#stored = `parallel-multitask:rows:${id}`
  }

  get text() {
    try {
      return sessionStorage.getItem(this.#stored) ?? ""
    } catch {
      return ""
    }
  }

  /** @param {string} text */
  keep(text) {
    try {
      if (text === "") sessionStorage.removeItem(this.#stored)
      else sessionStorage.setItem(this.#stored, text)
    } catch {
      // It stays in the field as long as the dialog is open.
    }
  }
}
