import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { RunStore } from "../../services/RunStore.ts"
import { type Listed, listIntoStore } from "../listing.ts"
import type { FollowContext } from "./FollowContext.ts"

/** Lists the group, with inputs where upstream does not echo the metadata that tells which input a run is of. */
export const listGroup = Effect.fnUntraced(function* (context: FollowContext) {
  const store = yield* RunStore
  const listed = yield* listIntoStore(context.key(), context.groupId, {}).pipe(
    // What a listing named before it failed is stored, but which input its runs are of may be known to the inputs alone.
    Effect.tapError((error) =>
      error._tag === "Unavailable" && error.status === null && !error.timedOut && store.hasUnnamedRuns()
        ? Effect.ignore(listIntoStore(context.key(), context.groupId, { includeInput: true }))
        : Effect.void,
    ),
  )
  const named = listed.unnamed
    ? yield* listIntoStore(context.key(), context.groupId, { includeInput: true })
    : listed
  const result: Listed = { ...named, changes: listed.changes + (listed.unnamed ? named.changes : 0) }
  if (result.changes > 0) context.signals.lastNewsAt = yield* Clock.currentTimeMillis
  return result
})
