import * as Context from "effect/Context"
import type { View } from "../domain/render/View.ts"
import type { OutputForm } from "../domain/RunJson.ts"
import type { GroupDetails, TaskGroupStatus } from "../domain/TaskGroup.ts"

/** The group's rows at one moment, whatever is written while they are read. Close it. */
export interface Snapshot extends View {
  close(): void
}

/** Encoded viewer events, and the change number up to which they go. */
export interface EventBatch {
  readonly bytes: ReadonlyArray<Uint8Array>
  readonly to: number
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
    /** The newest change number; 0 before the first. */
    change(): number
    /** Change number of the end; null before it. */
    endedAtChange(): number | null
    snapshot(): Snapshot
    /** Reads changes after `after`; the rows a viewer gets are each in their newest state. */
    reader(after: number, form?: OutputForm): EventReader
    /** The status, encoded as a viewer event that carries the newest change. */
    statusEvent(): Uint8Array
    /** The last event of a viewer's stream. */
    doneEvent(): Uint8Array
  }
>()("multitask/services/GroupReader") {}
