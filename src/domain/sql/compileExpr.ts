import { countNodes, type Place, type Value } from "./Compiler.ts"
import { askedOnce } from "./askedOnce.ts"
import { compileCall } from "./compileCall.ts"
import { SCALAR, shortText } from "./functions.ts"
import { allDocuments, CALL, either, repeated, SMALL, sized, STEP, sum } from "./measure.ts"
import { Scope } from "./Scope.ts"
import { SqlRefusal } from "./SqlRefusal.ts"
import { literal } from "./parseExpr.ts"
import type { Expr, Select } from "./syntax.ts"
import { indexing, lookedInto, namedValue, valueOf } from "./values.ts"

export const compileExpr = (expr: Expr, place: Place): Value => {
  countNodes(place.compiler, 1)
  const inner = (part: Expr) => compileExpr(part, place)
  switch (expr.kind) {
    case "literal": {
      const number = expr.text === null && /^\d+$/.test(expr.sql) ? Number(expr.sql) : null
      return { ...valueOf(expr.sql, sized(expr.bytes), [], 15), text: expr.text, number }
    }
    case "column":
      return compileName(expr, place)
    case "unary": {
      const arg = inner(expr.arg)
      const after = expr.op === "ISNULL" || expr.op === "NOTNULL"
      const sql = after ? `(${arg.sql} ${expr.op})` : `(${expr.op} ${arg.sql})`
      return valueOf(sql, SMALL, [arg], STEP + arg.mean)
    }
    case "binary":
      return compileBinary(expr.op, inner(expr.left), inner(expr.right), place)
    case "like":
      return compileLike(expr, inner(expr.left))
    case "between": {
      const [arg, low, high] = [inner(expr.arg), inner(expr.low), inner(expr.high)]
      const sql = `(${arg.sql} ${expr.not ? "NOT " : ""}BETWEEN ${low.sql} AND ${high.sql})`
      return valueOf(sql, SMALL, [arg, arg, low, high], STEP * 2 + arg.mean)
    }
    case "in":
      return compileIn(expr, inner(expr.arg), place)
    case "case":
      return compileCase(expr, place)
    case "cast": {
      const arg = inner(expr.arg)
      const isText = ["TEXT", "VARCHAR", "CHAR", "BLOB"].includes(expr.type)
      const size = isText ? { ...arg, mean: Math.max(24, arg.mean), max: Math.max(24, arg.max) } : SMALL
      const cast = valueOf(`CAST(${arg.sql} AS ${expr.type})`, size, [arg], 100 + arg.mean * 2)
      return { ...cast, numeric: !isText }
    }
    case "collate": {
      place.compiler.collated = true
      const arg = inner(expr.arg)
      const collated = valueOf(`(${arg.sql} COLLATE ${expr.collation})`, arg, [arg], arg.mean * 2)
      return { ...collated, numeric: arg.numeric }
    }
    case "exists":
    case "scalar":
      return compileSubquery(expr, place)
    case "call":
      return compileCall(expr, place)
  }
}

const compileName = (expr: Expr & { kind: "column" }, place: Place): Value => {
  const { table, name, quoted } = expr
  const { scope, compiler } = place
  const found = scope.named(table, name)
  if (found !== null) return namedValue(found, compiler)
  // As SQLite has it, but never beside the users' columns: there it would be the same in every row.
  if (quoted && name !== "" && table === null && !scope.hasRows())
    return compileExpr(literal("text", name), place)
  const short = name.slice(0, 100)
  const prefix = table === null ? "" : `${table.slice(0, 100)}.`
  const wrong = quoted
    ? `"${short.replaceAll('"', '""')}" is no column of what this reads. A text is written in single quotes: '${short.replaceAll("'", "''")}'.`
    : `no such column: ${prefix}${short}.`
  throw new SqlRefusal(
    `${wrong} The inputs' and outputs' columns are those of the view results: SELECT * FROM results`,
    expr.at,
  )
}

const ARITHMETIC = ["+", "-", "*", "/", "%", "&", "|", "<<", ">>"]

const compileBinary = (op: string, left: Value, right: Value, place: Place): Value => {
  const sql = `(${left.sql} ${op} ${right.sql})`
  if (op === "->" || op === "->>") {
    const [json, documents] = lookedInto(left, place)
    const { size, work } = SCALAR.get(op)!([json, right], op)
    return { ...valueOf(sql, size, [left, right], work), documents: documents(allDocuments([left, right])) }
  }
  if (op === "||") {
    const text = [left, right].map((part) => ({
      ...part,
      mean: Math.max(part.mean, 24),
      max: Math.max(part.max, 24),
    }))
    return valueOf(sql, sum(text), [left, right], CALL * 2 + (left.mean + right.mean) * 1.5)
  }
  const work = ARITHMETIC.includes(op) ? left.mean + right.mean : Math.min(left.mean, right.mean) * 0.5
  return valueOf(sql, SMALL, [left, right], STEP + work)
}

const compileLike = (expr: Expr & { kind: "like" }, left: Value): Value => {
  const literal = (part: Expr, what: string) => {
    if (part.kind === "literal") return shortText({ ...left, max: part.bytes, text: part.text }, what)
    return shortText(undefined, what)
  }
  const pattern = literal(expr.pattern, `The pattern of ${expr.op}`)
  const escape =
    expr.escape === null ? "" : ` ESCAPE '${literal(expr.escape, "ESCAPE").replaceAll("'", "''")}'`
  const sql = `(${left.sql} ${expr.op} '${pattern.replaceAll("'", "''")}'${escape})`
  // Each of its characters may be compared with each of the text's.
  return valueOf(sql, SMALL, [left], CALL + left.mean * (1 + pattern.length * 1.4))
}

const isSelect = (among: ReadonlyArray<Expr> | Select): among is Select => "cores" in among

const compileIn = (expr: Expr & { kind: "in" }, arg: Value, place: Place): Value => {
  const not = expr.not ? "NOT " : ""
  const { compiler, scope, ctes } = place
  if (!isSelect(expr.among)) {
    const list = expr.among.map((one) => compileExpr(one, place))
    const sql = `(${arg.sql} ${not}IN (${list.map((one) => one.sql).join(", ")}))`
    return valueOf(sql, SMALL, [arg, ...list], (STEP + arg.mean * 0.5) * Math.max(10, list.length))
  }
  const inner = new Scope(scope)
  const select = compiler.select(expr.among, { compiler, scope: inner, ctes, visible: null })
  const bytes = sum(select.columns.map(({ value }) => value)).mean
  const entering = select.rows * indexing(bytes)
  compiler.kept += select.rows * bytes
  if (!inner.correlated) compiler.once += select.work + entering
  const work = 600 + arg.mean + (inner.correlated ? select.work + entering : 0)
  return valueOf(`(${arg.sql} ${not}IN (${select.sql}))`, SMALL, [arg], work)
}

const compileSubquery = (expr: Expr & { kind: "exists" | "scalar" }, place: Place): Value => {
  const once = expr.kind === "exists" ? askedOnce(expr.select, place) : null
  if (once !== null) return compileExpr(once, place)
  const { compiler, scope, ctes } = place
  const inner = new Scope(scope)
  const select = compiler.select(expr.select, { compiler, scope: inner, ctes, visible: null })
  if (!inner.correlated) compiler.once += select.work
  const work = STEP + (inner.correlated ? 1_500 + select.work : 0)
  if (expr.kind === "exists") return valueOf(`EXISTS (${select.sql})`, SMALL, [], work)
  const [first] = select.columns
  const value = valueOf(`(${select.sql})`, repeated(first?.value ?? SMALL), [], work)
  return { ...value, numeric: first?.value.numeric ?? false }
}

const compileCase = (expr: Expr & { kind: "case" }, place: Place): Value => {
  const inner = (part: Expr) => compileExpr(part, place)
  const base = expr.base === null ? [] : [inner(expr.base)]
  const whens = expr.whens.map(([when, then]) => [inner(when), inner(then)] as const)
  const otherwise = expr.otherwise === null ? [] : [inner(expr.otherwise)]
  const cases = whens.map(([when, then]) => ` WHEN ${when.sql} THEN ${then.sql}`).join("")
  const last = otherwise.map(({ sql }) => ` ELSE ${sql}`).join("")
  const size = either([...whens.map(([, then]) => then), ...otherwise])
  const compared = base.reduce((work, { mean }) => work + mean * whens.length, 0)
  return valueOf(
    `(CASE${base.map(({ sql }) => ` ${sql}`).join("")}${cases}${last} END)`,
    size,
    [...base, ...whens.flat(), ...otherwise],
    STEP * whens.length + compared,
  )
}
