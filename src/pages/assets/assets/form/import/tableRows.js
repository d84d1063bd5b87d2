// @ts-check
/** @import { ImportSettings } from "./settings.js" */
/** @import { Line, Table } from "./table.js" */
/** @import { Column, Parsed } from "./read.js" */

import { Problems, readHeader, ROW_LIMITS, RowCollector } from "../../shared/domain.js"
import { cellJson, isBlankCell, typeOfCells } from "./cells.js"
import { guessHeader } from "./header.js"
import { distinctRows, SAMPLE_ROWS } from "./repeats.js"

/**
 * @typedef {{ key: string, at: number, isOurs: boolean, isNameless: boolean }} Given a column as the text has it: `at` is
 *   its place among the cells; `isOurs`: it says what became of a row of ours, and is no part of one
 */

/** A table's rows, as the settings have it. @param {Table} table @param {ImportSettings} settings @returns {Parsed} */
export function rowsOfTable(table, settings) {
  const guess = guessHeader(table.lines, table.isFile)
  const isHeader = settings.header ?? guess.header
  const head = isHeader ? table.lines[0] : undefined
  const all = isHeader ? table.lines.slice(1) : table.lines
  const width = head ? head.cells.length : usualWidth(all)
  const { lines, ragged } = fitted(all, width, table, settings, isHeader)
  let widest = width
  for (const { cells } of lines) widest = Math.max(widest, cells.length)
  const { given, read, notes } = columnsOf(head, widest)
  const cellOf = (/** @type {Line} */ { cells }, /** @type {number} */ at) => read(cells[at] ?? "")
  const full = given.filter(({ at }) => lines.some(({ cells }) => !isBlankCell(cells[at] ?? "")))
  const names = namesOf(full, settings.names)
  const columns = full.map((one, at) => {
    const type = typeOfCells(cellsOf(lines, one.at, read))
    const name = /** @type {string} */ (names[at])
    return { ...one, name, type, isOut: settings.out.has(one.key) }
  })
  const sent = columns.filter(({ isOut }) => !isOut)
  const kept = lines.filter(({ cells }) => sent.some(({ at }) => !isBlankCell(cells[at] ?? "")))
  const made = kept.map((line) => rowOf(line, sent, cellOf))
  const { taken, repeated } = distinctRows(
    made.map(({ text }) => text),
    settings.distinct,
  )
  const { rows, problems } = collected(made, taken, sent)
  const empty = given.filter((one) => !full.includes(one))
  return {
    rows,
    problems: rows.length > 0 || problems.length > 0 ? problems : [none(table, ragged, columns, isHeader)],
    format: table.format,
    notes: [...table.notes, ...notes],
    columns: columns.map(({ key, name, type, isOut }) => ({ key, name, type, isOut })),
    sample: taken.slice(0, SAMPLE_ROWS).map((at) => {
      const line = /** @type {Line} */ (kept[at])
      return columns.map((column) => cellOf(line, column.at))
    }),
    header: { is: isHeader, why: settings.header === null ? guess.why : "" },
    dropped: {
      blank: table.blank + lines.length - kept.length,
      columns: empty.map(({ key, isNameless }) => (isNameless ? "" : key)),
      short: head ? lines.filter(({ cells }) => cells.length < width).length : 0,
    },
    repeated,
    commas: table.commas ?? null,
    ragged,
  }
}

/** How wide a table without a header is: as most of its lines are. @param {readonly Line[]} lines */
function usualWidth(lines) {
  /** @type {Map<number, number>} */
  const counts = new Map()
  for (const { cells } of lines) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1)
  let width = 0
  for (const [cells, n] of counts)
    if (n > (counts.get(width) ?? 0) || (n === counts.get(width) && cells > width)) width = cells
  return width
}

/**
 * The lines as wide as the header, but those of which nobody knows where their cells belong: they are told.
 * @param {readonly Line[]} all @param {number} width @param {Table} table @param {ImportSettings} settings @param {boolean} isHeader
 */
function fitted(all, width, { delimiter }, { ragged: choice }, isHeader) {
  const wide = all.filter(({ cells }) => cells.length > width)
  if (wide.length === 0) return { lines: all, ragged: null }
  const tooLong = wide.filter(({ cells }) => cells.slice(width).some((cell) => !isBlankCell(cell)))
  const among = new Set(tooLong)
  const first = tooLong.map(({ line, cells }) => ({ line, cells: cells.length }))
  const ragged = tooLong.length === 0 ? null : { lines: first, width, isHeader, choice }
  const lines = all.flatMap((line) => {
    if (!among.has(line))
      return [line.cells.length > width ? { ...line, cells: line.cells.slice(0, width) } : line]
    if (choice === "out") return []
    if (choice === "keep") return [line]
    const { cells } = line
    return [{ ...line, cells: [...cells.slice(0, width - 1), cells.slice(width - 1).join(delimiter)] }]
  })
  return { lines, ragged }
}

/** @param {Line | undefined} head @param {number} width @returns {{ given: Given[], read: (cell: string) => string, notes: string[] }} */
function columnsOf(head, width) {
  if (!head) {
    const key = (/** @type {number} */ at) => (width === 1 ? "input" : `column_${at + 1}`)
    const given = Array.from({ length: width }, (_, at) => ({
      key: key(at),
      at,
      isOurs: false,
      isNameless: false,
    }))
    return { given, read: (cell) => cell, notes: [] }
  }
  const cells = [...head.cells, ...Array.from({ length: Math.max(0, width - head.cells.length) }, () => "")]
  const { columns, read } = readHeader(cells)
  const given = columns.map(({ name, lead, isNameless }, at) => ({
    key: name,
    at,
    isOurs: lead === null,
    isNameless,
  }))
  /** @type {string[]} */
  const notes = []
  const twice = renamed(given)
  if (twice.length > 0) notes.push(`Columns of the same name got a number: ${twice.join(", ")}.`)
  if (given.some(({ isOurs }) => isOurs))
    notes.push("This is a result of ours: $id, $status and $error are left out.")
  return { given: given.filter(({ isOurs }) => !isOurs), read, notes }
}

/** Gives every column a name of its own. @param {Given[]} given @returns {string[]} the new names */
function renamed(given) {
  const taken = new Set(given.map(({ key }) => key))
  /** @type {Set<string>} */
  const seen = new Set()
  const unlike = numbering(taken)
  const fresh = []
  for (const column of given) {
    if (seen.has(column.key)) fresh.push((column.key = unlike(column.key)))
    seen.add(column.key)
    taken.add(column.key)
  }
  return fresh
}

/** Finds names that are not taken. @param {ReadonlySet<string>} taken */
function numbering(taken) {
  /** @type {Map<string, number>} */
  const last = new Map()
  return (/** @type {string} */ name) => {
    let n = last.get(name) ?? 1
    do n++
    while (taken.has(`${name} ${n}`))
    last.set(name, n)
    return `${name} ${n}`
  }
}

/**
 * What columns are called, each otherwise than the others: two of a name would be one field.
 * @param {readonly { key: string }[]} columns @param {ReadonlyMap<string, string>} names
 */
export function namesOf(columns, names) {
  /** @type {Set<string>} */
  const taken = new Set(columns.filter(({ key }) => !names.has(key)).map(({ key }) => key))
  const unlike = numbering(taken)
  return columns.map(({ key }) => {
    const name = names.get(key)
    if (name === undefined) return key
    const free = taken.has(name) ? unlike(name) : name
    taken.add(free)
    return free
  })
}

/** @param {readonly Line[]} lines @param {number} at @param {(cell: string) => string} read */
function* cellsOf(lines, at, read) {
  for (const { cells } of lines) yield read(cells[at] ?? "")
}

/**
 * @param {Line} line @param {readonly (Column & Given)[]} columns @param {(line: Line, at: number) => string} cellOf
 * @returns {{ text: string, has: boolean[] }} `has`: which of the columns are in it; what has no name is there where it holds something
 */
function rowOf(line, columns, cellOf) {
  let text = ""
  const has = columns.map(({ at, name, isNameless, type }) => {
    const cell = cellOf(line, at)
    if (isNameless && cell === "") return false
    text += `${text === "" ? "{" : ","}${JSON.stringify(name)}:${cellJson(cell, /** @type {"text"} */ (type))}`
    return true
  })
  return { text: `${text}}`, has }
}

/** The rows within the API's bounds. @param {readonly { text: string, has: boolean[] }[]} made @param {readonly number[]} taken @param {readonly Column[]} columns */
function collected(made, taken, columns) {
  const problems = new Problems()
  const collector = new RowCollector(ROW_LIMITS, problems)
  for (const at of taken) {
    const { text } = /** @type {{ text: string }} */ (made[at])
    collector.begin("object")
    collector.end(text.length > ROW_LIMITS.maxSpecPlusInputChars ? null : text, text.length, false)
  }
  if (taken.length === 0 || columns.length === 0) return { rows: [], problems: [] }
  return { rows: collector.finish(true).texts, problems: problems.list("inputs") }
}

/** Why there is no row. @param {Table} table @param {Parsed["ragged"]} ragged @param {readonly Column[]} columns @param {boolean} isHeader */
function none({ lines }, ragged, columns, isHeader) {
  const message =
    columns.length > 0 && columns.every(({ isOut }) => isOut)
      ? "Every column is left out. Take one back."
      : ragged
        ? "Every row has more cells than there are columns. Say below what becomes of them."
        : isHeader && lines.length === 1
          ? "There is a header and no row below it. Add rows, or say that the first line is none."
          : "There is no row that holds anything."
  return { path: "inputs", message }
}
