import * as Effect from "effect/Effect"
import type { Progress } from "../domain/Progress.ts"
import { GroupReader } from "../services/GroupReader.ts"

/**
 * How far the group is: at once when it has ended, else when a row has ended since the call began, at the latest after
 * `waitMs`. Null where there is no group.
 */
export const watchProgress = Effect.fn("watchProgress")(function* (_waitMs: number) {
  const store = yield* GroupReader
  const details = store.details()
  if (details === null) return null
  const status = store.status()
  const progress: Progress = {
    taskgroupId: details.taskgroupId,
    url: details.url,
    title: "",
    isActive: status.is_active,
    state: status.state,
    numInputs: details.numInputs,
    counts: status.task_run_status_counts,
    statusMessage: status.status_message,
  }
  return progress
})
