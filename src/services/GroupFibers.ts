import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Stream from "effect/Stream"

/** What an object may have going on, at most one of each. */
export type FiberName = "follow" | "webhook"

/** The scope of all that runs for a group: following, deliveries, viewers. The object owns it, and closes it. */
export class GroupFibers extends Context.Service<
  GroupFibers,
  {
    /** Starts this in the scope, unless something of that name runs there. */
    start<R>(name: FiberName, body: Effect.Effect<void, never, R>): Effect.Effect<void, never, R>
    /** Interrupts what runs under this name, and waits until it has ended. */
    stop(name: FiberName): Effect.Effect<void>
    isRunning(name: FiberName): boolean
    /** Starts this in the scope, beside whatever runs there. */
    spawn<R>(body: Effect.Effect<void, never, R>): Effect.Effect<Fiber.Fiber<void>, never, R>
    /** The stream, which ends at the latest when the scope is closed. */
    within<A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R>
    /** Interrupts what runs, and waits until it has ended. */
    readonly close: Effect.Effect<void>
  }
>()("multitask/services/GroupFibers") {}
