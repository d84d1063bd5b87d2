import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { GroupFibers } from "../services/GroupFibers.ts"
import { Settings } from "../services/Settings.ts"

/**
 * A body on the platform's own stream, which tells when it is done with a chunk: the chunk's memory is given back then.
 * Left to the garbage collector, which sees little else to do, the chunks of a whole answer would add up. The stream of
 * chunks is closed in the end, whatever that is; also when nobody takes any for a while, and when the request is given
 * up before there is an answer, of which the platform's stream is not told.
 */
export const platformBody = Effect.fnUntraced(function* <R>(
  chunks: Stream.Stream<Uint8Array, never, R>,
  signal: AbortSignal,
) {
  const fibers = yield* GroupFibers
  const stallMs = (yield* Settings).READ_STALL_SECONDS * 1000
  const clock = yield* Clock.Clock
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  let takenAt = clock.currentTimeMillisUnsafe()
  const sending = Stream.runForEach(chunks, (chunk) =>
    Effect.promise(async () => {
      await writer.write(chunk)
      takenAt = clock.currentTimeMillisUnsafe()
      ;(chunk.buffer as ArrayBuffer).transfer(0)
    }),
  ).pipe(Effect.andThen(Effect.promise(() => writer.close())))
  // One timer for all chunks: one for each costs as much as the chunk.
  const stalling = Effect.gen(function* () {
    for (;;) {
      const left = takenAt + stallMs - clock.currentTimeMillisUnsafe()
      if (left <= 0) return yield* Effect.interrupt
      yield* Effect.sleep(left)
    }
  })
  const whole = Effect.raceFirst(sending, stalling)
  const body = Effect.suspend(() => (signal.aborted ? Effect.interrupt : whole)).pipe(
    Effect.onExit((exit) =>
      Effect.sync(() => {
        // Either the reader has left, or it must see that the answer is not whole.
        if (Exit.isFailure(exit)) void writer.abort(Cause.squash(exit.cause)).catch(() => {})
      }),
    ),
  )
  const fiber = yield* fibers.spawn(body)
  const leave = () => fiber.interruptUnsafe()
  signal.addEventListener("abort", leave)
  fiber.addObserver(() => signal.removeEventListener("abort", leave))
  return readable
})
