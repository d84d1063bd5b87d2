import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Malformed, RateLimited, Unavailable } from "../../src/domain/Errors.ts"
import type { ActName } from "../../src/domain/ActRequest.ts"
import { answer, API_KEY, makeActWorld, problems, said, URL_OF_GROUP } from "./actWorld.ts"
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
