import * as Effect from "effect/Effect"
import type { ChangeNumber } from "../domain/Ids.ts"
import { runJson } from "../domain/RunJson.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import { GroupReader } from "../services/GroupReader.ts"

/** One element of the JSON format's `runs`, and the number of its newest change; null for an input that is not there. */
export const readRun = Effect.fn("readRun")(function* (inputIndex: number) {
  const store = yield* GroupReader
  return yield* Effect.acquireUseRelease(
    Effect.sync(() => store.snapshot()),
    ({ details, rows }) =>
      Effect.sync((): { readonly json: JsonText; readonly change: ChangeNumber } | null => {
        if (inputIndex >= details.numInputs) return null
        for (const row of rows(inputIndex)) return { json: runJson(row, details), change: row.change }
        return null
      }),
    (snapshot) => Effect.sync(() => snapshot.close()),
  )
})
