import { bytesOf, Leash, pause, textOf } from "./leash.ts"
import { type Failure, MultitaskError } from "./MultitaskError.ts"
import { discard, refusalOf } from "./refusal.ts"
import { withoutKey } from "./withoutKey.ts"

/** Where requests go, with which key, by which `fetch`. */
export interface Connection {
  /** The deployment's origin (or a path under which it stands), without a slash at its end. */
  readonly baseUrl: string
  readonly apiKey: string | undefined
  readonly fetch: typeof globalThis.fetch
}

export interface Asked {
  readonly method?: "GET" | "POST" | "DELETE" | undefined
  /** From the base URL, with a slash in front. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined
  /** JSON, as it is sent. */
  readonly body?: string | undefined
  /** The media type that is asked for; absent: JSON. */
  readonly accept?: string | undefined
  /** Under which a request that changes something is repeated; absent: one that is made for it. */
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** From its first attempt on a request is tried for so long. */
const PATIENCE_MS = 45_000
const LONGEST_WAIT_MS = 8_000
/** A read without an answer for so long, or a body without a byte, counts as a network failure. */
const SILENCE_MS = 30_000
/** The server takes up to 55 s for a request that changes something, once it is there: the slowest line sends 16 kB a second. */
const ACT_MS = 75_000
const SLOWEST_BYTES_PER_MS = 16

/**
 * A redirect would take a request, and its key, elsewhere. Cookies mean nothing to the deployment, but to what may stand
 * in front of it, such as Cloudflare Access: its own pages send them, and to other origins none go.
 */
export const HERE_ONLY = { redirect: "manual", credentials: "same-origin" } as const

/**
 * An answer of 2xx. Repeats after a network failure, a 409 with `Retry-After`, 429 and 502 to 504, for up to 45 s in all;
 * what changes something under one idempotency key, and with the API key, which reads do not need and never carry.
 * Rejects with a `MultitaskError`, or with the signal's reason, which ends the body too: read it, or cancel it.
 */
export const ask = (connection: Connection, asked: Asked): Promise<Response> =>
  persistently(connection, asked, async (response, leash) => {
    if (response.body === null) {
      leash.drop()
      return { answer: response }
    }
    const bytes = bytesOf(response.body, leash, SILENCE_MS)
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { value } = await bytes.next()
          if (value === undefined) controller.close()
          else controller.enqueue(value)
        },
        cancel: async () => {
          leash.drop()
          await bytes.return().catch(() => {})
        },
      },
      { highWaterMark: 0 },
    )
    return { answer: Object.defineProperty(new Response(body, response), "url", { value: response.url }) }
  })

/** The JSON of such an answer. One that breaks off is a network failure too. */
export const askJson = <A>(connection: Connection, asked: Asked): Promise<A> =>
  persistently<A>(connection, asked, async (response, leash) => {
    const type = response.headers.get("content-type") ?? ""
    if (!/\bjson\b/i.test(type)) {
      discard(response, leash)
      const message = `The server answered ${type || "something"} where JSON was asked for. Check that the base URL is that of Parallel Multitask.`
      return { failure: { status: response.status, message } }
    }
    let text = ""
    for await (const piece of textOf(response.body, leash, SILENCE_MS)) text += piece
    return { answer: JSON.parse(text) as A }
  })

/** What changes something: needs a key, and sends nothing without one. */
export const act = async <A>(connection: Connection, asked: Asked): Promise<A> => {
  if ((connection.apiKey ?? "") === "") {
    const message = "This takes a Parallel API key: give `apiKey` to `new Multitask`. Nothing was sent."
    throw new MultitaskError({ status: 401, message })
  }
  return askJson(connection, { method: "POST", ...asked })
}

type Outcome<A> = { readonly answer: A } | { readonly failure: Failure }

type Take<A> = (response: Response, leash: Leash) => Promise<Outcome<A>>

interface Prepared {
  readonly url: string
  readonly init: RequestInit
  readonly signal: AbortSignal | undefined
  /** After which an attempt counts as lost. */
  readonly silenceMs: number
  readonly idempotencyKey: string | undefined
}

const prepared = ({ baseUrl, apiKey = "" }: Connection, asked: Asked): Prepared => {
  const { method = "GET", path, query = {}, body, accept = "application/json", signal } = asked
  // Anything else in front would make another host of the base URL.
  if (!path.startsWith("/")) throw new TypeError(`A path begins with a slash: ${JSON.stringify(path)}`)
  const url = new URL(baseUrl + path)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  const headers = new Headers({ accept })
  if (body !== undefined) headers.set("content-type", "application/json")
  const isRead = method === "GET"
  const idempotencyKey = isRead ? undefined : (asked.idempotencyKey ?? randomKey())
  if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey)
  if (!isRead && apiKey !== "") {
    if (!/^[\x21-\x7e]+$/.test(apiKey)) {
      const message =
        "An API key is visible ASCII, without blanks: this one is none, perhaps by a line end that was copied along. Nothing was sent."
      throw new MultitaskError({ status: 401, message })
    }
    headers.set("x-api-key", apiKey)
  }
  return {
    url: url.href,
    init: { method, headers, ...HERE_ONLY, ...(body === undefined ? {} : { body }) },
    signal,
    silenceMs: isRead ? SILENCE_MS : ACT_MS + (body ?? "").length / SLOWEST_BYTES_PER_MS,
    idempotencyKey,
  }
}

/** An idempotency key. Not `randomUUID`, which browsers have for pages of https only. */
export const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  )

const persistently = async <A>(connection: Connection, asked: Asked, take: Take<A>): Promise<A> => {
  const request = prepared(connection, asked)
  const { signal } = request
  const started = performance.now()
  let wasLost = false
  for (let attempt = 0; ; attempt++) {
    const outcome = await once(connection, request, take)
    if ("answer" in outcome) return outcome.answer
    signal?.throwIfAborted()
    const { failure } = outcome
    wasLost ||= failure.status === 0
    const left = PATIENCE_MS - (performance.now() - started)
    const told = (failure.retryAfter ?? 0) * 1000
    if (left <= 0 || told > left || !isPassing(failure)) {
      // What is told last says nothing of what was lost before, but for a clear refusal.
      const message = failure.message + (wasLost && !isClear(failure) ? doubtOf(request) : "")
      throw new MultitaskError(withoutKey({ ...failure, message }, connection.apiKey))
    }
    const grown = Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempt) * (0.5 + Math.random() / 2)
    // All who were told the same would come back at the same moment.
    await pause(Math.min(left, Math.max(grown, told * (1 + Math.random() / 4))), signal)
  }
}

const isPassing = ({ status, retryAfter }: Failure): boolean =>
  status === 0 ||
  status === 429 ||
  (status >= 502 && status <= 504) ||
  (status === 409 && retryAfter !== undefined)

/**
 * Nothing was carried out, under this idempotency key. A request whose first answer was lost may be told at last that it is
 * still under way (409), or that there are too many (429).
 */
export const isClear = ({ status }: Pick<Failure, "status">): boolean =>
  status >= 400 && status < 500 && ![408, 409, 429].includes(status)

/** One attempt. */
const once = async <A>(
  { fetch }: Connection,
  { url, init, signal, silenceMs, idempotencyKey }: Prepared,
  take: Take<A>,
): Promise<Outcome<A>> => {
  const leash = new Leash(signal)
  try {
    const response = await leash.hold(fetch(url, { ...init, signal: leash.signal }), silenceMs)
    const outcome = response.ok ? await take(response, leash) : { failure: await refusalOf(response, leash) }
    return "answer" in outcome ? outcome : { failure: { ...outcome.failure, idempotencyKey } }
  } catch (error) {
    leash.drop()
    const said = `No whole answer came from ${new URL(url).host} (${reasonOf(error)}).`
    return { failure: { status: 0, message: said, idempotencyKey, cause: error } }
  }
}

/** How a message goes on where an answer was lost. */
export const DOUBT = " Whether the request was carried out is not known"

const doubtOf = ({ idempotencyKey }: Prepared): string =>
  idempotencyKey === undefined
    ? ""
    : `${DOUBT}: within 24 hours it may be sent again under the same idempotency key (${idempotencyKey}), which carries it out once.`

/** `fetch failed` has a cause that says why. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (!(error.cause instanceof Error)) return error.message
  const { message, code } = error.cause as Error & { code?: unknown }
  return `${error.message}: ${message || String(code)}`
}
