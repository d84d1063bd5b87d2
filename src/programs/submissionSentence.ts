import type { Batch, SubmissionPlan } from "../domain/TaskGroup.ts"

/**
 * Where the submission stands, as `status_message` says it; null while it just goes on. `count` counts
 * rows to be sent; `leftOut` says which were left unsent.
 */
export const submissionSentence = (
  { todo, lost, credit, edge, stopped }: SubmissionPlan,
  count: (batches: ReadonlyArray<Batch>) => number,
  leftOut: string | null,
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
  if (edge === null || left.length === 0) return stopped ? leftOut : null
  return `Something between here and Parallel has refused some inputs: ${count(left)} are still to be submitted.`
}

/** What is said of rows that were left unsent, and what can be done. */
export const leftOutSentence = (rows: number, url: string): string =>
  `${rows === 1 ? "1 input was" : `${rows} inputs were`} not sent to Parallel: POST ${url}/resume to send ${rows === 1 ? "it" : "them"}.`
