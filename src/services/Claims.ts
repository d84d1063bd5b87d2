import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ClaimedGroup, ClaimOutcome } from "../domain/Claim.ts"

/** Whoever cannot reach the claim must not submit: it would do so without protection. */
export class ClaimsUnavailable extends Schema.TaggedError<ClaimsUnavailable>()("ClaimsUnavailable", {
  message: Schema.String,
}) {}

/** What a request with an `Idempotency-Key` is known by. All three are hashes or random: none leads back to a key. */
export interface Claim {
  /** Where the claim is kept: a hash of the API key and the `Idempotency-Key`. */
  readonly name: string
  /** Who claims: random, new with every request. */
  readonly token: string
  readonly bodyHash: string
}

/** Claims on idempotency keys. Steps answer false when the claim is no longer the caller's. */
export class Claims extends Context.Service<
  Claims,
  {
    /** `notThere` is the token of an `Unknown` outcome whose group the caller has looked for in vain. */
    claim(claim: Claim, notThere: string | null): Effect.Effect<ClaimOutcome, ClaimsUnavailable>
    created(claim: Claim, group: ClaimedGroup): Effect.Effect<boolean, ClaimsUnavailable>
    /** Asked right before the commit: on false the caller must not commit. */
    committing(claim: Claim): Effect.Effect<boolean, ClaimsUnavailable>
    done(claim: Claim): Effect.Effect<boolean, ClaimsUnavailable>
    /** Nothing was submitted: the key is free again, for another body too. */
    release(claim: Claim): Effect.Effect<void, ClaimsUnavailable>
    /** Whether the object of that group holds it, committed. */
    isCommitted(taskgroupId: string): Effect.Effect<boolean, ClaimsUnavailable>
  }
>()("multitask/services/Claims") {}
