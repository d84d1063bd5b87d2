import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { checkOutboundUrl } from "../domain/OutboundUrl.ts"
import { USER_AGENT } from "../domain/Product.ts"
import { webhookKeyOf } from "../domain/WebhookSecret.ts"
import { Settings } from "../services/Settings.ts"
import { type WebhookOutcome, WebhookSender } from "../services/WebhookSender.ts"

/** Webhooks over HTTP with the headers of Standard Webhooks; signed where the receiver shares a secret with us. */
export const WebhookSenderHttp: Layer.Layer<WebhookSender, never, HttpClient.HttpClient | Settings> =
  Layer.effect(
    WebhookSender,
    Effect.gen(function* () {
      const client = HttpClient.withScope(yield* HttpClient.HttpClient)
      const settings = yield* Settings

      const send = Effect.fnUntraced(function* (webhook: {
        readonly url: Redacted.Redacted<string>
        readonly secret: Redacted.Redacted<string> | null
        readonly id: string
        readonly body: string
      }) {
        const url = checkOutboundUrl(Redacted.value(webhook.url), {
          allowPrivate: settings.ALLOW_PRIVATE_URLS,
        })
        if (typeof url === "string") return "failed" as const
        const now = yield* Clock.currentTimeMillis
        const { id, body } = webhook
        const timestamp = String(Math.floor(now / 1000))
        const key = webhook.secret === null ? null : webhookKeyOf(Redacted.value(webhook.secret))
        const signature = key === null ? null : yield* sign(key, `${id}.${timestamp}.${body}`)
        // As text: of a URL the client would take the query apart and write it anew.
        const response = yield* HttpClientRequest.post(url.href).pipe(
          HttpClientRequest.bodyText(body, "application/json"),
          HttpClientRequest.setHeaders({
            "user-agent": USER_AGENT,
            "webhook-id": id,
            "webhook-timestamp": timestamp,
            ...(signature !== null && { "webhook-signature": `v1,${signature}` }),
          }),
          client.execute,
        )
        const outcome: WebhookOutcome =
          // A receiver that answers with a page to look at next has run (SPEC 3); where that is, is not for us.
          (response.status >= 200 && response.status < 300) || [302, 303].includes(response.status)
            ? "accepted"
            : response.status === 410
              ? "gone"
              : "failed"
        return outcome
      })

      return WebhookSender.of({
        send: (webhook) =>
          send(webhook).pipe(
            Effect.scoped,
            Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
            Effect.provideService(HttpClient.TracerPropagationEnabled, false),
            Effect.timeoutOrElse({
              duration: Duration.seconds(settings.WEBHOOK_TIMEOUT_SECONDS),
              orElse: () => Effect.succeed("failed" as const),
            }),
            Effect.catchCause(() => Effect.succeed("failed" as const)),
          ),
      })
    }),
  )

/** HMAC-SHA256, in base64. */
const sign = (key: Uint8Array<ArrayBuffer>, text: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const hmac = { name: "HMAC", hash: "SHA-256" }
    const imported = await crypto.subtle.importKey("raw", key, hmac, false, ["sign"])
    const signature = await crypto.subtle.sign(hmac, imported, new TextEncoder().encode(text))
    return btoa(String.fromCharCode(...new Uint8Array(signature)))
  })
