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
  readonly lines: ReadonlyArray<RecordingLine>
  readonly text: string
  readonly simulator: Simulator
  readonly progress: ReadonlyArray<string>
  verdict(id: string): Verdict
}

/** Runs of ten to thirty seconds, as `lite` takes, which end one after the other. */
export const RUNS = {
  failure_rate: 0,
  queue_ms: [500, 2_000] as const,
  duration_ms: [20_000, 60_000] as const,
}

/** A whole smoke run against the simulator, in virtual time. */
export const smoke = async (
  behaviour: BehaviourPatch = {},
  options: {
    readonly seed?: string
    readonly limitMs?: number
    readonly interruptAfterMs?: number
    readonly otherKey?: string | null
    readonly prepare?: (simulator: Simulator) => void
    /** Something else than the simulator that answers. */
    readonly handle?: (simulator: Simulator, request: Request) => Promise<Response>
  } = {},
): Promise<Smoked> => {
  const seed = options.seed ?? "smoke"
  const clock = createFastClock(Date.parse("2026-11-20T09:00:00Z"))
  const simulator = createSimulator({
    clock,
    seed,
    behaviour: { ...behaviour, runs: { ...RUNS, ...behaviour.runs } },
  })
  options.prepare?.(simulator)
  const { handle } = options
  const target =
    handle === undefined
      ? simulator
      : ({ handle: (request: Request) => handle(simulator, request) } as Simulator)
  const wire = connect(target, { beforeSend: () => {}, checkpoint: () => {} })
  const interrupt = new AbortController()
  if (options.interruptAfterMs !== undefined)
    clock.setTimer(options.interruptAfterMs, () => interrupt.abort())
  const lines: RecordingLine[] = []
  const progress: string[] = []
  let result: SmokeResult | Error | null = null
  void runSmoke({
    clock,
    fetch: wire.fetch,
    baseUrl: "http://parallel.test",
    key: KEY,
    otherKey: options.otherKey ?? null,
    limitMs: options.limitMs ?? 900_000,
    signal: interrupt.signal,
    write: (line) => lines.push(line),
    progress: (text) => progress.push(text),
    surroundings: (fetch) =>
      surroundings({ clock, dice: makeDice(seed), fetch, log: (text) => progress.push(text) }),
    salt: "a salt",
  }).then(
    (done) => {
      result = done
    },
    (error: unknown) => {
      result = error instanceof Error ? error : new Error(String(error))
    },
  )
  await clock.advanceUntil(() => result !== null, 3_600_000)
  if (result === null || (result as unknown) instanceof Error) throw result as unknown as Error
  const done: SmokeResult = result
  return {
    ...done,
    lines,
    text: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    simulator,
    progress,
    verdict: (id) => {
      const found = done.verdicts.find((verdict) => verdict.id === id)
      if (found === undefined) throw new Error(`there is no question ${id}`)
      return found
    },
  }
}
