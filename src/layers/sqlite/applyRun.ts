import type { RunId } from "../../domain/Ids.ts"
import { confidenceOf, extraOf, type GroupFacts, mergedOf } from "../../domain/RunJson.ts"
import { shownText } from "../../domain/JsonText.ts"
import { isTerminal } from "../../domain/RunStatus.ts"
import type { JsonText } from "../../domain/TaskGroup.ts"
import type { WireOutput } from "../../domain/Wire.ts"
import type { Applied, RunUpdate } from "../../services/RunStore.ts"
import { fitRow } from "./fitRow.ts"
import type { StoredRow } from "./tables.ts"

/** What of a row decides what an update means: the large columns need not be read for it. */
export interface RowState {
  readonly runId: RunId | null
  readonly status: string
  readonly upstream: string
  readonly confirmed: boolean
}

/** `advance`: the row takes the update in; `replace`: the row was another run's, and begins anew with this one. */
export type Decision = Exclude<Applied, "changed"> | "advance" | "replace"

/** Such a run has not ended for anybody here: without its output there is no result to be told. */
export const lacksOutput = ({ run, output }: RunUpdate): boolean =>
  run.status === "completed" && output === null

/** What an update means for the row of its input. `isOurs`: upstream gave its run to us, for whichever row. */
export const decide = (row: RowState, update: RunUpdate, isOurs: boolean): Decision => {
  const { run } = update
  if (row.runId !== null && row.runId !== run.runId) {
    // An assignment by position gives way to metadata (docs/parallel.md, U13); one that metadata confirmed does not.
    // But not to what somebody else wrote into theirs.
    return row.confirmed ? "duplicate" : isOurs ? "replace" : "foreign"
  }
  if (row.runId === null) return "advance"
  if (isTerminal(row.status)) {
    return isTerminal(run.status) && run.status !== row.status ? "contradiction" : "unchanged"
  }
  // A completion is final upstream; only its output is news, or that it was none after all.
  if (row.upstream === "completed") {
    return isTerminal(run.status) && !lacksOutput(update) ? "advance" : "unchanged"
  }
  // A listing may be older than what an event told: a run that left the queue never returns to it.
  return run.status === row.status || run.status === "queued" ? "unchanged" : "advance"
}

/** The row after the update. */
export const applyRun = (
  row: StoredRow,
  update: RunUpdate,
  decision: "advance" | "replace",
  group: GroupFacts,
): StoredRow => {
  const { run, output } = update
  const start = decision === "replace" ? anew(row) : row
  const next: StoredRow = {
    ...start,
    runId: run.runId,
    confirmed: start.confirmed || run.inputIndex === row.inputIndex,
    status: lacksOutput(update) ? "running" : run.status,
    createdAt: timeOf(run.fields.get("created_at")) ?? start.createdAt,
    modifiedAt: timeOf(run.fields.get("modified_at")) ?? start.modifiedAt,
    error: present(run.fields.get("error")),
    warnings: present(run.fields.get("warnings")) ?? start.warnings,
    extra: extraOf(run, row, group),
  }
  const complete = run.status === "completed"
  // An error that a run had on its way is none any more, and would look like an output that will not come.
  const settled = complete ? { ...next, error: null } : next
  return fitRow(complete && output !== null ? withOutput(settled, output) : settled)
}

const present = (json: JsonText | undefined): JsonText | null =>
  json === undefined || json === "null" ? null : json
const timeOf = (json: JsonText | undefined): string | null =>
  json?.startsWith('"') === true ? shownText(json) : null

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
  content: output.content,
  output: output.rest,
  merged: mergedOf(row.input, output.content),
  confidence: confidenceOf(output),
})
