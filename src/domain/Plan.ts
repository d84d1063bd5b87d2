import type { Range, SubmissionPlan } from "./TaskGroup.ts"

/** Pure steps of a submission plan. Each returns a new plan, to be stored before the next request. */

const same = (a: Range) => (b: Range) => a.from === b.from && a.to === b.to
const not = (range: Range) => (other: Range) => !same(range)(other)

export const markSending = (plan: SubmissionPlan, batch: Range, since: number): SubmissionPlan => ({
  ...plan,
  todo: plan.todo.filter(not(batch)),
  sending: [...plan.sending, { ...batch, since }],
})

/** The batch is dealt with: accepted, or refused for good. */
export const markDone = (plan: SubmissionPlan, batch: Range): SubmissionPlan => ({
  ...plan,
  todo: plan.todo.filter(not(batch)),
  sending: plan.sending.filter(not(batch)),
})

/** The batch is not upstream for certain, and goes out again as these. */
export const markTodo = (plan: SubmissionPlan, batch: Range, as: ReadonlyArray<Range>): SubmissionPlan => ({
  ...plan,
  sending: plan.sending.filter(not(batch)),
  todo: [...as, ...plan.todo].toSorted((a, b) => a.from - b.from),
})

/** Nobody knows whether the batch is upstream. */
export const markLost = (plan: SubmissionPlan, batch: Range, since: number): SubmissionPlan => ({
  ...plan,
  todo: plan.todo.filter(not(batch)),
  sending: plan.sending.filter(not(batch)),
  lost: [...plan.lost, { from: batch.from, to: batch.to, since }],
})

export const halves = ({ from, to }: Range): ReadonlyArray<Range> => {
  const middle = Math.floor((from + to) / 2)
  return [
    { from, to: middle },
    { from: middle, to },
  ]
}

/** Contiguous ranges of at most `size` that hold these indexes. */
export const rangesOf = (indexes: ReadonlyArray<number>, size: number): ReadonlyArray<Range> => {
  const ranges: Array<Range> = []
  for (const index of indexes) {
    const last = ranges.at(-1)
    if (last !== undefined && last.to === index && last.to - last.from < size)
      ranges[ranges.length - 1] = { from: last.from, to: index + 1 }
    else ranges.push({ from: index, to: index + 1 })
  }
  return ranges
}
