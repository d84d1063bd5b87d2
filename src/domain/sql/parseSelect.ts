import { parseExpr, parseOrderBy, parseWindow } from "./parseExpr.ts"
import type { Core, Cte, Expr, FromItem, Joined, Result, Select, Statement } from "./syntax.ts"
import { TokenReader } from "./TokenReader.ts"

/** PRAGMAs that only read, and that studios need to show tables. */
const PRAGMAS = [
  "table_info",
  "table_xinfo",
  "table_list",
  "index_list",
  "index_info",
  "index_xinfo",
  "foreign_key_list",
]

/** Reads the one statement that was meant; semicolons and blanks around it are left out. Throws `SqlRefusal`. */
export const parseStatement = (text: string): Statement => {
  const reader = new TokenReader(text, parseSelect)
  while (reader.takes(";"));
  if (reader.peek().kind === "end")
    reader.refuse("There is no statement. Send one, such as: SELECT * FROM results LIMIT 10")
  const statement = parseOne(reader)
  const ended = reader.takes(";")
  while (reader.takes(";"));
  if (reader.peek().kind !== "end") reader.refuse(ended ? "Send one statement at a time." : undefined)
  return statement
}

const READ_ONLY = "This database is read-only: use SELECT, WITH, VALUES or EXPLAIN QUERY PLAN."
const WRITING = ["UPDATE", "DELETE", "INSERT", "REPLACE"]

const parseOne = (reader: TokenReader): Statement => {
  if (reader.takes("PRAGMA")) return parsePragma(reader)
  const explain = reader.takes("EXPLAIN", "QUERY", "PLAN")
  if (!explain && reader.sees("EXPLAIN"))
    reader.refuse("EXPLAIN shows SQLite's own program, which is of no use here. Use EXPLAIN QUERY PLAN.")
  if (!reader.seesSelect()) reader.refuse(READ_ONLY)
  return { kind: "select", select: parseSelect(reader), explain }
}

const parsePragma = (reader: TokenReader): Statement => {
  const refuse = () => reader.refuse(`This PRAGMA is not allowed here. There are ${PRAGMAS.join(", ")}.`)
  if (reader.takes("MAIN")) reader.expect(".")
  const name = reader.seesName() ? reader.name().toLowerCase() : refuse()
  if (!PRAGMAS.includes(name)) refuse()
  const arg = reader.sees("(") ? reader.inParentheses(() => reader.name(true)) : null
  return { kind: "pragma", name, arg }
}

export const parseSelect = (reader: TokenReader): Select => reader.nested(() => parseWhole(reader))

const parseWhole = (reader: TokenReader): Select => {
  const ctes = reader.takes("WITH") ? parseCtes(reader) : []
  const cores = [parseCore(reader)]
  const compounds: Array<string> = []
  for (;;) {
    const compound = reader.takes("UNION", "ALL")
      ? "UNION ALL"
      : reader.oneOf(["UNION", "INTERSECT", "EXCEPT"])
    if (compound === null) break
    compounds.push(compound)
    cores.push(parseCore(reader))
  }
  if (cores.at(-1)!.kind === "values" && (reader.sees("ORDER") || reader.sees("LIMIT")))
    reader.refuse("VALUES takes no ORDER BY and no LIMIT by itself: SELECT * FROM (VALUES …) ORDER BY 1")
  return { ctes, cores, compounds, orderBy: parseOrderBy(reader), ...parseLimit(reader) }
}

const parseCtes = (reader: TokenReader): ReadonlyArray<Cte> => {
  reader.takes("RECURSIVE")
  return reader.list(() => {
    const name = reader.name(true)
    const columns = reader.sees("(") ? reader.inParentheses(() => reader.list(() => reader.name(true))) : null
    reader.expect("AS")
    const hint = reader.takes("MATERIALIZED")
      ? " MATERIALIZED"
      : reader.takes("NOT", "MATERIALIZED")
        ? " NOT MATERIALIZED"
        : ""
    return { name, columns, hint, select: reader.inParentheses(() => parseSelect(reader)) }
  })
}

const parseLimit = (reader: TokenReader): Pick<Select, "limit" | "offset"> => {
  if (!reader.takes("LIMIT")) return { limit: null, offset: null }
  const first = parseCount(reader)
  if (reader.takes(",")) return { offset: first, limit: parseCount(reader) }
  return { limit: first, offset: reader.takes("OFFSET") ? parseCount(reader) : null }
}

/** A negative one is none, as in SQLite. */
const parseCount = (reader: TokenReader): number | null => {
  const negative = reader.takes("-")
  const token = reader.peek()
  if (token.kind !== "number" || !/^\d{1,15}$/.test(token.text))
    return reader.refuse("LIMIT and OFFSET are whole numbers here")
  reader.next()
  return negative ? null : Number(token.text)
}

const parseCore = (reader: TokenReader): Core => {
  if (reader.takes("VALUES")) {
    const row = () => reader.inParentheses(() => reader.list(() => parseExpr(reader)))
    return { kind: "values", rows: reader.list(row) }
  }
  if (WRITING.some((word) => reader.sees(word))) reader.refuse(READ_ONLY)
  reader.expect("SELECT")
  const distinct = reader.takes("DISTINCT")
  if (!distinct) reader.takes("ALL")
  const results = reader.list(() => parseResult(reader))
  const from = reader.takes("FROM") ? parseFrom(reader) : []
  const where = reader.takes("WHERE") ? parseExpr(reader) : null
  const groupBy = reader.takes("GROUP", "BY") ? reader.list(() => parseExpr(reader)) : []
  const having = reader.takes("HAVING") ? parseExpr(reader) : null
  const windows = reader.takes("WINDOW") ? parseWindows(reader) : []
  return { kind: "select", distinct, results, from, where, groupBy, having, windows }
}

const parseWindows = (reader: TokenReader) =>
  reader.list(() => {
    const name = reader.name()
    reader.expect("AS")
    return { name, window: parseWindow(reader) }
  })

const parseAlias = (reader: TokenReader): string | null => {
  if (reader.takes("AS")) return reader.name(true)
  return reader.seesName(true) && !(reader.sees("WINDOW") && reader.peek(2).text === "AS")
    ? reader.name(true)
    : null
}

const parseResult = (reader: TokenReader): Result => {
  const { from: at } = reader.peek()
  if (reader.takes("*")) return { kind: "star", table: null, at }
  if (reader.peek(1).text === "." && reader.peek(2).text === "*" && reader.seesName()) {
    const table = reader.name()
    reader.takes(".")
    reader.takes("*")
    return { kind: "star", table, at }
  }
  const expr: Expr = parseExpr(reader)
  const written = reader.writtenSince(at)
  return { kind: "expr", expr, written, alias: parseAlias(reader) }
}

const parseFrom = (reader: TokenReader): ReadonlyArray<Joined> => {
  const joined: Array<Joined> = [{ how: "JOIN", item: parseItem(reader), on: null, using: [] }]
  for (;;) {
    const how = joinOf(reader)
    if (how === null) return joined
    const item = parseItem(reader)
    const on = reader.takes("ON") ? parseExpr(reader) : null
    const using =
      on === null && reader.takes("USING") ? reader.inParentheses(() => reader.list(() => reader.name())) : []
    joined.push({ how, item, on, using })
  }
}

const joinOf = (reader: TokenReader): Joined["how"] | null => {
  if (reader.takes(",") || reader.takes("JOIN") || reader.takes("INNER", "JOIN")) return "JOIN"
  if (reader.takes("CROSS", "JOIN")) return "CROSS JOIN"
  if (reader.takes("LEFT", "JOIN") || reader.takes("LEFT", "OUTER", "JOIN")) return "LEFT JOIN"
  if (["RIGHT", "FULL", "NATURAL"].some((word) => reader.sees(word)))
    reader.refuse("RIGHT, FULL and NATURAL joins are not run here: use JOIN or LEFT JOIN, with ON")
  return null
}

const parseItem = (reader: TokenReader): FromItem => {
  if (reader.sees("(")) {
    const select = reader.inParentheses(() =>
      reader.seesSelect()
        ? parseSelect(reader)
        : reader.refuse("Joins in parentheses are not run here: write them without"),
    )
    return { kind: "select", select, alias: parseAlias(reader) }
  }
  const { from: at } = reader.peek()
  let name = reader.name(true)
  if (reader.takes(".")) {
    if (name.toLowerCase() !== "main") reader.refuse("There is one database here, main")
    name = reader.name(true)
  }
  if (!reader.sees("(")) return { kind: "table", name, alias: parseAlias(reader), at }
  const args = reader.inParentheses(() => (reader.sees(")") ? [] : reader.list(() => parseExpr(reader))))
  return { kind: "function", name: name.toLowerCase(), args, alias: parseAlias(reader), at }
}
