import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { ParallelError } from "./Errors.ts"

/** When something is tried again: every schedule of the product, each with its reason. */

/** `schedule` from its beginning, after each input that `isGood`: what worked is owed no patience for earlier failures. */
const afreshAfter =
  <Input>(isGood: (input: Input) => boolean) =>
  <Output, E, R>(
    schedule: Schedule.Schedule<Output, unknown, E, R>,
  ): Schedule.Schedule<Output, Input, E, R> =>
    Schedule.fromStep(
      Effect.map(Schedule.toStep(schedule), (first) => {
        let step = first
        return (now: number, input: Input) =>
          isGood(input)
            ? Effect.flatMap(Schedule.toStep(schedule), (fresh) => {
                step = fresh
                return step(now, input)
              })
            : step(now, input)
      }),
    )

/**
 * Reaching a group's object that was there a moment ago: at once, since a restart takes it no time, then after 250 ms
 * doubling to 5 s, with jitter, since all its viewers come back together.
 */
export const reachObject = Schedule.once.pipe(
  Schedule.concat(
    Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered),
  ),
)

/** What became of one connection to an object's stream. */
export interface ObjectConnection {
  /** It brought an id that its viewer did not have. */
  hadNews: boolean
  /** The object said that nothing more will come. */
  isOver: boolean
}

/**
 * Connecting a viewer to its object again, for as long as the object may have more to say. Only news counts as success:
 * an object that sends its greeting and dies must not be asked in a loop.
 */
export const followObject = reachObject.pipe(
  afreshAfter<ObjectConnection>(({ hadNews }) => hadNews),
  Schedule.while(({ input }) => !input.isOver),
)

/**
 * Reaching the record of an idempotency key: for about 1.5 s, since a caller waits. Every step may be repeated and may
 * arrive late, because it carries its holder's token.
 */
export const reachRecord = Schedule.exponential("200 millis").pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 3 }),
)

/** Upstream's `Retry-After` may be 0, and it refuses for as long as it is asked at once. */
const RATE_LIMIT_MIN_MS = 1_000

/**
 * A 429 while a caller waits, until `deadline` (epoch milliseconds): again after the time that it names, as long as
 * that leaves a second for the answer. One that names no time, or a longer one, is for the caller to wait out.
 */
export const waitOutRateLimit = (deadline: number) =>
  Schedule.forever.pipe(
    Schedule.setInputType<ParallelError>(),
    Schedule.while(({ input, now }) => {
      const wait = rateLimitWait(input)
      return wait !== null && now + wait + RATE_LIMIT_MIN_MS <= deadline
    }),
    Schedule.modifyDelay(({ input }) => Effect.succeed(Duration.millis(rateLimitWait(input) ?? 0))),
  )

const rateLimitWait = (error: ParallelError): number | null =>
  error._tag === "RateLimited" && error.retryAfterMs !== null
    ? Math.max(error.retryAfterMs, RATE_LIMIT_MIN_MS)
    : null
