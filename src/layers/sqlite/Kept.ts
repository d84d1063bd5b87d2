import type { SqliteStorage } from "./SqliteStorage.ts"

/**
 * What is kept by key and asked for at every turn, as it was last read or written: taking it out of storage each time
 * would cost more than all else about a status. Values are not changed in place.
 */
export class Kept {
  private readonly values = new Map<string, unknown>()
  private readonly kv: SqliteStorage["kv"]

  constructor(kv: SqliteStorage["kv"]) {
    this.kv = kv
  }

  get<A>(key: string): A | undefined {
    if (!this.values.has(key)) this.values.set(key, this.kv.get(key))
    return this.values.get(key) as A | undefined
  }

  put(key: string, value: unknown): void {
    this.kv.put(key, value)
    this.values.set(key, value)
  }

  delete(key: string): void {
    this.kv.delete(key)
    this.values.set(key, undefined)
  }

  /** A transaction failed, or the storage was emptied: what was written may not be there. */
  forget(): void {
    this.values.clear()
  }
}
