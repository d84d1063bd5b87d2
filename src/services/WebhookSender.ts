import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"

/** `gone`: the receiver wants no more (410). */
export type WebhookOutcome = "accepted" | "gone" | "failed"

/** Sends one webhook attempt: URL rules and the time limit apply, redirects are not followed. Never fails. */
export class WebhookSender extends Context.Service<
  WebhookSender,
  {
    readonly send: (webhook: {
      readonly url: Redacted.Redacted<string>
      /** As Standard Webhooks writes it; null: it goes unsigned. */
      readonly secret: Redacted.Redacted<string> | null
      readonly id: string
      readonly body: string
    }) => Effect.Effect<WebhookOutcome>
  }
>()("multitask/services/WebhookSender") {}
