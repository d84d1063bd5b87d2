import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it } from "vitest"
import { PromptScheduler } from "../../src/layers/PromptScheduler.ts"

const run = <A>(effect: Effect.Effect<A>) => Effect.runPromise(Effect.provide(effect, PromptScheduler))

describe("the scheduler of fibers", () => {
  it("lets a few turns follow each other before any timer", async () => {
    const order: Array<string> = []
    setImmediate(() => order.push("timer"))
    await run(
      Effect.gen(function* () {
        for (let turn = 0; turn < 5; turn++) {
          yield* Effect.yieldNow
          order.push("turn")
        }
      }),
    )
    expect(order).toEqual(["turn", "turn", "turn", "turn", "turn"])
  })

  it("starves nobody: a fiber that yields for ever leaves room for what comes from outside", async () => {
    let outside = false
    setTimeout(() => (outside = true), 5)
    const turns = await run(
      Effect.gen(function* () {
        let count = 0
        for (; !outside; count++) yield* Effect.yieldNow
        return count
      }),
    )
    expect(turns).toBeGreaterThan(1)
  })

  it("keeps fibers that wait for each other going, in their order", async () => {
    const order = await run(
      Effect.gen(function* () {
        const told: Array<number> = []
        const gate = yield* Deferred.make<void>()
        const fibers = yield* Effect.forEach([1, 2, 3], (n) =>
          Effect.forkChild(
            Effect.andThen(
              Deferred.await(gate),
              Effect.sync(() => told.push(n)),
            ),
          ),
        )
        yield* Effect.yieldNow
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.joinAll(fibers)
        return told
      }),
    )
    expect(order).toEqual([1, 2, 3])
  })

  it("does not run what was cancelled", async () => {
    let ran = false
    await run(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sync(() => (ran = true)))
        yield* Fiber.interrupt(fiber)
      }),
    )
    expect(ran).toBe(false)
  })
})
