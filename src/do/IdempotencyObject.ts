import {
  advanceClaim,
  type ClaimOutcome,
  type ClaimRecord,
  type ClaimRequest,
  type ClaimStep,
  type ClaimTimes,
  decideClaim,
} from "../domain/Claim.ts"
import type { SqliteStorage } from "../layers/sqlite/SqliteStorage.ts"

const CLAIM = "claim"

export interface IdempotencyObjectOptions {
  readonly kv: SqliteStorage["kv"]
  /** Not awaited: the write joins those around it, and commits with them. */
  readonly setAlarm: (at: number) => unknown
  /** Empties the object's storage, its alarm included. */
  readonly deleteAll: () => Promise<void>
  readonly times: ClaimTimes
  /** Epoch milliseconds. */
  readonly now: () => number
}

/**
 * What a Durable Object that holds one claim does, whatever it runs on. Every step reads, decides and writes without
 * waiting in between, so that no two requests can both be told that the claim is theirs.
 */
export class IdempotencyObject {
  private readonly options: IdempotencyObjectOptions

  constructor(options: IdempotencyObjectOptions) {
    this.options = options
  }

  claim(request: ClaimRequest): ClaimOutcome {
    const { kv, now, setAlarm, times } = this.options
    const { outcome, record } = decideClaim(this.stored(), request, now(), times)
    if (record !== null) {
      kv.put(CLAIM, record)
      setAlarm(record.expiresAt)
    }
    return outcome
  }

  /** False when the claim is no longer the caller's. */
  advance(token: string, step: ClaimStep): boolean {
    const { kv, now, times } = this.options
    const stored = this.stored()
    const record = advanceClaim(stored, token, step, now(), times)
    if (record === null) return false
    if (record !== stored) kv.put(CLAIM, record)
    return true
  }

  /** Only its holder may give a claim back: it alone knows that nothing was submitted. */
  async release(token: string): Promise<void> {
    const stored = this.stored()
    // Empty already: what looking at it may have stored goes as well.
    if (stored === null || stored.token === token) await this.options.deleteAll()
  }

  async alarm(): Promise<void> {
    const { deleteAll, now, setAlarm } = this.options
    const stored = this.stored()
    if (stored !== null && now() < stored.expiresAt) return void setAlarm(stored.expiresAt)
    await deleteAll()
  }

  private stored(): ClaimRecord | null {
    return this.options.kv.get<ClaimRecord>(CLAIM) ?? null
  }
}
