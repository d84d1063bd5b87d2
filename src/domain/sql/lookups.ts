import type { Claim, Place } from "./Compiler.ts"
import { folded, type Column, type Scope, type Source } from "./Scope.ts"
import type { Core, Expr } from "./syntax.ts"

/** Joins in which each row finds at most one row of a source, by what makes that unique. */

export interface Lookups {
  readonly found: ReadonlySet<Source>
  /** Of these, those whose rows may be found again and again. */
  readonly repeating: ReadonlySet<Source>
  /** Nanoseconds to make the indexes they are found by. */
  readonly work: number
}

type SelectCore = Core & { kind: "select" }
interface Named {
  readonly source: Source
  readonly column: Column
}

export const conjuncts = (expr: Expr | null): ReadonlyArray<Expr> => {
  if (expr === null) return []
  if (expr.kind === "binary" && expr.op === "AND") return [...conjuncts(expr.left), ...conjuncts(expr.right)]
  return [expr]
}

const columnAt = (expr: Expr, scope: Scope): Named | null =>
  expr.kind === "column" ? scope.own(expr.table, expr.name) : null

/** What is equal to what, where both are columns of this place, with the first source that it may be asked of. */
const equalities = (core: SelectCore, scope: Scope) => {
  const said = [
    ...conjuncts(core.where).map((expr) => ({ expr, at: -1 })),
    ...core.from.flatMap(({ on }, at) => conjuncts(on).map((expr) => ({ expr, at }))),
  ]
  const pairs = said.flatMap(({ expr, at }) => {
    if (expr.kind !== "binary" || (expr.op !== "=" && expr.op !== "==")) return []
    const [left, right] = [columnAt(expr.left, scope), columnAt(expr.right, scope)]
    return left === null || right === null || left.source === right.source ? [] : [{ left, right, at }]
  })
  const using = core.from.flatMap(({ using: names }, at) =>
    names.flatMap((name) => {
      const right = scope.sources[at]!.columns.find((one) => folded(one.name) === folded(name))
      const left = scope.sources
        .slice(0, at)
        .flatMap((source) => source.columns.map((column) => ({ source, column })))
        .find(({ column }) => folded(column.name) === folded(name))
      return left === undefined || right === undefined
        ? []
        : [{ left, right: { source: scope.sources[at]!, column: right }, at }]
    }),
  )
  return [...pairs, ...using]
}

const claimed = ({ source: { alias }, column: { name } }: Named): Claim[number] => ({
  aliases: [alias, `${alias}r`],
  columns: name === "$id" ? [name, "run_id"] : name === "id" ? [name, "rowid"] : [name],
})

export const findLookups = (core: SelectCore, { compiler, scope }: Place): Lookups => {
  const through = new Map<Source, Source>()
  const rootOf = (source: Source): Source => {
    const next = through.get(source)
    return next === undefined ? source : rootOf(next)
  }
  const repeating = new Set<Source>()
  let work = 0
  // In a subquery that runs for each row, an index would be made for each as well.
  const allowed = scope.outer === null ? ["row", "run", "group"] : ["row"]
  for (const { left, right, at } of equalities(core, scope))
    for (const [one, other] of [
      [right, left],
      [left, right],
    ] as const) {
      const { unique } = one.column
      const optional = core.from[scope.sources.indexOf(one.source)]?.how === "LEFT JOIN"
      if (unique === null || !allowed.includes(unique)) continue
      // Values that differ may be equal to one that is compared in another way.
      if (unique === "group" && (other.column.numeric || compiler.collated)) continue
      if (through.has(one.source) || rootOf(other.source) === one.source) continue
      // Rows of a LEFT JOIN are found by its own condition, and never lead to those before it.
      if (optional && core.from[at]?.item !== core.from[scope.sources.indexOf(one.source)]?.item) continue
      if (core.from[scope.sources.indexOf(other.source)]?.how === "LEFT JOIN") continue
      through.set(one.source, other.source)
      if (other.column.unique === null) repeating.add(one.source)
      if (unique !== "row") {
        const bytes = one.source.columns.reduce(
          (total, column) => total + (column.unique === null ? 0 : 60),
          0,
        )
        work += one.source.rows * (2_500 + one.source.visit + bytes * 15)
      }
      // Either may be found by the other where no more rows come out by it, and both are gone through once.
      const either = scope.sources.length === 2 || one.source.rows <= other.source.rows
      if (either) work += one.source.rows * one.source.visit
      compiler.claims.push((either ? [one, other] : [one]).map(claimed))
      break
    }
  return { found: new Set(through.keys()), repeating, work }
}
