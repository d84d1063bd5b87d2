/**
 * A reader that is given the memory to read into: left to itself the platform hands out 4 KiB at a time, which costs more
 * than what is done with them. Null for a stream that does not take it: those of the platform do.
 */
export const largeReader = (body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null => {
  try {
    return body.getReader({ mode: "byob" })
  } catch {
    return null
  }
}
