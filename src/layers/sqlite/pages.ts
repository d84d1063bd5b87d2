import type { ResultRow } from "../../domain/TaskGroup.ts"
import type { SqliteStorage, SqlValue } from "./SqliteStorage.ts"
import { RESULT_COLUMNS, RUN_COLUMNS, rowId, type StoredRow, textSize, toResultRow, toRow } from "./tables.ts"

/** Row reads of one page: bounded in rows, and in text so that large rows do not add up. */
const PAGE_ROWS = 64
const PAGE_CHARS = 256 * 1024

/** Rows in input order from input `from` on, as many as a page holds; none at the end. */
export type ReadPage<R> = (storage: SqliteStorage, from: number) => ReadonlyArray<R>

const pageOf = <R extends ResultRow>(
  columns: string,
  read: (values: ReadonlyArray<SqlValue>) => R,
): ReadPage<R> => {
  const query = `SELECT ${columns} FROM runs WHERE id >= ? ORDER BY id LIMIT ${PAGE_ROWS}`
  return (storage, from) => {
    const rows: Array<R> = []
    let chars = 0
    for (const values of storage.sql.exec(query, rowId(from, 0)).raw()) {
      const row = read(values)
      // A later attempt at the same input replaces the earlier one.
      if (rows.at(-1)?.inputIndex === row.inputIndex) rows.pop()
      rows.push(row)
      chars += textSize(row)
      if (chars > PAGE_CHARS) break
    }
    return rows
  }
}

export const pageOfRuns: ReadPage<StoredRow> = pageOf(RUN_COLUMNS, toRow)

/** A narrower row is read a third faster, and without the pages of SQLite that a long basis fills. */
export const pageOfResults: ReadPage<ResultRow> = pageOf(RESULT_COLUMNS, toResultRow)
