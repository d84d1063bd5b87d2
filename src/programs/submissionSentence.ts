import type { Batch, SubmissionPlan } from "../domain/TaskGroup.ts"
import type { GroupStore } from "../services/GroupStore.ts"
import type { SubmissionStore } from "../services/SubmissionStore.ts"

/** `status_message` says where the submission stands now. */
export const tellSubmission = (
  group: GroupStore["Service"],
  submission: SubmissionStore["Service"],
): void => {
  const count = (batches: ReadonlyArray<Batch>) =>
    batches.reduce((sum, batch) => sum + submission.unsubmitted(batch).length, 0)
  const rows = submission.leftOut()
  const leftOut = rows === 0 ? null : leftOutSentence(rows, group.details()?.url ?? "")
  group.say("submission", submissionSentence(submission.plan(), count, leftOut))
}

/**
 * Where the submission stands, as `status_message` says it; null while it just goes on. `count` counts
 * rows to be sent; `leftOut` says which were left unsent.
 */
const submissionSentence = (
  { todo, lost, credit, edge, stopped }: SubmissionPlan,
  count: (batches: ReadonlyArray<Batch>) => number,
  leftOut: string | null,
): string | null => {
  const at = (time: number) => new Date(time).toISOString()
  const left = [...lost, ...todo]
  const refusal = left.find((batch) => batch.edge !== undefined)?.edge
  if (edge !== null && refusal !== undefined) {
    return `Something between here and Parallel refuses ${some(count(left), "input")} (status ${refusal.status}). They are tried in ever smaller batches, until those that it refuses are alone.`
  }
  if (lost.length > 0 && edge === null) {
    const inDoubt = count(lost)
    // All may have been told of meanwhile, by events.
    const runs = inDoubt === 0 ? "runs" : some(inDoubt, "run")
    const settling = `Parallel's answer to adding ${runs} was lost; checking which of them exist before sending any again.`
    return stopped && leftOut !== null ? `${settling} ${leftOut}` : settling
  }
  if (credit !== null) {
    return `Not enough credit at Parallel: ${some(count(todo), "input is", "inputs are")} not submitted yet. Next attempt at ${at(credit.next)}.`
  }
  if (edge === null || left.length === 0) return stopped ? leftOut : null
  return `Something between here and Parallel has refused some inputs: ${some(count(left), "is", "are")} still to be submitted.`
}

const some = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** What is said of rows that were left unsent, and what can be done. */
export const leftOutSentence = (rows: number, url: string): string =>
  `${some(rows, "input was", "inputs were")} not sent to Parallel: POST ${url}/resume to send ${rows === 1 ? "it" : "them"}.`
