import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { ApiKey } from "./ParallelApi.ts"

/** The provider says no, in OAuth's shape (RFC 6749 §5.2): this code will never give a key. */
export class LoginRefused extends Schema.TaggedError<LoginRefused>()("LoginRefused", {
  /** OAuth's word for it, such as `invalid_grant`. */
  error: Schema.String,
  /** The provider's own sentence, without the code and the verifier; empty when it gave none. */
  description: Schema.String,
}) {}

/** No usable answer. The code may have been used up by the attempt, so it is not tried again. */
export class LoginUnavailable extends Schema.TaggedError<LoginUnavailable>()("LoginUnavailable", {
  /** The end of a sentence that begins with "Parallel's login". */
  message: Schema.String,
  timedOut: Schema.Boolean,
}) {}

/** What the provider is asked to exchange. */
export interface CodeGrant {
  readonly code: Redacted.Redacted<string>
  readonly codeVerifier: Redacted.Redacted<string>
  /** The host name of this deployment: Parallel's clients are public and known by it. */
  readonly clientId: string
  readonly redirectUri: string
}

/** Parallel's OAuth provider: the access token it gives is the user's API key. One attempt; no error contains a key. */
export class LoginProvider extends Context.Service<
  LoginProvider,
  { readonly exchange: (grant: CodeGrant) => Effect.Effect<ApiKey, LoginRefused | LoginUnavailable> }
>()("multitask/services/LoginProvider") {}
