import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Duration from "effect/Duration"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { GroupFibers } from "../services/GroupFibers.ts"
import { Settings } from "../services/Settings.ts"

/**
 * A body on the platform's own stream, which tells when it is done with a chunk: the chunk's memory is given back then.
 * Left to the garbage collector, which sees little else to do, the chunks of a whole answer would add up. The stream of
 * chunks is closed in the end, whatever that is; also when nobody takes any for a while, and when the request is given up before there is an answer, of which
 * the platform's stream is not told.
 */
export const platformBody = Effect.fnUntraced(function* <R>(
  chunks: Stream.Stream<Uint8Array, never, R>,
  signal: AbortSignal,
) {
  const fibers = yield* GroupFibers
  const stall = Duration.seconds((yield* Settings).READ_STALL_SECONDS)
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const sending = Stream.runForEach(chunks, (chunk) =>
    Effect.promise(async () => {
      await writer.write(chunk)
      ;(chunk.buffer as ArrayBuffer).transfer(0)
    }).pipe(Effect.timeoutOrElse({ duration: stall, orElse: () => Effect.interrupt })),
  ).pipe(Effect.andThen(Effect.promise(() => writer.close())))
  const body = Effect.suspend(() => (signal.aborted ? Effect.interrupt : sending)).pipe(
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
