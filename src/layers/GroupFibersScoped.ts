import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type FiberName, GroupFibers } from "../services/GroupFibers.ts"

interface Open {
  readonly scope: Scope.Closeable
  readonly fibers: FiberMap.FiberMap<FiberName>
  readonly closed: Deferred.Deferred<void>
}

/** Fibers in a scope of the layer's own, which is closed with it at the latest. One that was closed may begin anew. */
export const GroupFibersScoped: Layer.Layer<GroupFibers> = Layer.effect(
  GroupFibers,
  Effect.gen(function* () {
    const outer = yield* Effect.scope
    let open: Open | null = null

    const opened = Effect.suspend(() => (open === null ? begin : Effect.succeed(open)))

    const begin = Effect.gen(function* () {
      const scope = yield* Scope.fork(outer)
      const fibers = yield* FiberMap.make<FiberName>().pipe(Scope.provide(scope))
      const closed = Deferred.makeUnsafe<void>()
      yield* Scope.addFinalizer(scope, Deferred.succeed(closed, undefined))
      open = { scope, fibers, closed }
      return open
    })

    return GroupFibers.of({
      start: (name, body) =>
        Effect.flatMap(opened, ({ fibers }) =>
          Effect.asVoid(FiberMap.run(fibers, name, body, { onlyIfMissing: true })),
        ),
      stop: (name) =>
        Effect.suspend(() => {
          const fiber = open === null ? Option.none() : FiberMap.getUnsafe(open.fibers, name)
          return Option.isNone(fiber) ? Effect.void : Fiber.interrupt(fiber.value)
        }),
      isRunning: (name) => open !== null && FiberMap.hasUnsafe(open.fibers, name),
      spawn: (body) =>
        Effect.flatMap(opened, ({ scope }) => Effect.forkIn(body, scope, { startImmediately: true })),
      within: (stream) =>
        Stream.unwrap(
          Effect.map(opened, ({ closed }) => Stream.interruptWhen(stream, Deferred.await(closed))),
        ),
      close: Effect.suspend(() => {
        const closing = open
        open = null
        return closing === null ? Effect.void : Scope.close(closing.scope, Exit.void)
      }),
    })
  }),
)
