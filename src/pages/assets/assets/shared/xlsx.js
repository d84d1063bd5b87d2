// @ts-check

import { cellText, kindOf } from "./domain.js"
import { Zip } from "./zip.js"

/**
 * Workbooks for spreadsheet programs (ECMA-376), written in slices. Text is text, whatever it looks like: zeros in front,
 * twenty digits and `=1+1` stay as they are, and stay so when somebody edits the cell. Our own code, which is
 * in the page already when the server is gone: write-excel-file 4.1.1 takes a cell with the text `constructor` for
 * another one, drops U+FFFD, lets `_x0041_` become `A`, and stops the page for as long as it writes, or needs a worker
 * from a blob, which the page's policy forbids.
 */

const MAX_ROWS = 1_048_576
const MAX_COLUMNS = 16_384
/** Characters in a cell. */
const MAX_TEXT = 32_767

const TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
const PACKAGE = "http://schemas.openxmlformats.org/package/2006"

/** Places in `cellXfs` below. */
const STYLE = { plain: 0, head: 1, text: 2, quoted: 3 }
const STYLES = `<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFD8D0BF"/><bgColor indexed="64"/></patternFill></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">${[
  'numFmtId="0" fontId="0" fillId="0"',
  'numFmtId="49" fontId="1" fillId="2" applyNumberFormat="1" applyFont="1" applyFill="1"',
  'numFmtId="49" fontId="0" fillId="0" applyNumberFormat="1"',
  'numFmtId="0" fontId="0" fillId="0" quotePrefix="1"',
]
  .map((format) => `<xf ${format} borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top"/></xf>`)
  .join(
    "",
  )}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

/** Characters that XML has no spelling for. Half of one is none. */
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g
const MARKUP = /[&<>]/g
const MARKUP_ESCAPES = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
])
/** What these programs take for a character's number: its underscore is spelled so, and it stays text. */
const NUMBERED = /_(?=x[0-9a-f]{4}_)/gi

/** @param {string} text as the content of an element; a line end is a line feed there */
const xmlText = (text) =>
  text
    .toWellFormed()
    .replace(FORBIDDEN, "\uFFFD")
    .replace(/\r\n?/g, "\n")
    .replace(NUMBERED, "_x005F_")
    .replace(MARKUP, (one) => MARKUP_ESCAPES.get(one) ?? "")

/** A column's letters. @param {number} at from 0 */
function letters(at) {
  let name = ""
  for (let n = at + 1; n > 0; n = Math.floor((n - 1) / 26))
    name = String.fromCharCode(65 + ((n - 1) % 26)) + name
  return name
}

const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE][+-]?\d+)?$/
/** So many digits are kept by spreadsheet programs. */
const MAX_DIGITS = 15
const LEAST_NUMBER = 2.3e-308
const MOST_NUMBER = 9.99e307

/** Whether the number is there the very number that is written. @param {string} json */
function isExact(json) {
  const [, whole = "", fraction = ""] = NUMBER.exec(json) ?? []
  const digits = (whole + fraction.replace(/0+$/, "")).replace(/^0+/, "")
  if (digits === "") return !json.startsWith("-")
  const size = Math.abs(Number(json))
  return digits.length <= MAX_DIGITS && size >= LEAST_NUMBER && size <= MOST_NUMBER
}

/** Texts that are written once, by number. Long ones are hardly ever the same, and would only take memory. */
class SharedTexts {
  /** Texts that are longer than a cell, of which the beginning is there. */
  cut = 0
  #ids = new Map()
  #count = 0
  #pending = ""

  /** @param {ReturnType<Zip["file"]>} file */
  constructor(file) {
    this.file = file
    this.#pending = `${DECLARATION}<sst xmlns="${MAIN}">`
  }

  /** @param {string} text */
  id(text) {
    const known = text.length <= 100 ? this.#ids.get(text) : undefined
    if (known !== undefined) return known
    const id = this.#count++
    if (text.length <= 100) this.#ids.set(text, id)
    this.#pending += `<si><t xml:space="preserve">${xmlText(this.#fitted(text))}</t></si>`
    return id
  }

  /** @param {string} text */
  #fitted(text) {
    if (text.length <= MAX_TEXT) return text
    this.cut++
    const note = ` … [cut here: ${text.length} characters, a cell takes ${MAX_TEXT}]`
    return text.slice(0, MAX_TEXT - note.length).toWellFormed() + note
  }

  get waiting() {
    return this.#pending.length
  }

  async flush() {
    const text = this.#pending
    this.#pending = ""
    if (text !== "") await this.file.write(text)
  }

  async end() {
    this.#pending += "</sst>"
    await this.flush()
    await this.file.end()
  }
}

/** Of longer ones some versions show nothing but `#` where their format is "text". */
const MAX_FORMATTED = 255
const LIKE_FORMULA = /^[\s=+\-@]/

/** @param {string} text */
const styleOf = (text) =>
  text.length <= MAX_FORMATTED ? STYLE.text : LIKE_FORMULA.test(text) ? STYLE.quoted : STYLE.plain

/** @param {string} place `A1` @param {string} json @param {SharedTexts} texts */
function cell(place, json, texts) {
  const kind = kindOf(json)
  if (kind === "null") return ""
  if (kind === "boolean") return `<c r="${place}" t="b"><v>${json === "true" ? 1 : 0}</v></c>`
  if (kind === "number" && isExact(json)) return `<c r="${place}"><v>${Number(json)}</v></c>`
  const text = cellText(json)
  if (text === "") return ""
  return `<c r="${place}" s="${styleOf(text)}" t="s"><v>${texts.id(text)}</v></c>`
}

/**
 * `name` is at most 31 characters, without `[]:*?/\`. Cells are JSON texts, `null` is an empty one; widths are in
 * characters.
 * @typedef {{ name: string, columns: readonly { title: string, width: number }[], rows: Iterable<readonly string[]>, count: number }} Sheet
 */

/** So many characters are compressed at once. */
const PIECE_CHARS = 64 * 1024

/** @param {Zip} zip @param {string} path @param {Sheet} sheet @param {SharedTexts} texts @param {boolean} isFirst @param {() => Promise<void>} turn */
async function writeSheet(zip, path, { columns, rows, count }, texts, isFirst, turn) {
  const file = zip.file(path)
  const names = columns.map((_, at) => letters(at))
  const range = `A1:${names.at(-1) ?? "A"}${count + 1}`
  let piece = `${DECLARATION}<worksheet xmlns="${MAIN}"><dimension ref="${range}"/><sheetViews><sheetView${isFirst ? ' tabSelected="1"' : ""} workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>${columns.map(({ width }, at) => `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`).join("")}</cols><sheetData>`
  const head = columns.map(
    ({ title }, at) => `<c r="${names[at]}1" s="${STYLE.head}" t="s"><v>${texts.id(title)}</v></c>`,
  )
  piece += `<row r="1">${head.join("")}</row>`
  let number = 1
  for (const row of rows) {
    number++
    piece += `<row r="${number}">`
    for (let at = 0; at < names.length; at++) piece += cell(`${names[at]}${number}`, row[at] ?? "null", texts)
    piece += "</row>"
    if (piece.length + texts.waiting > PIECE_CHARS) {
      await file.write(piece)
      await texts.flush()
      piece = ""
    }
    await turn()
  }
  piece += `</sheetData><autoFilter ref="${range}"/><ignoredErrors><ignoredError sqref="${range}" numberStoredAsText="1"/></ignoredErrors></worksheet>`
  await file.write(piece)
  await file.end()
}

/** What there is in a workbook besides sheets and texts, by path. @param {readonly Sheet[]} sheets @returns {[path: string, xml: string][]} */
const framework = (sheets) => [
  [
    "[Content_Types].xml",
    `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE.replace(".sheet", ".styles")}+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="${TYPE.replace(".sheet", ".sharedStrings")}+xml"/>${sheets.map((_, at) => `<Override PartName="/xl/worksheets/sheet${at + 1}.xml" ContentType="${TYPE.replace(".sheet", ".worksheet")}+xml"/>`).join("")}</Types>`,
  ],
  [
    "_rels/.rels",
    `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ],
  [
    "xl/workbook.xml",
    `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><bookViews><workbookView/></bookViews><sheets>${sheets.map(({ name }, at) => `<sheet name="${xmlText(name).replaceAll('"', "&quot;")}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`).join("")}</sheets></workbook>`,
  ],
  [
    "xl/_rels/workbook.xml.rels",
    `<Relationships xmlns="${PACKAGE}/relationships">${sheets.map((_, at) => `<Relationship Id="rId${at + 1}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`).join("")}<Relationship Id="rId${sheets.length + 1}" Type="${OFFICE}/styles" Target="styles.xml"/><Relationship Id="rId${sheets.length + 2}" Type="${OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
  ],
  ["xl/styles.xml", STYLES],
]

/**
 * @param {readonly Sheet[]} sheets @param {() => Promise<void>} turn
 * @returns {Promise<{ blob: Blob, cut: number, columnsLeftOut: number }>} `cut` counts the texts of which only the beginning is there
 */
export async function writeXlsx(sheets, turn) {
  const zip = new Zip()
  for (const [path, xml] of framework(sheets)) {
    const file = zip.file(path)
    await file.write(DECLARATION + xml)
    await file.end()
  }
  const texts = new SharedTexts(zip.file("xl/sharedStrings.xml"))
  let columnsLeftOut = 0
  for (const [at, sheet] of sheets.entries()) {
    if (sheet.count >= MAX_ROWS) throw new RangeError("A sheet has room for 1,048,575 rows and its head.")
    columnsLeftOut += Math.max(0, sheet.columns.length - MAX_COLUMNS)
    const fitted = { ...sheet, columns: sheet.columns.slice(0, MAX_COLUMNS) }
    await writeSheet(zip, `xl/worksheets/sheet${at + 1}.xml`, fitted, texts, at === 0, turn)
  }
  await texts.end()
  return { blob: zip.blob(TYPE), cut: texts.cut, columnsLeftOut }
}
