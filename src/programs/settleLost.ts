import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { canonicalJson } from "../domain/CanonicalJson.ts"
import type { GroupId, RunId } from "../domain/Ids.ts"
import { type BatchLimits, batchLimits, countRows, cutBatches, halves, markSettled } from "../domain/Plan.ts"
import { settling, settlingLooks } from "../domain/Schedules.ts"
import type { Batch, JsonText } from "../domain/TaskGroup.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { RunStore } from "../services/RunStore.ts"
import { Settings } from "../services/Settings.ts"
import { SubmissionStore, type Unsubmitted } from "../services/SubmissionStore.ts"
import { type Listed, listIntoStore } from "./listing.ts"
import { STOPPED } from "./submit/stopped.ts"

export interface Upstream {
  /** Of this moment: it changes when somebody goes on with another. */
  readonly key: () => ApiKey
  readonly groupId: GroupId
}

/** What upstream says exists. */
export interface Sighting {
  /** How many runs it counts, and how many it lists. */
  readonly count: number
  readonly listed: number
  /** Those that rows of ours have. */
  readonly own: ReadonlySet<RunId>
  /** Runs of others, and second ones for an input: they count neither for nor against ours. */
  readonly strangers: number
  /** Runs that may belong to some row of ours, but nobody can say to which. */
  readonly unassigned: number
}

/** Whether list and count show all runs there are, and whose each of them is. */
export const isComplete = ({ count, listed, unassigned }: Sighting): boolean =>
  count === listed && unassigned === 0

const agree = (a: Sighting, b: Sighting): boolean =>
  isComplete(a) && isComplete(b) && a.own.size === b.own.size && [...a.own].every((id) => b.own.has(id))

/** Asks upstream which runs of the group exist, and assigns those of ours to their rows. */
export const lookUpstream = Effect.fnUntraced(function* ({ key, groupId }: Upstream) {
  const api = yield* ParallelApi
  const group = yield* api.getTaskGroup(key(), groupId)
  const first = yield* listIntoStore(key(), groupId, {})
  // Where metadata is not echoed, a run is told by its input.
  const byInput = first.unnamed && !first.echoes
  const listed = byInput ? yield* listIntoStore(key(), groupId, { includeInput: true }) : first
  const assigned = byInput ? yield* assignByInput(listed) : { own: [], unassigned: 0 }
  const own = new Set([...listed.own, ...assigned.own])
  const sighting: Sighting = {
    count: group.status.num_task_runs,
    listed: listed.runIds.size,
    own,
    strangers: listed.runIds.size - own.size - assigned.unassigned,
    unassigned: assigned.unassigned,
  }
  return sighting
})

/**
 * Finds out which runs of the lost batches exist. Upstream is asked SETTLE_SECONDS after the loss and again after half
 * of that, until list and count agree with each other and with what they were before; the listing itself assigns the
 * runs to their rows. What is missing then goes back to the plan (docs/guarantees.md); a batch that an edge has refused,
 * in halves. Nothing may be under way meanwhile.
 */
export const settleLost = Effect.fn("settleLost")(function* (
  options: Upstream,
): Effect.fn.Return<
  void,
  Effect.Error<ReturnType<typeof lookUpstream>>,
  ParallelApi | SubmissionStore | RunStore | GroupStore | Settings
> {
  const submission = yield* SubmissionStore
  const settings = yield* Settings
  const settleMs = settings.SETTLE_SECONDS * 1000
  const look = lookUpstream(options).pipe(Effect.retry(settling))
  yield* sleepUntil(Math.max(...submission.plan().lost.map(({ since }) => since)) + settleMs)
  let before = yield* look
  const again = Effect.map(look, (after) => {
    const same = agree(before, after)
    before = after
    return same
  })
  yield* Effect.sleep(Duration.millis(settleMs / 2))
  yield* Effect.repeat(again, { schedule: settlingLooks(settings), until: (same) => same })
  const limits = batchLimits(settings, (yield* GroupStore).details())
  const now = yield* Clock.currentTimeMillis
  const plan = submission.plan()
  const stopped = plan.lost.filter((batch) => batch.stopped === true)
  const missing = plan.lost
    .filter((batch) => batch.stopped !== true)
    .flatMap((batch) => missingOf(submission, limits, batch))
  submission.leaveOut(stopped, STOPPED, markSettled(plan, missing), now)
})

/** The rows of a lost batch that upstream does not have, as they are sent again. */
const missingOf = (
  submission: SubmissionStore["Service"],
  limits: BatchLimits,
  batch: Batch,
): ReadonlyArray<Omit<Batch, "id">> => {
  const missing = submission.unsubmitted(batch).map(({ inputIndex }) => inputIndex)
  const lengths = submission.inputLengths(missing)
  const rows = missing.map((index, at) => [index, lengths[at] ?? 0] as const)
  const batches = cutBatches(rows, limits)
  const { edge } = batch
  if (edge === undefined) return batches
  // What an edge refused together with others, it has not refused alone.
  const alone = countRows(batch) > 1 ? {} : { edge }
  return batches.flatMap((one): ReadonlyArray<Omit<Batch, "id">> =>
    countRows(one) > 1 ? halves(one) : [{ ...one, ...alone }],
  )
}

/**
 * Where upstream echoes no metadata, a run is told by what it was made of: the first row of the lost batches with the
 * same input and without a run. One that was made of something else is somebody else's. Of one whose input does not come
 * either nobody can say; while there are any, nothing may be sent.
 */
const assignByInput = Effect.fnUntraced(function* ({ foreign }: Listed) {
  const submission = yield* SubmissionStore
  const store = yield* RunStore
  const free = new Map<string, Array<{ readonly row: Unsubmitted; readonly text: JsonText }>>()
  for (const batch of submission.plan().lost) {
    const rows = submission.unsubmitted(batch)
    for (const [at, text] of submission.inputs(rows.map(({ inputIndex }) => inputIndex)).entries()) {
      const key = canonical(JSON.parse(text))
      free.set(key, [...(free.get(key) ?? []), { row: rows[at]!, text }])
    }
  }
  /** The row that this is the input of; of several that say the same, the one that is written so. */
  const take = (input: JsonText): Unsubmitted | undefined => {
    const rows = free.get(canonical(JSON.parse(input))) ?? []
    const exact = rows.findIndex(({ text }) => text === input)
    return rows.splice(Math.max(exact, 0), 1)[0]?.row
  }
  const own: Array<RunId> = []
  let unknown = 0
  for (const { update, input } of foreign) {
    const row = input === undefined ? undefined : take(input)
    if (row !== undefined) {
      const { inputIndex, attempt } = row
      store.apply(
        [{ ...update, run: { ...update.run, inputIndex, attempt } }],
        yield* Clock.currentTimeMillis,
      )
      own.push(update.run.runId)
    } else if (update.run.inputIndex === null && input === undefined) unknown++
  }
  return { own, unassigned: unknown }
})

/** Whole: a row's input is small. */
const canonical = (value: unknown): string => [...canonicalJson(value, Number.POSITIVE_INFINITY)].join("")

export const sleepUntil = Effect.fnUntraced(function* (at: number) {
  const now = yield* Clock.currentTimeMillis
  if (at > now) yield* Effect.sleep(Duration.millis(at - now))
})
