import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { InputsUnavailable, type ParallelError, RateLimited, Unavailable } from "../../src/domain/Errors.ts"
import { Problems } from "../../src/domain/Problem.ts"
import { RowCollector } from "../../src/domain/Rows.ts"
import { readSettings } from "../../src/domain/Settings.ts"
import { TextRows } from "../../src/domain/TextRows.ts"
import { createMultitask } from "../../src/programs/createMultitask.ts"
import { InputsLoader } from "../../src/services/InputsLoader.ts"
import { ParallelApi } from "../../src/services/ParallelApi.ts"
import { Settings } from "../../src/services/Settings.ts"
import { type CommitUntil, type Submission, TaskGroups } from "../../src/services/TaskGroups.ts"
import { noCredit, rejected, unauthorized, unavailable } from "./support.ts"

const CALLS = ["suggest", "suggest-processor", "create"] as const
type Call = (typeof CALLS)[number] | "load"

const rateLimited = (retryAfterMs: number | null) => new RateLimited({ message: "Slow down", retryAfterMs })

/** Runs the program against a Parallel that fails as told, call by call, before it answers. */
const run = Effect.fnUntraced(function* (
  failures: Partial<Record<(typeof CALLS)[number], ReadonlyArray<Effect.Effect<never, ParallelError>>>> & {
    load?: ReadonlyArray<Effect.Effect<never, InputsUnavailable>>
  },
  commit: Effect.Effect<Submission> = Effect.succeed({ _tag: "Submitted" }),
  inputs: unknown = [{ company: "A" }],
  until?: CommitUntil,
) {
  const read = readSettings({})
  if (!read.ok) throw new Error(read.problems.join("; "))
  const calls: Array<readonly [call: Call, second: number]> = []
  const metadata: Array<unknown> = []
  const commits: Array<CommitUntil | undefined> = []
  const steps: Array<readonly [step: string, from: number, rows: number]> = []
  const left: Record<Call, ReadonlyArray<Effect.Effect<never, never>>> = {
    suggest: [],
    "suggest-processor": [],
    create: [],
    load: [],
    ...(failures as object),
  }
  const answer = <A>(call: Call, value: A) =>
    Effect.gen(function* () {
      calls.push([call, (yield* Clock.currentTimeMillis) / 1000])
      const [first, ...rest] = left[call]
      left[call] = rest
      return first === undefined ? value : yield* first
    })
  const layer = Layer.mergeAll(
    Layer.succeed(Settings, read.settings),
    Layer.succeed(InputsLoader, InputsLoader.of({ load: () => answer("load", loaded()) })),
    Layer.mock(ParallelApi, {
      suggestTaskSpec: () =>
        answer("suggest", {
          outputSchema: '{"type":"object","properties":{"ceo":{"type":"string"}}}',
          warnings: [],
        }),
      suggestProcessor: () => answer("suggest-processor", "base"),
      createTaskGroup: (_key, said) => {
        metadata.push(said)
        return answer("create", { taskgroup_id: "tgrp_12345678", created_at: null } as never)
      },
    }),
    Layer.mock(TaskGroups, {
      begin: (init, _secrets, first) => {
        metadata.push(JSON.parse(init.metadata))
        steps.push(["begin", 0, first?.length ?? 0])
        return Effect.void
      },
      addInputs: (_id, from, more) => Effect.sync(() => void steps.push(["addInputs", from, more.length])),
      commit: (_id, _waitMs, asked) => {
        commits.push(asked)
        return commit
      },
      receive: (init, _secrets, all, _waitMs, asked) => {
        metadata.push(JSON.parse(init.metadata))
        steps.push(["receive", 0, all.length])
        commits.push(asked)
        return commit
      },
    }),
  )
  const program = createMultitask({
    body: { inputs, output_type: "json", output_description: "Who leads it?" },
    key: Redacted.make("key"),
    origin: "https://multitask.example",
    ...(until !== undefined && { until }),
  })
  const fiber = yield* Effect.forkChild(Effect.result(Effect.provide(program, layer)), {
    startImmediately: true,
  })
  yield* TestClock.adjust("60 seconds")
  return { result: yield* Fiber.join(fiber), calls, metadata, commits, steps }
})

/** One row. */
const loaded = () => {
  const problems = new Problems()
  const rows = new TextRows(
    { maxInputs: 9, maxSpecPlusInputChars: 99, maxDepth: 9, maxValues: 9 },
    problems,
    {
      format: null,
      maxChars: 99,
    },
  )
  rows.push('[{"company":"A"}]')
  const collector = rows.end()
  if (!(collector instanceof RowCollector)) throw new Error("unexpected")
  return { collector, problems }
}

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

describe("inputs as a URL", () => {
  const byUrl = (failures: Parameters<typeof run>[0]) => run(failures, undefined, "https://rows.example/")
  const from = {
    product: "parallel-multitask",
    origin: "https://multitask.example",
    title: "Who leads it?",
  }

  it.effect("are asked for once Parallel has accepted the key, and the rest comes after them", () =>
    Effect.gen(function* () {
      const { result, calls, metadata } = yield* byUrl({})
      expect(result).toMatchObject({ success: { num_inputs: 1, taskgroup_id: "tgrp_12345678" } })
      expect(calls.map(([call]) => call)).toEqual(["create", "load", "suggest", "suggest-processor"])
      const shown = { ...from, num_inputs: 1, processor: "base", question: "Who leads it?" }
      expect(metadata).toEqual([from, shown])
      const { calls: withRows, metadata: told } = yield* run({})
      expect(withRows.map(([call]) => call)).toEqual(["suggest", "suggest-processor", "create"])
      expect(told[0]).toEqual({ ...from, num_inputs: 1, processor: "base" })
    }),
  )

  it.effect("are not asked for while it has not", () =>
    Effect.gen(function* () {
      for (const refusal of [unauthorized(401, "No"), noCredit, unavailable(null), rateLimited(null)]) {
        const { result, calls } = yield* byUrl({ create: [Effect.fail(refusal)] })
        expect([result, calls.map(([call]) => call)]).toEqual([
          expect.objectContaining({ failure: refusal }),
          ["create"],
        ])
      }
    }),
  )

  it.effect.each([
    [
      "they are not there",
      {
        load: [
          Effect.fail(new InputsUnavailable({ kind: "broken", path: "inputs", message: "", excerpt: null })),
        ],
      },
      "InputsUnavailable",
    ],
    ["they do not come", { load: [Effect.never] }, "PreparationTimedOut"],
    ["nothing fits behind them", { suggest: [Effect.fail(rejected("No"))] }, "Rejected"],
  ] as const)("tell of the group that exists when %s", ([, failures, reason]) =>
    Effect.gen(function* () {
      const { result } = yield* byUrl(failures)
      expect(result).toMatchObject({
        failure: { _tag: "GroupLeftEmpty", taskgroupId: "tgrp_12345678", reason: { _tag: reason } },
      })
    }),
  )

  it.effect("tell of it when the fault is ours", () =>
    Effect.gen(function* () {
      const { result } = yield* byUrl({ load: [Effect.die("ours")] })
      expect(result).toMatchObject({
        failure: { _tag: "CreationFailed", taskgroupId: "tgrp_12345678", url: null, defect: "ours" },
      })
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

describe("rows go to the group's object", () => {
  const rows = (count: number, chars = 1) =>
    Array.from({ length: count }, (_, at) => ({ company: `${at}`.padEnd(chars, "x") }))

  it.effect("all at once where they are few, else in pieces and with a commit of its own", () =>
    Effect.gen(function* () {
      const stepsOf = (inputs: unknown) => Effect.map(run({}, undefined, inputs), ({ steps }) => steps)
      expect(yield* stepsOf(rows(1))).toEqual([["receive", 0, 1]])
      expect(yield* stepsOf(rows(1_000))).toEqual([["receive", 0, 1_000]])
      expect(yield* stepsOf(rows(2_001))).toEqual([
        ["begin", 0, 1_000],
        ["addInputs", 1_000, 1_000],
        ["addInputs", 2_000, 1],
      ])
      // Few, but long.
      expect(yield* stepsOf(rows(70, 20_000))).toEqual([
        ["begin", 0, 49],
        ["addInputs", 49, 21],
      ])
    }),
  )
})

describe("the commit", () => {
  it.effect("waits for every batch, or for the first where that is asked for", () =>
    Effect.gen(function* () {
      expect((yield* run({})).commits).toEqual([undefined])
      expect((yield* run({}, undefined, undefined, "first")).commits).toEqual(["first"])
      const many = Array.from({ length: 1_001 }, () => ({ company: "A" }))
      expect((yield* run({}, undefined, many, "first")).commits).toEqual(["first"])
    }),
  )
})
