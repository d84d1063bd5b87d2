import type { SqlValue } from "../layers/sqlite/SqliteStorage.ts"

/** What the platform does not give as it is: integers come as doubles, and half a character as three U+FFFD. */

type Value = SqlValue
export type Row = ReadonlyArray<Value>

/** The largest integer up to which a double is every integer. */
const MAX_EXACT = 2 ** 53

/** How half a character comes: SQLite makes three bytes of its escape, none of which is UTF-8. It may also be in the text. */
const HALF = "\uFFFD\uFFFD\uFFFD"

/** How the values of a column are asked for a second time. */
type Way = "integer" | "text"

const wayOf = (value: Value): Way | null => {
  if (typeof value === "string") return value.includes(HALF) ? "text" : null
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) >= MAX_EXACT
    ? "integer"
    : null
}

/** Columns that have values which may not be as they are. */
const inexactColumns = (rows: ReadonlyArray<Row>): ReadonlyMap<number, ReadonlySet<Way>> => {
  const columns = new Map<number, Set<Way>>()
  for (const row of rows)
    for (const [at, value] of row.entries()) {
      const way = wayOf(value)
      if (way !== null) columns.set(at, (columns.get(at) ?? new Set()).add(way))
    }
  return columns
}

const expressionFor = (column: string, ways: ReadonlySet<Way> | undefined): string => {
  const others =
    ways?.has("text") === true
      ? `iif(typeof(${column}) = 'text', CAST(${column} AS BLOB), ${column})`
      : column
  // The sign takes away what a column would be compared as.
  return ways?.has("integer") === true
    ? `iif(typeof(${column}) = 'integer' AND +${column} NOT BETWEEN -${MAX_EXACT} AND ${MAX_EXACT}, CAST(${column} AS TEXT), ${others})`
    : others
}

/**
 * The same rows, with integers that no double holds as text and text as bytes. Their order and their values are those of
 * the statement because it is run to its end first.
 */
const statementFor = (
  statement: string,
  width: number,
  columns: ReadonlyMap<number, ReadonlySet<Way>>,
): string => {
  const names = Array.from({ length: width }, (_, at) => `c${at}`)
  return `WITH _exact(${names.join()}) AS MATERIALIZED (${statement}\n)
SELECT ${names.map((name, at) => expressionFor(name, columns.get(at))).join()} FROM _exact`
}

const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true })

/** Text of SQLite, where half a character is UTF-8's form of it. */
const textOf = (buffer: ArrayBuffer): string => {
  const bytes = new Uint8Array(buffer)
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1))
    if (bytes[at + 1]! >= 0xa0) bytes.set([0xef, 0xbf, 0xbd], at)
  return decoder.decode(bytes)
}

/** These rows of a statement with every digit and character; `read` runs another statement where it takes one. */
export const exactRows = (
  statement: string,
  width: number,
  rows: ReadonlyArray<Row>,
  read: (statement: string) => ReadonlyArray<Row>,
): ReadonlyArray<Row> => {
  const columns = inexactColumns(rows)
  if (columns.size === 0) return rows
  return read(statementFor(statement, width, columns)).map((row, index) =>
    row.map((value, at) =>
      value instanceof ArrayBuffer && !(rows[index]?.[at] instanceof ArrayBuffer) ? textOf(value) : value,
    ),
  )
}
