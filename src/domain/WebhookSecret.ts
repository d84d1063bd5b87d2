import type { MultitaskBody } from "./MultitaskBody.ts"
import type { Problems } from "./Problem.ts"
import { valueOf } from "./requestFields.ts"

const PREFIX = "whsec_"
const MIN_BYTES = 24
const MAX_BYTES = 64

/** The key of a secret as Standard Webhooks writes it (`whsec_` and base64); null when it is none. */
export const webhookKeyOf = (secret: string): Uint8Array<ArrayBuffer> | null => {
  const base64 = secret.slice(PREFIX.length)
  // Decoders differ in what else they take, and a receiver must come to the same key.
  if (!secret.startsWith(PREFIX) || base64.length > 2 * MAX_BYTES || !/^[A-Za-z0-9+/]+=*$/.test(base64))
    return null
  try {
    const bytes = atob(base64)
    if (btoa(bytes) !== base64 || bytes.length < MIN_BYTES || bytes.length > MAX_BYTES) return null
    return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))
  } catch {
    return null
  }
}

/** `webhook_secret`. What is wrong is told without repeating any of it. */
export const decodeWebhookSecret = (body: MultitaskBody, problems: Problems): string | null => {
  const path = "webhook_secret"
  const secret = valueOf(body, path)
  if (secret === undefined) return null
  if (typeof secret !== "string" || webhookKeyOf(secret) === null) {
    problems.add(
      path,
      `must be text: "${PREFIX}" and the standard base64, with its padding, of ${MIN_BYTES} to ${MAX_BYTES} random bytes.`,
    )
    return null
  }
  if (valueOf(body, "webhook_url") === undefined)
    problems.add(path, "signs a webhook, and there is none. Send webhook_url too, or leave the secret out.")
  return secret
}
