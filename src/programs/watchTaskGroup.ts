import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { OutputForm } from "../domain/RunJson.ts"
import { Publisher } from "../services/Publisher.ts"
import { Settings } from "../services/Settings.ts"
import { type EventReader, GroupReader } from "../services/GroupReader.ts"

/** Between two status events while rows keep changing; the last one is never left out. */
const STATUS_EVERY_MS = 250

const heartbeat = new TextEncoder().encode(": keep-alive\n\n")

/** Where a viewer begins: after the change it has seen; from the start when it names one that we never gave. */
export const viewerPosition = (lastEventId: string | null, newest: number): number => {
  if (lastEventId === null || !/^\d{1,15}$/.test(lastEventId)) return 0
  const position = Number(lastEventId)
  return position <= newest ? position : 0
}

/** True when a viewer with this id has seen everything there will ever be. */
export const hasSeenTheEnd = (lastEventId: string | null, endChange: number | null): boolean =>
  endChange !== null &&
  lastEventId !== null &&
  /^\d{1,15}$/.test(lastEventId) &&
  Number(lastEventId) === endChange

/**
 * One viewer's stream: the rows changed after `lastEventId`, each as it is now, then what changes, until `done`. It
 * reads only when the viewer has taken what it was given, so that a slow viewer holds nothing and misses only
 * intermediate states.
 */
export const watchTaskGroup = (
  lastEventId: string | null,
  form: OutputForm = "full",
): Stream.Stream<Uint8Array, never, GroupReader | Publisher | Settings> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const store = yield* GroupReader
      const publisher = yield* Publisher
      const settings = yield* Settings
      const reader = yield* Effect.acquireRelease(
        Effect.sync(() => store.reader(viewerPosition(lastEventId, store.change()), form)),
        (open) => Effect.sync(open.close),
      )
      const next = makeViewer(store, publisher, reader, settings.HEARTBEAT_SECONDS)
      return Stream.concat(
        // Something at once, so that whoever is in between passes the answer's head on.
        Stream.succeed(heartbeat),
        Stream.unfold<boolean, Uint8Array, never, never>(false, (over) =>
          over
            ? Effect.undefined
            : Effect.map(next, (turn) => (turn === null ? undefined : [turn.bytes, turn.last])),
        ),
      )
    }),
  )

interface Turn {
  readonly bytes: Uint8Array
  /** Nothing comes after this. */
  readonly last: boolean
}

/** What a viewer gets next; null when the stream just ends, because the object is being removed. */
const makeViewer = (
  store: GroupReader["Service"],
  publisher: Publisher["Service"],
  reader: EventReader,
  heartbeatSeconds: number,
) => {
  let statusOf = -1
  let statusAt = Number.NEGATIVE_INFINITY
  /** Counted from the last thing that was sent. */
  let heartbeatAt: number | null = null

  const next: Effect.Effect<Turn | null> = Effect.gen(function* () {
    for (;;) {
      const version = publisher.version()
      if (publisher.isClosed()) return null
      const batch = reader.next()
      const now = yield* Clock.currentTimeMillis
      heartbeatAt ??= now + heartbeatSeconds * 1000
      if (batch.more) {
        if (batch.bytes.length > 0) return { bytes: concat(batch.bytes), last: false }
        continue
      }
      const out = [...batch.bytes]
      const ended = store.endedAtChange() !== null
      const owesStatus = statusOf !== store.change()
      if (owesStatus && (ended || now - statusAt >= STATUS_EVERY_MS)) {
        statusOf = store.change()
        statusAt = now
        out.push(store.statusEvent())
      }
      if (ended) out.push(store.doneEvent())
      if (out.length > 0) {
        heartbeatAt = now + heartbeatSeconds * 1000
        return { bytes: concat(out), last: ended }
      }
      if (now >= heartbeatAt) {
        heartbeatAt = now + heartbeatSeconds * 1000
        return { bytes: heartbeat, last: false }
      }
      const wait = owesStatus ? STATUS_EVERY_MS - (now - statusAt) : heartbeatAt - now
      yield* publisher.waitForRound(version, wait)
    }
  })
  return next
}

/** One write for a whole batch: many small ones would cost more than the copy. */
const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
