// @ts-check
/** @import { JsonObject, MultitaskRequest, Problem } from "../../types.js" */
/** @import { Parsed, Understood } from "./import/read.js" */
/** @import { WholeRequest } from "./import/requestBody.js" */
/** @import { ImportSettings } from "./import/settings.js" */

import { byId, own, setText } from "../shared/dom.js"
import { plural } from "../shared/format.js"
import { compactText, elementsOf } from "../shared/domain.js"
import { hash } from "../shared/hash.js"
import { draftedRows, restoredRows } from "./import/keptRows.js"
import {
  commasNote,
  drawNotes,
  droppedNote,
  lostNote,
  raggedNote,
  repeatedNote,
  requestNote,
} from "./import/notes.js"
import { drawPreview } from "./import/preview.js"
import { mayBeKept } from "./import/requestBody.js"
import { NOTHING, parsedOf, understand } from "./import/read.js"
import { RowsText } from "./import/rowsText.js"
import { NO_SETTINGS } from "./import/settings.js"
import { prettyRows } from "./request.js"

/** The rows to be worked on: pasted, from a file, or behind a URL. Shows what was understood of them. */
export class InputsEditor {
  #url = /** @type {HTMLInputElement} */ (byId("inputs-url"))
  #header = /** @type {HTMLInputElement} */ (byId("header-line"))
  /** @type {RowsText} */
  #text
  /** What a request said beside its rows. @type {WholeRequest | null} */
  #request = null
  #isTaken = false
  /** Much text is looked at a little later, so that typing stays quick. */
  #isStale = false
  /** Rows without any value are left out. */
  #skipEmpty = false
  /** @type {ImportSettings} */
  #settings = NO_SETTINGS
  /** Of the first two lines, for which the settings were made. @type {readonly string[]} */
  #sign = []
  /** What a text is, which need not be found out again for other settings. @type {{ of: readonly unknown[], understood: Understood } | null} */
  #known = null
  /** @type {Parsed} */
  #parsed = NOTHING

  /**
   * @param {() => void} onChange
   * @param {(fields: ReadonlyMap<string, string>) => void} onRequest fills the form with what a request says, as JSON text
   */
  constructor(onChange, onRequest) {
    this.onChange = onChange
    this.onRequest = onRequest
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer
    this.#text = new RowsText({
      typed: () => {
        this.#request = null
        this.#isStale = true
        clearTimeout(timer)
        timer = setTimeout(() => this.#changed(), this.#text.whole.length > 50_000 ? 300 : 0)
      },
      replaced: () => (this.#settings = NO_SETTINGS),
      changed: () => {
        this.#request = null
        this.#changed()
      },
    })
    this.#url.addEventListener("input", onChange)
    for (const radio of this.#modes()) radio.addEventListener("change", () => this.#showMode())
    this.#header.addEventListener("change", () => this.#set({ header: this.#header.checked }))
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

  /** Whether this browser has no room to keep the rows: then they are not written out to find that. */
  get isTooMuch() {
    return this.#text.isTooMuch
  }

  /** @param {boolean} skipEmpty */
  skip(skipEmpty) {
    if (skipEmpty === this.#skipEmpty) return
    this.#skipEmpty = skipEmpty
    this.#parse()
  }

  /** @param {JsonObject[] | undefined} rows @param {string | undefined} url */
  set(rows, url) {
    this.#text.forget()
    this.#request = null
    this.#settings = NO_SETTINGS
    this.#text.large = null
    if (rows) this.#text.field.value = prettyRows(rows.map((row) => JSON.stringify(row)))
    if (url !== undefined) this.#url.value = url
    this.#choose(url !== undefined)
    this.#changed()
  }

  /** What `restore` needs. The rows may be much, and can be left out. @param {boolean} withRows */
  draft(withRows) {
    const { field, fileName, large } = this.#text
    // Where there are rows, it is no request that somebody has begun to write.
    const mayBe = withRows && (this.#parsed.rows.length > 1 || mayBeKept(this.#text.whole))
    const rows = draftedRows({ text: field.value, fileName, large }, this.#settings, this.#sign, mayBe)
    return { ...rows, url: this.#url.value, byUrl: this.byUrl }
  }

  /** @param {unknown} draft */
  restore(draft) {
    this.#text.forget()
    this.#request = null
    const { text, settings, sign, ...rest } = restoredRows(draft)
    Object.assign(this.#text, rest)
    this.#text.field.value = text
    this.#settings = settings
    this.#sign = sign
    this.#url.value = String(own(draft, "url") ?? "")
    this.#choose(own(draft, "byUrl") === true)
    this.#changed()
  }

  /** @returns {{ inputs: MultitaskRequest["inputs"], problems: readonly Problem[] }} */
  read() {
    // What is sent is what stands there, however lately it was typed.
    if (this.#isStale) this.#parse()
    if (!this.byUrl) {
      const { refusal, reading } = this.#text
      const message = reading
        ? `${reading} is still being read. Press again once its rows are here.`
        : refusal
      const problems = message === null ? this.#parsed.problems : [{ path: "inputs", message }]
      return { inputs: this.#parsed.rows, problems }
    }
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
    return this.byUrl ? this.#url : this.#text.field
  }

  /** @param {boolean} byUrl */
  #choose(byUrl) {
    for (const radio of this.#modes()) radio.checked = (radio.value === "url") === byUrl
    this.#showMode()
  }

  #showMode() {
    byId("inputs-rows").hidden = this.byUrl
    byId("inputs-by-url").hidden = !this.byUrl
    this.onChange()
  }

  /** @param {Partial<ImportSettings>} settings */
  #set(settings) {
    this.#settings = { ...this.#settings, ...settings }
    this.#sign = signOf(this.#text.whole)
    this.#changed()
  }

  #changed() {
    this.#parse()
    this.onChange()
  }

  #parse() {
    this.#isStale = false
    const sign = signOf(this.#text.whole)
    // Another list than the one that the settings were made for. Where there is none, the same may come once more.
    if (sign.length > 0) {
      if (!sign.some((line) => this.#sign.includes(line))) this.#settings = NO_SETTINGS
      this.#sign = sign
    }
    const { source, request } = this.#understand()
    if (request !== null) this.#takeRequest(request, !("problem" in source))
    this.#parsed = parsedOf(source, this.#settings, this.#skipEmpty)
    this.#draw()
  }

  #understand() {
    const { whole, name } = this.#text
    const { commas } = this.#settings
    // Not put together, which would keep megabytes a second time.
    const of = [whole, name, this.#skipEmpty, commas]
    const known = this.#known
    if (known !== null && of.every((one, at) => one === known.of[at])) return known.understood
    const understood = understand(whole, name, this.#skipEmpty, commas)
    this.#known = { of, understood }
    return understood
  }

  /** Of a request the rows stay in the field, and nothing that might be a key. @param {WholeRequest} request @param {boolean} isGood */
  #takeRequest(request, isGood) {
    this.#request = request
    this.#isTaken = false
    const { url, rows } = request
    const isArray = isGood && /^\s*\[/.test(rows)
    this.#text.put(url !== null ? "" : isArray ? arrayLines(rows) : rows, this.#text.name || "Pasted text")
    this.#text.fileName = ""
    this.#sign = signOf(this.#text.whole)
    if (url === null) return
    this.#url.value = url
    this.#choose(true)
  }

  #draw() {
    const { rows, format, notes, columns, header } = this.#parsed
    this.#text.draw()
    byId("import-settings").hidden = header === null && !this.#text.hasSheets
    byId("header-choice").hidden = header === null
    this.#header.checked = header?.is ?? false
    setText(byId("header-why"), header?.why ? `Guessed: ${header.why}` : "")
    const sent = columns.filter(({ isOut }) => !isOut).length
    const said = `${plural(rows.length, "row")}, ${plural(sent, "column")}, read as ${format}.`
    setText(byId("inputs-summary"), rows.length === 0 ? "" : [said, ...notes].join(" "))
    drawPreview(byId("preview"), this.#parsed, {
      rename: (key, name) => this.#rename(key, name),
      leaveOut: (key, isOut) => {
        const out = new Set(this.#settings.out)
        if (isOut) out.add(key)
        else out.delete(key)
        this.#set({ out })
      },
    })
    this.#drawNotes()
  }

  #drawNotes() {
    const { rows, dropped, repeated, ragged, commas } = this.#parsed
    const { distinct } = this.#settings
    const { refusal, gone, note } = this.#text
    const dismiss = { label: "Keep them", act: () => this.#dismiss() }
    drawNotes(byId("import-notes"), [
      refusal === null ? null : { text: "The rows that were here are still here.", buttons: [dismiss] },
      gone === "" ? null : { text: `${gone} could not be kept while you were away. Put it in again.` },
      note === "" ? null : { text: note },
      requestNote(this.#request, this.#isTaken, () => this.#fillForm()),
      commasNote(commas, (divide) => this.#set({ commas: divide })),
      raggedNote(ragged, (choice) => this.#set({ ragged: choice })),
      droppedNote(dropped),
      repeatedNote(repeated, distinct, (isDistinct) => this.#set({ distinct: isDistinct })),
      lostNote(rows),
    ])
  }

  #dismiss() {
    this.#text.refusal = null
    this.#changed()
    this.field.focus()
  }

  #fillForm() {
    this.#isTaken = true
    this.onRequest(this.#request?.fields ?? new Map())
    this.#drawNotes()
    this.field.focus()
  }

  /** @param {string} key @param {string} name the column's own takes a new one away */
  #rename(key, name) {
    const names = new Map(this.#settings.names)
    if (name === "" || name === key) names.delete(key)
    else names.set(key, name)
    this.#set({ names })
  }
}

/** Two lines by which a list is told from another: brackets are in many. @param {string} text @returns {readonly string[]} */
const signOf = (text) =>
  text
    .slice(0, 5000)
    .split("\n")
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
    .slice(0, 2)
    .map(hash)

/** One row a line, where each is small. @param {string} array JSON text */
const arrayLines = (array) => prettyRows(elementsOf(compactText(array)))
