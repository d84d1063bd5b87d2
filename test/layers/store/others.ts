import { expect, it } from "vitest"
import { EMPTY_PLAN } from "../../../src/domain/TaskGroup.ts"
import {
  breaking,
  groupOn,
  inputsOf,
  NOW,
  opened,
  outputOf,
  rowsOf,
  submittedOn,
  told,
  type WithStorage,
} from "./fixtures.ts"

/** Runs in the group that no row shows: somebody else's, and second ones for an input. */
export const othersSuite = (withStorage: WithStorage) => {
  it("are counted as upstream counts them, and are nothing to wait for", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const change = store.change()
      store.apply([told("stranger", "running"), told("beyond", "queued", { index: 3 })], NOW)
      expect(store.upstreamCounts()).toEqual({ queued: 4, running: 1 })
      expect(store.submitted()).toBe(3)
      for (const index of [0, 1, 2]) store.apply([told(`run-${index}`, "failed", { index })], NOW)
      expect(store.hasUnfinished()).toBe(false)
      expect(store.unfinishedRuns(10)).toEqual([])
      expect(store.allEnded()).toBe(true)
      expect(store.status().task_run_status_counts).toEqual({ failed: 3 })
      // They go on, or end, or are told again.
      store.apply(
        [told("stranger", "completed", { output: outputOf({ a: 1 }) }), told("stranger", "completed")],
        NOW,
      )
      expect(store.upstreamCounts()).toEqual({ queued: 1, failed: 3, completed: 1 })
      expect(store.pendingOutputCount()).toBe(0)
      expect(store.details()?.outputColumns).toEqual(["ceo"])
      expect(rowsOf(store).every((row) => row.change > change)).toBe(true)
      // A restart has to be told again.
      expect(opened(storage).store.upstreamCounts()).toEqual({ failed: 3 })
    }))

  it("a second run for an input is one of them, once, whatever is told of it", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.apply([told("run-0", "running", { index: 0 })], NOW)
      for (const status of ["queued", "running", "running", "failed"]) {
        expect(store.apply([told("second", status, { index: 0 })], NOW)).toEqual(["duplicate"])
        const counts: Record<string, number> = { queued: 2, running: 1 }
        counts[status] = (counts[status] ?? 0) + 1
        expect(store.upstreamCounts()).toEqual(counts)
      }
      expect(store.submitted()).toBe(3)
      expect(store.details()?.warnings).toHaveLength(1)
    }))

  it("are counted once when a row gets the run: by an answer, by metadata, in place of another", () =>
    withStorage((storage) => {
      const store = groupOn(storage)
      // Events were faster than the answer, and name no input.
      store.apply([told("one", "running"), told("two", "running"), told("three", "queued")], NOW)
      expect([store.upstreamCounts(), store.submitted()]).toEqual([{ running: 2, queued: 1 }, 0])
      store.acceptRuns([{ inputIndex: 0, runId: "one" }], EMPTY_PLAN, NOW)
      expect([store.upstreamCounts(), store.submitted()]).toEqual([{ running: 1, queued: 2 }, 1])
      store.apply([told("two", "running", { index: 1 })], NOW)
      expect([store.upstreamCounts(), store.submitted()]).toEqual([{ running: 1, queued: 2 }, 2])
      store.acceptRuns([{ inputIndex: 2, runId: "three" }], EMPTY_PLAN, NOW)
      store.apply([told("three", "running", { index: 0 })], NOW)
      expect(rowsOf(store)[0]?.runId).toBe("three")
      store.apply([told("one", "running", { index: 2 })], NOW)
      expect(rowsOf(store).map(({ runId }) => runId)).toEqual(["three", "two", "one"])
      expect([store.upstreamCounts(), store.submitted()]).toEqual([{ running: 3 }, 3])
    }))

  it("take the place of no row's run, whatever their metadata says: it may be somebody else's", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      expect(
        store.apply([told("stranger", "completed", { index: 0, output: outputOf("theirs") })], NOW),
      ).toEqual(["foreign"])
      expect(rowsOf(store)[0]?.runId).toBe("run-0")
      expect([store.upstreamCounts(), store.submitted()]).toEqual([{ queued: 3, completed: 1 }, 3])
    }))

  it("are what they were after a transaction that failed", () =>
    withStorage((storage) => {
      const { storage: broken, breakAt } = breaking(storage, /^UPDATE runs/)
      const store = groupOn(broken, inputsOf(2))
      store.apply([told("one", "running"), told("stranger", "failed")], NOW)
      const before = store.upstreamCounts()
      breakAt(1)
      const act = () => store.acceptRuns([{ inputIndex: 0, runId: "one" }], EMPTY_PLAN, NOW)
      expect(act).toThrow("planned failure")
      expect([store.upstreamCounts(), store.submitted()]).toEqual([before, 0])
      act()
      expect([store.upstreamCounts(), store.submitted()]).toEqual([{ queued: 1, failed: 1 }, 1])
    }))
}
