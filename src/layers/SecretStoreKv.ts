import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { SecretStore } from "../services/SecretStore.ts"
import type { SqliteStorage } from "./sqlite/SqliteStorage.ts"

const API_KEY = "api_key"
const WEBHOOK_URL = "webhook_url"

/**
 * Secrets in the object's key-value storage. The platform keeps it in the same database, so that deleting one can be
 * part of a transaction, but out of reach of any SQL statement.
 */
export const SecretStoreKv = ({ kv }: Pick<SqliteStorage, "kv">): Layer.Layer<SecretStore> => {
  const read = (name: string) => {
    const value = kv.get<string>(name)
    return value === undefined ? null : Redacted.make(value, { label: name })
  }
  return Layer.succeed(
    SecretStore,
    SecretStore.of({
      save: ({ apiKey, webhookUrl }) => {
        kv.put(API_KEY, apiKey)
        if (webhookUrl !== null) kv.put(WEBHOOK_URL, webhookUrl)
      },
      apiKey: () => read(API_KEY),
      webhookUrl: () => read(WEBHOOK_URL),
      forgetApiKey: () => void kv.delete(API_KEY),
      forgetWebhookUrl: () => void kv.delete(WEBHOOK_URL),
    }),
  )
}
