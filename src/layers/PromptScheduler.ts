import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"

/** So many turns of fibers follow each other before the platform has its turn, with whatever has come in meanwhile. */
const TURNS = 16

/**
 * Lets fibers go on at once. The default waits for a timer whenever a fiber begins or yields, and in workerd no timer
 * fires in less than a millisecond, `setImmediate` included: an object that does little for each of many events would
 * spend two thirds of its time waiting.
 */
export const PromptScheduler: Layer.Layer<never> = Layer.sync(Scheduler.Scheduler, () => {
  let turns = 0
  return new Scheduler.MixedScheduler("async", (run) => (++turns % TURNS === 0 ? later(run) : soon(run)))
})

const soon = (run: () => void) => {
  let cancelled = false
  queueMicrotask(() => {
    if (!cancelled) run()
  })
  return () => {
    cancelled = true
  }
}

/** Where there is one: the simulation of time, which the tests run under, waits for what it has queued. */
const platform = globalThis as {
  readonly setImmediate?: (run: () => void) => unknown
  readonly clearImmediate?: (timer: unknown) => void
}

const later = (run: () => void) => {
  if (platform.setImmediate !== undefined) {
    const immediate = platform.setImmediate(run)
    return () => platform.clearImmediate?.(immediate)
  }
  const timer = setTimeout(run, 0)
  return () => clearTimeout(timer)
}

/** Lets the platform have its turn, with whatever has come in. */
export const platformsTurn: Effect.Effect<void> = Effect.callback<void>((resume) => {
  const cancel = later(() => resume(Effect.void))
  return Effect.sync(cancel)
})
