import { firstRow, type SqliteStorage } from "./SqliteStorage.ts"
import { RUN_COLUMNS, rowId, type StoredRow, textSize, toRow } from "./tables.ts"

/** Row reads of one page: bounded in rows, and in text so that large rows do not add up. */
const PAGE_ROWS = 64
const PAGE_CHARS = 256 * 1024

const NEWEST = `SELECT ${RUN_COLUMNS} FROM runs WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1`

const QUERY = `SELECT ${RUN_COLUMNS} FROM runs WHERE id >= ? AND id < ? ORDER BY id LIMIT ${PAGE_ROWS}`

/** Rows in input order from input `from` on and before `to`, as many as a page holds; none at the end. */
export const readPage = (storage: SqliteStorage, from: number, to: number): ReadonlyArray<StoredRow> => {
  const rows: Array<StoredRow> = []
  let chars = 0
  for (const values of storage.sql.exec(QUERY, rowId(from, 0), rowId(to, 0)).raw()) {
    const row = toRow(values)
    // A later attempt at the same input replaces the earlier one.
    if (rows.at(-1)?.inputIndex === row.inputIndex) rows.pop()
    rows.push(row)
    chars += textSize(row)
    if (chars > PAGE_CHARS) break
  }
  const last = rows.at(-1)
  if (last === undefined) return rows
  // Later attempts at the last input may lie behind the end of the page.
  const { inputIndex, attempt } = last
  const later = firstRow(storage.sql.exec(NEWEST, rowId(inputIndex, attempt), rowId(inputIndex + 1, 0)))
  return later === null ? rows : [...rows.slice(0, -1), toRow(later)]
}
