import type { Retry } from "../../domain/Act.ts"
import { type Problem, Problems } from "../../domain/Problem.ts"
import { costProblem, estimateCostUsd } from "../../domain/Processors.ts"
import { isTerminal } from "../../domain/RunStatus.ts"
import type { AttemptState } from "../../services/RunStore.ts"
import { type ActContext, type Decision, isWorn, repeat, rowsAre, wornRows } from "./decision.ts"

/** Runs rows again that have ended: those that are named, or all that failed or were cancelled. */
export const retryRows = (context: ActContext, { rows, processor, maxCostUsd, dryRun }: Retry): Decision => {
  const group = context.group.details()!
  const problems = rows === null ? [] : unknownRows(rows, group.numInputs)
  if (problems.length > 0) return { _tag: "Refused", problems }
  const named = context.runs.attempts(rows && [...new Set(rows)].sort((a, b) => a - b))
  const wanted = rows === null ? named.filter(hasFailed) : named
  const again = wanted.filter((row) => isTerminal(row.status) && !isWorn(row))
  const used = processor ?? group.processor
  const tooDear = costProblem(maxCostUsd, used, again.length)
  if (tooDear !== null) return { _tag: "Refused", problems: [tooDear] }
  const answer = { retried: again.length, estimated_cost_usd: estimateCostUsd(used, again.length) }
  const own = used === group.processor ? null : used
  return {
    _tag: "Plan",
    answer: dryRun ? { dry_run: true, ...answer } : answer,
    warnings: leftAlone(wanted),
    apply:
      dryRun || again.length === 0
        ? null
        : () =>
            repeat(
              context,
              again.map(({ inputIndex }) => ({ inputIndex, processor: own })),
              false,
            ),
  }
}

const hasFailed = ({ status }: AttemptState): boolean => status === "failed" || status === "cancelled"

const unknownRows = (rows: ReadonlyArray<number>, numInputs: number): ReadonlyArray<Problem> => {
  const problems = new Problems()
  for (const [at, row] of rows.entries())
    if (row >= numInputs)
      problems.add(`rows[${at}]`, `is ${row}, but the group has ${numInputs} rows, counted from 0.`)
  return problems.list("rows")
}

const leftAlone = (rows: ReadonlyArray<AttemptState>): ReadonlyArray<string> => {
  const underWay = rows.filter(({ status }) => !isTerminal(status)).length
  return [
    ...(underWay === 0 ? [] : [`${rowsAre(underWay)} under way and left alone.`]),
    ...wornRows(rows.filter(({ status }) => isTerminal(status))),
  ]
}
