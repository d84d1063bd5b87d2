import { firstRow, type SqliteStorage } from "./SqliteStorage.ts"
import { RUN_COLUMNS, rowId, type StoredRow, textSize, toRow } from "./tables.ts"

/** Row reads of one page: bounded in rows, and in text so that large rows do not add up. */
const PAGE_ROWS = 64
const PAGE_CHARS = 256 * 1024

const QUERY = `SELECT ${RUN_COLUMNS} FROM runs WHERE id >= ? AND id < ? ORDER BY id LIMIT ${PAGE_ROWS}`

const NEWEST = `SELECT ${RUN_COLUMNS} FROM runs WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1`

/** Rows in input order from input `from` on and before `to`, as many as a page holds; none at the end. */
export const readPage = (storage: SqliteStorage, from: number, to: number): ReadonlyArray<StoredRow> => {
  const rows: Array<StoredRow> = []
  let read = 0
  let chars = 0
  for (const values of storage.sql.exec(QUERY, rowId(from, 0), rowId(to, 0)).raw()) {
    const row = toRow(values)
    read++
    // A later attempt at the same input replaces the earlier one.
    if (rows.at(-1)?.inputIndex === row.inputIndex) rows.pop()
    rows.push(row)
    chars += textSize(row)
    if (chars > PAGE_CHARS) break
  }
  const last = rows.at(-1)
  const isCut = read === PAGE_ROWS || chars > PAGE_CHARS
  return isCut ? [...rows.slice(0, -1), newestRow(storage, last!.inputIndex)!] : rows
}

/** The newest attempt at an input, as the table has it. */
export const newestRow = (storage: SqliteStorage, inputIndex: number): StoredRow | null => {
  const values = firstRow(storage.sql.exec(NEWEST, rowId(inputIndex, 0), rowId(inputIndex + 1, 0)))
  return values === null ? null : toRow(values)
}
