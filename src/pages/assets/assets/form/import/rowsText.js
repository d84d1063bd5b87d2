// @ts-check
import { byId, fill, h, setText } from "../../shared/dom.js"
import { count } from "../../shared/format.js"
import { MOST_EDITABLE, readRowsFile } from "./fileRows.js"

/** What browsers keep for a tab, with room for the rest of the form. */
const MOST_KEPT = 4_500_000

/**
 * The text that rows are made of: typed or pasted into the field, or a file's, which stays beside the field where it is too
 * large to be edited.
 */
export class RowsText {
  field = /** @type {HTMLTextAreaElement} */ (byId("inputs"))
  /** A text too large to edit, with what it is called. @type {{ name: string, text: string } | null} */
  large = null
  fileName = ""
  /** What is to be known about how the file was read. */
  note = ""
  /** Why the last file was not taken: it stands in the way until something else is done, since the rows that are here are others. @type {string | null} */
  refusal = null
  /** What could not be kept while the page was away. */
  gone = ""
  /** What the file is called that is being read; until its rows are here those before them are not to be sent. */
  reading = ""
  #input = /** @type {HTMLInputElement} */ (byId("inputs-file"))
  #sheet = /** @type {HTMLSelectElement} */ (byId("sheet"))
  /** Sheets of the workbook that the text is one of. @type {readonly { name: string, text: string }[]} */
  #sheets = []
  /** Counts what came, since a file may still be read when the next one comes. */
  #turn = 0

  /**
   * @param {{ typed: () => void, changed: () => void, replaced: () => void }} on `replaced`: by a list for which nothing has
   *   been set yet; `changed` follows
   */
  constructor(on) {
    this.on = on
    this.field.addEventListener("input", () => {
      this.forget()
      on.typed()
    })
    this.field.addEventListener("paste", (event) => this.#paste(event))
    this.#input.addEventListener("change", () => this.#take(this.#input.files?.[0]))
    this.#sheet.addEventListener("change", () => this.#chooseSheet())
    byId("choose-file").addEventListener("click", () => this.#input.click())
    byId("remove-file").addEventListener("click", () => {
      this.forget()
      this.large = null
      on.changed()
      this.field.focus()
    })
    this.#takeDrops(byId("inputs-rows"))
  }

  /** All of it. */
  get whole() {
    return this.large?.text ?? this.field.value
  }

  /** More than this browser keeps for a tab. */
  get isTooMuch() {
    return this.whole.length > MOST_KEPT
  }

  /** What its file is called; "" for what was typed. */
  get name() {
    return this.large?.name ?? this.fileName
  }

  /** Takes a text, beside the field where it is large. @param {string} text @param {string} name */
  put(text, name) {
    this.large = text.length > MOST_EDITABLE ? { name, text } : null
    if (!this.large) this.field.value = text
  }

  /** What was known about a text that is gone. */
  forget() {
    this.fileName = ""
    this.note = ""
    this.refusal = null
    this.gone = ""
    this.reading = ""
    this.#sheets = []
    this.#turn++
  }

  /** Shows what there is, and whether there are sheets to choose from. */
  draw() {
    const { large } = this
    this.field.hidden = large !== null
    byId("chosen-file").hidden = large === null
    byId("sheet-choice").hidden = !this.hasSheets
    if (large !== null)
      setText(
        byId("chosen-name"),
        `${large.name} (${count(Math.round(large.text.length / 1024))} KB)${this.isTooMuch ? ", too large to be kept over a reload" : ""}`,
      )
  }

  get hasSheets() {
    return this.#sheets.length > 1
  }

  /** @param {HTMLElement} box */
  #takeDrops(box) {
    box.addEventListener("dragover", (event) => {
      event.preventDefault()
      box.classList.add("dropping")
    })
    box.addEventListener("dragleave", () => box.classList.remove("dropping"))
    box.addEventListener("drop", (event) => {
      box.classList.remove("dropping")
      // Text that is dropped into the field goes where the pointer is.
      if (!event.dataTransfer?.files.length && event.target === this.field) return
      event.preventDefault()
      void this.#take(event.dataTransfer?.files[0])
    })
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const pasted = event.clipboardData?.getData("text/plain") ?? ""
    const { value, selectionStart, selectionEnd } = this.field
    if (value.length - (selectionEnd - selectionStart) + pasted.length <= MOST_EDITABLE) return
    event.preventDefault()
    this.forget()
    this.put(value.slice(0, selectionStart) + pasted + value.slice(selectionEnd), "Pasted text")
    this.on.changed()
    byId("remove-file").focus()
  }

  /** @param {File | undefined} file */
  async #take(file) {
    if (!file) return
    const turn = ++this.#turn
    this.reading = file.name
    setText(byId("inputs-summary"), `Reading ${file.name}…`)
    const read = await readRowsFile(file)
    this.#input.value = ""
    if (turn !== this.#turn) return
    this.reading = ""
    if ("problem" in read) {
      this.refusal = `${file.name} was not taken. ${read.problem}`
      return this.on.changed()
    }
    const isAgain = [this.fileName, this.gone, this.large?.name].includes(file.name)
    this.forget()
    this.fileName = file.name
    this.note = read.note
    this.#sheets = read.sheets
    const options = read.sheets.map(({ name }, at) => h("option", { value: at }, name))
    fill(this.#sheet, options)
    this.put(read.text, file.name)
    if (!isAgain) this.on.replaced()
    this.on.changed()
  }

  #chooseSheet() {
    const sheet = this.#sheets[Number(this.#sheet.value)]
    if (!sheet) return
    this.put(sheet.text, this.fileName)
    this.on.replaced()
    this.on.changed()
  }
}
