// @ts-check
/** @import { Database, PreparedStatement, Sqlite3Static } from "@sqlite.org/sqlite-wasm" */

/** A statement's answer as the server would give it: the same values for the same rows. */

/** So much is kept of an answer, in rows and in characters: it is in memory several times. */
export const MOST_ROWS = 100_000
export const MOST_CHARS = 32 * 1024 * 1024

/** @typedef {null | number | string | object} Value */
/**
 * `cut`: there are more rows than are here. `changed`: rows of this copy that the statement has changed.
 * @typedef {{ columns: string[], rows: Value[][], cut: boolean, changed: number, ms: number }} Answer
 */

/** Why a statement has no answer: SQLite's words. */
export class StatementError extends Error {}

/** What may stand around a statement: blanks, semicolons, comments. */
const AROUND = /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*/

/** How half a character comes: SQLite makes three bytes of its escape, none of which is UTF-8. */
const HALF = "\uFFFD\uFFFD\uFFFD"

/** The same bytes, with half a character as the one U+FFFD that the server makes of it. @param {Uint8Array} bytes */
function textOf(bytes) {
  const copy = new Uint8Array(bytes)
  for (let at = copy.indexOf(0xed); at >= 0; at = copy.indexOf(0xed, at + 1))
    if ((copy[at + 1] ?? 0) >= 0xa0) copy.set([0xef, 0xbf, 0xbd], at)
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(copy)
}

/** @param {Sqlite3Static} sqlite @param {PreparedStatement} statement @param {number} at @returns {Value} */
function valueAt(sqlite, statement, at) {
  const value = statement.get(at)
  if (typeof value === "bigint") {
    const number = Number(value)
    // The next integers are those that no double tells apart.
    return Math.abs(number) === 2 ** 53 && BigInt(number) === value ? number : String(value)
  }
  // As JSON has them: no infinity, one zero.
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null
  if (typeof value === "string")
    return value.includes(HALF)
      ? textOf(/** @type {Uint8Array} */ (statement.get(at, sqlite.capi.SQLITE_BLOB)))
      : value
  // Bytes do not survive JSON.
  return value instanceof Uint8Array ? {} : (value ?? null)
}

/** @param {Sqlite3Static} sqlite @param {Database} db @param {unknown} error @param {number} skipped bytes before the statement */
function errorOf({ capi }, db, error, skipped) {
  if (!(error instanceof Error)) return error
  const message = error.message.replace(/^SQLITE_\w+: (?:sqlite3? result code \d+: )?/, "")
  const at = db.pointer === undefined ? -1 : capi.sqlite3_error_offset(db.pointer)
  return new StatementError(at < 0 ? message : `${message} at offset ${at + skipped}`)
}

/** The first statement, and what there is behind it. @param {string} sql */
function beginning(sql) {
  const from = AROUND.exec(sql)?.[0].length ?? 0
  if (from === sql.length)
    throw new StatementError("There is no statement. Write one, such as: SELECT * FROM results LIMIT 10")
  return { sql: sql.slice(from), skipped: new TextEncoder().encode(sql.slice(0, from)).length }
}

/**
 * Runs one statement to its end, or until there is enough of it.
 * @param {Sqlite3Static} sqlite @param {Database} db @param {string} text @returns {Answer}
 */
export function answer(sqlite, db, text) {
  const began = performance.now()
  const before = db.changes(true)
  const { sql, skipped } = beginning(text)
  /** @type {PreparedStatement | null} */
  let statement = null
  try {
    statement = db.prepare(sql)
    const own = sqlite.capi.sqlite3_sql(statement) ?? sql
    if ((AROUND.exec(sql.slice(own.length))?.[0].length ?? 0) < sql.length - own.length)
      throw new StatementError("One statement at a time: there is another one behind the first.")
    const columns = statement.columnCount === 0 ? [] : statement.getColumnNames([])
    const { rows, cut } = rowsOf(sqlite, statement, columns.length)
    const changed = db.changes(true) - before
    return { columns, rows, cut, changed, ms: performance.now() - began }
  } catch (error) {
    throw error instanceof StatementError ? error : errorOf(sqlite, db, error, skipped)
  } finally {
    statement?.finalize()
  }
}

/** @param {Sqlite3Static} sqlite @param {PreparedStatement} statement @param {number} width */
function rowsOf(sqlite, statement, width) {
  /** @type {Value[][]} */
  const rows = []
  let chars = 0
  while (statement.step()) {
    if (rows.length >= MOST_ROWS || chars > MOST_CHARS) return { rows, cut: true }
    const row = Array.from({ length: width }, (_, at) => valueAt(sqlite, statement, at))
    for (const value of row) chars += typeof value === "string" ? value.length : 8
    rows.push(row)
  }
  return { rows, cut: false }
}
