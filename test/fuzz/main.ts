import { failureText, type Figures, figuresText, fuzz } from "./run.ts"
import { TARGETS } from "./targets.ts"

const HELP = `npm run fuzz -- [--target a,b] [--seed N] [--cases N] [--minutes N]
Targets: ${TARGETS.map(({ name }) => name).join(", ")}. Without --cases and --minutes: one minute. A failing case prints the
command that repeats it.`

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}

const wrong = (text: string): never => {
  console.error(text)
  process.exit(1)
}

const number = (name: string, otherwise: number): number => {
  const given = option(name)
  const value = given === undefined ? otherwise : Number(given)
  return Number.isFinite(value) && value >= 0 ? value : wrong(`--${name} ${given}: not a number\n${HELP}`)
}

if (process.argv.includes("--help")) {
  console.log(HELP)
  process.exit(0)
}
const names = option("target")?.split(",")
const targets = TARGETS.filter(({ name }) => names === undefined || names.includes(name))
if (targets.length === 0 || targets.length < (names?.length ?? 0)) wrong(`No such target.\n${HELP}`)
const seed = number("seed", Math.floor(Math.random() * 2 ** 31))
const cases = number("cases", Number.MAX_SAFE_INTEGER)
const minutes = number("minutes", option("cases") === undefined ? 1 : 60)
// What the product logs of a fault is told with the case.
console.error = () => {}

console.log(`seed ${seed}; ${targets.map(({ name }) => name).join(", ")}`)
const began = performance.now()
const all: Array<Figures> = []
for (const [at, target] of targets.entries()) {
  const left = began + minutes * 60_000 - performance.now()
  const until = performance.now() + left / (targets.length - at)
  const figures = await fuzz(target, {
    seed,
    cases,
    until,
    onFailure: (failure) => console.log(failureText(failure)),
  })
  console.log(figuresText(figures))
  all.push(figures)
}
const failed = all.reduce((sum, { failures }) => sum + failures.length, 0)
const done = all.reduce((sum, figures) => sum + figures.cases, 0)
console.log(
  `${done} cases in ${((performance.now() - began) / 60_000).toFixed(1)} min, ${failed} failed; peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
)
process.exit(failed === 0 ? 0 : 1)
