import { runScenario, type ScenarioResult } from "./scenario.ts"

const option = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise)
}

const seed = option("seed", "")
const seeds =
  seed === ""
    ? Array.from({ length: Number(option("seeds", "200")) }, (_, at) =>
        String(at + Number(option("from", "0"))),
      )
    : [seed]
const untilFailure = process.argv.includes("--until-failure")
const results: Array<ScenarioResult> = []
const started = performance.now()
for (const one of seeds) {
  const result = await runScenario(one).catch((error: unknown) => ({ seed: one, error }))
  if ("error" in result) {
    console.log(`seed ${one}: ${result.error instanceof Error ? result.error.stack : String(result.error)}`)
    if (untilFailure) break
    continue
  }
  // The histories of thousands of seeds do not fit into memory.
  results.push({ ...result, timeline: [] })
  if (process.argv.includes("--slow") && result.recoveryMs > 120_000 && !result.waitsForOthers) {
    console.log(
      `seed ${one} (${result.weather.kind}) took ${(result.recoveryMs / 1000).toFixed(0)} s to recover`,
    )
  }
  if (result.violations.length > 0 || seed !== "") {
    if (seed !== "") console.log(result.timeline.join("\n"), JSON.stringify(result.weather))
    console.log(
      `seed ${one} (${result.weather.kind}): ${result.violations.length === 0 ? "held" : [...new Set(result.violations)].slice(0, 6).join("; ")}`,
    )
  }
  if (untilFailure && result.violations.length > 0) break
}
const sortedRecovery = results
  .filter(({ waitsForOthers }) => !waitsForOthers)
  .map(({ recoveryMs }) => recoveryMs)
  .toSorted((a, b) => a - b)
const share = (q: number) =>
  ((sortedRecovery[Math.floor((sortedRecovery.length - 1) * q)] ?? 0) / 1000).toFixed(0)
console.log(
  `recovery after the last fault: p50 ${share(0.5)} s, p90 ${share(0.9)} s, p99 ${share(0.99)} s, max ${share(1)} s`,
)
const kinds = Map.groupBy(results, ({ weather }) => weather.kind)
console.log([...kinds].map(([kind, of]) => `${of.length} ${kind}`).join(", "))
const acts: Record<string, number> = {}
for (const result of results)
  for (const [name, count] of Object.entries(result.acts)) acts[name] = (acts[name] ?? 0) + count
console.log(
  `acts: ${Object.entries(acts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ")}`,
)
const failed = results.filter(({ violations }) => violations.length > 0).length
console.log(
  `${results.length} seeds, ${failed} failed, ${results.reduce((sum, { crashes }) => sum + crashes, 0)} crashes, ${((performance.now() - started) / 1000).toFixed(1)} s`,
)
