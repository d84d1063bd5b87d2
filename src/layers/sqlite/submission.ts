import { isTerminal } from "../../domain/RunStatus.ts"
import { EMPTY_PLAN, type Range, type SubmissionPlan } from "../../domain/TaskGroup.ts"
import type { UnfinishedRun } from "../../services/RunStore.ts"
import type { GroupTables } from "./GroupTables.ts"
import { PLAN } from "./keys.ts"
import { rowId } from "./tables.ts"

/** `SubmissionStore` on the tables. */
export const makeSubmission = (tables: GroupTables) => {
  const { storage } = tables
  const savePlan = (plan: SubmissionPlan) => storage.kv.put(PLAN, plan)
  return {
    plan: () => (tables.isClosed ? EMPTY_PLAN : (storage.kv.get<SubmissionPlan>(PLAN) ?? EMPTY_PLAN)),
    savePlan: (plan: SubmissionPlan) => tables.write(undefined, () => savePlan(plan)),
    acceptRuns: (runs: ReadonlyArray<UnfinishedRun>, plan: SubmissionPlan, now: number) =>
      tables.write(undefined, () => {
        savePlan(plan)
        // An event may have been faster than the answer, and it names its input for certain. Then the place in the
        // answer means nothing, for this row or for the one that has the run.
        tables.accept(runs, now)
      }),
    leaveOut: (
      range: Range,
      end: { readonly status: "failed" | "cancelled"; readonly error: string },
      plan: SubmissionPlan,
      now: number,
    ) =>
      tables.write(undefined, () => {
        savePlan(plan)
        for (let inputIndex = range.from; inputIndex < range.to; inputIndex++) {
          const row = tables.row(inputIndex)
          if (row !== null && row.runId === null && !isTerminal(row.status))
            tables.update(row, { ...row, ...end }, now)
        }
      }),
    inputs: ({ from, to }: Range) =>
      texts(
        tables,
        "SELECT input FROM runs WHERE id >= ? AND id < ? AND attempt = 1 ORDER BY id",
        from,
        to,
      ) as ReadonlyArray<string>,
    inputLengths: ({ from, to }: Range = { from: 0, to: tables.details?.numInputs ?? 0 }) =>
      texts(
        tables,
        "SELECT length(input) FROM runs WHERE id >= ? AND id < ? AND attempt = 1 ORDER BY id",
        from,
        to,
      ) as ReadonlyArray<number>,
    unsubmitted: ({ from, to }: Range) =>
      texts(
        tables,
        `SELECT input_index FROM runs WHERE id >= ? AND id < ? AND run_id IS NULL AND status = 'queued' ORDER BY id`,
        from,
        to,
      ) as ReadonlyArray<number>,
  }
}

/** The one column of the rows of a range. */
const texts = ({ storage }: GroupTables, query: string, from: number, to: number) =>
  Array.from(storage.sql.exec(query, rowId(from, 0), rowId(to, 0)).raw(), ([value]) => value)
