import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** How slowly the rate comes back after it was halved: one request a second more for this many successes. */
const SUCCESSES_PER_STEP = 20

/**
 * Lets callers through at a rate (per second): halved when upstream says "too many", never below one, and recovering
 * slowly. A second's worth may go at once.
 */
export const makePace = (full: number) => {
  let rate = full
  let tokens = full
  let filledAt: number | null = null
  let pausedUntil = 0
  let successes = 0

  const turn: Effect.Effect<void> = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const start = Math.max(now, pausedUntil)
    tokens = Math.min(rate, tokens + ((start - (filledAt ?? start)) / 1000) * rate)
    filledAt = start
    tokens -= 1
    const wait = start - now + (tokens < 0 ? (-tokens / rate) * 1000 : 0)
    if (wait > 0) yield* Effect.sleep(Duration.millis(wait))
  })

  return {
    turn,
    succeeded: () => {
      if (rate >= full || ++successes < SUCCESSES_PER_STEP) return
      successes = 0
      rate = Math.min(full, rate + 1)
    },
    slowDown: (until: number) => {
      rate = Math.max(Math.min(1, full), rate / 2)
      tokens = Math.min(tokens, 0)
      successes = 0
      pausedUntil = Math.max(pausedUntil, until)
    },
  }
}
