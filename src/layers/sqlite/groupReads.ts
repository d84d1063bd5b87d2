import type { GroupDetails, Range, TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { RowEncoder, Snapshot, UnfinishedRun } from "../../services/TaskGroupStore.ts"
import { makeAudience } from "./audience.ts"
import type { GroupTables } from "./GroupTables.ts"
import { makeRowReader } from "./RowReader.ts"
import { makeSnapshot } from "./snapshot.ts"
import { rowId } from "./tables.ts"

/** The reading half of the store. */
export const groupReads = (tables: GroupTables) => {
  const { storage } = tables
  const audience = makeAudience()

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
    audience.look()
    return makeSnapshot(tables, status())
  }

  return {
    details: (): GroupDetails | null => tables.details,
    status,
    change: () => tables.change,
    lastProgressAt: () => tables.counts.lastProgressAt,
    upstreamCounts: () => Object.fromEntries(tables.counts.upstream),
    allEnded: () => tables.details !== null && tables.counts.ended >= tables.group.numInputs,
    pendingOutputCount: () => tables.counts.pending.size,
    pendingOutputs: () => tables.counts.pending.values(),
    unfinishedRuns: (limit: number) => {
      const runs: Array<UnfinishedRun> = []
      for (const inputIndex of tables.counts.unfinished) {
        if (runs.length >= limit) break
        const runId = tables.state(inputIndex)?.runId ?? null
        if (runId !== null) runs.push({ inputIndex, runId })
      }
      return runs
    },
    hasUnnamedRuns: () => tables.hasUnnamedRuns(),
    audience,
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
    reader: (after: number, encode: RowEncoder) => {
      const reader = makeRowReader(tables, after, encode)
      const leave = audience.enter()
      return {
        next: reader.next,
        close: () => {
          leave()
          reader.close()
        },
      }
    },
  }
}
