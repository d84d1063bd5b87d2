import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { prefersJson } from "./negotiate.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { createMultitask } from "../programs/createMultitask.ts"
import { createOnce } from "../programs/createOnce.ts"
import { readJsonBody } from "./body.ts"
import { createErrorOf, errorResponse, NO_KEY } from "./errors.ts"
import { idempotentRequestOf, idempotencyKeyOf, REPLAYED } from "./idempotency.ts"
import { publicOriginOf } from "./origin.ts"
import type { RequestRuntime } from "./runtime.ts"

/** The key a request carries: `x-api-key`, else a bearer token. */
const keyOf = (headers: Headers): string | null => {
  const key = headers.get("x-api-key")?.trim() ?? ""
  if (key !== "") return key
  const bearer = /^bearer\s+(\S+)$/i.exec(headers.get("authorization")?.trim() ?? "")?.[1]
  return bearer ?? null
}

/**
 * `POST /v1beta/tasks/multitask`. With an `Idempotency-Key` the same request sent again gets the same answer, with
 * `Idempotency-Replayed: true`, and nothing is submitted twice.
 */
export const createRoute = async (
  request: Request,
  settings: SettingsShape,
  runtime: RequestRuntime,
): Promise<Response> => {
  const key = keyOf(request.headers)
  if (key === null) return errorResponse(NO_KEY)
  const idempotencyKey = idempotencyKeyOf(request.headers)
  if (idempotencyKey !== null && typeof idempotencyKey !== "string") return errorResponse(idempotencyKey)
  const body = await readJsonBody(request, settings.MAX_BODY_BYTES)
  if (!body.ok) return errorResponse(body.error)
  const options = {
    body: body.value,
    key: Redacted.make(key, { label: "api key" }),
    origin: publicOriginOf(request, settings),
  }
  const program =
    idempotencyKey === null
      ? Effect.map(createMultitask(options), (created) => ({ created, replayed: false }))
      : createOnce({ ...options, request: await idempotentRequestOf(key, idempotencyKey, body.value) })
  const result = await runtime.runPromise(Effect.result(program))
  if (result._tag === "Failure") {
    const { failure } = result
    // A fault of ours, like any other that is not caught.
    if (failure._tag === "CreationFailed") throw failure
    return errorResponse(createErrorOf(failure))
  }
  const { created, replayed } = result.success
  const headers = {
    location: created.url,
    "cache-control": "no-store",
    vary: "Accept",
    ...(replayed ? REPLAYED : {}),
  }
  return prefersJson(request.headers.get("accept"))
    ? new Response(JSON.stringify(created), {
        headers: { ...headers, "content-type": "application/json; charset=utf-8" },
      })
    : new Response(created.url, { headers: { ...headers, "content-type": "text/plain; charset=utf-8" } })
}
