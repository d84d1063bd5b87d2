import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { bulkPass, stepsOf } from "../../domain/Schedules.ts"
import { isPlanDone } from "../../domain/TaskGroup.ts"
import { RunStore } from "../../services/RunStore.ts"
import { Settings } from "../../services/Settings.ts"
import { SubmissionStore } from "../../services/SubmissionStore.ts"
import { listIntoStore } from "../listing.ts"
import type { FollowContext } from "./FollowContext.ts"

/** When more outputs than this and more than a fifth of all are missing, one listing beats asking for each. */
const AT_LEAST = 50
const FRACTION = 0.2
/** After the last end it is made once, so that what it reads in vain is bounded: it may be more. */
const LAST_FRACTION = 0.05
/** … unless they can be had one by one within this time. */
const SOON_MS = 2_000
/** Listings get at most 2 % of the time. */
const REST_FACTOR = 49
const REST_MIN_MS = 2_000

/**
 * The one listing that brings the outputs of all completed runs. Once nothing is active any more, one such pass need
 * not rest after the one before it: what it does not bring will not come by waiting for others.
 */
export const makeBulkPass = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* RunStore
  const submission = yield* SubmissionStore
  const settings = yield* Settings
  let underway = false
  let restUntil = 0
  let retryAt = 0
  const again = stepsOf(bulkPass)
  let madeLast = false

  const allOver = (): boolean => {
    const over = !store.hasUnfinished() && isPlanDone(submission.plan())
    if (!over) madeLast = false
    return over
  }

  /** When a pass should begin, given how long the missing outputs would take one by one; never: infinity. */
  const dueAt = (now: number, oneByOneMs: (missing: number) => number): number => {
    const missing = store.pendingOutputCount()
    if (underway || missing <= AT_LEAST) return Number.POSITIVE_INFINITY
    const share = missing / (store.upstreamCounts()["completed"] ?? missing)
    if (share <= LAST_FRACTION || oneByOneMs(missing) <= SOON_MS) return Number.POSITIVE_INFINITY
    const allowed = Math.max(retryAt, context.pace.pausedUntil())
    if (share > FRACTION && now >= restUntil) return allowed
    if (allOver() && !madeLast) return allowed
    return share > FRACTION ? Math.max(allowed, restUntil) : Number.POSITIVE_INFINITY
  }

  const pass = Effect.gen(function* () {
    const last = allOver()
    const started = yield* Clock.currentTimeMillis
    const listed = yield* Effect.result(
      listIntoStore(context.key(), context.groupId, { status: "completed", includeOutput: true }),
    )
    const now = yield* Clock.currentTimeMillis
    const rest = Math.max((now - started) * REST_FACTOR, REST_MIN_MS)
    restUntil = now + Math.min(rest, (settings.RECONCILE_SECONDS * 1000) / 2)
    if (listed._tag === "Success") {
      again.reset()
      madeLast = last
      return
    }
    retryAt = now + (yield* again.next(listed.failure))
  }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        underway = false
      }),
    ),
  )

  return {
    dueAt,
    /** The pass, which is under way from now on. */
    begin: () => {
      underway = true
      return pass
    },
  }
})
