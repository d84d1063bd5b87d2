import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import type { ParallelError } from "./Errors.ts"
import type { SettingsShape } from "./Settings.ts"

/**
 * Every schedule by which something is tried, asked or waited for again, with its reason. Nothing else in the product
 * lets a wait grow.
 */

const HOUR_MS = 3_600_000

/** Waits that grow by a factor up to a longest one. */
const growing = (first: Duration.Input, factor: number, longest: Duration.Input) =>
  Schedule.min([Schedule.exponential(first, factor), Schedule.spaced(longest)])

const between = (firstSeconds: number, longestSeconds: number) =>
  growing(Duration.seconds(firstSeconds), 2, Duration.seconds(longestSeconds))

/**
 * Clocks count whole milliseconds, and a sleep is cut to nanoseconds: a time that lies between two of them would be
 * missed by nothing, and waited for again in no time, over and over.
 */
const wholeMillis = (duration: Duration.Duration): Duration.Duration =>
  Duration.millis(Math.ceil(Duration.toMillis(duration)))

/** With up to a fifth more or less. */
const jittered = <Output, Input>(schedule: Schedule.Schedule<Output, Input>) =>
  Schedule.jittered(schedule).pipe(
    Schedule.modifyDelay(({ duration }) => Effect.succeed(wholeMillis(duration))),
  )

/** What an error says about when to ask again; 0 when it says nothing. */
export const askedToWait = (error: ParallelError | null): number =>
  error?._tag === "RateLimited" ? (error.retryAfterMs ?? 1_000) : 0

/** Waits at least as long as an upstream error asks for. */
const respecting = <Output>(schedule: Schedule.Schedule<Output>) =>
  schedule.pipe(
    Schedule.setInputType<ParallelError>(),
    Schedule.modifyDelay(({ input, duration }) =>
      Effect.succeed(Duration.max(duration, Duration.millis(askedToWait(input)))),
    ),
  )

/** The schedule, which begins anew after an input that says that all is well. */
const anewAfter = <Output, Input>(
  schedule: Schedule.Schedule<Output, Input>,
  isWell: (input: Input) => boolean,
): Schedule.Schedule<Output, Input> =>
  Schedule.fromStep(
    Effect.sync(() => {
      let step: Effect.Success<ReturnType<typeof Schedule.toStep<Output, Input, never, never>>> | null = null
      return (now: number, input: Input) =>
        Effect.gen(function* () {
          if (step === null || isWell(input)) step = yield* Schedule.toStep(schedule)
          return yield* step(now, input)
        })
    }),
  )

// Calls

/** A call to Parallel that may be repeated: a hiccup is over in a moment, and the caller waits. */
export const call = Schedule.exponential("500 millis").pipe(
  jittered,
  Schedule.upTo({ times: 2 }),
  Schedule.setInputType<ParallelError>(),
  Schedule.while(({ input }) => input._tag === "Unavailable" && !input.timedOut),
)

/** A step at an object that may be repeated: what is there already changes nothing. About 1.5 s, since a caller waits. */
export const objectStep = Schedule.exponential("200 millis").pipe(jittered, Schedule.upTo({ times: 3 }))

/** The commit is where money begins: an object that is being replaced is back within seconds. */
export const commit = growing("200 millis", 2, "3 seconds").pipe(jittered, Schedule.upTo({ times: 8 }))

/** An inputs URL has 10 s for each attempt, of the 30 s in which the group is prepared. */
export const inputs = Schedule.exponential("300 millis").pipe(jittered, Schedule.upTo({ times: 2 }))

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

// Viewers

/**
 * Reaching a group's object that was there a moment ago: at once, since a restart takes it no time, then after 250 ms
 * doubling to 5 s, with jitter, since all its viewers come back together.
 */
export const reachObject = Schedule.once.pipe(
  Schedule.concat(growing("250 millis", 2, "5 seconds").pipe(jittered)),
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
export const followObject = anewAfter(
  Schedule.setInputType<ObjectConnection>()(reachObject),
  ({ hadNews }) => hadNews,
).pipe(Schedule.while(({ input }) => !input.isOver))

// Submission

/** Reading what became of a lost batch is free of consequences, so that only a refusal ends it. */
export const settling = growing("2 seconds", 2, "2 minutes").pipe(
  jittered,
  respecting,
  Schedule.while(({ input }) => input._tag !== "Unauthorized" && input._tag !== "NotFound"),
)

/** Looks at the list until two agree: the second after half of SETTLE_SECONDS, then ever farther apart. */
export const settlingLooks = ({ SETTLE_SECONDS }: SettingsShape) =>
  growing(Duration.seconds(SETTLE_SECONDS / 2), 1.5, Duration.seconds(Math.max(SETTLE_SECONDS, 120)))

/** Too many requests without a word on how long: adding runs shares its limit with all groups of the key. */
export const rateLimited = growing("2 seconds", 2, "1 minute")

/** Reserved credit comes back when running tasks release it; asked after 5 to 60 minutes (SPEC 1). */
export const credit = (settings: SettingsShape) =>
  between(settings.CREDIT_RETRY_MIN_SECONDS, settings.CREDIT_RETRY_MAX_SECONDS)

/** A proxy that refuses batches: the bad rows are found by halving, each round after a settling; nobody is in a hurry. */
export const edge = (settings: SettingsShape) =>
  between(settings.EDGE_RETRY_MIN_SECONDS, settings.EDGE_RETRY_MAX_SECONDS)

// Following

/** Upstream refuses the key or the group: an incident may last hours, and a key may be restored. */
export const refused = (settings: SettingsShape) =>
  between(settings.REFUSED_RETRY_MIN_SECONDS, settings.REFUSED_RETRY_MAX_SECONDS).pipe(jittered)

/** How a session with the group's events went. */
export interface SessionEnd {
  readonly lengthMs: number
  readonly error: ParallelError | null
  /** How long nothing has changed in the group. */
  readonly idleMs: number
}

/** A session at least this long was a good one: the next begins at once. */
const GOOD_SESSION_MS = 30_000
/** The wait before a new connection is at most this share of the time without any change, once that is hours. */
const IDLE_SHARE = 30

/**
 * Sessions with the group's events: at once after a good one, else with growing waits, at most one connection a second
 * (SPEC 3), and farther apart where nothing has happened for hours. As long as upstream asks for, if it does.
 */
export const sessions = ({ RECONNECT_MIN_SECONDS, RECONNECT_MAX_SECONDS }: SettingsShape) =>
  anewAfter(
    Schedule.exponential(Duration.seconds(RECONNECT_MIN_SECONDS)).pipe(
      Schedule.setInputType<SessionEnd>(),
      Schedule.modifyDelay(({ input, duration }) =>
        Effect.succeed(
          input.lengthMs >= GOOD_SESSION_MS
            ? Duration.zero
            : Duration.min(
                duration,
                Duration.millis(Math.max(RECONNECT_MAX_SECONDS * 1000, input.idleMs / IDLE_SHARE)),
              ),
        ),
      ),
      jittered,
      Schedule.modifyDelay(({ input, duration }) =>
        Effect.succeed(
          Duration.millis(
            Math.max(
              Duration.toMillis(duration),
              RECONNECT_MIN_SECONDS * 1250 - input.lengthMs,
              askedToWait(input.error),
            ),
          ),
        ),
      ),
    ),
    ({ lengthMs }) => lengthMs >= GOOD_SESSION_MS,
  )

/** A check of the group that failed. */
export const check = growing("2 seconds", 2, "1 minute").pipe(respecting)

/** A listing with outputs that failed. */
export const bulkPass = growing("2 seconds", 2, "1 minute").pipe(respecting)

export interface OutputAttempt {
  readonly error: ParallelError
  /** How long the run has been completed, for all we know. */
  readonly missingForMs: number
}

/** An output that is not there yet, or could not be had. */
export const output = growing("1 second", 2, "2 minutes").pipe(
  Schedule.setInputType<OutputAttempt>(),
  Schedule.modifyDelay(({ input, duration }) =>
    // One that has been missing for hours is not worth a request every two minutes.
    Effect.succeed(
      Duration.millis(
        input.error._tag === "RateLimited"
          ? askedToWait(input.error)
          : Math.max(Duration.toMillis(duration), Math.min(input.missingForMs / 10, HOUR_MS)),
      ),
    ),
  ),
)

/** Listings for queued and running alone, which only who looks wants: ever farther apart. */
export const activeListings = growing("3 seconds", 2, "1 minute")

/** The same difference between the counts and our rows, looked into in vain: a listing may lag behind the counts. */
export const fruitless = ({ RECONCILE_SECONDS }: SettingsShape) => between(2.5, RECONCILE_SECONDS / 2)

/** What the stream suggests in vain: it may repeat old counts, or end, for ever. */
export const suspicions = growing("1 second", 2, "30 seconds")

/** Quiet after which the group's counts are asked for, while nothing changes; `idleMs` long where nothing has for hours. */
export const quiet = ({ POLL_MIN_SECONDS, POLL_MAX_SECONDS }: SettingsShape) =>
  Schedule.exponential(Duration.seconds(POLL_MIN_SECONDS * 1.5), 1.5).pipe(
    Schedule.setInputType<number>(),
    Schedule.modifyDelay(({ input, duration }) =>
      Effect.succeed(
        Duration.min(duration, Duration.millis(Math.max(POLL_MAX_SECONDS * 1000, input / IDLE_SHARE))),
      ),
    ),
  )

/** The last look before a group is called done: about a minute's worth, because a run is assumed to be listed by then. */
export const lastLooks = Schedule.exponential("1 second").pipe(jittered, Schedule.upTo({ times: 6 }))

/** Where only a listing can tell which input a run is of, it is worth twenty minutes. */
export const namingLooks = Schedule.spaced("1 minute").pipe(Schedule.upTo({ times: 10 }))

// The end

/** A receiver may be down for a moment or for a day: from 5 s doubling up to hourly (SPEC 3). */
export const webhook = (settings: SettingsShape) =>
  between(settings.WEBHOOK_RETRY_MIN_SECONDS, settings.WEBHOOK_RETRY_MAX_SECONDS).pipe(jittered)

/** Alarms of a group that is kept in a process, where no platform fires them. */
export const localAlarms = Schedule.spaced("1 second")

/** A schedule that is gone through step by step, by who has other things to do between them. */
export interface Steps<Input> {
  /** The wait before the next attempt, milliseconds. */
  readonly next: (input: Input) => Effect.Effect<number>
  /** The next step is the first again. */
  readonly reset: () => void
}

export const stepsOf = <Output, Input>(schedule: Schedule.Schedule<Output, Input>): Steps<Input> => {
  let step: Effect.Success<ReturnType<typeof Schedule.toStep<Output, Input, never, never>>> | null = null
  return {
    next: Effect.fnUntraced(function* (input: Input) {
      const now = yield* Clock.currentTimeMillis
      step ??= yield* Schedule.toStep(schedule)
      return yield* step(now, input).pipe(
        Effect.map(([, wait]) => Duration.toMillis(wholeMillis(wait))),
        Pull.catchDone(() => Effect.succeed(Number.POSITIVE_INFINITY)),
      )
    }),
    reset: () => {
      step = null
    },
  }
}

/** The wait after so many attempts, milliseconds: of a schedule whose place is kept in storage. */
export const waitAfter = Effect.fnUntraced(function* <Output>(
  schedule: Schedule.Schedule<Output>,
  attempts: number,
) {
  const steps = stepsOf(schedule)
  let wait = 0
  for (let attempt = 0; attempt < Math.max(1, attempts); attempt++) wait = yield* steps.next(undefined)
  return wait
})
