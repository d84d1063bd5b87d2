import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { compareCounts, type Counts, total, totalEnded } from "../../domain/Counts.ts"
import type { RunId } from "../../domain/Ids.ts"
import { ParallelApi } from "../../services/ParallelApi.ts"
import { RunStore } from "../../services/RunStore.ts"
import type { FollowContext } from "./FollowContext.ts"
import { listGroup } from "./listGroup.ts"
import type { AudienceWatch } from "./audience.ts"
import type { Restraint } from "./restraint.ts"

/** So many runs may be asked for one by one instead of by a listing that has to rest. */
const FEW = 20
const AT_ONCE = 3

/**
 * Whether asking for each unfinished run would find mostly such that have ended, by upstream's counts; without counts,
 * whether it could. At least half of them drop out each time, so that all such rounds of a group come to 2 × FEW.
 */
export const isWorthAsking = (upstream: Counts | null, ours: Counts): boolean => {
  const unfinished = total(ours) - totalEnded(ours)
  if (unfinished === 0 || unfinished > FEW) return false
  return upstream === null || (totalEnded(upstream) - totalEnded(ours)) * 2 >= unfinished
}

/**
 * Asks for the group's counts, and for its runs when those differ from ours in what matters to anybody. Returns how
 * many rows changed.
 */
export const checkGroup = Effect.fnUntraced(function* (
  context: FollowContext,
  restraint: Restraint,
  audience: AudienceWatch,
) {
  const api = yield* ParallelApi
  const store = yield* RunStore
  const { signals } = context
  const group = yield* api.getTaskGroup(context.key(), context.groupId)
  const upstream = group.status.task_run_status_counts
  const now = yield* Clock.currentTimeMillis
  const ours = store.upstreamCounts()
  const difference = compareCounts(upstream, ours)
  const pair = JSON.stringify([upstream, ours])
  const forced = restraint.isForced(now)
  if (!forced && (difference === "same" || restraint.wasFruitless(pair, now))) return 0
  const resting = restraint.isResting(now)
  if (resting && isWorthAsking(upstream, ours)) return yield* askForFew(context, restraint)
  const shown = difference !== "active" || (audience.isWatched(now) && now >= restraint.activeAfter())
  if (!forced && (resting || !shown)) {
    // To be looked into when it may be.
    signals.seenCounts ??= upstream
    return 0
  }
  const listed = yield* listGroup(context)
  const after = yield* Clock.currentTimeMillis
  const left = listed.changes === 0 ? JSON.stringify([upstream, store.upstreamCounts()]) : null
  yield* restraint.listed(listed.took, left, after)
  if (difference === "active") yield* restraint.showedActive(after)
  return listed.changes
})

/** Asks for the few runs that are not terminal, one by one. */
const askForFew = Effect.fnUntraced(function* (context: FollowContext, restraint: Restraint) {
  const store = yield* RunStore
  const changed = yield* Effect.forEach(
    store.unfinishedRuns(FEW),
    ({ runId }) => hasChanged(context, runId),
    { concurrency: AT_ONCE },
  )
  const changes = changed.filter(Boolean).length
  const now = yield* Clock.currentTimeMillis
  if (changes > 0) context.signals.lastNewsAt = now
  yield* restraint.asked(changes > 0, now)
  return changes
})

const hasChanged = Effect.fnUntraced(function* (context: FollowContext, runId: RunId) {
  const api = yield* ParallelApi
  const store = yield* RunStore
  const turn = yield* context.pace.turn
  const run = yield* api.getRun(context.key(), runId).pipe(
    Effect.tapErrorTag("RateLimited", ({ retryAfterMs }) =>
      Effect.map(Clock.currentTimeMillis, (now) => context.pace.refused(turn, now + (retryAfterMs ?? 1_000))),
    ),
    // One run that is not there says nothing about the others, nor about the group.
    Effect.catchTag("NotFound", () => Effect.succeed(null)),
  )
  if (run === null) return false
  const [applied] = store.apply([{ run: { ...run, runId }, output: null }], yield* Clock.currentTimeMillis)
  return applied === "changed"
})
