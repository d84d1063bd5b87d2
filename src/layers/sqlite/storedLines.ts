import { escapeRaw } from "../../domain/JsonText.ts"
import type { StoredTable } from "../../domain/ResultQuery.ts"
import type { JsonText } from "../../domain/TaskGroup.ts"
import type { SqliteStorage, SqlValue } from "./SqliteStorage.ts"

/** Rows read at once, and characters, so that large rows do not add up. */
const PAGE_ROWS = 128
const PAGE_CHARS = 256 * 1024

const RUNS = `SELECT * FROM runs WHERE id > ? ORDER BY id LIMIT ${PAGE_ROWS}`

/** What is ours and can be made elsewhere: not what the platform keeps in the same database. */
const SCHEMA =
  "SELECT name, type, sql FROM sqlite_schema WHERE name IN ('runs', 'details', 'results') ORDER BY type, name"

/**
 * A table's rows as SQL reads them, one object a line, with its columns in their order. JSON in a column stays text, so
 * that a reader that parses the line has every character of it.
 */
export function* storedLines(
  storage: SqliteStorage,
  table: StoredTable,
  assertOpen: () => void,
): Generator<JsonText> {
  if (table === "sqlite_schema")
    return yield* [...storage.sql.exec(SCHEMA).raw()].map(lineOf(["name", "type", "sql"]))
  const line = lineOf(columnsOf(storage, table))
  if (table === "details") return yield* [...storage.sql.exec("SELECT * FROM details").raw()].map(line)
  let last: SqlValue = -1
  for (;;) {
    assertOpen()
    let text = ""
    for (const row of storage.sql.exec(RUNS, last).raw()) {
      last = row[0]!
      text += line(row)
      if (text.length > PAGE_CHARS) break
    }
    if (text === "") return
    yield text
  }
}

const columnsOf = (storage: SqliteStorage, table: string): ReadonlyArray<string> =>
  [...storage.sql.exec("SELECT name FROM pragma_table_info(?)", table).raw()].map(([name]) => String(name))

const lineOf = (columns: ReadonlyArray<string>) => {
  const names = columns.map((name, at) => `${at === 0 ? "{" : ","}${JSON.stringify(name)}:`)
  return (row: ReadonlyArray<SqlValue>): JsonText =>
    `${escapeRaw(names.map((name, at) => name + JSON.stringify(row[at] ?? null)).join(""))}}\n`
}
