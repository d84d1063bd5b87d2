import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { InputsUnavailable } from "../domain/Errors.ts"
import { checkOutboundUrl } from "../domain/OutboundUrl.ts"
import { USER_AGENT } from "../domain/Product.ts"
import { inputs } from "../domain/Schedules.ts"
import { InputsLoader } from "../services/InputsLoader.ts"
import { Settings } from "../services/Settings.ts"
import { type Answer, broken, invalid, readAnswer } from "./inputs/readAnswer.ts"
import { locationText } from "./inputs/locationText.ts"

const MAX_REDIRECTS = 5

/** All that is read, and anything else rather than a 406: what comes is judged by what it is. */
const ACCEPT =
  "application/json, application/jsonl, application/x-ndjson, text/csv, text/tab-separated-values, text/plain;q=0.5, */*;q=0.1"

/** Inputs over HTTP. Every redirect is checked like the first address; no message names the URL. */
export const InputsLoaderHttp: Layer.Layer<InputsLoader, never, HttpClient.HttpClient | Settings> =
  Layer.effect(
    InputsLoader,
    Effect.gen(function* () {
      const client = HttpClient.withScope(yield* HttpClient.HttpClient)
      const settings = yield* Settings

      const check = (given: URL | string, base?: URL) => {
        const options = { allowPrivate: settings.ALLOW_PRIVATE_URLS, ...(base === undefined ? {} : { base }) }
        const url = checkOutboundUrl(given, options)
        return typeof url === "string"
          ? Effect.fail(invalid(`The inputs URL is not allowed: it ${url.replace(/\.$/, "")}`))
          : Effect.succeed(url)
      }

      const open = Effect.fnUntraced(function* (start: URL) {
        let url = yield* check(start)
        const paths = [url.pathname]
        for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
          // As text: of a URL the client would take the query apart and write it anew.
          const response = yield* HttpClientRequest.get(url.href).pipe(
            HttpClientRequest.setHeaders({ accept: ACCEPT, "user-agent": USER_AGENT }),
            client.execute,
            Effect.mapError(() => broken("The inputs URL could not be reached")),
          )
          if (response.status < 300 || response.status >= 400) {
            const answer: Answer = { response, paths }
            return answer
          }
          const location = locationText(response.headers["location"])
          if (location === null || !URL.canParse(location, url)) {
            return yield* broken(`The inputs URL answered ${response.status} without a usable Location`)
          }
          url = yield* check(location, url)
          paths.unshift(url.pathname)
        }
        return yield* invalid(`The inputs URL redirects more than ${MAX_REDIRECTS} times`)
      })

      return InputsLoader.of({
        load: (url, keep = Infinity) =>
          open(url).pipe(
            Effect.flatMap((answer) => readAnswer(answer, settings, keep)),
            Effect.scoped,
            Effect.timeoutOrElse({
              duration: Duration.seconds(settings.INPUTS_TIMEOUT_SECONDS),
              orElse: () =>
                Effect.fail(
                  new InputsUnavailable({
                    kind: "silent",
                    path: "inputs",
                    message: `The inputs URL did not answer within ${settings.INPUTS_TIMEOUT_SECONDS} s`,
                    excerpt: null,
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
