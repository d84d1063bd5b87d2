import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { compareCounts } from "../../domain/Counts.ts"
import type { EventCursor } from "../../domain/Ids.ts"
import { type SessionEnd, sessions } from "../../domain/Schedules.ts"
import type { GroupEvent } from "../../domain/Wire.ts"
import type { GroupStore } from "../../services/GroupStore.ts"
import { ParallelApi } from "../../services/ParallelApi.ts"
import { RunStore } from "../../services/RunStore.ts"
import { Settings } from "../../services/Settings.ts"
import { takeRuns } from "../listing.ts"
import type { FollowContext } from "./FollowContext.ts"

/**
 * Keeps a stream to the group's events open, for ever: one session after the other. Events are a fast path: what they do
 * not tell, listings do; so every end of a session is alike, whatever its reason.
 */
export const keepSessions = Effect.fnUntraced(function* (context: FollowContext) {
  const settings = yield* Settings
  yield* Effect.repeat(session(context), sessions(settings))
})

/** One session, from the stored cursor on where there is one. */
const session = Effect.fnUntraced(function* (
  context: FollowContext,
): Effect.fn.Return<SessionEnd, never, ParallelApi | RunStore | GroupStore | Settings> {
  const api = yield* ParallelApi
  const store = yield* RunStore
  const settings = yield* Settings
  // Before the session begins: neither its length nor what came in the meantime is the session's.
  yield* context.upstream.turn
  const started = yield* Clock.currentTimeMillis
  const from = context.signals.cursor ?? store.cursor()
  let count = 0
  const result = yield* api.events(context.key(), context.groupId, from).pipe(
    Stream.interruptWhen(Effect.sleep(Duration.seconds(settings.EVENTS_SESSION_SECONDS))),
    Stream.runForEachArray((events) => {
      count += events.length
      context.signals.cursor = lastCursor(events) ?? context.signals.cursor
      return takeEvents(context, events)
    }),
    Effect.result,
  )
  const error = Result.isFailure(result) ? result.failure : null
  const { signals } = context
  // A cursor that is refused, or that yields nothing while there is news, does not work (docs/parallel.md, U8).
  const useless = count === 0 && signals.lastNewsAt > started
  if (from !== null && (error?._tag === "Rejected" || error?._tag === "NotFound" || useless)) {
    signals.cursor = null
    store.dropCursor()
  }
  signals.loss = true
  signals.wake()
  const now = yield* Clock.currentTimeMillis
  return { lengthMs: now - started, error, idleMs: now - store.lastProgressAt() }
})

const lastCursor = (events: ReadonlyArray<GroupEvent>): EventCursor | null => {
  for (const event of events.toReversed()) {
    if (event._tag !== "Trouble" && event.eventId !== null) return event.eventId
  }
  return null
}

const takeEvents = Effect.fnUntraced(function* (context: FollowContext, events: ReadonlyArray<GroupEvent>) {
  const store = yield* RunStore
  const { signals } = context
  signals.lastEventAt = yield* Clock.currentTimeMillis
  yield* takeRuns(events, signals.cursor ?? undefined)
  for (const event of events) {
    if (event._tag === "Trouble") {
      yield* Effect.logWarning(`Parallel's event stream reported an error (${event.refId ?? "no reference"})`)
    } else if (event._tag === "Unreadable") yield* Effect.logDebug(`Skipped: ${event.reason}`)
    else if (event._tag === "Status") signals.seenCounts = event.status.task_run_status_counts
  }
  const seen = signals.seenCounts
  if (seen !== null && compareCounts(seen, store.upstreamCounts()) !== "same") signals.wake()
})
