import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ChangeNumber, NO_CHANGE, shiftChange } from "../domain/Ids.ts"
import { EventRenderer } from "../services/EventRenderer.ts"
import { Publisher } from "../services/Publisher.ts"
import type { RenderOptions } from "../services/Renderer.ts"
import { Settings } from "../services/Settings.ts"
import { GroupReader } from "../services/GroupReader.ts"

/** Between two status events while rows keep changing; the last one is never left out. */
const STATUS_EVERY_MS = 250

/**
 * One viewer's stream: the status, without an id, so that who drops after it loses nothing; the rows changed after
 * `seen`, each as it is now, in the order of change; then what changes, until `done`. Later statuses carry the
 * number of the newest change that they count. It reads only when the viewer has taken what it was given, so that a
 * slow viewer holds nothing and misses only intermediate states. It just ends when the group is removed.
 */
export const watchTaskGroup = (
  seen: ChangeNumber | null,
  options: RenderOptions = {},
): Stream.Stream<Uint8Array, never, GroupReader | Publisher | Settings | EventRenderer> =>
  Stream.unwrap(
    Effect.map(makeViewer(seen, options), (next) =>
      Stream.unfold<boolean, Uint8Array, never, never>(false, (over) =>
        over
          ? Effect.undefined
          : Effect.map(next, (turn) => (turn === null ? undefined : [turn.bytes, turn.last])),
      ),
    ),
  )

interface Turn {
  readonly bytes: Uint8Array
  /** Nothing comes after this. */
  readonly last: boolean
}

/** What gives a viewer its next turn; null when the stream just ends, because the object is being removed. */
const makeViewer = Effect.fnUntraced(function* (seen: ChangeNumber | null, options: RenderOptions) {
  const store = yield* GroupReader
  const publisher = yield* Publisher
  const events = yield* EventRenderer
  const heartbeatMs = (yield* Settings).HEARTBEAT_SECONDS * 1000
  // From the start, for one that names a change that we never gave.
  const position = seen !== null && seen <= store.change() ? seen : NO_CHANGE
  const reader = yield* Effect.acquireRelease(
    Effect.sync(() => store.reader(position, events.rows(options))),
    (open) => Effect.sync(open.close),
  )
  /** The newest change that the viewer's last status counts. */
  let statusOf: ChangeNumber | null = null
  let statusAt = Number.NEGATIVE_INFINITY
  /** Counted from the last thing that was sent. */
  let heartbeatAt = 0

  /** What the viewer is owed now, which may be nothing. */
  const due = (now: number): Turn => {
    const out: Array<Uint8Array> = []
    const end = store.endedAtChange()
    // The end is a change of its own, which no status counts.
    const newest = end === null ? store.change() : shiftChange(end, -1)
    const tellStatus = (bytes: Uint8Array) => {
      out.push(bytes)
      statusOf = newest
      statusAt = now
    }
    if (statusOf === null) tellStatus(events.opening(store.status(), position))
    let batch = reader.next()
    // All of them have changed again since: their newer changes come up.
    while (batch.more && batch.bytes.length === 0) batch = reader.next()
    out.push(...batch.bytes)
    if (batch.more) return { bytes: concat(out), last: false }
    if (statusOf !== newest && (end !== null || now - statusAt >= STATUS_EVERY_MS))
      tellStatus(events.status(store.status(), newest))
    if (end !== null) out.push(events.done(end))
    return { bytes: concat(out), last: end !== null }
  }

  const next: Effect.Effect<Turn | null> = Effect.gen(function* () {
    for (;;) {
      const version = publisher.version()
      if (publisher.isClosed()) return null
      const now = yield* Clock.currentTimeMillis
      const turn = due(now)
      if (turn.bytes.length > 0) {
        heartbeatAt = now + heartbeatMs
        return turn
      }
      if (now >= heartbeatAt) {
        heartbeatAt = now + heartbeatMs
        return { bytes: events.keepAlive, last: false }
      }
      const owesStatus = statusOf !== store.change()
      yield* publisher.waitForRound(
        version,
        owesStatus ? STATUS_EVERY_MS - (now - statusAt) : heartbeatAt - now,
      )
    }
  })
  return next
})

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
