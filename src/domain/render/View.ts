import type { GroupDetails, RunRow, TaskGroupStatus } from "../TaskGroup.ts"

/** A group at one moment, as renderers read it. `rows` may be read several times. */
export interface View {
  readonly details: GroupDetails
  readonly status: TaskGroupStatus
  readonly change: number
  rows(from: number): Iterable<RunRow>
}
