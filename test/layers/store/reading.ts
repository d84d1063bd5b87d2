import { expect, it } from "vitest"
import { NO_CHANGE } from "../../../src/domain/Ids.ts"
import { EMPTY_PLAN } from "../../../src/domain/TaskGroup.ts"
import type { RowEncoder } from "../../../src/services/GroupReader.ts"
import { EMPTY_MEMORY } from "../../../src/services/RunStore.ts"
import {
  asEvents,
  accept,
  complete,
  drain,
  eventsIn,
  groupOn,
  initOf,
  inputsOf,
  NOW,
  opened,
  outputOf,
  removed,
  rowsOf,
  type Store,
  submittedOn,
  told,
  type ViewerEvent,
  withSnapshot,
  type WithStorage,
  runOf,
} from "./fixtures.ts"

const indexes = (events: ReadonlyArray<ViewerEvent>) => events.map(({ data }) => data.input_index)

const expectInOrder = (events: ReadonlyArray<ViewerEvent>) => {
  const ids = events.map(({ id }) => id)
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  expect(new Set(indexes(events)).size).toBe(events.length)
}

/** Snapshots and readers. */
export const readingSuite = (withStorage: WithStorage) => {
  it("names the runs that are not terminal, as many as asked for, with or without a restart", () =>
    withStorage((storage) => {
      const store = groupOn(storage, inputsOf(6))
      expect(store.unfinishedRuns(10)).toEqual([])
      accept(store, 0, 5)
      store.apply([told("run-1", "running"), told("run-2", "failed"), told("run-3", "action_required")], NOW)
      complete(store, 4)
      const left = [0, 1, 3].map((inputIndex) => ({ inputIndex, runId: `run-${inputIndex}` }))
      for (const one of [store, opened(storage).store]) {
        const named = one.unfinishedRuns(10)
        expect(named.toSorted((a, b) => a.inputIndex - b.inputIndex)).toEqual(left)
        expect(one.unfinishedRuns(2)).toHaveLength(2)
      }
    }))

  it("knows who reads, and tells", () =>
    withStorage((storage) => {
      submittedOn(storage)
      const { store, audience } = opened(storage)
      let told = 0
      const unlisten = audience.onLook(() => told++)
      const [one, other] = [store.reader(NO_CHANGE, asEvents), store.reader(NO_CHANGE, asEvents)]
      expect(audience.watching()).toBe(2)
      one.close()
      one.close()
      expect(audience.watching()).toBe(1)
      other.close()
      expect(audience.watching()).toBe(0)
      store.snapshot().close()
      audience.look()
      expect([told, audience.looks()]).toEqual([4, 4])
      unlisten()
      store.snapshot().close()
      expect([told, audience.looks()]).toEqual([4, 5])
      expect(opened(storage).audience.looks()).toBe(0)
    }))

  it("a snapshot is one moment, whatever is written while it is read", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(200))
      store.apply([told("run-150", "running")], NOW)
      const before = rowsOf(store)
      const early = store.snapshot()
      const reading = early.rows(0)[Symbol.iterator]()
      const seen = [reading.next().value, reading.next().value]
      for (let index = 0; index < 200; index++)
        store.apply([told(`run-${index}`, index === 150 ? "cancelling" : "running")], NOW)
      const late = store.snapshot()
      for (let index = 0; index < 200; index++) complete(store, index)
      for (let next = reading.next(); next.done !== true; next = reading.next()) seen.push(next.value)
      expect(seen).toEqual(before)
      expect(early.status.task_run_status_counts).toEqual({ queued: 199, running: 1 })
      expect([...early.rows(198)]).toEqual(before.slice(198))
      early.close()
      expect([...late.rows(0)].map(({ status }) => status)).toEqual(
        Array.from({ length: 200 }, (_, at) => (at === 150 ? "cancelling" : "running")),
      )
      expect(late.status.task_run_status_counts).toEqual({ running: 199, cancelling: 1 })
      late.close()
      expect(withSnapshot(store, ({ status }) => status.task_run_status_counts)).toEqual({ completed: 200 })
    }))

  it("past the budget for old rows it shows newer ones, never none and never half", () =>
    withStorage((storage) => {
      const inputs = Array.from(
        { length: 20 },
        (_, at) => `{"company":"${String(at).padEnd(1_000_000, "x")}"}`,
      )
      const store = submittedOn(storage, inputs)
      const snapshot = store.snapshot()
      for (let index = 0; index < 20; index++) store.apply([told(`run-${index}`, "running")], NOW)
      for (let index = 0; index < 20; index++) complete(store, index)
      const rows = [...snapshot.rows(0)]
      expect(rows.map(({ inputIndex }) => inputIndex)).toEqual(Array.from({ length: 20 }, (_, at) => at))
      for (const { status, content } of rows) expect([status, content !== null]).toEqual(["completed", true])
      expect(snapshot.status.task_run_status_counts).toEqual({ queued: 20 })
      snapshot.close()
      // The budget is there again for the next one.
      const next = store.snapshot()
      store.say("following", "changed")
      expect(next.status.status_message).toBe("")
      next.close()
    }))

  it("gives the present state of every row, in the order of change", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(5))
      complete(store, 3)
      store.apply([told("run-1", "running")], NOW)
      const events = drain(store.reader(NO_CHANGE, asEvents))
      expect(indexes(events)).toEqual([0, 2, 4, 3, 1])
      expectInOrder(events)
      expect(events.map(({ data }) => data.run?.status)).toEqual([
        "queued",
        "queued",
        "queued",
        "completed",
        "running",
      ])
      expect(events[3]?.data).toMatchObject({
        output: { content: { ceo: "Person 3" } },
        run: { run_id: "run-3" },
      })
      for (const { id, data } of events) expect(data.event_id).toBe(String(id))
    }))

  it("gives each row that changed since a number once, as it is now", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(5))
      const since = store.change()
      store.apply([told("run-1", "running"), told("run-4", "running")], NOW)
      complete(store, 1)
      const events = drain(store.reader(since, asEvents))
      expect(indexes(events)).toEqual([4, 1])
      expect(events[1]?.data.run?.status).toBe("completed")
      expect(drain(store.reader(store.change(), asEvents))).toEqual([])
      store.flush()
      expect(indexes(drain(opened(storage).store.reader(since, asEvents)))).toEqual([4, 1])
    }))

  it("tells readers at the head and readers that come later the same", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(50))
      const since = store.change()
      const atHead = [store.reader(since, asEvents), store.reader(since, asEvents)]
      const lagging = store.reader(since, asEvents)
      const heard: Array<Array<ViewerEvent>> = [[], []]
      for (let index = 0; index < 50; index++) {
        store.apply([told(`run-${index}`, "running")], NOW)
        if (index % 7 === 0) atHead.forEach((reader, at) => heard[at]?.push(...drain(reader)))
      }
      atHead.forEach((reader, at) => heard[at]?.push(...drain(reader)))
      store.flush()
      const fromSql = drain(opened(storage).store.reader(since, asEvents))
      expect(heard[0]).toEqual(heard[1])
      expect(heard[0]).toEqual(fromSql)
      expect(drain(lagging)).toEqual(fromSql)
      for (const reader of [...atHead, lagging]) {
        expect(drain(reader)).toEqual([])
        reader.close()
        reader.close()
      }
    }))

  it("encodes a change once for all who read with the same encoder, and keeps what others made apart", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      let made = 0
      const counted: RowEncoder = (row) => {
        made++
        return new TextEncoder().encode(`${row.inputIndex} ${row.status}`)
      }
      const readers = [counted, counted, counted, asEvents].map((encode) =>
        store.reader(store.change(), encode),
      )
      store.apply([told("run-1", "running"), told("run-2", "running")], NOW)
      const [one, other, third, events] = readers.map((reader) => reader.next().bytes)
      expect(one?.map((bytes) => new TextDecoder().decode(bytes))).toEqual(["1 running", "2 running"])
      expect([other, third]).toEqual([one, one])
      expect(made).toBe(2)
      expect(indexes((events ?? []).flatMap(eventsIn))).toEqual([1, 2])
      for (const reader of readers) reader.close()
    }))

  it("brings a reader that lags by thousands of changes to the same end", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(2_500))
      const since = store.change()
      const reader = store.reader(since, asEvents)
      const watching = store.reader(since, asEvents)
      for (const status of ["running", "cancelling"]) {
        for (let from = 0; from < 2_500; from += 500) {
          store.apply(
            Array.from({ length: 500 }, (_, at) => told(`run-${from + at}`, status)),
            NOW,
          )
          drain(watching)
        }
        for (let index = 0; index < 300; index++) complete(store, index)
      }
      const events = drain(reader)
      expectInOrder(events)
      expect(events).toHaveLength(2_500)
      expect(new Set(events.map(({ data }) => `${data.input_index}:${data.run?.status}`))).toEqual(
        new Set(rowsOf(store).map((row) => `${row.inputIndex}:${row.status}`)),
      )
      reader.close()
      watching.close()
    }))

  it("loses no row that changes while a backlog is read", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(2_200))
      const reader = store.reader(NO_CHANGE, asEvents)
      const last = new Map<number, string>()
      let position = 0
      for (let turn = 0; turn < 1_000; turn++) {
        const { bytes, more, to } = reader.next()
        for (const { id, data } of bytes.flatMap(eventsIn)) {
          expect(id).toBeGreaterThan(position)
          position = id
          last.set(data.input_index ?? -1, data.run?.status ?? "")
        }
        expect(to).toBeGreaterThanOrEqual(position)
        if (turn < 10)
          store.apply([told(`run-${turn * 220}`, "running"), told(`run-${2_199 - turn}`, "running")], NOW)
        else if (!more) break
      }
      expect(last.size).toBe(2_200)
      for (const row of rowsOf(store)) expect(last.get(row.inputIndex)).toBe(row.status)
      reader.close()
    }))

  it("a status counts what is stored", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      complete(store, 0)
      expect(store.status()).toMatchObject({
        task_run_status_counts: { completed: 1, queued: 2 },
        is_active: true,
        num_task_runs: 3,
        status_message: "",
      })
      expect(store.status().modified_at).toBe(new Date(NOW + 1).toISOString())
      expect(store.lastProgressAt()).toBe(NOW + 1)
    }))

  it("after it was removed, readers have no more, and nothing is written", () =>
    withStorage(async (storage) => {
      const store = submittedOn(storage)
      const reader = store.reader(NO_CHANGE, asEvents)
      const snapshot = store.snapshot()
      await removed(store)
      expect(reader.next()).toMatchObject({ bytes: [], more: false })
      expect(() => [...snapshot.rows(0)]).toThrow("removed")
      expect(complete(store, 0)).toEqual([])
      expect(store.begin(initOf())).toBe("different")
      expect(store.addInputs(0, inputsOf(1), NOW)).toBe("different")
      expect(store.commit(EMPTY_PLAN)).toBe("incomplete")
      store.say("end", "too late")
      store.addWarning("too late")
      store.savePlan({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: 1 }] }] })
      store.acceptRuns([runOf(0, "run-9")], EMPTY_PLAN, NOW)
      store.remember({ ...EMPTY_MEMORY, answeredMs: 1 })
      store.dropCursor()
      store.countDelivery()
      store.remove(() => expect.unreachable())
      expect(store.end({ message: "", removalAt: NOW, now: NOW }, () => expect.unreachable())).toBe(false)
      expect(store.details()).toBeNull()
      expect([
        ...storage.sql.exec("SELECT name FROM sqlite_schema WHERE name IN ('runs', 'details')").raw(),
      ]).toEqual([])
      expect(["plan", "sentences", "following", "deliveries"].map((key) => storage.kv.get(key))).toEqual(
        Array.from({ length: 4 }),
      )
      reader.close()
    }))

  it("what a group of many rows counts is what its rows say", () =>
    withStorage((storage) => {
      const store = groupOn(storage, inputsOf(300))
      const statuses = ["queued", "running", "completed", "failed", "cancelled", "action_required"]
      const hear = (by: Store) => {
        for (let round = 0; round < 3; round++) {
          for (let index = round; index < 300; index += 2) {
            const status = statuses[(index * 7 + round * 5) % 6]!
            const output = status === "completed" && index % 4 !== 0 ? outputOf({ ceo: "A" }) : null
            by.apply([told(`run-${index}`, status, { index, output })], NOW)
          }
        }
      }
      hear(store)
      const byStatus: Record<string, number> = {}
      for (const { status } of rowsOf(store)) byStatus[status] = (byStatus[status] ?? 0) + 1
      expect(store.status().task_run_status_counts).toEqual(byStatus)
      expect(store.pendingOutputCount()).toBeGreaterThan(10)
      const { store: again } = opened(storage)
      // What is in memory only is learned anew.
      hear(again)
      expect(again.status()).toEqual(store.status())
      expect(again.upstreamCounts()).toEqual(store.upstreamCounts())
      for (const idsOf of [
        (of: Store) => [...of.pendingOutputs()].map(({ runId }) => runId),
        (of: Store) => of.unfinishedRuns(300).map(({ runId }) => runId),
      ]) {
        expect(idsOf(again).toSorted()).toEqual(idsOf(store).toSorted())
      }
    }))
}
