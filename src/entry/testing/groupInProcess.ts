import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { createRandom } from "../../../simulator/core/random.ts"
import { systemClock } from "../../../simulator/http.ts"
import {
  type BehaviourPatch,
  type Clock as SimulatorClock,
  createSimulator,
  type Simulator,
  type VirtualClock,
} from "../../../simulator/index.ts"
import { readSettings, type SettingsShape } from "../../domain/Settings.ts"
import { effectClock } from "./effectClock.ts"
import { localGroupLayers, type LocalGroupServices } from "../localGroupLayers.ts"
import { type NodeSqliteStorage, nodeSqliteStorage } from "./nodeSqliteStorage.ts"

export interface GroupInProcessOptions {
  /** What is drawn: the data that the simulator makes up, its delays, the waits between two attempts. */
  readonly seed?: string | number
  /** Absent: real time. With `createVirtualClock()` nothing takes time. */
  readonly clock?: SimulatorClock
  /** How the simulator behaves. Absent: each run takes less than a tenth of a second, and none fails. */
  readonly behaviour?: BehaviourPatch
  readonly settings?: Partial<SettingsShape>
}

export interface GroupInProcess {
  readonly simulator: Simulator
  readonly storage: NodeSqliteStorage
  readonly settings: SettingsShape
  /** Whatever a program of `parallel-multitask/programs` asks for. */
  readonly layer: Layer.Layer<LocalGroupServices>
  /**
   * Runs a program on the layer to its end; rejects with what it fails with. Where the clock is a virtual one, time moves
   * on until then, at most by `limitMs` (a day). Between two runs nothing goes on; the next one goes on with the group.
   */
  run<A, E>(program: Effect.Effect<A, E, LocalGroupServices>, limitMs?: number): Promise<A>
  /** Interrupts what still runs, which then rejects. */
  close(): Promise<void>
}

const DAY = 86_400_000

const QUICK: BehaviourPatch = {
  runs: { queue_ms: [5, 20], duration_ms: [20, 80], scale_by_processor: false, failure_rate: 0 },
}

/**
 * One task group with the simulator in Parallel's place, all in this process: no network, no port, no file. Any key is
 * taken. Throws in a Node before 22.16 (see `nodeSqliteStorage`).
 */
export const groupInProcess = (options: GroupInProcessOptions = {}): GroupInProcess => {
  const { seed = "seed", clock = systemClock, behaviour = {} } = options
  const storage = nodeSqliteStorage()
  const settings = settingsOf(options.settings)
  const simulator = createSimulator({ clock, seed, behaviour: QUICK })
  simulator.behaviour.patch(behaviour)
  const fetch = (input: URL | RequestInfo, init?: RequestInit) => simulator.handle(new Request(input, init))
  const surroundings = Layer.mergeAll(
    Layer.succeed(FetchHttpClient.Fetch, fetch),
    Layer.succeed(Random.Random, seeded(seed)),
    clock === systemClock ? Layer.empty : Layer.succeed(Clock.Clock, effectClock(clock)),
  )
  const layer = localGroupLayers(storage, settings).pipe(Layer.provideMerge(surroundings))
  const open = new Set<() => Promise<void>>()
  let closed: Promise<void> | undefined
  return {
    simulator,
    storage,
    settings,
    layer,
    run: async (program, limitMs = DAY) => {
      if (closed !== undefined) throw new Error("This group is closed: no program runs on it any more.")
      const stop = new AbortController()
      const running = Effect.runPromise(Effect.provide(program, layer), { signal: stop.signal })
      const interrupt = async () => {
        stop.abort()
        await Promise.allSettled([running])
      }
      open.add(interrupt)
      try {
        await until(clock, running, limitMs)
        return await running
      } finally {
        // Where time is up it still runs.
        await interrupt()
        open.delete(interrupt)
      }
    },
    // What runs on them must have ended before they go.
    close: () =>
      (closed ??= Promise.all([...open].map((interrupt) => interrupt())).then(() => {
        simulator.close()
        storage.close()
      })),
  }
}

/** The simulator serves inputs and takes webhooks by http. */
const settingsOf = (changes: Partial<SettingsShape> = {}): SettingsShape => {
  const read = readSettings({ PARALLEL_BASE_URL: "http://parallel.test", ALLOW_PRIVATE_URLS: true })
  if (!read.ok) throw new Error(read.problems.join("; "))
  return { ...read.settings, ...changes }
}

const until = async (clock: SimulatorClock, running: Promise<unknown>, limitMs: number): Promise<void> => {
  if (!isVirtual(clock)) return
  let isDone = false
  // Whether it failed, whoever waits for it hears.
  void running
    .catch(() => {})
    .finally(() => {
      isDone = true
    })
  await clock.advanceUntil(() => isDone, limitMs)
}

const isVirtual = (clock: SimulatorClock): clock is VirtualClock => "advanceUntil" in clock

const seeded = (seed: string | number) => {
  const random = createRandom("group", seed)
  return {
    nextIntUnsafe: () => Math.floor(random.next() * 2 ** 31),
    nextDoubleUnsafe: () => random.next(),
  }
}
