import * as Effect from "effect/Effect"
import { RunId } from "../domain/Ids.ts"
import type { GroupDetails, RunRow } from "../domain/TaskGroup.ts"
import { GroupReader } from "../services/GroupReader.ts"

export interface FoundRow {
  readonly row: RunRow
  readonly details: GroupDetails
  /** The newest attempt at its input. */
  readonly newest: number
}

/**
 * A row of the group, by its input's index from 0, or by a run's id: then it is that attempt, though another may have
 * followed. Null when there is none.
 */
export const readRun = Effect.fn("readRun")(function* (key: string) {
  const store = yield* GroupReader
  const isIndex = /^\d{1,9}$/.test(key)
  const named = isIndex ? null : store.rowOf(RunId(key))
  if (!isIndex && named === null) return null
  const index = named?.inputIndex ?? Number(key)
  return yield* Effect.acquireUseRelease(
    Effect.sync(() => store.snapshot(store.choose({ after: index - 1, limit: 1 }))),
    ({ details, rows }) =>
      Effect.sync((): FoundRow | null => {
        for (const row of rows(index)) return { row: named ?? row, details, newest: row.attempt }
        return null
      }),
    (snapshot) => Effect.sync(() => snapshot.close()),
  )
})
