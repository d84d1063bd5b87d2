import type { Behaviour } from "../behaviour/document.ts"
import type { Account } from "./accounts.ts"
import type { Clock } from "./clock.ts"
import { ApiError } from "./errors.ts"

/** The requests of each account in the time that counts (D4). What is refused does not count. */
export class RateLimit {
  readonly #clock: Clock
  readonly #behaviour: () => Behaviour["rate_limit"]
  readonly #sent = new Map<string, number[]>()

  constructor(clock: Clock, behaviour: () => Behaviour["rate_limit"]) {
    this.#clock = clock
    this.#behaviour = behaviour
  }

  /** 429 when the account has used up what it may send. */
  require(account: Account, method: string): void {
    const { requests, per_ms: per, counts, retry_after: retryAfter } = this.#behaviour()
    if (requests === null || (counts === "posts" && method !== "POST")) return
    const now = this.#clock.now()
    const sent = (this.#sent.get(account.id) ?? []).filter((at) => at > now - per)
    this.#sent.set(account.id, sent)
    if (sent.length >= requests) {
      const headers = retryAfter === null ? {} : { "retry-after": String(retryAfter) }
      throw new ApiError(429, "Rate limit exceeded", { headers })
    }
    sent.push(now)
  }
}
