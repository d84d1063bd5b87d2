import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"

/**
 * A body on the platform's own stream, which tells when it is done with a chunk: the chunk's memory is given back then.
 * Left to the garbage collector, which sees little else to do, the chunks of a whole answer would add up. The stream of
 * chunks is closed in the end, whatever that is; also when the request is given up before there is an answer, of which
 * the platform's stream is not told.
 */
export const platformBody = <R>(
  chunks: Stream.Stream<Uint8Array, never, R>,
  signal: AbortSignal,
): Effect.Effect<ReadableStream<Uint8Array>, never, R> =>
  Effect.map(Effect.context<R>(), (context) => {
    const { readable, writable } = new IdentityTransformStream()
    const writer = writable.getWriter()
    const sending = Stream.runForEach(chunks, (chunk) =>
      Effect.promise(async () => {
        await writer.write(chunk)
        ;(chunk.buffer as ArrayBuffer).transfer(0)
      }),
    ).pipe(Effect.andThen(Effect.promise(() => writer.close())))
    const body = Effect.onExit(signal.aborted ? Effect.interrupt : sending, (exit) =>
      Effect.sync(() => {
        // Either the reader has left, or it must see that the answer is not whole.
        if (Exit.isFailure(exit)) void writer.abort(Cause.squash(exit.cause)).catch(() => {})
      }),
    )
    Effect.runForkWith(context)(body, { signal })
    return readable
  })
