import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { describeJson, isJsonObject, own } from "../domain/Json.ts"
import type { Problem } from "../domain/Problem.ts"
import { LoginProvider, type LoginRefused, type LoginUnavailable } from "../services/LoginProvider.ts"
import type { ApiKey } from "../services/ParallelApi.ts"

/** What came back from the provider cannot be exchanged. Names every problem, and repeats nothing of what was sent. */
export class InvalidSignIn extends Schema.TaggedError<InvalidSignIn>()("InvalidSignIn", {
  problems: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String })),
}) {}

export type SignInError = InvalidSignIn | LoginRefused | LoginUnavailable

/** A code is printable ASCII (RFC 6749 A.11); what PKCE allows as a verifier is in RFC 7636 §4.1. */
const CODE = /^[\x20-\x7e]{1,4096}$/
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** Exchanges what the callback page got for the user's API key. `origin` is that of this deployment. */
export const signIn = Effect.fn("signIn")(function* (options: {
  readonly body: unknown
  readonly origin: string
}): Effect.fn.Return<ApiKey, SignInError, LoginProvider> {
  const { body } = options
  if (!isJsonObject(body)) {
    const message = `must be an object with code and code_verifier, not ${describeJson(body)}.`
    return yield* new InvalidSignIn({ problems: [{ path: "", message }] })
  }
  const code = own(body, "code")
  const codeVerifier = own(body, "code_verifier")
  const problems: Array<Problem> = []
  if (typeof code !== "string" || !CODE.test(code)) {
    problems.push({ path: "code", message: "must be the code that Parallel's login gave." })
  }
  if (typeof codeVerifier !== "string" || !VERIFIER.test(codeVerifier)) {
    problems.push({
      path: "code_verifier",
      message: "must be 43 to 128 characters, each a letter, a digit or one of -._~ (RFC 7636).",
    })
  }
  if (problems.length > 0) return yield* new InvalidSignIn({ problems })
  const { hostname, origin } = new URL(options.origin)
  const provider = yield* LoginProvider
  return yield* provider.exchange({
    code: Redacted.make(String(code), { label: "code" }),
    codeVerifier: Redacted.make(String(codeVerifier), { label: "code verifier" }),
    clientId: hostname,
    redirectUri: `${origin}/callback`,
  })
})
