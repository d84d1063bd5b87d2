import * as Context from "effect/Context"
import type * as Redacted from "effect/Redacted"
import type { GroupSecrets, JsonText } from "../domain/TaskGroup.ts"

/**
 * The API key, the webhook's URL and secret, and what else of secrets is passed on, outside SQL's reach. Synchronous, so that deleting a secret can be part of the
 * transaction that makes it unnecessary.
 */
export class SecretStore extends Context.Service<
  SecretStore,
  {
    readonly save: (secrets: GroupSecrets) => void
    readonly saveApiKey: (apiKey: string) => void
    readonly apiKey: () => Redacted.Redacted<string> | null
    readonly webhookUrl: () => Redacted.Redacted<string> | null
    readonly webhookSecret: () => Redacted.Redacted<string> | null
    readonly runSecrets: () => Redacted.Redacted<JsonText> | null
    readonly forgetApiKey: () => void
    /** All of them: the group goes. */
    readonly forget: () => void
  }
>()("multitask/services/SecretStore") {}
