import type { Problem } from "./Problem.ts"

/** The nine tiers of Parallel's documented processors, cheapest first. Each also comes as `<tier>-fast`. */
type ProcessorTier = "lite" | "base" | "core" | "core2x" | "pro" | "ultra" | "ultra2x" | "ultra4x" | "ultra8x"

export type ProcessorName = ProcessorTier | `${ProcessorTier}-fast`

/** Documented range for one run, in seconds. Typical, never a deadline. */
export type LatencyRange = readonly [low: number, high: number]

interface Tier {
  /** USD per 1,000 runs, as Parallel lists it. A `-fast` run costs the same as its base. */
  readonly usdPerThousand: number
  readonly standard: LatencyRange
  readonly fast: LatencyRange
}

/** When the list below was taken from Parallel's documentation: prices and latencies, all that is known here of either. */
export const PRICES_AS_OF = "2026-05-02"

const TIERS: { readonly [Name in ProcessorTier]: Tier } = {
  lite: { usdPerThousand: 5, standard: [10, 60], fast: [10, 20] },
  base: { usdPerThousand: 10, standard: [15, 100], fast: [15, 50] },
  core: { usdPerThousand: 25, standard: [60, 300], fast: [15, 100] },
  core2x: { usdPerThousand: 50, standard: [60, 600], fast: [15, 180] },
  pro: { usdPerThousand: 100, standard: [120, 600], fast: [30, 300] },
  ultra: { usdPerThousand: 300, standard: [300, 1500], fast: [60, 600] },
  ultra2x: { usdPerThousand: 600, standard: [300, 3000], fast: [60, 1200] },
  ultra4x: { usdPerThousand: 1200, standard: [300, 5400], fast: [60, 2400] },
  ultra8x: { usdPerThousand: 2400, standard: [300, 7200], fast: [60, 3600] },
}

/** Every name the API takes, in the order in which a list of choices should show them. */
export const processorNames = Object.keys(TIERS).flatMap((tier) => [
  tier,
  `${tier}-fast`,
]) as ReadonlyArray<ProcessorName>

/**
 * What upstream may suggest. `lite` is never returned by it, `ultra` and above cost too much to be chosen for somebody,
 * and `-fast` trades freshness for speed, which is the caller's decision.
 */
export const SUGGESTABLE: ReadonlyArray<ProcessorName> = ["base", "core", "core2x", "pro"]

export const isProcessor = (name: unknown): name is ProcessorName =>
  (processorNames as ReadonlyArray<unknown>).includes(name)

const tierOf = (name: ProcessorName): Tier => TIERS[name.replace(/-fast$/, "") as ProcessorTier]

/** USD for one run, or null for a name nobody has documented. */
export const usdPerRun = (processor: string): number | null =>
  isProcessor(processor) ? tierOf(processor).usdPerThousand / 1000 : null

/** How long one run typically takes, or null for a name nobody has documented. */
export const typicalLatency = (processor: string): LatencyRange | null => {
  if (!isProcessor(processor)) return null
  return processor.endsWith("-fast") ? tierOf(processor).fast : tierOf(processor).standard
}

/**
 * What `runs` runs cost at list price. Whether failed runs are billed is in no source, so this is an estimate. Counted in
 * whole thousandths of a dollar: 3 × 0.1 must not become 0.30000000000000004.
 */
export const estimateCostUsd = (processor: string, runs: number): number | null => {
  if (!isProcessor(processor) || !Number.isFinite(runs) || runs < 0) return null
  return Math.round(tierOf(processor).usdPerThousand * runs) / 1000
}

/** The same of runs of several processors; null where one of them has no known price. */
export const sumCostUsd = (runs: Iterable<readonly [processor: string, runs: number]>): number | null => {
  let thousandths = 0
  for (const [processor, count] of runs) {
    const cost = estimateCostUsd(processor, count)
    if (cost === null) return null
    thousandths += Math.round(cost * 1000)
  }
  return thousandths / 1000
}

/**
 * How long `runs` runs take, in seconds, or null for a name nobody has documented. Runs of a group execute at the same
 * time, so that it is the documented range of one of them: typical, never a deadline.
 */
export const estimateSeconds = (
  processor: string,
  runs: number,
): { readonly min: number; readonly max: number } | null => {
  const range = typicalLatency(processor)
  if (range === null) return null
  return runs === 0 ? { min: 0, max: 0 } : { min: range[0], max: range[1] }
}

/** What is wrong with a cap on the cost of `runs` runs; null when they keep it, or there is none. */
export const costProblem = (
  maxCostUsd: number | null | undefined,
  processor: string,
  runs: number,
): Problem | null => {
  if (maxCostUsd === null || maxCostUsd === undefined) return null
  const path = "max_cost_usd"
  const estimate = estimateCostUsd(processor, runs)
  if (estimate === null) {
    const message = `cannot be kept: what the processor ${processor} costs is not known here. Choose another processor, or leave max_cost_usd out.`
    return { path, message }
  }
  if (estimate <= maxCostUsd) return null
  const message = `is ${maxCostUsd}, below the estimate of ${estimate} USD (${runs} ${runs === 1 ? "run" : "runs"} of ${processor}). Raise it, send fewer rows, or choose a cheaper processor.`
  return { path, message }
}
