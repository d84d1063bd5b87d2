import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Publisher } from "../services/Publisher.ts"
import { makeRounds, type Timers } from "./viewerRounds.ts"

/** A publisher for the waiters of one object. */
export const makePublisher = (timers: Timers): Publisher["Service"] => {
  let version = 0
  let closed = false
  let waiters = new Set<() => void>()
  const rounds = makeRounds(timers)
  const wakeAll = () => {
    const woken = waiters
    waiters = new Set()
    for (const wake of woken) wake()
  }
  return Publisher.of({
    publish: () => {
      version++
      wakeAll()
      rounds.announce()
    },
    version: () => version,
    waitBeyond: (seen) =>
      Effect.callback<void>((resume) => {
        if (version > seen || closed) return resume(Effect.void)
        const wake = () => resume(Effect.void)
        waiters.add(wake)
        return Effect.sync(() => waiters.delete(wake))
      }),
    waitForRound: (seen, withinMs) =>
      Effect.callback<void>((resume) => {
        if (closed) return resume(Effect.void)
        const leave = rounds.join(() => resume(Effect.void), withinMs, version > seen)
        return Effect.sync(leave)
      }),
    close: () => {
      closed = true
      wakeAll()
      rounds.close()
    },
    isClosed: () => closed,
  })
}

/** Alarms as fibers of the scope, on its clock. */
const scopedTimers: Effect.Effect<Timers> = Effect.gen(function* () {
  const clock = yield* Clock.clockWith(Effect.succeed)
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  return {
    now: () => clock.currentTimeMillisUnsafe(),
    later: (ms, fn) => {
      const fiber = fork(Effect.andThen(Effect.sleep(Duration.millis(ms)), Effect.sync(fn)))
      return () => fiber.interruptUnsafe()
    },
  } satisfies Timers
})

export const PublisherLive: Layer.Layer<Publisher> = Layer.effect(
  Publisher,
  Effect.map(scopedTimers, makePublisher),
)
