import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { ApiError } from "../domain/ApiError.ts"
import { ACT_FIELDS, actBodyReader, type ActName, isPlannable } from "../domain/ActRequest.ts"
import type { GroupId } from "../domain/Ids.ts"
import { MultitaskBody } from "../domain/MultitaskBody.ts"
import { decodeQuery } from "../domain/requestFields.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { actOnce } from "../programs/actOnce.ts"
import { type Acted, actOnTaskGroup, type ActOptions } from "../programs/actOnTaskGroup.ts"
import { actErrorOf, problemsError } from "../programs/apiErrors.ts"
import { limitsOf } from "../programs/decodeBody.ts"
import { apiKeyOf } from "./apiKey.ts"
import { passOver } from "./body.ts"
import { errorResponse } from "./errors.ts"
import { idempotencyKeyOf, recordName, REPLAYED, RequestHash } from "./idempotency.ts"
import { readMultitaskBody } from "./multitaskBody.ts"
import { prefersJson } from "./negotiate.ts"
import type { RateLimits } from "./rateLimits.ts"
import { notHereError } from "./resultRoute.ts"
import type { RequestRuntime } from "./runtime.ts"

export interface ActContext {
  readonly settings: SettingsShape
  readonly runtime: RequestRuntime
  readonly limits: RateLimits
}

/**
 * `POST /{id}/inputs|retry|stop|resume` and `DELETE /{id}`. With an `Idempotency-Key` the same request sent again gets
 * the same answer, with `Idempotency-Replayed: true`, and nothing is done twice.
 */
export const actRoute = async (
  request: Request,
  id: GroupId,
  act: ActName,
  { settings, runtime, limits }: ActContext,
): Promise<Response> => {
  const key = apiKeyOf(request.headers)
  const idempotencyKey = idempotencyKeyOf(request.headers)
  const query = decodeQuery(new URL(request.url).searchParams, {
    takesDryRun: isPlannable(act),
    fields: ACT_FIELDS[act],
  })
  const refusal =
    limits.guesser(request) ??
    (await limits.count("RATE_SUBMIT", request)) ??
    [key, idempotencyKey].find((found) => found !== null && typeof found === "object") ??
    (query.problems.length > 0 ? problemsError(422, query.problems) : null)
  if (refusal !== null || typeof key !== "string") {
    await passOver(request, settings.MAX_BODY_BYTES)
    return errorResponse(refusal as ApiError)
  }
  const hash = typeof idempotencyKey === "string" ? new RequestHash(request) : null
  const reader = actBodyReader(act, limitsOf(settings))
  const body = await readMultitaskBody(request, settings, reader, hash, "{}")
  if (!(body instanceof MultitaskBody)) return errorResponse(body)
  const options: ActOptions = {
    id,
    act,
    key: Redacted.make(key, { label: "api key" }),
    token: crypto.randomUUID(),
    body,
    asked: query.dryRun,
  }
  const program =
    hash === null
      ? actOnTaskGroup(options)
      : actOnce({
          ...options,
          record: {
            name: await recordName(key, String(idempotencyKey)),
            bodyHash: await hash.finish(),
          },
        })
  const result = await runtime.runPromise(Effect.result(program))
  if (result._tag === "Success") return answerOf(request, result.success)
  const { failure } = result
  return errorResponse(
    failure._tag === "NoSuchGroup" ? await notHereError(request, limits) : actErrorOf(failure),
  )
}

/** A plan is nowhere, so that there is nothing but the JSON to answer. */
const answerOf = (request: Request, { url, answer, replayed, isPlan }: Acted): Response => {
  const asJson = isPlan || prefersJson(request.headers.get("accept"))
  return new Response(asJson ? answer : url, {
    headers: {
      ...(isPlan ? {} : { location: url }),
      "cache-control": "no-store",
      vary: "Accept",
      ...(replayed ? REPLAYED : {}),
      "content-type": `${asJson ? "application/json" : "text/plain"}; charset=utf-8`,
    },
  })
}
