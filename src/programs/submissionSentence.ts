import type { Batch, SubmissionPlan } from "../domain/TaskGroup.ts"

/** Where the submission stands, as `status_message` says it; null while it just goes on. `count` counts rows to be sent. */
export const submissionSentence = (
  { todo, lost, credit, edge }: SubmissionPlan,
  count: (batches: ReadonlyArray<Batch>) => number,
): string | null => {
  const at = (time: number) => new Date(time).toISOString()
  const left = [...lost, ...todo]
  const refusal = left.find((batch) => batch.edge !== undefined)?.edge
  if (edge !== null && refusal !== undefined) {
    return `Something between here and Parallel refuses ${count(left)} inputs (status ${refusal.status}). They are tried in ever smaller batches, until those that it refuses are alone.`
  }
  if (lost.length > 0 && edge === null) {
    return `Parallel's answer to adding ${count(lost)} runs was lost; checking which of them exist before sending any again.`
  }
  if (credit !== null) {
    return `Not enough credit at Parallel: ${count(todo)} inputs are not submitted yet. Next attempt at ${at(credit.next)}.`
  }
  return edge === null || left.length === 0
    ? null
    : `Something between here and Parallel has refused some inputs: ${count(left)} are still to be submitted.`
}
