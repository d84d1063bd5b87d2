import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { ApiError } from "../domain/ApiError.ts"
import { MultitaskBody } from "../domain/MultitaskBody.ts"
import { answerJson } from "../domain/MultitaskAnswer.ts"
import { FIELDS, multitaskBodyReader } from "../domain/MultitaskRequest.ts"
import { decodeQuery } from "../domain/requestFields.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { createErrorOf, problemsError } from "../programs/apiErrors.ts"
import { createDecoded } from "../programs/createMultitask.ts"
import { createOnce } from "../programs/createOnce.ts"
import { decodeBody, limitsOf } from "../programs/decodeBody.ts"
import { planDecoded } from "../programs/planMultitask.ts"
import type { IdempotentRequest } from "../services/Idempotency.ts"
import type { ApiKey } from "../services/ParallelApi.ts"
import { passOver } from "./body.ts"
import { errorResponse } from "./errors.ts"
import { idempotentRequestOf, idempotencyKeyOf, REPLAYED, RequestHash } from "./idempotency.ts"
import { apiKeyOf } from "./apiKey.ts"
import { readMultitaskBody } from "./multitaskBody.ts"
import { prefersJson } from "./negotiate.ts"
import { publicOriginOf } from "./origin.ts"
import type { RequestRuntime } from "./runtime.ts"

/**
 * `POST /v1beta/tasks/multitask`. A dry run gets its plan, as JSON whatever it accepts. With an `Idempotency-Key` the same request sent again gets the same answer, with
 * `Idempotency-Replayed: true`, and nothing is submitted twice.
 */
export const createRoute = async (
  request: Request,
  settings: SettingsShape,
  runtime: RequestRuntime,
): Promise<Response> => {
  const key = apiKeyOf(request.headers)
  const idempotencyKey = idempotencyKeyOf(request.headers)
  const query = decodeQuery(new URL(request.url).searchParams, { takesDryRun: true, fields: FIELDS })
  const refusedQuery = query.problems.length === 0 ? null : problemsError(422, query.problems)
  const refusal = [key, idempotencyKey, refusedQuery].find(
    (found) => found !== null && typeof found === "object",
  )
  if (refusal || typeof key !== "string") {
    await passOver(request, settings.MAX_BODY_BYTES)
    return errorResponse(refusal as ApiError)
  }
  const hash = typeof idempotencyKey === "string" ? new RequestHash(request) : null
  const body = await readMultitaskBody(request, settings, multitaskBodyReader(limitsOf(settings)), hash)
  if (!(body instanceof MultitaskBody)) return errorResponse(body)
  const options = {
    body,
    key: Redacted.make(key, { label: "api key" }),
    origin: publicOriginOf(request, settings),
    query,
  }
  const idempotent =
    hash === null ? null : await idempotentRequestOf(key, String(idempotencyKey), await hash.finish())
  const result = await runtime.runPromise(Effect.result(answerTo(options, idempotent)))
  if (result._tag === "Failure") {
    const { failure } = result
    // A fault of ours, like any other that is not caught.
    if (failure._tag === "CreationFailed") throw failure
    return errorResponse(createErrorOf(failure))
  }
  const { url, answer, replayed } = result.success
  const headers = {
    ...(url === null ? {} : { location: url }),
    "cache-control": "no-store",
    vary: "Accept",
    ...(replayed ? REPLAYED : {}),
  }
  // Of a plan there is no URL to answer.
  return url === null || prefersJson(request.headers.get("accept"))
    ? new Response(answer, { headers: { ...headers, "content-type": "application/json; charset=utf-8" } })
    : new Response(url, { headers: { ...headers, "content-type": "text/plain; charset=utf-8" } })
}

interface Posted {
  readonly body: MultitaskBody
  readonly key: ApiKey
  readonly origin: string
  readonly query: { readonly dryRun: boolean | undefined }
}

/** The answer, and the URL of the group that there is then. A plan claims no idempotency key. */
const answerTo = Effect.fnUntraced(function* (posted: Posted, idempotent: IdempotentRequest | null) {
  const { key, origin } = posted
  const decoded = yield* decodeBody(posted.body, key, posted.query)
  if (decoded.request.dryRun)
    return { url: null, answer: answerJson(yield* planDecoded(decoded, key)), replayed: false }
  if (idempotent !== null) return yield* createOnce({ decoded, key, origin, request: idempotent })
  const created = yield* createDecoded(decoded, { key, origin })
  return { url: created.url, answer: answerJson(created), replayed: false }
})
