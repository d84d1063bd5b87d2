import type { GroupId } from "./Ids.ts"
import type { TaskGroupStatus } from "./TaskGroup.ts"

/** How far a group is, in few words: what whoever waits for it must know. */
export interface Progress {
  readonly taskgroupId: GroupId
  readonly url: string
  readonly title: string
  readonly isActive: boolean
  readonly state: TaskGroupStatus["state"]
  readonly numInputs: number
  readonly counts: TaskGroupStatus["task_run_status_counts"]
  readonly statusMessage: string
}
