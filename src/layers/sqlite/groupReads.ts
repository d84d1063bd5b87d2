import type { ChangeNumber, RunId } from "../../domain/Ids.ts"
import { estimateCostUsd } from "../../domain/Processors.ts"
import type { Selection } from "../../domain/ResultQuery.ts"
import type { TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { Audience } from "../../services/Audience.ts"
import type { Choice, RowEncoder, Snapshot } from "../../services/GroupReader.ts"
import { choose, everything } from "./choice.ts"
import type { GroupTables } from "./GroupTables.ts"
import { makeRowReader } from "./RowReader.ts"
import { makeSnapshot } from "./snapshot.ts"
import { firstRow } from "./SqliteStorage.ts"

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
      state: details.state === "ended" ? "done" : "running",
      estimated_cost_usd: estimateCostUsd(details.processor, counts.submitted),
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
    indexOf: (runId: RunId) => indexOf(tables, runId),
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
const indexOf = ({ storage }: GroupTables, runId: RunId): number | null => {
  const row = firstRow(
    storage.sql.exec("SELECT input_index FROM runs WHERE run_id = ? ORDER BY id LIMIT 1", runId),
  )
  return row === null ? null : (row[0] as number)
}
