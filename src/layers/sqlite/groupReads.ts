import type { ChangeNumber, RunId } from "../../domain/Ids.ts"
import { sumCostUsd } from "../../domain/Processors.ts"
import type { Selection, StoredTable } from "../../domain/ResultQuery.ts"
import type { RunRow, TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { Audience } from "../../services/Audience.ts"
import type { Choice, RowEncoder, Snapshot, StoredLines } from "../../services/GroupReader.ts"
import { choose, everything } from "./choice.ts"
import type { GroupTables } from "./GroupTables.ts"
import { makeRowReader } from "./RowReader.ts"
import { makeSnapshot } from "./snapshot.ts"
import { stateOf } from "./group.ts"
import { firstRow } from "./SqliteStorage.ts"
import { storedLines } from "./storedLines.ts"
import { RUN_COLUMNS, toRow } from "./tables.ts"

/** What readers see of the store. */
export const groupReads = (tables: GroupTables, audience: Audience["Service"]) => {
  const status = (): TaskGroupStatus => {
    const details = tables.group
    const { counts } = tables
    return {
      num_task_runs: details.numInputs,
      task_run_status_counts: Object.fromEntries(counts.byStatus),
      is_active: details.state !== "ended" && counts.ended < details.numInputs,
      status_message: details.statusMessage,
      modified_at: new Date(counts.lastChangeAt).toISOString(),
      state: stateOf(tables),
      estimated_cost_usd: sumCostUsd(
        Array.from(counts.started, ([processor, runs]) => [processor ?? details.processor, runs] as const),
      ),
    }
  }

  const snapshot = (choice: Choice = everything(tables)): Snapshot => {
    const opened = makeSnapshot(tables, status(), choice)
    const leave = audience.enter("read")
    return {
      ...opened,
      close: () => {
        leave()
        opened.close()
      },
    }
  }

  return {
    status,
    change: () => tables.change,
    endedAtChange: () => tables.details?.endChange ?? null,
    choose: (selection: Selection) => choose(tables, selection),
    snapshot,
    stored: (table: StoredTable): StoredLines => ({
      lines: () =>
        storedLines(tables.storage, table, () => {
          // Better a broken answer than one that looks whole.
          if (tables.isClosed) throw new Error("the task group was removed while it was read")
        }),
      close: audience.enter("read"),
    }),
    rowOf: (runId: RunId) => rowOf(tables, runId),
    reader: (after: ChangeNumber, encode: RowEncoder) => {
      const reader = makeRowReader(tables, after, encode)
      const leave = audience.enter("watch")
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

/** Asked of the table: knowing every run's id takes memory that only writing needs. */
const rowOf = ({ storage, passing }: GroupTables, runId: RunId): RunRow | null => {
  const query = `SELECT ${RUN_COLUMNS} FROM runs WHERE run_id = ? ORDER BY id LIMIT 1`
  const values = firstRow(storage.sql.exec(query, runId))
  return values === null ? null : passing.current(toRow(values))
}
