import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { objectStep } from "../domain/Schedules.ts"
import type { ClaimOutcome, ClaimRequest, ClaimStep } from "../domain/Claim.ts"
import { type Claim, Claims, ClaimsUnavailable } from "../services/Claims.ts"

/** An object that can hold a claim, as its stub offers it. */
export interface ClaimObject {
  claim(request: ClaimRequest): Promise<ClaimOutcome>
  advance(token: string, step: ClaimStep): Promise<boolean>
  release(token: string): Promise<void>
}

/** What is asked of a group's object. */
export interface GroupLookup {
  exists(): Promise<boolean>
}

const unavailable = () =>
  new ClaimsUnavailable({
    message: "The record of this Idempotency-Key cannot be reached at the moment.",
  })

const step = <A>(use: () => Promise<A>): Effect.Effect<A, ClaimsUnavailable> =>
  Effect.tryPromise({ try: use, catch: unavailable }).pipe(
    Effect.timeoutOrElse({ duration: "5 seconds", orElse: () => Effect.fail(unavailable()) }),
    // It may arrive late, too: it carries its claim's token.
    Effect.retry(objectStep),
  )

/** Claims in Durable Objects, named by their hash. Stubs are made anew for every step: one may break. */
export const ClaimsObjects = (
  of: (name: string) => ClaimObject,
  groups: (id: string) => GroupLookup,
): Layer.Layer<Claims> => {
  const advance = ({ name, token }: Claim, by: ClaimStep) => step(() => of(name).advance(token, by))
  return Layer.succeed(
    Claims,
    Claims.of({
      claim: ({ name, token, bodyHash }, notThere) =>
        step(() => of(name).claim({ token, bodyHash, notThere })),
      created: (claim, group) => advance(claim, { _tag: "created", group }),
      committing: (claim) => advance(claim, { _tag: "committing" }),
      done: (claim) => advance(claim, { _tag: "done" }),
      release: ({ name, token }) => step(() => of(name).release(token)),
      isCommitted: (taskgroupId) => step(() => groups(taskgroupId).exists()),
    }),
  )
}
