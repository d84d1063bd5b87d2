import type { Context } from "./context.ts"

/** Waits until `at`, a change of the group (or single run) `id`, or the signal, whichever comes first. */
export const waitForChange = (context: Context, id: string, at: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      cancelTimer()
      unwatch()
      signal.removeEventListener("abort", done)
      resolve()
    }
    const cancelTimer = context.clock.setTimer(Math.max(0, at - context.clock.now()), done)
    const unwatch = context.ledger.watch(id, done)
    signal.addEventListener("abort", done)
  })
