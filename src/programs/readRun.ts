import * as Effect from "effect/Effect"
import { RunId } from "../domain/Ids.ts"
import type { GroupDetails, RunRow } from "../domain/TaskGroup.ts"
import { GroupReader } from "../services/GroupReader.ts"

/**
 * A row of the group, by its input's index from 0, or by a run's id: then it is that attempt, though another may have
 * followed. Null when there is none.
 */
export const readRun = Effect.fn("readRun")(function* (key: string) {
  const store = yield* GroupReader
  if (!/^\d{1,9}$/.test(key)) {
    const [row, details] = [store.rowOf(RunId(key)), store.details()]
    return row === null || details === null ? null : { row, details }
  }
  const index = Number(key)
  return yield* Effect.acquireUseRelease(
    Effect.sync(() => store.snapshot(store.choose({ after: index - 1, limit: 1 }))),
    ({ details, rows }) =>
      Effect.sync((): { readonly row: RunRow; readonly details: GroupDetails } | null => {
        for (const row of rows(index)) return { row, details }
        return null
      }),
    (snapshot) => Effect.sync(() => snapshot.close()),
  )
})
