import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Latch from "effect/Latch"
import { compareCounts, total } from "../../domain/Counts.ts"
import type { ParallelError } from "../../domain/Errors.ts"
import { ParallelApi } from "../../services/ParallelApi.ts"
import { Settings } from "../../services/Settings.ts"
import { TaskGroupStore } from "../../services/TaskGroupStore.ts"
import { type Listed, listIntoStore } from "../listing.ts"
import { type FollowContext, noteAnswer } from "./FollowContext.ts"

/** Run events usually come along with the status that counts them: give them time before asking. */
const GRACE_MS = 1_000
/** Listings get at most 2 % of the time: after one that took t, the next waits 49 t. One that was stuck counts less. */
const REST_FACTOR = 49
/** Listings for queued and running alone: at first this far apart, then ever farther. */
const ACTIVE_SPACING_MS = 3_000
const ACTIVE_SPACING_MAX_MS = 60_000
const FRUITLESS_MIN_MS = 2_500
const FRUITLESS_MAX_MS = 30_000

/** Lists the group, with inputs where upstream does not echo the metadata that tells which input a run is of. */
export const listGroup = Effect.fnUntraced(function* (context: FollowContext) {
  const listed = yield* listIntoStore(context.key, context.groupId, {})
  const named = listed.unnamed
    ? yield* listIntoStore(context.key, context.groupId, { includeInput: true })
    : listed
  const result: Listed = { ...named, changes: listed.changes + (listed.unnamed ? named.changes : 0) }
  if (result.changes > 0) context.signals.lastNewsAt = yield* Clock.currentTimeMillis
  return result
})

/**
 * Brings our table in line with upstream whenever something suggests that it is not: a status event with other
 * counts, a lost stream, quiet. Asks for the group's counts first, and lists its runs only when they differ from ours.
 */
export const keepReconciled = Effect.fnUntraced(function* (context: FollowContext, latch: Latch.Latch) {
  const api = yield* ParallelApi
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  const { signals } = context
  let quietFor = settings.POLL_MIN_SECONDS * 1000
  let restUntil = 0
  let forcedAt = (yield* Clock.currentTimeMillis) + settings.RECONCILE_SECONDS * 1000
  let activeSpacing = ACTIVE_SPACING_MS
  let activeAfter = 0
  /** Counts that a listing did not explain: asking again for the same ones would not either. */
  let fruitless = ""
  /** … for a while: a listing may lag behind the counts. */
  let fruitlessUntil = 0
  let fruitlessFor = FRUITLESS_MIN_MS
  let failures = 0
  let waitFor = quietFor
  /** Checks that found nothing come ever farther apart: a stream may repeat old counts for ever. */
  let spacing = GRACE_MS
  let checkAfter = 0

  const check = Effect.gen(function* () {
    const group = yield* api.getTaskGroup(context.key, context.groupId)
    const upstream = group.status.task_run_status_counts
    signals.seenCounts = null
    const now = yield* Clock.currentTimeMillis
    const ours = store.upstreamCounts()
    const difference = compareCounts(upstream, ours)
    const forced = now >= forcedAt
    const pair = JSON.stringify([upstream, ours])
    if (!forced) {
      if (difference === "same" || (pair === fruitless && now < fruitlessUntil)) return 0
      if (difference === "active" && now < activeAfter) return 0
    }
    const listed = yield* listGroup(context)
    const after = yield* Clock.currentTimeMillis
    restUntil = after + Math.min(listed.took * REST_FACTOR, (settings.RECONCILE_SECONDS * 1000) / 2)
    forcedAt = after + settings.RECONCILE_SECONDS * 1000
    if (difference === "active") {
      activeAfter = after + activeSpacing
      activeSpacing = Math.min(activeSpacing * 2, ACTIVE_SPACING_MAX_MS)
    }
    // Every new difference is looked at anew, soon; only the same one comes up ever more rarely.
    const left = listed.changes === 0 ? JSON.stringify([upstream, store.upstreamCounts()]) : ""
    const longest = (settings.RECONCILE_SECONDS * 1000) / 2
    fruitlessFor = left === fruitless ? Math.min(fruitlessFor * 2, longest) : FRUITLESS_MIN_MS
    fruitless = left
    fruitlessUntil = after + fruitlessFor
    return listed.changes
  })

  for (;;) {
    yield* latch.await.pipe(Effect.timeoutOption(Duration.millis(waitFor)))
    latch.closeUnsafe()
    waitFor = quietFor
    if (total(store.upstreamCounts()) === 0) {
      signals.loss = false
      continue
    }
    const woken = yield* Clock.currentTimeMillis
    yield* Effect.sleep(Duration.millis(Math.max(GRACE_MS, restUntil - woken, checkAfter - woken)))
    const now = yield* Clock.currentTimeMillis
    const quiet = now - signals.lastEventAt >= quietFor
    if (!signals.loss && !quiet && signals.seenCounts !== null) {
      const difference = compareCounts(signals.seenCounts, store.upstreamCounts())
      if (difference === "same") continue
      if (difference === "active" && now < activeAfter) {
        waitFor = activeAfter - now
        continue
      }
    }
    signals.loss = false
    const outcome = yield* Effect.result(check)
    if (outcome._tag === "Failure") {
      failures++
      yield* noteAnswer(context, outcome.failure)
      yield* Effect.sleep(Duration.millis(backoff(outcome.failure, failures)))
      signals.loss = true
      latch.openUnsafe()
      continue
    }
    failures = 0
    yield* noteAnswer(context, null)
    const news = outcome.success > 0
    spacing = news ? GRACE_MS : Math.min(spacing * 2, FRUITLESS_MAX_MS)
    checkAfter = (yield* Clock.currentTimeMillis) + spacing
    // A group that has been quiet for hours is asked about less often.
    const idle = (yield* Clock.currentTimeMillis) - store.lastChangeAt()
    const longest = Math.max(settings.POLL_MAX_SECONDS * 1000, idle / 30)
    quietFor = news ? settings.POLL_MIN_SECONDS * 1000 : Math.min(quietFor * 1.5, longest)

    waitFor = quietFor
  }
})

const backoff = (error: ParallelError, failures: number): number =>
  error._tag === "RateLimited" && error.retryAfterMs !== null
    ? error.retryAfterMs
    : Math.min(1_000 * 2 ** failures, 60_000)
