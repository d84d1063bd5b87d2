import { type Compiler, countNodes, type Place, type Value } from "./Compiler.ts"
import type { Argument } from "./functions.ts"
import { allDocuments, reading, type Size, workOf } from "./measure.ts"
import type { Alias, Column, Scope } from "./Scope.ts"
import type { OrderTerm } from "./syntax.ts"

/** What expressions are put together from. */

/** What an index that is made for one statement costs to enter a row, as for DISTINCT. */
export const indexing = (bytes: number): number => 2_000 + bytes * 25

export const valueOf = (sql: string, size: Size, parts: ReadonlyArray<Value>, work: number): Value => ({
  ...size,
  sql,
  work: workOf(parts) + work,
  documents: allDocuments(parts),
  nodes: parts.reduce((nodes, part) => nodes + part.nodes, 1),
  aggregate: parts.some(({ aggregate }) => aggregate),
  windowed: parts.some(({ windowed }) => windowed),
  text: null,
  number: null,
  document: null,
  key: false,
  numeric: false,
})

export const namedValue = (found: Column | Alias, compiler: Compiler): Value => {
  countNodes(compiler, found.nodes)
  if ("sorted" in found && compiler.sorting) found.sorted = true
  const { sql, nodes } = found
  const measure = found.measure()
  const value = { ...valueOf(sql, measure, [], measure.work), documents: measure.documents, nodes }
  return "aggregate" in found
    ? { ...value, aggregate: found.aggregate }
    : { ...value, numeric: found.numeric, document: found.stored === null ? null : sql }
}

/**
 * JSON that is looked into, measured: where it is a column, it is read once for a row, which is told to the row by the
 * documents.
 */
export const lookedInto = (
  json: Value,
  { compiler, scope }: Place,
): readonly [Argument, (documents: ReadonlyMap<string, number>) => ReadonlyMap<string, number>] => {
  const stored = json.document === null ? null : storedAt(json.document, scope)
  if (stored === null) return [{ ...json, document: null }, (documents) => documents]
  const measured = { ...json, marks: compiler.catalog.marks(...stored) }
  return [measured, (documents) => new Map([...documents, [json.sql, reading(measured)]])]
}

export const storedAt = (sql: string, scope: Scope): readonly [string, string] | null => {
  for (let at: Scope | null = scope; at !== null; at = at.outer)
    for (const { columns } of at.sources) {
      const column = columns.find((one) => one.sql === sql)
      if (column !== undefined) return column.stored
    }
  return null
}

export const compileTerms = (terms: ReadonlyArray<OrderTerm>, place: Place) =>
  terms.map(({ expr, direction }) => {
    const value = place.compiler.expr(expr, place)
    return { value, sql: `${value.sql}${direction}` }
  })
