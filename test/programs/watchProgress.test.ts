import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { EMPTY_PLAN, type GroupInit } from "../../src/domain/TaskGroup.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import { AudienceLive } from "../../src/layers/AudienceLive.ts"
import { PublisherLive } from "../../src/layers/PublisherLive.ts"
import { TaskGroupStoreSqlite } from "../../src/layers/TaskGroupStoreSqlite.ts"
import { watchProgress } from "../../src/programs/watchProgress.ts"
import { Audience } from "../../src/services/Audience.ts"
import { GroupReader } from "../../src/services/GroupReader.ts"
import { Publisher } from "../../src/services/Publisher.ts"
import { Settings } from "../../src/services/Settings.ts"
import {
  accept,
  complete,
  initOf,
  inputsOf,
  NOW,
  told,
  wholeStore,
  type Store,
} from "../layers/store/fixtures.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { settingsWith } from "../support/settings.ts"

const SECOND = 1_000

/** A group of three runs that upstream has taken, in this process. */
const groupOf = (init: Partial<GroupInit> = {}, settings: Partial<SettingsShape> = {}) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const store = yield* wholeStore
      store.begin(initOf({ numInputs: 3, ...init }))
      store.addInputs(0, inputsOf(3), NOW)
      store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: 3 }] }] })
      accept(store, 0, 3)
    }),
  ).pipe(
    Layer.provideMerge(Layer.suspend(() => TaskGroupStoreSqlite(nodeSqliteStorage()))),
    Layer.provideMerge([PublisherLive, AudienceLive, Layer.succeed(Settings, settingsWith(settings))]),
  )

const waiting = (ms: number) => Effect.forkChild(watchProgress(ms), { startImmediately: true })

const isOver = (fiber: Fiber.Fiber<unknown, unknown>) => fiber.pollUnsafe() !== undefined

/** Whatever is due now, and nothing later: viewers are told together, a little apart. */
const soon = TestClock.adjust("300 millis")

const endGroup = (store: Store) => store.end({ message: "", removalAt: NOW + 1_000, now: NOW }, () => {})

describe("watchProgress", () => {
  it.effect("says how far the group is, at once when nobody wants to wait", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 1)
      store.say("following", "Parallel is slow.")
      expect(yield* watchProgress(0)).toEqual({
        taskgroupId: "tgrp_store_suite",
        url: "https://multitask.example/tgrp_store_suite",
        title: "Companies",
        isActive: true,
        state: "key_refused",
        numInputs: 3,
        counts: { completed: 1, queued: 2 },
        statusMessage: "Parallel is slow.",
      })
      expect(yield* watchProgress(Number.NaN)).not.toBeNull()
    }).pipe(Effect.provide(groupOf({ metadata: `{"title":"Companies"}` }))),
  )

  it.effect("waits for a row that ends, not for one that runs, nor for one that had ended before", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 0)
      const fiber = yield* waiting(20 * SECOND)
      store.apply([told("run-1", "running")], NOW)
      yield* TestClock.adjust("5 seconds")
      expect(isOver(fiber)).toBe(false)
      store.apply([told("run-1", "failed", { raw: { error: { message: "No" } } })], NOW)
      yield* soon
      expect(isOver(fiber)).toBe(true)
      expect(yield* Fiber.join(fiber)).toMatchObject({
        title: "Task group tgrp_store_suite",
        counts: { completed: 1, failed: 1, queued: 1 },
      })
    }).pipe(Effect.provide(groupOf())),
  )

  it.effect("counts anew when rows that had ended are run again", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 0)
      complete(store, 1)
      const fiber = yield* waiting(20 * SECOND)
      store.repeatRows(
        [
          { inputIndex: 0, processor: null },
          { inputIndex: 1, processor: null },
        ],
        NOW,
      )
      yield* soon
      expect(isOver(fiber)).toBe(false)
      complete(store, 2)
      yield* soon
      expect(yield* Fiber.join(fiber)).toMatchObject({ counts: { completed: 1, queued: 2 } })
    }).pipe(Effect.provide(groupOf())),
  )

  it.effect("answers when the time is over, with what there is then, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const audience = yield* Audience
      const fiber = yield* waiting(20 * SECOND)
      expect(audience.watching()).toBe(1)
      store.apply([told("run-1", "running")], NOW)
      yield* TestClock.adjust("19900 millis")
      expect(isOver(fiber)).toBe(false)
      yield* TestClock.adjust("200 millis")
      expect(yield* Fiber.join(fiber)).toMatchObject({ counts: { queued: 2, running: 1 } })
      expect(audience.watching()).toBe(0)
    }).pipe(Effect.provide(groupOf())),
  )

  it.effect("lets nobody wait for longer than its own bound", () =>
    Effect.gen(function* () {
      const fiber = yield* waiting(Number.POSITIVE_INFINITY)
      yield* TestClock.adjust("24 seconds")
      expect(isOver(fiber)).toBe(false)
      yield* TestClock.adjust("1100 millis")
      expect(isOver(fiber)).toBe(true)
    }).pipe(Effect.provide(groupOf())),
  )

  it.effect.each([
    [
      "waiting_for_credit",
      (store: Store) =>
        store.savePlan({
          ...EMPTY_PLAN,
          credit: { since: 0, next: 0, rounds: 1 },
          todo: [{ id: 1, rows: [] }],
        }),
    ],
    ["key_refused", (store: Store) => store.say("refusal", "Parallel refuses the key.")],
    ["stopping", (store: Store) => store.savePlan({ ...EMPTY_PLAN, stopped: true })],
    ["given_up", (store: Store) => store.end({ message: "over", removalAt: NOW, now: NOW }, () => {})],
  ] as const)("tells at once that the group is %s", ([state, act]) =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const fiber = yield* waiting(20 * SECOND)
      act(store)
      // As everything does that is followed.
      store.say("webhook", "It is noted.")
      yield* soon
      expect(isOver(fiber)).toBe(true)
      expect(yield* Fiber.join(fiber)).toMatchObject({ state })
    }).pipe(Effect.provide(groupOf())),
  )

  it.effect("does not wait for a group of which nothing changes any more", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      for (const index of [0, 1, 2]) complete(store, index)
      expect(yield* watchProgress(20 * SECOND)).toMatchObject({ isActive: false, state: "done" })
      endGroup(store)
      expect(yield* watchProgress(20 * SECOND)).toMatchObject({ isActive: false, counts: { completed: 3 } })
    }).pipe(Effect.provide(groupOf())),
  )

  it.effect("ends with null when the group is removed, and where there is none", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const fiber = yield* waiting(20 * SECOND)
      store.remove(() => {})
      yield* soon
      expect(isOver(fiber)).toBe(true)
      expect(yield* Fiber.join(fiber)).toBeNull()
      ;(yield* Publisher).close()
      yield* store.erase()
      expect(yield* watchProgress(20 * SECOND)).toBeNull()
    }).pipe(Effect.provide(groupOf())),
  )

  it.effect("ends when the publisher is closed, whatever the tables say", () =>
    Effect.gen(function* () {
      const fiber = yield* waiting(20 * SECOND)
      ;(yield* Publisher).close()
      yield* soon
      expect(yield* Fiber.join(fiber)).toBeNull()
      expect((yield* Audience).watching()).toBe(0)
    }).pipe(Effect.provide(groupOf())),
  )

  it.effect("answers at once where there is no room for one more to wait, and lets go of who hangs up", () =>
    Effect.gen(function* () {
      const audience = yield* Audience
      const fibers = yield* Effect.all([waiting(20 * SECOND), waiting(20 * SECOND)])
      expect(audience.watching()).toBe(2)
      for (let stranger = 0; stranger < 10; stranger++)
        expect(yield* watchProgress(20 * SECOND)).toMatchObject({ counts: { queued: 3 } })
      expect(audience.watching()).toBe(2)
      yield* Fiber.interrupt(fibers[0])
      const next = yield* waiting(20 * SECOND)
      expect([audience.watching(), isOver(next)]).toEqual([2, false])
    }).pipe(Effect.provide(groupOf({}, { MAX_VIEWERS: 2 }))),
  )

  it.effect("has many who wait look together, and few times", () => {
    let looks = 0
    const Counted = Layer.effect(
      GroupReader,
      Effect.map(GroupReader, (store) => ({
        ...store,
        status: () => {
          looks++
          return store.status()
        },
      })),
    ).pipe(Layer.provideMerge(groupOf()))
    return Effect.gen(function* () {
      const store = yield* wholeStore
      for (let at = 0; at < 500; at++) yield* waiting(20 * SECOND)
      looks = 0
      // Something is told every 2 ms, for two seconds.
      for (let at = 0; at < 1_000; at++) {
        store.say("webhook", `${at}`)
        yield* TestClock.adjust("2 millis")
      }
      // A round in 250 ms, for each of them.
      expect(looks).toBeGreaterThan(500)
      expect(looks).toBeLessThan(500 * 11)
    }).pipe(Effect.provide(Counted))
  })
})
