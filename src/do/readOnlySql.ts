import { exactRows } from "./exactValues.ts"
import { assertAffordable } from "./queryCost.ts"
import { ReadOnlyViolation } from "./ReadOnlyViolation.ts"
import { onlyStatement, skeleton, withStrictNames } from "./statement.ts"

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

/**
 * Refuses whatever is not a reading statement. Rolling back alone is not enough: some PRAGMAs, also behind EXPLAIN,
 * change the connection for as long as the object lives.
 */
const assertReadable = (statement: string): void => {
  const text = skeleton(statement)
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^explain (query plan )?(?!pragma\b)/i, "")
  const head = /^[a-z]+/i.exec(text)?.[0]?.toLowerCase() ?? ""
  if (head === "pragma") {
    const pragma = /^pragma (?:\w+ ?\. ?)?(\w+) ?(\( ?[\w.]* ?\))?$/i.exec(text)?.[1]?.toLowerCase()
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

interface Answer {
  readonly columnNames: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<SqlStorageValue>>
  readonly rowsRead: number
  readonly rowsWritten: number
}

/** What `queryable-object` uses of a cursor. */
interface ReadCursor extends Omit<Answer, "rows"> {
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
    const statement = onlyStatement(query)
    assertReadable(statement)
    const rollback = new Error("rollback")
    let answer: Answer | null = null
    try {
      storage.transactionSync(() => {
        const read = (text: string) => readAll(storage.sql.exec(text, ...bindings), limits)
        if (/^\s*(?:pragma|explain)\b/i.test(skeleton(statement))) answer = read(statement)
        else {
          assertAffordable(...planOf(storage, statement, bindings))
          assertNames(storage, statement, bindings)
          const { rows, ...rest } = read(statement)
          const width = rest.columnNames.length
          answer = { ...rest, rows: exactRows(statement, width, rows, (text) => read(text).rows) }
        }
        throw rollback
      })
    } catch (error) {
      if (error !== rollback) throw error
    }
    if (answer === null) throw new ReadOnlyViolation("The statement was not run.")
    return cursorOf(answer)
  },
})

const cursorOf = ({ rows, ...answer }: Answer): ReadCursor => ({
  ...answer,
  raw: () => rows,
  toArray: () =>
    rows.map((row) => Object.fromEntries(answer.columnNames.map((name, at) => [name, row[at] ?? null]))),
})

/** SQLite's account of a statement; what it refuses is told as of the statement alone. */
const explain = (
  storage: DurableObjectStorage,
  how: "EXPLAIN" | "EXPLAIN QUERY PLAN",
  statement: string,
  bindings: ReadonlyArray<unknown>,
) => {
  try {
    return storage.sql.exec(`${how} ${statement}`, ...bindings).toArray()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (error.message.startsWith("Wrong number of parameter bindings")) {
      throw new ReadOnlyViolation(
        `The number of parameters (?, :name, @name, $name) is not that of the values sent. The columns "$id" and "$status" are written in double quotes.`,
      )
    }
    const message = error.message.replace(
      / at offset (\d+)(?=: SQLITE_[A-Z]+$)/,
      (_, at) => ` at offset ${Number(at) - how.length - 1}`,
    )
    throw new Error(message, { cause: error })
  }
}

/** The query's plan, and how many rows the larger table has. */
const planOf = (storage: DurableObjectStorage, statement: string, bindings: ReadonlyArray<unknown>) => {
  const lines = explain(storage, "EXPLAIN QUERY PLAN", statement, bindings)
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

/** Refuses a question about our rows in which SQLite would take a name for text, the same in every row. */
const assertNames = (
  storage: DurableObjectStorage,
  statement: string,
  bindings: ReadonlyArray<unknown>,
): void => {
  const strict = withStrictNames(statement)
  if (strict === statement) return
  try {
    explain(storage, "EXPLAIN QUERY PLAN", strict, bindings)
  } catch (error) {
    const message = error instanceof Error ? error.message : ""
    const name = /^no such column: (.*) at offset \d+: SQLITE_ERROR$/s.exec(message)?.[1]
    if (name === undefined || !readsRows(storage, statement, bindings)) return
    const inQuotes = (quote: string) => quote + name.replaceAll(quote, quote + quote) + quote
    throw new ReadOnlyViolation(
      `${inQuotes('"')} is no column of what this reads. The inputs' and outputs' columns are those of the view results: SELECT * FROM results. A text is written in single quotes: ${inQuotes("'")}.`,
    )
  }
}

/** Whether a statement reads a table of ours, by itself or through the view. */
const readsRows = (
  storage: DurableObjectStorage,
  statement: string,
  bindings: ReadonlyArray<unknown>,
): boolean => {
  const ours = storage.sql.exec("SELECT rootpage FROM sqlite_schema WHERE name IN ('runs', 'details')")
  const roots = new Set(ours.toArray().map(({ rootpage }) => rootpage))
  return explain(storage, "EXPLAIN", statement, bindings).some(
    ({ opcode, p2 }) => opcode === "OpenRead" && roots.has(p2),
  )
}

const readAll = (cursor: SqlStorageCursor<Record<string, SqlStorageValue>>, limits: StudioLimits): Answer => {
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
  return { columnNames: [...columnNames], rows, rowsRead, rowsWritten }
}
