import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** Tells viewers that the change number grew. It carries no data: who is told reads the store. */
export class Publisher extends Context.Service<
  Publisher,
  {
    /** Called after a transaction, never inside one. */
    readonly publish: () => void
    /** The same, where there is nothing that viewers are shown: they are not told. */
    readonly stir: () => void
    /** How often either was called. Read it before looking at the store, and wait for more than that. */
    readonly version: () => number
    /** At the latest for `withinMs`. */
    readonly waitBeyond: (version: number, withinMs?: number) => Effect.Effect<void>
    /**
     * For viewers: waits until they are next told together that there is more than this version, at the latest for
     * `withinMs` (a little more, so that alarms can be shared). The more they are, the farther apart they are told.
     */
    readonly waitForRound: (version: number, withinMs: number) => Effect.Effect<void>
    /** The object is being removed: everybody's wait ends, now and later. */
    readonly close: () => void
    readonly isClosed: () => boolean
  }
>()("multitask/services/Publisher") {}
