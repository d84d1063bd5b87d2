import type { Rendered } from "../programs/renderTaskGroup.ts"

/** A body on a standard stream, for where there is no other. Opens with the first read, and closes in the end. */
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
