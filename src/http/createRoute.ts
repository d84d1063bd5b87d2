import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { ReadFailure } from "../domain/JsonSink.ts"
import { MultitaskBody } from "../domain/MultitaskBody.ts"
import { FIELDS, multitaskBodyReader } from "../domain/MultitaskRequest.ts"
import { nearestName } from "../domain/nearestName.ts"
import { childPath, type Problem } from "../domain/Problem.ts"
import { failureProblem } from "../domain/RowReader.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { createdJson, createMultitask, limitsOf } from "../programs/createMultitask.ts"
import { InvalidRequest } from "../programs/createErrors.ts"
import { createOnce } from "../programs/createOnce.ts"
import { passOver, readBodyText } from "./body.ts"
import { type ApiError, createErrorOf, errorResponse } from "./errors.ts"
import { idempotentRequestOf, idempotencyKeyOf, REPLAYED, RequestHash } from "./idempotency.ts"
import { apiKeyOf } from "./apiKey.ts"
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
  const body = await readMultitaskBody(request, settings, hash)
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

const readMultitaskBody = async (
  request: Request,
  settings: SettingsShape,
  hash: RequestHash | null,
): Promise<MultitaskBody | ApiError> => {
  const reader = multitaskBodyReader(limitsOf(settings))
  const error = await readBodyText(request, {
    maxBytes: settings.MAX_BODY_BYTES,
    take: (text) => {
      reader.push(text)
      return reader.failure === null
    },
    ...(hash && { look: (bytes: Uint8Array) => hash.add(bytes) }),
  })
  if (error !== null) return error
  const read = reader.finish()
  return read instanceof MultitaskBody ? read : failureError(read)
}

const failureError = (failure: ReadFailure): ApiError => {
  switch (failure._tag) {
    case "NotJson":
      return {
        status: 400,
        message: `The body is not JSON: it ${failure.atEnd ? "ends too early, at" : "has an error at"} ${failure.where}.`,
      }
    case "TooManyValues":
      return {
        status: 413,
        message: `The body holds more than ${failure.limit} values. Split the inputs over several requests.`,
      }
    case "TooDeep":
      return invalid([failureProblem(failure)])
  }
}

const invalid = (problems: ReadonlyArray<Problem>): ApiError =>
  createErrorOf(new InvalidRequest({ problems: [...problems] }))

/** A parameter may have been meant to limit what is paid for: none is ignored. */
const refuseQuery = (query: URLSearchParams): ApiError | null => {
  const problems = [...new Set(query.keys())].slice(0, 20).map((name) => {
    const near = nearestName(name, FIELDS)
    const meant = near === null ? "" : ` Did you mean the field ${JSON.stringify(near)} of the body?`
    return { path: childPath("", name), message: `is not a query parameter of this request.${meant}` }
  })
  return problems.length === 0 ? null : invalid(problems)
}
