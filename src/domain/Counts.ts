import { isActive } from "./RunStatus.ts"

export type Counts = Readonly<Record<string, number>>

/**
 * How upstream's counts differ from ours. `ended`: in a way that may concern results, or in their sum; `active`: only
 * in how runs that still work are spread over queued, running and cancelling.
 */
export const compareCounts = (upstream: Counts, ours: Counts): "same" | "active" | "ended" => {
  const statuses = new Set([...Object.keys(upstream), ...Object.keys(ours)])
  let result: "same" | "active" = "same"
  for (const status of statuses) {
    if ((upstream[status] ?? 0) === (ours[status] ?? 0)) continue
    if (!isActive(status)) return "ended"
    result = "active"
  }
  return total(upstream) === total(ours) ? result : "ended"
}

export const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)
