import {
  type BehaviourPatch,
  createSimulator,
  type RecordingLine,
  type Simulator,
} from "../../simulator/index.ts"
import { runSmoke, type SmokeResult } from "../../smoke/smoke.ts"
import type { Verdict } from "../../smoke/verdict.ts"
import { createFastClock } from "../simulation/clock.ts"
import { makeDice, surroundings } from "../simulation/effects.ts"
import { connect } from "../simulation/network.ts"

export const KEY = "smoke-key-PLANTED-0123456789"
export const OTHER_KEY = "other-key-PLANTED-0123456789"

export interface Smoked extends SmokeResult {
  readonly text: string
  readonly simulator: Simulator
  readonly progress: ReadonlyArray<string>
  verdict(id: string): Verdict
}

/** Runs of twenty to sixty seconds, as `lite` takes, which end one after the other. */
const RUNS = { failure_rate: 0, queue_ms: [500, 2_000] as const, duration_ms: [20_000, 60_000] as const }

export interface SmokedOptions {
  readonly limitMs?: number
  readonly interruptAfterMs?: number
  readonly otherKey?: string | null
  readonly prepare?: (simulator: Simulator) => void
  /** What comes between the simulator and the smoke run. */
  readonly handle?: (simulator: Simulator, request: Request) => Promise<Response>
}

/** A network and what Effect's programs run in, in virtual time. */
export const worldOf = (
  clock: ReturnType<typeof createFastClock>,
  handle: (request: Request) => Promise<Response>,
  log: (text: string) => void = () => {},
) => {
  const { fetch } = connect({ handle, clock } as unknown as Simulator, {
    beforeSend: () => {},
    checkpoint: () => {},
  })
  const around = (given: typeof globalThis.fetch) =>
    surroundings({ clock, dice: makeDice("smoke"), fetch: given, log })
  return { fetch, around }
}

/** A whole smoke run against the simulator, in virtual time. */
export const smoke = async (behaviour: BehaviourPatch = {}, options: SmokedOptions = {}): Promise<Smoked> => {
  const clock = createFastClock(Date.parse("2026-11-20T09:00:00Z"))
  const runs = { ...RUNS, ...behaviour.runs }
  const simulator = createSimulator({ clock, seed: "c", behaviour: { ...behaviour, runs } })
  options.prepare?.(simulator)
  const { handle = (to: Simulator, request: Request) => to.handle(request) } = options
  const interrupt = new AbortController()
  if (options.interruptAfterMs !== undefined)
    clock.setTimer(options.interruptAfterMs, () => interrupt.abort())
  const lines: RecordingLine[] = []
  const progress: string[] = []
  const onProgress = (text: string) => progress.push(text)
  const { fetch, around } = worldOf(clock, (request) => handle(simulator, request), onProgress)
  const running = runSmoke({
    clock,
    fetch,
    baseUrl: "http://parallel.test",
    key: KEY,
    otherKey: options.otherKey ?? null,
    limitMs: options.limitMs ?? 900_000,
    signal: interrupt.signal,
    write: (line) => lines.push(line),
    onProgress,
    surroundings: around,
  })
  const result = await waitFor(clock, running, 3_600_000)
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("")
  const verdict = (id: string) => result.verdicts.find((one) => one.id === id)!
  return { ...result, text, simulator, progress, verdict }
}

/** Moves the clock until something is done. */
export const waitFor = async <A>(
  clock: ReturnType<typeof createFastClock>,
  promise: Promise<A>,
  limitMs: number,
): Promise<A> => {
  let isDone = false
  const done = promise.finally(() => (isDone = true))
  done.catch(() => {})
  await clock.advanceUntil(() => isDone, limitMs)
  return done
}
