import * as Effect from "effect/Effect"
import { Malformed, type ParallelError } from "../domain/Errors.ts"
import { GroupId } from "../domain/Ids.ts"
import { estimateOf, type Planned } from "../domain/MultitaskAnswer.ts"
import type { DecodedRequest } from "../domain/MultitaskRequest.ts"
import type { InputsLoader } from "../services/InputsLoader.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import type { Settings } from "../services/Settings.ts"
import type { PreparationError } from "./createErrors.ts"
import { decodeBody } from "./decodeBody.ts"
import { inTime, makePatient, prepareTask } from "./prepareTask.ts"

/** What a body would come to: the same checks and suggestions as if it was meant, and nothing is created. */
export const planMultitask = Effect.fn("planMultitask")(function* (options: {
  readonly body: unknown
  readonly key: ApiKey
}) {
  return yield* planDecoded(yield* decodeBody(options.body, options.key), options.key)
})

/** The same of a body that has been looked at. */
export const planDecoded = Effect.fn("planDecoded")(function* (
  { request, warnings }: DecodedRequest,
  key: ApiKey,
): Effect.fn.Return<Planned, PreparationError, ParallelApi | InputsLoader | Settings> {
  const patient = yield* makePatient
  const tried = request.inputs._tag === "url" ? patient(tryKey(key)) : Effect.void
  const task = yield* inTime(Effect.andThen(tried, prepareTask(key, request, patient)))
  const { rows, processor, output } = task
  return { dry_run: true, ...estimateOf(rows, processor, output, [...warnings, ...task.warnings]) }
})

/** In the shape of Parallel's ids, and nobody's. */
const NO_GROUP = GroupId.make(`tgrp_${"0".repeat(32)}`)

/**
 * Whether Parallel accepts the key, found out without creating anything: who is told that a group is not there, or not
 * theirs (403 in Parallel's shape), was let in. A 422 says that it was the id that was looked at, perhaps before the key.
 */
const tryKey = Effect.fnUntraced(function* (key: ApiKey): Effect.fn.Return<void, ParallelError, ParallelApi> {
  const api = yield* ParallelApi
  yield* api.getTaskGroup(key, NO_GROUP).pipe(
    Effect.asVoid,
    Effect.catchTags({
      NotFound: () => Effect.void,
      Unauthorized: (error) => (error.status === 403 ? Effect.void : Effect.fail(error)),
      Rejected: () => Effect.fail(new Malformed({ message: UNTOLD })),
    }),
  )
})

const UNTOLD =
  "Parallel did not say whether it accepts this key, so that the inputs URL was not asked for a plan; send the rows themselves"
