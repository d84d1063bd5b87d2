import { expect, it } from "vitest"
import type { SqliteStorage } from "../../../src/layers/sqlite/SqliteStorage.ts"
import { PARTS, read, written } from "./elements.ts"
import {
  inputsOf,
  makeDice,
  NOW,
  opened,
  rowsOf,
  SEEDS,
  type Store,
  submittedOn,
  told,
  type WithStorage,
  withSnapshot,
} from "./fixtures.ts"

/** A group of so many rows, all of which have failed. */
const failedOn = (storage: SqliteStorage, count: number): Store => {
  const store = submittedOn(storage, inputsOf(count))
  store.apply(
    Array.from({ length: count }, (_, index) => told(`run-${index}`, "failed", { index })),
    NOW,
  )
  return store
}

const again = (store: Store, ...indexes: ReadonlyArray<number>) =>
  store.repeatRows(
    indexes.map((inputIndex) => ({ inputIndex, processor: null })),
    NOW + 1,
  )

/** Rows that are tried again. */
export const attemptsSuite = (withStorage: WithStorage) => {
  it.each(SEEDS)("the newest attempts are shown in every form, wherever pages end (seed %i)", (seed) =>
    withStorage((storage) => {
      const dice = makeDice(seed)
      const count = 60 + dice.whole(200)
      const store = failedOn(storage, count)
      const newest = Array.from({ length: count }, () => 1)
      // The last one of a first page among them, and one that fills more than a page.
      for (const [index, times] of [
        [63, 1],
        [dice.whole(count), 70],
        [dice.whole(count), 3],
      ] as const)
        for (let time = 0; time < times && index < count; time++) {
          again(store, index)
          newest[index]!++
        }
      for (const [index] of newest.entries())
        if (dice.chance(0.1)) {
          again(store, index)
          newest[index]!++
        }
      for (const one of [store, opened(storage).store]) {
        expect(rowsOf(one).map(({ attempt }) => attempt)).toEqual(newest)
        withSnapshot(one, (snapshot) => {
          for (const part of PARTS) expect(read(snapshot, part), part).toBe(written(snapshot, part))
        })
      }
    }),
  )

  it.each([63, 64, 127])("the only one that is tried again is shown, at the end of a page (row %i)", (at) =>
    withStorage((storage) => {
      const store = failedOn(storage, 300)
      again(store, at)
      withSnapshot(store, (snapshot) => {
        for (const part of PARTS) expect(read(snapshot, part), part).toBe(written(snapshot, part))
        expect(read(snapshot, "results").match(/"queued"/g)).toHaveLength(1)
      })
    }),
  )

  it.each([false, true])(
    "a run that an earlier attempt has taken from a row by its metadata makes room there (restart: %s)",
    (restarts) =>
      withStorage((storage) => {
        const first = submittedOn(storage, inputsOf(2))
        // The answer's order was not that of the rows; row 1 learns it, ends, and is tried again.
        first.apply([told("run-0", "failed", { index: 1 })], NOW)
        again(first, 1)
        const store = restarts ? opened(storage).store : first
        expect(store.apply([told("run-1", "running", { index: 0 })], NOW)).toEqual(["changed"])
        expect(rowsOf(store)).toMatchObject([
          { runId: "run-1", status: "running", attempt: 1 },
          { runId: null, status: "queued", attempt: 2 },
        ])
        expect(store.submitted()).toBe(2)
        expect(store.upstreamCounts()).toEqual({ running: 1, failed: 1 })
      }),
  )

  it("what upstream says of an earlier attempt's run is counted once, also after an end", () =>
    withStorage((storage) => {
      const store = failedOn(storage, 3)
      again(store, 0)
      // Its output did not come: here it has failed, there it has completed.
      store.apply([told("run-0", "completed", { index: 0 })], NOW)
      expect(store.upstreamCounts()).toEqual({ failed: 2, completed: 1 })
      store.end({ message: "", removalAt: NOW, now: NOW }, () => {})
      store.goOn(NOW + 1)
      store.apply([told("run-0", "completed", { index: 0 })], NOW)
      expect(store.upstreamCounts()).toEqual({ failed: 2, completed: 1 })
    }))
}
