import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { SecretStore } from "../services/SecretStore.ts"
import type { SqliteStorage } from "./sqlite/SqliteStorage.ts"

/** Each in a place of its own, named as the secret is. */
const NAMES = {
  apiKey: "api_key",
  webhookUrl: "webhook_url",
  webhookSecret: "webhook_secret",
  runSecrets: "run_secrets",
} as const

/**
 * Secrets in the object's key-value storage. The platform keeps it in the same database, so that deleting one can be
 * part of a transaction, but out of reach of any SQL statement.
 */
export const SecretStoreKv = ({ kv }: Pick<SqliteStorage, "kv">): Layer.Layer<SecretStore> => {
  /** The same one as long as it is the same: what is known of a key is kept with it. */
  const read = (name: keyof typeof NAMES) => {
    let last: Redacted.Redacted<string> | null = null
    return () => {
      const value = kv.get<string>(NAMES[name])
      if (value === undefined) return (last = null)
      if (last === null || Redacted.value(last) !== value) last = Redacted.make(value, { label: NAMES[name] })
      return last
    }
  }
  const names = Object.keys(NAMES) as Array<keyof typeof NAMES>
  return Layer.succeed(
    SecretStore,
    SecretStore.of({
      save: (secrets) => {
        for (const name of names) {
          const value = secrets[name] ?? null
          if (value !== null) kv.put(NAMES[name], value)
        }
      },
      saveApiKey: (apiKey) => kv.put(NAMES.apiKey, apiKey),
      apiKey: read("apiKey"),
      webhookUrl: read("webhookUrl"),
      webhookSecret: read("webhookSecret"),
      runSecrets: read("runSecrets"),
      forgetApiKey: () => void kv.delete(NAMES.apiKey),
      forget: () => {
        for (const name of names) kv.delete(NAMES[name])
      },
    }),
  )
}
