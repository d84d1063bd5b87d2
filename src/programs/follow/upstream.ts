import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ParallelError, Refusal } from "../../domain/Errors.ts"
import { refused, stepsOf } from "../../domain/Schedules.ts"
import { GroupStore } from "../../services/GroupStore.ts"
import { ParallelApi } from "../../services/ParallelApi.ts"
import { RunStore } from "../../services/RunStore.ts"
import { Settings } from "../../services/Settings.ts"

/** Two answers farther apart than this tell nothing about the time between them: a group at rest is looked at hourly. */
const APART_MS = 2 * 3_600_000
/** What is remembered is written this often, and when the follower ends: a crash costs that much of a wait. */
const SAVE_EVERY_MS = 600_000

const HOUR_MS = 3_600_000

export type Upstream = Effect.Success<ReturnType<typeof makeUpstream>>

/**
 * What is known of upstream itself: for how long it has been answering, and whether it refuses. Whatever counts against a
 * run, an output or a batch counts time in which upstream answered: an outage decides nothing, however long it is.
 */
export const makeUpstream = Effect.fnUntraced(function* () {
  const store = yield* RunStore
  const group = yield* GroupStore
  const settings = yield* Settings
  const steps = stepsOf(refused(settings))
  const remembered = store.memory()
  let { answeredMs, answeredAt, refusedAt } = remembered
  const { since } = remembered
  const late = new Map(Object.entries(remembered.lateOutputs))
  let isSaved = true
  let savedAt = 0
  let refusal: Refusal | null = null
  let askAgainAt = 0

  /** An output may have come by another door: that an earlier attempt's was late says nothing of the next one's. */
  const nameOf = (inputIndex: number): string => {
    const attempt = store.attempts([inputIndex])[0]?.attempt ?? 1
    return attempt === 1 ? String(inputIndex) : `${inputIndex}/${attempt}`
  }

  const save = () => {
    const lateOutputs = Object.fromEntries(late)
    if (!isSaved)
      store.remember({
        answeredMs,
        answeredAt,
        refusedAt,
        lateOutputs,
        ...(since !== undefined && { since }),
      })
    isSaved = true
  }

  const count = (error: ParallelError | null, now: number) => {
    isSaved = false
    if (!isAnswer(error)) {
      answeredAt = null
      return
    }
    if (answeredAt !== null && now - answeredAt <= APART_MS) answeredMs += now - answeredAt
    answeredAt = now
    if (now - savedAt < SAVE_EVERY_MS) return
    savedAt = now
    save()
  }

  /** Notes how a call ended, and whether it speaks of the key or the group as a whole. */
  const note = Effect.fnUntraced(function* (error: ParallelError | null, concerns: "group" | "run") {
    const now = yield* Clock.currentTimeMillis
    count(error, now)
    const refuses =
      error?._tag === "Unauthorized" || (error?._tag === "NotFound" && concerns === "group") ? error : null
    if (refuses !== null) {
      refusal = refuses
      refusedAt ??= answeredMs
      if (now >= askAgainAt) askAgainAt = now + (yield* steps.next(undefined))
      save()
      group.say(
        "following",
        `Parallel refuses access to this group (${refuses.status}: ${refuses.message}). It is asked again, ever more rarely, for ${settings.REFUSED_HOURS} hours.`,
      )
    } else if (error === null && concerns === "group" && refusedAt !== null) {
      refusal = null
      // While it refused it said nothing of outputs.
      for (const [name, since] of late) late.set(name, since + answeredMs - refusedAt)
      refusedAt = null
      steps.reset()
      save()
      group.say("following", null)
    }
  })

  /** While upstream refuses, whoever wants to ask it waits until it is time to ask again. */
  const turn = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    if (refusedAt !== null && now < askAgainAt) yield* Effect.sleep(Duration.millis(askAgainAt - now))
  })

  const noted =
    (concerns: "group" | "run") =>
    <A, R>(call: Effect.Effect<A, ParallelError, R>): Effect.Effect<A, ParallelError, R> =>
      turn.pipe(
        Effect.andThen(call),
        Effect.tap(() => note(null, concerns)),
        Effect.tapError((error) => note(error, concerns)),
      )

  /** A stream that has said something is an answer; one that ends without a word says nothing. */
  const notedStream = <A, R>(
    stream: Stream.Stream<A, ParallelError, R>,
  ): Stream.Stream<A, ParallelError, R> =>
    Stream.suspend(() => {
      let heard = false
      return stream.pipe(
        Stream.mapArrayEffect((items) => {
          if (heard && refusedAt === null) return Effect.succeed(items)
          heard = true
          return Effect.as(note(null, "group"), items)
        }),
        Stream.tapError((error) => note(error, "group")),
      )
    })

  const listen = (api: ParallelApi["Service"]): ParallelApi["Service"] => ({
    ...api,
    addRuns: (key, id, request) =>
      api.addRuns(key, id, request).pipe(
        Effect.tap(() => Effect.map(Clock.currentTimeMillis, (now) => count(null, now))),
        Effect.tapError((error) => Effect.map(Clock.currentTimeMillis, (now) => count(error, now))),
      ),
    getTaskGroup: (...args) => noted("group")(api.getTaskGroup(...args)),
    listRuns: (...args) => Stream.concat(Stream.fromEffectDrain(turn), notedStream(api.listRuns(...args))),
    // A session waits for its turn itself, so that the wait is not taken for its length.
    events: (...args) => notedStream(api.events(...args)),
    getRun: (...args) => noted("run")(api.getRun(...args)),
    getResult: (...args) => noted("run")(api.getResult(...args)),
  })

  return {
    /** For how long upstream has been answering, milliseconds. */
    answeredMs: () => answeredMs,
    /** The refusal of the key or the group that has lasted as long as it may; null while there is none. */
    lastingRefusal: (): Refusal | null =>
      refusedAt !== null && answeredMs - refusedAt >= settings.REFUSED_HOURS * HOUR_MS ? refusal : null,
    turn,
    /** For how long upstream has been answering that a run's output is not there: a refusal says nothing of it. */
    lateFor: (inputIndex: number): number => {
      if (refusedAt !== null) return 0
      const name = nameOf(inputIndex)
      const since = late.get(name) ?? answeredMs
      late.set(name, since)
      return answeredMs - since
    },
    outputCame: (inputIndex: number) => void late.delete(nameOf(inputIndex)),
    save,
    /** The same API, which notes how every call ends. */
    listening: <A, E, R>(program: Effect.Effect<A, E, R>) =>
      Effect.flatMap(ParallelApi, (api) => Effect.provideService(program, ParallelApi, listen(api))),
  }
})

/** Whether upstream itself said something. A 408 is how it says that a result is not there yet. */
const isAnswer = (error: ParallelError | null): boolean =>
  error === null || error._tag !== "Unavailable" || error.status === 408
