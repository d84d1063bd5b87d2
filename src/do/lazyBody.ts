import type { Rendered } from "../programs/renderTaskGroup.ts"

/**
 * A body that opens what it reads from with the first read, so that an answer that nobody reads holds nothing, and
 * closes it in the end, whatever that is. Made by hand, because an Effect stream adds tens of microseconds to each chunk.
 */
export const lazyBody = (open: () => Rendered): ReadableStream<Uint8Array> => {
  let source: Rendered | null = null
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        try {
          source ??= open()
          const { done, value } = source.chunks.next()
          if (done !== true) return controller.enqueue(value)
        } catch (error) {
          source?.close()
          throw error
        }
        source.close()
        controller.close()
      },
      cancel: () => source?.close(),
    },
    { highWaterMark: 0 },
  )
}
