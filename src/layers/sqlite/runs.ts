import type { EventCursor } from "../../domain/Ids.ts"
import { isTerminal } from "../../domain/RunStatus.ts"
import { type Applied, EMPTY_MEMORY, type FollowMemory, type RunUpdate } from "../../services/RunStore.ts"
import { applyRun, decide, lacksOutput } from "./applyRun.ts"
import { addWarning } from "./group.ts"
import type { GroupTables } from "./GroupTables.ts"
import { CURSOR, MEMORY } from "./keys.ts"
import { makeOutputColumns } from "./outputColumns.ts"

/** A cursor is an optional hint: writing it with every batch of events would cost more rows than it can save. */
const CURSOR_EVERY_MS = 30_000

/** `RunStore` on the tables. */
export const makeRuns = (tables: GroupTables) => {
  const { storage } = tables
  let cursorSavedAt = Number.NEGATIVE_INFINITY
  const noteColumns = makeOutputColumns(tables)
  const memory = () => tables.kept.get<FollowMemory>(MEMORY) ?? EMPTY_MEMORY

  const applyOne = (update: RunUpdate, now: number): Applied => {
    const { run } = update
    const details = tables.group
    const former = tables.tellFormer(run.runId, run.status)
    if (former !== null) return former
    const inputIndex = run.inputIndex ?? tables.indexOfRun(run.runId)
    const state = inputIndex === null || inputIndex >= details.numInputs ? null : tables.state(inputIndex)
    if (inputIndex === null || state === null) {
      tables.told.putOther(run.runId, run.status)
      return "foreign"
    }
    const attempt = run.inputIndex === null || run.runId === state.runId ? state.attempt : run.attempt
    // One that was never made is somebody else's.
    const decision =
      attempt > state.attempt
        ? "foreign"
        : attempt < state.attempt
          ? "duplicate"
          : decide(
              { ...state, confirmed: state.confirmed || state.named },
              update,
              tables.isOurs(run.runId, state),
            )
    if (run.inputIndex === inputIndex && state.runId === run.runId) state.named = true
    if (decision === "duplicate" || decision === "foreign") tables.told.putOther(run.runId, run.status)
    if (decision === "duplicate") {
      addWarning(
        tables,
        `Input ${inputIndex} has a second run, ${run.runId}, at Parallel. It is not shown in the results; it may have been billed.`,
      )
    }
    if (decision === "contradiction") tables.tell(inputIndex, run.status, now)
    if (decision !== "advance" && decision !== "replace") return decision
    if (lacksOutput(update) && state.status === "running" && state.runId === run.runId) {
      // Nothing that is shown changes before the output is here.
      tables.tell(inputIndex, run.status, now)
      return "changed"
    }
    const row = tables.row(inputIndex)
    if (row === null) return "unchanged"
    const next = applyRun(row, update, decision, details)
    tables.update(row, next, now, run.status)
    if (update.output !== null && next.content !== null) noteColumns(update.output.content)
    return "changed"
  }

  return {
    apply: (updates: ReadonlyArray<RunUpdate>, now: number, cursor?: EventCursor) =>
      tables.write<ReadonlyArray<Applied>>([], () => {
        const applied = updates.map((update) => applyOne(update, now))
        if (cursor !== undefined && now - cursorSavedAt >= CURSOR_EVERY_MS) {
          storage.kv.put(CURSOR, cursor)
          cursorSavedAt = now
        }
        return applied
      }),
    failOutput: (inputIndex: number, error: string, now: number) =>
      tables.write(undefined, () => {
        const row = tables.row(inputIndex)
        if (row === null || isTerminal(row.status)) return
        tables.update(row, { ...row, status: "failed", error }, now, "completed")
      }),
    upstreamCounts: () => tables.upstreamCounts,
    submitted: () => tables.counts.submitted,
    hasUnfinished: () => tables.counts.unfinished.size > 0,
    unfinishedRuns: (limit: number) => {
      const runs = []
      for (const inputIndex of tables.counts.unfinished) {
        if (runs.length >= limit) break
        const runId = tables.state(inputIndex)?.runId ?? null
        if (runId !== null) runs.push({ inputIndex, runId })
      }
      return runs
    },
    notEnded: () => tables.group.numInputs - tables.counts.ended,
    attempts: (indexes: ReadonlyArray<number> | null) => tables.attempts(indexes),
    allEnded: () => tables.details !== null && tables.counts.ended >= tables.group.numInputs,
    pendingOutputCount: () => tables.counts.pending.size,
    pendingOutputs: () => tables.counts.pending.values(),
    hasUnnamedRuns: () => tables.hasUnnamedRuns(),
    lastProgressAt: () => Math.max(tables.counts.lastProgressAt, memory().since ?? 0),
    cursor: () => storage.kv.get<EventCursor>(CURSOR) ?? null,
    dropCursor: () =>
      tables.write(undefined, () => {
        storage.kv.delete(CURSOR)
      }),
    memory,
    remember: (next: FollowMemory) =>
      tables.write(undefined, () => {
        if (next.since === memory().since) tables.kept.put(MEMORY, next)
      }),
    flush: () => {
      if (tables.passing.size > 0) tables.write(undefined, () => tables.flush())
    },
  }
}
