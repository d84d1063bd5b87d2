import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { total } from "../../domain/Counts.ts"
import { check, stepsOf, suspicions } from "../../domain/Schedules.ts"
import { Audience } from "../../services/Audience.ts"
import { RunStore } from "../../services/RunStore.ts"
import { Settings } from "../../services/Settings.ts"
import { checkGroup, isWorthAsking } from "./checkGroup.ts"
import type { FollowContext } from "./FollowContext.ts"
import { makeAudienceWatch } from "./audience.ts"
import { makeRestraint } from "./restraint.ts"
import { makeSuspicion } from "./suspicion.ts"

/** Run events usually come along with the status that counts them: give them time before asking. */
const GRACE_MS = 1_000

/**
 * Brings our table in line with upstream whenever something suggests that it is not: a status event with other
 * counts, a lost stream, quiet, somebody who begins to look. Asks for the group's counts first, and for its runs only
 * when they differ from ours.
 */
export const keepReconciled = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* RunStore
  const settings = yield* Settings
  const { signals } = context
  const audience = makeAudienceWatch(yield* Audience)
  const restraint = makeRestraint(settings, yield* Clock.currentTimeMillis)
  const suspicion = makeSuspicion({ signals, store, audience, restraint, settings })
  const unsubmittedFor = settings.POLL_MIN_SECONDS * 1000
  const again = stepsOf(check)
  let waitFor = unsubmittedFor
  /** Since when there has been a reason to check. */
  let since: number | null = null
  /** What the stream suggests in vain is checked ever more rarely: it may repeat old counts, or end, for ever. */
  const spacing = stepsOf(suspicions)
  let checkAfter = 0

  for (;;) {
    yield* signals.news.await.pipe(Effect.timeoutOption(Duration.millis(waitFor)))
    signals.news.closeUnsafe()
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
    const outcome = yield* Effect.result(checkGroup(context, restraint, audience))
    if (outcome._tag === "Failure") {
      yield* Effect.sleep(Duration.millis(yield* again.next(outcome.failure)))
      signals.loss = true
      signals.news.openUnsafe()
      continue
    }
    again.reset()
    const checked = yield* Clock.currentTimeMillis
    const news = outcome.success > 0
    yield* suspicion.checked(checked, news)
    if (news) spacing.reset()
    const inVain = !news && (reason === "counts" || reason === "loss")
    checkAfter = checked + (inVain ? yield* spacing.next(undefined) : GRACE_MS)
    waitFor = Math.max(0, suspicion.nextAt(checked) - checked)
  }
})
