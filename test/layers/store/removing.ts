import { expect, it } from "vitest"
import * as Effect from "effect/Effect"
import { NO_CHANGE } from "../../../src/domain/Ids.ts"
import { EMPTY_PLAN } from "../../../src/domain/TaskGroup.ts"
import type { SqliteStorage } from "../../../src/layers/sqlite/SqliteStorage.ts"
import { StorageFailed } from "../../../src/services/GroupStore.ts"
import { groupId } from "../../support/ids.ts"
import {
  asEvents,
  complete,
  groupOn,
  initOf,
  inputsOf,
  NOW,
  opened,
  rowsOf,
  submittedOn,
  type WithStorage,
} from "./fixtures.ts"

const failureOf = <E>(program: Effect.Effect<unknown, E>) => Effect.runPromise(Effect.flip(program))

/** A storage that cannot be emptied the first time. */
const reluctant = (storage: SqliteStorage, refuse: () => Promise<never>): SqliteStorage => {
  let asked = 0
  return {
    ...storage,
    sql: storage.sql,
    kv: storage.kv,
    transactionSync: (body) => storage.transactionSync(body),
    deleteAll: () => (asked++ === 0 ? refuse() : storage.deleteAll()),
  }
}

const tablesOf = (storage: SqliteStorage) =>
  [...storage.sql.exec("SELECT name FROM sqlite_schema WHERE name IN ('runs', 'details', 'results')").raw()]
    .length

/** A group that is removed, and an object that holds none. */
export const removingSuite = (withStorage: WithStorage) => {
  it.each(["receiving", "active", "ended"])("a group is gone from then on, whatever it was (%s)", (state) =>
    withStorage((storage) => {
      storage.kv.put("api_key", "secret")
      const { store } = opened(storage)
      store.begin(initOf())
      store.addInputs(0, inputsOf(3), NOW)
      if (state !== "receiving")
        store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: 3 }] }] })
      if (state === "ended") store.end({ message: "", removalAt: NOW, now: NOW }, () => {})
      expect(store.details()?.state).toBe(state)
      store.remove(() => void storage.kv.delete("api_key"))
      // In the same transaction.
      expect(storage.kv.get("api_key")).toBeUndefined()
      for (const one of [store, opened(storage).store]) {
        expect(one.details()?.state).toBe("removed")
        expect(one.begin(initOf())).toBe("different")
        expect(one.begin(initOf({ taskgroupId: groupId("tgrp_other") }))).toBe("different")
        expect(one.commit(EMPTY_PLAN)).toBe("incomplete")
        expect(one.end({ message: "", removalAt: NOW, now: NOW }, () => expect.unreachable())).toBe(false)
      }
    }),
  )

  it("takes no more inputs either", () =>
    withStorage((storage) => {
      const { store } = opened(storage)
      store.begin(initOf())
      store.remove(() => {})
      expect(store.addInputs(0, inputsOf(1), NOW)).toBe("different")
      expect(rowsOf(store)).toEqual([])
    }))

  it("is removed only if what goes with it is", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const refuse = () => {
        throw new Error("in the callback")
      }
      expect(() => store.remove(refuse)).toThrow("in the callback")
      for (const one of [store, opened(storage).store]) expect(one.details()?.state).toBe("active")
    }))

  it("may be removed twice, and where there is no group", () =>
    withStorage((storage) => {
      let also = 0
      opened(storage).store.remove(() => void also++)
      const store = submittedOn(storage)
      store.remove(() => void also++)
      store.remove(() => void also++)
      expect([also, store.details()?.state]).toEqual([3, "removed"])
    }))

  it("leaves nothing when it is erased", () =>
    withStorage(async (storage) => {
      const store = submittedOn(storage)
      store.say("following", "F.")
      store.remove(() => {})
      await Effect.runPromise(store.erase())
      expect([tablesOf(storage), storage.kv.get("sentences"), storage.kv.get("plan")]).toEqual([
        0,
        undefined,
        undefined,
      ])
      expect(opened(storage).store.details()).toBeNull()
    }))

  it.each([
    {
      name: "rejects",
      refuse: () => Promise.reject(new TypeError("secret detail of the platform")),
    },
    {
      name: "throws",
      refuse: () => {
        throw new TypeError("secret detail of the platform")
      },
    },
  ])(
    "a platform that $name is told of; nothing is written meanwhile, and erasing again works",
    ({ refuse }) =>
      withStorage(async (storage) => {
        const store = submittedOn(reluctant(storage, refuse))
        const reader = store.reader(NO_CHANGE, asEvents)
        store.remove(() => {})
        const before = [...storage.sql.exec("SELECT * FROM runs ORDER BY id").raw()]
        const error = await failureOf(store.erase())
        expect(error).toBeInstanceOf(StorageFailed)
        expect(error.message).toBe("The storage could not be emptied (TypeError)")
        // What still runs is too late.
        expect(complete(store, 0)).toEqual([])
        store.say("following", "too late")
        store.savePlan({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: 3 }] }] })
        store.flush()
        store.remove(() => expect.unreachable())
        expect(store.details()).toBeNull()
        expect(reader.next()).toMatchObject({ bytes: [], more: false })
        expect([...storage.sql.exec("SELECT * FROM runs ORDER BY id").raw()]).toEqual(before)
        expect(storage.kv.get("sentences")).toBeUndefined()
        expect(storage.kv.get<{ todo: unknown }>("plan")?.todo).toEqual([])
        // An object that starts in the meantime knows that it is to be removed.
        expect(opened(storage).store.details()?.state).toBe("removed")
        await Effect.runPromise(store.erase())
        expect(tablesOf(storage)).toBe(0)
        expect(store.begin(initOf())).toBe("different")
        reader.close()
      }),
  )

  it("an object that holds nothing is emptied, and a group can still begin in it", () =>
    withStorage(async (storage) => {
      const { store } = opened(storage)
      expect(tablesOf(storage)).toBe(2)
      await Effect.runPromise(store.forget(NOW))
      expect(tablesOf(storage)).toBe(0)
      expect([store.details(), store.change(), store.allEnded()]).toEqual([null, 0, false])
      await Effect.runPromise(store.forget(NOW))
      // As it is when a look-up comes just before the group does.
      const forgetting = Effect.runPromise(store.forget(NOW))
      expect(store.begin(initOf())).toBe("begun")
      await forgetting
      expect(store.addInputs(0, inputsOf(3), NOW)).toBe("stored")
      expect(store.commit(EMPTY_PLAN)).toBe("committed")
      expect(rowsOf(opened(storage).store)).toHaveLength(3)
    }))

  it("a look-up is told when the platform could not empty the object", () =>
    withStorage(async (storage) => {
      const refuse = () => Promise.reject(new Error("no"))
      const { store } = opened(reluctant(storage, refuse))
      expect(await failureOf(store.forget(NOW))).toBeInstanceOf(StorageFailed)
      await Effect.runPromise(store.forget(NOW))
      expect(groupOn(storage).details()?.state).toBe("active")
    }))
}
