import * as Context from "effect/Context"
import type { GroupDetails, RunRow } from "../domain/TaskGroup.ts"

interface Rendering {
  /** A row with all that is known about it; of how many attempts at its input, where it is not the newest. */
  readonly render: (row: RunRow, group: GroupDetails, newest?: number) => string
}

declare const OF: unique symbol

/** The renderer of one row in one format, a service of its own. */
export interface RowRenderer<Format extends string> {
  readonly [OF]: Format
}

/** One renderer for each of these formats. */
export type RowRendererOf<Format extends string> = Format extends string ? RowRenderer<Format> : never

/** The service that writes a row in this format. */
export const RowRenderer = <const Format extends string>(
  format: Format,
): Context.Service<RowRendererOf<Format>, Rendering> =>
  Context.Service(`multitask/services/RowRenderer/${format}`)
