import * as Effect from "effect/Effect"
import { compareCounts } from "../../domain/Counts.ts"
import { quiet, stepsOf } from "../../domain/Schedules.ts"
import type { SettingsShape } from "../../domain/Settings.ts"
import type { RunStore } from "../../services/RunStore.ts"
import type { Signals } from "./FollowContext.ts"
import type { AudienceWatch } from "./audience.ts"
import type { Restraint } from "./restraint.ts"

export type Reason =
  /** Somebody has begun to look, and may be shown runs as queued that are running. */
  "look" | "loss" | "quiet" | "counts"

export interface SuspicionOptions {
  readonly signals: Signals
  readonly store: RunStore["Service"]
  readonly audience: AudienceWatch
  readonly restraint: Restraint
  readonly settings: SettingsShape
}

/** What suggests that our table is not as upstream has it. */
export const makeSuspicion = ({ signals, store, audience, restraint, settings }: SuspicionOptions) => {
  const least = settings.POLL_MIN_SECONDS * 1000
  const quietSteps = stepsOf(quiet(settings))
  let quietFor = least
  let begun = false
  let checkedAt = 0

  const difference = () =>
    signals.seenCounts === null ? "same" : compareCounts(signals.seenCounts, store.upstreamCounts())

  const quietAt = () => Math.max(signals.lastEventAt, checkedAt) + quietFor

  return {
    notice: (now: number): Reason | null => {
      if (audience.begins(now)) {
        restraint.showActiveAnew()
        begun = true
      }
      const differs = difference()
      // Counts that agree show that there is nothing to show.
      if (signals.seenCounts !== null && differs === "same") begun = false
      if (begun) return "look"
      if (signals.loss) return "loss"
      if (now >= quietAt()) return "quiet"
      const worthIt = audience.isWatched(now) && now >= restraint.activeAfter()
      return differs === "ended" || (differs === "active" && worthIt) ? "counts" : null
    },
    /** When there may be a reason that depends on nothing but time. */
    nextAt: (now: number): number =>
      difference() === "active" && audience.isWatched(now)
        ? Math.min(quietAt(), restraint.activeAfter())
        : quietAt(),
    /** What there was so far is looked into, or does not matter: what comes in from now on is newer. */
    dismiss: () => {
      begun = false
      signals.loss = false
      signals.seenCounts = null
    },
    checked: Effect.fnUntraced(function* (now: number, news: boolean) {
      checkedAt = now
      if (news) quietSteps.reset()
      quietFor = news ? least : yield* quietSteps.next(now - store.lastProgressAt())
    }),
  }
}
