/** Where requests go, with which key, by which `fetch`. */
export interface Connection {
  /** The deployment's origin (or a path under which it stands), without a slash at its end. */
  readonly baseUrl: string
  readonly apiKey: string | undefined
  readonly fetch: typeof globalThis.fetch
}

export interface Asked {
  readonly method?: "GET" | "POST" | "DELETE"
  /** From the base URL, with a slash in front. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  /** JSON, as it is sent. */
  readonly body?: string | undefined
  /** The media type that is asked for; absent: JSON. */
  readonly accept?: string
  /** Under which a request that changes something is repeated; absent: one that is made for it. */
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * An answer of 2xx. Repeats after a network failure, a 409 with `Retry-After`, 429 and 502 to 504, for up to 45 s in all;
 * what changes something under one idempotency key. The key goes along where there is one. Rejects with a
 * `MultitaskError`, or with the signal's reason.
 */
export const ask = (_connection: Connection, _asked: Asked): Promise<Response> => {
  throw new Error("not built yet")
}
