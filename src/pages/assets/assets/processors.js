// @ts-check
/**
 * Parallel's published list prices and usual latencies. A processor that is not listed here still
 * works; the pages then leave price and time out.
 *
 * @typedef {{ name: string, usd: number, seconds: [number, number], fields: number, note: string }} Processor
 */

/** @type {[string, number, [number, number], [number, number], number, string][]} */
const tiers = [
  ["lite", 0.005, [10, 60], [10, 20], 2, "basic facts"],
  ["base", 0.01, [15, 100], [15, 50], 5, "reliable facts"],
  ["core", 0.025, [60, 300], [15, 100], 10, "cross-referenced"],
  ["core2x", 0.05, [60, 600], [15, 180], 10, "complex facts"],
  ["pro", 0.1, [120, 600], [30, 300], 20, "exploratory research"],
  ["ultra", 0.3, [300, 1500], [60, 600], 20, "deep research"],
  ["ultra2x", 0.6, [300, 3000], [60, 1200], 25, "deep research"],
  ["ultra4x", 1.2, [300, 5400], [60, 2400], 25, "deep research"],
  ["ultra8x", 2.4, [300, 7200], [60, 3600], 25, "deep research"],
]

/** @type {Processor[]} */
export const processors = tiers.flatMap(([name, usd, slow, fast, fields, note]) => [
  { name, usd, seconds: slow, fields, note },
  { name: `${name}-fast`, usd, seconds: fast, fields, note: `${note}, less fresh` },
])

/** @param {unknown} name */
export const findProcessor = (name) => processors.find((p) => p.name === name)

/** The cheapest and the dearest that a suggestion may choose. */
export const suggestedRange = /** @type {[Processor, Processor]} */ ([
  findProcessor("base"),
  findProcessor("pro"),
])
