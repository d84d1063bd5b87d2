// @ts-check
/** @import { JsonObject, MultitaskRequest, Problem } from "../../types.js" */
/** @import { ParsedInputs } from "./parse.js" */

import { byId, fill, h, own, setText } from "../shared/dom.js"
import { fieldsOf } from "../shared/domain.js"
import { count, plain, plural } from "../shared/format.js"
import { parseInputs } from "./parse.js"
import { prettyRows } from "./request.js"

/** Larger files stay outside the text area, which would make typing slow. */
const MOST_EDITABLE = 300_000
const PREVIEW_ROWS = 5
const PREVIEW_COLUMNS = 8

/** The rows to be worked on: pasted, from a file, or behind a URL. Shows what was understood of them. */
export class InputsEditor {
  #text = /** @type {HTMLTextAreaElement} */ (byId("inputs"))
  #url = /** @type {HTMLInputElement} */ (byId("inputs-url"))
  #file = /** @type {HTMLInputElement} */ (byId("inputs-file"))
  #drop = byId("inputs-rows")
  #summary = byId("inputs-summary")
  #preview = byId("preview")
  #chosen = byId("chosen-file")
  /** A file too large to edit. @type {{ name: string, text: string } | null} */
  #large = null
  #fileName = ""
  /** Much text is looked at a little later, so that typing stays quick. */
  #isStale = false
  /** Rows without any value are left out. */
  #skipEmpty = false
  /** @type {ParsedInputs} */
  #parsed = { rows: [], format: "", problems: [], notes: [] }

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer
    this.#text.addEventListener("input", () => {
      this.#fileName = ""
      this.#isStale = true
      clearTimeout(timer)
      timer = setTimeout(() => this.#changed(), this.#text.value.length > 50_000 ? 300 : 0)
    })
    this.#url.addEventListener("input", onChange)
    for (const radio of this.#modes()) radio.addEventListener("change", () => this.#showMode())
    this.#file.addEventListener("change", () => this.#take(this.#file.files?.[0]))
    byId("choose-file").addEventListener("click", () => this.#file.click())
    byId("remove-file").addEventListener("click", () => {
      this.#large = null
      this.#changed()
      this.#text.focus()
    })
    this.#drop.addEventListener("dragover", (event) => {
      event.preventDefault()
      this.#drop.classList.add("dropping")
    })
    this.#drop.addEventListener("dragleave", () => this.#drop.classList.remove("dropping"))
    this.#drop.addEventListener("drop", (event) => {
      event.preventDefault()
      this.#drop.classList.remove("dropping")
      void this.#take(event.dataTransfer?.files[0])
    })
  }

  #modes() {
    return /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[name=inputs-mode]"))
  }

  get byUrl() {
    return [...this.#modes()].some((radio) => radio.checked && radio.value === "url")
  }

  get rowCount() {
    return this.byUrl ? null : this.#parsed.rows.length
  }

  /** @param {boolean} skipEmpty */
  skip(skipEmpty) {
    if (skipEmpty === this.#skipEmpty) return
    this.#skipEmpty = skipEmpty
    this.#parse()
  }

  /** @param {JsonObject[] | undefined} rows @param {string | undefined} url */
  set(rows, url) {
    this.#large = null
    this.#fileName = ""
    if (rows) this.#text.value = prettyRows(rows.map((row) => JSON.stringify(row)))
    if (url !== undefined) this.#url.value = url
    for (const radio of this.#modes()) radio.checked = (radio.value === "url") === (url !== undefined)
    this.#showMode()
    this.#changed()
  }

  /** What `restore` needs. The rows may be much, and can be left out. @param {boolean} withRows */
  draft(withRows) {
    const rows = withRows ? { text: this.#text.value, fileName: this.#fileName, large: this.#large } : {}
    return { ...rows, url: this.#url.value, byUrl: this.byUrl }
  }

  /** @param {unknown} draft */
  restore(draft) {
    const large = own(draft, "large")
    const name = own(large, "name")
    const text = own(large, "text")
    this.#large = typeof name === "string" && typeof text === "string" ? { name, text } : null
    this.#text.value = String(own(draft, "text") ?? "")
    this.#fileName = String(own(draft, "fileName") ?? "")
    this.#url.value = String(own(draft, "url") ?? "")
    for (const radio of this.#modes())
      radio.checked = (radio.value === "url") === (own(draft, "byUrl") === true)
    this.#showMode()
    this.#changed()
  }

  /** @returns {{ inputs: MultitaskRequest["inputs"], problems: readonly Problem[] }} */
  read() {
    // What is sent is what stands there, however lately it was typed.
    if (this.#isStale) this.#parse()
    if (!this.byUrl) return { inputs: this.#parsed.rows, problems: this.#parsed.problems }
    const url = this.#url.value.trim()
    const local = /^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(url)
    const problems =
      !URL.canParse(url) || !(url.startsWith("https://") || local)
        ? [{ path: "inputs", message: "Give an https:// address that answers a JSON array of objects." }]
        : []
    return { inputs: { url }, problems }
  }

  /** Whether the text area or the URL field is the one an error belongs to. */
  get field() {
    return this.byUrl ? this.#url : this.#text
  }

  #showMode() {
    byId("inputs-rows").hidden = this.byUrl
    byId("inputs-by-url").hidden = !this.byUrl
    this.onChange()
  }

  /** @param {File | undefined} file */
  async #take(file) {
    if (!file) return
    const text = await file.text()
    this.#file.value = ""
    this.#fileName = file.name
    this.#large = text.length > MOST_EDITABLE ? { name: file.name, text } : null
    if (!this.#large) this.#text.value = text
    this.#changed()
  }

  #changed() {
    this.#parse()
    this.onChange()
  }

  #parse() {
    this.#isStale = false
    this.#parsed = this.#large
      ? parseInputs(this.#large.text, this.#large.name, this.#skipEmpty)
      : parseInputs(this.#text.value, this.#fileName, this.#skipEmpty)
    this.#text.hidden = this.#large !== null
    this.#chosen.hidden = this.#large === null
    if (this.#large)
      setText(
        byId("chosen-name"),
        `${this.#large.name} (${count(Math.round(this.#large.text.length / 1024))} KB)`,
      )
    this.#drawPreview()
  }

  #drawPreview() {
    const { rows, format, problems, notes } = this.#parsed
    const first = rows.slice(0, PREVIEW_ROWS).map(fieldsOf)
    const columns = columnsOf(rows)
    setText(
      this.#summary,
      rows.length === 0
        ? ""
        : [
            `${plural(rows.length, "row")}, ${plural(columns.length, "column")}, read as ${format}.`,
            ...notes,
          ].join(" "),
    )
    this.#preview.hidden = rows.length === 0
    if (rows.length === 0) return
    const shown = columns.slice(0, PREVIEW_COLUMNS)
    const bad = new Set(problems.map(({ path }) => path))
    const rest = rows.length - PREVIEW_ROWS
    fill(
      this.#preview,
      h("caption", { class: "visually-hidden" }, "The first rows as they were understood"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          shown.map((name) => h("th", { scope: "col" }, name || "(no name)")),
          columns.length > shown.length && h("th", { scope: "col" }, `+${columns.length - shown.length}`),
        ),
      ),
      h(
        "tbody",
        {},
        first.map((row, at) =>
          h(
            "tr",
            { class: bad.has(`inputs[${at}]`) ? "bad" : null },
            shown.map((name) => h("td", {}, plain(row.get(name)).slice(0, 120))),
            columns.length > shown.length && h("td", {}, "…"),
          ),
        ),
        rest > 0 &&
          h(
            "tr",
            {},
            h(
              "td",
              { class: "muted", colspan: shown.length + 1 },
              `and ${plural(rest, "more row", "more rows")}`,
            ),
          ),
      ),
    )
  }
}

/** Columns of the first rows, in the order they appear. @param {readonly string[]} rows */
function columnsOf(rows) {
  /** @type {Set<string>} */
  const names = new Set()
  for (const row of rows.slice(0, 1000)) for (const name of fieldsOf(row).keys()) names.add(name)
  return [...names]
}
