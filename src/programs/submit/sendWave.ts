import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { isRefusal, type ParallelError, type RateLimited, type Refusal } from "../../domain/Errors.ts"
import { countRows, markDone, markLost, markSending } from "../../domain/Plan.ts"
import { runMetadata } from "../../domain/RunJson.ts"
import { runOptionsText } from "../../domain/RunOptions.ts"
import * as Schedules from "../../domain/Schedules.ts"
import {
  type Batch,
  type EdgeRefusal,
  isPlanDone,
  type JsonText,
  type SubmissionPlan,
  type Waiting,
} from "../../domain/TaskGroup.ts"
import { GroupStore } from "../../services/GroupStore.ts"
import { ParallelApi } from "../../services/ParallelApi.ts"
import type { RunStore } from "../../services/RunStore.ts"
import { Settings } from "../../services/Settings.ts"
import { SecretStore } from "../../services/SecretStore.ts"
import { SubmissionStore, type Unsubmitted } from "../../services/SubmissionStore.ts"
import type { Upstream } from "../settleLost.ts"

export interface SubmitOptions extends Upstream {
  /**
   * Asked when the first batch of a wave is refused for good and upstream has no run of this group: true when somebody
   * takes the refusal, which ends everything.
   */
  readonly takeRefusal: (refusal: Refusal) => boolean
  /** For how long upstream has been answering, milliseconds: what waits for it waits in that time. */
  readonly answeredMs: () => number
}

export interface Sending extends SubmitOptions {
  /** When upstream last took a batch, epoch milliseconds. */
  acceptedAt: number
}

export type SubmissionServices =
  | ParallelApi
  | SubmissionStore
  | RunStore
  | GroupStore
  | SecretStore
  | Settings

/** A batch that upstream refused. It stays marked as being sent until it is certain that none of it was taken. */
export interface RefusedBatch {
  readonly batch: Batch
  readonly error: Refusal | RateLimited
}

/** What became of a batch. `lost`: its fate is unknown, and noted as such. `unsent`: the plan has it as before. */
export type Outcome = "done" | "lost" | "unsent" | RefusedBatch

/** Batches under way at once: the platform lets six requests of an invocation wait, and following needs one of them. */
const CONCURRENCY = 5

/** An edge that has let a batch pass so shortly before it refuses another one looks at what is in them. */
const SHORTLY_MS = 600_000

/**
 * Sends batches until one is refused; what is under way by then is waited for. Lack of credit and rate limits are not
 * asked about again and again, and of a refused task or key little more is sent than was at once. While a batch is in
 * doubt nothing else is sent (SPEC 3).
 */
export const sendWave = Effect.fnUntraced(function* (options: Sending, wave: ReadonlyArray<Batch>) {
  let open = true
  return yield* Effect.forEach(
    wave,
    Effect.fnUntraced(function* (batch): Effect.fn.Return<Outcome, never, SubmissionServices> {
      if (!open) return "unsent"
      const outcome = yield* sendBatch(options, batch)
      if (typeof outcome === "object" || outcome === "lost") open = false
      return outcome
    }),
    { concurrency: CONCURRENCY },
  )
})

const sendBatch = Effect.fnUntraced(function* (
  options: Sending,
  { id }: Batch,
): Effect.fn.Return<Outcome, never, SubmissionServices> {
  const api = yield* ParallelApi
  const submission = yield* SubmissionStore
  const group = yield* GroupStore
  // Somebody may have stopped the group since the wave was drawn up.
  const batch = submission.plan().todo.find((one) => one.id === id)
  if (batch === undefined) return "unsent"
  const rows = submission.unsubmitted(batch)
  if (rows.length === 0) {
    submission.savePlan(markDone(submission.plan(), batch))
    return "done"
  }
  const details = group.details()
  if (details === null) return "unsent"
  const since = yield* Clock.currentTimeMillis
  // Between reading the plan and writing it no other batch may have its turn.
  submission.savePlan(markSending(submission.plan(), batch, since))
  const more = runOptionsText(details.runOptions, (yield* SecretStore).runSecrets())
  const texts = submission.inputs(rows.map(({ inputIndex }) => inputIndex))
  const inputs = rows.map((row, at) => runInput(row, texts[at]!, row.processor ?? details.processor, more))
  return yield* api
    .addRuns(options.key(), options.groupId, { defaultTaskSpec: details.taskSpec, inputs })
    .pipe(
      Effect.flatMap((runIds) =>
        Effect.map(Clock.currentTimeMillis, (now): Outcome => {
          const runs = runIds.map((runId, at) => ({ ...rows[at]!, runId }))
          options.acceptedAt = now
          submission.acceptRuns(runs, passed(markDone(submission.plan(), batch)), now)
          return "done"
        }),
      ),
      Effect.catch((error) =>
        isRefusal(error) || error._tag === "RateLimited"
          ? Effect.succeed<Outcome>({ batch, error })
          : lose(options, batch, error),
      ),
    )
})

/**
 * Something got through: there is credit, and an edge that refuses is selective. What it refused while it let nothing
 * pass says nothing about those rows.
 */
const passed = (plan: SubmissionPlan): SubmissionPlan => {
  const { edge } = plan
  if (edge === null || isPlanDone(plan)) return { ...plan, credit: null, edge: null }
  const next: SubmissionPlan = { ...plan, credit: null, edge: { ...edge, selective: true, next: 0 } }
  if (edge.selective) return next
  return { ...next, todo: plan.todo.map(unrefused), lost: plan.lost.map(unrefused) }
}

/** Of several rows it is known only that they are to be tried in halves. */
const unrefused = <A extends Batch>(batch: A) => {
  if (countRows(batch) > 1) return batch
  const { edge: _, ...rest } = batch
  return rest
}

/** The batch's fate is unknown. What an edge answered says nothing of it either, but how to go on. */
const lose = Effect.fnUntraced(function* (
  options: Sending,
  batch: Batch,
  error: ParallelError,
): Effect.fn.Return<Outcome, never, SubmissionStore | Settings> {
  const submission = yield* SubmissionStore
  const now = yield* Clock.currentTimeMillis
  const refusal = edgeRefusalOf(error)
  if (refusal === null) {
    submission.savePlan(markLost(submission.plan(), batch, now))
    return "lost"
  }
  // Whoever refuses here answers in upstream's place: the hours of the clock count.
  const round = yield* nextRound(submission.plan().edge, Schedules.edge(yield* Settings), now)
  const plan = markLost(submission.plan(), batch, now, refusal)
  const selective = plan.edge?.selective === true || now - options.acceptedAt <= SHORTLY_MS
  submission.savePlan({ ...plan, edge: { ...round, selective } })
  return "lost"
})

/** A refusal that is not Parallel's own, and that is about the request: not a time limit, not a rate limit. */
const edgeRefusalOf = (error: ParallelError): EdgeRefusal | null => {
  if (error._tag !== "Unavailable" || error.status === null) return null
  const { status, message } = error
  return status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status) ? { status, message } : null
}

/** What is waited for is asked again after a wait that grows with every round. */
export const nextRound = Effect.fnUntraced(function* (
  before: Waiting | null,
  schedule: ReturnType<typeof Schedules.credit>,
  since: number,
) {
  const rounds = (before?.rounds ?? 0) + 1
  const now = yield* Clock.currentTimeMillis
  const next = now + (yield* Schedules.waitAfter(schedule, rounds))
  return { since: before?.since ?? since, next, rounds } satisfies Waiting
})

const runInput = (row: Unsubmitted, input: JsonText, processor: string, more: string): JsonText =>
  `{"input":${input},"processor":${JSON.stringify(processor)},"metadata":${runMetadata(row)}${more}}`
