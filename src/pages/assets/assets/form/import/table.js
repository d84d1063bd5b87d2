// @ts-check
import {
  DelimitedScanner,
  guessDelimiter,
  ROW_LIMITS,
  SEPARATOR_LINE,
  textFailure,
} from "../../shared/domain.js"
import { isBlankCell } from "./cells.js"
import { isName } from "./header.js"

/**
 * Lines of cells, before anybody has said which of them is a header.
 *
 * @typedef {{ cells: string[], line: number }} Line `line` counts the text's, from 1
 * @typedef {{ lines: Line[], blank: number, delimiter: string, format: "CSV" | "TSV" | "a list" | "a Markdown table", isFile: boolean, notes: readonly string[], commas?: boolean }} Table
 *   `blank`: lines that hold nothing, which are not among them; `delimiter`: what divides the cells, "" for a list;
 *   `isFile`: it comes from a file of a kind that has a header as a rule; `notes`: what is not among the lines, in words;
 *   `commas`: whether they divide cells, where it might be otherwise
 */

/** Enough to see how a text goes on. */
const SAMPLE_LINES = 50
const SAMPLE_CHARS = 50_000

/** Lines above a table that say what it is. */
const MOST_TITLES = 3

/** @param {string} text @param {"csv" | "tsv" | null} said what somebody says it is @param {boolean} isFile @param {boolean | null} commas whether they divide cells, null for what is guessed @returns {Table | { problem: string }} */
export function readTable(text, said, isFile, commas) {
  const named = SEPARATOR_LINE.exec(text)
  const body = named ? text.slice(named[0].length) : text
  const sample = sampleOf(body)
  const guessed = said === "tsv" ? "\t" : hasDecimalCommas(sample) ? ";" : (guessDelimiter(body, true) ?? ",")
  const below = named || sample[0]?.includes(guessed) ? null : dividerBelow(sample)
  const delimiter = named?.[1] ?? below ?? guessed
  const isPlain = !named && below === null && said === null
  const isOpen = isPlain && delimiter === "," && mayBeEither(sample)
  const asList = isOpen && commas !== null ? !commas : isPlain && isList(sample, delimiter)
  if (asList) return { ...listOf(body, isFile), ...(isOpen ? { commas: false } : {}) }
  const read = scan(body, delimiter.charCodeAt(0), named ? 2 : 1)
  // Who copies cells quotes them well or not at all.
  const table = "problem" in read && read.isQuote && delimiter === "\t" ? plainLines(body, "\t") : read
  if ("problem" in table) return table
  const { lines, notes } = below === null ? { lines: table.lines, notes: [] } : withoutTitles(table.lines)
  const format = delimiter === "\t" ? "TSV" : "CSV"
  return { ...table, lines, notes, delimiter, format, isFile, ...(isOpen ? { commas: true } : {}) }
}

/** The first lines that hold something. @param {string} text */
const sampleOf = (text) =>
  text
    .slice(0, SAMPLE_CHARS)
    .split(/\r\n|\r|\n/)
    .filter((line) => !isBlankCell(line))
    .slice(0, SAMPLE_LINES)

/** Whether nearly all of these lines have as many cells. @param {readonly string[]} lines @param {string} delimiter */
function agree(lines, delimiter) {
  const counts = lines.map((line) => line.split(delimiter).length)
  const usual = counts.toSorted((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 1
  return usual > 1 && counts.filter((n) => n === usual).length >= counts.length * 0.8
}

/** Whether commas stand within numbers only, and semicolons divide the cells. @param {readonly string[]} sample */
const hasDecimalCommas = (sample) =>
  agree(sample, ";") && !sample.some((line) => line.includes("\t") || /(?<!\d),|,(?!\d)/.test(line))

/** What divides the lines below a first one that it does not divide: a title. @param {readonly string[]} sample */
function dividerBelow(sample) {
  const rest = sample.slice(1).filter((line, at) => at >= MOST_TITLES || /[\t;,]/.test(line))
  if (rest.length < 2 || isName((sample[0] ?? "").trim())) return null
  return ["\t", ";", ","].find((one) => agree(rest, one) && (one !== "," || !isProse(rest))) ?? null
}

/** @param {readonly Line[]} lines */
function withoutTitles(lines) {
  const start = lines.slice(0, MOST_TITLES).findIndex(({ cells }) => cells.length > 1)
  if (start < 1) return { lines: [...lines], notes: [] }
  const titles = lines.slice(0, start).map(({ cells }) => `“${(cells[0] ?? "").slice(0, 60)}”`)
  const verb =
    start === 1 ? "Line 1 stands above the table and is" : `${start} lines stand above the table and are`
  return { lines: lines.slice(start), notes: [`${verb} left out: ${titles.join(", ")}.`] }
}

/** Marks of a list's items. */
const MARK = /^(?:[-*•–·]|\d{1,5}[.)])\s+(?=\S)/

/** Lines of one text each. @param {string} text @param {boolean} isFile @returns {Table} */
function listOf(text, isFile) {
  const read = scan(text, NaN, 1)
  // A quote may be no more than the first character of a sentence.
  const { lines, blank } = "problem" in read ? plainLines(text) : read
  const isMarked = lines.length > 1 && lines.every(({ cells }) => MARK.test(cells[0] ?? ""))
  return {
    lines: isMarked
      ? lines.map(({ cells, line }) => ({ cells: [(cells[0] ?? "").replace(MARK, "")], line }))
      : lines,
    blank,
    notes: isMarked ? ["Its bullets or numbers are left out."] : [],
    delimiter: "",
    format: "a list",
    isFile,
  }
}

/** Commas that stand before a blank, or in numbers. @param {readonly string[]} lines */
const isProse = (lines) => lines.every((line) => !/,\S/.test(line.replace(/\d,\d{3}\b/g, "")))

/** "Apple, Inc." is one text, or two cells. @param {readonly string[]} sample */
const mayBeEither = (sample) =>
  isProse(sample) && sample.some((line) => line.includes(",")) && !sample.some((line) => line.includes('"'))

/**
 * Whether each line is one text, in which commas are commas: the first has none, or each is an address, or they all stand
 * before a blank and the lines do not agree on how many there are.
 * @param {readonly string[]} sample @param {string} delimiter
 */
function isList(sample, delimiter) {
  const [first = ""] = sample
  const cells = first.split(delimiter)
  if (cells.length === 1)
    return !first.startsWith('"') || !sample.some((line) => line.includes(`"${delimiter}`))
  if (delimiter !== ",") return false
  if (sample.every((line) => /^\s*https?:\/\/[^\s"]+\s*$/i.test(line) && !/,https?:/i.test(line))) return true
  const isEven = sample.every((line) => line.split(delimiter).length === cells.length)
  return isProse(sample) && !isEven && !cells.every((cell) => isName(cell.trim()))
}

/** Quotes are characters like others. @param {string} text @param {string} [delimiter] @returns {{ lines: Line[], blank: number }} */
function plainLines(text, delimiter) {
  const all = text.split(/\r\n|\r|\n/)
  if (all.at(-1) === "") all.pop()
  const lines = all.map((line, at) => ({
    cells: delimiter ? line.split(delimiter) : [line.trim()],
    line: at + 1,
  }))
  const kept = lines.filter(({ cells }) => !cells.every(isBlankCell))
  return { lines: kept, blank: lines.length - kept.length }
}

/** @param {string} text @param {number} delimiter @param {number} from its first line @returns {{ lines: Line[], blank: number } | { problem: string, isQuote: boolean }} */
function scan(text, delimiter, from) {
  /** @type {Line[]} */
  const lines = []
  let blank = 0
  let values = 0
  let cell = ""
  let isBlank = true
  /** @type {string[]} */
  let cells = []
  const isSingle = Number.isNaN(delimiter)
  /** Whether people have set a blank behind each comma or semicolon, which is no part of what they wrote. */
  let isSpaced = delimiter === 44 || delimiter === 59
  /** @param {boolean} wasQuoted */
  const endCell = (wasQuoted) => {
    if (isBlank && !isBlankCell(cell)) isBlank = false
    if (isSpaced && cells.length > 0 && (wasQuoted || !/^(?: |$)/.test(cell))) isSpaced = false
    // Blanks around names, and around the texts of a list, are nobody's.
    cells.push((lines.length === 0 || isSingle) && !wasQuoted ? cell.trim() : cell)
    cell = ""
    if (++values > ROW_LIMITS.maxValues)
      scanner.failure = { _tag: "TooManyValues", limit: ROW_LIMITS.maxValues }
  }
  const scanner = new DelimitedScanner(delimiter, {
    take: (piece) => void (cell += piece),
    endCell,
    endRecord: (wasQuoted, line) => {
      endCell(wasQuoted)
      values++
      if (isBlank) blank++
      else lines.push({ cells, line })
      cells = []
      isBlank = true
    },
    blank: () => void blank++,
  })
  scanner.line = from
  scanner.push(text)
  scanner.end()
  if (scanner.failure)
    return {
      problem: `The text ${textFailure(scanner.failure)}`,
      isQuote: scanner.failure._tag.endsWith("Quote"),
    }
  if (isSpaced)
    for (const line of lines) line.cells = line.cells.map((cell, at) => (at > 0 ? cell.trim() : cell))
  return { lines, blank }
}

/**
 * A table as Markdown writes it, whose second line is dashes. null: it is none.
 * @param {string} text @returns {Table | null}
 */
export function readMarkdownTable(text) {
  const all = text.split(/\r\n|\r|\n/)
  const start = all.findIndex((line) => !isBlankCell(line))
  const [head, rule] = [all[start] ?? "", all[start + 1] ?? ""]
  if (!head.includes("|") || !/^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(rule) || !rule.includes("|"))
    return null
  const lines = all.map((text, at) => ({ cells: markdownCells(text), line: at + 1 }))
  const body = lines.filter((_, at) => at !== start + 1 && at >= start)
  if (all.at(-1) === "") body.pop()
  const kept = body.filter(({ cells }) => cells.some((cell) => cell !== ""))
  return {
    lines: kept,
    blank: body.length - kept.length,
    delimiter: "|",
    format: "a Markdown table",
    isFile: true,
    notes: [],
  }
}

/** @param {string} line */
const markdownCells = (line) =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"))
