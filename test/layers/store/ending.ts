import { expect, it } from "vitest"
import { EventCursor } from "../../../src/domain/Ids.ts"
import { EMPTY_PLAN } from "../../../src/domain/TaskGroup.ts"
import { EMPTY_MEMORY } from "../../../src/services/RunStore.ts"
import { asEvents, beliefs, complete, drain, NOW, opened, submittedOn, type WithStorage } from "./fixtures.ts"

const END = { message: "over", removalAt: NOW + 1_000, now: NOW + 10 }

/** The end, and the time after it. */
export const endingSuite = (withStorage: WithStorage) => {
  it("ends once, with a number of its own for done", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      for (const index of [0, 1, 2]) complete(store, index)
      const before = store.change()
      let also = 0
      expect(store.end(END, () => void also++)).toBe(true)
      expect(also).toBe(1)
      const end = store.endedAtChange()
      expect(end).toBe(store.change())
      expect(end).toBeGreaterThan(before)
      expect(store.details()).toMatchObject({
        state: "ended",
        endedAt: END.now,
        removalAt: END.removalAt,
        statusMessage: "over",
      })
      expect(store.end(END, () => void also++)).toBe(false)
      expect(also).toBe(1)
      expect(store.change()).toBe(end)
      const { store: again } = opened(storage)
      expect(again.endedAtChange()).toBe(end)
      expect(drain(again.reader(before, asEvents))).toEqual([])
    }))

  it("deletes the key in the same transaction, and only if that holds", () =>
    withStorage((storage) => {
      storage.kv.put("api_key", "secret")
      const store = submittedOn(storage)
      const before = beliefs(store)
      expect(() =>
        store.end(END, () => {
          storage.kv.delete("api_key")
          throw new Error("in the callback")
        }),
      ).toThrow("in the callback")
      expect(storage.kv.get("api_key")).toBe("secret")
      expect(beliefs(store)).toEqual(before)
      expect(beliefs(opened(storage).store)).toEqual(before)
      expect(store.end(END, () => void storage.kv.delete("api_key"))).toBe(true)
      expect(storage.kv.get("api_key")).toBeUndefined()
    }))

  it("keeps what is in doubt, should the group go on", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const lost = [{ id: 3, rows: [{ from: 0, to: 1 }], since: NOW }]
      store.savePlan({ ...EMPTY_PLAN, lost })
      store.end(END, () => {})
      expect(opened(storage).store.plan().lost).toEqual(lost)
    }))

  it("forgets plan, what following remembers and deliveries with the end", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.savePlan({ ...EMPTY_PLAN, next: 7 })
      store.apply([], NOW, EventCursor("cursor"))
      store.remember({ ...EMPTY_MEMORY, refusedAt: 5 })
      store.countDelivery()
      expect(opened(storage).store.deliveries()).toBe(1)
      store.end(END, () => {})
      expect(store.plan()).toEqual(EMPTY_PLAN)
      expect(store.cursor()).toBe("cursor")
      expect(store.memory()).toEqual(EMPTY_MEMORY)
      expect(store.deliveries()).toBe(0)
      expect(store.status().is_active).toBe(false)
    }))
}
