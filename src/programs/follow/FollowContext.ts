import type * as Latch from "effect/Latch"
import type { Counts } from "../../domain/Counts.ts"
import type { EventCursor, GroupId } from "../../domain/Ids.ts"
import type { ApiKey } from "../../services/ParallelApi.ts"
import type { Pace } from "./pace.ts"
import type { Upstream } from "./upstream.ts"

/** What the parts of one follower share. */
export interface FollowContext {
  /** Of this moment: it changes when somebody goes on with another. */
  readonly key: () => ApiKey
  readonly groupId: GroupId
  readonly signals: Signals
  /** Of requests for single runs and their outputs. */
  readonly pace: Pace
  readonly upstream: Upstream
}

/** What one part tells another; reading clears it. */
export interface Signals {
  /** Behind the last event that was taken: from here a session goes on. */
  cursor: EventCursor | null
  /** The newest counts that upstream told and that have not been looked into. */
  seenCounts: Counts | null
  /** When the event stream last said anything. */
  lastEventAt: number
  /** When a listing last found something that events had not told. */
  lastNewsAt: number
  /** The event stream was lost: something may have been missed. */
  loss: boolean
  /** Open when there is something to look into. */
  readonly news: Latch.Latch
  readonly wake: () => void
}
