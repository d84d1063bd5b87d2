import { ApiError } from "./errors.ts"
import { priceUsd } from "./processors.ts"
import { sha256 } from "./sha256.ts"
import type { Clock } from "./clock.ts"
import type { Ledger } from "../ledger/ledger.ts"
import { statusAt } from "../ledger/status.ts"
import type { Run } from "../ledger/types.ts"

/** Who asks. The key itself is not kept: only hashes, and what its text says about its account and credit. */
export interface Account {
  /** The same for all keys of an account. */
  readonly id: string
  /** The key's own. */
  readonly key: string
  /** USD the account started with; null: no limit. */
  readonly credit: number | null
}

const BAD_KEY = /invalid|revoked/i
const CREDIT = /credit-(\d+(?:\.\d+)?)/i

const NAME = /acct-([a-z0-9]+)/i

const creditOf = (key: string): number | null => {
  if (/nocredit/i.test(key)) return 0
  const match = CREDIT.exec(key)
  return match === null ? null : Number(match[1])
}

/** The stored form of a key. */
export const keyId = (key: string): string => sha256(`parallel-simulator:${key}`).slice(0, 32)

/** A key that names no account is one's only key. */
const accountOf = (key: string): string => {
  const name = NAME.exec(key)?.[1]
  return keyId(name === undefined ? key : `acct-${name.toLowerCase()}`)
}

export class Accounts {
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #chargeFailed: () => boolean
  /** Kept by account so that a credit check need not read every run there is. */
  readonly #runs = new Map<string, Run[]>()

  constructor(ledger: Ledger, clock: Clock, chargeFailed: () => boolean) {
    this.#ledger = ledger
    this.#clock = clock
    this.#chargeFailed = chargeFailed
    for (const run of ledger.runs.values()) this.note(run)
  }

  /** Reads the key of a request; 401 when there is none or it does not work. */
  authenticate(request: Request): Account {
    const key = request.headers.get("x-api-key")?.trim() ?? ""
    if (key === "") throw new ApiError(401, "Missing API key. Send it in the x-api-key header.")
    const id = keyId(key)
    if (BAD_KEY.test(key) || this.#ledger.revoked.has(id)) throw new ApiError(401, "Invalid API key.")
    return { id: accountOf(key), key: id, credit: creditOf(key) }
  }

  note(run: Run): void {
    const runs = this.#runs.get(run.account)
    if (runs === undefined) this.#runs.set(run.account, [run])
    else runs.push(run)
  }

  /** USD reserved by unfinished runs and charged for finished ones. */
  used(account: string): { reserved: number; charged: number } {
    const now = this.#clock.now()
    let reserved = 0
    let charged = 0
    for (const run of this.#runs.get(account) ?? []) {
      const status = statusAt(run, now)
      const price = priceUsd(run.processor)
      if (status === "completed" || (status === "failed" && this.#chargeFailed())) charged += price
      else if (status !== "failed" && status !== "cancelled") reserved += price
    }
    return { reserved, charged }
  }

  /** 402 unless the account can pay for all of these runs. */
  requireCredit(account: Account, processors: ReadonlyArray<string>): void {
    if (account.credit === null) return
    const { reserved, charged } = this.used(account.id)
    const available = account.credit - reserved - charged
    const needed = processors.reduce((sum, processor) => sum + priceUsd(processor), 0)
    // Sums of prices such as 0.025 are not exact: do not refuse over a rounding error.
    if (needed <= available + 1e-9 && account.credit > 0) return
    throw new ApiError(402, "Insufficient credit in account.", {
      detail: {
        required_usd: Number(needed.toFixed(4)),
        available_usd: Number(Math.max(0, available).toFixed(4)),
        reserved_usd: Number(reserved.toFixed(4)),
      },
    })
  }
}
