/** A statement that could change data or the connection, or that asks for too much. The message goes to the user. */
export class ReadOnlyViolation extends Error {
  override readonly name = "ReadOnlyViolation"
}

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
  if (isRecursive(query)) {
    throw new ReadOnlyViolation("Recursive queries are not allowed here: they have no bound.")
  }
}

/** Comments, texts and quoted names, plain names (SQLite takes `$` and all of Unicode into them), anything else. */
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$\u0080-\uffff]+|\S/g

const tokensOf = (query: string): ReadonlyArray<string> =>
  (query.match(TOKEN) ?? []).filter((token) => !token.startsWith("--") && !token.startsWith("/*"))

/** A name however it is written: quoted in one of four ways, in any case. */
const nameOf = (token: string): string => {
  const quote = token[0] === "[" ? "]" : token[0]
  const quoted = token.length > 1 && /["'`\]]/.test(quote ?? "")
  const bare = quoted ? token.slice(1, -1).replaceAll(`${quote}${quote}`, `${quote}`) : token
  return bare.toLowerCase()
}

/**
 * SQLite takes a common table expression that names itself as recursive, with or without the keyword. A column of that
 * name is taken for it, too: better refuse a query that ends than run one that does not.
 */
const isRecursive = (query: string): boolean => {
  const tokens = tokensOf(query)
  const word = (at: number) => tokens[at]?.toLowerCase()
  const closing = (from: number) => {
    let depth = 0
    for (let at = from; at < tokens.length; at++) {
      if (tokens[at] === "(") depth++
      else if (tokens[at] === ")" && --depth === 0) return at
    }
    return tokens.length
  }
  for (let start = 0; start < tokens.length; start++) {
    if (word(start) !== "with" && tokens[start] !== ",") continue
    if (word(start + 1) === "recursive") return true
    let at = start + 2
    if (tokens[at] === "(") at = closing(at) + 1
    if (word(at++) !== "as") continue
    while (word(at) === "not" || word(at) === "materialized") at++
    const name = nameOf(tokens[start + 1] ?? "")
    if (tokens.slice(at, closing(at)).some((token) => nameOf(token) === name)) return true
  }
  return false
}

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
    for (const value of row) chars += typeof value === "string" ? value.length : 8
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
