import { isActive, isTerminal } from "./RunStatus.ts"

export type Counts = Readonly<Record<string, number>>

/**
 * What upstream's counts say that ours do not. `ended`: there are more runs, or more that are not active, which may have
 * results; `active`: at most that those which still work are spread otherwise over queued, running and cancelling.
 * Counts with fewer runs ended than we know of are older than what we know, and say nothing about results.
 */
export const compareCounts = (upstream: Counts, ours: Counts): "same" | "active" | "ended" => {
  if (total(upstream) > total(ours)) return "ended"
  let result: "same" | "active" = "same"
  for (const status of new Set([...Object.keys(upstream), ...Object.keys(ours)])) {
    const [theirs, known] = [upstream[status] ?? 0, ours[status] ?? 0]
    if (theirs > known && !isActive(status)) return "ended"
    if (theirs !== known) result = "active"
  }
  return result
}

export const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** How many runs have ended for good. */
export const totalEnded = (counts: Counts): number =>
  Object.entries(counts).reduce((sum, [status, count]) => sum + (isTerminal(status) ? count : 0), 0)
