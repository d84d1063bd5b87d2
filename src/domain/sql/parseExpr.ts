import type { Call, Expr, OrderTerm, Window } from "./syntax.ts"
import type { TokenReader } from "./TokenReader.ts"

/** SQLite's binary operators, those that bind least first. `NOT` stands between the second and the third level. */
const EQUALITY = ["=", "==", "<>", "!="]
const LEVELS = [
  ["<", "<=", ">", ">="],
  ["&", "|", "<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
  ["||", "->", "->>"],
]

const CONSTANTS = ["NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"]

const encoder = new TextEncoder()

export const parseExpr = (reader: TokenReader): Expr => reader.nested(() => parseOr(reader))

const leftToRight = (
  reader: TokenReader,
  ops: ReadonlyArray<string>,
  operand: (reader: TokenReader) => Expr,
): Expr => {
  let left = operand(reader)
  for (let op = reader.oneOf(ops); op !== null; op = reader.oneOf(ops)) {
    // What is at the left gets deeper with each.
    reader.deepen()
    left = { kind: "binary", op, left, right: operand(reader) }
  }
  return left
}

const parseOr = (reader: TokenReader): Expr => leftToRight(reader, ["OR"], parseAnd)
const parseAnd = (reader: TokenReader): Expr => leftToRight(reader, ["AND"], parseNot)

const parseNot = (reader: TokenReader): Expr =>
  reader.sees("NOT") && !reader.sees("NOT", "EXISTS")
    ? reader.nested(() => {
        reader.expect("NOT")
        return { kind: "unary", op: "NOT", arg: parseNot(reader) }
      })
    : parseEquality(reader)

const binaryAt = (reader: TokenReader, level: number): Expr =>
  leftToRight(reader, LEVELS[level]!, (inner) =>
    level + 1 < LEVELS.length ? binaryAt(inner, level + 1) : parseCollated(inner),
  )

const parseEquality = (reader: TokenReader): Expr => {
  let left = binaryAt(reader, 0)
  for (;;) {
    const next = equalityAfter(reader, left)
    if (next === null) return left
    left = next
  }
}

const equalityAfter = (reader: TokenReader, left: Expr): Expr | null => {
  const op = reader.oneOf(EQUALITY)
  if (op !== null) return { kind: "binary", op, left, right: binaryAt(reader, 0) }
  if (reader.takes("ISNULL")) return { kind: "unary", op: "ISNULL", arg: left }
  if (reader.takes("NOTNULL") || reader.takes("NOT", "NULL"))
    return { kind: "unary", op: "NOTNULL", arg: left }
  if (reader.takes("IS")) return isAfter(reader, left)
  const not =
    ["BETWEEN", "IN", "LIKE", "GLOB"].some((word) => reader.sees("NOT", word)) && reader.takes("NOT")
  if (reader.takes("BETWEEN")) {
    const low = binaryAt(reader, 0)
    reader.expect("AND")
    return { kind: "between", not, arg: left, low, high: binaryAt(reader, 0) }
  }
  if (reader.takes("IN")) return { kind: "in", not, arg: left, among: amongOf(reader) }
  const like = reader.oneOf(["LIKE", "GLOB"])
  if (like === null) return null
  const pattern = binaryAt(reader, 0)
  const escape = reader.takes("ESCAPE") ? binaryAt(reader, 0) : null
  return { kind: "like", op: not ? `NOT ${like}` : like, left, pattern, escape }
}

const isAfter = (reader: TokenReader, left: Expr): Expr => {
  const not = reader.takes("NOT") ? " NOT" : ""
  const op = reader.takes("DISTINCT", "FROM") ? `IS${not} DISTINCT FROM` : `IS${not}`
  return { kind: "binary", op, left, right: binaryAt(reader, 0) }
}

const amongOf = (reader: TokenReader) =>
  reader.inParentheses(() => {
    if (reader.sees(")")) return []
    return reader.seesSelect() ? reader.select() : reader.list(() => parseExpr(reader))
  })

const parseCollated = (reader: TokenReader): Expr => {
  let arg = parseUnary(reader)
  while (reader.takes("COLLATE")) {
    const collation = reader.name().toUpperCase()
    if (!["BINARY", "NOCASE", "RTRIM"].includes(collation))
      reader.refuse(`There is no collation ${collation}`)
    arg = { kind: "collate", arg, collation }
  }
  return arg
}

const parseUnary = (reader: TokenReader): Expr => {
  const op = reader.oneOf(["-", "+", "~"])
  if (op === null) return parsePrimary(reader)
  return { kind: "unary", op, arg: reader.nested(() => parseUnary(reader)) }
}

const parsePrimary = (reader: TokenReader): Expr => {
  const token = reader.peek()
  if (token.kind === "number" || token.kind === "blob" || token.kind === "text") {
    reader.next()
    return literal(token.kind, token.kind === "text" ? token.text : reader.written(token))
  }
  if (reader.sees("(")) return parseParenthesis(reader)
  if (reader.takes("CASE")) return reader.nested(() => parseCase(reader))
  if (reader.takes("EXISTS")) return { kind: "exists", select: reader.inParentheses(() => reader.select()) }
  if (reader.takes("NOT", "EXISTS")) {
    const select = reader.inParentheses(() => reader.select())
    return { kind: "unary", op: "NOT", arg: { kind: "exists", select } }
  }
  if (reader.sees("CAST", "(")) return parseCast(reader)
  const constant = token.kind === "word" && CONSTANTS.includes(token.text) ? reader.next().text : null
  if (constant !== null) return { kind: "literal", sql: constant, bytes: 20, text: null }
  return parseNamed(reader)
}

export const literal = (kind: "number" | "blob" | "text", text: string): Expr => ({
  kind: "literal",
  sql: kind === "text" ? `'${text.replaceAll("'", "''")}'` : text,
  bytes: kind === "number" ? 8 : encoder.encode(text).length,
  text: kind === "text" ? text : null,
})

const parseParenthesis = (reader: TokenReader): Expr =>
  reader.inParentheses(() => {
    if (reader.seesSelect()) return { kind: "scalar", select: reader.select() }
    return parseExpr(reader)
  })

const parseCase = (reader: TokenReader): Expr => {
  const base = reader.sees("WHEN") ? null : parseExpr(reader)
  const whens: Array<readonly [Expr, Expr]> = []
  while (reader.takes("WHEN")) {
    const when = parseExpr(reader)
    reader.expect("THEN")
    whens.push([when, parseExpr(reader)])
  }
  if (whens.length === 0) reader.refuse()
  const otherwise = reader.takes("ELSE") ? parseExpr(reader) : null
  reader.expect("END")
  return { kind: "case", base, whens, otherwise }
}

const TYPES = [
  "INTEGER",
  "INT",
  "BIGINT",
  "REAL",
  "DOUBLE",
  "FLOAT",
  "NUMERIC",
  "DECIMAL",
  "TEXT",
  "VARCHAR",
  "CHAR",
  "BLOB",
]

const parseCast = (reader: TokenReader): Expr => {
  reader.expect("CAST")
  return reader.inParentheses(() => {
    const arg = parseExpr(reader)
    reader.expect("AS")
    const type = reader.oneOf(TYPES) ?? reader.refuse()
    if (reader.takes("(")) {
      reader.list(() => (reader.peek().kind === "number" ? reader.next() : reader.refuse()))
      reader.expect(")")
    }
    return { kind: "cast", arg, type }
  })
}

/** A column, by itself or with its table, or a call. */
const parseNamed = (reader: TokenReader): Expr => {
  const { from: at, kind } = reader.peek()
  const quoted = reader.written(reader.peek()).startsWith('"')
  const first = reader.name()
  if (kind === "word" && reader.sees("(")) return parseCall(reader, first.toLowerCase(), at)
  if (!reader.takes(".")) return { kind: "column", table: null, name: first, quoted, at }
  const second = reader.name()
  if (!reader.takes(".")) return { kind: "column", table: first, name: second, quoted, at }
  if (first.toLowerCase() !== "main") reader.refuse("There is one database here, main")
  return { kind: "column", table: second, name: reader.name(), quoted, at }
}

const parseCall = (reader: TokenReader, name: string, at: number): Call => {
  reader.expect("(")
  const star = reader.takes("*")
  const distinct = !star && reader.takes("DISTINCT")
  const args = star || reader.sees(")") ? [] : reader.list(() => parseExpr(reader))
  const orderBy = args.length > 0 ? parseOrderBy(reader) : []
  reader.expect(")")
  const filter = reader.takes("FILTER")
    ? reader.inParentheses(() => {
        reader.expect("WHERE")
        return parseExpr(reader)
      })
    : null
  const over = reader.takes("OVER") ? (reader.sees("(") ? parseWindow(reader) : reader.name()) : null
  return { kind: "call", name, args, star, distinct, orderBy, filter, over, at }
}

export const parseOrderBy = (reader: TokenReader): ReadonlyArray<OrderTerm> => {
  if (!reader.takes("ORDER", "BY")) return []
  return reader.list(() => {
    const expr = parseExpr(reader)
    const way = reader.oneOf(["ASC", "DESC"])
    const nulls = reader.takes("NULLS") ? (reader.oneOf(["FIRST", "LAST"]) ?? reader.refuse()) : null
    return { expr, direction: `${way === null ? "" : ` ${way}`}${nulls === null ? "" : ` NULLS ${nulls}`}` }
  })
}

const UNBOUNDED = "BETWEEN UNBOUNDED PRECEDING AND"

export const parseWindow = (reader: TokenReader): Window =>
  reader.inParentheses(() => {
    const startsWithWord = ["PARTITION", "ORDER", "ROWS", "RANGE", "GROUPS"].some((word) => reader.sees(word))
    const base = !startsWithWord && reader.seesName() ? reader.name() : null
    const partitionBy = reader.takes("PARTITION", "BY") ? reader.list(() => parseExpr(reader)) : []
    return { base, partitionBy, orderBy: parseOrderBy(reader), frame: parseFrame(reader) }
  })

/** Frames that begin with the partition: what moves along with the row may be gone through anew for each. */
const parseFrame = (reader: TokenReader): string => {
  const { from } = reader.peek()
  const unit = reader.oneOf(["ROWS", "RANGE", "GROUPS"])
  if (unit === null) return ""
  if (reader.takes("UNBOUNDED", "PRECEDING")) return ` ${unit} ${UNBOUNDED} CURRENT ROW`
  if (reader.takes(...UNBOUNDED.split(" "))) {
    if (reader.takes("CURRENT", "ROW")) return ` ${unit} ${UNBOUNDED} CURRENT ROW`
    if (reader.takes("UNBOUNDED", "FOLLOWING")) return ` ${unit} ${UNBOUNDED} UNBOUNDED FOLLOWING`
  }
  return reader.refuse(
    `The frame ${reader.writtenSince(from)} … is not run here: a window begins with UNBOUNDED PRECEDING and ends with CURRENT ROW or UNBOUNDED FOLLOWING`,
  )
}
