import * as Context from "effect/Context"
import type { Basis } from "../domain/ResultQuery.ts"
import type { GroupDetails, RunRow } from "../domain/TaskGroup.ts"
import type { Snapshot } from "./GroupReader.ts"

/** A row of an excerpt. */
export interface ExcerptRow {
  /** Its line of the table. */
  readonly line: string
  /** What it rests on, which stands behind the table; "" where that is not asked for, or there is none. */
  readonly basis: string
}

/** What an excerpt is made of: heading, header, lines, foot, bases, in this order. */
export interface ExcerptTable {
  readonly heading: string
  /** The beginning of the table. */
  readonly header: string
  /** Its end. */
  readonly foot: string
  /** A row as it is; null where it takes more than `room` characters. */
  readonly row: (row: RunRow, room: number) => ExcerptRow | null
  /** A row that is cut to `room` characters, and says so. */
  readonly cutRow: (row: RunRow, room: number) => ExcerptRow
}

/**
 * Rows for whoever takes no more than so many characters, as a rule a language model. What does not fit is cut, visibly,
 * and says where the rest is.
 */
export class ExcerptRenderer extends Context.Service<
  ExcerptRenderer,
  {
    /** Of an excerpt of `room` characters, heading and header leave at least half to the rows, if that is 1,000 at least. */
    readonly table: (group: Pick<Snapshot, "details" | "status">, basis: Basis, room: number) => ExcerptTable
    /** All that is known of one row, in at most `room` characters. */
    readonly alone: (row: RunRow, group: GroupDetails, room: number) => string
  }
>()("multitask/services/ExcerptRenderer") {}
