import type { Batch } from "../../domain/TaskGroup.ts"
import { type ActContext, type Decision, isWorn, repeat, wornRows } from "./decision.ts"

/**
 * Goes on with rows that were left unsent, with what a stop found under way, with what waits for a key or for credit, and
 * after a give-up with following.
 */
export const resumeRows = (context: ActContext): Decision => {
  const { group, runs, submission } = context
  const plan = submission.plan()
  const count = (batches: ReadonlyArray<Batch>) =>
    batches.reduce((sum, batch) => sum + submission.unsubmitted(batch).length, 0)
  const unsent = runs.attempts(null).filter(({ status, runId }) => status === "cancelled" && runId === null)
  const left = unsent.filter((row) => !isWorn(row))
  const state = group.state()
  const isWaiting = state === "waiting_for_credit" || plan.edge !== null
  const others =
    state === "given_up" || state === "key_refused"
      ? runs.notEnded()
      : count([...plan.sending, ...plan.lost].filter((batch) => batch.stopped === true)) +
        (isWaiting ? count(plan.todo) : 0)
  const resumed = left.length + others
  return {
    _tag: "Plan",
    answer: { resumed },
    warnings: wornRows(unsent),
    apply: resumed === 0 ? null : () => repeat(context, left, true),
  }
}
