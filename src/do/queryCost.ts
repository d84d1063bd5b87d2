import { ReadOnlyViolation } from "./ReadOnlyViolation.ts"

/** A line of `EXPLAIN QUERY PLAN`. */
export interface PlanLine {
  readonly id: number
  readonly parent: number
  readonly detail: string
}

/**
 * Steps one query may take, by a rough count: a few seconds' worth. A row cap does not bound a single expensive step,
 * and while it lasts the object can do nothing else.
 */
const MAX_STEPS = 200_000_000
/** What a table function such as `json_each` is taken to yield for each row. */
const FUNCTION_ROWS = 50
/** What it takes to begin a subquery anew, as in each row of the view `results`. */
const SUBQUERY_STEPS = 20

const rowsOf = (detail: string, tableRows: number): number => {
  // A search without an index, which is what `max` and `min` make, goes through all rows.
  const isScan = detail.startsWith("SCAN ") || (detail.startsWith("SEARCH ") && !/ USING /.test(detail))
  if (!isScan) return 1
  if (/VIRTUAL TABLE/.test(detail)) return FUNCTION_ROWS
  return /CONSTANT ROW/.test(detail) ? 1 : Math.max(1, tableRows)
}

/** Refuses a plan without a bound, or with one that is too large: scans beside each other are nested loops. */
export const assertAffordable = (plan: ReadonlyArray<PlanLine>, tableRows: number): void => {
  if (plan.some(({ detail }) => detail.startsWith("RECURSIVE STEP"))) {
    throw new ReadOnlyViolation("Recursive queries are not allowed here: they have no bound.")
  }
  const children = Map.groupBy(plan, ({ parent }) => parent)
  const cost = (parent: number): number => {
    let loops = 1
    let perRow = 1
    let beside = 0
    for (const { id, detail } of children.get(parent) ?? []) {
      const inside = cost(id)
      // A correlated subquery runs anew for every row of the loops around it, anything else once.
      if (detail.startsWith("CORRELATED ")) perRow += SUBQUERY_STEPS + inside
      else beside += inside
      loops *= rowsOf(detail, tableRows)
    }
    return loops * perRow + beside
  }
  if (cost(0) > MAX_STEPS) {
    throw new ReadOnlyViolation(
      "This query would go through too many combinations of rows. Join on a condition, or split it.",
    )
  }
}
