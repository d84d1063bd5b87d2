import { canonicalJson } from "../domain/CanonicalJson.ts"
import type { IdempotentRequest } from "../services/Idempotency.ts"
import type { ApiError } from "./errors.ts"

const HEADER = "Idempotency-Key"

/** On an answer that an earlier request with the same key has got before. */
export const REPLAYED = { "idempotency-replayed": "true" } as const

/** The key, null when the caller sent none, or what is wrong with it. */
export const idempotencyKeyOf = (headers: Headers): string | ApiError | null => {
  const key = headers.get(HEADER)
  if (key === null) return null
  if (key === "") {
    return {
      status: 400,
      message: `The header ${HEADER} is empty. Send a value that is new for every new request, such as a UUID, or leave the header out.`,
    }
  }
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  const message = "must be 1 to 255 visible ASCII characters without spaces, sent once; a UUID will do"
  return {
    status: 422,
    message: `The header ${HEADER} ${message}.`,
    detail: { errors: [{ path: HEADER, message: `${message}.` }] },
  }
}

const sha256 = async (text: string): Promise<string> => {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("")
}

/** The record's name: each caller's keys are its own, and neither key can be read from it. */
export const recordName = async (apiKey: string, idempotencyKey: string): Promise<string> =>
  sha256(`${await sha256(apiKey)}:${await sha256(idempotencyKey)}`)

const PIECE_CHARS = 262_144

/**
 * A hash of what the body means: white space and the order of properties make no difference, so that a client which
 * writes its JSON anew does not pay twice. Over the hashes of pieces, since a body may be large and memory is shared.
 */
export const bodyHash = async (body: unknown): Promise<string> => {
  let hashes = ""
  for (const piece of canonicalJson(body, PIECE_CHARS)) hashes += await sha256(piece)
  return sha256(hashes)
}

export const idempotentRequestOf = async (
  apiKey: string,
  idempotencyKey: string,
  body: unknown,
): Promise<IdempotentRequest> => ({
  name: await recordName(apiKey, idempotencyKey),
  token: crypto.randomUUID(),
  bodyHash: await bodyHash(body),
})
