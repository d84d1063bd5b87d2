import {
  advanceRecord,
  type IdempotencyOutcome,
  type IdempotencyRecord,
  type IdempotencyRequest,
  type IdempotencyStep,
  type IdempotencyTimes,
  answerRequest,
  releasedRecord,
} from "../domain/Idempotency.ts"
import type { SqliteStorage } from "../layers/sqlite/SqliteStorage.ts"

/** Its name in the objects of deployments that exist: under another, their keys would count as free. */
const RECORD = "claim"

export interface IdempotencyObjectOptions {
  readonly kv: SqliteStorage["kv"]
  /** Not awaited: the write joins those around it, and commits with them. */
  readonly setAlarm: (at: number) => unknown
  /** Empties the object's storage, its alarm included. */
  readonly deleteAll: () => Promise<void>
  readonly times: IdempotencyTimes
  /** Epoch milliseconds. */
  readonly now: () => number
}

/**
 * What a Durable Object that keeps one record does, whatever it runs on. Every step reads, decides and writes without
 * waiting in between, so that no two requests can both be told that the key is theirs.
 */
export class IdempotencyObject {
  private readonly options: IdempotencyObjectOptions

  constructor(options: IdempotencyObjectOptions) {
    this.options = options
  }

  acquire(request: IdempotencyRequest): IdempotencyOutcome {
    const { kv, now, setAlarm, times } = this.options
    const { outcome, record } = answerRequest(this.stored(), request, now(), times)
    if (record !== null) {
      kv.put(RECORD, record)
      setAlarm(record.expiresAt)
    }
    return outcome
  }

  /** False when the key is no longer the caller's. */
  advance(token: string, step: IdempotencyStep): boolean {
    const { kv, now, times } = this.options
    const stored = this.stored()
    const record = advanceRecord(stored, token, step, now(), times)
    if (record === null) return false
    if (record !== stored) kv.put(RECORD, record)
    return true
  }

  /** Only its holder may give a key back: it alone knows whether something may have been done. */
  async release(token: string, inDoubt = false): Promise<void> {
    const { deleteAll, kv, now } = this.options
    const stored = this.stored()
    if (stored !== null && stored.token !== token) return
    const record = stored && releasedRecord(stored, inDoubt, now())
    // Empty already: what looking at it may have stored goes as well.
    if (record === null) await deleteAll()
    else kv.put(RECORD, record)
  }

  async alarm(): Promise<void> {
    const { deleteAll, now, setAlarm } = this.options
    const stored = this.stored()
    if (stored !== null && now() < stored.expiresAt) return void setAlarm(stored.expiresAt)
    await deleteAll()
  }

  private stored(): IdempotencyRecord | null {
    return this.options.kv.get<IdempotencyRecord>(RECORD) ?? null
  }
}
