import type { JsonPart } from "../RunJson.ts"
import type { GroupDetails, ResultRow, RunRow, TaskGroupStatus } from "../TaskGroup.ts"

/** A group at one moment, as renderers read it. Rows come in input order, and may be read several times. */
export interface View {
  readonly details: GroupDetails
  readonly status: TaskGroupStatus
  readonly change: number
  rows(from: number): Iterable<RunRow>
  results(): Iterable<ResultRow>
  /** All elements of a part, as `resultJson` and `runJson` write them, in pieces of one or many, a separator between them. */
  elements(part: JsonPart, separator: string): Iterable<string>
}
