import type { SettingsShape } from "./Settings.ts"
import type { Batch, EdgeRefusal, GroupDetails, Range, SubmissionPlan } from "./TaskGroup.ts"

/** Pure steps of a submission plan. Each returns a new plan, to be stored before the next request. */

const not =
  ({ id }: Pick<Batch, "id">) =>
  (other: Batch) =>
    other.id !== id

export const markSending = (plan: SubmissionPlan, batch: Batch, since: number): SubmissionPlan => ({
  ...plan,
  todo: plan.todo.filter(not(batch)),
  sending: [...plan.sending, { ...batch, since }],
})

/** The batch is dealt with: accepted, or refused for good. */
export const markDone = (plan: SubmissionPlan, batch: Pick<Batch, "id">): SubmissionPlan => ({
  ...plan,
  todo: plan.todo.filter(not(batch)),
  sending: plan.sending.filter(not(batch)),
})

/** The batch is not upstream for certain, and goes out again as it was, or as these. */
export const markTodo = (
  plan: SubmissionPlan,
  batch: Batch,
  as: ReadonlyArray<Omit<Batch, "id">> = [batch],
): SubmissionPlan => withTodo({ ...plan, sending: plan.sending.filter(not(batch)) }, as)

/** Nobody knows whether the batch is upstream. `edge`: who answered in Parallel's place. */
export const markLost = (
  plan: SubmissionPlan,
  { id }: Pick<Batch, "id">,
  since: number,
  edge: EdgeRefusal | null = null,
): SubmissionPlan => {
  // What became of it meanwhile the plan knows, not who sent it.
  const lost = [...plan.sending, ...plan.todo].filter((batch) => batch.id === id)
  return {
    ...markDone(plan, { id }),
    lost: [...plan.lost, ...lost.map((batch) => ({ ...batch, since, ...(edge !== null && { edge }) }))],
  }
}

/** The rows of lost batches that are missing for certain go out again as these. */
export const markSettled = (
  plan: SubmissionPlan,
  missing: ReadonlyArray<Omit<Batch, "id">>,
): SubmissionPlan => withTodo({ ...plan, lost: [] }, missing)

/** With these batches to be sent as well, in order of their first rows. */
export const withTodo = (plan: SubmissionPlan, more: ReadonlyArray<Omit<Batch, "id">>): SubmissionPlan => ({
  ...plan,
  next: plan.next + more.length,
  todo: [...plan.todo, ...more.map((batch, at) => ({ ...batch, id: plan.next + at }))].toSorted(
    (a, b) => a.rows[0]!.from - b.rows[0]!.from,
  ),
})

/** These rows are at new attempts: batches that had sent them before have nothing to do with them any more. */
export const withoutRows = (plan: SubmissionPlan, rows: ReadonlySet<number>): SubmissionPlan => {
  const reduced = <A extends Batch>(batches: ReadonlyArray<A>) =>
    batches.flatMap((batch) => {
      if (!rowsOf(batch).some((row) => rows.has(row))) return [batch]
      const left = rangesOf(rowsOf(batch).filter((row) => !rows.has(row)))
      return left.length === 0 ? [] : [{ ...batch, rows: left }]
    })
  return { ...plan, todo: reduced(plan.todo), sending: reduced(plan.sending), lost: reduced(plan.lost) }
}

/** A stop: what is to be sent is not, and what is under way ends as it is found. */
export const markStopped = (plan: SubmissionPlan): SubmissionPlan => {
  const stopped = <A extends Batch>(batch: A) => ({ ...batch, stopped: true }) as const
  return { ...plan, todo: [], credit: null, sending: plan.sending.map(stopped), lost: plan.lost.map(stopped) }
}

/** It goes on after all. */
export const markResumed = (plan: SubmissionPlan): SubmissionPlan => {
  const resumed = <A extends Batch>(batch: A) => {
    const { stopped: _, ...rest } = batch
    return rest
  }
  return { ...plan, stopped: false, sending: plan.sending.map(resumed), lost: plan.lost.map(resumed) }
}

/** Indexes of the rows of a batch. */
export const rowsOf = ({ rows }: Pick<Batch, "rows">): ReadonlyArray<number> =>
  rows.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at))

export const countRows = ({ rows }: Pick<Batch, "rows">): number =>
  rows.reduce((sum, { from, to }) => sum + to - from, 0)

/** Indexes in order, as ranges. */
export const rangesOf = (rows: Iterable<number>): ReadonlyArray<Range> => {
  const ranges: Array<{ readonly from: number; to: number }> = []
  for (const row of rows) {
    const last = ranges.at(-1)
    if (last?.to === row) last.to++
    else ranges.push({ from: row, to: row + 1 })
  }
  return ranges
}

export const halves = (batch: Pick<Batch, "rows">): ReadonlyArray<Pick<Batch, "rows">> => {
  const rows = rowsOf(batch)
  const middle = Math.floor(rows.length / 2)
  return [{ rows: rangesOf(rows.slice(0, middle)) }, { rows: rangesOf(rows.slice(middle)) }]
}

export interface BatchLimits {
  /** Runs of one request; Parallel's limit is 1,000. */
  readonly size: number
  /** Characters of one request's inputs, which leave the memory that is shared room. */
  readonly chars: number
  /** Characters that come with every row. */
  readonly each?: number
}

/** What holds for a group's requests: all of their runs carry what is passed on. */
export const batchLimits = (
  { BATCH_SIZE, BATCH_CHARS }: Pick<SettingsShape, "BATCH_SIZE" | "BATCH_CHARS">,
  group: Pick<GroupDetails, "runOptions"> | null,
): BatchLimits => ({ size: BATCH_SIZE, chars: BATCH_CHARS, each: group?.runOptions.length ?? 0 })

/** Cuts rows, in order of their indexes and each so many characters long, into batches. */
export const cutBatches = (
  rows: Iterable<readonly [index: number, chars: number]>,
  limits: BatchLimits,
): ReadonlyArray<Pick<Batch, "rows">> => {
  const batches: Array<Array<number>> = []
  let chars = 0
  for (const [index, length] of rows) {
    const last = batches.at(-1)
    const size = length + (limits.each ?? 0)
    chars += size
    if (last !== undefined && last.length < limits.size && chars <= limits.chars) last.push(index)
    else {
      batches.push([index])
      chars = size
    }
  }
  return batches.map((batch) => ({ rows: rangesOf(batch) }))
}
