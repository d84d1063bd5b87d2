import * as Context from "effect/Context"
import type { Piece } from "../domain/Formats.ts"
import type { ChangeNumber, RunId } from "../domain/Ids.ts"
import type { Selection, StoredTable } from "../domain/ResultQuery.ts"
import type { GroupFacts, JsonPart, PageRow } from "../domain/RunJson.ts"
import type { GroupDetails, JsonText, Range, RunRow, TaskGroupStatus } from "../domain/TaskGroup.ts"

/** The rows that a selection named when it was made; of those, a snapshot has the ones that it still names. */
export interface Choice {
  readonly statuses: ReadonlySet<string> | null
  /** In input order; the last may go beyond the rows there are. */
  readonly ranges: ReadonlyArray<Range>
  /** The newest change when it was made. */
  readonly change: ChangeNumber
  /** The input behind which the selection goes on; null when this is all of it. */
  readonly next: number | null
}

/**
 * The group at one moment, whatever is written while it is read; of the rows, those that were chosen. They come in input
 * order, and may be read several times. Close it.
 */
export interface Snapshot {
  readonly details: GroupDetails
  readonly status: TaskGroupStatus
  readonly change: ChangeNumber
  rows(from: number): Iterable<RunRow>
  /** All elements of a part as RunJson writes them, a separator of one ASCII character between them. Each piece is whole elements. */
  elements(part: JsonPart, separator: string): Iterable<Piece>
  /** All rows for a table, many at a time: lines as `tableText` writes them, a line end before each. */
  table(): Iterable<string>
  /** All rows for a page, each ready to be sent. */
  pageRows(): Iterable<PageRow>
  close(): void
}

/** A table as it is stored, row by row while it is written on; each a line of JSON. Close it. */
export interface StoredLines {
  lines(): Iterable<JsonText>
  close(): void
}

/** A row as RunJson's event in this form, with the number of its change between the first two of these texts. */
export interface EventTexts {
  readonly form: "full" | "light"
  readonly texts: readonly [before: string, between: string, after: string]
}

/** Writes a row for viewers. What it made of a change is kept under it, for whoever else reads with it. */
export interface RowEncoder {
  (row: RunRow, group: GroupFacts): Uint8Array
  /** Where that is all it does: SQLite can do it for many rows at once. */
  readonly events?: EventTexts
}

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
    /** The rows of a selection, which is cheap beside reading them. */
    choose(selection: Selection): Choice
    /** Of all rows, or those that were chosen. */
    snapshot(choice?: Choice): Snapshot
    /** What SQL reads, older attempts too. */
    stored(table: StoredTable): StoredLines
    /** The row of this run, of an earlier attempt too. */
    rowOf(runId: RunId): RunRow | null
    /** Reads changes after `after`; the rows a viewer gets are each in their newest state. */
    reader(after: ChangeNumber, encode: RowEncoder): EventReader
  }
>()("multitask/services/GroupReader") {}
