import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Clock as SimulatorClock } from "../../../simulator/index.ts"

/** The simulator's clock as Effect's, so that both have the same moment. */
export const effectClock = (clock: SimulatorClock): Clock.Clock => {
  const millis = () => clock.now()
  const nanos = () => BigInt(Math.round(clock.now())) * 1_000_000n
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        const ms = Duration.toMillis(duration)
        if (!Number.isFinite(ms)) return
        const cancel = clock.setTimer(ms, () => resume(Effect.void))
        return Effect.sync(cancel)
      }),
  }
}
