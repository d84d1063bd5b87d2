import * as Context from "effect/Context"
import type { Piece } from "../domain/Formats.ts"
import type { ChangeNumber } from "../domain/Ids.ts"
import type { GroupFacts, JsonPart } from "../domain/RunJson.ts"
import type { GroupDetails, JsonText, RunRow, TaskGroupStatus } from "../domain/TaskGroup.ts"

/**
 * The group at one moment, whatever is written while it is read. Rows come in input order, and may be read several
 * times. Close it.
 */
export interface Snapshot {
  readonly details: GroupDetails
  readonly status: TaskGroupStatus
  readonly change: ChangeNumber
  rows(from: number): Iterable<RunRow>
  /** All elements of a part as RunJson writes them, a separator of one ASCII character between them. Each piece is whole elements. */
  elements(part: JsonPart, separator: string): Iterable<Piece>
  /** All rows for a table, many at a time, as RunJson writes their columns. */
  columns(): Iterable<JsonText>
  close(): void
}

/** Writes a row for viewers. What it made of a change is kept under it, for whoever else reads with it. */
export type RowEncoder = (row: RunRow, group: GroupFacts) => Uint8Array

/** Encoded rows, and the change number up to which they go. */
export interface EventBatch {
  readonly bytes: ReadonlyArray<Uint8Array>
  readonly to: ChangeNumber
  /** More is stored than this batch holds. */
  readonly more: boolean
}

/** A viewer's reading position. */
export interface EventReader {
  /** What came after the last batch; empty when the reader is at the head. */
  next(): EventBatch
  readonly close: () => void
}

/** What readers see of the group. Synchronous, and writes nothing. */
export class GroupReader extends Context.Service<
  GroupReader,
  {
    /** Null until the group begins, and after its removal. */
    details(): GroupDetails | null
    status(): TaskGroupStatus
    /** The newest change number. */
    change(): ChangeNumber
    /** Change number of the end; null before it. */
    endedAtChange(): ChangeNumber | null
    snapshot(): Snapshot
    /** Reads changes after `after`; the rows a viewer gets are each in their newest state. */
    reader(after: ChangeNumber, encode: RowEncoder): EventReader
  }
>()("multitask/services/GroupReader") {}
