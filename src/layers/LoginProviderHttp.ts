import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { shorten } from "../domain/Problem.ts"
import { redactorOf } from "../domain/redact.ts"
import { type CodeGrant, LoginProvider, LoginRefused, LoginUnavailable } from "../services/LoginProvider.ts"
import { Settings } from "../services/Settings.ts"

/** A token or a refusal is a few hundred bytes; a page of HTML may be more, and is not needed to its end. */
const MAX_ANSWER_BYTES = 65_536

/** Of all that a token answer may say, only the token is needed. A key has no spaces and fits a header. */
const TokenAnswer = Schema.Struct({
  access_token: Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,4096}$/)),
})
const decodeToken = Schema.decodeUnknownOption(Schema.fromJsonString(TokenAnswer))

const RefusalAnswer = Schema.Struct({
  error: Schema.String.check(Schema.isPattern(/^[\w.-]{1,60}$/)),
  error_description: Schema.optional(Schema.Unknown),
})
const decodeRefusal = Schema.decodeUnknownOption(Schema.fromJsonString(RefusalAnswer))

/**
 * The token endpoint over HTTP. Redirects are not followed: code and verifier must go nowhere else. No error has
 * anything of an answer in it but what OAuth says is for people, and that without the secrets that were sent.
 */
export const LoginProviderHttp: Layer.Layer<LoginProvider, never, HttpClient.HttpClient | Settings> =
  Layer.effect(
    LoginProvider,
    Effect.gen(function* () {
      const client = HttpClient.withScope(yield* HttpClient.HttpClient)
      const { PARALLEL_LOGIN_URL, LOGIN_TIMEOUT_SECONDS } = yield* Settings

      const exchange = Effect.fnUntraced(function* (grant: CodeGrant) {
        const code = Redacted.value(grant.code)
        const verifier = Redacted.value(grant.codeVerifier)
        const response = yield* HttpClientRequest.post(`${PARALLEL_LOGIN_URL}/getKeys/token`).pipe(
          HttpClientRequest.bodyUrlParams({
            grant_type: "authorization_code",
            code,
            client_id: grant.clientId,
            redirect_uri: grant.redirectUri,
            code_verifier: verifier,
          }),
          HttpClientRequest.acceptJson,
          client.execute,
          // The cause may hold the request: nothing of it goes on.
          Effect.mapError(() => unavailable("could not be reached")),
        )
        const { status } = response
        if (status >= 300 && status < 400) {
          return yield* unavailable(`answered with a redirect (status ${status}), which is not followed`)
        }
        const text = yield* readText(response)
        if (status >= 200 && status < 300) {
          const token = Option.getOrUndefined(decodeToken(text))
          return token === undefined
            ? yield* unavailable("answered without a key")
            : Redacted.make(token.access_token, { label: "api key" })
        }
        const refusal = Option.getOrUndefined(decodeRefusal(text))
        if (refusal === undefined || status < 400 || status >= 500) {
          return yield* unavailable(`answered with status ${status}`)
        }
        const description =
          typeof refusal.error_description === "string" ? readable(refusal.error_description) : ""
        const { hide } = redactorOf([code, verifier])
        return yield* new LoginRefused({
          error: hide(refusal.error),
          description: shorten(hide(description), 300),
        })
      })

      return LoginProvider.of({
        exchange: (grant) =>
          exchange(grant).pipe(
            Effect.scoped,
            Effect.timeoutOrElse({
              duration: Duration.seconds(LOGIN_TIMEOUT_SECONDS),
              orElse: () =>
                Effect.fail(
                  new LoginUnavailable({
                    message: `did not answer within ${LOGIN_TIMEOUT_SECONDS} s`,
                    timedOut: true,
                  }),
                ),
            }),
            Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
            Effect.provideService(HttpClient.TracerPropagationEnabled, false),
          ),
      })
    }),
  )

const unavailable = (message: string) => new LoginUnavailable({ message, timedOut: false })

/** One line, without control characters. */
const readable = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim()

const readText = (response: HttpClientResponse.HttpClientResponse) => {
  let size = 0
  return response.stream.pipe(
    Stream.mapError(() => unavailable("broke off its answer")),
    Stream.mapEffect((chunk) => {
      size += chunk.byteLength
      return size > MAX_ANSWER_BYTES
        ? Effect.fail(unavailable(`answered with more than ${MAX_ANSWER_BYTES} bytes`))
        : Effect.succeed(chunk)
    }),
    Stream.decodeText(),
    Stream.mkString,
  )
}
