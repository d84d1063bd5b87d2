import { rowsOf } from "../../domain/Plan.ts"
import { type Batch, EMPTY_PLAN, type SubmissionPlan } from "../../domain/TaskGroup.ts"
import type { AcceptedRun, Unsubmitted } from "../../services/SubmissionStore.ts"
import type { GroupTables } from "./GroupTables.ts"
import { PLAN } from "./keys.ts"
import type { State } from "./RowStates.ts"
import { ATTEMPTS_PER_INPUT } from "./tables.ts"

/** `SubmissionStore` on the tables. */
export const makeSubmission = (tables: GroupTables) => {
  const plan = (): SubmissionPlan => (tables.isClosed ? EMPTY_PLAN : (tables.kept.get(PLAN) ?? EMPTY_PLAN))
  const savePlan = (next: SubmissionPlan) => tables.kept.put(PLAN, next)
  const waiting = (batch: Pick<Batch, "rows">): ReadonlyArray<State> =>
    rowsOf(batch).flatMap((index) => {
      const state = tables.state(index)
      return state !== null && isUnsubmitted(state) ? [state] : []
    })
  return {
    plan,
    savePlan: (next: SubmissionPlan) => tables.write(undefined, () => savePlan(next)),
    acceptRuns: (runs: ReadonlyArray<AcceptedRun>, next: SubmissionPlan, now: number) =>
      tables.write(undefined, () => {
        savePlan(next)
        // An event may have been faster than the answer, and it names its input for certain. Then the place in the
        // answer means nothing, for this row or for the one that has the run.
        tables.accept(runs, now)
      }),
    leaveOut: (
      batches: ReadonlyArray<Pick<Batch, "rows">>,
      end: { readonly status: "failed" | "cancelled"; readonly error: string },
      next: SubmissionPlan,
      now: number,
    ) =>
      tables.write(0, () => {
        const rows = batches.flatMap(waiting)
        for (const { inputIndex } of rows) {
          const row = tables.row(inputIndex)!
          tables.update(row, { ...row, ...end }, now)
        }
        savePlan(end.status === "cancelled" && rows.length > 0 ? { ...next, stopped: true } : next)
        return rows.length
      }),
    inputs: (indexes: ReadonlyArray<number>) => column<string>(tables, "input", indexes),
    inputLengths: (indexes?: ReadonlyArray<number>) =>
      column<number>(
        tables,
        "length(input)",
        indexes ?? rowsOf({ rows: [{ from: 0, to: tables.details?.numInputs ?? 0 }] }),
      ),
    unsubmitted: (batch: Pick<Batch, "rows">): ReadonlyArray<Unsubmitted> => waiting(batch),
    leftOut: () => tables.counts.leftOut,
  }
}

/** Upstream does not have it, for all we know, and it is to. */
const isUnsubmitted = ({ runId, status }: State): boolean => runId === null && status === "queued"

const AT_ONCE = 1_000

/** A value of each of these rows, which every attempt has. */
const column = <A extends string | number>(
  { storage }: GroupTables,
  value: string,
  indexes: ReadonlyArray<number>,
): ReadonlyArray<A> => {
  const query = `SELECT ${value} FROM json_each(?) AS one CROSS JOIN runs ON runs.id = one.value * ${ATTEMPTS_PER_INPUT} + 1 ORDER BY one.key`
  const values: Array<A> = []
  for (let at = 0; at < indexes.length; at += AT_ONCE) {
    const some = JSON.stringify(indexes.slice(at, at + AT_ONCE))
    for (const [one] of storage.sql.exec(query, some).raw()) values.push(one as A)
  }
  return values
}
