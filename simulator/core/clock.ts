/** Where the simulator takes time from: the machine's clock in `main.ts`, a virtual one in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `fn` once after `ms`; the returned function takes the timer back. */
  setTimer(ms: number, fn: () => void): () => void
}

/** Waits on the clock; resolves early when the signal aborts. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (ms <= 0 || signal?.aborted === true) return resolve()
    const done = () => {
      cancel()
      signal?.removeEventListener("abort", done)
      resolve()
    }
    const cancel = clock.setTimer(ms, done)
    signal?.addEventListener("abort", done)
  })

/** RFC 3339 with microseconds, as upstream writes times. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.(\d{3})Z$/, ".$1000Z")
