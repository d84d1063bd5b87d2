import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { MultitaskBody } from "../domain/MultitaskBody.ts"
import {
  decodeMultitaskRequest,
  type DecodedRequest,
  type Limits,
  multitaskBodyOf,
} from "../domain/MultitaskRequest.ts"
import { failureProblem } from "../domain/RowReader.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import type { ApiKey } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import { InvalidRequest } from "./createErrors.ts"
import { refuseOwnKey } from "./refuseOwnKey.ts"

/**
 * What a body asks for: one that was read from text, or a value. Nothing is asked of anybody for it. `dryRun` is what the
 * query says.
 */
export const decodeBody = Effect.fn("decodeBody")(function* (
  body: unknown,
  key: ApiKey,
  query: { readonly dryRun?: boolean | undefined } = {},
): Effect.fn.Return<DecodedRequest, InvalidRequest, Settings> {
  const limits = limitsOf(yield* Settings)
  const read = body instanceof MultitaskBody ? body : multitaskBodyOf(body, limits)
  if (!(read instanceof MultitaskBody)) return yield* new InvalidRequest({ problems: [failureProblem(read)] })
  const decoded = decodeMultitaskRequest(read, limits, query)
  if (Result.isFailure(decoded)) return yield* new InvalidRequest({ problems: [...decoded.failure] })
  const { inputs } = decoded.success.request
  yield* refuseOwnKey(key, { body: read, rows: inputs._tag === "rows" ? inputs.rows : null })
  return decoded.success
})

/** What a body is held to. */
export const limitsOf = (settings: SettingsShape): Limits => ({
  maxDepth: settings.MAX_DEPTH,
  maxValues: settings.MAX_VALUES,
  maxInputs: settings.MAX_INPUTS,
  maxTaskSpecChars: settings.MAX_TASK_SPEC_CHARS,
  maxSpecPlusInputChars: settings.MAX_SPEC_PLUS_INPUT_CHARS,
  allowPrivateUrls: settings.ALLOW_PRIVATE_URLS,
})
