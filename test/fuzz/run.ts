import { makeDice } from "../simulation/effects.ts"
import { type Case, type Door, minimised, type Outcome, type Target } from "./target.ts"

/** A case that takes longer is tried again, since other programs may have had the processor; then it is a failure. */
const SLOW_MS = 2_000
/** Of this process, after which the fuzz fails. */
const MAX_HEAP_BYTES = 1_500_000_000
/** What a simulator remembers grows: a door is opened anew after so many cases. */
const CASES_PER_DOOR = 1_000

export interface Failure {
  readonly target: string
  readonly seed: number
  readonly violations: ReadonlyArray<string>
  readonly sent: Case
}

export interface Figures {
  readonly target: string
  cases: number
  ms: number
  readonly labels: Map<string, number>
  slowest: { readonly ms: number; readonly seed: number }
  readonly failures: Array<Failure>
}

let unhandled: Array<string> = []
process.on("unhandledRejection", (error) => void unhandled.push(`unhandled rejection: ${String(error)}`))

/** One case, whatever happens: an exception is a violation like any other. */
const sendOnce = async (door: Door, sent: Case): Promise<Outcome & { readonly ms: number }> => {
  unhandled = []
  const began = performance.now()
  const outcome = await door.send(sent).catch((error: unknown): Outcome => ({
    label: "exception",
    violations: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
  }))
  // A rejection that nobody handles is told after the microtasks.
  await new Promise((next) => setImmediate(next))
  return { ...outcome, violations: [...outcome.violations, ...unhandled], ms: performance.now() - began }
}

const send = async (door: Door, sent: Case) => {
  const first = await sendOnce(door, sent)
  if (first.ms < SLOW_MS || first.violations.length > 0) return first
  const second = await sendOnce(door, sent)
  return second.ms < SLOW_MS
    ? second
    : { ...second, violations: [...second.violations, `${Math.round(second.ms)} ms, twice`] }
}

/** What a failure is about, without what differs from case to case. */
const kindOf = ({ violations }: Pick<Outcome, "violations">): string =>
  (violations[0] ?? "").replace(/[\d"'`].*$/s, "").slice(0, 60)

export interface FuzzOptions {
  readonly seed: number
  /** Of each target. */
  readonly cases: number
  /** Epoch of `performance.now()` after which no case begins. */
  readonly until: number
  readonly onFailure: (failure: Failure) => void
}

/** Fuzzes one target: case n is drawn from seed + n alone. A kind of failure is told once. */
export const fuzz = async (
  target: Target,
  { seed, cases, until, onFailure }: FuzzOptions,
): Promise<Figures> => {
  const figures: Figures = {
    target: target.name,
    cases: 0,
    ms: 0,
    labels: new Map(),
    slowest: { ms: 0, seed },
    failures: [],
  }
  const told = new Set<string>()
  let door = await target.open()
  try {
    for (let at = 0; at < cases && performance.now() < until; at++) {
      if (at % CASES_PER_DOOR === CASES_PER_DOOR - 1) {
        await door.close()
        door = await target.open()
        if (process.memoryUsage().heapUsed > MAX_HEAP_BYTES) throw new Error("the heap grows without an end")
      }
      const sent = door.draw(makeDice(`${target.name} ${seed + at}`))
      const outcome = await send(door, sent)
      figures.cases++
      figures.ms += outcome.ms
      figures.labels.set(outcome.label, (figures.labels.get(outcome.label) ?? 0) + 1)
      if (outcome.ms > figures.slowest.ms) figures.slowest = { ms: outcome.ms, seed: seed + at }
      if (outcome.violations.length === 0) continue
      const kind = kindOf(outcome)
      const isNew = !told.has(kind)
      told.add(kind)
      const smallest =
        isNew && outcome.ms < SLOW_MS
          ? await minimised(door, sent, (other) => other.violations.length > 0 && kindOf(other) === kind)
          : sent
      const failure = { target: target.name, seed: seed + at, violations: outcome.violations, sent: smallest }
      figures.failures.push(failure)
      if (isNew) onFailure(failure)
    }
  } finally {
    await door.close()
  }
  return figures
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length > 1_500 ? `${text.slice(0, 1_500)}… (${text.length} characters)` : text
}

export const failureText = ({ target, seed, violations, sent }: Failure): string =>
  [
    `FAILED ${target}: ${violations
      .map((one) => one.slice(0, 600))
      .slice(0, 5)
      .join("; ")}`,
    `  sent, cut as small as it fails: ${shown(sent)}`,
    `  again: npm run fuzz -- --target ${target} --seed ${seed} --cases 1`,
  ].join("\n")

export const figuresText = ({ target, cases, ms, labels, slowest, failures }: Figures): string => {
  const seen = [...labels].toSorted(([, a], [, b]) => b - a).map(([label, count]) => `${count} ${label}`)
  const rate = ms === 0 ? 0 : Math.round((cases / ms) * 1000)
  return `${target.padEnd(12)}${String(cases).padStart(8)} cases, ${rate} a second; slowest ${Math.round(slowest.ms)} ms (seed ${slowest.seed}); ${failures.length} failed; ${seen.slice(0, 12).join(", ")}`
}
