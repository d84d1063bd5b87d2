import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Latch from "effect/Latch"
import { total } from "../../domain/Counts.ts"
import type { ParallelError } from "../../domain/Errors.ts"
import { Settings } from "../../services/Settings.ts"
import { TaskGroupStore } from "../../services/TaskGroupStore.ts"
import { makeAttention } from "./attention.ts"
import { checkGroup, isWorthAsking } from "./checkGroup.ts"
import { type FollowContext, noteAnswer } from "./FollowContext.ts"
import { makeRestraint } from "./restraint.ts"
import { makeSuspicion } from "./suspicion.ts"

/** Run events usually come along with the status that counts them: give them time before asking. */
const GRACE_MS = 1_000
const FRUITLESS_MAX_MS = 30_000

/**
 * Brings our table in line with upstream whenever something suggests that it is not: a status event with other
 * counts, a lost stream, quiet, somebody who begins to look. Asks for the group's counts first, and for its runs only
 * when they differ from ours.
 */
export const keepReconciled = Effect.fnUntraced(function* (context: FollowContext, latch: Latch.Latch) {
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  const { signals } = context
  const attention = makeAttention(store.audience)
  const restraint = makeRestraint(settings, yield* Clock.currentTimeMillis)
  const suspicion = makeSuspicion({ signals, store, attention, restraint, settings })
  const unsubmittedFor = settings.POLL_MIN_SECONDS * 1000
  let failures = 0
  let waitFor = unsubmittedFor
  /** Since when there has been a reason to check. */
  let since: number | null = null
  /** What the stream suggests in vain is checked ever more rarely: it may repeat old counts, or end, for ever. */
  let spacing = GRACE_MS
  let checkAfter = 0

  for (;;) {
    yield* latch.await.pipe(Effect.timeoutOption(Duration.millis(waitFor)))
    latch.closeUnsafe()
    const now = yield* Clock.currentTimeMillis
    const ours = store.upstreamCounts()
    const reason = suspicion.notice(now)
    if (total(ours) === 0) suspicion.dismiss()
    if (total(ours) === 0 || reason === null) {
      since = null
      waitFor = reason === null ? suspicion.nextAt(now) - now : unsubmittedFor
      continue
    }
    since ??= now
    const rest = isWorthAsking(signals.seenCounts, ours) ? restraint.askAfter() : restraint.listAfter()
    // Who has just begun to look is not kept waiting.
    const soonest = reason === "look" ? now : Math.max(since + GRACE_MS, checkAfter)
    if (now < Math.max(soonest, rest)) {
      waitFor = Math.max(soonest, rest) - now
      continue
    }
    since = null
    suspicion.dismiss()
    const outcome = yield* Effect.result(checkGroup(context, restraint, attention))
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
    const checked = yield* Clock.currentTimeMillis
    const news = outcome.success > 0
    suspicion.checked(checked, news)
    if (news) spacing = GRACE_MS
    else if (reason === "counts" || reason === "loss") spacing = Math.min(spacing * 2, FRUITLESS_MAX_MS)
    checkAfter = checked + spacing
    waitFor = Math.max(0, suspicion.nextAt(checked) - checked)
  }
})

const backoff = (error: ParallelError, failures: number): number =>
  error._tag === "RateLimited" && error.retryAfterMs !== null
    ? error.retryAfterMs
    : Math.min(1_000 * 2 ** failures, 60_000)
