import type { OutputForm } from "../../domain/RunJson.ts"
import type { GroupDetails, Range, RunRow, TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { Snapshot } from "../../services/TaskGroupStore.ts"
import type { GroupTables } from "./GroupTables.ts"
import { encodeEvent, makeRowReader } from "./RowReader.ts"
import { rowId } from "./tables.ts"

/** The reading half of the store. */
export const groupReads = (tables: GroupTables) => {
  const { storage } = tables

  const status = (): TaskGroupStatus => {
    const details = tables.group
    const { counts } = tables
    return {
      num_task_runs: details.numInputs,
      task_run_status_counts: Object.fromEntries(counts.byStatus),
      is_active: details.state !== "ended" && counts.ended < details.numInputs,
      status_message: details.statusMessage,
      modified_at: new Date(counts.lastChangeAt).toISOString(),
    }
  }

  const snapshot = (): Snapshot => {
    const { change, group: details } = tables
    const release = tables.undo.register()
    const taken = status()
    const rows = function* (from: number): Generator<RunRow> {
      for (let next = from; ;) {
        // Better a broken answer than one that looks whole.
        if (tables.isClosed) throw new Error("the task group was removed while it was read")
        const page = tables.page(next)
        if (page.length === 0) return
        for (const row of page) yield tables.undo.asOf(row, change)
        next = page.at(-1)!.inputIndex + 1
      }
    }
    return { details, status: taken, change, rows, close: release }
  }

  return {
    details: (): GroupDetails | null => tables.details,
    status,
    change: () => tables.change,
    lastChangeAt: () => tables.counts.lastChangeAt,
    upstreamCounts: () => Object.fromEntries(tables.counts.upstream),
    allEnded: () => tables.details !== null && tables.counts.ended >= tables.group.numInputs,
    pendingOutputCount: () => tables.counts.pending.size,
    pendingOutputs: () => [...tables.counts.pending.values()],
    endedAtChange: () => tables.details?.endChange ?? null,

    inputs: ({ from, to }: Range) => {
      const texts: Array<string> = []
      const query = "SELECT input FROM runs WHERE id >= ? AND id < ? AND attempt = 1 ORDER BY id"
      for (const row of storage.sql.exec(query, rowId(from, 0), rowId(to, 0)).raw())
        texts.push(row[0] as string)
      return texts
    },
    inputLengths: () => {
      const lengths: Array<number> = []
      const query = "SELECT length(input) FROM runs WHERE attempt = 1 ORDER BY id"
      for (const row of storage.sql.exec(query).raw()) lengths.push(row[0] as number)
      return lengths
    },
    unsubmitted: ({ from, to }: Range) => {
      const indexes: Array<number> = []
      const query = "SELECT input_index FROM runs WHERE id >= ? AND id < ? AND run_id IS NULL ORDER BY id"
      for (const row of storage.sql.exec(query, rowId(from, 0), rowId(to, 0)).raw())
        indexes.push(row[0] as number)
      return indexes
    },

    snapshot,
    reader: (after: number, form: OutputForm = "full") => makeRowReader(tables, after, form),
    statusEvent: () => {
      // The end is a change of its own, which a status does not count.
      const endChange = tables.details?.endChange ?? null
      const change = endChange === null ? tables.change : endChange - 1
      const data = { type: "task_group_status", event_id: String(change), status: status() }
      return encodeEvent("task_group_status", change, JSON.stringify(data))
    },
    doneEvent: () => {
      const change = tables.details?.endChange ?? tables.change
      return encodeEvent("done", change, JSON.stringify({ type: "done", event_id: String(change) }))
    },
  }
}
