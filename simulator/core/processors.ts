/** Tiers with their price per run in USD and how slow they are against `core`. */
const TIERS = {
  lite: { usd: 0.005, pace: 0.5 },
  base: { usd: 0.01, pace: 0.7 },
  core: { usd: 0.025, pace: 1 },
  core2x: { usd: 0.05, pace: 1.2 },
  pro: { usd: 0.1, pace: 1.5 },
  ultra: { usd: 0.3, pace: 2 },
  ultra2x: { usd: 0.6, pace: 2.5 },
  ultra4x: { usd: 1.2, pace: 3 },
  ultra8x: { usd: 2.4, pace: 3.5 },
} as const

export type Tier = keyof typeof TIERS
export const TIER_NAMES = Object.keys(TIERS) as Tier[]
export const PROCESSORS: ReadonlyArray<string> = TIER_NAMES.flatMap((tier) => [tier, `${tier}-fast`])

export const tierOf = (processor: string): Tier | undefined => {
  const name = processor.replace(/-fast$/, "")
  return Object.hasOwn(TIERS, name) ? (name as Tier) : undefined
}

/** Price of one run; fast variants cost the same as their base. */
export const priceUsd = (processor: string): number => TIERS[tierOf(processor) ?? "core"].usd

/** Factor on a run's duration. */
export const paceOf = (processor: string): number =>
  TIERS[tierOf(processor) ?? "core"].pace * (processor.endsWith("-fast") ? 0.5 : 1)
