import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { InputsUnavailable } from "../domain/Errors.ts"
import { checkOutboundUrl } from "../domain/OutboundUrl.ts"
import { inputs } from "../domain/Schedules.ts"
import { InputsLoader } from "../services/InputsLoader.ts"
import { Settings } from "../services/Settings.ts"

const MAX_REDIRECTS = 5

/** Inputs over HTTP. Every redirect is checked like the first address; no message names the URL. */
export const InputsLoaderHttp: Layer.Layer<InputsLoader, never, HttpClient.HttpClient | Settings> =
  Layer.effect(
    InputsLoader,
    Effect.gen(function* () {
      const client = HttpClient.withScope(yield* HttpClient.HttpClient)
      const settings = yield* Settings

      const open = Effect.fnUntraced(function* (start: URL) {
        let url = start
        for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
          const allowed = checkOutboundUrl(url, { allowPrivate: settings.ALLOW_PRIVATE_URLS })
          if (typeof allowed === "string") return yield* invalid(`The inputs URL is not allowed: ${allowed}`)
          const response = yield* HttpClientRequest.get(url).pipe(
            HttpClientRequest.accept("application/json"),
            client.execute,
            Effect.mapError(() => broken("The inputs URL could not be reached")),
          )
          if (response.status < 300 || response.status >= 400) return response
          const location = response.headers["location"]
          if (location === undefined || !URL.canParse(location, url)) {
            return yield* broken(`The inputs URL answered ${response.status} without a usable Location`)
          }
          url = new URL(location, url)
        }
        return yield* invalid(`The inputs URL redirects more than ${MAX_REDIRECTS} times`)
      })

      const load = Effect.fnUntraced(function* (url: URL) {
        const response = yield* open(url)
        if (response.status >= 500)
          return yield* broken(`The inputs URL answered with status ${response.status}`)
        if (response.status < 200 || response.status >= 300) {
          return yield* invalid(
            `The inputs URL answered with status ${response.status}; it must answer 200 with a JSON array`,
          )
        }
        const text = yield* readText(response, settings.MAX_BODY_BYTES)
        return yield* Effect.try({
          try: () => JSON.parse(text) as unknown,
          catch: () =>
            new InputsUnavailable({ kind: "invalid", message: "The inputs URL did not answer with JSON" }),
        })
      })

      return InputsLoader.of({
        load: (url) =>
          load(url).pipe(
            Effect.scoped,
            Effect.timeoutOrElse({
              duration: Duration.seconds(settings.INPUTS_TIMEOUT_SECONDS),
              orElse: () =>
                Effect.fail(
                  new InputsUnavailable({
                    kind: "silent",
                    message: `The inputs URL did not answer within ${settings.INPUTS_TIMEOUT_SECONDS} s`,
                  }),
                ),
            }),
            Effect.retry({ schedule: inputs, while: ({ kind }) => kind === "broken" }),
            Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
            Effect.provideService(HttpClient.TracerPropagationEnabled, false),
          ),
      })
    }),
  )

const invalid = (message: string) => new InputsUnavailable({ kind: "invalid", message })
const broken = (message: string) => new InputsUnavailable({ kind: "broken", message })

const readText = (response: HttpClientResponse.HttpClientResponse, maxBytes: number) => {
  let size = 0
  return response.stream.pipe(
    Stream.mapError(() => broken("The inputs URL broke off its answer")),
    Stream.mapEffect((chunk) => {
      size += chunk.byteLength
      return size > maxBytes
        ? Effect.fail(
            new InputsUnavailable({
              kind: "too_large",
              message: `The inputs URL answers with more than ${maxBytes} bytes; split the list over several groups`,
            }),
          )
        : Effect.succeed(chunk)
    }),
    Stream.decodeText(),
    Stream.mkString,
  )
}
