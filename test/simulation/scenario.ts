import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { readSettings, type SettingsShape } from "../../src/domain/Settings.ts"
import { InputsLoaderHttp } from "../../src/layers/InputsLoaderHttp.ts"
import { ParallelApiHttp } from "../../src/layers/ParallelApiHttp.ts"
import { TaskGroupsObjects } from "../../src/layers/TaskGroupsObjects.ts"
import { createMultitask } from "../../src/programs/createMultitask.ts"
import { makeRequestBudget, RequestBudget } from "../../src/services/RequestBudget.ts"
import { Settings } from "../../src/services/Settings.ts"
import { createSimulator, type Simulator, type VirtualClock } from "../../simulator/index.ts"
import { createFastClock } from "./clock.ts"
import { type Dice, makeDice, surroundings } from "./effects.ts"
import { checkEnd, checkMoment } from "./invariants.ts"
import { connect } from "./network.ts"
import { ObjectHost } from "./objectHost.ts"
import { Viewer } from "./viewer.ts"
import { drawWeather, type Weather } from "./weather.ts"

export const API_KEY = "sim-secret-key-0123456789"
const HOUR = 3_600_000

export interface World {
  readonly seed: string
  readonly weather: Weather
  readonly clock: VirtualClock
  readonly dice: Dice
  readonly simulator: Simulator
  readonly settings: SettingsShape
  readonly host: ObjectHost
  readonly viewers: Array<Viewer>
  readonly inputs: ReadonlyArray<Record<string, unknown>>
  readonly violations: Array<string>
  readonly timeline: Array<string>
  groupId: string
  /** The caller got upstream's refusal of the first batch: there is no group. */
  refused: boolean
  unsure: boolean
  log(text: string): void
}

export interface ScenarioResult {
  readonly seed: string
  readonly weather: Weather
  readonly violations: ReadonlyArray<string>
  readonly timeline: ReadonlyArray<string>
  readonly crashes: number
  /** From the last fault to the end of the group, milliseconds. */
  readonly recoveryMs: number
  readonly upstreamRequests: number
  /** A run of this seed changes its mind after its end, so that its output may never come. */
  readonly waitsForOutput: boolean
}

/** The longest that a group may take once nothing is wrong any more and every run has ended. */
export const RECOVERY_BOUND_MS = 300_000

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
  const slack = (weather.behaviour.runs?.change_after_end?.rate ?? 0) > 0 ? 3 * HOUR : RECOVERY_BOUND_MS
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
  return {
    seed,
    weather,
    violations,
    timeline: world.timeline,
    crashes: host.crashes,
    recoveryMs: recovery,
    upstreamRequests,
    waitsForOutput: slack > RECOVERY_BOUND_MS,
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
    waitsForOutput: false,
  }
}

const makeWorld = (seed: string): World => {
  const dice = makeDice(seed)
  const clock = createFastClock(Date.parse("2026-11-20T09:00:00Z"))
  const read = readSettings({
    PARALLEL_BASE_URL: "http://parallel.test",
    ALLOW_PRIVATE_URLS: "true",
    OUTPUT_WAIT_HOURS: "2",
  })
  if (!read.ok) throw new Error(read.problems.join())
  const base = read.settings
  const weather = drawWeather(dice, base.SETTLE_SECONDS * 1000)
  const settings = { ...base, BATCH_SIZE: weather.batchSize }
  const simulator = createSimulator({ clock, seed, behaviour: weather.behaviour })
  const timeline: Array<string> = []
  const started = clock.now()
  const log = (text: string) => {
    timeline.push(`${((clock.now() - started) / 1000).toFixed(3).padStart(12)} s  ${text}`)
  }
  const clears = started + weather.clearsAt
  const host: ObjectHost = new ObjectHost({
    clock,
    dice,
    simulator,
    settings,
    log,
    crashRate: () => (clock.now() < clears && host.crashes < weather.maxCrashes ? weather.crashRate : 0),
    hiccup: () => clock.now() < clears && world.groupId !== "" && dice.chance(weather.hiccupRate),
    alarmWeather: () => ({ lateMs: weather.alarmLateMs, twice: dice.chance(weather.alarmTwice) }),
  })
  const inputs = Array.from({ length: weather.rows }, (_, at) => ({ company: `Company ${at}`, n: at }))
  const world: World = {
    seed,
    weather,
    clock,
    dice,
    simulator,
    settings,
    host,
    inputs,
    timeline,
    log,
    viewers: [],
    violations: [],
    groupId: "",
    refused: false,
    unsure: false,
  }
  return world
}

/** Faults begin when the group exists and end when the weather clears. */
const schedule = (world: World) => {
  const { clock, simulator, weather, log } = world
  simulator.host.webhooks.answerWith(webhookAnswers(weather.webhook))
  simulator.behaviour.patch({ faults: [...weather.faults] as never })
  clock.setTimer(weather.clearsAt, () => {
    log("the weather clears")
    simulator.behaviour.patch({ faults: [] })
  })
  const note = simulator.requests.note.bind(simulator.requests)
  simulator.requests.note = (at, route, group) => {
    log(`-> ${route}`)
    return note(at, route, group)
  }
}

const webhookAnswers = (kind: Weather["webhook"]) => {
  switch (kind) {
    case "refusing":
      return [{ status: 500 }, { status: 503 }, { status: 404 }]
    case "slow":
      return [
        { status: 200, delay_ms: 20_000 },
        { status: 200, delay_ms: 20_000 },
      ]
    case "redirecting":
      return [{ status: 302, location: "http://parallel.test/_sim/webhooks/elsewhere" }]
    case "gone":
      return [{ status: 500 }, { status: 410 }]
    default:
      return []
  }
}

const submit = async (world: World) => {
  const { clock, dice, host, simulator, settings, log, weather } = world
  const wire = connect(simulator, { beforeSend: () => {}, checkpoint: () => {} })
  const object = () => ({
    begin: (...args: [never, never]) => host.call((it) => it.begin(...args)),
    addInputs: (...args: [never, never]) => host.call((it) => it.addInputs(...args)),
    commit: (ms: number) => host.call((it) => it.commit(ms)),
  })
  const runtime = ManagedRuntime.make(
    Layer.mergeAll(
      TaskGroupsObjects(object),
      Layer.mergeAll(ParallelApiHttp, InputsLoaderHttp).pipe(Layer.provide(FetchHttpClient.layer)),
    ).pipe(
      Layer.provideMerge(
        Layer.mergeAll(
          Layer.succeed(Settings, settings),
          Layer.succeed(RequestBudget, makeRequestBudget(Number.POSITIVE_INFINITY)),
          surroundings({ clock, dice, fetch: wire.fetch, log }),
        ),
      ),
    ),
  )
  const webhook = weather.webhook === "none" ? {} : { webhook_url: "http://parallel.test/_sim/webhooks/done" }
  const program = createMultitask({
    body: {
      inputs: world.inputs,
      processor: "core",
      output_type: "json",
      output_schema: {
        type: "object",
        properties: { ceo_name: { type: "string" }, founded_year: { type: ["string", "null"] } },
        required: ["ceo_name", "founded_year"],
        additionalProperties: false,
      },
      ...webhook,
    },
    key: Redacted.make(API_KEY),
    origin: "https://multitask.test",
  })
  let answer: { _tag: string } | null = null
  void runtime.runPromise(Effect.result(program)).then((result) => {
    answer = result
    const failure = result._tag === "Failure" ? result.failure._tag : null
    world.refused = failure === "SubmissionRefused"
    // The object did not answer, and the caller is told so: it may have the group all the same.
    world.unsure = failure === "CreationBroken"
    if (failure !== null && !world.refused && !world.unsure)
      world.violations.push(`the POST failed: ${failure}`)
    log(
      `the POST is answered: ${result._tag === "Success" ? result.success.url : JSON.stringify(result.failure)}`,
    )
  })
  await clock.advanceUntil(() => answer !== null, HOUR)
  const [id] = [...simulator.ledger.groups.keys()]
  if (id === undefined) throw new Error("no group was created")
  world.groupId = id
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

export interface Served {
  readonly ended: boolean
  readonly status: {
    readonly num_task_runs: number
    readonly task_run_status_counts: Record<string, number>
    readonly is_active: boolean
    readonly status_message: string
  }
  readonly results: ReadonlyArray<Record<string, unknown>>
  readonly runs: ReadonlyArray<Record<string, any>>
  readonly warnings: ReadonlyArray<string>
}

/** The JSON that a reader gets; null when the object died under it. */
export const readJson = async (world: World): Promise<Served | null> => {
  let result: Served | null | undefined
  const read = async () => {
    try {
      const response = await world.host.fetch(new Request("https://object/json"))
      if (response.status !== 200) return null
      const ended = response.headers.get("sunset") !== null
      return { ...(JSON.parse(await response.text()) as Served), ended }
    } catch (error) {
      if (error instanceof SyntaxError) world.violations.push(`the JSON is broken: ${error.message}`)
      return null
    }
  }
  void read().then((served) => {
    result = served
  })
  await world.clock.advanceUntil(() => result !== undefined, 60_000)
  return result ?? null
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
