import type { JsonPart } from "../RunJson.ts"
import type { GroupDetails, JsonText, RunRow, TaskGroupStatus } from "../TaskGroup.ts"

/** A piece of an answer: text, or text that is UTF-8 already. */
export type Piece = string | Uint8Array

/** A group at one moment, as renderers read it. Rows come in input order, and may be read several times. */
export interface View {
  readonly details: GroupDetails
  readonly status: TaskGroupStatus
  readonly change: number
  rows(from: number): Iterable<RunRow>
  /** All elements of a part as RunJson writes them, a separator of one ASCII character between them. Each piece is whole elements. */
  elements(part: JsonPart, separator: string): Iterable<Piece>
  /** All rows for a table, many at a time, as RunJson writes their columns. */
  columns(): Iterable<JsonText>
}
