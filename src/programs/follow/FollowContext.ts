import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ParallelError, Refusal } from "../../domain/Errors.ts"
import type { Counts } from "../../domain/Counts.ts"
import type { ApiKey } from "../../services/ParallelApi.ts"
import { TaskGroupStore } from "../../services/TaskGroupStore.ts"
import type { Pace } from "./pace.ts"

/** What the parts of one follower share. */
export interface FollowContext {
  readonly key: ApiKey
  readonly groupId: string
  readonly signals: Signals
  /** Of requests for single runs and their outputs. */
  readonly pace: Pace
  /** Upstream's refusal that is being waited out, for the message. */
  lastRefusal: Refusal | null
}

/** What one part tells another; reading clears it. */
export interface Signals {
  /** The newest counts that upstream told and that have not been looked into. */
  seenCounts: Counts | null
  /** When the event stream last said anything. */
  lastEventAt: number
  /** When a listing last found something that events had not told. */
  lastNewsAt: number
  /** The event stream was lost: something may have been missed. */
  loss: boolean
  /** Wakes the reconciler. */
  wake: () => void
}

/** Only a refusal of the key or the group, in Parallel's own shape and repeated, ends following. */
export const noteAnswer = Effect.fnUntraced(function* (context: FollowContext, error: ParallelError | null) {
  const store = yield* TaskGroupStore
  const refused = error !== null && (error._tag === "Unauthorized" || error._tag === "NotFound")
  if (refused) {
    context.lastRefusal = error
    if (store.refusedSince() === null) store.setRefusedSince(yield* Clock.currentTimeMillis)
  } else if (error === null && store.refusedSince() !== null) {
    context.lastRefusal = null
    store.setRefusedSince(null)
  }
})
