import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { type ParallelError, RateLimited, Unavailable } from "../../src/domain/Errors.ts"
import { readSettings } from "../../src/domain/Settings.ts"
import { createMultitask } from "../../src/programs/createMultitask.ts"
import { InputsLoader } from "../../src/services/InputsLoader.ts"
import { ParallelApi } from "../../src/services/ParallelApi.ts"
import { Settings } from "../../src/services/Settings.ts"
import { type Submission, TaskGroups } from "../../src/services/TaskGroups.ts"

type Call = "suggest" | "suggest-processor" | "create"
const CALLS: ReadonlyArray<Call> = ["suggest", "suggest-processor", "create"]

const rateLimited = (retryAfterMs: number | null) => new RateLimited({ message: "Slow down", retryAfterMs })

/** Runs the program against a Parallel that fails as told, call by call, before it answers. */
const run = Effect.fnUntraced(function* (
  failures: Partial<Record<Call, ReadonlyArray<Effect.Effect<never, ParallelError>>>>,
  commit: Effect.Effect<Submission> = Effect.succeed({ _tag: "Submitted" }),
) {
  const read = readSettings({})
  if (!read.ok) throw new Error(read.problems.join("; "))
  const calls: Array<readonly [call: Call, second: number]> = []
  const left = { suggest: [], "suggest-processor": [], create: [], ...failures }
  const answer = <A>(call: Call, value: A) =>
    Effect.gen(function* () {
      calls.push([call, (yield* Clock.currentTimeMillis) / 1000])
      const [first, ...rest] = left[call]
      left[call] = rest
      return first === undefined ? value : yield* first
    })
  const layer = Layer.mergeAll(
    Layer.succeed(Settings, read.settings),
    Layer.succeed(InputsLoader, InputsLoader.of({ load: () => Effect.die("no URL here") })),
    Layer.mock(ParallelApi, {
      suggestTaskSpec: () =>
        answer("suggest", {
          outputSchema: '{"type":"object","properties":{"ceo":{"type":"string"}}}',
          warnings: [],
        }),
      suggestProcessor: () => answer("suggest-processor", "base"),
      createTaskGroup: () => answer("create", { taskgroup_id: "tgrp_12345678", created_at: null } as never),
    }),
    Layer.succeed(
      TaskGroups,
      TaskGroups.of({
        begin: () => Effect.void,
        addInputs: () => Effect.void,
        commit: () => commit,
      }),
    ),
  )
  const program = createMultitask({
    body: { inputs: [{ company: "A" }], output_type: "json", output_description: "Who leads it?" },
    key: Redacted.make("key"),
    origin: "https://multitask.example",
  })
  const fiber = yield* Effect.forkChild(Effect.result(Effect.provide(program, layer)), {
    startImmediately: true,
  })
  yield* TestClock.adjust("60 seconds")
  return { result: yield* Fiber.join(fiber), calls }
})

describe("a 429 before the group exists", () => {
  it.effect.each(CALLS)("of %s is waited for, as long as it says", (call) =>
    Effect.gen(function* () {
      const { result, calls } = yield* run({ [call]: [Effect.fail(rateLimited(1_500))] })
      expect(result).toMatchObject({ success: { processor: "base", warnings: [] } })
      expect(calls.filter(([name]) => name === call)).toEqual([
        [call, 0],
        [call, 1.5],
      ])
    }),
  )

  it.effect.each(CALLS)("of %s goes to the caller at once where that is longer than there is time", (call) =>
    Effect.gen(function* () {
      for (const wait of [30_000, 3_600_000, null]) {
        const { result, calls } = yield* run({ [call]: [Effect.fail(rateLimited(wait))] })
        expect(result).toMatchObject({ failure: { _tag: "RateLimited", retryAfterMs: wait } })
        expect(calls.filter(([name]) => name === call)).toHaveLength(1)
      }
    }),
  )

  it.effect("and more of them share the time, so that the caller is told before it is over", () =>
    Effect.gen(function* () {
      const { result, calls } = yield* run({
        suggest: [Effect.fail(rateLimited(12_000))],
        "suggest-processor": [Effect.fail(rateLimited(12_000))],
        create: [Effect.fail(rateLimited(12_000))],
      })
      expect(result).toMatchObject({ failure: { _tag: "RateLimited", retryAfterMs: 12_000 } })
      expect(calls.at(-1)).toEqual(["create", 24])
    }),
  )

  it.effect("is no reason to do without a suggestion, however long it takes", () =>
    Effect.gen(function* () {
      // Longer than a suggestion may take by itself.
      const { result } = yield* run({ suggest: [Effect.fail(rateLimited(20_000))] })
      expect(result).toMatchObject({
        success: { output_schema: expect.stringContaining('"required":["ceo"]'), warnings: [] },
      })
    }),
  )

  it.effect("that wants to be asked at once is asked once a second", () =>
    Effect.gen(function* () {
      const { result, calls } = yield* run({
        create: Array.from({ length: 100 }, () => Effect.fail(rateLimited(0))),
      })
      expect(result).toMatchObject({ failure: { _tag: "RateLimited" } })
      expect(calls.filter(([name]) => name === "create")).toHaveLength(30)
    }),
  )
})

describe("a suggestion that cannot be had", () => {
  it.effect("is done without, with a warning", () =>
    Effect.gen(function* () {
      const broken = Effect.fail(new Unavailable({ message: "down", status: 503, timedOut: false }))
      const { result } = yield* run({ suggest: [broken], "suggest-processor": [Effect.never] })
      expect(result).toMatchObject({
        success: {
          processor: "core",
          output_schema: null,
          warnings: [expect.stringContaining("output schema"), expect.stringContaining("processor")],
        },
      })
    }),
  )
})

describe("a fault of ours after the group's creation", () => {
  it.effect("is told with the group", () =>
    Effect.gen(function* () {
      const { result } = yield* run({}, Effect.die(new Error("no such thing")))
      expect(result).toMatchObject({
        failure: {
          _tag: "CreationFailed",
          taskgroupId: "tgrp_12345678",
          url: "https://multitask.example/tgrp_12345678",
          defect: { message: "no such thing" },
        },
      })
    }),
  )
})
