import { expect, it } from "vitest"
import { EMPTY_PLAN } from "../../../src/domain/TaskGroup.ts"
import {
  asEvents,
  accept,
  breaking,
  complete,
  counting,
  drain,
  groupOn,
  inputsOf,
  NOW,
  opened,
  rowsOf,
  type Store,
  storedStatuses,
  submittedOn,
  told,
  type WithStorage,
  withSnapshot,
} from "./fixtures.ts"

const statuses = (store: Store) => rowsOf(store).map(({ status }) => status)

const run = (store: Store, ...indexes: ReadonlyArray<number>) =>
  store.apply(
    indexes.map((index) => told(`run-${index}`, "running", { index })),
    NOW + 1,
  )

const decoder = new TextDecoder()
const jsonOf = (store: Store) =>
  withSnapshot(store, (snapshot) => {
    const pieces = [...snapshot.elements("runs", ",")]
    const text = pieces.map((piece) => (typeof piece === "string" ? piece : decoder.decode(piece))).join("")
    return (JSON.parse(`[${text}]`) as ReadonlyArray<{ status: string }>).map(({ status }) => status)
  })

/** Runs that are seen running, which is known and shown, and not written. */
export const passingSuite = (withStorage: WithStorage) => {
  it("is shown everywhere, and not written", () =>
    withStorage((storage) => {
      const { counted, writes } = counting(storage)
      const store = submittedOn(counted, inputsOf(300))
      const since = store.change()
      const before = writes()
      for (let index = 0; index < 300; index += 3) run(store, index)
      // Numbers are set aside once for many.
      expect(writes() - before).toBe(1)
      expect(new Set(storedStatuses(storage))).toEqual(new Set(["queued"]))
      const expected = Array.from({ length: 300 }, (_, index) => (index % 3 === 0 ? "running" : "queued"))
      expect(statuses(store)).toEqual(expected)
      expect(jsonOf(store)).toEqual(expected)
      expect(store.status().task_run_status_counts).toEqual({ queued: 200, running: 100 })
      expect(store.upstreamCounts()).toEqual({ queued: 200, running: 100 })
      const events = drain(store.reader(since, asEvents))
      expect(events).toHaveLength(100)
      expect(events.every(({ data }) => data.run?.status === "running")).toBe(true)
      expect(store.unfinishedRuns(300)).toHaveLength(300)
    }))

  it("is written with what comes after it", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.apply(
        [
          told("run-0", "running", {
            index: 0,
            raw: { created_at: "2026-11-20T09:00:01Z", modified_at: "2026-11-20T09:00:02Z", beta: "b" },
          }),
        ],
        NOW,
      )
      run(store, 1)
      const running = rowsOf(store)
      expect(running[0]).toMatchObject({ status: "running", createdAt: "2026-11-20T09:00:01Z" })
      store.apply([told("run-0", "completed"), told("run-1", "failed")], NOW + 2)
      complete(store, 0)
      const rows = rowsOf(store)
      expect(rows.map(({ status }) => status)).toEqual(["completed", "failed", "queued"])
      // What only the running run said is not lost.
      expect(rows[0]).toMatchObject({ createdAt: "2026-11-20T09:00:01Z", confirmed: true })
      expect(rowsOf(opened(storage).store)).toEqual(rows)
    }))

  it("is learned anew by a store that is opened again, and viewers of before miss nothing", () =>
    withStorage((storage) => {
      const inputs = inputsOf(40)
      const store = submittedOn(storage, inputs)
      run(store, ...inputs.keys())
      const seen = store.change()
      const next = opened(storage).store
      expect(new Set(statuses(next))).toEqual(new Set(["queued"]))
      expect(next.status().task_run_status_counts).toEqual({ queued: 40 })
      // None of the numbers that a viewer may have is given to something else.
      expect(next.change()).toBeGreaterThanOrEqual(seen)
      complete(next, 3, { ceo: "A" })
      run(next, 4)
      complete(next, 5, { ceo: "B" })
      const events = drain(next.reader(seen, asEvents))
      expect(events.map(({ data }) => [data.input_index, data.run?.status])).toEqual([
        [3, "completed"],
        [4, "running"],
        [5, "completed"],
      ])
    }))

  it("keeps its numbers whatever is written between: details, ends, and more than were set aside", () =>
    withStorage((storage) => {
      let store = submittedOn(storage, inputsOf(2_500))
      let seen = store.change()
      for (let from = 0; from < 2_500; from += 250) {
        run(store, ...Array.from({ length: 249 }, (_, at) => from + at))
        if (from % 500 === 0) store.say("following", `message ${from}`)
        else complete(store, from)
        run(store, from + 249)
        expect(store.change()).toBeGreaterThan(seen)
        seen = store.change()
        expect(opened(storage).store.change()).toBeGreaterThanOrEqual(seen)
        if (from === 1_000) store = opened(storage).store
        seen = store.change()
      }
    }))

  it("is of its moment in a snapshot", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(100))
      const queued = store.snapshot()
      run(store, 1, 50, 99)
      const running = store.snapshot()
      complete(store, 50)
      run(store, 2)
      store.flush()
      const of = (snapshot: typeof queued) =>
        [...snapshot.rows(0)].flatMap(({ inputIndex, status }) =>
          status === "queued" ? [] : [[inputIndex, status]],
        )
      expect(of(queued)).toEqual([])
      expect(of(running)).toEqual([
        [1, "running"],
        [50, "running"],
        [99, "running"],
      ])
      queued.close()
      running.close()
      expect(withSnapshot(store, of)).toEqual([
        [1, "running"],
        [2, "running"],
        [50, "completed"],
        [99, "running"],
      ])
    }))

  it("is what it was after a transaction that failed", () =>
    withStorage((storage) => {
      const { storage: broken, breakAt } = breaking(storage, /^UPDATE runs/)
      const store = submittedOn(broken, inputsOf(10))
      run(store, 0, 1)
      const { version } = { version: store.change() }
      const before = [statuses(store), store.status().task_run_status_counts, store.upstreamCounts()]
      breakAt(1)
      const act = () =>
        store.apply([told("run-0", "running"), told("run-2", "running"), told("run-1", "failed")], NOW + 5)
      expect(act).toThrow("planned failure")
      expect([statuses(store), store.status().task_run_status_counts, store.upstreamCounts()]).toEqual(before)
      expect(store.change()).toBeGreaterThanOrEqual(version)
      breakAt(Number.POSITIVE_INFINITY)
      const since = store.change()
      act()
      expect(statuses(store).slice(0, 4)).toEqual(["running", "failed", "running", "queued"])
      expect(drain(store.reader(since, asEvents)).map(({ data }) => data.input_index)).toEqual([2, 1])
    }))

  it("is written, and nobody told, for those who read the tables; and when a group ends with it", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(4))
      run(store, 0, 2)
      const change = store.change()
      const rows = rowsOf(store)
      store.flush()
      expect(storedStatuses(storage)).toEqual(["running", "queued", "running", "queued"])
      expect(store.change()).toBe(change)
      expect(rowsOf(store)).toEqual(rows)
      expect(rowsOf(opened(storage).store)).toEqual(rows)
      run(store, 1)
      store.end({ message: "given up", removalAt: NOW, now: NOW }, () => {})
      expect(storedStatuses(storage)).toEqual(["running", "running", "running", "queued"])
    }))

  it("is written if there is more to it: an error, much text, or a run that its row did not have", () =>
    withStorage((storage) => {
      const store = groupOn(storage, inputsOf(4))
      accept(store, 0, 3)
      store.apply(
        [
          told("run-0", "running", { index: 0, raw: { error: { message: "again" } } }),
          told("run-1", "running", { index: 1, raw: { beta: "x".repeat(1_000) } }),
          told("run-2", "running", { index: 2, raw: { beta: "x" } }),
          told("run-3", "running", { index: 3 }),
        ],
        NOW,
      )
      expect(storedStatuses(storage)).toEqual(["running", "running", "queued", "running"])
      expect(new Set(statuses(store))).toEqual(new Set(["running"]))
      // The answer to the submission comes late.
      store.acceptRuns([{ inputIndex: 3, runId: "run-3" }], EMPTY_PLAN, NOW)
      expect(statuses(store)[3]).toBe("running")
    }))

  it("is no progress until it is written", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(3))
      const hour = 3_600_000
      const runAt = (index: number, at: number) =>
        store.apply([told(`run-${index}`, "running", { index })], at)
      runAt(0, NOW + 11 * hour)
      expect(store.lastProgressAt()).toBe(NOW)
      expect(store.status().modified_at).toBe(new Date(NOW + 11 * hour).toISOString())
      expect(opened(storage).store.lastProgressAt()).toBe(NOW)
      store.flush()
      expect(store.lastProgressAt()).toBe(NOW + 11 * hour)
      expect(opened(storage).store.lastProgressAt()).toBe(NOW + 11 * hour)
    }))

  it("comes in its place to a viewer that lags", () =>
    withStorage((storage) => {
      const inputs = inputsOf(6_000)
      const store = submittedOn(storage, inputs)
      const since = store.change()
      for (const index of inputs.keys()) {
        if (index % 2 === 0) run(store, index)
        else store.apply([told(`run-${index}`, "failed", { index })], NOW)
      }
      const events = drain(store.reader(since, asEvents))
      expect(events.map(({ data }) => data.input_index)).toEqual([...inputs.keys()])
      expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).sort((a, b) => a - b))
    }))
}
