import type { Batch, EdgeRefusal, Range, SubmissionPlan } from "./TaskGroup.ts"

/** Pure steps of a submission plan. Each returns a new plan, to be stored before the next request. */

const same = (a: Range) => (b: Range) => a.from === b.from && a.to === b.to
const not = (range: Range) => (other: Range) => !same(range)(other)

export const markSending = (plan: SubmissionPlan, batch: Batch, since: number): SubmissionPlan => ({
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
export const markTodo = (plan: SubmissionPlan, batch: Range, as: ReadonlyArray<Batch>): SubmissionPlan => ({
  ...plan,
  sending: plan.sending.filter(not(batch)),
  todo: inOrder([...as, ...plan.todo]),
})

/** Nobody knows whether the batch is upstream. `edge`: who answered in Parallel's place. */
export const markLost = (
  plan: SubmissionPlan,
  batch: Batch,
  since: number,
  edge: EdgeRefusal | null = null,
): SubmissionPlan => ({
  ...plan,
  todo: plan.todo.filter(not(batch)),
  sending: plan.sending.filter(not(batch)),
  lost: [
    ...plan.lost,
    {
      from: batch.from,
      to: batch.to,
      since,
      ...(edge === null ? batch.edge && { edge: batch.edge } : { edge }),
    },
  ],
})

/** The rows of lost batches that are missing for certain go out again as these. */
export const markSettled = (plan: SubmissionPlan, missing: ReadonlyArray<Batch>): SubmissionPlan => ({
  ...plan,
  lost: [],
  todo: inOrder([...plan.todo, ...missing]),
})

const inOrder = (batches: ReadonlyArray<Batch>) => batches.toSorted((a, b) => a.from - b.from)

export const halves = ({ from, to }: Range): ReadonlyArray<Range> => {
  const middle = Math.floor((from + to) / 2)
  return [
    { from, to: middle },
    { from: middle, to },
  ]
}

export interface BatchLimits {
  /** Runs of one request; Parallel's limit is 1,000. */
  readonly size: number
  /** Characters of one request's inputs, which leave the memory that is shared room. */
  readonly chars: number
}

/** Cuts rows, in order of their indexes and each so many characters long, into batches of consecutive rows. */
export const cutBatches = (
  rows: Iterable<readonly [index: number, chars: number]>,
  limits: BatchLimits,
): ReadonlyArray<Range> => {
  const batches: Array<Range> = []
  let chars = 0
  for (const [index, length] of rows) {
    const last = batches.at(-1)
    chars += length
    if (last !== undefined && last.to === index && index - last.from < limits.size && chars <= limits.chars) {
      batches[batches.length - 1] = { from: last.from, to: index + 1 }
    } else {
      batches.push({ from: index, to: index + 1 })
      chars = length
    }
  }
  return batches
}
