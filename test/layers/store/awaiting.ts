import { expect, it } from "vitest"
import {
  asEvents,
  beliefs,
  breaking,
  complete,
  counting,
  drain,
  inputsOf,
  NOW,
  opened,
  rowOf,
  rowsOf,
  type Store,
  storedStatuses,
  submittedOn,
  told,
  withSnapshot,
  type WithStorage,
} from "./fixtures.ts"

const statuses = (store: Store) => rowsOf(store).map(({ status }) => status)
const pending = (store: Store) =>
  [...store.pendingOutputs()].map(({ inputIndex }) => inputIndex).toSorted((a, b) => a - b)

/** Every status that somebody may be shown. */
const shown = (store: Store) =>
  withSnapshot(store, (snapshot) => {
    const decoder = new TextDecoder()
    const listOf = (part: "results" | "runs") => {
      const pieces = [...snapshot.elements(part, ",")]
      const text = pieces.map((piece) => (typeof piece === "string" ? piece : decoder.decode(piece))).join("")
      return JSON.parse(`[${text}]`) as ReadonlyArray<Record<string, unknown>>
    }
    const table = [...snapshot.table()]
      .flatMap((text) => text.slice(1).split("\n"))
      .map((line) => JSON.parse(line.split("\t")[1]!) as unknown)
    return {
      results: listOf("results").map((row) => row["$status"]),
      runs: listOf("runs").map((run) => run["status"]),
      table,
      rows: [...snapshot.rows(0)].map(({ status }) => status),
      counts: snapshot.status.task_run_status_counts,
    }
  })

/** A run that has completed upstream, and whose output is still to be fetched: known, and told to nobody. */
export const awaitingSuite = (withStorage: WithStorage) => {
  it.each(["queued", "running"])(
    "is shown as running everywhere, and is counted as completed (was %s)",
    (was) =>
      withStorage((storage) => {
        const store = submittedOn(storage)
        const since = store.change()
        store.apply([told("run-1", was)], NOW)
        expect(store.apply([told("run-1", "completed")], NOW + 7)).toEqual(["changed"])
        const expected = ["queued", "running", "queued"]
        expect(shown(store)).toEqual({
          results: expected,
          runs: expected,
          table: expected,
          rows: expected,
          counts: { queued: 2, running: 1 },
        })
        expect(drain(store.reader(since, asEvents)).map(({ data }) => data.run?.status)).toEqual(["running"])
        expect(store.status().task_run_status_counts).toEqual({ queued: 2, running: 1 })
        expect(store.upstreamCounts()).toEqual({ queued: 2, completed: 1 })
        expect([...store.pendingOutputs()]).toEqual([{ inputIndex: 1, runId: "run-1", since: NOW + 7 }])
        expect(store.unfinishedRuns(3).map(({ inputIndex }) => inputIndex)).toEqual([0, 2])
        expect(store.allEnded()).toBe(false)
      }),
  )

  it("writes nothing but the numbers that are set aside, and gives viewers one event for its end", () =>
    withStorage((storage) => {
      const { counted, writes } = counting(storage)
      const store = submittedOn(counted, inputsOf(100))
      const watching = store.reader(store.change(), asEvents)
      const before = writes()
      for (let index = 0; index < 100; index++)
        store.apply([told(`run-${index}`, "completed", { index })], NOW)
      expect(writes() - before).toBe(1)
      expect(new Set(storedStatuses(storage))).toEqual(new Set(["queued"]))
      expect(pending(store)).toEqual(Array.from({ length: 100 }, (_, index) => index))
      expect(drain(watching)).toHaveLength(100)
      const change = store.change()
      for (let index = 0; index < 100; index++)
        store.apply([told(`run-${index}`, "completed", { index })], NOW)
      expect([store.change(), drain(watching), writes() - before]).toEqual([change, [], 1])
      for (let index = 0; index < 100; index++) complete(store, index)
      const events = drain(watching)
      expect(events).toHaveLength(100)
      expect(events.every(({ data }) => data.run?.status === "completed" && data.output !== null)).toBe(true)
      expect(writes() - before).toBe(101)
      watching.close()
    }))

  it("is written as running for those who read the tables, and stays what it is", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.apply([told("run-0", "completed"), told("run-1", "running")], NOW)
      store.flush()
      expect(storedStatuses(storage)).toEqual(["running", "running", "queued"])
      expect(pending(store)).toEqual([0])
      expect(store.upstreamCounts()).toEqual({ completed: 1, running: 1, queued: 1 })
      store.apply([told("run-1", "completed")], NOW)
      expect(pending(store)).toEqual([0, 1])
      expect(complete(store, 1)).toEqual(["changed"])
      expect(storedStatuses(storage)).toEqual(["running", "completed", "queued"])
    }))

  it("is not moved back by a listing that is older", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.apply([told("run-0", "completed")], NOW)
      for (const status of ["queued", "running", "cancelling", "action_required", "completed"])
        expect(store.apply([told("run-0", status)], NOW + 1)).toEqual(["unchanged"])
      expect([...store.pendingOutputs()]).toEqual([{ inputIndex: 0, runId: "run-0", since: NOW }])
    }))

  it("survives a transaction that fails: it is true all the same", () =>
    withStorage((storage) => {
      const { storage: broken, breakAt } = breaking(storage, /^UPDATE runs/)
      const store = submittedOn(broken, inputsOf(4))
      store.apply([told("run-0", "completed"), told("run-1", "running"), told("run-3", "running")], NOW)
      const before = beliefs(store)
      // The first is on its way, the second is heard of in the transaction that fails.
      breakAt(1)
      const act = () => store.apply([told("run-1", "completed"), told("run-3", "failed")], NOW + 5)
      expect(act).toThrow("planned failure")
      expect(beliefs(store).rows).toEqual(before.rows)
      expect(beliefs(store).counts).toEqual(before.counts)
      expect(pending(store)).toEqual([0, 1])
      expect(store.upstreamCounts()).toEqual({ completed: 2, running: 1, queued: 1 })
      // So does one that was about to get its output.
      breakAt(1)
      expect(() => complete(store, 0)).toThrow("planned failure")
      expect(pending(store)).toEqual([0, 1])
      breakAt(Number.POSITIVE_INFINITY)
      act()
      complete(store, 0)
      complete(store, 1)
      expect(statuses(store)).toEqual(["completed", "completed", "queued", "failed"])
      expect(store.upstreamCounts()).toEqual({ completed: 2, failed: 1, queued: 1 })
    }))

  it("is forgotten by a restart, which learns it again", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const since = store.change()
      store.apply([told("run-0", "running"), told("run-0", "completed"), told("run-1", "completed")], NOW)
      const next = opened(storage).store
      expect(next.pendingOutputCount()).toBe(0)
      expect(next.upstreamCounts()).toEqual({ queued: 3 })
      expect(next.unfinishedRuns(3)).toHaveLength(3)
      expect(next.apply([told("run-0", "completed"), told("run-1", "completed")], NOW + 1)).toEqual([
        "changed",
        "changed",
      ])
      expect(pending(next)).toEqual([0, 1])
      expect(next.upstreamCounts()).toEqual({ completed: 2, queued: 1 })
      complete(next, 0)
      const seen = drain(next.reader(since, asEvents)).map(({ data }) => [data.input_index, data.run?.status])
      expect(seen).toEqual([
        [1, "running"],
        [0, "completed"],
      ])
    }))

  it.each(["failed", "cancelled"])("ends as %s when it was that after all", (status) =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const raw = { error: { ref_id: "r", message: "no", detail: null } }
      store.apply([told("run-0", "completed")], NOW)
      expect(store.apply([told("run-0", status, { raw })], NOW)).toEqual(["changed"])
      expect(rowOf(store, 0)).toMatchObject({ status, content: null, error: JSON.stringify(raw.error) })
      expect(store.pendingOutputCount()).toBe(0)
      expect(store.upstreamCounts()).toEqual({ [status]: 1, queued: 2 })
      expect(rowsOf(opened(storage).store)).toEqual(rowsOf(store))
    }),
  )

  it("ends as failed, with the reason, when its output will not come; and stays that when it comes", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(1))
      const since = store.change()
      store.apply([told("run-0", "completed")], NOW)
      store.failOutput(0, `{"message":"not come"}`, NOW)
      const failed = { status: "failed", error: `{"message":"not come"}`, content: null }
      expect(rowOf(store, 0)).toMatchObject(failed)
      expect(store.allEnded()).toBe(true)
      expect(store.pendingOutputCount()).toBe(0)
      // Upstream has completed it, for counts.
      expect(store.upstreamCounts()).toEqual({ completed: 1 })
      const change = store.change()
      store.failOutput(0, `{"message":"again"}`, NOW)
      expect(complete(store, 0)).toEqual(["contradiction"])
      expect(rowOf(store, 0)).toMatchObject(failed)
      expect(store.change()).toBe(change)
      expect(drain(store.reader(since, asEvents)).map(({ data }) => data.run?.status)).toEqual(["failed"])
      const { store: next } = opened(storage)
      expect([rowOf(next, 0).status, next.upstreamCounts()]).toEqual(["failed", { failed: 1 }])
      expect(next.apply([told("run-0", "completed")], NOW)).toEqual(["contradiction"])
      expect(next.upstreamCounts()).toEqual({ completed: 1 })
    }))

  it("that contradicts the end which is stored makes the counts agree, and changes nothing else", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      complete(store, 0)
      store.apply([told("run-1", "failed")], NOW)
      const before = beliefs(store)
      store.apply([told("run-0", "cancelled"), told("run-1", "completed")], NOW + 1)
      expect(store.upstreamCounts()).toEqual({ cancelled: 1, completed: 1, queued: 1 })
      expect({ ...beliefs(store), upstream: null }).toEqual({ ...before, upstream: null })
      // Upstream may come back to what it said first.
      store.apply([told("run-0", "completed"), told("run-1", "failed")], NOW + 2)
      expect(store.upstreamCounts()).toEqual({ cancelled: 1, completed: 1, queued: 1 })
    }))

  it("of a run that metadata moves to another row goes with the run", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.apply([told("run-0", "completed")], NOW)
      expect(pending(store)).toEqual([0])
      store.apply([told("run-0", "completed", { index: 1 }), told("run-1", "running", { index: 0 })], NOW)
      expect([...store.pendingOutputs()]).toMatchObject([{ inputIndex: 1, runId: "run-0" }])
      expect(store.upstreamCounts()).toEqual({ running: 1, completed: 1, queued: 1 })
      expect(rowsOf(store).map(({ runId, status }) => [runId, status])).toEqual([
        ["run-1", "running"],
        ["run-0", "running"],
        ["run-2", "queued"],
      ])
    }))
}
