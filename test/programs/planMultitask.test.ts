import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { NotFound, type ParallelError, Rejected, Unauthorized } from "../../src/domain/Errors.ts"
import { Problems } from "../../src/domain/Problem.ts"
import { RowCollector } from "../../src/domain/Rows.ts"
import { TextRows } from "../../src/domain/TextRows.ts"
import { createMultitask } from "../../src/programs/createMultitask.ts"
import { planMultitask } from "../../src/programs/planMultitask.ts"
import { InputsLoader } from "../../src/services/InputsLoader.ts"
import { ParallelApi } from "../../src/services/ParallelApi.ts"
import { Settings } from "../../src/services/Settings.ts"
import { TaskGroups } from "../../src/services/TaskGroups.ts"
import { settingsWith } from "../support/settings.ts"
import { ROW_LIMITS } from "../support/rows.ts"
import { unavailable } from "./support.ts"

const refusal = { message: "No", detail: null, refId: null }
const notFound = new NotFound({ ...refusal, status: 404 })

const BODY = { inputs: "https://rows.example/", output_type: "json", output_description: "Who leads it?" }

/** What the program did of what creates nothing. Whatever else it asks for is a defect. */
const world = (read: Effect.Effect<never, ParallelError>) => {
  const calls: Array<string> = []
  const called = <A>(call: string, answer: A) => Effect.sync(() => (calls.push(call), answer))
  const layer = Layer.mergeAll(
    Layer.succeed(Settings, settingsWith()),
    Layer.mock(TaskGroups, {}),
    Layer.succeed(InputsLoader, {
      load: (_url, keep) =>
        Effect.sync(() => {
          calls.push(`load ${keep ?? "all"}`)
          const problems = new Problems()
          const rows = new TextRows({ ...ROW_LIMITS, maxInputs: keep ?? 9 }, problems, {
            format: null,
            maxChars: 999,
          })
          rows.push('[{"company":"A"},{"company":"B"},{"other":"C"}]')
          const collector = rows.end()
          if (!(collector instanceof RowCollector)) throw new Error("unexpected")
          return { collector, problems }
        }),
    }),
    Layer.mock(ParallelApi, {
      getTaskGroup: (_key, id) => Effect.andThen(called(`read ${id.replace(/0+/, "0…")}`, null), read),
      suggestTaskSpec: () =>
        called("suggest", {
          outputSchema: '{"type":"object","properties":{"ceo":{"type":"string"}}}',
          warnings: [],
        }),
      suggestProcessor: () => called("suggest-processor", "base"),
    }),
  )
  return { calls, layer }
}

const plan = (body: object, read: Effect.Effect<never, ParallelError> = Effect.fail(notFound)) => {
  const { calls, layer } = world(read)
  return planMultitask({ body, key: Redacted.make("key") }).pipe(
    Effect.result,
    Effect.map((result) => ({ result, calls })),
    Effect.provide(layer),
  )
}

describe("planMultitask", () => {
  it.effect("tries the key before it asks for rows behind a URL, and creates nothing", () =>
    Effect.gen(function* () {
      const { result, calls } = yield* plan({ ...BODY, limit: 2, max_cost_usd: 0.02 })
      expect(calls).toEqual(["read tgrp_0…", "load 2", "suggest", "suggest-processor"])
      expect(result).toMatchObject({
        success: {
          dry_run: true,
          num_inputs: 2,
          num_inputs_left_out: 1,
          processor: "base",
          estimated_cost_usd: 0.02,
          estimated_seconds: { min: 15, max: 100 },
          output_schema: expect.stringContaining('"required":["ceo"]'),
        },
      })
    }),
  )

  it.effect("asks for nothing with a key that was not accepted, as far as can be told", () =>
    Effect.gen(function* () {
      const unauthorized = (status: number) => Effect.fail(new Unauthorized({ ...refusal, status }))
      const rejected = Effect.fail(new Rejected({ ...refusal, status: 422 }))
      for (const [read, tag] of [
        [unauthorized(401), "Unauthorized"],
        [rejected, "Malformed"],
        [Effect.fail(unavailable(502)), "Unavailable"],
      ] as const) {
        const { result, calls } = yield* plan(BODY, read)
        expect(result).toMatchObject({ failure: { _tag: tag } })
        expect(calls).toEqual(["read tgrp_0…"])
      }
      // Whose it is not was let in.
      expect((yield* plan(BODY, unauthorized(403))).calls).toContain("load all")
    }),
  )

  it.effect("keeps the cap as soon as it can be told: a named processor's before anything is suggested", () =>
    Effect.gen(function* () {
      const early = yield* plan({ ...BODY, processor: "core", max_cost_usd: 0.07 })
      expect(early.result).toMatchObject({ failure: { problems: [{ path: "max_cost_usd" }] } })
      expect(early.calls).toEqual(["read tgrp_0…", "load all"])
      const late = yield* plan({ ...BODY, max_cost_usd: 0.02 })
      expect(late.result).toMatchObject({ failure: { problems: [{ path: "max_cost_usd" }] } })
      expect(late.calls.at(-1)).toBe("suggest-processor")
      const named = { ...BODY, inputs: [{ a: 1 }], processor: "ultra8x", max_cost_usd: 1 }
      expect(yield* plan(named)).toMatchObject({ calls: [], result: { _tag: "Failure" } })
    }),
  )
})

describe("createMultitask", () => {
  it.effect("does not make of a plan what is meant", () =>
    Effect.gen(function* () {
      const { calls, layer } = world(Effect.fail(notFound))
      const body = { ...BODY, dry_run: true }
      const made = createMultitask({ body, key: Redacted.make("key"), origin: "https://multitask.example" })
      expect(yield* Effect.flip(Effect.provide(made, layer))).toMatchObject({
        problems: [{ path: "dry_run", message: expect.stringContaining("planMultitask") }],
      })
      expect(calls).toEqual([])
    }),
  )
})
