import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { actOnGroup } from "../../src/programs/acts/actOnGroup.ts"
import { receivePiece } from "../../src/programs/acts/receivePiece.ts"
import { beginTaskGroup, commitTaskGroup, receiveInputs } from "../../src/programs/receiveTaskGroup.ts"
import { superviseTaskGroup, visitTaskGroup, wakeTaskGroup } from "../../src/programs/superviseTaskGroup.ts"
import { AlarmClock } from "../../src/services/AlarmClock.ts"
import { GroupFibers } from "../../src/services/GroupFibers.ts"
import { GroupStore } from "../../src/services/GroupStore.ts"
import { RunStore } from "../../src/services/RunStore.ts"
import { SecretStore } from "../../src/services/SecretStore.ts"
import { WaitingCaller } from "../../src/services/WaitingCaller.ts"
import { WebhookSender } from "../../src/services/WebhookSender.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import {
  committedGroup,
  groupLayers,
  HOUR,
  initOf,
  inputsOf,
  look,
  makeParallel,
  MINUTE,
  noCredit,
  rejected,
  SECOND,
  unauthorized,
} from "./support.ts"

const DAY = 24 * HOUR
const quietReceiver = Layer.succeed(
  WebhookSender,
  WebhookSender.of({ send: () => Effect.succeed("accepted") }),
)

/** What a caller does: begins, sends two rows, commits, and waits. */
const creating = Effect.gen(function* () {
  yield* beginTaskGroup(initOf(2), { apiKey: "key", webhookUrl: null })
  yield* receiveInputs(0, inputsOf(2))
  return yield* commitTaskGroup(20 * SECOND)
}).pipe(Effect.forkChild({ startImmediately: true }))

/** A storage whose emptying fails, in each of the ways there are, until it is mended. */
const fragile = (how: "fails" | "throws" | "hangs") => {
  const storage = nodeSqliteStorage()
  let isBroken = true
  return {
    storage: {
      ...storage,
      deleteAll: () => {
        if (!isBroken) return storage.deleteAll()
        if (how === "throws") throw new Error("no storage")
        return how === "fails" ? Promise.reject(new Error("no storage")) : new Promise<void>(() => {})
      },
    },
    mend: () => {
      isBroken = false
    },
  }
}

describe("a group that is refused while its caller waits", () => {
  it.effect("is condemned before the caller hears of it, and leaves nothing", () => {
    const parallel = makeParallel({ addRuns: () => rejected("No such task") })
    return Effect.gen(function* () {
      const caller = yield* creating
      expect(yield* Fiber.join(caller)).toMatchObject({
        _tag: "Refused",
        status: 422,
        message: "No such task",
      })
      expect((yield* GroupStore).details()).toBeNull()
      expect((yield* SecretStore).apiKey()).toBeNull()
      expect(yield* visitTaskGroup()).toBe(false)
      expect(parallel.asked("addRuns")).toHaveLength(1)
    }).pipe(Effect.provide([groupLayers(), parallel.layer, quietReceiver]))
  })

  it.effect.each(["fails", "throws", "hangs"] as const)(
    "is gone, and its caller is told, even when emptying the storage %s; the alarm does it later",
    (how) => {
      const { storage, mend } = fragile(how)
      const parallel = makeParallel({ addRuns: () => unauthorized(401, "Unknown key") })
      return Effect.gen(function* () {
        const caller = yield* creating
        yield* TestClock.adjust("5 seconds")
        expect(yield* Fiber.join(caller)).toMatchObject({ _tag: "Refused", status: 401 })
        expect((yield* SecretStore).apiKey()).toBeNull()
        expect((yield* GroupStore).details()).toBeNull()
        mend()
        yield* wakeTaskGroup()
        expect((yield* AlarmClock).get("removal")).toBeNull()
        expect(parallel.asked("addRuns")).toHaveLength(1)
      }).pipe(Effect.provide([groupLayers({}, storage), parallel.layer, quietReceiver]))
    },
  )

  it.effect("has its caller told when the alarm comes while it is being emptied", () => {
    const { storage } = fragile("hangs")
    const parallel = makeParallel({ addRuns: () => rejected("No such task") })
    return Effect.gen(function* () {
      const caller = yield* creating
      const alarm = yield* Effect.forkChild(wakeTaskGroup(), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(caller)).toMatchObject({ _tag: "Refused", status: 422 })
      yield* Fiber.interrupt(alarm)
    }).pipe(Effect.provide([groupLayers({}, storage), parallel.layer, quietReceiver]))
  })

  it.effect("has its caller told when the follower dies of it", () => {
    const parallel = makeParallel({ addRuns: () => rejected("No such task") })
    const Forgetful = Layer.effect(
      RunStore,
      Effect.map(RunStore, (store) => ({
        ...store,
        remember: () => {
          throw new Error("no storage")
        },
      })),
    ).pipe(Layer.provideMerge(groupLayers()))
    return Effect.gen(function* () {
      expect(yield* Fiber.join(yield* creating)).toEqual({ _tag: "Underway" })
    }).pipe(Effect.provide([Forgetful, parallel.layer, quietReceiver]))
  })

  it.effect("stays where it cannot be condemned, and its caller hears that it is under way", () => {
    const parallel = makeParallel({ addRuns: () => rejected("No such task") })
    const Stubborn = Layer.effect(
      GroupStore,
      Effect.map(GroupStore, (store) => ({
        ...store,
        remove: () => {
          throw new Error("no storage")
        },
      })),
    ).pipe(Layer.provideMerge(groupLayers()))
    return Effect.gen(function* () {
      const caller = yield* creating
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(caller)).toEqual({ _tag: "Underway" })
      // The watchdog starts it again, and now the refusal is the group's own.
      yield* TestClock.adjust("1 minute")
      yield* wakeTaskGroup()
      yield* TestClock.adjust("2 minutes")
      expect((yield* look).errors).toEqual({ 0: "No such task", 1: "No such task" })
    }).pipe(Effect.provide([Stubborn, parallel.layer, quietReceiver]))
  })

  it.effect("stays where somebody adds rows before it is condemned, and its caller hears so", () => {
    let refuses = true
    const parallel = makeParallel({ addRuns: () => (refuses ? rejected("No such task") : undefined) })
    const rows = { pieces: "more", numInputs: 1, inputColumns: [], warnings: [] }
    const adding = Effect.andThen(
      receivePiece("more", 0, inputsOf(1)),
      actOnGroup({ _tag: "inputs", ...rows, key: "key", record: null }),
    )
    const answers: Array<unknown> = []
    return Effect.gen(function* () {
      const caller = yield* WaitingCaller
      const context = yield* Effect.context<Effect.Services<typeof adding>>()
      const take: typeof caller.take = (refusal) => {
        const taken = caller.take(refusal)
        refuses = false
        Effect.runCallbackWith(context)(adding, { onExit: (exit) => answers.push(exit) })
        return taken
      }
      const story = Effect.gen(function* () {
        const called = yield* creating
        yield* TestClock.adjust("2 minutes")
        expect(answers).toMatchObject([{ value: { _tag: "Done" } }])
        expect(yield* Fiber.join(called)).toEqual({ _tag: "Underway" })
        yield* wakeTaskGroup()
        yield* TestClock.adjust("3 minutes")
        expect(yield* look).toMatchObject({ statuses: ["queued", "queued", "queued"] })
        expect(parallel.runs).toHaveLength(3)
      })
      yield* Effect.provideService(story, WaitingCaller, { ...caller, take })
    }).pipe(Effect.provide([groupLayers(), parallel.layer, quietReceiver]))
  })
})

describe("superviseTaskGroup", () => {
  it.effect("has its caller told that all is in, and follows on without one", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      expect(yield* Fiber.join(yield* creating)).toEqual({ _tag: "Submitted" })
      expect((yield* GroupFibers).isRunning("follow")).toBe(true)
      expect((yield* AlarmClock).get("uncommitted")).toBeNull()
      expect((yield* AlarmClock).get("watchdog")).toBe(MINUTE)
    }).pipe(Effect.provide([groupLayers(), parallel.layer, quietReceiver]))
  })

  it.effect("lets nobody wait for credit", () => {
    const parallel = makeParallel({ addRuns: ({ rows }) => (rows.includes(0) ? undefined : noCredit) })
    return Effect.gen(function* () {
      expect(yield* Fiber.join(yield* creating)).toEqual({ _tag: "Underway" })
    }).pipe(Effect.provide([groupLayers({ BATCH_SIZE: 1 }), parallel.layer, quietReceiver]))
  })

  it.effect("starts once, however often it is asked to", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      yield* Effect.all([superviseTaskGroup(), superviseTaskGroup(), visitTaskGroup(), wakeTaskGroup()])
      yield* TestClock.adjust("1 second")
      yield* superviseTaskGroup()
      yield* TestClock.adjust("1 second")
      expect(parallel.asked("addRuns")).toHaveLength(1)
      expect(parallel.asked("events")).toHaveLength(1)
    }).pipe(Effect.provide([committedGroup(1), parallel.layer, quietReceiver]))
  })

  it.effect("ends a group: key gone, webhook sent, removal due", () => {
    const parallel = makeParallel()
    const sent: Array<string> = []
    const receiver = Layer.succeed(WebhookSender, {
      send: ({ id, body }) => Effect.sync(() => (sent.push(`${id} ${body}`), "accepted" as const)),
    })
    return Effect.gen(function* () {
      yield* superviseTaskGroup()
      parallel.complete()
      yield* TestClock.adjust("2 minutes")
      expect((yield* GroupStore).details()).toMatchObject({ state: "ended", statusMessage: "" })
      expect((yield* SecretStore).apiKey()).toBeNull()
      expect(sent).toEqual(['msg_tgrp_12345678 {"url":"https://multitask.example/tgrp_12345678"}'])
      const alarms = yield* AlarmClock
      expect([alarms.get("watchdog"), alarms.get("webhook")]).toEqual([null, null])
      expect(alarms.get("removal")).toBeGreaterThan(30 * DAY)
      expect((yield* GroupFibers).isRunning("follow")).toBe(false)
    }).pipe(
      Effect.provide([
        committedGroup(1, {}, { webhookUrl: "https://hook.example/" }),
        parallel.layer,
        receiver,
      ]),
    )
  })

  it.effect("ends a group whose key is gone, and says so", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      ;(yield* SecretStore).forgetApiKey()
      yield* superviseTaskGroup()
      expect(yield* look).toMatchObject({
        isActive: false,
        says: expect.stringMatching(
          /^The API key is no longer here\. 1 input was not sent to Parallel: POST .*resume/,
        ),
        statuses: ["cancelled"],
      })
    }).pipe(Effect.provide([committedGroup(1), parallel.layer, quietReceiver]))
  })
})

describe("wakeTaskGroup", () => {
  it.effect("brings a follower back that is gone", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      yield* superviseTaskGroup()
      yield* (yield* GroupFibers).close
      expect((yield* GroupFibers).isRunning("follow")).toBe(false)
      yield* TestClock.adjust("59 seconds")
      yield* wakeTaskGroup()
      expect((yield* GroupFibers).isRunning("follow")).toBe(false)
      yield* TestClock.adjust("1 second")
      yield* wakeTaskGroup()
      expect((yield* GroupFibers).isRunning("follow")).toBe(true)
      expect((yield* AlarmClock).get("watchdog")).toBe(2 * MINUTE)
      expect(parallel.runs).toHaveLength(1)
    }).pipe(Effect.provide([committedGroup(1), parallel.layer, quietReceiver]))
  })

  it.effect("removes what was never committed, but not what was", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      yield* beginTaskGroup(initOf(2), { apiKey: "key", webhookUrl: null })
      yield* TestClock.adjust("9 minutes")
      yield* wakeTaskGroup()
      expect((yield* GroupStore).details()).toMatchObject({ state: "receiving" })
      yield* TestClock.adjust("1 minute")
      yield* wakeTaskGroup()
      expect((yield* GroupStore).details()).toBeNull()
      expect((yield* SecretStore).apiKey()).toBeNull()
    }).pipe(Effect.provide([groupLayers(), parallel.layer, quietReceiver]))
  })

  it.effect("takes a commit for one whose death came before it could say so", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      ;(yield* AlarmClock).set("uncommitted", 0)
      yield* wakeTaskGroup()
      expect((yield* AlarmClock).get("uncommitted")).toBeNull()
      expect((yield* GroupFibers).isRunning("follow")).toBe(true)
    }).pipe(Effect.provide([committedGroup(1), parallel.layer, quietReceiver]))
  })

  it.effect("removes an ended group in time, and again for as long as that fails", () => {
    const { storage, mend } = fragile("fails")
    const parallel = makeParallel()
    return Effect.gen(function* () {
      const alarms = yield* AlarmClock
      yield* superviseTaskGroup()
      parallel.complete()
      yield* TestClock.adjust("30 days")
      yield* wakeTaskGroup()
      expect((yield* GroupStore).details()).toMatchObject({ state: "ended" })
      yield* TestClock.adjust("1 hour")
      yield* wakeTaskGroup()
      expect(yield* visitTaskGroup()).toBe(false)
      expect((yield* SecretStore).webhookUrl()).toBeNull()
      expect(alarms.get("removal")).not.toBeNull()
      mend()
      yield* wakeTaskGroup()
      expect(alarms.get("removal")).toBeNull()
      expect(storage.read("SELECT name FROM sqlite_schema").rows).toEqual([])
    }).pipe(
      Effect.provide([
        committedGroup(1, {}, { storage, webhookUrl: "https://hook.example/" }),
        parallel.layer,
        quietReceiver,
      ]),
    )
  })
})

describe("visitTaskGroup", () => {
  it.effect("finds nothing where nothing is, and leaves nothing stored", () => {
    const storage = nodeSqliteStorage()
    const parallel = makeParallel()
    return Effect.gen(function* () {
      expect(yield* visitTaskGroup()).toBe(false)
      expect(storage.read("SELECT name FROM sqlite_schema").rows).toEqual([])
    }).pipe(Effect.provide([groupLayers({}, storage), parallel.layer, quietReceiver]))
  })

  it.effect("brings a follower back before the alarm does", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      expect(yield* visitTaskGroup()).toBe(true)
      expect((yield* GroupFibers).isRunning("follow")).toBe(true)
    }).pipe(Effect.provide([committedGroup(1), parallel.layer, quietReceiver]))
  })

  it.effect(
    "lets one rest: a group that has been idle for a day is asked about once an hour, whoever looks",
    () => {
      const parallel = makeParallel()
      return Effect.gen(function* () {
        yield* superviseTaskGroup()
        yield* TestClock.adjust(24.5 * HOUR)
        expect((yield* GroupFibers).isRunning("follow")).toBe(false)
        const listed = parallel.asked("listRuns").length
        for (const _ of [1, 2, 3]) expect(yield* visitTaskGroup()).toBe(true)
        yield* TestClock.adjust("1 minute")
        expect(parallel.asked("listRuns")).toHaveLength(listed)
      }).pipe(Effect.provide([committedGroup(1), parallel.layer, quietReceiver]))
    },
  )
})
