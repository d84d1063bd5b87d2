import { assertAffordable } from "./queryCost.ts"
import { ReadOnlyViolation } from "./ReadOnlyViolation.ts"

/** PRAGMAs that only read, and that studios need to show tables. */
const PRAGMAS = new Set([
  "table_info",
  "table_xinfo",
  "table_list",
  "index_list",
  "index_info",
  "index_xinfo",
  "foreign_key_list",
])

/** The statement with comments blanked and with strings and quoted names reduced to `x`. */
const skeleton = (query: string): string =>
  query
    .replace(
      /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/g,
      (match) => (match.startsWith("-") || match.startsWith("/") ? " " : "x"),
    )
    .trim()
    .replace(/[;\s]+$/, "")

/**
 * Refuses whatever is not a single reading statement. Rolling back alone is not enough: some PRAGMAs, also behind
 * EXPLAIN, change the connection for as long as the object lives.
 */
export const assertReadable = (query: string): void => {
  const text = skeleton(query).replace(/^explain\s+(query\s+plan\s+)?(?!pragma\b)/i, "")
  if (text.includes(";")) throw new ReadOnlyViolation("Send one statement at a time.")
  const head = /^[a-z]+/i.exec(text)?.[0]?.toLowerCase() ?? ""
  if (head === "pragma") {
    const pragma = /^pragma\s+(?:\w+\s*\.\s*)?(\w+)\s*(\(\s*[\w.]*\s*\))?$/i.exec(text)?.[1]?.toLowerCase()
    if (pragma === undefined || !PRAGMAS.has(pragma))
      throw new ReadOnlyViolation("This PRAGMA is not allowed here.")
    return
  }
  if (!["select", "with", "values"].includes(head)) {
    throw new ReadOnlyViolation("This database is read-only: use SELECT, WITH, VALUES or EXPLAIN.")
  }
}

const sizeOf = (value: SqlStorageValue): number =>
  typeof value === "string" ? value.length : value instanceof ArrayBuffer ? value.byteLength : 8

export interface StudioLimits {
  readonly rows: number
  readonly chars: number
}

/** What `queryable-object` uses of a cursor. */
interface ReadCursor {
  readonly columnNames: ReadonlyArray<string>
  readonly rowsRead: number
  readonly rowsWritten: number
  raw(): ReadonlyArray<ReadonlyArray<SqlStorageValue>>
  toArray(): ReadonlyArray<Record<string, SqlStorageValue>>
}

/**
 * The object's SQL for strangers: one reading statement, its rows and size bounded, in a transaction that is always
 * rolled back. Whatever is sent, data and connection are afterwards what they were.
 */
export const readOnlySql = (storage: DurableObjectStorage, limits: StudioLimits) => ({
  exec: (query: string, ...bindings: Array<unknown>): ReadCursor => {
    if (typeof query !== "string") throw new ReadOnlyViolation("A statement is text.")
    assertReadable(query)
    const rollback = new Error("rollback")
    let read: ReadCursor | null = null
    try {
      storage.transactionSync(() => {
        if (!/^\s*(?:pragma|explain)\b/i.test(skeleton(query)))
          assertAffordable(...planOf(storage, query, bindings))
        read = readAll(storage.sql.exec(query, ...bindings), limits)
        throw rollback
      })
    } catch (error) {
      if (error !== rollback) throw error
    }
    if (read === null) throw new ReadOnlyViolation("The statement was not run.")
    return read
  },
})

/** The query's plan, and how many rows the larger table has. */
const planOf = (storage: DurableObjectStorage, query: string, bindings: ReadonlyArray<unknown>) => {
  const lines = storage.sql.exec(`EXPLAIN QUERY PLAN ${query}`, ...bindings).toArray()
  const [{ rows } = { rows: 0 }] = storage.sql
    .exec<{ rows: number }>("SELECT count(*) AS rows FROM runs")
    .toArray()
  const plan = lines.map((line) => ({
    id: Number(line["id"]),
    parent: Number(line["parent"]),
    detail: String(line["detail"]),
  }))
  return [plan, rows] as const
}

const readAll = (
  cursor: SqlStorageCursor<Record<string, SqlStorageValue>>,
  limits: StudioLimits,
): ReadCursor => {
  const rows: Array<Array<SqlStorageValue>> = []
  let chars = 0
  for (const row of cursor.raw()) {
    if (rows.length >= limits.rows) {
      throw new ReadOnlyViolation(`The answer has more than ${limits.rows} rows. Add LIMIT, or aggregate.`)
    }
    for (const value of row) chars += sizeOf(value)
    if (chars > limits.chars) {
      throw new ReadOnlyViolation(
        `The answer has more than ${limits.chars} characters. Select fewer columns or rows.`,
      )
    }
    rows.push(row)
  }
  if (cursor.rowsWritten > 0) throw new ReadOnlyViolation("This database is read-only.")
  const { columnNames, rowsRead, rowsWritten } = cursor
  return {
    columnNames: [...columnNames],
    rowsRead,
    rowsWritten,
    raw: () => rows,
    toArray: () =>
      rows.map((row) => Object.fromEntries(columnNames.map((name, at) => [name, row[at] ?? null]))),
  }
}
