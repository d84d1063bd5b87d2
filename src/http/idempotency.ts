import { membersOf } from "../domain/JsonText.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import type { IdempotentRequest } from "../services/Idempotency.ts"
import type { ApiError } from "../domain/ApiError.ts"

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

const hex = (hash: ArrayBuffer): string =>
  Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("")

const sha256 = async (data: string | Uint8Array<ArrayBuffer>): Promise<string> =>
  hex(await crypto.subtle.digest("SHA-256", typeof data === "string" ? new TextEncoder().encode(data) : data))

/** The record's name: each caller's keys are its own, and neither key can be read from it. */
export const recordName = async (apiKey: string, idempotencyKey: string): Promise<string> =>
  sha256(`${await sha256(apiKey)}:${await sha256(idempotencyKey)}`)

const PIECE_BYTES = 262_144

/**
 * A hash of a request: its method, path and query, and its body's bytes as they come, however they are cut. Over the
 * hashes of pieces, since a body may be large and memory is shared.
 */
export class RequestHash {
  private hashes: string
  private readonly piece = new Uint8Array(PIECE_BYTES)
  private used = 0

  constructor(request: Pick<Request, "method" | "url">) {
    const { pathname, search } = new URL(request.url)
    this.hashes = `${request.method} ${pathname}${search}\n`
  }

  async add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + PIECE_BYTES - this.used)
      this.piece.set(part, this.used)
      this.used += part.length
      at += part.length
      if (this.used === PIECE_BYTES) await this.close()
    }
  }

  private async close(): Promise<void> {
    this.hashes += await sha256(this.piece.subarray(0, this.used))
    this.used = 0
  }

  async finish(): Promise<string> {
    await this.close()
    return sha256(this.hashes)
  }
}

export const idempotentRequestOf = async (
  apiKey: string,
  idempotencyKey: string,
  requestHash: string,
): Promise<IdempotentRequest> => ({
  name: await recordName(apiKey, idempotencyKey),
  token: crypto.randomUUID(),
  bodyHash: requestHash,
})

/** Arguments that scope and record are named after, in whatever spelling they came. */
const NAMED_AFTER: ReadonlySet<string> = new Set(["request_id", "taskgroup_id"])

const DEFAULTS: Readonly<Record<string, JsonText>> = { output_type: '"json"' }

/**
 * The same of a tool's call under its `request_id`, in a scope of its own. Whoever writes arguments anew may put them in
 * another order, say that one is null or what it is without being said, or give a group by its URL.
 */
export const idempotentCallOf = async (
  apiKey: string,
  scope: string,
  requestId: string,
  args: JsonText,
): Promise<IdempotentRequest> => {
  const members = membersOf(args)
    .filter(({ name, value }) => value !== "null" && value !== DEFAULTS[name] && !NAMED_AFTER.has(name))
    .map(({ name, value }) => `${JSON.stringify(name)}:${value}`)
  const hash = await sha256(`${scope}\n${members.sort().join("\n")}`)
  return idempotentRequestOf(apiKey, `tool ${scope}\n${requestId}`, hash)
}
