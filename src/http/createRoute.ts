import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { MultitaskBody } from "../domain/MultitaskBody.ts"
import { FIELDS, multitaskBodyReader } from "../domain/MultitaskRequest.ts"
import { nearestName } from "../domain/nearestName.ts"
import { childPath } from "../domain/Problem.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { createdJson, createMultitask, limitsOf } from "../programs/createMultitask.ts"
import { InvalidRequest } from "../programs/createErrors.ts"
import { createOnce } from "../programs/createOnce.ts"
import { passOver } from "./body.ts"
import { type ApiError, createErrorOf, errorResponse } from "./errors.ts"
import { idempotentRequestOf, idempotencyKeyOf, REPLAYED, RequestHash } from "./idempotency.ts"
import { apiKeyOf } from "./apiKey.ts"
import { readMultitaskBody } from "./multitaskBody.ts"
import { prefersJson } from "./negotiate.ts"
import { publicOriginOf } from "./origin.ts"
import type { RequestRuntime } from "./runtime.ts"

/**
 * `POST /v1beta/tasks/multitask`. With an `Idempotency-Key` the same request sent again gets the same answer, with
 * `Idempotency-Replayed: true`, and nothing is submitted twice.
 */
export const createRoute = async (
  request: Request,
  settings: SettingsShape,
  runtime: RequestRuntime,
): Promise<Response> => {
  const key = apiKeyOf(request.headers)
  const idempotencyKey = idempotencyKeyOf(request.headers)
  const query = refuseQuery(new URL(request.url).searchParams)
  const refusal = [key, idempotencyKey, query].find((found) => found !== null && typeof found === "object")
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
  }
  const program =
    hash === null
      ? Effect.map(createMultitask(options), (created) => ({
          url: created.url,
          answer: createdJson(created),
          replayed: false,
        }))
      : createOnce({
          ...options,
          request: await idempotentRequestOf(key, String(idempotencyKey), await hash.finish()),
        })
  const result = await runtime.runPromise(Effect.result(program))
  if (result._tag === "Failure") {
    const { failure } = result
    // A fault of ours, like any other that is not caught.
    if (failure._tag === "CreationFailed") throw failure
    return errorResponse(createErrorOf(failure))
  }
  const { url, answer, replayed } = result.success
  const headers = {
    location: url,
    "cache-control": "no-store",
    vary: "Accept",
    ...(replayed ? REPLAYED : {}),
  }
  return prefersJson(request.headers.get("accept"))
    ? new Response(answer, { headers: { ...headers, "content-type": "application/json; charset=utf-8" } })
    : new Response(url, { headers: { ...headers, "content-type": "text/plain; charset=utf-8" } })
}

/** A parameter may have been meant to limit what is paid for: none is ignored. */
const refuseQuery = (query: URLSearchParams): ApiError | null => {
  const problems = [...new Set(query.keys())].slice(0, 20).map((name) => {
    const near = nearestName(name, FIELDS)
    const meant = near === null ? "" : ` Did you mean the field ${JSON.stringify(near)} of the body?`
    return { path: childPath("", name), message: `is not a query parameter of this request.${meant}` }
  })
  return problems.length === 0 ? null : createErrorOf(new InvalidRequest({ problems }))
}
