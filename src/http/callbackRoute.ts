import * as Effect from "effect/Effect"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import type { SettingsShape } from "../domain/Settings.ts"
import { problemSentence } from "../domain/Problem.ts"
import { callbackCsp, callbackHtml } from "../pages/callbackHtml.ts"
import { signIn, type SignInError } from "../programs/signIn.ts"
import type { LoginProvider } from "../services/LoginProvider.ts"
import { readJsonBody } from "./body.ts"
import type { ApiError } from "../domain/ApiError.ts"
import { errorResponse, methodNotAllowed } from "./errors.ts"
import { ownOriginOf } from "./origin.ts"

const METHODS = "GET, HEAD, POST, OPTIONS"

/** A code and a verifier are a few hundred characters. */
const MAX_BODY_BYTES = 16_384

/**
 * `/callback`, where Parallel's login sends people back to. GET is a page that checks `state` and sends the code here
 * by POST, which answers with the API key, to this origin's own page only.
 */
export const callbackRoute = async (
  request: Request,
  settings: Pick<SettingsShape, "PARALLEL_LOGIN_URL" | "PUBLIC_ORIGIN">,
  runtime: Pick<ManagedRuntime.ManagedRuntime<LoginProvider, never>, "runPromise">,
): Promise<Response> => {
  const response = await respond(request, settings, runtime)
  response.headers.set("cache-control", "no-store")
  // Takes the CORS headers away: see withCommonHeaders.
  response.headers.set("cross-origin-resource-policy", "same-origin")
  return response
}

const respond: typeof callbackRoute = async (request, settings, runtime) => {
  switch (request.method) {
    case "GET":
    case "HEAD":
      return new Response(request.method === "HEAD" ? null : callbackHtml(settings.PARALLEL_LOGIN_URL), {
        headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": callbackCsp },
      })
    case "POST":
      return exchange(request, settings, runtime)
    case "OPTIONS":
      return new Response(null, { status: 204, headers: { allow: METHODS } })
    default:
      return errorResponse(methodNotAllowed(request.method, METHODS))
  }
}

const exchange: typeof callbackRoute = async (request, settings, runtime) => {
  // The provider compares it with the one that the page had when it asked for the code.
  const origin = ownOriginOf(request, settings)
  if (origin === null) return errorResponse(NOT_FROM_HERE)
  // Without a type it would be a request that any page may send.
  if (!request.headers.has("content-type")) return errorResponse(NO_TYPE)
  const body = await readJsonBody(request, MAX_BODY_BYTES)
  if (!body.ok) return errorResponse(body.error)
  const result = await runtime.runPromise(Effect.result(signIn({ body: body.value, origin })))
  if (result._tag === "Failure") return errorResponse(signInErrorOf(result.failure))
  return new Response(JSON.stringify({ api_key: Redacted.value(result.success) }), {
    headers: { "content-type": "application/json; charset=utf-8" },
  })
}

const NOT_FROM_HERE: ApiError = {
  status: 403,
  message: "Only this site's own page may finish a sign-in. Start it from the form at /.",
}

const NO_TYPE: ApiError = {
  status: 415,
  message: "The body must be JSON; send it with content-type: application/json.",
}

const signInErrorOf = (error: SignInError): ApiError => {
  switch (error._tag) {
    case "InvalidSignIn": {
      const [first] = error.problems
      return {
        status: 422,
        message: first === undefined ? "The sign-in is not valid." : problemSentence(first),
        detail: { errors: error.problems },
      }
    }
    case "LoginRefused": {
      const said = error.description === "" ? error.error : `${error.error}: ${error.description}`
      return {
        status: 400,
        message: `Parallel's login refused this sign-in (${said}). Start it again; a code works once and only for a short time.`,
        detail: { error: error.error },
      }
    }
    case "LoginUnavailable":
      return {
        status: error.timedOut ? 504 : 502,
        message: `Parallel's login ${error.message}. Try again in a moment.`,
      }
  }
}
