import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Publisher } from "../services/Publisher.ts"

/** A publisher for the waiters of one object. */
export const makePublisher = (): Publisher["Service"] => {
  let version = 0
  let closed = false
  let waiters = new Set<() => void>()
  const wakeAll = () => {
    const woken = waiters
    waiters = new Set()
    for (const wake of woken) wake()
  }
  return Publisher.of({
    publish: () => {
      version++
      wakeAll()
    },
    version: () => version,
    waitBeyond: (seen) =>
      Effect.callback<void>((resume) => {
        if (version > seen || closed) return resume(Effect.void)
        const wake = () => resume(Effect.void)
        waiters.add(wake)
        return Effect.sync(() => waiters.delete(wake))
      }),
    close: () => {
      closed = true
      wakeAll()
    },
    isClosed: () => closed,
  })
}

export const PublisherLive: Layer.Layer<Publisher> = Layer.sync(Publisher, makePublisher)
