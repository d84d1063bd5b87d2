import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CreatedGroup, IdempotencyOutcome } from "../domain/Idempotency.ts"
import type { GroupId } from "../domain/Ids.ts"

/** The record cannot be reached. Nothing may be submitted without it: send the request again with the same key. */
export class IdempotencyUnavailable extends Schema.TaggedError<IdempotencyUnavailable>()(
  "IdempotencyUnavailable",
  {
    message: Schema.String,
  },
) {}

/** What a request with an `Idempotency-Key` is known by. All three are hashes or random: none leads back to a key. */
export interface IdempotentRequest {
  /** Where the record is kept: a hash of the API key and the `Idempotency-Key`. */
  readonly name: string
  /** Who asks: random, new with every request. */
  readonly token: string
  /** Of method, path, query and body. */
  readonly bodyHash: string
  /** It acts on a group that is there. */
  readonly isAct?: boolean
}

/** The records of idempotency keys. Steps answer false when the key is no longer the caller's. */
export class Idempotency extends Context.Service<
  Idempotency,
  {
    /** `notThere` is the token of an `Unknown` outcome whose group the caller has looked for in vain. */
    acquire(
      request: IdempotentRequest,
      notThere: string | null,
    ): Effect.Effect<IdempotencyOutcome, IdempotencyUnavailable>
    created(request: IdempotentRequest, group: CreatedGroup): Effect.Effect<boolean, IdempotencyUnavailable>
    /** Asked right before the commit: on false the caller must not commit. */
    committing(request: IdempotentRequest): Effect.Effect<boolean, IdempotencyUnavailable>
    /** `group`: the answer to an act. */
    done(request: IdempotentRequest, group?: CreatedGroup): Effect.Effect<boolean, IdempotencyUnavailable>
    /**
     * Nothing was submitted: the key is free again, for another request too. With `inDoubt` (the act may have been done)
     * it is free at once for the same request only.
     */
    release(request: IdempotentRequest, inDoubt?: boolean): Effect.Effect<void, IdempotencyUnavailable>
    /** Whether the object of that group holds it, committed, or held it in the last 24 h until somebody deleted it. */
    isCommitted(taskgroupId: GroupId): Effect.Effect<boolean, IdempotencyUnavailable>
  }
>()("multitask/services/Idempotency") {}
