import { confidenceOf, extraOf, type GroupFacts, mergedOf } from "../../domain/RunJson.ts"
import { isTerminal } from "../../domain/RunStatus.ts"
import type { WireOutput } from "../../domain/Wire.ts"
import type { Applied, RunUpdate } from "../../services/TaskGroupStore.ts"
import { fitRow } from "./fitRow.ts"
import type { StoredRow } from "./tables.ts"

/** What of a row decides what an update means: the large columns need not be read for it. */
export interface RowState {
  readonly runId: string | null
  readonly status: string
  readonly confirmed: boolean
  readonly hasContent: boolean
}

/** `advance`: the row takes the update in; `replace`: the row was another run's, and begins anew with this one. */
export type Decision = Exclude<Applied, "changed" | "foreign"> | "advance" | "replace"

/** What an update means for the row of its input. */
export const decide = (row: RowState, { run, output }: RunUpdate): Decision => {
  if (row.runId !== null && row.runId !== run.runId) {
    // An assignment by position gives way to metadata (docs/parallel.md, U13); one that metadata confirmed does not.
    return row.confirmed ? "duplicate" : "replace"
  }
  if (row.runId === null) return "advance"
  if (isTerminal(row.status)) {
    if (isTerminal(run.status) && run.status !== row.status) return "contradiction"
    const wanted =
      row.status === "completed" && run.status === "completed" && !row.hasContent && output !== null
    return wanted ? "advance" : "unchanged"
  }
  // A listing may be older than what an event told: a run that left the queue never returns to it.
  return run.status === row.status || run.status === "queued" ? "unchanged" : "advance"
}

/** The row after the update; null when that is just what it was. */
export const applyRun = (
  row: StoredRow,
  update: RunUpdate,
  decision: "advance" | "replace",
  group: GroupFacts,
): StoredRow | null => {
  const { run, output } = update
  const start = decision === "replace" ? anew(row) : row
  const next: StoredRow = {
    ...start,
    runId: run.runId,
    confirmed: start.confirmed || run.inputIndex === row.inputIndex,
    status: run.status,
    createdAt: timeOf(run.raw["created_at"]) ?? start.createdAt,
    modifiedAt: timeOf(run.raw["modified_at"]) ?? start.modifiedAt,
    error: json(run.raw["error"]),
    warnings: json(run.raw["warnings"]) ?? start.warnings,
    extra: extraOf(run, row.inputIndex, group),
  }
  const complete = run.status === "completed"
  // An error that a run had on its way is none any more, and would look like an output that will not come.
  const settled = complete ? { ...next, error: null } : next
  const fitted = fitRow(complete && output !== null ? withOutput(settled, output) : settled)
  const sameAsBefore =
    row.runId === run.runId && fitted.content === null && fitted.error !== null && fitted.error === row.error
  return sameAsBefore ? null : fitted
}

const json = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value)
const timeOf = (value: unknown): string | null => (typeof value === "string" ? value.toWellFormed() : null)

const anew = (row: StoredRow): StoredRow => ({
  ...row,
  confirmed: true,
  createdAt: null,
  modifiedAt: null,
  confidence: null,
  error: null,
  warnings: null,
  extra: null,
  content: null,
  output: null,
  merged: mergedOf(row.input, undefined),
})

const withOutput = (row: StoredRow, output: WireOutput): StoredRow => ({
  ...row,
  content: JSON.stringify(output.content),
  output: JSON.stringify(output.rest),
  merged: mergedOf(row.input, output.content),
  confidence: confidenceOf(output),
})
