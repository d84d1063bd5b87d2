import * as Context from "effect/Context"
import type * as Redacted from "effect/Redacted"

/**
 * The API key and the webhook URL, outside SQL's reach. Synchronous, so that deleting a secret can be part of the
 * transaction that makes it unnecessary.
 */
export class SecretStore extends Context.Service<
  SecretStore,
  {
    readonly save: (secrets: { readonly apiKey: string; readonly webhookUrl: string | null }) => void
    readonly apiKey: () => Redacted.Redacted<string> | null
    readonly webhookUrl: () => Redacted.Redacted<string> | null
    readonly forgetApiKey: () => void
    readonly forgetWebhookUrl: () => void
  }
>()("multitask/services/SecretStore") {}
