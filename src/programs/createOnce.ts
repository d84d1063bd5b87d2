import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ClaimedGroup, ClaimOutcome } from "../domain/Claim.ts"
import { type Claim, Claims, type ClaimsUnavailable } from "../services/Claims.ts"
import type { InputsLoader } from "../services/InputsLoader.ts"
import type { ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import type { TaskGroups } from "../services/TaskGroups.ts"
import type { CreateError } from "./createErrors.ts"
import { type Created, createMultitask } from "./createMultitask.ts"

/** The idempotency key belongs to a request with another body. */
export class KeyReused extends Schema.TaggedError<KeyReused>()("KeyReused", {}) {}

/** The first request with this idempotency key has no outcome yet, or none that is known. */
export class KeyInUse extends Schema.TaggedError<KeyInUse>()("KeyInUse", {
  retryAfterMs: Schema.Number,
  /** True when its Worker died while it committed. */
  uncertain: Schema.Boolean,
  group: Schema.NullOr(Schema.Struct({ taskgroupId: Schema.String, url: Schema.String })),
}) {}

export type CreateOnceError = CreateError | KeyReused | KeyInUse | ClaimsUnavailable

/** Between two looks at a claim that somebody else holds. */
const LOOK_EVERY_MS = 500
/** A caller told to come back later waits at least and, while the other request lives, at most that long. */
const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 10_000

/**
 * `createMultitask`, at most once for each idempotency key: whoever sends the same request again gets the first answer,
 * and nothing is submitted a second time. Only the holder of the claim submits; it says so to the claim before it
 * commits, and does not commit unless the claim is still its own.
 */
export const createOnce = Effect.fn("createOnce")(function* (options: {
  readonly body: unknown
  readonly key: ApiKey
  readonly origin: string
  readonly claim: Claim
}): Effect.fn.Return<
  { readonly created: Created; readonly replayed: boolean },
  CreateOnceError,
  ParallelApi | InputsLoader | TaskGroups | Settings | Claims
> {
  const claims = yield* Claims
  const { claim } = options
  const before = yield* obtain(claim)
  if (before !== null) return { created: JSON.parse(before.answer) as Created, replayed: true }
  let mayBeSubmitted = false
  // Should this fail, the claim's lease frees the key later.
  const release = Effect.suspend(() => Effect.ignore(claims.release(claim)))
  const created = yield* createMultitask({
    ...options,
    guard: {
      created: (answer) =>
        claims.created(claim, {
          taskgroupId: answer.taskgroup_id,
          url: answer.url,
          answer: JSON.stringify(answer),
        }),
      committing: claims.committing(claim).pipe(
        Effect.tap((confirmed) =>
          Effect.sync(() => {
            mayBeSubmitted = confirmed
          }),
        ),
      ),
    },
  }).pipe(
    Effect.tapError((error) =>
      mayBeSubmitted && error._tag !== "SubmissionRefused" ? Effect.void : release,
    ),
    Effect.tapDefect(() => (mayBeSubmitted ? Effect.void : release)),
  )
  // Should this fail, the next request with this key finds the group itself.
  yield* Effect.ignore(claims.done(claim))
  return { created, replayed: false }
})

/** Null when the claim is the caller's; the group, when another request has created it. */
const obtain = Effect.fnUntraced(function* (
  claim: Claim,
): Effect.fn.Return<ClaimedGroup | null, KeyReused | KeyInUse | ClaimsUnavailable, Claims | Settings> {
  const claims = yield* Claims
  const settings = yield* Settings
  const deadline = (yield* Clock.currentTimeMillis) + settings.IDEMPOTENCY_WAIT_SECONDS * 1000
  let notThere: string | null = null
  for (;;) {
    const outcome: ClaimOutcome = yield* claims.claim(claim, notThere)
    switch (outcome._tag) {
      case "Yours":
        return null
      case "Done":
        return outcome.group
      case "OtherBody":
        return yield* new KeyReused()
      case "Unknown": {
        const { group, waitMs } = outcome
        const token: string = outcome.token
        if (yield* claims.isCommitted(group.taskgroupId)) {
          const settled = claims.done({ ...claim, token }).pipe(Effect.orElseSucceed(() => true))
          // Its holder lives after all, and gave the claim back.
          if (!(yield* settled)) break
          return group
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

const inUse = (waitMs: number, group: ClaimedGroup | null, uncertain: boolean): KeyInUse =>
  new KeyInUse({
    retryAfterMs: Math.max(waitMs, RETRY_MIN_MS),
    uncertain,
    group: group === null ? null : { taskgroupId: group.taskgroupId, url: group.url },
  })
