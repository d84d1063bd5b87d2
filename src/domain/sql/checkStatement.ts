import type { Catalog } from "./catalog.ts"
import { type Claim, newCompiler } from "./Compiler.ts"
import { askedNames } from "./askedNames.ts"
import { compileExpr } from "./compileExpr.ts"
import { compileSelect } from "./compileSelect.ts"
import { parseStatement } from "./parseSelect.ts"
import { Scope } from "./Scope.ts"
import { byteOffset } from "./tokens.ts"
import { SqlRefusal } from "./SqlRefusal.ts"
import type { Select } from "./syntax.ts"

/** What a statement may take, in nanoseconds and bytes, whatever it asks. */
export interface SqlLimits {
  readonly work: number
  readonly kept: number
  /** Rows of an answer. */
  readonly rows: number
}

/** A statement that may run: written anew from what was understood of it, and its bounds. */
export interface Checked {
  readonly sql: string
  readonly kind: "select" | "pragma" | "plan"
  readonly work: number
  readonly kept: number
  readonly claims: ReadonlyArray<Claim>
}

const text = (name: string): string => `'${name.replaceAll("'", "''")}'`

/**
 * Reads a statement and bounds what it takes before it runs. Throws `SqlRefusal`, whose message says where: in bytes, as
 * SQLite counts.
 */
export const checkStatement = (statement: string, catalog: Catalog, limits: SqlLimits): Checked => {
  try {
    return check(statement, catalog, limits)
  } catch (error) {
    if (!(error instanceof SqlRefusal) || error.at === undefined) throw error
    throw new SqlRefusal(`${error.message} (at offset ${byteOffset(statement, error.at)})`)
  }
}

const check = (statement: string, catalog: Catalog, limits: SqlLimits): Checked => {
  const parsed = parseStatement(statement)
  if (parsed.kind === "pragma") {
    const arg = parsed.arg === null ? "" : `(${text(parsed.arg)})`
    return { sql: `PRAGMA ${parsed.name}${arg}`, kind: "pragma", work: 1_000_000, kept: 0, claims: [] }
  }
  const bound = () => boundOf(parsed.select, catalog, limits)
  let bounds = bound()
  const over = excess(bounds, limits)
  if (over > 1 && over < WORTH_MEASURING) {
    catalog.view.measure(bounds.viewed)
    catalog.countElements(bounds.listed.values())
    bounds = bound()
  }
  const { sql, work, kept, claims, preparing } = bounds
  if (parsed.explain)
    return { sql: `EXPLAIN QUERY PLAN ${sql}`, kind: "plan", work: preparing, kept: 0, claims: [] }
  if (!(work <= limits.work)) throw tooMuchWork(work, limits.work)
  if (!(kept <= limits.kept)) throw tooMuchKept(kept, limits.kept)
  return { sql, kind: "select", work, kept, claims }
}

/** By so much the bounds may be too high for want of knowing how long the view's values and the lists are. */
const WORTH_MEASURING = 20

const excess = ({ work, kept }: Pick<Checked, "work" | "kept">, limits: SqlLimits): number =>
  Math.max(work / limits.work, kept / limits.kept)

const boundOf = (select: Select, catalog: Catalog, { rows }: SqlLimits) => {
  const compiler = newCompiler({
    asked: askedNames(select),
    catalog,
    expr: compileExpr,
    select: compileSelect,
  })
  const around = { compiler, scope: new Scope(null), ctes: new Map(), visible: rows + 1 }
  const { sql, work } = compileSelect(select, around)
  const { claims, items, kept, listed, nodes, once, viewed } = compiler
  const preparing = PREPARING + nodes * PREPARING_NODE + items * PREPARING_ITEM
  return { sql, claims, kept, listed, viewed, preparing, work: work + once + preparing }
}

/** What it takes to make a program of a statement: its plan and its program are looked at before it runs. */
const PREPARING = 500_000
const PREPARING_NODE = 10_000
const PREPARING_ITEM = 500_000

const tooMuchWork = (work: number, limit: number): SqlRefusal =>
  new SqlRefusal(
    `This could take ${seconds(work)} here, where a statement may take ${seconds(limit)}: rows are multiplied where tables are joined, and texts are gone through for each. Join by run_id or id, filter in a subquery with LIMIT, or ask for fewer columns.`,
  )

const seconds = (nanoseconds: number): string => {
  const value = nanoseconds / 1e9
  if (value > 3_600) return "hours"
  return value > 90 ? `${Math.round(value / 60)} minutes` : `${Number(value.toPrecision(2))} s`
}

const tooMuchKept = (kept: number, limit: number): SqlRefusal =>
  new SqlRefusal(
    `This could have to sort or keep ${Math.round(kept / 1e6)} MB, where ${Math.round(limit / 1e6)} MB may be. Sort and group by short columns, ask for fewer of the long ones, or filter in a subquery with LIMIT.`,
  )
