import { summary } from "../../scripts/test/counts.ts"
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
/** A seed takes about two at most: what takes this much of the process's time goes in circles. */
const CIRCLES_AFTER_SECONDS = 20
let circles = false

const runToItsEnd = async (one: string): Promise<ScenarioResult> => {
  const before = process.cpuUsage().user
  const circling = Promise.withResolvers<never>()
  const watch = setInterval(() => {
    circles = process.cpuUsage().user - before > CIRCLES_AFTER_SECONDS * 1e6
    if (circles) circling.reject(new Error(`does not end in ${CIRCLES_AFTER_SECONDS} s of computing`))
  }, 500)
  return Promise.race([runScenario(one), circling.promise]).finally(() => clearInterval(watch))
}

let threw = 0
const started = performance.now()
for (const one of seeds) {
  const result = await runToItsEnd(one).catch((error: unknown) => ({ seed: one, error }))
  if ("error" in result) {
    console.log(`seed ${one}: ${result.error instanceof Error ? result.error.stack : String(result.error)}`)
    threw++
    if (untilFailure || circles) break
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
const failed = threw + results.filter(({ violations }) => violations.length > 0).length
console.log(
  `${results.length + threw} seeds, ${failed} failed, ${results.reduce((sum, { crashes }) => sum + crashes, 0)} crashes, ${((performance.now() - started) / 1000).toFixed(1)} s`,
)
// As the tests say it, for `.ci/run`.
console.log(summary({ passed: results.length + threw - failed, failed }))
process.exit(failed === 0 ? 0 : 1)
