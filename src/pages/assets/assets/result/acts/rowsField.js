// @ts-check
import { MOST_EDITABLE, readRowsFile } from "../../form/import/fileRows.js"
import { h, setText } from "../../shared/dom.js"
import { count } from "../../shared/format.js"

const PARSE_MS = 150

/** A text of rows: typed, pasted, or of a file that was chosen or dropped. What is typed is kept in this tab. */
export class RowsField {
  text = h("textarea", {
    id: "act-rows",
    rows: "8",
    spellcheck: "false",
    autocomplete: "off",
    wrap: "off",
    "aria-describedby": "act-columns act-read",
  })
  #file = h("input", {
    type: "file",
    accept: ".json,.jsonl,.ndjson,.csv,.tsv,.tab,.txt,.md,.xlsx",
    "aria-label": "File with rows",
    tabindex: "-1",
    hidden: true,
  })
  #choose = h("button", { type: "button", class: "small" }, "Choose a file")
  #remove = h("button", { type: "button", class: "small" }, "Remove")
  #name = h("span", {})
  #chosen = h("p", { class: "notice", hidden: true }, this.#name, " ", this.#remove)
  /** A text that is too large to be edited. @type {string | null} */
  #large = null
  /** How it is called, which says what it is; "" for what was typed. */
  fileName = ""
  /** How it was read, or why it was not. */
  note = ""
  isRefused = false
  #stored
  #turn = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  onChange = () => {}

  /** @param {string} id the group's */
  constructor(id) {
    this.#stored = `parallel-multitask:rows:${id}`
    this.text.value = this.#kept
    this.element = h(
      "div",
      { class: "act-rows" },
      this.text,
      this.#chosen,
      h("p", {}, this.#choose, " ", h("span", { class: "hint" }, "A file may be dropped here."), this.#file),
    )
    this.text.addEventListener("input", () => this.#typed())
    // Whoever presses the button at once means what stands there.
    this.text.addEventListener("change", () => this.#timer !== undefined && this.#changed())
    this.#choose.addEventListener("click", () => this.#file.click())
    this.#file.addEventListener("change", () => void this.#take(this.#file.files?.[0]))
    this.#remove.addEventListener("click", () => {
      this.#put("", "")
      this.text.focus()
    })
    this.element.addEventListener("dragover", (event) => event.preventDefault())
    this.element.addEventListener("drop", (event) => {
      if (!event.dataTransfer?.files.length) return
      event.preventDefault()
      void this.#take(event.dataTransfer.files[0])
    })
  }

  /** All of it. */
  get whole() {
    return this.#large ?? this.text.value
  }

  /** Its rows are in the group. */
  empty() {
    this.#put("", "")
  }

  #typed() {
    this.fileName = ""
    this.note = ""
    this.isRefused = false
    this.#turn++
    this.#keep(this.text.value)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#changed(), PARSE_MS)
  }

  #changed() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.onChange()
  }

  /** @param {File | undefined} file */
  async #take(file) {
    if (!file) return
    const turn = ++this.#turn
    // Until its rows are here, those before them are not to be added.
    this.note = `Reading ${file.name}…`
    this.isRefused = true
    this.#changed()
    const read = await readRowsFile(file)
    this.#file.value = ""
    if (turn !== this.#turn) return
    if ("problem" in read) {
      this.note = `${file.name} was not taken. ${read.problem}`
      this.isRefused = true
      return this.#changed()
    }
    const [, ...others] = read.sheets
    const sheets = others.length > 0 ? `Of the workbook the first sheet, “${read.sheets[0]?.name}”.` : ""
    this.#put(read.text, file.name, [read.note, sheets].filter(Boolean).join(" "))
  }

  /** @param {string} text @param {string} name @param {string} [note] */
  #put(text, name, note = "") {
    this.#turn++
    this.#large = text.length > MOST_EDITABLE ? text : null
    this.text.value = this.#large === null ? text : ""
    this.text.hidden = this.#large !== null
    this.#chosen.hidden = this.#large === null
    setText(this.#name, `${name} (${count(Math.round(text.length / 1024))} KB)`)
    this.fileName = name
    this.note = note
    this.isRefused = false
    this.#keep(this.text.value)
    this.#changed()
  }

  get #kept() {
    try {
      return sessionStorage.getItem(this.#stored) ?? ""
    } catch {
      return ""
    }
  }

  /** @param {string} text */
  #keep(text) {
    try {
      if (text === "") sessionStorage.removeItem(this.#stored)
      else sessionStorage.setItem(this.#stored, text)
    } catch {
      // It stays in the field as long as the dialog is open.
    }
  }
}
