import { newCompiler, type Place } from "./Compiler.ts"
import { declare } from "./compileFrom.ts"
import { conjuncts } from "./lookups.ts"
import { Scope } from "./Scope.ts"
import type { Core, Expr, Select } from "./syntax.ts"

/**
 * `EXISTS (SELECT … FROM x WHERE x.a = outside AND …)` asks all rows of `x` for each row outside; the same is said by
 * `outside IN (SELECT x.a FROM x WHERE …)`, which asks once. NULL is equal to nothing, and EXISTS is never NULL, so that
 * neither side may be. Null where it cannot be said so: `=` compares as its left side does, `IN` as what stands outside.
 */
export const askedOnce = (select: Select, place: Place): Expr | null => {
  const [core] = select.cores
  if (place.compiler.collated) return null
  if (core?.kind !== "select" || select.cores.length > 1 || select.ctes.length > 0 || select.limit !== null)
    return null
  const isPlain =
    core.groupBy.length === 0 &&
    core.having === null &&
    core.windows.length === 0 &&
    core.from.length > 0 &&
    core.from.every(({ item, how }) => item.kind === "table" && how !== "LEFT JOIN") &&
    core.results.every((result) => result.kind === "star" || isFree(result.expr))
  if (!isPlain) return null
  const scope = new Scope(null)
  const tried = { ...place, compiler: newCompiler(place.compiler), scope }
  for (const { item } of core.from) declare(item, tried)
  const conditions = conjuncts(core.where)
  for (const condition of conditions) {
    const pair = pairOf(condition, scope)
    if (pair !== null) return asMembership(core, conditions, condition, pair)
  }
  return null
}

const isFree = (expr: Expr): boolean => expr.kind === "literal" || expr.kind === "column"

const isInside = (expr: Expr, scope: Scope): expr is Expr & { kind: "column" } =>
  expr.kind === "column" && scope.own(expr.table, expr.name) !== null

const isOutside = (expr: Expr, scope: Scope): boolean =>
  expr.kind === "column" && scope.own(expr.table, expr.name) === null

const pairOf = (expr: Expr, scope: Scope): { readonly inside: Expr; readonly outside: Expr } | null => {
  if (expr.kind !== "binary" || (expr.op !== "=" && expr.op !== "==")) return null
  const { left, right } = expr
  if (isInside(left, scope) && isOutside(right, scope)) return { inside: left, outside: right }
  if (isInside(right, scope) && isOutside(left, scope)) return { inside: right, outside: left }
  return null
}

const asMembership = (
  core: Core & { kind: "select" },
  conditions: ReadonlyArray<Expr>,
  pair: Expr,
  { inside, outside }: { readonly inside: Expr; readonly outside: Expr },
): Expr => {
  const known = (arg: Expr): Expr => ({ kind: "unary", op: "NOTNULL", arg })
  const both = (left: Expr, right: Expr): Expr => ({ kind: "binary", op: "AND", left, right })
  const where = conditions.filter((one) => one !== pair).reduce(both, known(inside))
  const results = [{ kind: "expr", expr: inside, alias: "a", written: "a" } as const]
  const among: Select = {
    ctes: [],
    cores: [{ ...core, distinct: false, results, where }],
    compounds: [],
    orderBy: [],
    limit: null,
    offset: null,
  }
  return both(known(outside), { kind: "in", not: false, arg: outside, among })
}
