import { type Around, countItems, type Place, type Value } from "./Compiler.ts"
import { compileWindow } from "./compileCall.ts"
import { trimmed } from "./askedNames.ts"
import { declare } from "./compileFrom.ts"
import { findLookups } from "./lookups.ts"
import { cut, NONE, repeated, sum } from "./measure.ts"
import { folded, namesApart, quote, type Scope, type Source } from "./Scope.ts"
import { SqlRefusal } from "./SqlRefusal.ts"
import type { Core, Joined, Result } from "./syntax.ts"
import { indexing, namedValue } from "./values.ts"

/** One SELECT or VALUES: what it reads, and what that may cost. */

export interface CoreResult {
  readonly sql: string
  readonly columns: ReadonlyArray<{ readonly name: string; readonly value: Value }>
  /** Its ORDER BY. */
  readonly terms: ReadonlyArray<string>
  readonly rows: number
  /** Nanoseconds of one run, without putting its rows into an order. */
  readonly work: number
  /** Of a row that is put into an order. */
  readonly bytes: number
}

interface Ordered {
  /** Rows that are read of it at most, if they are read as they come. */
  readonly needed: number
  readonly terms: (place: Place) => ReadonlyArray<{ readonly value: Value; readonly sql: string }>
}

type SelectCore = Core & { kind: "select" }

export const compileCore = (core: Core, around: Around, ordered: Ordered): CoreResult => {
  countItems(around.compiler, 1)
  return core.kind === "values" ? compileValues(core, around) : compileSelectCore(core, around, ordered)
}

const compileValues = (
  { rows }: Core & { kind: "values" },
  { compiler, scope, ctes }: Around,
): CoreResult => {
  const place: Place = { compiler, scope, ctes, keeps: 0 }
  const values = rows.map((row) => row.map((expr) => compiler.expr(expr, place)))
  const [first = []] = values
  if (values.some((row) => row.length !== first.length))
    throw new SqlRefusal("all VALUES must have the same number of terms")
  const columns = first.map((value, at) => {
    const all = values.map((row) => row[at]!)
    const max = Math.max(...all.map((one) => one.max))
    const work = Math.max(...all.map((one) => one.work))
    return {
      name: `column${at + 1}`,
      value: { ...value, mean: max, max, work, document: null, text: null, number: null },
    }
  })
  const sql = `VALUES ${values.map((row) => `(${row.map((one) => one.sql).join(", ")})`).join(", ")}`
  const work = values.flat().reduce((total, one) => total + one.work + 50, 0)
  return {
    sql,
    columns,
    terms: [],
    rows: rows.length,
    work,
    bytes: sum(columns.map(({ value }) => value)).mean,
  }
}

/** Rows that come out of what is joined: what is found by a key adds none. */
const productOf = (sources: ReadonlyArray<Source>, found: ReadonlySet<Source>): number =>
  sources.reduce((rows, source) => rows * (found.has(source) ? 1 : source.rows), 1)

const compileSelectCore = (core: SelectCore, around: Around, ordered: Ordered): CoreResult => {
  const { compiler, scope, ctes, visible } = around
  const place: Place = { compiler, scope, ctes, keeps: 0 }
  for (const { item } of core.from) declare(item, place)
  hideUsing(core.from, scope)
  const lookups = findLookups(core, place)
  for (const source of lookups.repeating)
    for (const column of source.columns) {
      const { measure } = column
      column.measure = () => ({ ...measure(), ...repeated(measure()) })
    }
  const rows = productOf(scope.sources, lookups.found)
  const outside = compiler.sorting
  compiler.sorting = true
  for (const { name, window } of core.windows)
    scope.windows.set(folded(name), compileWindow(window, place).sql)
  const asked = around.named === true ? compiler.asked : null
  const results = core.results.flatMap((result) => compileResult(result, place, asked))
  for (const result of core.results)
    if (result.kind === "expr" && result.alias !== null) scope.given.add(folded(result.alias))
  const columns = visible === null ? calledApart(results) : results
  for (const { alias, value } of columns)
    if (alias !== null) {
      const { sql: _, ...measure } = value
      const known = {
        sql: quote(alias),
        measure: () => measure,
        nodes: value.nodes,
        aggregate: value.aggregate,
      }
      if (!scope.aliases.has(folded(alias))) scope.aliases.set(folded(alias), known)
    }
  compiler.sorting = outside
  const joins = core.from.map((joined) => (joined.on === null ? null : compiler.expr(joined.on, place)))
  const where = core.where === null ? null : compiler.expr(core.where, place)
  compiler.sorting = true
  const groups = core.groupBy.map((expr) => compiler.expr(expr, place))
  const having = core.having === null ? null : compiler.expr(core.having, place)
  const terms = ordered.terms(place)
  compiler.sorting = outside
  const values = columns.map(({ value }) => value)
  const inLoops = [...joins, where, ...groups, having, ...terms.map(({ value }) => value)].filter(
    (one) => one !== null,
  )
  const aggregated = core.groupBy.length > 0 || [...values, ...inLoops].some(({ aggregate }) => aggregate)
  const windowed = [...values, ...inLoops].some((one) => one.windowed)
  const asTheyCome = !aggregated && !windowed && !core.distinct
  const shown = asTheyCome ? Math.min(rows, ordered.needed) : rows
  const free = asTheyCome && inLoops.length === 0 && scope.sources.length === 1
  const work = loopWork(scope, free ? shown : rows, lookups) + evaluate(inLoops, values, rows, shown)
  const bytes = sum([...values, ...terms.map(({ value }) => value)]).mean + 8 * values.length
  const grouped = aggregated && core.groupBy.length > 0
  const grouping = grouped ? groupWork(scope, rows, groups) : NOTHING
  const windows = windowed ? windowWork(scope, rows, bytes) : NOTHING
  const distinct = core.distinct ? { work: rows * indexing(bytes), kept: rows * bytes } : NOTHING
  compiler.kept += grouping.kept + windows.kept + distinct.kept + rows * place.keeps
  // What rows are grouped by, or all there is of rows that differ, by its place, its name or what it is.
  const [by] = groups
  const isKey = ({ alias, value }: Shown, at: number): boolean => {
    if (!grouped) return core.distinct && columns.length === 1
    // A number is a place there, whatever else is that number.
    if (by!.number !== null) return groups.length === 1 && by!.number === at + 1
    const names = [value.sql, ...(alias === null ? [] : [quote(alias)])]
    return groups.length === 1 && names.includes(by!.sql)
  }
  const single = aggregated && core.groupBy.length === 0
  const out = single ? 1 : rows
  return {
    sql: print(core, scope, columns, { joins, where, groups, having }, grouped),
    columns: columns.map((column, at) => {
      const { name, value } = column
      const size = single ? cut(value, rows, 1) : value
      // What is grouped or compared is made once, and never put in the place where it is asked for.
      const made = asTheyCome ? {} : { work: 30 + size.mean * 0.1, documents: NONE, nodes: 1 }
      const key = isKey(column, at)
      return {
        name,
        value: { ...value, ...size, ...made, document: null, aggregate: false, windowed: false, key },
      }
    }),
    terms: terms.map(({ sql }) => sql),
    rows: out,
    work: work + grouping.work + windows.work + distinct.work,
    bytes,
  }
}

const NOTHING = { work: 0, kept: 0 }

const loopWork = (scope: Scope, rows: number, { found, work }: ReturnType<typeof findLookups>): number => {
  const begin = scope.sources.reduce((total, source) => total + source.begin, 0)
  const outer = scope.sources.filter((source) => !source.inner && !found.has(source))
  // What is made of a row is read inside it; which of several others is read first is SQLite's to say.
  let passed = outer.length > 1 ? rows : 1
  let visits = 0
  for (const source of [...outer, ...scope.sources.filter((one) => !outer.includes(one))]) {
    passed = Math.min(rows, passed * (found.has(source) ? 1 : source.rows))
    visits += passed * (found.has(source) ? SEEKING : source.visit)
  }
  return begin + work + visits + rows * 60
}

/** To find a row by its key. */
const SEEKING = 1_500

/** More documents than this are not kept at hand: each call then reads its own. */
const CACHED = 4

const evaluate = (
  inLoops: ReadonlyArray<Value>,
  shown: ReadonlyArray<Value>,
  rows: number,
  shownRows: number,
): number => {
  const parts: ReadonlyArray<readonly [Value, number]> = [
    ...inLoops.map((value) => [value, rows] as const),
    ...shown.map((value) => [value, shownRows] as const),
  ]
  const documents = new Map<string, number>()
  let total = 0
  let reads = 0
  for (const [value, times] of parts) {
    total += value.work * times
    for (const [name, work] of value.documents) {
      documents.set(name, Math.max(documents.get(name) ?? 0, work * times))
      reads += work * times
    }
  }
  const once = [...documents.values()].reduce((sum, work) => sum + work, 0)
  return total + (documents.size <= CACHED ? once : reads)
}

/** Whole columns go through the sorter, whatever is made of them. */
const rowBytes = (scope: Scope): number => {
  const sorted = scope.sources.flatMap(({ columns }) => columns.filter((column) => column.sorted))
  return sorted.reduce((bytes, column) => bytes + column.measure().mean + 8, 0)
}

const groupWork = (scope: Scope, rows: number, groups: ReadonlyArray<Value>) => {
  const bytes = rowBytes(scope) + sum(groups).mean
  return { work: rows * (700 + bytes * 3), kept: rows * bytes }
}

const windowWork = (scope: Scope, rows: number, bytes: number) => {
  const row = rowBytes(scope) + bytes
  return { work: rows * (3_000 + row * 8), kept: rows * row * 2 }
}

interface Shown {
  readonly name: string
  readonly alias: string | null
  readonly value: Value
}

const compileResult = (
  result: Result,
  place: Place,
  asked: ReadonlySet<string> | null,
): ReadonlyArray<Shown> => {
  if (result.kind === "star") return compileStar(result, place, asked)
  const value = place.compiler.expr(result.expr, place)
  const { alias, expr } = result
  if (alias !== null) return [{ name: alias, alias, value }]
  // SQLite calls a column by its name and anything else by what was written.
  const column = expr.kind === "column" ? place.scope.own(expr.table, expr.name)?.column : undefined
  return column === undefined
    ? [{ name: result.written, alias: result.written, value }]
    : [{ name: column.name, alias: null, value }]
}

const compileStar = (
  { table }: Result & { kind: "star" },
  { compiler, scope }: Place,
  asked: ReadonlySet<string> | null,
): ReadonlyArray<Shown> => {
  const sources =
    table === null ? scope.sources : scope.sources.filter((source) => source.name === folded(table))
  if (sources.length === 0)
    throw new SqlRefusal(table === null ? "no tables specified" : `no such table: ${table.slice(0, 100)}`)
  const columns = sources.flatMap((source) =>
    source.columns.filter((column) => table !== null || !source.hidden.has(folded(column.name))),
  )
  return (asked === null ? columns : trimmed(columns, asked)).map((column) => {
    column.used = true
    return { name: column.name, alias: null, value: namedValue(column, compiler) }
  })
}

const calledApart = (results: ReadonlyArray<Shown>): ReadonlyArray<Shown> => {
  const names = namesApart(results.map(({ name }) => name))
  return results.map(({ value }, at) => ({ name: names[at]!, alias: names[at]!, value }))
}

const hideUsing = (from: ReadonlyArray<Joined>, scope: Scope): void => {
  for (const [at, { using }] of from.entries())
    for (const name of using) scope.sources[at]!.hidden.add(folded(name))
}

/** USING, said with ON. */
const usingText = (using: ReadonlyArray<string>, at: number, scope: Scope): ReadonlyArray<string> =>
  using.map((name) => {
    const [left, right] = [scope.sources.slice(0, at), scope.sources.slice(at, at + 1)].map((sources) =>
      sources.flatMap(({ columns }) => columns).find((column) => folded(column.name) === folded(name)),
    )
    if (left === undefined || right === undefined)
      throw new SqlRefusal(`cannot join using column ${name} - column not present in both tables`)
    left.used = right.used = true
    return `${left.sql} = ${right.sql}`
  })

interface Clauses {
  readonly joins: ReadonlyArray<Value | null>
  readonly where: Value | null
  readonly groups: ReadonlyArray<Value>
  readonly having: Value | null
}

const print = (
  core: SelectCore,
  scope: Scope,
  columns: ReadonlyArray<Shown>,
  clauses: Clauses,
  apart: boolean,
): string => {
  const results = columns.map(({ alias, value }) =>
    alias === null ? value.sql : `${value.sql} AS ${quote(alias)}`,
  )
  const conditions = core.from.map(({ using }, at) => {
    const on = [
      ...usingText(using, at, scope),
      ...(clauses.joins[at] === null ? [] : [clauses.joins[at]!.sql]),
    ]
    return on.length === 0 ? "" : ` ON ${on.join(" AND ")}`
  })
  const from = core.from.map(
    ({ how }, at) => `${at === 0 ? "" : ` ${how} `}${scope.sources[at]!.print(apart)}${conditions[at]}`,
  )
  const groups = clauses.groups.map(({ sql }) => sql).join(", ")
  return [
    `SELECT ${core.distinct ? "DISTINCT " : ""}${results.join(", ")}`,
    from.length === 0 ? "" : ` FROM ${from.join("")}`,
    clauses.where === null ? "" : ` WHERE ${clauses.where.sql}`,
    groups === "" ? "" : ` GROUP BY ${groups}`,
    clauses.having === null ? "" : ` HAVING ${clauses.having.sql}`,
  ].join("")
}
