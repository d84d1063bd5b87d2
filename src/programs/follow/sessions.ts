import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { compareCounts } from "../../domain/Counts.ts"
import type { ParallelError } from "../../domain/Errors.ts"
import type { GroupEvent } from "../../domain/Wire.ts"
import { ParallelApi } from "../../services/ParallelApi.ts"
import { Settings } from "../../services/Settings.ts"
import { TaskGroupStore } from "../../services/TaskGroupStore.ts"
import { runUpdates } from "../listing.ts"
import { type FollowContext, noteAnswer } from "./FollowContext.ts"

/** A session at least this long was a good one: the next begins at once. */
const GOOD_SESSION_MS = 30_000
/** The wait before a new connection is at most this share of the time without any change, once that is hours. */
const IDLE_SHARE = 30

/**
 * Keeps a stream to the group's events open, for ever. Events are a fast path: what they do not tell, listings do; so
 * every end of the stream is alike, whatever its reason.
 */
export const keepSessions = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* TaskGroupStore
  const settings = yield* Settings
  let cursor = store.cursor()
  let failures = 0
  for (;;) {
    const started = yield* Clock.currentTimeMillis
    const session = yield* oneSession(context, cursor)
    cursor = session.cursor
    const now = yield* Clock.currentTimeMillis
    const length = now - started
    // A cursor that is refused, or that yields nothing while there is news, does not work (docs/parallel.md, U8).
    const useless = session.events === 0 && context.signals.lastNewsAt > started
    if (
      cursor !== null &&
      (session.error?._tag === "Rejected" || session.error?._tag === "NotFound" || useless)
    ) {
      cursor = null
      store.dropCursor()
    }
    // A session that said nothing proves nothing; one that did has been noted while it lasted.
    if (session.error !== null) yield* noteAnswer(context, session.error)
    failures = length >= GOOD_SESSION_MS ? 0 : failures + 1
    context.signals.loss = true
    context.signals.wake()
    const asked = session.error?._tag === "RateLimited" ? (session.error.retryAfterMs ?? 0) : 0
    // Where nothing has happened for hours, streams that end at once are opened less often.
    const longest = Math.max(
      settings.RECONNECT_MAX_SECONDS,
      (now - store.lastProgressAt()) / 1000 / IDLE_SHARE,
    )
    const growing = Math.min(settings.RECONNECT_MIN_SECONDS * 2 ** Math.max(0, failures - 1), longest)
    const wait = failures === 0 ? 0 : growing * 1000 * (yield* Random.nextBetween(0.5, 1))
    const spacing = settings.RECONNECT_MIN_SECONDS * 1000 * (yield* Random.nextBetween(1, 1.25)) - length
    yield* Effect.sleep(Duration.millis(Math.max(wait, spacing, asked, 0)))
  }
})

interface Session {
  readonly events: number
  readonly cursor: string | null
  readonly error: ParallelError | null
}

const oneSession = Effect.fnUntraced(function* (context: FollowContext, from: string | null) {
  const api = yield* ParallelApi
  const settings = yield* Settings
  let cursor = from
  let count = 0
  const result = yield* api.events(context.key, context.groupId, from).pipe(
    Stream.timeoutOrElse({
      duration: Duration.seconds(settings.EVENTS_SILENCE_SECONDS),
      orElse: () => Stream.empty,
    }),
    Stream.interruptWhen(Effect.sleep(Duration.seconds(settings.EVENTS_SESSION_SECONDS))),
    Stream.runForEachArray((events) => {
      count += events.length
      cursor = lastEventId(events) ?? cursor
      return takeEvents(context, events, cursor)
    }),
    Effect.result,
  )
  const session: Session = { events: count, cursor, error: Result.isFailure(result) ? result.failure : null }
  return session
})

const lastEventId = (events: ReadonlyArray<GroupEvent>): string | null => {
  for (const event of events.toReversed()) {
    if (event._tag !== "Trouble" && event.eventId !== null) return event.eventId
  }
  return null
}

const takeEvents = Effect.fnUntraced(function* (
  context: FollowContext,
  events: ReadonlyArray<GroupEvent>,
  cursor: string | null,
) {
  const store = yield* TaskGroupStore
  const now = yield* Clock.currentTimeMillis
  context.signals.lastEventAt = now
  store.apply(runUpdates(events), now, cursor ?? undefined)
  for (const event of events) {
    if (event._tag === "Trouble") {
      yield* Effect.logWarning(`Parallel's event stream reported an error (${event.refId ?? "no reference"})`)
    } else if (event._tag === "Unreadable") yield* Effect.logDebug(`Skipped: ${event.reason}`)
    else if (event._tag === "Status") context.signals.seenCounts = event.status.task_run_status_counts
  }
  const seen = context.signals.seenCounts
  if (seen !== null && compareCounts(seen, store.upstreamCounts()) !== "same") context.signals.wake()
  if (store.refusedSince() !== null) yield* noteAnswer(context, null)
})
