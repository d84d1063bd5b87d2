import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Publisher } from "../services/Publisher.ts"
import { AT_ONCE, makeRounds, type Timers, VIEWERS } from "./viewerRounds.ts"

/** A publisher for the waiters of one object. */
export const makePublisher = (timers: Timers): Publisher["Service"] => {
  let version = 0
  /** The version that viewers were last told of. */
  let shown = 0
  let closed = false
  const programs = makeRounds(timers, AT_ONCE)
  const viewers = makeRounds(timers, VIEWERS)
  const stir = () => {
    version++
    programs.announce()
  }
  return Publisher.of({
    publish: () => {
      shown = version + 1
      stir()
      viewers.announce()
    },
    stir,
    version: () => version,
    waitBeyond: (seen, withinMs = Number.POSITIVE_INFINITY) =>
      Effect.callback<void>((resume) => {
        if (version > seen || closed) return resume(Effect.void)
        return Effect.sync(programs.join(() => resume(Effect.void), withinMs, false))
      }),
    waitForRound: (seen, withinMs) =>
      Effect.callback<void>((resume) => {
        if (closed) return resume(Effect.void)
        return Effect.sync(viewers.join(() => resume(Effect.void), withinMs, shown > seen))
      }),
    close: () => {
      closed = true
      programs.close()
      viewers.close()
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
