import { checkEnd, checkMoment } from "./invariants.ts"
import { Viewer } from "./viewer.ts"
import type { Weather } from "./weather.ts"
import { makeWorld, readJson, schedule, submit, type World } from "./world.ts"

const HOUR = 3_600_000

export interface ScenarioResult {
  readonly seed: string
  readonly weather: Weather
  readonly violations: ReadonlyArray<string>
  readonly timeline: ReadonlyArray<string>
  readonly crashes: number
  /** From the last fault to the end of the group, milliseconds. */
  readonly recoveryMs: number
  readonly upstreamRequests: number
  /** For an output that may never come, or for credit: exempt from the bound. */
  readonly waitsForOthers: boolean
}

/** The longest that a group may take once nothing is wrong any more and every run has ended. */
export const RECOVERY_BOUND_MS = 450_000

export const runScenario = async (seed: string): Promise<ScenarioResult> => {
  const world = makeWorld(seed)
  const { clock, weather, host, violations } = world
  const started = clock.now()
  schedule(world)
  await submit(world)
  if (world.refused || (world.unsure && !(await wasCommitted(world)))) return refusedResult(world)
  for (const [at, spec] of weather.viewers.entries()) {
    const viewer = new Viewer({
      ...spec,
      name: `viewer ${at}`,
      clock,
      dice: world.dice,
      host,
      violation: (text) => violations.push(text),
    })
    world.viewers.push(viewer)
    clock.setTimer(spec.joinsAt, () => void viewer.watch())
  }
  // A run that changes its mind may never show the output it had: the row waits two hours for it here.
  const changesItsMind = (weather.behaviour.runs?.change_after_end?.rate ?? 0) > 0
  // Credit is asked for again after up to an hour.
  const waitsForCredit =
    weather.creditFor !== null ||
    weather.faults.some(({ fault }) => fault.kind === "status" && fault.status === 402)
  const slack = changesItsMind ? 3 * HOUR : waitsForCredit ? 1.5 * HOUR : RECOVERY_BOUND_MS
  const ended = await untilEnded(world, started, slack)
  // Whoever had to wait to learn whether the group was committed did not look at the clock.
  const recovery = world.unsure ? 0 : ended
  await untilViewersLeft(world)
  // Time for the webhook, which may be refused a few times.
  await clock.advance(2 * HOUR)
  await checkEnd(world)
  const upstreamRequests = world.simulator.requests.total
  await untilRemoved(world)
  for (const viewer of world.viewers) viewer.stop()
  const { crashes } = host
  host.retire()
  return {
    seed,
    weather,
    violations,
    timeline: world.timeline,
    crashes,
    recoveryMs: recovery,
    upstreamRequests,
    waitsForOthers: slack > RECOVERY_BOUND_MS,
  }
}

/** After ten minutes an object that was never committed has removed itself. */
const wasCommitted = async ({ clock, host, settings }: World): Promise<boolean> => {
  await clock.advance((settings.UNCOMMITTED_MINUTES + 5) * 60_000)
  return !host.disk.isEmpty()
}

/** The caller was told that nothing was submitted: then nothing is. */
const refusedResult = async (world: World): Promise<ScenarioResult> => {
  const { seed, weather, violations, timeline, host, simulator, clock } = world
  await clock.advance(HOUR)
  const runs = simulator.ledger.groups.get(world.groupId)?.runs.length ?? 0
  if (runs > 0) violations.push(`the POST was refused, but ${runs} runs exist`)
  if (!host.disk.isEmpty()) violations.push("the POST was refused, but its object is still there")
  return {
    seed,
    weather,
    violations,
    timeline,
    crashes: host.crashes,
    recoveryMs: 0,
    upstreamRequests: simulator.requests.total,
    waitsForOthers: false,
  }
}

/** Everything upstream has ended, and the object says so too. Returns how long after the last trouble that was. */
const untilEnded = async (world: World, started: number, slack: number): Promise<number> => {
  const { clock, host, simulator, weather, violations, groupId } = world
  let lastTrouble = started + weather.clearsAt
  let crashes = host.crashes
  let polls = 0
  for (;;) {
    await clock.advance(world.dice.pick([500, 5_000, 30_000]))
    const group = simulator.ledger.groups.get(groupId)
    const lastEnd = Math.max(
      started,
      ...(group?.runs ?? []).map((run) => Math.max(run.endAt, run.changeAt ?? 0)),
    )
    if (host.crashes !== crashes) {
      crashes = host.crashes
      lastTrouble = Math.max(lastTrouble, clock.now())
    }
    // Looking wakes the object: some groups have nobody who looks.
    if (weather.polled && polls++ % 5 === 0) {
      const data = await readJson(world)
      if (data !== null) checkMoment(world, data)
    }
    if (host.hasEnded()) return Math.max(0, clock.now() - Math.max(lastTrouble, lastEnd))
    if (clock.now() > Math.max(lastTrouble, lastEnd) + slack) {
      violations.push(`not ended ${slack / 1000} s after the last fault and the last run`)
      return slack
    }
  }
}

const untilViewersLeft = async (world: World) => {
  const { clock, viewers, violations } = world
  try {
    await clock.advanceUntil(() => viewers.every((viewer) => viewer.finished), HOUR)
  } catch {
    violations.push("a viewer was not told of the end")
  }
}

const untilRemoved = async (world: World) => {
  const { clock, host, settings, violations } = world
  await clock.advance(settings.RETENTION_DAYS * 86_400_000 + HOUR)
  if (!host.disk.isEmpty()) violations.push("the object was not removed, or something wrote back")
}
