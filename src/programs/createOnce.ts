import * as Effect from "effect/Effect"
import { answerJson } from "../domain/MultitaskAnswer.ts"
import type { DecodedRequest } from "../domain/MultitaskRequest.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import { Idempotency, type IdempotencyUnavailable, type IdempotentRequest } from "../services/Idempotency.ts"
import type { InputsLoader } from "../services/InputsLoader.ts"
import type { ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import type { Settings } from "../services/Settings.ts"
import type { CommitUntil, TaskGroups } from "../services/TaskGroups.ts"
import type { CreateError } from "./createErrors.ts"
import { createDecoded } from "./createMultitask.ts"
import { type KeyInUse, type KeyReused, obtainKey } from "./obtainKey.ts"

export type CreateOnceError = CreateError | KeyReused | KeyInUse | IdempotencyUnavailable

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
  /** As in `CreateOptions`. */
  readonly until?: CommitUntil
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
  const before = yield* obtainKey(request).pipe(Effect.onInterrupt(() => release))
  if (before._tag === "Answered")
    return { url: before.group.url, answer: before.group.answer, replayed: true }
  const created = yield* createDecoded(decoded, {
    key: options.key,
    origin: options.origin,
    ...(options.until !== undefined && { until: options.until }),
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
