/** A value SQLite binds or returns. We store no blobs, but the platform may return one. */
export type SqlValue = string | number | null | ArrayBuffer

/** Rows of a statement, read lazily. A statement that returns none has run to its end already. */
export interface SqlCursor {
  raw(): Iterable<ReadonlyArray<SqlValue>>
}

/**
 * What the store needs of a database: the part of a Durable Object's `storage` that it uses, so that the same store
 * runs on `node:sqlite`. `kv` lies outside SQL's reach but inside the transaction.
 */
export interface SqliteStorage {
  readonly sql: { exec(query: string, ...bindings: Array<SqlValue>): SqlCursor }
  readonly kv: {
    get<T>(key: string): T | undefined
    put<T>(key: string, value: T): void
    delete(key: string): boolean
  }
  transactionSync<T>(body: () => T): T
  /** Empties everything, tables and alarm included. */
  deleteAll(): Promise<void>
}

/** The first row, or null. */
export const firstRow = (cursor: SqlCursor): ReadonlyArray<SqlValue> | null => {
  const [row = null] = [...cursor.raw()]
  return row
}

/** Runs a statement for its effect. */
export const run = (storage: SqliteStorage, query: string, ...bindings: Array<SqlValue>): void =>
  void storage.sql.exec(query, ...bindings)
