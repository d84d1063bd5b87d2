import type { Rendered } from "../programs/renderTaskGroup.ts"

/**
 * A body on the platform's own stream, which tells when it is done with a chunk: the chunk's memory is given back then.
 * Left to the garbage collector, which sees little else to do, the chunks of a whole answer would add up. Closes what it
 * reads from in the end, whatever that is; also when the request is given up before there is an answer, of which the
 * stream is not told.
 */
export const platformBody = (open: () => Rendered, signal: AbortSignal): ReadableStream<Uint8Array> => {
  const { readable, writable } = new IdentityTransformStream()
  void pump(open, writable.getWriter(), signal)
  return readable
}

const pump = async (
  open: () => Rendered,
  writer: WritableStreamDefaultWriter<ArrayBuffer | ArrayBufferView>,
  signal: AbortSignal,
): Promise<void> => {
  const leave = () => void writer.abort(signal.reason).catch(() => {})
  let rendered: Rendered | null = null
  try {
    signal.throwIfAborted()
    signal.addEventListener("abort", leave)
    rendered = open()
    for (const chunk of rendered.chunks) {
      await writer.write(chunk)
      ;(chunk.buffer as ArrayBuffer).transfer(0)
    }
    await writer.close()
  } catch (error) {
    // Either the reader has left, or it must see that the answer is not whole.
    await writer.abort(error).catch(() => {})
  } finally {
    signal.removeEventListener("abort", leave)
    rendered?.close()
  }
}
