import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isTerminal } from "../domain/RunStatus.ts"
import { EMPTY_PLAN, type GroupDetails, type GroupInit, type SubmissionPlan } from "../domain/TaskGroup.ts"
import { Publisher } from "../services/Publisher.ts"
import { type Applied, type RunUpdate, TaskGroupStore } from "../services/TaskGroupStore.ts"
import { applyRun, decide } from "./sqlite/applyRun.ts"
import { GroupTables } from "./sqlite/GroupTables.ts"
import { groupReads } from "./sqlite/groupReads.ts"
import { makeOutputColumns } from "./sqlite/outputColumns.ts"
import type { SqliteStorage } from "./sqlite/SqliteStorage.ts"
import { createTables, rowId } from "./sqlite/tables.ts"

const PLAN = "plan"
const CURSOR = "cursor"
const REFUSED_SINCE = "refused_since"

/** A cursor is an optional hint: writing it with every batch of events would cost more rows than it can save. */
const CURSOR_EVERY_MS = 30_000

/** Warnings come from upstream's misbehaviour too, so their number is bounded. */
const MAX_WARNINGS = 100

const sameInit = (details: GroupDetails, init: GroupInit): boolean =>
  (Object.keys(init) as Array<keyof GroupInit>).every(
    (key) => key === "warnings" || JSON.stringify(details[key]) === JSON.stringify(init[key]),
  )

const makeReceiving = (tables: GroupTables) => ({
  begin: (init: GroupInit) =>
    tables.write<"begun" | "same" | "different">("different", () => {
      createTables(tables.storage)
      const details = tables.details
      if (details !== null) return sameInit(details, init) ? "same" : "different"
      tables.insertDetails({ ...init, state: "receiving", statusMessage: "", endedAt: null, removalAt: null })
      return "begun"
    }),

  addInputs: (from: number, inputs: ReadonlyArray<string>, now: number) =>
    tables.write<"stored" | "same" | "different">("different", () => {
      const details = tables.details
      if (details === null || from + inputs.length > details.numInputs) return "different"
      // All is compared before anything is written: a piece is taken wholly or not at all.
      const missing = inputs.flatMap((input, offset) =>
        tables.state(from + offset) === null ? [{ inputIndex: from + offset, input }] : [],
      )
      if (missing.length < inputs.length && !sameInputs(tables, from, inputs)) return "different"
      if (missing.length > 0 && details.state !== "receiving") return "different"
      tables.insert(missing, now)
      return missing.length > 0 ? "stored" : "same"
    }),

  commit: (plan: SubmissionPlan) =>
    tables.write<"committed" | "same" | "incomplete">("incomplete", () => {
      const details = tables.group
      if (details.state !== "receiving") return "same"
      if (tables.counts.rows !== details.numInputs) return "incomplete"
      tables.storage.kv.put(PLAN, plan)
      tables.updateDetails({ state: "active" })
      return "committed"
    }),
})

/** Whether those of these inputs that are stored are stored like this. */
const sameInputs = (tables: GroupTables, from: number, inputs: ReadonlyArray<string>): boolean => {
  const query = "SELECT input_index, input FROM runs WHERE id >= ? AND id < ? AND attempt = 1 ORDER BY id"
  const rows = tables.storage.sql.exec(query, rowId(from, 0), rowId(from + inputs.length, 0)).raw()
  for (const [inputIndex, input] of rows) if (inputs[(inputIndex as number) - from] !== input) return false
  return true
}

const makeSubmission = (tables: GroupTables) => {
  const { storage } = tables
  const savePlan = (plan: SubmissionPlan) => storage.kv.put(PLAN, plan)
  return {
    plan: () => (tables.isClosed ? EMPTY_PLAN : (storage.kv.get<SubmissionPlan>(PLAN) ?? EMPTY_PLAN)),
    savePlan: (plan: SubmissionPlan) => tables.write(undefined, () => savePlan(plan)),
    acceptRuns: (
      runs: ReadonlyArray<{ readonly inputIndex: number; readonly runId: string }>,
      plan: SubmissionPlan,
      now: number,
    ) =>
      tables.write(undefined, () => {
        savePlan(plan)
        // An event may have been faster than the answer, and it names its input for certain. Then the place in the
        // answer means nothing, for this row or for the one that has the run.
        tables.accept(runs, now)
      }),
    failRows: (
      range: { readonly from: number; readonly to: number },
      error: string,
      plan: SubmissionPlan,
      now: number,
    ) =>
      tables.write(undefined, () => {
        savePlan(plan)
        for (let inputIndex = range.from; inputIndex < range.to; inputIndex++) {
          const row = tables.row(inputIndex)
          if (row !== null && row.runId === null && !isTerminal(row.status))
            tables.update(row, { ...row, status: "failed", error }, now)
        }
      }),
  }
}

const makeFollowing = (tables: GroupTables) => {
  const { storage } = tables
  let cursorSavedAt = Number.NEGATIVE_INFINITY
  const noteColumns = makeOutputColumns(tables)

  const addWarning = (message: string) => {
    const { warnings } = tables.group
    if (warnings.includes(message) || warnings.length >= MAX_WARNINGS) return
    tables.updateDetails({ warnings: [...warnings, message] })
  }

  const applyOne = (update: RunUpdate, now: number): Applied => {
    const { run } = update
    const details = tables.group
    const inputIndex = run.inputIndex ?? tables.indexOfRun(run.runId)
    const state = inputIndex === null || inputIndex >= details.numInputs ? null : tables.state(inputIndex)
    if (inputIndex === null || state === null) return "foreign"
    const decision = decide({ ...state, confirmed: state.confirmed || state.named }, update)
    if (run.inputIndex === inputIndex && state.runId === run.runId) state.named = true
    if (decision === "duplicate") {
      addWarning(
        `Input ${inputIndex} has a second run, ${run.runId}, at Parallel. It is not shown in the results; it may have been billed.`,
      )
    }
    if (decision !== "advance" && decision !== "replace") return decision
    const row = tables.row(inputIndex)
    const next = row === null ? null : applyRun(row, update, decision, details)
    if (row === null || next === null) return "unchanged"
    tables.update(row, next, now)
    if (update.output !== null && next.content !== null) noteColumns(update.output.content)
    return "changed"
  }

  return {
    addWarning: (message: string) => tables.write(undefined, () => addWarning(message)),
    apply: (updates: ReadonlyArray<RunUpdate>, now: number, cursor?: string) =>
      tables.write<ReadonlyArray<Applied>>([], () => {
        const applied = updates.map((update) => applyOne(update, now))
        if (cursor !== undefined && now - cursorSavedAt >= CURSOR_EVERY_MS) {
          storage.kv.put(CURSOR, cursor)
          cursorSavedAt = now
        }
        return applied
      }),
    giveUpOutput: (inputIndex: number, error: string, now: number) =>
      tables.write(undefined, () => {
        const row = tables.row(inputIndex)
        if (row === null || row.status !== "completed" || row.content !== null) return
        tables.update(row, { ...row, error }, now)
      }),
    cursor: () => storage.kv.get<string>(CURSOR) ?? null,
    dropCursor: () =>
      tables.write(undefined, () => {
        storage.kv.delete(CURSOR)
      }),
    setStatusMessage: (statusMessage: string) =>
      tables.write(undefined, () => {
        if (tables.group.statusMessage !== statusMessage) tables.updateDetails({ statusMessage })
      }),
    refusedSince: () => storage.kv.get<number>(REFUSED_SINCE) ?? null,
    setRefusedSince: (at: number | null) =>
      tables.write(undefined, () => {
        if (at === null) storage.kv.delete(REFUSED_SINCE)
        else storage.kv.put(REFUSED_SINCE, at)
      }),
    end: (
      options: { readonly message: string; readonly removalAt: number; readonly now: number },
      also: () => void,
    ) =>
      tables.write(false, () => {
        if (tables.group.state === "ended") return false
        tables.settle()
        tables.updateDetails({
          state: "ended",
          statusMessage: options.message,
          endedAt: options.now,
          removalAt: options.removalAt,
        })
        // `done` takes a number of its own, so that a viewer that has seen all rows but not it comes back for it.
        tables.updateDetails({ endChange: tables.change + 1 })
        storage.kv.delete(PLAN)
        storage.kv.delete(CURSOR)
        storage.kv.delete(REFUSED_SINCE)
        also()
        tables.rest()
        return true
      }),
  }
}

/** The store on a SQLite database: a Durable Object's `storage`, or anything that has the same few members. */
export const makeTaskGroupStore = (
  storage: SqliteStorage,
  publisher: Publisher["Service"],
): TaskGroupStore["Service"] => {
  const tables = new GroupTables(storage, publisher)
  return TaskGroupStore.of({
    ...makeReceiving(tables),
    ...makeSubmission(tables),
    ...makeFollowing(tables),
    ...groupReads(tables),
    settle: () => {
      if (tables.passing.size > 0) tables.write(undefined, () => tables.settle())
    },
    deleted: () => tables.deleted(),
    close: () => tables.close(),
  })
}

export const TaskGroupStoreSqlite = (storage: SqliteStorage): Layer.Layer<TaskGroupStore, never, Publisher> =>
  Layer.effect(
    TaskGroupStore,
    Effect.map(Publisher, (publisher) => makeTaskGroupStore(storage, publisher)),
  )
