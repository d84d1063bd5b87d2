import { type Constants, CONSTANTS } from "../domain/Constants.ts"
import { shorten } from "../domain/Problem.ts"
import type { ApiError } from "../domain/ApiError.ts"
import { largeReader } from "./largeReader.ts"

interface BodyOptions {
  /** Bytes, before and after decompression. */
  readonly maxBytes: number
  /** Takes the text as it comes; false when no more is wanted. */
  readonly take: (text: string) => boolean
  /** Sees the bytes of the text. */
  readonly look?: (bytes: Uint8Array) => Promise<void>
  readonly times?: BodyTimes
}

type BodyTimes = Pick<Constants, "BODY_IDLE_SECONDS" | "BODY_SECONDS">

/** Names of Content-Encoding (RFC 9110 §8.4.1), and what the Compression standard calls them. */
const DECODERS: ReadonlyMap<string, string> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
  ["br", "brotli"],
])

const refuse = (status: number, message: string): ApiError => ({ status, message })

/** Reads a JSON body of UTF-8 text, piece by piece, or says why it cannot. */
export const readBodyText = async (request: Request, options: BodyOptions): Promise<ApiError | null> => {
  const { maxBytes, take, look, times = CONSTANTS } = options
  const encoding = encodingOf(request.headers)
  const stream = decoded(request.body, encoding)
  let refusal =
    refuseType(request.headers.get("content-type")) ??
    (stream === undefined ? refuseEncoding(encoding) : null) ??
    (Number(request.headers.get("content-length") ?? 0) > maxBytes ? tooLarge(maxBytes) : null)
  if (refusal !== null || stream === undefined) {
    await passOver(request, maxBytes, times)
    return refusal
  }
  const decode = utf8Decoder()
  let isWanted = true
  let size = 0
  try {
    for await (const chunk of chunksOf(stream, times)) {
      size += chunk.byteLength
      if (size > maxBytes && isWanted) refusal ??= tooLarge(maxBytes)
      if (size > 2 * maxBytes) break
      // What is left is only let pass: a client that still sends would not see an answer.
      if (refusal !== null || !isWanted) continue
      const text = decode(chunk)
      if (text === null) refusal = NOT_UTF8
      else {
        isWanted = take(text)
        await look?.(chunk)
      }
    }
  } catch (error) {
    return refusal ?? (isWanted ? (error instanceof Stalled ? error.refusal : brokeOff(encoding)) : null)
  }
  if (refusal !== null || !isWanted) return refusal
  const rest = decode()
  if (rest === null) return NOT_UTF8
  take(rest)
  return null
}

/** Lets a body pass that nobody looks at, up to twice the limit: most clients see an answer only when all is sent. */
export const passOver = async (
  request: Request,
  maxBytes: number,
  times: BodyTimes = CONSTANTS,
): Promise<void> => {
  if (request.bodyUsed || Number(request.headers.get("content-length") ?? 0) > 2 * maxBytes) return
  let size = 0
  try {
    for await (const chunk of chunksOf(request.body, times))
      if ((size += chunk.byteLength) > 2 * maxBytes) break
  } catch {
    // It broke off or stalled, which is as good.
  }
}

/** Whoever sends this body has stopped, or will never be done. */
class Stalled extends Error {
  readonly refusal: ApiError

  constructor(seconds: number, what: string) {
    super(what)
    this.refusal = {
      status: 408,
      message: `The body did not arrive: ${what} ${seconds} seconds. Nothing was done; send the request again.`,
      headers: { connection: "close" },
    }
  }
}

/** Most bodies fit into the first. Who has sent little must not make us hold much: the next are a few times as long. */
const FIRST_CHUNK_BYTES = 8_192
const CHUNK_GROWTH = 4
const CHUNK_BYTES = 262_144

/** Reads into memory that is used again, where the stream is one of bytes: a chunk lasts until the next is asked for. */
const readerOf = (body: ReadableStream<Uint8Array>) => {
  const large = largeReader(body)
  if (large === null) return body.getReader()
  let memory: ArrayBufferLike = new ArrayBuffer(FIRST_CHUNK_BYTES)
  return {
    read: async () => {
      const read = await large.read(new Uint8Array(memory as ArrayBuffer))
      if (read.done) return read
      const { buffer, byteLength } = read.value
      const isEnough = byteLength < buffer.byteLength || buffer.byteLength >= CHUNK_BYTES
      memory = isEnough ? buffer : new ArrayBuffer(Math.min(CHUNK_GROWTH * buffer.byteLength, CHUNK_BYTES))
      return read
    },
    cancel: () => large.cancel(),
  }
}

/** A body's chunks for as long as they come in time, then `Stalled`. One timer looks after all of them. */
async function* chunksOf(
  body: ReadableStream<Uint8Array> | null,
  { BODY_IDLE_SECONDS, BODY_SECONDS }: BodyTimes,
): AsyncGenerator<Uint8Array> {
  if (body === null) return
  const reader = readerOf(body)
  const stalled = Promise.withResolvers<never>()
  stalled.promise.catch(() => {})
  const endsAt = Date.now() + BODY_SECONDS * 1000
  let idleAt = Date.now() + BODY_IDLE_SECONDS * 1000
  const watch = () => {
    const now = Date.now()
    if (now >= endsAt) stalled.reject(new Stalled(BODY_SECONDS, "not all of it came within"))
    else if (now >= idleAt) stalled.reject(new Stalled(BODY_IDLE_SECONDS, "nothing of it came for"))
    else timer = setTimeout(watch, Math.min(idleAt, endsAt) - now)
  }
  let timer = setTimeout(watch, BODY_IDLE_SECONDS * 1000)
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), stalled.promise])
      if (done) return
      idleAt = Date.now() + BODY_IDLE_SECONDS * 1000
      yield value
    }
  } finally {
    clearTimeout(timer)
    void reader.cancel().catch(() => {})
  }
}

const tooLarge = (maxBytes: number): ApiError =>
  refuse(
    413,
    `The body is larger than ${maxBytes} bytes. Split it over several requests; inputs may be sent as a URL, too.`,
  )

const NOT_UTF8 = refuse(400, "The body holds bytes that are not valid UTF-8. Encode it as UTF-8.")

const brokeOff = (encoding: string): ApiError =>
  refuse(
    400,
    encoding === ""
      ? "The body broke off."
      : `The body broke off, or is not valid ${encoding}. Compress it again, or send it plain.`,
  )

const refuseEncoding = (encoding: string): ApiError =>
  refuse(
    415,
    `The body's Content-Encoding is ${shorten(encoding, 100)}, which is not taken. Send gzip, deflate or plain JSON, compressed once.`,
  )

/** Decodes bytes as they come, and what is left of them at the end; null when they are no UTF-8. */
const utf8Decoder = () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false })
  return (bytes?: Uint8Array): string | null => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      return null
    }
  }
}

const refuseType = (type: string | null): ApiError | null => {
  if (type === null) return null
  const json = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type.trim())
  if (!json)
    return refuse(
      415,
      `The body must be JSON; send it with content-type: application/json, not ${shorten(type, 100)}.`,
    )
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? "utf-8"
  // ASCII is UTF-8 as well.
  return /^(?:utf-?8|(?:us-)?ascii)$/i.test(charset)
    ? null
    : refuse(415, `The body's charset is ${shorten(charset, 100)}. Send JSON in UTF-8 (RFC 8259 §8.1).`)
}

/** What the body is compressed with; empty when it is not. */
const encodingOf = (headers: Headers): string =>
  (headers.get("content-encoding") ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity")
    .join(", ")

/** The body's bytes as they were before compression; undefined when it cannot be undone here. */
const decoded = (
  body: ReadableStream<Uint8Array> | null,
  encoding: string,
): ReadableStream<Uint8Array> | null | undefined => {
  if (encoding === "" || body === null) return body
  const format = DECODERS.get(encoding)
  if (format === undefined) return undefined
  try {
    const decompression = new DecompressionStream(
      format as ConstructorParameters<typeof DecompressionStream>[0],
    )
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- Node's types of it are narrower
    return body.pipeThrough(decompression as ReadableWritablePair<Uint8Array, Uint8Array>)
  } catch {
    // The platform does not know this one.
    return undefined
  }
}

/** Reads a small JSON body as a value. */
export const readJsonBody = async (
  request: Request,
  maxBytes: number,
): Promise<
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ApiError }
> => {
  let text = ""
  const error = await readBodyText(request, {
    maxBytes,
    take: (piece) => {
      text += piece
      return true
    },
  })
  if (error !== null) return { ok: false, error }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (problem) {
    const why = problem instanceof SyntaxError ? problem.message.slice(0, 200) : "unreadable"
    return { ok: false, error: refuse(400, `The body is not JSON: ${why}.`) }
  }
}
