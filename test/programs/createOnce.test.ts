import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { InputsUnavailable, type ParallelError, Unavailable } from "../../src/domain/Errors.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import { IdempotencyObjects } from "../../src/layers/IdempotencyObjects.ts"
import { createOnce } from "../../src/programs/createOnce.ts"
import { decodeBody } from "../../src/programs/decodeBody.ts"
import { InputsLoader } from "../../src/services/InputsLoader.ts"
import { ParallelApi } from "../../src/services/ParallelApi.ts"
import { Settings } from "../../src/services/Settings.ts"
import { GroupNotStored, type Submission, TaskGroups } from "../../src/services/TaskGroups.ts"
import { groupId } from "../support/ids.ts"
import { recordObjects } from "../support/records.ts"
import { settingsWith } from "../support/settings.ts"
import { noCredit, unauthorized } from "./support.ts"

const BY_URL = { inputs: "https://rows.example/" }
const NO_ROWS = new InputsUnavailable({ kind: "invalid", path: "inputs", message: "No rows", excerpt: null })
const REFUSED: Submission = { _tag: "Refused", status: 402, message: "No credit", detail: null, refId: null }

interface Group {
  state: "created" | "receiving" | "committed" | "removed"
  /** How often its runs were submitted. */
  submitted: number
}

/** What a test may put into the way; each is asked at its place. */
interface Weather {
  beforeGroup: Effect.Effect<void, ParallelError>
  /** What the inputs URL answers. */
  loads: Effect.Effect<never, InputsUnavailable>
  beforeBegin: Effect.Effect<void>
  /** Between the record's confirmation and the commit's arrival. */
  beforeCommit: Effect.Effect<void>
  afterCommit: Effect.Effect<void, GroupNotStored>
  commits: Submission
  /** Broken calls to the record's object, by method. */
  broken: (call: string) => boolean
}

const calm = (): Weather => ({
  beforeGroup: Effect.void,
  loads: Effect.never,
  beforeBegin: Effect.void,
  beforeCommit: Effect.void,
  afterCommit: Effect.void,
  commits: { _tag: "Submitted" },
  broken: () => false,
})

/** Records in memory under the virtual clock, Parallel and the groups' objects as counters. */
const makeWorld = Effect.fnUntraced(function* (changes: Partial<SettingsShape> = {}) {
  const settings = settingsWith(changes)
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const weather = calm()
  const groups = new Map<string, Group>()
  const group = (id: string) => groups.get(id) ?? { state: "removed", submitted: 0 }
  const begunAt = new Map<string, number>()
  const uncommittedMs = settings.UNCOMMITTED_MINUTES * 60_000
  const expire = (id: string) => {
    const of = group(id)
    if (of.state === "receiving" && now() >= (begunAt.get(id) ?? 0) + uncommittedMs) of.state = "removed"
    return of
  }
  const objectOf = recordObjects(settings, now)
  /** Requests whose Worker is gone: what it would do at its end is not done. */
  const dead = new Set<string>()
  const call = async <A>(method: string, use: () => A | Promise<A>): Promise<A> => {
    if (weather.broken(method)) throw new Error("the object is out of reach")
    return use()
  }
  const layer = Layer.mergeAll(
    IdempotencyObjects(
      (name) => {
        const { object } = objectOf(name)
        return {
          acquire: (request) => call("acquire", () => object.acquire(request)),
          advance: (token, step) => call(step._tag, () => object.advance(token, step)),
          release: (token, inDoubt) =>
            call("release", () => (dead.has(token) ? undefined : object.release(token, inDoubt))),
        }
      },
      (id) => ({ wasHere: () => call("exists", () => expire(id).state === "committed") }),
    ),
    Layer.succeed(Settings, settings),
    Layer.succeed(InputsLoader, InputsLoader.of({ load: () => Effect.suspend(() => weather.loads) })),
    Layer.mock(ParallelApi, {
      createTaskGroup: () =>
        Effect.suspend(() => weather.beforeGroup).pipe(
          Effect.map(() => {
            const taskgroup_id = `group-id-${groups.size}`
            groups.set(taskgroup_id, { state: "created", submitted: 0 })
            return { taskgroup_id, created_at: null } as never
          }),
        ),
    }),
    Layer.mock(TaskGroups, {
      begin: ({ taskgroupId }) =>
        Effect.suspend(() => weather.beforeBegin).pipe(
          Effect.map(() => {
            begunAt.set(taskgroupId, now())
            group(taskgroupId).state = "receiving"
          }),
        ),
      addInputs: () => Effect.void,
      commit: (id) =>
        Effect.gen(function* () {
          yield* weather.beforeCommit
          const of = expire(id)
          if (of.state === "removed") return yield* new GroupNotStored({ message: "incomplete" })
          of.state = weather.commits._tag === "Refused" ? "removed" : "committed"
          if (of.state === "committed") of.submitted += 1
          const { commits } = weather
          yield* weather.afterCommit
          return commits
        }),
    }),
  )
  let requests = 0
  const request = (changes: Record<string, unknown> = {}) => {
    const body = { inputs: [{ company: "A" }], processor: "core", output_type: "text", ...changes }
    // No hashing here: it takes real time, which a virtual clock does not wait for.
    const asked = { name: "name", token: `request ${(requests += 1)}`, bodyHash: JSON.stringify(body) }
    const key = Redacted.make("key")
    return decodeBody(body, key).pipe(
      Effect.flatMap((decoded) =>
        createOnce({ decoded, key, origin: "https://multitask.example", request: asked }),
      ),
      Effect.result,
      Effect.provide(layer),
    )
  }
  /** What was paid for. */
  const submissions = () => [...groups.values()].reduce((sum, { submitted }) => sum + submitted, 0)
  const object = () => objectOf("name")
  const kill = (fiber: Fiber.Fiber<unknown, unknown>) => {
    dead.add(`request ${requests}`)
    return Fiber.interrupt(fiber)
  }
  return { weather, groups, request, kill, submissions, object, settings }
})

type World = Effect.Success<ReturnType<typeof makeWorld>>
type Answer = Effect.Success<ReturnType<World["request"]>>

/** `tgrp_0`, or `tgrp_0 again` for a replay, or the error's tag. */
const said = (answer: Answer): string =>
  answer._tag === "Success"
    ? `${answer.success.url.replace(/^.*group-id-/, "tgrp_")}${answer.success.replayed ? " again" : ""}`
    : answer.failure._tag

/** Lets time pass in small steps, so that promises in between get their turn. */
const pass = Effect.fnUntraced(function* (seconds: number) {
  for (let at = 0; at < seconds * 4; at += 1) {
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    yield* TestClock.adjust("250 millis")
  }
})

const settle = pass(2)

const ask = Effect.fnUntraced(function* (world: World, changes: Record<string, unknown> = {}, seconds = 8) {
  const fiber = yield* Effect.forkChild(world.request(changes), { startImmediately: true })
  yield* pass(seconds)
  return yield* Fiber.join(fiber)
})

/** The last request's Worker dies where the weather lets it wait. */
const die = Effect.fnUntraced(function* (
  world: World,
  where: "beforeGroup" | "beforeBegin" | "beforeCommit" | "afterCommit",
) {
  world.weather[where] = Effect.never
  const fiber = yield* Effect.forkChild(world.request(), { startImmediately: true })
  yield* settle
  yield* world.kill(fiber)
  world.weather[where] = Effect.void
})

describe("createOnce", () => {
  it.effect("gives the same answer again, whole", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const first = yield* ask(world, { skip_empty: true, inputs: [{}, { company: "A" }] })
      const second = yield* ask(world, { skip_empty: true, inputs: [{}, { company: "A" }] })
      expect([said(first), said(second)]).toEqual(["tgrp_0", "tgrp_0 again"])
      if (first._tag !== "Success" || second._tag !== "Success") throw new Error("failed")
      expect(JSON.parse(first.success.answer)).toMatchObject({ warnings: { length: 2 } })
      expect(second.success.answer).toBe(first.success.answer)
      expect(world.submissions()).toBe(1)
    }),
  )

  it.effect("lets the second of two wait for the first's answer", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      world.weather.beforeGroup = Effect.sleep("3 seconds")
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(world.request()))
      yield* pass(8)
      const answers = yield* Effect.forEach(fibers, Fiber.join)
      expect(answers.map(said).toSorted()).toEqual(["tgrp_0", "tgrp_0 again", "tgrp_0 again"])
      expect(world.submissions()).toBe(1)
    }),
  )

  it.effect("lets the second submit when the first fails while it waits", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const unavailable = new Unavailable({ message: "down", status: 503, timedOut: false })
      world.weather.beforeGroup = Effect.andThen(Effect.sleep("3 seconds"), Effect.fail(unavailable))
      const first = yield* Effect.forkChild(world.request(), { startImmediately: true })
      yield* pass(1)
      const second = yield* Effect.forkChild(world.request(), { startImmediately: true })
      yield* pass(1)
      world.weather.beforeGroup = Effect.void
      yield* pass(8)
      expect(said(yield* Fiber.join(first))).toBe("Unavailable")
      expect(said(yield* Fiber.join(second))).toBe("tgrp_0")
    }),
  )

  it.effect("says when to come back while the first takes long", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      world.weather.beforeBegin = Effect.sleep("20 seconds")
      const first = yield* Effect.forkChild(world.request(), { startImmediately: true })
      yield* settle
      const second = yield* ask(world)
      expect(second).toMatchObject({
        failure: {
          _tag: "KeyInUse",
          retryAfterMs: 10_000,
          uncertain: false,
          group: { taskgroupId: "group-id-0" },
        },
      })
      yield* pass(15)
      expect(said(yield* ask(world))).toBe("tgrp_0 again")
      expect(said(yield* Fiber.join(first))).toBe("tgrp_0")
    }),
  )

  it.effect("refuses another body, before and after the answer", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      world.weather.beforeBegin = Effect.sleep("10 seconds")
      const first = yield* Effect.forkChild(world.request(), { startImmediately: true })
      yield* settle
      expect(said(yield* ask(world, { processor: "pro" }, 1))).toBe("KeyReused")
      yield* pass(12)
      expect(said(yield* Fiber.join(first))).toBe("tgrp_0")
      expect(said(yield* ask(world, { processor: "pro" }, 1))).toBe("KeyReused")
      expect(world.submissions()).toBe(1)
    }),
  )

  it.effect.each([
    ["its body is invalid", { processor: "nope" }, calm(), "InvalidRequest"],
    [
      "Parallel is down",
      {},
      { beforeGroup: Effect.fail(new Unavailable({ message: "down", status: 503, timedOut: false })) },
      "Unavailable",
    ],
    ["Parallel refuses the key", {}, { beforeGroup: Effect.fail(unauthorized(401, "No")) }, "Unauthorized"],
    ["there is no credit", {}, { beforeGroup: Effect.fail(noCredit) }, "PaymentRequired"],
    ["Parallel is silent", {}, { beforeGroup: Effect.never }, "PreparationTimedOut"],
    ["the inputs URL is silent", BY_URL, { loads: Effect.never }, "GroupLeftEmpty"],
    ["the inputs URL has no rows", BY_URL, { loads: Effect.fail(NO_ROWS) }, "GroupLeftEmpty"],
    ["the inputs URL brings a fault to light", BY_URL, { loads: Effect.die("ours") }, "CreationFailed"],
    ["the object has a fault", {}, { beforeBegin: Effect.die("ours") }, "CreationFailed"],
    ["the first batch is refused", {}, { commits: REFUSED }, "SubmissionRefused"],
    [
      "the record cannot be told of the group",
      {},
      { broken: (call: string) => call === "created" },
      "CreationBroken",
    ],
    [
      "the record cannot be asked for the commit",
      {},
      { broken: (call: string) => call === "committing" },
      "CreationBroken",
    ],
  ] as const)("frees the key when %s", ([, changes, weather, error]) =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      Object.assign(world.weather, weather)
      expect(said(yield* ask(world, changes, 40))).toBe(error)
      expect(world.submissions()).toBe(0)
      expect(world.object().kv.size).toBe(0)
      expect(world.object().alarm).toBeNull()
      Object.assign(world.weather, calm())
      expect(said(yield* ask(world, { processor: "pro" }))).toMatch(/^tgrp_\d$/)
      expect(world.submissions()).toBe(1)
    }),
  )

  it.effect.each([["beforeGroup"], ["beforeBegin"], ["beforeCommit"]] as const)(
    "frees the key when its caller hangs up %s, unless it may be submitted",
    ([where]) =>
      Effect.gen(function* () {
        const world = yield* makeWorld()
        world.weather[where] = Effect.never
        const fiber = yield* Effect.forkChild(world.request(), { startImmediately: true })
        yield* settle
        expect(world.object().kv.size).toBe(1)
        yield* Fiber.interrupt(fiber)
        expect(world.object().kv.size).toBe(where === "beforeCommit" ? 1 : 0)
      }),
  )

  it.effect("submits nothing without its record", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      world.weather.broken = () => true
      expect(said(yield* ask(world, {}, 40))).toBe("IdempotencyUnavailable")
      expect(world.groups.size).toBe(0)
    }),
  )

  it.effect("answers although the record cannot be told of the end, and finds the group afterwards", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      world.weather.broken = (call) => call === "done"
      expect(said(yield* ask(world, {}, 40))).toBe("tgrp_0")
      yield* pass(60)
      expect(said(yield* ask(world, {}, 40))).toBe("tgrp_0 again")
      expect(world.submissions()).toBe(1)
    }),
  )
})

describe("a Worker that died", () => {
  it.effect.each([["beforeGroup"], ["beforeBegin"]] as const)(
    "%s is replaced when its lease is over",
    ([where]) =>
      Effect.gen(function* () {
        const world = yield* makeWorld()
        yield* die(world, where)
        expect(said(yield* ask(world))).toBe("KeyInUse")
        expect(said(yield* ask(world, { processor: "pro" }))).toBe("KeyReused")
        yield* pass(60)
        expect(said(yield* ask(world))).toMatch(/^tgrp_\d$/)
        expect(world.submissions()).toBe(1)
      }),
  )

  it.effect("after the commit leaves its answer", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* die(world, "afterCommit")
      expect(said(yield* ask(world))).toBe("KeyInUse")
      yield* pass(60)
      expect(said(yield* ask(world))).toBe("tgrp_0 again")
      expect(world.submissions()).toBe(1)
    }),
  )

  it.effect("right before the commit is replaced only when no commit can come any more", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* die(world, "beforeCommit")
      yield* pass(60)
      const early = yield* ask(world)
      expect(early).toMatchObject({
        failure: { _tag: "KeyInUse", uncertain: true, group: { taskgroupId: "group-id-0" } },
      })
      if (early._tag !== "Failure" || early.failure._tag !== "KeyInUse") throw new Error("unexpected")
      yield* pass(early.failure.retryAfterMs / 1000 - 16)
      expect(said(yield* ask(world))).toBe("KeyInUse")
      yield* pass(10)
      expect(said(yield* ask(world))).toBe("tgrp_1")
      expect(world.submissions()).toBe(1)
    }),
  )

  it.effect("is not replaced where a group may have ended and gone", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld({ RETENTION_DAYS: 0.01 })
      yield* die(world, "beforeCommit")
      yield* TestClock.adjust("20 hours")
      expect(said(yield* ask(world))).toBe("KeyInUse")
      yield* TestClock.adjust("4 hours")
      expect(said(yield* ask(world))).toBe("tgrp_1")
    }),
  )

  it.effect("but lives after all must not commit", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const asleep = yield* Deferred.make<void>()
      world.weather.beforeBegin = Deferred.await(asleep)
      const sleeper = yield* Effect.forkChild(world.request(), { startImmediately: true })
      yield* pass(70)
      world.weather.beforeBegin = Effect.void
      expect(said(yield* ask(world))).toBe("tgrp_1")
      yield* Deferred.succeed(asleep, undefined)
      yield* settle
      const answer = yield* Fiber.join(sleeper)
      expect(answer).toMatchObject({ failure: { _tag: "KeyTakenOver", taskgroupId: "group-id-0" } })
      expect(world.submissions()).toBe(1)
      // Its failure did not free the other's key.
      expect(said(yield* ask(world))).toBe("tgrp_1 again")
    }),
  )

  it.effect("or seemed to, and was refused at last, leaves nothing to repeat", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* die(world, "afterCommit")
      yield* pass(60)
      let looked = false
      world.weather.broken = (call) => {
        if (call === "done" && !looked) {
          // Between the look at the group and this call its holder gave the key back.
          looked = true
          world.object().kv.clear()
          world.groups.set("group-id-0", { state: "removed", submitted: 0 })
        }
        return false
      }
      expect(said(yield* ask(world))).toBe("tgrp_1")
      expect(world.submissions()).toBe(1)
    }),
  )

  it.effect("keeps the key when nobody knows how the commit ended", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      world.weather.afterCommit = new GroupNotStored({ message: "no answer" })
      expect(said(yield* ask(world))).toBe("CreationBroken")
      world.weather.afterCommit = Effect.void
      expect(said(yield* ask(world))).toBe("KeyInUse")
      yield* pass(60)
      expect(said(yield* ask(world))).toBe("tgrp_0 again")
      expect(world.submissions()).toBe(1)
    }),
  )
})

describe("the object of an idempotency key", () => {
  it.effect(
    "is turned back by no call that comes late, and by nobody who only says that a group is gone",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld()
        const { object } = world.object()
        const group = {
          taskgroupId: groupId("group-id-0"),
          url: "https://multitask.example/group-id-0",
          answer: "{}",
        }
        const other = { token: "b", bodyHash: "body", notThere: "a" }
        expect(object.acquire({ token: "a", bodyHash: "body", notThere: null })).toEqual({ _tag: "Yours" })
        expect(object.advance("a", { _tag: "created", group })).toBe(true)
        expect(object.advance("b", { _tag: "committing" })).toBe(false)
        expect(object.advance("a", { _tag: "committing" })).toBe(true)
        // The first attempt at a call whose repetition was faster.
        expect(object.advance("a", { _tag: "created", group })).toBe(true)
        expect(object.acquire({ token: "a", bodyHash: "body", notThere: null })).toEqual({ _tag: "Yours" })
        yield* Effect.promise(() => object.release("b"))
        expect(object.acquire(other)).toMatchObject({ _tag: "InProgress", group })
        yield* TestClock.adjust("60 seconds")
        expect(object.advance("a", { _tag: "committing" })).toBe(true)
        expect(object.acquire(other)).toEqual({ _tag: "Unknown", token: "a", waitMs: 600_000, group })
        yield* TestClock.adjust("599 seconds")
        expect(object.acquire(other)).toMatchObject({ _tag: "Unknown", waitMs: 1_000 })
        yield* TestClock.adjust("1 second")
        expect(object.acquire({ ...other, notThere: null })).toMatchObject({ _tag: "Unknown", waitMs: 0 })
        expect(object.acquire({ ...other, notThere: "c" })).toMatchObject({ _tag: "Unknown" })
        expect(object.acquire(other)).toEqual({ _tag: "Yours" })
        expect(object.advance("a", { _tag: "committing" })).toBe(false)
      }),
  )

  it.effect("forgets after 24 h", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      expect(said(yield* ask(world))).toBe("tgrp_0")
      const { object, kv, alarm } = world.object()
      expect(alarm).toBe(24 * 3_600_000)
      yield* TestClock.adjust("23 hours")
      yield* Effect.promise(() => object.alarm())
      expect(said(yield* ask(world))).toBe("tgrp_0 again")
      yield* TestClock.adjust("1 hour")
      yield* Effect.promise(() => object.alarm())
      expect(kv.size).toBe(0)
      expect(said(yield* ask(world, { processor: "pro" }))).toBe("tgrp_1")
    }),
  )

  it.effect("keeps a record at least as long as a commit may still come", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld({ IDEMPOTENCY_HOURS: 1, UNCOMMITTED_MINUTES: 1_440 })
      yield* die(world, "beforeCommit")
      yield* TestClock.adjust("20 hours")
      expect(said(yield* ask(world))).toBe("KeyInUse")
    }),
  )
})

/** A small generator of one's own, so that a seed tells a story again. */
const dice = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 4_294_967_296
}

describe("whatever happens", () => {
  it.effect.each(Array.from({ length: 60 }, (_, seed) => [seed + 1] as const))(
    "nothing is paid for twice (seed %i)",
    ([seed]) =>
      Effect.gen(function* () {
        const world = yield* makeWorld()
        const roll = dice(seed)
        const delay = Effect.suspend(() => Effect.sleep(roll() < 0.15 ? roll() * 120_000 : roll() * 2_000))
        Object.assign(world.weather, {
          beforeGroup: delay,
          beforeBegin: delay,
          // The commit is tried for a minute or so; a later one meets an object that is gone.
          beforeCommit: delay,
          afterCommit: Effect.suspend(() =>
            roll() < 0.2 ? Effect.fail(new GroupNotStored({ message: "no answer" })) : delay,
          ),
          broken: () => roll() < 0.1,
        })
        const answers: Array<Answer> = []
        for (let at = 0; at < 12; at += 1) {
          const fiber = yield* Effect.forkChild(
            Effect.tap(world.request(), (answer) => Effect.sync(() => answers.push(answer))),
            { startImmediately: true },
          )
          yield* pass(1 + Math.floor(roll() * 12))
          // The caller hangs up, or the Worker dies. What is done then takes time itself.
          const end = roll()
          if (end < 0.35) yield* Effect.forkDetach(end < 0.2 ? world.kill(fiber) : Fiber.interrupt(fiber))
          if (roll() < 0.2) yield* TestClock.adjust(`${Math.floor(roll() * 800)} seconds`)
          expect(world.submissions()).toBeLessThanOrEqual(1)
        }
        Object.assign(world.weather, calm())
        yield* TestClock.adjust("12 minutes")
        const last = said(yield* ask(world))
        expect(last).toMatch(/^tgrp_\d+( again)?$/)
        expect(world.submissions()).toBe(1)
        const urls = new Set(
          answers.flatMap((answer) => (answer._tag === "Success" ? [answer.success.url] : [])),
        )
        for (const url of urls)
          expect(url).toBe(`https://multitask.example/${last.split(" ")[0]?.replace("tgrp_", "group-id-")}`)
      }),
  )
})
