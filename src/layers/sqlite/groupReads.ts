import type { OutputForm } from "../../domain/RunJson.ts"
import type { TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { Audience } from "../../services/Audience.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import type { GroupTables } from "./GroupTables.ts"
import { encodeEvent, makeRowReader } from "./RowReader.ts"
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
    reader: (after: number, form: OutputForm = "full") => {
      const reader = makeRowReader(tables, after, form)
      const leave = audience.enter()
      return {
        next: reader.next,
        close: () => {
          leave()
          reader.close()
        },
      }
    },
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
