import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** After a refusal: one request a second more for this many successes. */
const SUCCESSES_PER_STEP = 20
/** As fast as one object can take outputs in. */
const MOST_PER_SECOND = 1_000

export interface PaceOptions {
  /** Requests per second, at first. */
  readonly rate: number
  /** How many may go without that limit; never less than a second's worth. */
  readonly burst: number
}

/** A request that was let through: tells a refusal of it from refusals of what was sent before. */
export type Turn = number

export type Pace = ReturnType<typeof makePace>

/**
 * Lets requests through: as many at once as are saved up, and what is used up comes back at a rate, which finds its own
 * height. It grows while what is saved up is used up, and requests are answered: doubling with every second's worth
 * until upstream first says "too many", and by one for every few answers after that. When upstream says so, the rate is
 * halved (never below one), nothing is saved up any more, and no more than a second's worth can be until requests have
 * succeeded: a refused burst is not repeated. Requests that were under way together are refused together, which counts
 * once.
 */
export const makePace = ({ rate: first, burst }: PaceOptions) => {
  const most = Math.max(burst, first, 1)
  let rate = first
  let capacity = most
  let tokens = most
  /** Up to when what came back is counted; in the future when upstream wants to be left alone until then. */
  let filledAt = 0
  let successes = 0
  let refusals = 0

  /** Milliseconds until `count` more requests may have gone. */
  const timeFor = (count: number, now: number): number => {
    if (now > filledAt) {
      tokens = Math.min(Math.max(capacity, rate), tokens + ((now - filledAt) / 1000) * rate)
      filledAt = now
    }
    return Math.ceil(filledAt - now + Math.max(0, ((count - tokens) / rate) * 1000))
  }

  const take = (): Turn => {
    tokens -= 1
    return refusals
  }

  /** Waits until one more request may go. */
  const turn: Effect.Effect<Turn> = Effect.gen(function* () {
    for (;;) {
      const wait = timeFor(1, yield* Clock.currentTimeMillis)
      if (wait <= 0) return take()
      yield* Effect.sleep(Duration.millis(wait))
    }
  })

  return {
    timeFor,
    /** One more request goes; only when `timeFor(1, now)` is 0. */
    take,
    turn,
    /** Until when upstream wants to be left alone. */
    pausedUntil: () => filledAt,
    succeeded: () => {
      capacity = Math.min(most, capacity + 1)
      // Where much is saved up, nothing needs more than the rate, or has shown that more would be answered.
      if (tokens >= capacity / 2 || rate >= MOST_PER_SECOND) return
      if (refusals > 0 && ++successes < SUCCESSES_PER_STEP) return
      successes = 0
      rate = Math.min(MOST_PER_SECOND, rate + 1)
    },
    refused: (sent: Turn, until: number) => {
      filledAt = Math.max(filledAt, until)
      if (sent < refusals) return
      refusals++
      rate = Math.max(Math.min(1, first), rate / 2)
      capacity = Math.max(1, rate)
      tokens = Math.min(tokens, 0)
      successes = 0
    },
  }
}
