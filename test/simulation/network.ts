import type { Simulator } from "../../simulator/index.ts"

/** A moment at which an incarnation may die: called with what is about to happen. */
export type Checkpoint = (what: string) => void

/** Everything one incarnation has open: it breaks when the incarnation dies. */
export interface Wire {
  readonly fetch: typeof globalThis.fetch
  cutAll(): void
  openRequests(): number
}

class Cut extends TypeError {
  override readonly name = "TypeError"
}

/**
 * `fetch` into the simulator, for one incarnation. A request that was handed over goes on upstream whatever becomes of
 * the one who sent it; aborting closes the answer's stream, as a closed socket would.
 */
export const connect = (
  simulator: Simulator,
  hooks: {
    beforeSend: () => void
    checkpoint: Checkpoint
    /** An answer has been read to its end, so many milliseconds after it was asked for. */
    readToEnd?: (path: string, ms: number) => void
  },
): Wire => {
  const open = new Set<AbortController>()

  const fetch = async (input: URL | RequestInfo, init: RequestInit = {}): Promise<Response> => {
    const { signal, ...rest } = init
    const url = input instanceof URL ? input.href : input instanceof Request ? input.url : input
    const path = `${rest.method ?? "GET"} ${new URL(url).pathname}`
    hooks.checkpoint(`before ${path}`)
    hooks.beforeSend()
    const controller = new AbortController()
    open.add(controller)
    const started = simulator.clock.now()
    const close = () => controller.abort()
    if (signal?.aborted === true) close()
    signal?.addEventListener("abort", close)
    const finished = () => {
      open.delete(controller)
      signal?.removeEventListener("abort", close)
    }
    const aborted = new Promise<never>((_, reject) => {
      if (controller.signal.aborted) reject(new Cut("aborted"))
      controller.signal.addEventListener("abort", () => reject(new Cut("aborted")))
    })
    aborted.catch(() => {})
    const answer = simulator.handle(new Request(url, { ...rest, signal: controller.signal }))
    // An answer that comes when nobody is there any more is closed, as a reset socket would.
    answer.then(
      (response) => void (controller.signal.aborted && response.body?.cancel().catch(() => {})),
      () => {},
    )
    try {
      const response = await Promise.race([answer, aborted])
      hooks.checkpoint(`after ${path}`)
      if (response.body === null) {
        finished()
        return response
      }
      const toEnd = () => {
        finished()
        hooks.readToEnd?.(path, simulator.clock.now() - started)
      }
      const body = passOn(response.body, { controller, aborted, finished, toEnd }, hooks.checkpoint, path)
      return new Response(body, {
        status: response.status,
        headers: response.headers,
      })
    } catch (error) {
      finished()
      throw error
    }
  }

  return {
    fetch: fetch,
    cutAll: () => {
      for (const controller of open) controller.abort()
    },
    openRequests: () => open.size,
  }
}

/** What becomes of an answer's body. */
interface Course {
  readonly controller: AbortController
  readonly aborted: Promise<never>
  readonly finished: () => void
  readonly toEnd: () => void
}

const passOn = (
  body: ReadableStream<Uint8Array>,
  { controller, aborted, finished, toEnd }: Course,
  checkpoint: Checkpoint,
  path: string,
): ReadableStream<Uint8Array> => {
  const reader = body.getReader()
  // A closed socket is noticed at once, whether or not anybody is reading.
  const closed = () => {
    finished()
    void reader.cancel().catch(() => {})
  }
  if (controller.signal.aborted) closed()
  else controller.signal.addEventListener("abort", closed)
  return new ReadableStream<Uint8Array>(
    {
      pull: async (sink) => {
        try {
          const { done, value } = await Promise.race([reader.read(), aborted])
          if (done) {
            toEnd()
            sink.close()
          } else {
            checkpoint(`chunk of ${path}`)
            sink.enqueue(value)
          }
        } catch (error) {
          finished()
          void reader.cancel().catch(() => {})
          sink.error(error)
        }
      },
      cancel: () => {
        finished()
        controller.abort()
        void reader.cancel().catch(() => {})
      },
    },
    { highWaterMark: 0 },
  )
}
