import * as Clock from "effect/Clock"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { Clock as SimulatorClock } from "../../simulator/index.ts"
import { effectClock } from "../../src/entry/testing/effectClock.ts"

/** Random numbers of one seed (sfc32 seeded by a string hash). */
export interface Dice {
  next(): number
  between(min: number, max: number): number
  whole(min: number, max: number): number
  chance(probability: number): boolean
  pick<A>(items: ReadonlyArray<A>): A
}

export const makeDice = (seed: string): Dice => {
  let h = 1779033703 ^ seed.length
  const hash = () => {
    h = Math.imul(h ^ (h >>> 16), 2246822507)
    h = Math.imul(h ^ (h >>> 13), 3266489909)
    return (h ^= h >>> 16) >>> 0
  }
  for (let at = 0; at < seed.length; at++) {
    h = Math.imul(h ^ seed.charCodeAt(at), 3432918353)
    h = (h << 13) | (h >>> 19)
  }
  let [a, b, c, d] = [hash(), hash(), hash(), hash()]
  const next = () => {
    const t = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return (t >>> 0) / 4294967296
  }
  for (let warm = 0; warm < 12; warm++) next()
  return {
    next,
    between: (min, max) => min + next() * (max - min),
    whole: (min, max) => Math.floor(min + next() * (max - min + 1)),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)]!,
  }
}

/**
 * Effect's surroundings from one clock, one seed and one network. The scheduler works in microtasks, so that all that
 * can happen at a moment has happened before the next macrotask.
 */
export const surroundings = (options: {
  readonly clock: SimulatorClock
  readonly dice: Dice
  readonly fetch: typeof globalThis.fetch
  readonly log: (text: string) => void
}) =>
  Layer.mergeAll(
    Layer.succeed(Clock.Clock, effectClock(options.clock)),
    Layer.succeed(Random.Random, {
      nextIntUnsafe: () => Math.floor(options.dice.next() * 2 ** 31),
      nextDoubleUnsafe: () => options.dice.next(),
    }),
    Layer.succeed(
      Scheduler.Scheduler,
      new Scheduler.MixedScheduler("async", (task) => {
        let cancelled = false
        queueMicrotask(() => {
          if (!cancelled) task()
        })
        return () => {
          cancelled = true
        }
      }),
    ),
    Layer.succeed(FetchHttpClient.Fetch, options.fetch),
    Logger.layer([
      Logger.make(({ message, cause }) =>
        options.log(`${JSON.stringify(message)} ${cause.reasons.length > 0 ? String(cause) : ""}`),
      ),
    ]),
  )
