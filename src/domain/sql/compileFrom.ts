import {
  assertJoined,
  type Compiled,
  type Compiler,
  countItems,
  newAlias,
  type Place,
  type Value,
} from "./Compiler.ts"
import type { Catalog, Table, ViewColumn } from "./catalog.ts"
import { either, finding, type Measure, reading, sized, SMALL, type Size, sum, workOf } from "./measure.ts"
import { type Column, columnOf, folded, plain, quote, Scope, type Source } from "./Scope.ts"
import { SqlRefusal } from "./SqlRefusal.ts"
import { literal } from "./parseExpr.ts"
import type { Expr, FromItem } from "./syntax.ts"
import { lookedInto, storedAt } from "./values.ts"

/** What stands in FROM becomes sources with columns. */

type Parts = Pick<Source, "name" | "rows" | "visit" | "print" | "alias"> & { columns: ReadonlyArray<Column> }
const sourceOf = (
  parts: Parts,
  { hasRowid = false, begin = 0, inner = false, describes = false } = {},
): Source => ({
  ...parts,
  hasRowid,
  begin,
  inner,
  describes,
  hidden: new Set(),
})

/** Getting to the next row: pages are read for what is not in the cache. */
const visiting = ({ rows, bytes }: Table): number =>
  rows * bytes < 500_000 ? 90 : 200 + Math.min(bytes, PAGE) * 0.5
const PAGE = 4_096
/** Of what was made for this statement. */
const visitingMade = (bytes: number): number => 90 + bytes * 0.3

/** A column's text comes out of its row; where that does not fit into a page, others are read on the way each time. */
const taking = ({ mean }: Size, bytes = 0): number => 30 + mean * 0.1 + (bytes > PAGE / 2 ? bytes * 0.3 : 0)

/** No limit, but a LIMIT. */
const NEVER_MERGED = " LIMIT -1"

export const declare = (item: FromItem, place: Place): void => {
  const { compiler, scope } = place
  countItems(compiler, 1)
  const source = itemSource(item, place)
  scope.sources.push(source)
  assertJoined(scope)
}

const itemSource = (item: FromItem, place: Place): Source => {
  const { compiler, ctes, scope } = place
  const alias = newAlias(compiler)
  switch (item.kind) {
    case "select": {
      const inner = new Scope(scope.outer)
      const compiled = compiler.select(item.select, {
        compiler,
        scope: inner,
        ctes,
        visible: null,
        named: true,
      })
      if (inner.correlated) scope.correlated = true
      return madeSource(compiled, alias, item.alias, `(${compiled.sql})`, place)
    }
    case "function":
      return functionSource(item, alias, place)
    case "table":
      return namedSource(item, alias, place)
  }
}

const namedSource = (item: FromItem & { kind: "table" }, alias: string, place: Place): Source => {
  const { compiler } = place
  const key = folded(item.name)
  const name = folded(item.alias ?? item.name)
  const cte = place.ctes.get(key)
  if (cte === "recursive")
    throw new SqlRefusal(
      `Recursive queries are not allowed here: they have no bound. ${item.name} asks itself.`,
    )
  if (cte !== undefined) {
    countItems(compiler, cte.compiled.items)
    return madeSource(cte.compiled, alias, item.alias ?? item.name, quote(cte.alias), place)
  }
  const { tables, view } = compiler.catalog
  if (key === view.name) return viewSource(compiler, alias, name)
  const table = tables.get(key)
  if (table !== undefined) return tableSource(table, alias, name)
  if (key === "json_each" || key.startsWith("pragma_"))
    return functionSource(
      { kind: "function", name: key, args: [], alias: item.alias, at: item.at },
      alias,
      place,
    )
  if (key.startsWith("_cf_"))
    throw new SqlRefusal(
      `${item.name.slice(0, 60)} is the platform's own: not authorized: SQLITE_AUTH`,
      item.at,
    )
  throw new SqlRefusal(
    `no such table: ${item.name.slice(0, 100)}. There are the view results and the tables runs and details`,
    item.at,
  )
}

const tableSource = (table: Table, alias: string, name: string): Source =>
  sourceOf(
    {
      alias,
      name,
      rows: Math.max(1, table.rows),
      visit: visiting(table),
      columns: table.columns.map((column) =>
        columnOf({
          name: column.name,
          sql: `${quote(alias)}.${quote(column.name)}`,
          measure: () => plain(column.size, taking(column.size, table.bytes)),
          unique: column.unique,
          numeric: column.numeric,
          stored: column.json ? [table.name, column.name] : null,
        }),
      ),
      print: () => `${quote(table.name)} AS ${quote(alias)}`,
    },
    { hasRowid: table.columns[0]?.unique === "row", describes: table.name.startsWith("sqlite_") },
  )

/** What the view's columns are made of is put in its place, as far as they are asked for. */
const viewSource = ({ catalog, viewed }: Compiler, alias: string, name: string): Source => {
  const { view } = catalog
  const columns = view.columns.map((column) => {
    let known: Measure | null = null
    return columnOf({
      name: column.name,
      sql: `${quote(alias)}.${quote(column.name)}`,
      measure: () => {
        known ??= measureViewColumn(catalog, column, alias)
        viewed.set(column.name, known)
        return known
      },
      nodes: 1 + Math.ceil(column.chars / 40),
      unique: column.unique,
      numeric: false,
    })
  })
  return sourceOf({
    alias,
    name,
    rows: Math.max(1, view.table.rows),
    // Each row looks for a newer attempt.
    visit: visiting(view.table) + 900,
    columns,
    print: (apart) => {
      const used = columns.filter((column) => column.used).map((column) => column.name)
      return `(${view.select(used, `${alias}r`)}${apart ? NEVER_MERGED : ""}) AS ${quote(alias)}`
    },
  })
}

const storedSize = (table: Table, name: string): Size =>
  table.columns.find((column) => column.name === name)?.size ?? SMALL

/** JSON is measured when it is asked for: what is in it has to be gone through. */
const measureViewColumn = ({ view, marks }: Catalog, column: ViewColumn, alias: string): Measure => {
  const { table, sizes } = view
  if (column.reads.length === 0) {
    const size = storedSize(table, column.unique === null ? "status" : "run_id")
    return plain(size, taking(size, table.bytes))
  }
  const documents = column.reads.map((name) => {
    const size = { ...storedSize(table, name), marks: marks(table.name, name) }
    return { key: `${alias}.${name}`, size }
  })
  const whole = either(documents.map((document) => document.size))
  const { mean, max } = sizes.get(column.name) ?? { mean: whole.mean + 8, max: whole.max + 24 }
  return {
    mean,
    max,
    marks: Math.min(whole.marks, mean),
    work:
      column.looks *
      documents.reduce((work, one) => work + finding(one.size) + taking(one.size, table.bytes), 0),
    documents: new Map(documents.map((one) => [one.key, reading(one.size)])),
  }
}

/** A subquery or a CTE. SQLite may put what a column is made of wherever it is asked for. */
const madeSource = (
  made: Compiled,
  alias: string,
  name: string | null,
  sql: string,
  place: Place,
): Source => {
  const bytes = sum(made.columns.map(({ value }) => value)).mean
  place.compiler.kept += made.rows * bytes
  const columns = made.columns.map(({ name: column, value }) =>
    columnOf({
      name: column,
      sql: `${quote(alias)}.${quote(column)}`,
      measure: () => ({ ...value, work: value.work + 30 }),
      nodes: value.nodes,
      unique: value.key ? "group" : null,
      numeric: value.numeric,
    }),
  )
  return sourceOf(
    {
      alias,
      name: name === null ? null : folded(name),
      rows: made.rows,
      visit: visitingMade(bytes),
      columns,
      print: (apart) => `${apart ? `(SELECT * FROM ${sql}${NEVER_MERGED})` : sql} AS ${quote(alias)}`,
    },
    { begin: made.work },
  )
}

const EACH = ["key", "value", "type", "atom", "id", "parent", "fullkey", "path"]
const PRAGMA_COLUMNS: ReadonlyMap<string, string> = new Map([
  ["pragma_table_info", "cid name type notnull dflt_value pk"],
  ["pragma_table_xinfo", "cid name type notnull dflt_value pk hidden"],
  ["pragma_table_list", "schema name type ncol wr strict"],
  ["pragma_index_list", "seq name unique origin partial"],
  ["pragma_index_info", "seqno cid name"],
  ["pragma_foreign_key_list", "id seq table from to on_update on_delete match"],
])
const PRAGMA_ROWS = 120

/** How many there are, where they have been counted: text has commas too. */
const elementsIn = (
  json: Size,
  [list, path]: ReadonlyArray<Value>,
  { compiler, scope }: Place,
): number | null => {
  const stored = list?.document ? storedAt(list.document, scope) : null
  if (stored === null || (path !== undefined && path.text === null)) return null
  const of = { column: stored[1], path: path?.text ?? null }
  const key = JSON.stringify(of)
  if (json.marks > 2) compiler.listed.set(key, { ...of, key })
  const counted = compiler.catalog.elements.get(key)
  return counted === undefined ? null : Math.max(0.01, counted)
}

const isQuoted = (arg: Expr): arg is Expr & { kind: "column" } =>
  arg.kind === "column" && arg.quoted && arg.table === null

const functionSource = (item: FromItem & { kind: "function" }, alias: string, place: Place): Source => {
  const { scope } = place
  const pragma = PRAGMA_COLUMNS.get(item.name)
  const args = item.args.map((arg) =>
    // A table's name, in whatever quotes.
    place.compiler.expr(pragma !== undefined && isQuoted(arg) ? literal("text", arg.name) : arg, place),
  )
  const print = () => `${item.name}(${args.map(({ sql }) => sql).join(", ")}) AS ${quote(alias)}`
  const base = { alias, name: folded(item.alias ?? item.name), print }
  const column = (name: string, size: Size) =>
    columnOf({ name, sql: `${quote(alias)}.${quote(name)}`, measure: () => plain(size, taking(size)) })
  if (pragma !== undefined) {
    const columns = pragma.split(" ").map((name) => column(name, sized(200)))
    return sourceOf({ ...base, rows: PRAGMA_ROWS, visit: 3_000, columns }, { describes: true })
  }
  if (item.name === "json_each" && args[0] === undefined)
    throw new SqlRefusal("json_each is told what to take apart: json_each(runs.output, '$.basis')", item.at)
  if (item.name !== "json_each" || args[0] === undefined)
    throw new SqlRefusal(`no such table: ${item.name.slice(0, 60)}. Of table functions there is json_each`)
  const [json] = lookedInto(args[0], place)
  // As many values as it has commas and brackets; the shortest takes two bytes.
  const rows = elementsIn(json, args, place) ?? Math.max(1, Math.min(json.marks + 1, json.mean / 2 + 1))
  const part: Size = {
    mean: Math.min(json.mean / rows, json.max) + 8,
    max: json.max + 8,
    marks: Math.min(json.marks / rows, json.max),
  }
  // Each row says the path again, whatever it is in.
  const said = sized((args[1]?.max ?? 0) + 64)
  const places = new Map([
    ["path", said],
    ["fullkey", sum([part, said])],
  ])
  const columns = EACH.map((name) =>
    column(name, places.get(name) ?? (["key", "value", "atom"].includes(name) ? part : sized(64))),
  )
  const begin = reading(json) + workOf(args)
  return sourceOf(
    { ...base, rows, visit: 150 + (args[1]?.max ?? 0) * 0.5 + begin / rows, columns },
    // One that is of a row of another comes after it.
    { inner: scope.sources.some(({ alias: other }) => args.some(({ sql }) => sql.includes(quote(other)))) },
  )
}
