import { hasRaw } from "../../domain/JsonText.ts"
import { PLAIN } from "./keys.ts"
import type { SqliteStorage } from "./SqliteStorage.ts"
import type { StoredRow } from "./tables.ts"

/**
 * Whether no row has a character that must be escaped before it is sent: pages that SQLite puts together then go out as
 * they are. It is stored, because looking anew would take reading every row. A group of an earlier version may have some.
 */
export class PlainText {
  private known: boolean | null = null
  private readonly storage: SqliteStorage

  constructor(storage: SqliteStorage) {
    this.storage = storage
  }

  get isAll(): boolean {
    this.known ??= this.storage.kv.get<boolean>(PLAIN) === true
    return this.known
  }

  /** Inside a transaction, before the first row. */
  begin(): void {
    this.storage.kv.put(PLAIN, true)
    this.known = true
  }

  /** Inside the transaction that stores these. */
  note(texts: Iterable<string | null>): void {
    if (!this.isAll) return
    for (const text of texts) {
      if (text === null || !hasRaw(text)) continue
      this.storage.kv.delete(PLAIN)
      this.known = false
      return
    }
  }

  /** What a row's update brings. */
  noteUpdate(before: StoredRow, after: StoredRow): void {
    if (!this.isAll) return
    this.note(TEXTS.flatMap((column) => (after[column] === before[column] ? [] : [after[column]])))
  }

  /** A transaction failed, or everything was deleted. */
  forget(): void {
    this.known = null
  }
}

/** Columns of text; `merged` has nothing that the others have not. `confidence` has names as they read, not as they were spelled. */
const TEXTS = [
  "runId",
  "status",
  "createdAt",
  "modifiedAt",
  "error",
  "warnings",
  "extra",
  "confidence",
  "content",
  "output",
] as const
