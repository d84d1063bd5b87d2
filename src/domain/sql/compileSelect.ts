import { isTrimmable } from "./askedNames.ts"
import { compileCore, type CoreResult } from "./compileCore.ts"
import type { Around, Compiled, Place } from "./Compiler.ts"
import { cut, sum } from "./measure.ts"
import { folded, namesApart, quote, Scope } from "./Scope.ts"
import { SqlRefusal } from "./SqlRefusal.ts"
import type { Cte, Expr, Select } from "./syntax.ts"
import { compileTerms, indexing } from "./values.ts"

export const compileSelect = (select: Select, around: Around): Compiled => {
  const { compiler, scope } = around
  const before = compiler.items
  const { ctes, sql: withCtes } = compileCtes(select.ctes, around)
  const inside = { ...around, ctes, named: around.named === true && isTrimmable(select) }
  const compiled = select.cores.length === 1 ? compileOne(select, inside) : compileCompound(select, inside)
  if (select.cores.length > 1 && scope.sources.length > 0)
    throw new Error("A compound has no sources of its own")
  return { ...compiled, sql: `${withCtes}${compiled.sql}`, items: compiler.items - before }
}

const compileCtes = (list: ReadonlyArray<Cte>, { compiler, scope, ctes: outer }: Around) => {
  const ctes = new Map(outer)
  const parts = list.map(({ name, columns: written, hint, select }) => {
    const columns = written === null ? null : namesApart(written)
    const key = folded(name)
    // What it has itself is meant by its own name.
    const inside = new Map([...ctes, [key, "recursive" as const]])
    const body = new Scope(scope.outer)
    const compiled = compileSelect(select, {
      compiler,
      scope: body,
      ctes: inside,
      visible: null,
      named: columns === null,
    })
    if (body.correlated) scope.correlated = true
    if (columns !== null && columns.length !== compiled.columns.length)
      throw new SqlRefusal(
        `table ${name} has ${compiled.columns.length} values for ${columns.length} columns`,
      )
    const alias = `_c${++compiler.aliases}`
    const named = compiled.columns.map((column, at) => ({ ...column, name: columns?.[at] ?? column.name }))
    ctes.set(key, { alias, compiled: { ...compiled, columns: named } })
    const names = columns === null ? "" : `(${columns.map(quote).join(", ")})`
    return `${quote(alias)}${names} AS${hint} (${compiled.sql})`
  })
  return { ctes, sql: parts.length === 0 ? "" : `WITH ${parts.join(", ")} ` }
}

const limitText = ({ limit, offset }: Select): string => {
  if (limit === null && offset === null) return ""
  return ` LIMIT ${limit ?? -1}${offset === null ? "" : ` OFFSET ${offset}`}`
}

/** Rows that are read of it at most: up to its limit, or as many as anybody looks at. */
const neededOf = ({ limit, offset }: Select, visible: number | null): number =>
  Math.min(limit ?? Infinity, visible ?? Infinity) + (offset ?? 0)

/** What it takes to put rows into an order, of which `needed` are kept. */
const ordering = (rows: number, bytes: number, needed: number): { work: number; kept: number } => {
  const kept = Math.min(rows, needed) * bytes
  const each =
    needed >= rows
      ? 400 + bytes * 3
      : needed <= 100
        ? 700 + bytes * 1.5
        : needed <= 5_000
          ? 900 + bytes * 5
          : indexing(bytes)
  return { work: rows * each, kept }
}

const isName = (expr: Expr): boolean =>
  expr.kind === "collate" ? isName(expr.arg) : expr.kind === "column" && expr.table === null

const compileTerm = (term: Select["orderBy"][number], place: Place) => {
  place.scope.givenFirst = isName(term.expr)
  const terms = compileTerms([term], place)
  place.scope.givenFirst = false
  return terms
}

const compileOne = (select: Select, around: Around): Omit<Compiled, "items"> => {
  const { compiler } = around
  const needed = neededOf(select, around.visible)
  const core = compileCore(select.cores[0]!, around, {
    needed: select.orderBy.length === 0 ? needed : Infinity,
    terms: (place) => select.orderBy.flatMap((term) => compileTerm(term, place)),
  })
  let { work } = core
  if (select.orderBy.length > 0) {
    const sorted = ordering(core.rows, core.bytes, select.limit === null ? Infinity : needed)
    work += sorted.work
    compiler.kept += sorted.kept
  }
  const order = core.terms.length === 0 ? "" : ` ORDER BY ${core.terms.join(", ")}`
  return { ...limited(core, select), sql: `${core.sql}${order}${limitText(select)}`, work }
}

const limited = ({ columns, rows }: Pick<CoreResult, "columns" | "rows">, { limit }: Select) => {
  const left = Math.max(1, Math.min(rows, limit ?? Infinity))
  const fewer = columns.map(({ name, value }) => ({ name, value: { ...value, ...cut(value, rows, left) } }))
  return { columns: fewer, rows: left }
}

const compileCompound = (select: Select, around: Around): Omit<Compiled, "items"> => {
  const { compiler, scope, ctes } = around
  const cores = select.cores.map((core) => {
    const inner = new Scope(scope.outer)
    const compiled = compileCore(
      core,
      { compiler, ctes, scope: inner, visible: null },
      { needed: Infinity, terms: () => [] },
    )
    if (inner.correlated) scope.correlated = true
    return compiled
  })
  const [first] = cores
  const rows = cores.reduce((total, core) => total + core.rows, 0)
  const columns = first!.columns.map(({ name, value }, at) => {
    const parts = cores.map((core) => core.columns[at]?.value ?? value)
    const total = cores.reduce((bytes, core, nth) => bytes + core.rows * parts[nth]!.mean, 0)
    const max = Math.max(...parts.map((part) => part.max))
    const numeric = parts.some((part) => part.numeric)
    const mean = total / Math.max(1, rows)
    return { name, value: { ...value, mean, max, numeric, key: false, document: null } }
  })
  const bytes = sum(columns.map(({ value }) => value)).mean
  const distinct = select.compounds.some((compound) => compound !== "UNION ALL")
  const sorted = select.orderBy.length > 0 ? ordering(rows, bytes, Infinity) : { work: 0, kept: 0 }
  compiler.kept += (distinct ? rows * bytes : 0) + sorted.kept
  const work =
    cores.reduce((total, core) => total + core.work, 0) +
    (distinct ? rows * indexing(bytes) : 0) +
    sorted.work
  const terms = select.orderBy.map(({ expr, direction }) => `${compoundTerm(expr, columns)}${direction}`)
  const sql = cores
    .map((core, at) => `${at === 0 ? "" : ` ${select.compounds[at - 1]!} `}${core.sql}`)
    .join("")
  const order = terms.length === 0 ? "" : ` ORDER BY ${terms.join(", ")}`
  return { ...limited({ columns, rows }, select), sql: `${sql}${order}${limitText(select)}`, work }
}

/** Rows of several are ordered by what all of them have: a column's name or place. */
const compoundTerm = (expr: Expr, columns: Compiled["columns"]): string => {
  if (expr.kind === "literal" && /^\d+$/.test(expr.sql)) return expr.sql
  if (expr.kind === "collate") return `${compoundTerm(expr.arg, columns)} COLLATE ${expr.collation}`
  const name = expr.kind === "column" && expr.table === null ? folded(expr.name) : null
  const at = columns.findIndex((column) => folded(column.name) === name)
  if (at < 0) throw new SqlRefusal("A UNION is ordered by a column's name or its place, such as ORDER BY 1")
  return String(at + 1)
}
