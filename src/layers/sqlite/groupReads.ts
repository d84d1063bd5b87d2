import type { ChangeNumber } from "../../domain/Ids.ts"
import type { TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { Audience } from "../../services/Audience.ts"
import type { RowEncoder, Snapshot } from "../../services/GroupReader.ts"
import type { GroupTables } from "./GroupTables.ts"
import { makeRowReader } from "./RowReader.ts"
import { makeSnapshot } from "./snapshot.ts"

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
    }
  }

  const snapshot = (): Snapshot => {
    audience.look()
    return makeSnapshot(tables, status())
  }

  return {
    status,
    change: () => tables.change,
    endedAtChange: () => tables.details?.endChange ?? null,
    snapshot,
    reader: (after: ChangeNumber, encode: RowEncoder) => {
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
