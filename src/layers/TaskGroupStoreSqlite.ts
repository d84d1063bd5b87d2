import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isTerminal } from "../domain/RunStatus.ts"
import {
  EMPTY_PLAN,
  type GroupDetails,
  type GroupInit,
  type Range,
  type SubmissionPlan,
} from "../domain/TaskGroup.ts"
import { Audience } from "../services/Audience.ts"
import { GroupReader } from "../services/GroupReader.ts"
import { GroupStore, StorageFailed, type Topic } from "../services/GroupStore.ts"
import { Publisher } from "../services/Publisher.ts"
import { ReceivingStore } from "../services/ReceivingStore.ts"
import { type Applied, EMPTY_MEMORY, type FollowMemory, RunStore, type RunUpdate } from "../services/RunStore.ts"
import { SubmissionStore } from "../services/SubmissionStore.ts"
import { applyRun, decide, lacksOutput } from "./sqlite/applyRun.ts"
import { GroupTables } from "./sqlite/GroupTables.ts"
import { groupReads } from "./sqlite/groupReads.ts"
import { makeOutputColumns } from "./sqlite/outputColumns.ts"
import type { SqliteStorage } from "./sqlite/SqliteStorage.ts"
import { openTables, rowId } from "./sqlite/tables.ts"

const PLAN = "plan"
const CURSOR = "cursor"
const MEMORY = "following"
const SENTENCES = "sentences"
const DELIVERIES = "deliveries"

/** In the order in which they stand in `status_message`. */
const TOPICS: ReadonlyArray<Topic> = ["end", "following", "submission", "webhook"]

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
      openTables(tables.storage)
      const details = tables.details
      if (details !== null) {
        return details.state !== "removed" && sameInit(details, init) ? "same" : "different"
      }
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
      if (details.state === "removed") return "incomplete"
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
    leaveOut: (
      range: Range,
      end: { readonly status: "failed" | "cancelled"; readonly error: string },
      plan: SubmissionPlan,
      now: number,
    ) =>
      tables.write(undefined, () => {
        savePlan(plan)
        for (let inputIndex = range.from; inputIndex < range.to; inputIndex++) {
          const row = tables.row(inputIndex)
          if (row !== null && row.runId === null && !isTerminal(row.status))
            tables.update(row, { ...row, ...end }, now)
        }
      }),
    inputs: ({ from, to }: Range) =>
      texts(
        tables,
        "SELECT input FROM runs WHERE id >= ? AND id < ? AND attempt = 1 ORDER BY id",
        from,
        to,
      ) as ReadonlyArray<string>,
    inputLengths: ({ from, to }: Range = { from: 0, to: tables.details?.numInputs ?? 0 }) =>
      texts(
        tables,
        "SELECT length(input) FROM runs WHERE id >= ? AND id < ? AND attempt = 1 ORDER BY id",
        from,
        to,
      ) as ReadonlyArray<number>,
    unsubmitted: ({ from, to }: Range) =>
      texts(
        tables,
        `SELECT input_index FROM runs WHERE id >= ? AND id < ? AND run_id IS NULL AND status = 'queued' ORDER BY id`,
        from,
        to,
      ) as ReadonlyArray<number>,
  }
}

/** The one column of the rows of a range. */
const texts = ({ storage }: GroupTables, query: string, from: number, to: number) =>
  Array.from(storage.sql.exec(query, rowId(from, 0), rowId(to, 0)).raw(), ([value]) => value)

const makeRuns = (tables: GroupTables) => {
  const { storage } = tables
  let cursorSavedAt = Number.NEGATIVE_INFINITY
  const noteColumns = makeOutputColumns(tables)

  const applyOne = (update: RunUpdate, now: number): Applied => {
    const { run } = update
    const details = tables.group
    const inputIndex = run.inputIndex ?? tables.indexOfRun(run.runId)
    const state = inputIndex === null || inputIndex >= details.numInputs ? null : tables.state(inputIndex)
    if (inputIndex === null || state === null) {
      tables.noteOther(run)
      return "foreign"
    }
    const decision = decide({ ...state, confirmed: state.confirmed || state.named }, update)
    if (run.inputIndex === inputIndex && state.runId === run.runId) state.named = true
    if (decision === "duplicate") {
      tables.noteOther(run)
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
    apply: (updates: ReadonlyArray<RunUpdate>, now: number, cursor?: string) =>
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
    allEnded: () => tables.details !== null && tables.counts.ended >= tables.group.numInputs,
    pendingOutputCount: () => tables.counts.pending.size,
    pendingOutputs: () => tables.counts.pending.values(),
    hasUnnamedRuns: () => tables.hasUnnamedRuns(),
    indexOfRun: (runId: string) => tables.indexOfRun(runId),
    lastProgressAt: () => tables.counts.lastProgressAt,
    cursor: () => storage.kv.get<string>(CURSOR) ?? null,
    dropCursor: () =>
      tables.write(undefined, () => {
        storage.kv.delete(CURSOR)
      }),
    memory: () => storage.kv.get<FollowMemory>(MEMORY) ?? EMPTY_MEMORY,
    remember: (memory: FollowMemory) => tables.write(undefined, () => storage.kv.put(MEMORY, memory)),
    flush: () => {
      if (tables.passing.size > 0) tables.write(undefined, () => tables.flush())
    },
  }
}

const addWarning = (tables: GroupTables, message: string) => {
  const { warnings } = tables.group
  if (warnings.includes(message) || warnings.length >= MAX_WARNINGS) return
  tables.updateDetails({ warnings: [...warnings, message] })
}

const makeGroup = (tables: GroupTables) => {
  const { storage } = tables
  const sentences = () => storage.kv.get<Partial<Record<Topic, string>>>(SENTENCES) ?? {}
  const say = (said: Partial<Record<Topic, string>>) => {
    storage.kv.put(SENTENCES, said)
    const statusMessage = TOPICS.flatMap((topic) => said[topic] ?? []).join(" ")
    if (tables.group.statusMessage !== statusMessage) tables.updateDetails({ statusMessage })
  }
  const emptied = (before: () => void) =>
    Effect.tryPromise({
      try: () => {
        // In this order, so that a group that begins meanwhile makes its tables anew.
        const deleted = storage.deleteAll()
        before()
        return deleted
      },
      catch: (error) =>
        new StorageFailed({
          message: `The storage could not be emptied (${error instanceof Error ? error.name : "unknown"})`,
        }),
    })
  return {
    say: (topic: Topic, sentence: string | null) =>
      tables.write(undefined, () => {
        if (tables.details === null) return
        const { [topic]: before, ...rest } = sentences()
        if ((before ?? null) !== sentence) say(sentence === null ? rest : { ...rest, [topic]: sentence })
      }),
    addWarning: (message: string) => tables.write(undefined, () => addWarning(tables, message)),
    end: (
      options: { readonly message: string; readonly removalAt: number; readonly now: number },
      also: () => void,
    ) =>
      tables.write(false, () => {
        if (tables.group.state !== "active") return false
        tables.flush()
        storage.kv.put(SENTENCES, options.message === "" ? {} : { end: options.message })
        tables.updateDetails({
          state: "ended",
          statusMessage: options.message,
          endedAt: options.now,
          removalAt: options.removalAt,
        })
        // `done` takes a number of its own, so that a viewer that has seen all rows but not it comes back for it.
        tables.updateDetails({ endChange: tables.change + 1 })
        for (const key of [PLAN, CURSOR, MEMORY, DELIVERIES]) storage.kv.delete(key)
        also()
        tables.rest()
        return true
      }),
    deliveries: () => storage.kv.get<number>(DELIVERIES) ?? 0,
    countDelivery: () =>
      tables.write(undefined, () =>
        storage.kv.put(DELIVERIES, (storage.kv.get<number>(DELIVERIES) ?? 0) + 1),
      ),
    remove: (also: () => void) =>
      tables.write(undefined, () => {
        if (tables.details !== null) tables.updateDetails({ state: "removed" })
        also()
      }),
    erase: Effect.suspend(() => {
      tables.close()
      return emptied(() => {})
    }),
    forget: emptied(() => tables.deleted()),
  }
}

/** The store on a SQLite database: a Durable Object's `storage`, or anything that has the same few members. */
export const makeTaskGroupStore = (
  storage: SqliteStorage,
  publisher: Publisher["Service"],
  audience: Audience["Service"],
) => {
  const tables = new GroupTables(storage, publisher)
  const details = (): GroupDetails | null => tables.details
  return {
    ...makeReceiving(tables),
    ...makeSubmission(tables),
    ...makeRuns(tables),
    ...makeGroup(tables),
    ...groupReads(tables, audience),
    details,
  }
}

export type TaskGroupStore = ReturnType<typeof makeTaskGroupStore>

/** The stores of one object, on one database: each service is its part of it. */
export const TaskGroupStoreSqlite = (
  storage: SqliteStorage,
): Layer.Layer<
  ReceivingStore | SubmissionStore | RunStore | GroupStore | GroupReader,
  never,
  Publisher | Audience
> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = makeTaskGroupStore(storage, yield* Publisher, yield* Audience)
      return Context.empty().pipe(
        Context.add(ReceivingStore, store),
        Context.add(SubmissionStore, store),
        Context.add(RunStore, store),
        Context.add(GroupStore, store),
        Context.add(GroupReader, store),
      )
    }),
  )
