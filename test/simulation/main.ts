import { runScenario, type ScenarioResult } from "./scenario.ts"

const option = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise)
}

const seed = option("seed", "")
const seeds = seed === "" ? Array.from({ length: Number(option("seeds", "200")) }, (_, at) => String(at + Number(option("from", "0")))) : [seed]
const results: Array<ScenarioResult> = []
const started = performance.now()
for (const one of seeds) {
  const result = await runScenario(one).catch((error: unknown) => ({ seed: one, error }))
  if ("error" in result) {
    console.log(`seed ${one}: ${result.error instanceof Error ? result.error.stack : String(result.error)}`)
    continue
  }
  results.push(result)
  if (result.violations.length > 0 || seed !== "") {
    if (seed !== "" ) console.log(result.timeline.join("\n"), JSON.stringify(result.weather))
    console.log(`seed ${one} (${result.weather.kind}): ${result.violations.length === 0 ? "held" : [...new Set(result.violations)].slice(0, 6).join("; ")}`)
  }
}
const failed = results.filter(({ violations }) => violations.length > 0).length
console.log(
  `${results.length} seeds, ${failed} failed, ${results.reduce((sum, { crashes }) => sum + crashes, 0)} crashes, ${((performance.now() - started) / 1000).toFixed(1)} s`,
)
