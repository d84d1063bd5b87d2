import { expect, it } from "vitest"
import { ChangeNumber } from "../../../src/domain/Ids.ts"
import { EMPTY_PLAN, isPlanDone } from "../../../src/domain/TaskGroup.ts"
import { StoredByLaterVersion } from "../../../src/layers/sqlite/migrate.ts"
import type { SqliteStorage } from "../../../src/layers/sqlite/SqliteStorage.ts"
import { EMPTY_MEMORY } from "../../../src/services/RunStore.ts"
import {
  asEvents,
  beliefs,
  breaking,
  drain,
  inputsOf,
  opened,
  outputOf,
  rowsOf,
  type Store,
  told,
  type ViewerEvent,
  withSnapshot,
  type WithStorage,
  runOf,
} from "./fixtures.ts"
import { ACTIVE, BEGAN, ENDED, NEVER_CAME, REFUSED, type V1Group, writeV1 } from "./v1.ts"

const v1On = (storage: SqliteStorage, group: V1Group): Store => {
  writeV1(storage, group)
  return opened(storage).store
}

const HOUR = 3_600_000

const seen = (events: ReadonlyArray<ViewerEvent>) =>
  events.map(({ data }) => [data.input_index, data.run?.status])

/** All that a database holds. */
const contentOf = (storage: SqliteStorage) => ({
  tables: [
    ...storage.sql
      .exec("SELECT name, sql FROM sqlite_schema WHERE name IN ('details', 'runs', 'results') ORDER BY name")
      .raw(),
  ],
  details: [...storage.sql.exec("SELECT * FROM details").raw()],
  runs: [...storage.sql.exec("SELECT * FROM runs ORDER BY id").raw()],
  kv: [...Object.keys(ACTIVE.kv), "refused_since", "following", "sentences"].map((key) =>
    storage.kv.get(key),
  ),
})

/** Groups live for weeks: what the version before has stored is gone on with. */
export const migratingSuite = (withStorage: WithStorage) => {
  it("shows a group of version 1 as it is, and says completed only where the output is", () =>
    withStorage((storage) => {
      const store = v1On(storage, ACTIVE)
      expect(rowsOf(store).map(({ status }) => status)).toEqual([
        "queued",
        "running",
        "completed",
        "running",
        "failed",
        "failed",
        "failed",
        "completed",
        "queued",
        "queued",
      ])
      const rows = rowsOf(store)
      expect(rows.map(({ input }) => input)).toEqual(ACTIVE.runs.map(({ input }) => input))
      expect(rows.map(({ runId }) => runId)).toEqual(ACTIVE.runs.map(({ run_id: runId }) => runId ?? null))
      expect(rows[4]).toMatchObject({ error: NEVER_CAME, content: null, output: null })
      expect(rows[7]).toMatchObject({ content: `{"ceo":"Person 7"}`, confidence: `{"ceo":"high"}` })
      expect(store.details()).toMatchObject({
        state: "active",
        numInputs: 10,
        warnings: ["Careful."],
        endedAt: null,
      })
      expect(store.status()).toMatchObject({
        is_active: true,
        task_run_status_counts: { queued: 3, running: 2, completed: 2, failed: 3 },
        modified_at: new Date(BEGAN + 4 * 60_000).toISOString(),
      })
      withSnapshot(store, (snapshot) => {
        const text = [...snapshot.elements("results", ",")].map((piece) =>
          typeof piece === "string" ? piece : new TextDecoder().decode(piece),
        )
        const results = JSON.parse(`[${text.join("")}]`) as ReadonlyArray<Record<string, unknown>>
        expect(results[7]).toEqual({ $id: "run-7", $status: "completed", company: "C7", ceo: "Person 7" })
        expect(results[3]).toEqual({ $id: "run-3", $status: "running", company: "C3" })
      })
    }))

  it("is brought up to date once", () =>
    withStorage((storage) => {
      const store = v1On(storage, ACTIVE)
      const after = contentOf(storage)
      expect(after.details[0]?.[1]).toBe(4)
      expect(beliefs(opened(storage).store)).toEqual(beliefs(store))
      expect(contentOf(storage)).toEqual(after)
    }))

  it("goes on with it to its end", () =>
    withStorage((storage) => {
      const store = v1On(storage, ACTIVE)
      const now = BEGAN + HOUR
      expect(store.submitted()).toBe(7)
      expect(store.unfinishedRuns(10).map(({ runId }) => runId)).toEqual(["run-0", "run-1", "run-3"])
      expect(store.cursor()).toBe("cursor-77")
      // What it had done does not count as done anew.
      expect(store.lastProgressAt()).toBe(BEGAN + 4 * 60_000)
      store.apply(
        [0, 1, 3].map((index) => told(`run-${index}`, "completed", { index })),
        now,
      )
      expect([...store.pendingOutputs()].map(({ inputIndex }) => inputIndex)).toEqual([0, 1, 3])
      // A listing tells what this version has not heard: the output that never came is at least no news for counts.
      expect(store.apply([told("run-4", "completed", { index: 4 })], now)).toEqual(["contradiction"])
      expect(store.upstreamCounts()).toEqual({ completed: 6, failed: 1 })
      store.apply(
        [0, 1, 3].map((index) =>
          told(`run-${index}`, "completed", { index, output: outputOf({ ceo: "A" }) }),
        ),
        now,
      )
      const plan = store.plan()
      expect(plan).toEqual({
        ...EMPTY_PLAN,
        next: 1,
        todo: [{ id: 0, rows: [{ from: 8, to: 10 }] }],
        sending: [],
        lost: [],
        credit: { since: 0, next: BEGAN + HOUR, rounds: 1 },
        edge: null,
      })
      expect(store.unsubmitted({ rows: [{ from: 0, to: 10 }] }).map(({ inputIndex }) => inputIndex)).toEqual([
        8, 9,
      ])
      expect(store.inputs([8, 9])).toEqual(ACTIVE.runs.slice(8).map(({ input }) => input))
      store.acceptRuns(
        [8, 9].map((index) => runOf(index)),
        { ...plan, todo: [], credit: null },
        now,
      )
      store.apply([told("run-8", "failed", { index: 8 }), told("run-9", "cancelled", { index: 9 })], now)
      expect(store.allEnded()).toBe(true)
      expect(isPlanDone(store.plan())).toBe(true)
      expect(store.end({ message: "", removalAt: now, now }, () => void storage.kv.delete("api_key"))).toBe(
        true,
      )
      const { store: again } = opened(storage)
      expect(again.status()).toMatchObject({
        is_active: false,
        status_message: "",
        task_run_status_counts: { completed: 5, failed: 4, cancelled: 1 },
      })
    }))

  it("viewers that come back with their id get what changed, also by the move to this version", () =>
    withStorage((storage) => {
      const store = v1On(storage, ACTIVE)
      // Somebody who had seen everything, up to numbers that version 1 never wrote down.
      const events = drain(store.reader(ChangeNumber(1_040), asEvents))
      expect(seen(events)).toEqual([
        [3, "running"],
        [4, "failed"],
      ])
      expect(events.map(({ id }) => id)).toEqual([1_041, 1_042])
      expect(store.change()).toBe(1_042)
      // Somebody who had seen the first ends.
      expect(seen(drain(store.reader(ChangeNumber(34), asEvents)))).toEqual([
        [5, "failed"],
        [7, "completed"],
        [3, "running"],
        [4, "failed"],
      ])
      const since = store.change()
      store.apply([told("run-3", "completed", { index: 3, output: outputOf({ ceo: "A" }) })], BEGAN + HOUR)
      const last = drain(store.reader(since, asEvents))
      expect(seen(last)).toEqual([[3, "completed"]])
      expect(last[0]!.id).toBeGreaterThan(since)
      expect(seen(drain(opened(storage).store.reader(since, asEvents)))).toEqual([[3, "completed"]])
    }))

  it("what it says is taken back by the one who would have said it", () =>
    withStorage((storage) => {
      const store = v1On(storage, ACTIVE)
      expect(store.status().status_message).toBe(ACTIVE.status_message)
      store.say("following", "F.")
      store.say("submission", null)
      expect(store.status().status_message).toBe("F.")
    }))

  it("a refusal goes on being one, and its wait begins anew", () =>
    withStorage((storage) => {
      const store = v1On(storage, REFUSED)
      expect(store.memory()).toEqual({ ...EMPTY_MEMORY, refusedAt: 0 })
      expect(storage.kv.get("refused_since")).toBeUndefined()
      expect(isPlanDone(store.plan())).toBe(true)
      store.say("submission", null)
      expect(store.status().status_message).toBe(REFUSED.status_message)
      store.say("following", null)
      expect(store.status().status_message).toBe("")
    }))

  it("a group that has ended is as it was, but for what said completed and had no output", () =>
    withStorage((storage) => {
      const store = v1On(storage, ENDED)
      expect(store.details()).toMatchObject({
        state: "ended",
        endedAt: ENDED.ended_at,
        removalAt: ENDED.removal_at,
        statusMessage: ENDED.status_message,
      })
      // What was given up is as it was last seen, and what was not to come has failed.
      expect(rowsOf(store).map(({ status }) => status)).toEqual(["completed", "running", "failed", "failed"])
      expect(store.status().is_active).toBe(false)
      // Who had seen the end before hears of it, and of the end behind it.
      expect(seen(drain(store.reader(ChangeNumber(51), asEvents)))).toEqual([
        [1, "running"],
        [2, "failed"],
      ])
      expect(store.endedAtChange()).toBe(54)
      expect(store.change()).toBe(54)
      // The webhook's sentence comes behind the end's.
      store.say("webhook", "W.")
      expect(store.status().status_message).toBe(`${ENDED.status_message} W.`)
      expect([store.deliveries(), storage.kv.get("alarms")]).toEqual([0, ENDED.kv["alarms"]])
    }))

  it("a group that lacks nothing keeps its numbers", () =>
    withStorage((storage) => {
      const store = v1On(storage, { ...ENDED, status_message: "", runs: [ENDED.runs[0]!, ENDED.runs[3]!] })
      expect([store.endedAtChange(), store.change()]).toEqual([51, 51])
      expect(drain(store.reader(ChangeNumber(51), asEvents))).toEqual([])
      expect(store.status()).toMatchObject({
        status_message: "",
        task_run_status_counts: { completed: 1, failed: 1 },
      })
    }))

  it("has a view of the users' columns from then on, whichever version stored it", () =>
    withStorage((storage) => {
      for (const version of [1, 2]) {
        writeV1(storage, ACTIVE, version)
        const before = [...storage.sql.exec("SELECT *, NULL FROM runs ORDER BY id").raw()]
        const { store } = opened(storage)
        if (version === 2)
          expect([...storage.sql.exec("SELECT * FROM runs ORDER BY id").raw()]).toEqual(before)
        expect([...storage.sql.exec("SELECT * FROM results WHERE ceo LIKE 'P%'").raw()]).toEqual([
          ["run-2", "completed", "C2", "Person 2"],
          ["run-7", "completed", "C7", "Person 7"],
        ])
        store.apply(
          [told("run-1", "completed", { index: 1, output: outputOf({ founded: 1999 }) })],
          BEGAN + HOUR,
        )
        expect([...storage.sql.exec("SELECT company FROM results WHERE founded = 1999").raw()]).toEqual([
          ["C1"],
        ])
      }
    }))

  it("a group that is coming in goes on coming in", () =>
    withStorage((storage) => {
      const inputs = inputsOf(3)
      const store = v1On(storage, {
        taskgroup_id: "tgrp_v1_receiving",
        state: "receiving",
        change: 1,
        num_inputs: 3,
        runs: [{ input: inputs[0]!, change: 2, updated_at: BEGAN, status: "queued" }],
        kv: { api_key: "secret-key", alarms: { uncommitted: BEGAN + HOUR } },
      })
      expect(store.addInputs(0, inputs, BEGAN + 1)).toBe("stored")
      expect(store.commit({ ...store.plan(), todo: [{ id: 0, rows: [{ from: 0, to: 3 }] }] })).toBe(
        "committed",
      )
      expect(rowsOf(opened(storage).store).map(({ change }) => change)).toEqual([2, 3, 4])
    }))

  it("is as it was when the move fails, and is moved by the next who tries", () =>
    withStorage((storage) => {
      writeV1(storage, ACTIVE)
      const before = contentOf(storage)
      for (const at of [1, 2, 3, 4]) {
        const { storage: broken, breakAt } = breaking(storage, /^(?:UPDATE|CREATE VIEW)/)
        breakAt(at)
        expect(() => opened(broken)).toThrow("planned failure")
        expect(contentOf(storage)).toEqual(before)
      }
      expect(opened(storage).store.status().task_run_status_counts).toMatchObject({ completed: 2 })
    }))

  it("refuses what a later version has stored, and leaves it as it is", () =>
    withStorage((storage) => {
      writeV1(storage, ACTIVE, 5)
      const before = contentOf(storage)
      expect(() => opened(storage)).toThrow(StoredByLaterVersion)
      expect(() => opened(storage)).toThrow(/stored by a later version .*layout 5.*up to 4/)
      expect(contentOf(storage)).toEqual(before)
      // A later version may have other tables.
      storage.sql.exec("ALTER TABLE runs RENAME TO attempts")
      expect(() => opened(storage)).toThrow(StoredByLaterVersion)
      expect([...storage.sql.exec("SELECT name FROM sqlite_schema WHERE name = 'runs'").raw()]).toEqual([])
    }))
}
