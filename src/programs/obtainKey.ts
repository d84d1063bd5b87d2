import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CreatedGroup, EarlierHolder, IdempotencyOutcome } from "../domain/Idempotency.ts"
import { GroupId } from "../domain/Ids.ts"
import { Idempotency, IdempotencyUnavailable, type IdempotentRequest } from "../services/Idempotency.ts"
import { Settings } from "../services/Settings.ts"

/** The idempotency key belongs to another request. */
export class KeyReused extends Schema.TaggedError<KeyReused>()("KeyReused", {}) {}

/** The first request with this idempotency key has no outcome yet, or none that is known. */
export class KeyInUse extends Schema.TaggedError<KeyInUse>()("KeyInUse", {
  retryAfterMs: Schema.Number,
  /** True when its Worker died while it committed. */
  uncertain: Schema.Boolean,
  group: Schema.NullOr(Schema.Struct({ taskgroupId: GroupId, url: Schema.String })),
}) {}

/** Between two looks at a key that somebody else holds. */
const LOOK_EVERY_MS = 500
/** A caller told to come back later waits at least and, while the other request lives, at most that long. */
const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 10_000

/** `Mine`: the key is the caller's; `before`: see `IdempotencyOutcome`. `Answered`: by another request, with this. */
export type Obtained =
  | { readonly _tag: "Mine"; readonly before: EarlierHolder | null }
  | { readonly _tag: "Answered"; readonly group: CreatedGroup }

/** Acquires an idempotency key, or finds out what its request was answered. Waits a while for who is at work. */
export const obtainKey = Effect.fn("obtainKey")(function* (
  request: IdempotentRequest,
): Effect.fn.Return<Obtained, KeyReused | KeyInUse | IdempotencyUnavailable, Idempotency | Settings> {
  const records = yield* Idempotency
  const settings = yield* Settings
  const began = yield* Clock.currentTimeMillis
  const deadline = began + settings.IDEMPOTENCY_WAIT_SECONDS * 1000
  let notThere: string | null = null
  for (;;) {
    const outcome: IdempotencyOutcome = yield* records.acquire(request, notThere)
    switch (outcome._tag) {
      case "Yours":
        if ((yield* Clock.currentTimeMillis) > began + settings.IDEMPOTENCY_START_SECONDS * 1000) {
          yield* Effect.ignore(records.release(request))
          return yield* new IdempotencyUnavailable({ message: TOO_LATE })
        }
        return { _tag: "Mine", before: outcome.before ?? null }
      case "Done":
        return { _tag: "Answered", group: outcome.group }
      case "OtherBody":
        return yield* new KeyReused()
      case "Unknown": {
        const { group, waitMs } = outcome
        const token: string = outcome.token
        if (yield* records.isCommitted(group.taskgroupId)) {
          const settled = records.done({ ...request, token }).pipe(Effect.orElseSucceed(() => true))
          // Its holder lives after all, and gave the key back.
          if (!(yield* settled)) break
          return { _tag: "Answered", group }
        }
        if (waitMs > 0) return yield* inUse(waitMs, group, true)
        // Should it have become certain only while we looked, this asks once more.
        notThere = token
        break
      }
      case "InProgress": {
        const { group, leaseMs } = outcome
        if ((yield* Clock.currentTimeMillis) >= deadline) {
          return yield* inUse(Math.min(leaseMs, RETRY_MAX_MS), group, false)
        }
        yield* Effect.sleep(Duration.millis(LOOK_EVERY_MS))
      }
    }
  }
})

const TOO_LATE =
  "The earlier request with this Idempotency-Key ended without an answer, and too little time was left to do it now."

const inUse = (waitMs: number, group: CreatedGroup | null, uncertain: boolean): KeyInUse =>
  new KeyInUse({
    retryAfterMs: Math.max(waitMs, RETRY_MIN_MS),
    uncertain,
    group: group === null ? null : { taskgroupId: group.taskgroupId, url: group.url },
  })
