import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { InputsUnavailable } from "../../src/domain/Errors.ts"
import { Problems } from "../../src/domain/Problem.ts"
import { RowCollector } from "../../src/domain/Rows.ts"
import { ROW_LIMITS } from "../support/rows.ts"
import { type ActWorld, answer, makeActWorld, problems, said, URL_OF_GROUP } from "./actWorld.ts"
import { GROUP_ID, unauthorized } from "./support.ts"

const ROWS = { inputs: [{ company: "A" }, { company: "B" }] }

const loaded = (rows: ReadonlyArray<string>) => {
  const found = new Problems()
  const collector = new RowCollector(ROW_LIMITS, found)
  for (const row of rows) {
    collector.begin("object")
    collector.member("company", "string")
    collector.end(row, row.length, false)
  }
  return { collector, problems: found }
}

describe("added rows", () => {
  it.effect("go to the object in pieces under one name, before the act", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.weather.outcome = { _tag: "Gone" }
      const inputs = Array.from({ length: 1_002 }, (_, at) => ({
        n: at,
        text: at > 1_000 ? "x".repeat(9) : "",
      }))
      expect(said(yield* world.ask("inputs", { inputs }))).toBe("NoSuchGroup")
      const [[, rows] = []] = world.pieces
      expect(rows?.map(([at, texts]) => [at, texts.length])).toEqual([
        [0, 1_000],
        [1_000, 2],
      ])
      expect(rows?.flatMap(([, texts]) => texts)).toEqual(inputs.map((row) => JSON.stringify(row)))
    }),
  )

  it.effect("are told with their columns and warnings", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      const inputs = [{}, { a: 1 }, { b: 2 }, { c: 3 }]
      yield* world.ask("inputs", { inputs, skip_empty: true, limit: 2 })
      expect(world.done).toMatchObject([
        { numInputs: 2, inputColumns: ["a", "b"], warnings: [expect.stringContaining("skip_empty")] },
      ])
    }),
  )

  it.effect("are planned without a call to the object but for its standing, and claim no key", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      const plan = yield* world.ask("inputs", { ...ROWS, dry_run: true }, "key")
      if (plan._tag === "Failure") throw new Error(said(plan))
      expect(JSON.parse(plan.success.answer)).toEqual({
        dry_run: true,
        url: URL_OF_GROUP,
        taskgroup_id: GROUP_ID,
        added: 2,
        first_index: 3,
        num_inputs: 5,
        estimated_cost_usd: 0.05,
        warnings: [],
      })
      expect(plan.success.isPlan).toBe(true)
      expect(world.asked).toEqual(["standing", "getTaskGroup"])
    }),
  )

  it.effect("that are too many, too dear or too large are refused by path, with the group", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld({ MAX_INPUTS: 4 })
      world.change({ taskSpec: "x".repeat(14_990) })
      const inputs = [{ company: "A" }, { company: "B".repeat(10_100) }]
      const refused = yield* world.ask("inputs", { inputs, max_cost_usd: 0.01, dry_run: true })
      expect(problems(refused).map(({ path }) => path)).toEqual(["max_cost_usd", "inputs", "inputs[1]"])
      expect(refused).toMatchObject({ failure: { taskgroupId: GROUP_ID, url: URL_OF_GROUP } })
      expect(world.asked).toEqual(["standing", "getTaskGroup"])
    }),
  )

  it.effect("may not hold the request's own key", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.weather.loads = Effect.succeed(loaded(['{"company":"my key: sk-test-0123456789"}']))
      const holds = { inputs: [{ company: "my key: sk-test-0123456789" }] }
      expect(problems(yield* world.ask("inputs", holds)).map(({ path }) => path)).toEqual([
        "inputs[0].company",
      ])
      expect(world.asked).toEqual([])
      const byUrl = problems(yield* world.ask("inputs", { inputs: "https://rows.example/" }))
      expect(byUrl.map(({ path }) => path)).toEqual(["inputs[0].company"])
    }),
  )

  it.effect("behind a URL are fetched for nobody but who has a good key", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      const byUrl = { inputs: "https://rows.example/", limit: 1 }
      world.weather.loads = Effect.succeed(loaded(['{"company":"A"}', '{"company":"B"}']))
      world.weather.key = Effect.fail(unauthorized(403, "not yours"))
      expect(said(yield* world.ask("inputs", byUrl))).toBe("NotForThisKey")
      expect(world.asked).not.toContain("load")
      world.weather.key = Effect.void
      expect(said(yield* world.ask("inputs", byUrl))).toBe(answer("inputs"))
      expect(world.done).toMatchObject([{ numInputs: 1 }])
      const trouble = { path: "inputs", message: "no rows", excerpt: null } as const
      world.weather.loads = Effect.fail(new InputsUnavailable({ ...trouble, kind: "broken" }))
      expect(said(yield* world.ask("inputs", byUrl))).toBe("ActFailed InputsUnavailable")
    }),
  )

  it.effect(
    "are answered as before when that is in doubt, whatever has become of their URL and of the room",
    () =>
      Effect.gen(function* () {
        const world = yield* makeActWorld({ MAX_INPUTS: 5 })
        const byUrl = { inputs: "https://rows.example/" }
        world.weather.loads = Effect.succeed(loaded(['{"company":"A"}', '{"company":"B"}']))
        world.weather.lost = (call) => call === "act"
        expect(said(yield* world.ask("inputs", byUrl, "key"))).toBe("ActFailed ActInDoubt")
        world.weather.lost = () => false
        world.change({ numInputs: 5 })
        world.weather.loads = Effect.die("it has expired")
        expect(said(yield* world.ask("inputs", byUrl, "key"))).toBe(`${answer("inputs")} again`)
        // And where it was not done, they are added now.
        world.weather.before = (call) => (call === "act" ? Promise.reject(new Error("gone")) : undefined)
        expect(said(yield* world.ask("inputs", ROWS, "new"))).toBe("ActFailed InvalidRequest")
        world.change({ numInputs: 3 })
        expect(said(yield* world.ask("inputs", ROWS, "new"))).toBe("ActFailed ActInDoubt")
        world.weather.before = () => {}
        expect(said(yield* world.ask("inputs", ROWS, "new"))).toBe(answer("inputs", 2))
        expect(world.done).toMatchObject([{ numInputs: 2 }, { numInputs: 2 }])
      }),
  )

  it.effect("that the object does not take are not told", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.weather.before = (call) => (call === "addPiece" ? Promise.reject(new Error("gone")) : undefined)
      expect(said(yield* world.ask("inputs", ROWS, "key"))).toBe("ActFailed ActNotDone")
      expect(world.asked).not.toContain("act")
      expect(world.records("key").kv.size).toBe(0)
    }),
  )
})

describe("a retry", () => {
  const told = Effect.fnUntraced(function* (world: ActWorld, body: unknown) {
    yield* world.ask("retry", body)
    return world.done.at(-1)
  })

  it.effect("names rows as they came, or none", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      expect(yield* told(world, { rows: [7, 0, 7, 3], processor: "pro", max_cost_usd: 1 })).toMatchObject({
        rows: [7, 0, 7, 3],
        processor: "pro",
        maxCostUsd: 1,
        dryRun: false,
      })
      expect(yield* told(world, { rows: null })).toMatchObject({
        rows: null,
        processor: null,
        maxCostUsd: null,
      })
    }),
  )

  it.effect("is refused by the path of each row that is none", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld({ MAX_INPUTS: 5 })
      const bad = problems(yield* world.ask("retry", { rows: [0, -1, 1.5, "2"], processor: "mega" }))
      expect(bad.map(({ path }) => path).toSorted()).toEqual(["processor", "rows[1]", "rows[2]", "rows[3]"])
      expect(problems(yield* world.ask("retry", { rows: [1, 2, 3, 4, 5, 6] }))).toMatchObject([
        { path: "rows" },
      ])
      expect(problems(yield* world.ask("retry", { rows: 3 }))).toMatchObject([{ path: "rows" }])
      expect(world.asked).toEqual([])
    }),
  )

  it.effect("is planned by the object, under no name", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      const plan = yield* world.ask("retry", { dry_run: true }, "key")
      expect(plan).toMatchObject({ success: { isPlan: true } })
      expect(world.done).toMatchObject([{ dryRun: true, record: null }])
      expect(world.asked).toEqual(["standing", "getTaskGroup", "act"])
    }),
  )
})
