import { checkDeleted } from "./actChecks.ts"
import type { PlannedAct } from "./plannedActs.ts"
import { checkEnd, checkMoment, checkRest } from "./invariants.ts"
import { ourRuns } from "./neighbours.ts"
import { schedule } from "./schedule.ts"
import { Viewer } from "./viewer.ts"
import type { Weather } from "./weather.ts"
import { API_KEY, makeWorld, readJson, submit, type World } from "./world.ts"

const HOUR = 3_600_000

export interface ScenarioResult {
  readonly seed: string
  readonly weather: Weather
  readonly violations: ReadonlyArray<string>
  readonly timeline: ReadonlyArray<string>
  readonly crashes: number
  /** From the last fault to the end of the group, milliseconds. */
  readonly recoveryMs: number
  /** For an output that may never come, or for credit: exempt from the bound. */
  readonly waitsForOthers: boolean
  /** What was done to the group, and how often. */
  readonly acts: Readonly<Record<string, number>>
}

/** The longest that a group may take once nothing is wrong any more and every run has ended. */
export const RECOVERY_BOUND_MS = 450_000

/** How much longer it may take where something is asked for ever more rarely. */
const slackOf = ({ behaviour, creditFor, faults, longTrouble, edge }: Weather): number => {
  const { runs, outputs } = behaviour
  // A run that changes its mind may never show the output it had: a row waits two hours for it here.
  const waitsForOutput = (runs?.change_after_end?.rate ?? 0) > 0 || (outputs?.never_rate ?? 0) > 0
  const waitsForCredit =
    creditFor !== null || faults.some(({ fault }) => fault.kind === "status" && fault.status === 402)
  return Math.max(
    RECOVERY_BOUND_MS,
    // Hours in which some requests went unanswered count for less.
    waitsForOutput ? 5 * HOUR : 0,
    // Credit is asked for again after up to an hour.
    waitsForCredit ? 1.5 * HOUR : 0,
    // A group in which nothing has happened for long is looked at hourly.
    longTrouble === null ? 0 : 1.25 * HOUR,
    // What an edge refuses is tried in halves, at growing distance; without another row it may be an incident of hours.
    edge === null ? 0 : edge === 413 ? 3 * HOUR : 8 * HOUR,
  )
}

export const runScenario = async (seed: string): Promise<ScenarioResult> => {
  const world = makeWorld(seed)
  const { clock, weather, host, violations } = world
  schedule(world)
  await submit(world)
  if (world.acts.deletedAt !== null) return await deletedResult(world)
  if (world.refused || (world.unsure && !(await wasCommitted(world)))) return refusedResult(world)
  for (const [at, spec] of weather.viewers.entries()) {
    const viewer = new Viewer({
      ...spec,
      name: `viewer ${at}`,
      clock,
      dice: world.dice,
      host,
      violation: (text) => violations.push(text),
      stays: () => !world.acts.areOver,
    })
    world.viewers.push(viewer)
    clock.setTimer(spec.joinsAt, () => void viewer.watch())
  }
  const slack = slackOf(weather)
  let ended = await untilEnded(world, slack)
  for (const act of weather.acts.after) {
    if (!host.hasEnded() || world.acts.deletedAt !== null) break
    await checkRest(world)
    await clock.advance(act.at)
    await untilActed(world, act)
    if (world.acts.deletedAt === null) ended = Math.max(ended, await untilEnded(world, slack))
  }
  if (world.acts.deletedAt !== null) return await deletedResult(world)
  // Whoever had to wait to learn whether the group was committed did not look at the clock.
  const recovery = world.unsure ? 0 : ended
  // A month of a group that does not end is a long time.
  if (host.hasEnded()) await goToTheEnd(world)
  for (const viewer of world.viewers) viewer.stop()
  return resultOf(world, recovery, slack > RECOVERY_BOUND_MS)
}

/** The story is over. */
const resultOf = (world: World, recoveryMs = 0, waitsForOthers = false): ScenarioResult => {
  const { seed, weather, violations, timeline, host, acts } = world
  const { crashes } = host
  host.retire()
  return { seed, weather, violations, timeline, crashes, recoveryMs, waitsForOthers, acts: acts.tally }
}

/** An act at rest. */
const untilActed = async ({ acts, clock, violations }: World, act: PlannedAct): Promise<void> => {
  let isDone = false
  void acts.perform(act).then(() => (isDone = true))
  await clock.advanceUntil(() => isDone, 2 * HOUR).catch(() => violations.push("an act was not answered"))
}

/** Somebody deleted the group, and may be doing more to what is not there. */
const deletedResult = async (world: World): Promise<ScenarioResult> => {
  const { weather, host } = world
  for (const act of weather.acts.after)
    if (!host.hasEnded() && act.kind !== "delete") await untilActed(world, act)
  await checkDeleted(world)
  for (const viewer of world.viewers) viewer.stop()
  return resultOf(world)
}

/** Until nothing is left of what was refused, once storages can be emptied. */
const REMOVAL_BOUND_MS = 600_000

/** From the end of the group to the end of its object. */
const goToTheEnd = async (world: World): Promise<void> => {
  world.acts.areOver = true
  await untilViewersLeft(world)
  // Time for the webhook, which may be refused a few times.
  await world.clock.advance(2 * HOUR)
  await checkEnd(world)
  await untilRemoved(world)
}

/** After ten minutes an object that was never committed has removed itself. */
const wasCommitted = async ({ clock, host, settings }: World): Promise<boolean> => {
  await clock.advance((settings.UNCOMMITTED_MINUTES + 5) * 60_000)
  return !host.disk.isEmpty()
}

/** The caller was told that nothing was submitted: then nothing is. */
const refusedResult = async (world: World): Promise<ScenarioResult> => {
  const { weather, violations, host, clock } = world
  if (world.refused && host.disk.dump().includes(API_KEY))
    violations.push("the POST was refused, but its key stays")
  await clock.advance(Math.max(0, world.started + weather.clearsAt - clock.now()) + REMOVAL_BOUND_MS)
  const runs = ourRuns(world).length
  if (runs > 0) violations.push(`the POST was refused, but ${runs} runs exist`)
  if (!host.disk.isEmpty()) violations.push("the POST was refused, but its object is still there")
  return resultOf(world)
}

/** Everything upstream has ended, and the object says so too. Returns how long after the last trouble that was. */
const untilEnded = async (world: World, slack: number): Promise<number> => {
  const { clock, host, weather, violations, started, acts } = world
  let lastTrouble = started + weather.clearsAt
  let crashes = host.crashes
  let polls = 0
  for (;;) {
    const inTrouble = weather.longTrouble !== null && clock.now() < started + weather.clearsAt - HOUR
    await clock.advance(world.dice.pick(inTrouble ? [600_000, HOUR] : [500, 5_000, 30_000]))
    const lastEnd = Math.max(started, ...ourRuns(world).map((run) => Math.max(run.endAt, run.changeAt ?? 0)))
    if (host.crashes !== crashes) {
      crashes = host.crashes
      lastTrouble = Math.max(lastTrouble, clock.now())
    }
    // Looking wakes the object: some groups have nobody who looks.
    if (weather.polled && polls++ % 5 === 0) {
      const data = await readJson(world)
      if (data !== null) checkMoment(world, data)
    }
    if (acts.deletedAt !== null) return 0
    lastTrouble = Math.max(lastTrouble, acts.lastAt)
    if (!acts.haveCome) continue
    if (host.hasEnded()) return Math.max(0, clock.now() - Math.max(lastTrouble, lastEnd))
    if (clock.now() > Math.max(lastTrouble, lastEnd) + slack) {
      violations.push(`not ended ${slack / 1000} s after the last fault and the last run`)
      return slack
    }
  }
}

const untilViewersLeft = async (world: World) => {
  const { clock, viewers, violations, weather, started } = world
  // Trouble may last when the group has ended in spite of it, and who comes comes at its end.
  const allJoined = started + Math.max(0, ...weather.viewers.map(({ joinsAt }) => joinsAt))
  try {
    await clock.advanceUntil(
      () => viewers.every((viewer) => viewer.finished),
      Math.max(0, allJoined - clock.now()) + HOUR,
    )
  } catch {
    violations.push("a viewer was not told of the end")
  }
}

const untilRemoved = async (world: World) => {
  const { clock, host, settings, violations } = world
  await clock.advance(settings.RETENTION_DAYS * 86_400_000 + HOUR)
  if (!host.disk.isEmpty()) violations.push("the object was not removed, or something wrote back")
}
