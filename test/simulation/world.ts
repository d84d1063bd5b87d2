import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { TaskGroupObject } from "../../src/do/TaskGroupObject.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import { InputsLoaderHttp } from "../../src/layers/InputsLoaderHttp.ts"
import { ParallelApiHttp } from "../../src/layers/ParallelApiHttp.ts"
import { TaskGroupsObjects } from "../../src/layers/TaskGroupsObjects.ts"
import { createMultitask } from "../../src/programs/createMultitask.ts"
import { makeRequestBudget, RequestBudget } from "../../src/services/RequestBudget.ts"
import { Settings } from "../../src/services/Settings.ts"
import { createSimulator, type Simulator, type VirtualClock } from "../../simulator/index.ts"
import { settingsWith } from "../support/settings.ts"
import { Acts } from "./acts.ts"
import { createFastClock } from "./clock.ts"
import { type Dice, makeDice, surroundings } from "./effects.ts"
import { API_KEY, keyOf } from "./keys.ts"
import { connect } from "./network.ts"
import { ObjectHost } from "./objectHost.ts"
import type { Viewer } from "./viewer.ts"
import { drawWeather, type Weather } from "./weather.ts"

export { API_KEY, keyOf }
const HOUR = 3_600_000
const LISTING = /^GET .*\/runs$/
/** What may be waited for takes 50 s, and an object that dies meanwhile its time. */
const ANSWER_BOUND_MS = 120_000

export interface World {
  readonly seed: string
  readonly weather: Weather
  readonly clock: VirtualClock
  /** Epoch milliseconds. */
  readonly started: number
  readonly dice: Dice
  readonly simulator: Simulator
  readonly settings: SettingsShape
  readonly host: ObjectHost
  readonly viewers: Array<Viewer>
  /** The rows of the group, for all we know: acts add some. */
  readonly inputs: Array<Readonly<Record<string, unknown>>>
  readonly acts: Acts
  readonly violations: Array<string>
  /** How long each listing of the runs took that came to its end, in milliseconds. */
  readonly listings: Array<number>
  readonly timeline: Array<string>
  readonly wish: Wish
  groupId: string
  /** What the group began with. */
  begun: Parameters<TaskGroupObject["begin"]> | null
  /** The caller got upstream's refusal: there is no group. */
  refused: boolean
  unsure: boolean
  log(text: string): void
}

/** What a test fixes of a world; the rest is drawn from the seed. */
export interface Wish {
  readonly weather?: Partial<Weather>
  readonly settings?: Partial<SettingsShape>
  readonly key?: string
  /** Fields of the POST's body. */
  readonly body?: Readonly<Record<string, unknown>>
}

export const makeWorld = (seed: string, wish: Wish = {}): World => {
  const dice = makeDice(seed)
  const clock = createFastClock(Date.parse("2026-11-20T09:00:00Z"))
  const base = settingsWith({
    PARALLEL_BASE_URL: "http://parallel.test",
    ALLOW_PRIVATE_URLS: true,
    ...wish.settings,
  })
  const weather = { ...drawWeather(dice, base.SETTLE_SECONDS * 1000), ...wish.weather }
  const settings = { ...base, OUTPUT_WAIT_HOURS: 2, BATCH_SIZE: weather.batchSize, ...wish.settings }
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
    deleteFails: () => clock.now() < clears && dice.chance(weather.deleteFailRate),
    readToEnd: (path, ms) => {
      if (LISTING.test(path)) world.listings.push(ms)
    },
    hiccup: () => clock.now() < clears && world.groupId !== "" && dice.chance(weather.hiccupRate),
    alarmWeather: () => ({ lateMs: weather.alarmLateMs, twice: dice.chance(weather.alarmTwice) }),
  })
  const inputs = Array.from({ length: weather.rows }, (_, at) => ({ company: `Company ${at}`, n: at }))
  const made: Omit<World, "acts"> = {
    seed,
    weather,
    clock,
    started,
    dice,
    simulator,
    settings,
    host,
    inputs,
    timeline,
    log,
    viewers: [],
    violations: [],
    listings: [],
    wish,
    groupId: "",
    refused: false,
    unsure: false,
    begun: null,
  }
  // Of the world, and part of it.
  const world = made as World & { acts: Acts }
  world.acts = new Acts(world)
  return world
}

export const submit = async (world: World) => {
  const { clock, dice, host, simulator, settings, log, weather } = world
  const wire = connect(simulator, { beforeSend: () => {}, checkpoint: () => {} })
  const object = () => ({
    begin: (...args: Parameters<TaskGroupObject["begin"]>) => {
      world.begun = args
      return host.call((it) => it.begin(...args))
    },
    receive: (...args: Parameters<TaskGroupObject["receive"]>) => {
      world.begun = [args[0], args[1]]
      return host.call((it) => it.receive(...args))
    },
    addInputs: (...args: [never, never]) => host.call((it) => it.addInputs(...args)),
    commit: (...args: Parameters<TaskGroupObject["commit"]>) => host.call((it) => it.commit(...args)),
    standing: (key: string) => host.call((it) => it.standing(key)),
    addPiece: (...args: [never, never, never]) => host.call((it) => it.addPiece(...args)),
    act: (act: never) => host.call((it) => it.act(act)),
    progress: (ms: number) => host.call((it) => it.progress(ms)),
    excerpt: (query: never) => host.call((it) => it.excerpt(query)),
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
      inputs: [...world.inputs],
      processor: "core",
      output_type: "json",
      output_schema: {
        type: "object",
        properties: { ceo_name: { type: "string" }, founded_year: { type: ["string", "null"] } },
        required: ["ceo_name", "founded_year"],
        additionalProperties: false,
      },
      ...webhook,
      ...world.wish.body,
    },
    key: Redacted.make(world.wish.key ?? keyOf(weather)),
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
  let late = false
  clock.setTimer(ANSWER_BOUND_MS, () => (late = true))
  await clock.advanceUntil(() => answer !== null || late, HOUR)
  if (answer === null) {
    world.violations.push("the caller was not answered")
    world.unsure = true
  }
  const [id] = [...simulator.ledger.groups.keys()]
  if (id === undefined) throw new Error("no group was created")
  world.groupId = id
}

export interface Served {
  readonly ended: boolean
  /** How many rows the group had for certain when this was asked for. */
  readonly atLeast: number
  readonly status: {
    readonly num_task_runs: number
    readonly task_run_status_counts: Record<string, number>
    readonly is_active: boolean
    readonly status_message: string
    readonly state: string
    readonly estimated_cost_usd: number | null
  }
  readonly results: ReadonlyArray<Record<string, unknown>>
  readonly runs: ReadonlyArray<Record<string, any>>
  readonly warnings: ReadonlyArray<string>
}

/** The JSON that a reader gets; null when the object died under it. */
export const readJson = async (world: World): Promise<Served | null> => {
  let result: Served | null | undefined
  const atLeast = world.inputs.length
  const read = async () => {
    try {
      const response = await world.host.fetch(new Request("https://object/json"))
      if (response.status !== 200) return null
      const ended = response.headers.get("sunset") !== null
      return { ...(JSON.parse(await response.text()) as Served), ended, atLeast }
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
