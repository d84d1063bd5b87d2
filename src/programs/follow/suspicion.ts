import { compareCounts } from "../../domain/Counts.ts"
import type { SettingsShape } from "../../domain/Settings.ts"
import type { TaskGroupStore } from "../../services/TaskGroupStore.ts"
import type { Attention } from "./attention.ts"
import type { Signals } from "./FollowContext.ts"
import type { Restraint } from "./restraint.ts"

export type Reason =
  /** Somebody has begun to look, and may be shown runs as queued that are running. */
  "look" | "loss" | "quiet" | "counts"

export interface SuspicionOptions {
  readonly signals: Signals
  readonly store: TaskGroupStore["Service"]
  readonly attention: Attention
  readonly restraint: Restraint
  readonly settings: SettingsShape
}

/** A group in which nothing has changed for hours may be quiet for this share of that time. */
const IDLE_SHARE = 30

/** What suggests that our table is not as upstream has it. */
export const makeSuspicion = ({ signals, store, attention, restraint, settings }: SuspicionOptions) => {
  let quietFor = settings.POLL_MIN_SECONDS * 1000
  let begun = false
  let checkedAt = 0

  const difference = () =>
    signals.seenCounts === null ? "same" : compareCounts(signals.seenCounts, store.upstreamCounts())

  const quietAt = () => Math.max(signals.lastEventAt, checkedAt) + quietFor

  return {
    notice: (now: number): Reason | null => {
      if (attention.begins(now)) {
        restraint.showActiveAnew()
        begun = true
      }
      const differs = difference()
      // Counts that agree show that there is nothing to show.
      if (signals.seenCounts !== null && differs === "same") begun = false
      if (begun) return "look"
      if (signals.loss) return "loss"
      if (now >= quietAt()) return "quiet"
      const worthIt = attention.isPaid(now) && now >= restraint.activeAfter()
      return differs === "ended" || (differs === "active" && worthIt) ? "counts" : null
    },
    /** When there may be a reason that depends on nothing but time. */
    nextAt: (now: number): number =>
      difference() === "active" && attention.isPaid(now)
        ? Math.min(quietAt(), restraint.activeAfter())
        : quietAt(),
    /** What there was so far is looked into, or does not matter: what comes in from now on is newer. */
    dismiss: () => {
      begun = false
      signals.loss = false
      signals.seenCounts = null
    },
    checked: (now: number, news: boolean) => {
      checkedAt = now
      const idle = now - store.lastProgressAt()
      const longest = Math.max(settings.POLL_MAX_SECONDS * 1000, idle / IDLE_SHARE)
      quietFor = news ? settings.POLL_MIN_SECONDS * 1000 : Math.min(quietFor * 1.5, longest)
    },
  }
}
