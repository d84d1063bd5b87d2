import type { SettingsShape } from "../domain/Settings.ts"
import type { ApiError } from "../domain/ApiError.ts"

/** A rate limit of the platform: `[[ratelimits]]` in wrangler.toml. */
interface RateLimiter {
  limit(of: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** What a client address may do only so often, as the bindings are named. */
export type Limited = "RATE_SUBMIT" | "RATE_SQL" | "RATE_UNKNOWN"

export interface RateLimits {
  /** Counts one; a refusal when that is one too many. */
  readonly count: (what: Limited, request: Request) => Promise<ApiError | null>
  /** A refusal for who has guessed too many ids: before another object is made for the next one. Counts nothing. */
  readonly guesser: (request: Request) => ApiError | null
}

/** Clients that guess ids, remembered in an isolate. */
const MAX_GUESSERS = 1_000

const DOING: Readonly<Record<Limited, string>> = {
  RATE_SUBMIT: "submits or changes task groups",
  RATE_SQL: "sends SQL",
  RATE_UNKNOWN: "asks for task groups that are not here",
}

/**
 * The limits that this deployment has: none where it binds none or switches them off, nor for a client without an
 * address or on this very machine. The platform counts, in each of its places for itself.
 */
export const rateLimitsOf = (
  bindings: Partial<Record<Limited, RateLimiter>>,
  settings: Pick<SettingsShape, "RATE_LIMITS" | "RATE_PERIOD_SECONDS">,
  now: () => number = Date.now,
): RateLimits => {
  const guessers = new Map<string, number>()
  const clientOf = (request: Request) => (settings.RATE_LIMITS ? clientKey(request.headers) : null)
  const refusal = (what: Limited): ApiError => ({
    status: 429,
    message: `Your network address ${DOING[what]} too often. Try again in a minute.`,
    headers: { "retry-after": String(settings.RATE_PERIOD_SECONDS) },
  })
  const remember = (client: string) => {
    guessers.delete(client)
    guessers.set(client, now() + settings.RATE_PERIOD_SECONDS * 1000)
    if (guessers.size > MAX_GUESSERS) guessers.delete(guessers.keys().next().value!)
  }
  return {
    count: async (what, request) => {
      const client = clientOf(request)
      if (client === null) return null
      const answer = await bindings[what]?.limit({ key: client })
      if (answer?.success !== false) return null
      if (what === "RATE_UNKNOWN") remember(client)
      return refusal(what)
    },
    guesser: (request) => {
      if (guessers.size === 0) return null
      const client = clientOf(request)
      return client !== null && (guessers.get(client) ?? 0) > now() ? refusal("RATE_UNKNOWN") : null
    },
  }
}

/** Whom to count: an IPv4 address, or the /64 that an IPv6 customer has. Null: nobody who could be told apart. */
const clientKey = (headers: Headers): string | null => {
  const address = headers.get("cf-connecting-ip")?.trim().toLowerCase() ?? ""
  if (address === "" || address === "::1") return null
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (ipv4 !== undefined) return ipv4.startsWith("127.") ? null : ipv4
  const [before = "", after] = address.split("::")
  const groups = before === "" ? [] : before.split(":")
  const tail = after === undefined || after === "" ? 0 : after.split(":").length
  while (groups.length < 8 - tail && groups.length < 4) groups.push("0")
  const rest = after === undefined ? [] : after.split(":")
  return [...groups, ...rest]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")
}
