import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { condemnTaskGroup, removeTaskGroup } from "../../src/programs/removeTaskGroup.ts"
import { AlarmClock } from "../../src/services/AlarmClock.ts"
import { GroupFibers } from "../../src/services/GroupFibers.ts"
import { GroupStore } from "../../src/services/GroupStore.ts"
import { Publisher } from "../../src/services/Publisher.ts"
import { ReceivingStore } from "../../src/services/ReceivingStore.ts"
import { SecretStore } from "../../src/services/SecretStore.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { committedGroup, groupLayers, initOf } from "./support.ts"

/** A storage that cannot be emptied so many times. */
const fragile = (failures: number) => {
  const storage = nodeSqliteStorage()
  let left = failures
  return {
    ...storage,
    deleteAll: () => (left-- > 0 ? Promise.reject(new Error("no storage")) : storage.deleteAll()),
  }
}

const webhookUrl = "https://hook.example/"

describe("removeTaskGroup", () => {
  it.effect("ends viewers and whatever runs, and leaves nothing", () => {
    const storage = nodeSqliteStorage()
    let isFollowing = true
    return Effect.gen(function* () {
      const fibers = yield* GroupFibers
      const viewer = yield* Effect.forkChild(Stream.runDrain(fibers.within(Stream.never)), {
        startImmediately: true,
      })
      yield* fibers.start(
        "follow",
        Effect.ensuring(
          Effect.never,
          Effect.sync(() => {
            isFollowing = false
          }),
        ),
      )
      yield* Effect.yieldNow
      yield* removeTaskGroup()
      yield* Fiber.join(viewer)
      expect(isFollowing).toBe(false)
      expect((yield* Publisher).isClosed()).toBe(true)
      expect(storage.read("SELECT name FROM sqlite_schema").rows).toEqual([])
      expect([(yield* SecretStore).apiKey(), (yield* AlarmClock).get("removal")]).toEqual([null, null])
    }).pipe(Effect.provide(committedGroup(1, {}, { storage, webhookUrl })))
  })

  it.effect("stays due where it fails, and nothing of the group comes back until it is repeated", () => {
    const storage = fragile(2)
    return Effect.gen(function* () {
      const alarms = yield* AlarmClock
      alarms.set("watchdog", 1)
      for (const _ of [1, 2]) {
        yield* removeTaskGroup()
        expect((yield* GroupStore).details()).toBeNull()
        expect((yield* ReceivingStore).begin(initOf(1))).toBe("different")
        expect([alarms.get("watchdog"), alarms.get("removal")]).toEqual([null, 0])
        expect([(yield* SecretStore).apiKey(), (yield* SecretStore).webhookUrl()]).toEqual([null, null])
      }
      yield* removeTaskGroup()
      expect(alarms.get("removal")).toBeNull()
      expect(storage.read("SELECT name FROM sqlite_schema").rows).toEqual([])
    }).pipe(Effect.provide(committedGroup(1, {}, { storage, webhookUrl })))
  })

  it.effect("goes on in another life of the object: what is condemned is never begun again", () => {
    const storage = nodeSqliteStorage()
    return Effect.gen(function* () {
      yield* condemnTaskGroup().pipe(Effect.provide(committedGroup(1, {}, { storage })))
      const group = yield* Effect.gen(function* () {
        expect((yield* ReceivingStore).begin(initOf(1))).toBe("different")
        return (yield* GroupStore).details()
      }).pipe(Effect.provide(groupLayers({}, storage)))
      expect(group).toMatchObject({ state: "removed" })
      yield* removeTaskGroup().pipe(Effect.provide(groupLayers({}, storage)))
      expect(storage.read("SELECT name FROM sqlite_schema").rows).toEqual([])
    })
  })
})
