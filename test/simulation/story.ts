import type { SettingsShape } from "../../src/domain/Settings.ts"
import type { RouteName } from "../../simulator/index.ts"
import { NO_ACTS } from "./plannedActs.ts"
import type { ObjectHost } from "./objectHost.ts"
import { Viewer } from "./viewer.ts"
import type { Weather } from "./weather.ts"
import { makeWorld, readJson, type Served, type Wish, type World } from "./world.ts"

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const CALM: Partial<Weather> = {
  kind: "calm",
  rows: 4,
  behaviour: {},
  faults: [],
  crashRate: 0,
  hiccupRate: 0,
  clearsAt: 0,
  alarmLateMs: 0,
  alarmTwice: 0,
  viewers: [],
  longTrouble: null,
  webhook: "none",
  batchSize: 1_000,
  creditFor: null,
  badRow: null,
  edge: null,
  neighbours: [],
  deleteFailRate: 0,
  polled: false,
  acts: NO_ACTS,
}

/** A world without surprises but those that the test adds. */
export const world = (wish: Wish = {}): World => {
  const made = makeWorld("story", { ...wish, weather: { ...CALM, ...wish.weather } })
  made.simulator.behaviour.set({ runs: { failure_rate: 0 }, ...wish.weather?.behaviour })
  return made
}

export const read = async (of: World): Promise<Served> => {
  const data = await readJson(of)
  if (data === null) throw new Error("the group cannot be read")
  return data
}

export const runsOf = (of: World) => of.simulator.ledger.groups.get(of.groupId)?.runs ?? []

/** Sets when each run begins and ends, in milliseconds from now. */
export const reschedule = (
  of: World,
  plan: (index: number) => { readonly startsIn: number; readonly endsIn: number },
): void => {
  const group = of.simulator.ledger.groups.get(of.groupId)!
  const now = of.clock.now()
  of.simulator.context.logs.reschedule(group, now, () => {
    for (const run of group.runs) {
      const { startsIn, endsIn } = plan(run.ordinal)
      run.startAt = now + startsIn
      run.endAt = now + endsIn
    }
  })
  // Streams that are open wait for what was to come next before.
  of.simulator.override(of.groupId, { input_index: -1 })
}

/** When the last run ended upstream. */
export const lastEnd = (of: World): number => Math.max(...runsOf(of).map(({ endAt }) => endAt))

/** How long after each run's end its row changed for the last time: when its output was stored. */
export const delays = (of: World): ReadonlyArray<number> => {
  const runs = runsOf(of)
  const rows = of.host.disk.exec("SELECT input_index, updated_at FROM runs ORDER BY input_index", [])
  return rows.map(([index, at]) => (at as number) - runs[index as number]!.endAt)
}

export const quantile = (values: ReadonlyArray<number>, q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)]!

export const count = (of: World, route: string) => of.simulator.requests.counts[route] ?? 0
export const ADD = "POST /v1/tasks/groups/{group}/runs"
export const EVENTS = "GET /v1/tasks/groups/{group}/events"
export const LIST = "GET /v1/tasks/groups/{group}/runs"
export const GET = "GET /v1/tasks/groups/{group}"
export const RESULT = "GET /v1/tasks/runs/{run}/result"
export const RUN = "GET /v1/tasks/runs/{run}"

type Trouble = NonNullable<Parameters<World["simulator"]["faults"]["push"]>[0]["fault"]>

/** What a proxy says for a service that is not there. */
export const OUT: Trouble = { kind: "status", status: 503, body: "html" }

/** A refusal of upstream's own. */
export const refusal = (status: number): Trouble => ({ kind: "status", status })

/** From now on, for so long, this is the answer on these routes. */
export const trouble = (
  of: World,
  ms: number,
  fault: Trouble,
  routes: ReadonlyArray<RouteName | "*"> = ["*"],
): void => {
  for (const route of routes) of.simulator.faults.push({ route, lasts_ms: ms, fault })
}

export const statusesOf = async (of: World) => (await read(of)).results.map((row) => row["$status"])

/** Somebody who watches from now on. */
export const watch = (
  of: World,
  wish: {
    readonly host?: Pick<ObjectHost, "fetch">
    readonly hangUpRate?: number
    readonly name?: string
  } = {},
): Viewer => {
  const viewer = new Viewer({
    name: "viewer",
    clock: of.clock,
    dice: of.dice,
    host: of.host,
    slowMs: 0,
    hangUpRate: 0,
    violation: (text) => of.violations.push(text),
    ...wish,
  })
  void viewer.watch()
  return viewer
}

/** At most so many characters of inputs in one request. */
export const cutAtChars = (chars: number): Partial<SettingsShape> => ({ BATCH_CHARS: chars })
