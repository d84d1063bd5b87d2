import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** Tells viewers that the change number grew. It carries no data: who is told reads the store. */
export class Publisher extends Context.Service<
  Publisher,
  {
    /** Called after a transaction, never inside one. */
    readonly publish: () => void
    /** How often `publish` was called. Read it before looking at the store, and wait for more than that. */
    readonly version: () => number
    readonly waitBeyond: (version: number) => Effect.Effect<void>
    /** The object is being removed: everybody's wait ends, now and later. */
    readonly close: () => void
    readonly isClosed: () => boolean
  }
>()("multitask/services/Publisher") {}
