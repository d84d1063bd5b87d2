import { expect, it } from "vitest"
import { EventCursor } from "../../../src/domain/Ids.ts"
import { resultJson, runJson } from "../../../src/domain/RunJson.ts"
import { readOutput } from "../../../src/domain/Wire.ts"
import { EMPTY_MEMORY } from "../../../src/services/RunStore.ts"
import { groupId } from "../../support/ids.ts"
import {
  complete,
  groupOn,
  NOW,
  opened,
  outputOf,
  rowOf,
  rowsOf,
  submittedOn,
  told,
  type WithStorage,
  runOf,
} from "./fixtures.ts"

const GROUP = { taskgroupId: groupId("tgrp_store_suite"), processor: "core" }
const resultOf = (row: ReturnType<typeof rowOf>) => JSON.parse(resultJson(row)) as Record<string, unknown>

/** What becomes of the runs upstream tells about. */
export const applyingSuite = (withStorage: WithStorage) => {
  it("follows a run through its states, and stores the output with the end or later", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      expect(store.apply([told("run-0", "running"), told("run-1", "completed")], NOW)).toEqual([
        "changed",
        "changed",
      ])
      expect([...store.pendingOutputs()]).toEqual([{ inputIndex: 1, runId: "run-1", since: NOW }])
      expect(store.status().task_run_status_counts).toEqual({ running: 2, queued: 1 })
      expect(store.upstreamCounts()).toEqual({ running: 1, completed: 1, queued: 1 })
      expect(store.allEnded()).toBe(false)
      expect(store.status()).toMatchObject({ is_active: true, state: "running" })
      expect(complete(store, 0)).toEqual(["changed"])
      expect(complete(store, 1)).toEqual(["changed"])
      expect(complete(store, 1)).toEqual(["unchanged"])
      expect(store.pendingOutputCount()).toBe(0)
      store.apply([told("run-2", "cancelled")], NOW)
      expect(store.allEnded()).toBe(true)
      expect(store.status()).toMatchObject({
        is_active: false,
        num_task_runs: 3,
        task_run_status_counts: { completed: 2, cancelled: 1 },
        state: "done",
      })
      expect(resultOf(rowOf(store, 1))).toEqual({
        $id: "run-1",
        $status: "completed",
        company: "Company 1",
        ceo: "Person 1",
      })
      expect(opened(storage).store.status()).toEqual(store.status())
    }))

  it("takes metadata's word over the position, once", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      // Upstream's ids came in another order than the inputs.
      expect(store.apply([told("run-1", "running", { index: 0 })], NOW)).toEqual(["changed"])
      expect(rowOf(store, 0)).toMatchObject({ runId: "run-1", status: "running" })
      expect(store.apply([told("run-0", "running", { index: 1 })], NOW)).toEqual(["changed"])
      expect(rowsOf(store).map(({ runId }) => runId)).toEqual(["run-1", "run-0", "run-2"])
      expect(complete(store, 1, { ceo: "of the first" })).toEqual(["changed"])
      expect(resultOf(rowOf(store, 0))).toMatchObject({ company: "Company 0", ceo: "of the first" })
      expect(store.upstreamCounts()).toEqual({ completed: 1, running: 1, queued: 1 })
    }))

  it("an event may name its input before the answer that assigns it", () =>
    withStorage((storage) => {
      const store = groupOn(storage)
      expect(store.apply([told("early", "running", { index: 1 })], NOW)).toEqual(["changed"])
      store.acceptRuns(
        [0, 1, 2].map((index) => runOf(index, `late-${index}`)),
        store.plan(),
        NOW,
      )
      expect(rowsOf(store).map(({ runId }) => runId)).toEqual(["late-0", "early", "late-2"])
    }))

  it("keeps a second run for an input out, and warns of it", () =>
    withStorage((storage) => {
      const store = groupOn(storage)
      store.apply([told("first", "running", { index: 0 })], NOW)
      expect(
        store.apply([told("second", "completed", { index: 0, output: outputOf({ ceo: "Wrong" }) })], NOW),
      ).toEqual(["duplicate"])
      expect(rowOf(store, 0)).toMatchObject({ runId: "first", status: "running", content: null })
      expect(store.details()?.warnings.join()).toContain("second")
      const { warnings } = store.details()!
      store.apply([told("second", "completed", { index: 0 })], NOW)
      expect(store.details()?.warnings).toEqual(warnings)
      // Upstream has it all the same.
      expect(store.upstreamCounts()).toEqual({ running: 1, completed: 1 })
      expect(store.submitted()).toBe(1)
    }))

  it("knows runs that are of no input of this group", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const change = store.change()
      expect(store.apply([told("stranger", "running"), told("run-9", "running", { index: 3 })], NOW)).toEqual(
        ["foreign", "foreign"],
      )
      expect(store.change()).toBe(change)
    }))

  it.each(["completed", "failed", "cancelled"])("stays %s whatever is told later", (terminal) =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.apply(
        [told("run-0", terminal, { output: terminal === "completed" ? outputOf({ ceo: "A" }) : null })],
        NOW,
      )
      const before = rowOf(store, 0)
      const others = ["completed", "failed", "cancelled"].filter((status) => status !== terminal)
      for (const status of others) {
        expect(store.apply([told("run-0", status, { output: outputOf({ ceo: "B" }) })], NOW)).toEqual([
          "contradiction",
        ])
      }
      for (const status of ["queued", "running", "action_required"]) {
        expect(store.apply([told("run-0", status)], NOW)).toEqual(["unchanged"])
      }
      expect(rowOf(store, 0)).toEqual(before)
    }),
  )

  it("a listing that is older than an event cannot move a run back", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.apply([told("run-0", "running")], NOW)
      expect(store.apply([told("run-0", "queued"), told("run-0", "running")], NOW)).toEqual([
        "unchanged",
        "unchanged",
      ])
      expect(rowOf(store, 0).status).toBe("running")
    }))

  it("survives statuses nobody knows, without taking them for an end", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      expect(store.apply([told("run-0", "paused")], NOW)).toEqual(["changed"])
      expect(store.allEnded()).toBe(false)
      expect(store.apply([told("run-0", "running")], NOW)).toEqual(["changed"])
    }))

  it("takes JSON content that comes as text (D7), and leaves text output text", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const asText = readOutput(JSON.stringify({ type: "json", content: `{"ceo": "In text"}`, basis: [] }))
      store.apply([told("run-0", "completed", { output: asText })], NOW)
      complete(store, 1, "Just **text**")
      complete(store, 2, `{"looks":"like JSON"}`)
      expect(resultOf(rowOf(store, 0))).toMatchObject({ ceo: "In text" })
      expect(resultOf(rowOf(store, 1))).toEqual({
        $id: "run-1",
        $status: "completed",
        company: "Company 1",
        content: "Just **text**",
      })
      expect(resultOf(rowOf(store, 2))["content"]).toBe(`{"looks":"like JSON"}`)
    }))

  it("notes columns that no schema announced", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      complete(store, 0, { ceo: "A", surprise: true })
      complete(store, 1, JSON.parse(`{"__proto__":"B"}`))
      expect(store.details()?.outputColumns).toEqual(["ceo", "surprise", "__proto__"])
    }))

  it("keeps confidences apart, and what else upstream says of a run", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const basis = [
        { field: "ceo", confidence: "high", reasoning: "" },
        { field: "b", confidence: "", reasoning: "" },
      ]
      const raw = {
        created_at: "2026-01-01T00:00:00Z",
        modified_at: "2026-01-02T00:00:00Z",
        novelty: { deep: [1] },
        error: null,
      }
      store.apply([told("run-0", "completed", { output: outputOf({ ceo: "A" }, basis), raw })], NOW)
      store.apply(
        [told("run-1", "failed", { raw: { error: { ref_id: "r", message: "no", detail: null } } })],
        NOW,
      )
      expect(rowOf(store, 0).confidence).toBe(`{"ceo":"high"}`)
      expect(JSON.parse(runJson(rowOf(store, 0), GROUP))).toMatchObject({
        ...raw,
        run_id: "run-0",
        is_active: false,
      })
      expect(JSON.parse(rowOf(store, 1).error ?? "")).toEqual({ ref_id: "r", message: "no", detail: null })
    }))

  it("keeps the cursor as a hint, and drops it", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      expect(store.cursor()).toBeNull()
      store.apply([told("run-0", "running")], NOW, EventCursor("c-1"))
      expect(store.cursor()).toBe("c-1")
      store.apply([], NOW + 10, EventCursor("c-2"))
      store.apply([], NOW + 60_000, EventCursor("c-3"))
      expect(opened(storage).store.cursor()).toBe("c-3")
      store.dropCursor()
      expect(store.cursor()).toBeNull()
    }))

  it("keeps what following has to remember", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      expect(store.memory()).toEqual(EMPTY_MEMORY)
      const memory = { answeredMs: 5_000, answeredAt: NOW, refusedAt: 4_000, lateOutputs: { 7: 1_000 } }
      store.remember(memory)
      expect(opened(storage).store.memory()).toEqual(memory)
    }))
}
