import { expect, it } from "vitest"
import { EventCursor } from "../../../src/domain/Ids.ts"
import { EMPTY_PLAN } from "../../../src/domain/TaskGroup.ts"
import { groupId } from "../../support/ids.ts"
import {
  accept,
  beliefs,
  breaking,
  groupOn,
  initOf,
  inputsOf,
  NOW,
  opened,
  outputOf,
  rowsOf,
  submittedOn,
  told,
  type WithStorage,
  runOf,
} from "./fixtures.ts"

/** Begin, inputs, commit; submission; transactions. */
export const receivingSuite = (withStorage: WithStorage) => {
  it("has no group before one begins", () =>
    withStorage((storage) => {
      const { store } = opened(storage)
      expect(store.details()).toBeNull()
      expect(store.change()).toBe(0)
      expect(store.endedAtChange()).toBeNull()
      expect(store.allEnded()).toBe(false)
      expect(store.addInputs(0, inputsOf(1), NOW)).toBe("different")
    }))

  it("begins once: the same again changes nothing, another group is refused", () =>
    withStorage((storage) => {
      const { store } = opened(storage)
      expect(store.begin(initOf())).toBe("begun")
      const change = store.change()
      expect(store.begin(initOf())).toBe("same")
      for (const other of [
        { taskgroupId: groupId("tgrp_other") },
        { taskSpec: "{}" },
        { numInputs: 4 },
        { inputColumns: ["b"] },
      ]) {
        expect(store.begin(initOf(other))).toBe("different")
      }
      expect(store.change()).toBe(change)
      expect(store.details()).toMatchObject({
        taskgroupId: "tgrp_store_suite",
        numInputs: 3,
        state: "receiving",
      })
      expect(opened(storage).store.begin(initOf())).toBe("same")
    }))

  it("takes inputs in pieces and again, and refuses other content", () =>
    withStorage((storage) => {
      const { store } = opened(storage)
      store.begin(initOf({ numInputs: 4 }))
      const inputs = inputsOf(4)
      expect(store.addInputs(2, inputs.slice(2), NOW)).toBe("stored")
      expect(store.commit(EMPTY_PLAN)).toBe("incomplete")
      expect(store.addInputs(0, inputs.slice(0, 3), NOW)).toBe("stored")
      const change = store.change()
      expect(store.addInputs(0, inputs, NOW)).toBe("same")
      expect(store.addInputs(1, [`{"company":"Somebody else"}`], NOW)).toBe("different")
      expect(store.addInputs(3, [inputs[3]!, inputs[3]!], NOW)).toBe("different")
      expect(store.change()).toBe(change)
      expect(store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: 4 }] }] })).toBe("committed")
      expect(store.commit(EMPTY_PLAN)).toBe("same")
      expect(store.plan().todo).toMatchObject([{ rows: [{ from: 0, to: 4 }] }])
      expect(store.addInputs(0, inputs, NOW)).toBe("same")
      expect(store.addInputs(0, [`{"company":"Somebody else"}`], NOW)).toBe("different")
      expect(store.inputs([1, 2])).toEqual(inputs.slice(1, 3))
      expect(store.inputLengths()).toEqual(inputs.map((text) => text.length))
      expect(rowsOf(store).map(({ input, status, runId }) => ({ input, status, runId }))).toEqual(
        inputs.map((input) => ({ input, status: "queued", runId: null })),
      )
    }))

  it("stores short and long inputs as they came, in their order", () =>
    withStorage((storage) => {
      const { store } = opened(storage)
      const lengths = [10, 2_000, 2_001, 10, 10, 20_000, 1_999, 2_002, 3_000, 10]
      const inputs = lengths.map((length, at) => `{"a":"${`\\n${at}`.padEnd(length - 8, "ä")}"}`)
      store.begin(initOf({ numInputs: inputs.length }))
      const before = Number(store.change())
      expect(store.addInputs(0, inputs, NOW)).toBe("stored")
      expect(rowsOf(store).map(({ input }) => input)).toEqual(inputs)
      expect(rowsOf(store).map(({ change }) => Number(change) - before)).toEqual(
        inputs.map((_, at) => at + 1),
      )
      expect(store.inputs(inputs.map((_, at) => at))).toEqual(inputs)
    }))

  it("leaves no half of a piece that is partly other content", () =>
    withStorage((storage) => {
      const { store } = opened(storage)
      store.begin(initOf())
      store.addInputs(1, [`{"company":"Company 1"}`], NOW)
      const before = beliefs(store)
      expect(store.addInputs(0, [`{"company":"Company 0"}`, `{"company":"Not Company 1"}`], NOW)).toBe(
        "different",
      )
      expect(beliefs(opened(storage).store)).toEqual(before)
      expect(beliefs(store)).toEqual(before)
    }))

  it("accepts runs, keeps the plan with them, and knows what is not submitted", () =>
    withStorage((storage) => {
      const store = groupOn(storage, inputsOf(5))
      store.acceptRuns(
        [runOf(1), runOf(2)],
        { ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 3, to: 5 }] }] },
        NOW,
      )
      expect(store.unsubmitted({ rows: [{ from: 0, to: 5 }] }).map(({ inputIndex }) => inputIndex)).toEqual([
        0, 3, 4,
      ])
      expect(store.plan()).toEqual({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 3, to: 5 }] }] })
      expect(store.upstreamCounts()).toEqual({ queued: 2 })
      store.acceptRuns([runOf(1, "another")], EMPTY_PLAN, NOW)
      expect(rowsOf(store)[1]?.runId).toBe("run-1")
    }))

  it("leaves out rows that have no run, and only those, as failed or as cancelled", () =>
    withStorage((storage) => {
      const store = groupOn(storage, inputsOf(4))
      accept(store, 1, 2)
      store.leaveOut(
        [{ rows: [{ from: 0, to: 3 }] }],
        { status: "failed", error: `{"message":"refused"}` },
        { ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 3, to: 4 }] }] },
        NOW,
      )
      expect(rowsOf(store).map(({ status, error }) => [status, error])).toEqual([
        ["failed", `{"message":"refused"}`],
        ["queued", null],
        ["failed", `{"message":"refused"}`],
        ["queued", null],
      ])
      expect(store.status().task_run_status_counts).toEqual({ failed: 2, queued: 2 })
      expect(store.upstreamCounts()).toEqual({ queued: 1 })
      expect(store.plan().todo).toMatchObject([{ rows: [{ from: 3, to: 4 }] }])
      store.leaveOut([{ rows: [{ from: 0, to: 4 }] }], { status: "cancelled", error: "{}" }, EMPTY_PLAN, NOW)
      expect(rowsOf(store).map(({ status }) => status)).toEqual(["failed", "queued", "failed", "cancelled"])
      expect(store.submitted()).toBe(1)
      expect(beliefs(opened(storage).store)).toEqual(beliefs(store))
    }))

  it("counts every change, and never gives a number twice, also after it was opened again", () =>
    withStorage((storage) => {
      const seen = new Set<number>()
      let last = 0
      let store = submittedOn(storage)
      const note = () => {
        expect(store.change()).toBeGreaterThan(last)
        last = store.change()
        for (const { change } of rowsOf(store)) expect(change).toBeLessThanOrEqual(last)
        expect(seen.has(last)).toBe(false)
        seen.add(last)
      }
      note()
      const steps = [
        () => store.say("following", "one"),
        () => store.apply([told("run-0", "running")], NOW),
        () => store.addWarning("careful"),
        () => store.apply([told("run-1", "failed")], NOW),
        () => store.say("following", "two"),
        () => store.apply([told("run-2", "completed", { output: outputOf({ ceo: "A" }) })], NOW),
      ]
      for (const step of steps) {
        store = opened(storage).store
        // Numbers that were set aside for what is not written are skipped.
        expect(store.change()).toBeGreaterThanOrEqual(last)
        step()
        note()
      }
      store.say("following", "two")
      expect(store.change()).toBe(last)
    }))

  const middle = [
    {
      name: "begin",
      at: 1,
      act: (store: ReturnType<typeof groupOn>) => store.begin(initOf({ taskgroupId: groupId("tgrp_new") })),
      empty: true,
    },
    {
      name: "commit",
      at: 1,
      act: (store: ReturnType<typeof groupOn>) => store.commit({ ...EMPTY_PLAN, todo: [] }),
      receiving: true,
    },
    {
      name: "acceptRuns",
      // The rows before the gap and those after it are a statement each.
      at: 2,
      act: (store: ReturnType<typeof groupOn>) =>
        store.acceptRuns(
          [0, 1, 3, 4].map((index) => runOf(index)),
          EMPTY_PLAN,
          NOW,
        ),
    },
    {
      name: "leaveOut",
      at: 2,
      act: (store: ReturnType<typeof groupOn>) =>
        store.leaveOut([{ rows: [{ from: 0, to: 5 }] }], { status: "failed", error: "{}" }, EMPTY_PLAN, NOW),
    },
    {
      name: "apply",
      at: 3,
      act: (store: ReturnType<typeof groupOn>) =>
        store.apply(
          [0, 1, 2].map((index) =>
            told(`run-${index}`, "completed", { index, output: outputOf({ new: index }) }),
          ),
          NOW,
          EventCursor("cursor"),
        ),
    },
    {
      name: "say",
      at: 1,
      act: (store: ReturnType<typeof groupOn>) => store.say("submission", "It goes on."),
    },
    {
      name: "remove",
      at: 1,
      act: (store: ReturnType<typeof groupOn>) => store.remove(() => {}),
    },
    {
      name: "end",
      at: 2,
      act: (store: ReturnType<typeof groupOn>) =>
        store.end({ message: "over", removalAt: NOW, now: NOW }, () => {}),
    },
  ]
  it.each(middle)(
    "changes nothing when $name fails half-way, in memory neither",
    ({ act, at, empty, receiving }) =>
      withStorage((storage) => {
        const { storage: broken, breakAt } = breaking(
          storage,
          /^(UPDATE runs|INSERT INTO runs|INSERT OR REPLACE INTO details)/,
        )
        const { store, publisher } = opened(broken)
        if (empty !== true) {
          store.begin(initOf({ numInputs: 5 }))
          store.addInputs(0, inputsOf(5), NOW)
          if (receiving !== true)
            store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: 5 }] }] })
        }
        const look = () =>
          empty === true ? { details: store.details(), change: store.change() } : beliefs(store)
        const before = look()
        const version = publisher.version()
        breakAt(at)
        expect(() => act(store)).toThrow("planned failure")
        expect(look()).toEqual(before)
        expect(publisher.version()).toBe(version)
        if (empty !== true) expect(beliefs(opened(storage).store)).toEqual(before)
        // It works afterwards as if nothing had been.
        breakAt(Number.POSITIVE_INFINITY)
        act(store)
        expect(store.change()).toBeGreaterThan(before.change)
        expect(beliefs(opened(storage).store)).toEqual(beliefs(store))
      }),
  )

  it("knows when a row last changed, also after it was opened again", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.apply([told("run-0", "cancelled")], NOW + 1_000)
      store.say("webhook", "not a row")
      expect(opened(storage).store.lastProgressAt()).toBe(NOW + 1_000)
      expect(store.lastProgressAt()).toBe(NOW + 1_000)
    }))

  it("tells viewers after the transaction, and only when something changed", () =>
    withStorage((storage) => {
      const { store, publisher } = opened(storage)
      store.begin(initOf())
      store.addInputs(0, inputsOf(3), NOW)
      store.commit(EMPTY_PLAN)
      accept(store, 0, 3)
      const version = publisher.version()
      store.apply([told("run-0", "queued")], NOW)
      expect(publisher.version()).toBe(version)
      store.apply([told("run-0", "running"), told("run-1", "running")], NOW)
      expect(publisher.version()).toBe(version + 1)
      // A completion whose output is not here changes nothing that is shown, but those who fetch it wait to hear of it.
      store.apply([told("run-0", "completed")], NOW)
      expect(publisher.version()).toBe(version + 2)
      store.apply([told("run-0", "completed")], NOW)
      store.apply([told("stranger", "running")], NOW)
      expect(publisher.version()).toBe(version + 2)
      store.apply([told("run-1", "failed")], NOW)
      store.apply([told("run-1", "cancelled")], NOW)
      const contradicted = publisher.version()
      store.apply([told("run-1", "cancelled")], NOW)
      expect(publisher.version()).toBe(contradicted)
    }))
}
