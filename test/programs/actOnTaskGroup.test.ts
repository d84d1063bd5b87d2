import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { InputsUnavailable, Malformed, RateLimited, Unavailable } from "../../src/domain/Errors.ts"
import { Problems } from "../../src/domain/Problem.ts"
import { RowCollector } from "../../src/domain/Rows.ts"
import type { ActName } from "../../src/domain/ActRequest.ts"
import { ROW_LIMITS } from "../support/rows.ts"
import { API_KEY, type ActAnswer, type ActWorld, makeActWorld, said, URL_OF_GROUP } from "./actWorld.ts"
import { GROUP_ID, noCredit, notFound, rejected, unauthorized } from "./support.ts"

const ROWS = { inputs: [{ company: "A" }, { company: "B" }] }
const BODIES: Readonly<Record<ActName, unknown>> = {
  inputs: ROWS,
  retry: { rows: [2, 0, 2] },
  stop: {},
  resume: {},
  delete: {},
}
const ACTS = Object.entries(BODIES) as ReadonlyArray<[ActName, unknown]>

const answer = (act: string, times = 1) => JSON.stringify({ url: URL_OF_GROUP, did: act, times })

const problems = (from: ActAnswer) => {
  if (from._tag === "Success") throw new Error("it was taken")
  const { failure } = from
  const reason = failure._tag === "ActFailed" ? failure.reason : failure
  if (reason._tag !== "InvalidRequest") throw new Error(reason._tag)
  return reason.problems
}

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

describe.each(ACTS)("the act %s", (act, body) => {
  it.effect("is told the group's object once Parallel lets the key read the group", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      expect(said(yield* world.ask(act, body))).toBe(answer(act))
      expect(world.asked.filter((call) => call !== "addPiece")).toEqual(["standing", "getTaskGroup", "act"])
      expect(world.done).toMatchObject([{ _tag: act, key: API_KEY, record: { bodyHash: "" } }])
    }),
  )

  it.effect.each([
    [unauthorized(401, "no such key"), "Unauthorized"],
    [unauthorized(403, "not yours"), "NotForThisKey"],
    [notFound, "NotForThisKey"],
    [rejected("no such id"), "NotForThisKey"],
    [noCredit, "PaymentRequired"],
    [new RateLimited({ message: "slow down", retryAfterMs: 5_000 }), "RateLimited"],
    [new Unavailable({ message: "down", status: 503, timedOut: false }), "Unavailable"],
    [new Malformed({ message: "odd" }), "Malformed"],
  ] as const)("is not told where Parallel says %s of the key", ([refused, told]) =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.weather.key = Effect.fail(refused)
      expect(said(yield* world.ask(act, body, "key"))).toBe(told)
      expect(world.asked).toEqual(["acquire", "standing", "getTaskGroup", "release"])
      // Nothing of it is kept, and the key is free for another request.
      expect(world.records("key").kv.size).toBe(0)
      world.weather.key = Effect.void
      expect(said(yield* world.ask("resume", {}, "key"))).toBe(answer("resume"))
    }),
  )

  it.effect("of a group that is not here, or not yet, is refused", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.change({ state: "receiving" })
      world.weather.key = Effect.fail(unauthorized(403, "not yours"))
      expect(said(yield* world.ask(act, body))).toBe("NotForThisKey")
      world.weather.key = Effect.void
      const early = yield* world.ask(act, body, "key")
      expect(early).toMatchObject({
        failure: { reason: { _tag: "StillReceiving" }, taskgroupId: GROUP_ID, url: URL_OF_GROUP },
      })
      world.change(null)
      world.asked.length = 0
      expect(said(yield* world.ask(act, body, "key"))).toBe("NoSuchGroup")
      expect(world.asked).toEqual(["acquire", "standing", "release"])
      expect(world.done).toEqual([])
    }),
  )

  it.effect("is done once under an Idempotency-Key, and answered the same", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      expect(said(yield* world.ask(act, body, "key"))).toBe(answer(act))
      world.weather.key = Effect.fail(unauthorized(401, "revoked since"))
      expect(said(yield* world.ask(act, body, "key"))).toBe(`${answer(act)} again`)
      expect(said(yield* world.ask(act === "stop" ? "resume" : "stop", {}, "key"))).toBe("KeyReused")
      expect(world.done).toHaveLength(1)
    }),
  )

  it.effect("whose answer is lost on its way is told again, and done once", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      let lost = 0
      world.weather.lost = (call) => call === "act" && lost++ < 2
      const told = said(yield* world.ask(act, body))
      expect(told).toMatch(act === "delete" ? /"deleted":true,"running":2/ : answer(act))
      expect(told).not.toMatch(/again$/)
      expect(world.done).toHaveLength(1)
    }),
  )

  it.effect("that no answer comes to may be repeated at once under its key, and by nothing else", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.weather.lost = (call) => call === "act"
      expect(said(yield* world.ask(act, body, "key"))).toBe("ActFailed ActInDoubt")
      world.weather.lost = () => false
      expect(said(yield* world.ask(act === "stop" ? "resume" : "stop", {}, "key"))).toBe("KeyReused")
      // A repetition that fails leaves it so.
      world.weather.key = Effect.fail(unauthorized(401, "no such key"))
      if (act !== "delete") expect(said(yield* world.ask(act, body, "key"))).toBe("Unauthorized")
      world.weather.key = Effect.void
      expect(said(yield* world.ask(act === "stop" ? "resume" : "stop", {}, "key"))).toBe("KeyReused")
      expect(said(yield* world.ask(act, body, "key"))).toMatch(/ again$/)
      expect(said(yield* world.ask(act, body, "key"))).toMatch(/ again$/)
      expect(world.done).toHaveLength(1)
    }),
  )

  it.effect("whose Worker dies on its way is done by whoever repeats it", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      // The Worker is gone with what it would have done then.
      world.weather.before = (call) => (call === "act" ? new Promise(() => {}) : undefined)
      yield* Effect.forkChild(world.request(act, body, "key"), { startImmediately: true })
      expect(said(yield* world.ask(act, body, "key"))).toBe("KeyInUse")
      world.weather.before = () => {}
      expect(said(yield* world.ask("resume", {}, "other"))).toBe(answer("resume"))
      yield* world.ask("resume", {}, "time passes")
      yield* world.ask("resume", {}, "and passes")
      expect(said(yield* world.ask(act, body, "key"))).toBe(answer(act, 4))
    }),
  )

  it.effect("is refused where the record of its key cannot be reached", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.weather.before = (call) => (call === "acquire" ? Promise.reject(new Error("gone")) : undefined)
      expect(said(yield* world.ask(act, body, "key"))).toBe("IdempotencyUnavailable")
      expect(world.done).toEqual([])
    }),
  )

  it.effect("is not done where the object cannot be reached", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.weather.before = (call) => (call === "standing" ? Promise.reject(new Error("gone")) : undefined)
      expect(said(yield* world.ask(act, body, "key"))).toBe("ActNotDone")
      expect(world.records("key").kv.size).toBe(0)
    }),
  )

  it.effect.each([
    [{ _tag: "Receiving" }, "ActFailed StillReceiving"],
    [{ _tag: "PiecesLost" }, "ActFailed ActNotDone"],
    [{ _tag: "KeyReused" }, "ActFailed KeyReused"],
    [{ _tag: "Refused", problems: [{ path: "rows[0]", message: "is no row." }] }, "ActFailed InvalidRequest"],
  ] as const)("is answered what the object says of it: $0._tag", ([outcome, told]) =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.weather.outcome = outcome
      expect(said(yield* world.ask(act, body, "key"))).toBe(told)
      expect(world.records("key").kv.size).toBe(0)
    }),
  )

  it.effect("takes no field that it does not know", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      const found = problems(yield* world.ask(act, { ...(body as object), dry_rum: true }))
      expect(found.map(({ path }) => path)).toEqual(["dry_rum"])
      expect(found[0]?.message.includes('"dry_run"')).toBe(act === "inputs" || act === "retry")
      expect(world.asked).toEqual([])
    }),
  )
})

describe("a stop or a DELETE with the key that the group works with", () => {
  it.effect.each(["stop", "delete"] as const)("asks Parallel nothing (%s)", (act) =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.change({ holdsKey: true })
      world.weather.key = Effect.fail(new Unavailable({ message: "down", status: 503, timedOut: false }))
      expect(said(yield* world.ask(act))).toBe(answer(act))
      expect(said(yield* world.ask("resume"))).toBe(act === "stop" ? "Unavailable" : "NoSuchGroup")
    }),
  )
})

describe("a DELETE", () => {
  it.effect("is answered when the group is gone, by what its record was told before", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      // The group is deleted, and its Worker dies before it says so.
      world.weather.before = (call) => (call === "done" ? new Promise(() => {}) : undefined)
      yield* Effect.forkChild(world.request("delete", {}, "key"), { startImmediately: true })
      expect(said(yield* world.ask("delete", {}, "key"))).toBe("KeyInUse")
      expect(world.isThere()).toBe(false)
      world.weather.before = () => {}
      yield* world.ask("stop")
      yield* world.ask("stop")
      const again = yield* world.ask("delete", {}, "key")
      expect(said(again)).toMatch(/"deleted":true,"running":2.* again$/)
      expect(said(yield* world.ask("delete", {}, "key"))).toBe(said(again))
      expect(said(yield* world.ask("delete", {}, "new"))).toBe("NoSuchGroup")
    }),
  )

  it.effect("does not go on where another request has taken over its key", () =>
    Effect.gen(function* () {
      const world = yield* makeActWorld()
      world.weather.before = (call) => {
        if (call === "created") world.records("key").kv.clear()
      }
      expect(said(yield* world.ask("delete", {}, "key"))).toBe("ActFailed KeyTakenOver")
      expect(world.isThere()).toBe(true)
    }),
  )
})

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
