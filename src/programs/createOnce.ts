import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CreatedGroup, IdempotencyOutcome } from "../domain/Idempotency.ts"
import { GroupId } from "../domain/Ids.ts"
import { answerJson } from "../domain/MultitaskAnswer.ts"
import type { DecodedRequest } from "../domain/MultitaskRequest.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import { Idempotency, type IdempotencyUnavailable, type IdempotentRequest } from "../services/Idempotency.ts"
import type { InputsLoader } from "../services/InputsLoader.ts"
import type { ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import type { TaskGroups } from "../services/TaskGroups.ts"
import type { CreateError } from "./createErrors.ts"
import { createDecoded } from "./createMultitask.ts"

/** The idempotency key belongs to another request. */
export class KeyReused extends Schema.TaggedError<KeyReused>()("KeyReused", {}) {}

/** The first request with this idempotency key has no outcome yet, or none that is known. */
export class KeyInUse extends Schema.TaggedError<KeyInUse>()("KeyInUse", {
  retryAfterMs: Schema.Number,
  /** True when its Worker died while it committed. */
  uncertain: Schema.Boolean,
  group: Schema.NullOr(Schema.Struct({ taskgroupId: GroupId, url: Schema.String })),
}) {}

export type CreateOnceError = CreateError | KeyReused | KeyInUse | IdempotencyUnavailable

/** Between two looks at a key that somebody else holds. */
const LOOK_EVERY_MS = 500
/** A caller told to come back later waits at least and, while the other request lives, at most that long. */
const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 10_000

/**
 * `createMultitask`, at most once for each idempotency key: whoever sends the same request again gets the first answer,
 * and nothing is submitted a second time. Only the holder of the key submits; it says so to the record before it
 * commits, and does not commit unless the key is still its own.
 */
export const createOnce = Effect.fn("createOnce")(function* (options: {
  /** What its body asks for: nothing is claimed for one that will not do. */
  readonly decoded: DecodedRequest
  readonly key: ApiKey
  readonly origin: string
  readonly request: IdempotentRequest
}): Effect.fn.Return<
  { readonly url: string; readonly answer: JsonText; readonly replayed: boolean },
  CreateOnceError,
  ParallelApi | InputsLoader | TaskGroups | Settings | Idempotency
> {
  const records = yield* Idempotency
  const { request, decoded } = options
  let mayBeSubmitted = false
  // Should this fail, the record's lease frees the key later.
  const release = Effect.suspend(() =>
    mayBeSubmitted ? Effect.void : Effect.ignore(records.release(request)),
  )
  const before = yield* obtain(request).pipe(Effect.onInterrupt(() => release))
  if (before !== null) return { url: before.url, answer: before.answer, replayed: true }
  const created = yield* createDecoded(decoded, {
    key: options.key,
    origin: options.origin,
    guard: {
      created: (group) =>
        records.created(request, {
          taskgroupId: group.taskgroup_id,
          url: group.url,
          answer: answerJson(group),
        }),
      committing: records.committing(request).pipe(
        Effect.tap((confirmed) =>
          Effect.sync(() => {
            mayBeSubmitted = confirmed
          }),
        ),
      ),
    },
  }).pipe(
    Effect.tapErrorTag("SubmissionRefused", () =>
      Effect.sync(() => {
        mayBeSubmitted = false
      }),
    ),
    // However it went wrong: a caller that hangs up interrupts it.
    Effect.onError(() => release),
  )
  // Should this fail, the next request with this key finds the group itself.
  yield* Effect.ignore(records.done(request))
  return { url: created.url, answer: answerJson(created), replayed: false }
})

/** Null when the key is the caller's; the group, when another request has created it. */
const obtain = Effect.fnUntraced(function* (
  request: IdempotentRequest,
): Effect.fn.Return<
  CreatedGroup | null,
  KeyReused | KeyInUse | IdempotencyUnavailable,
  Idempotency | Settings
> {
  const records = yield* Idempotency
  const settings = yield* Settings
  const deadline = (yield* Clock.currentTimeMillis) + settings.IDEMPOTENCY_WAIT_SECONDS * 1000
  let notThere: string | null = null
  for (;;) {
    const outcome: IdempotencyOutcome = yield* records.acquire(request, notThere)
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
        if (yield* records.isCommitted(group.taskgroupId)) {
          const settled = records.done({ ...request, token }).pipe(Effect.orElseSucceed(() => true))
          // Its holder lives after all, and gave the key back.
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

const inUse = (waitMs: number, group: CreatedGroup | null, uncertain: boolean): KeyInUse =>
  new KeyInUse({
    retryAfterMs: Math.max(waitMs, RETRY_MIN_MS),
    uncertain,
    group: group === null ? null : { taskgroupId: group.taskgroupId, url: group.url },
  })
