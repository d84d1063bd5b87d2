import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

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
