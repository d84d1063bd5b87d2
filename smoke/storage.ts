import { DatabaseSync } from "node:sqlite"
import type { OneAlarm } from "../src/layers/AlarmClockStorage.ts"
import type { SqliteStorage, SqlValue } from "../src/layers/sqlite/SqliteStorage.ts"
import type { Clock } from "../simulator/index.ts"

/** A Durable Object's storage in memory, with its alarm on a clock. */
export interface MemoryStorage extends SqliteStorage, OneAlarm {
  deleteAll(): void
  close(): void
}

export const createStorage = (clock: Clock, onAlarm: () => void): MemoryStorage => {
  let database = new DatabaseSync(":memory:")
  let kv = new Map<string, unknown>()
  let inTransaction = false
  let cancelAlarm = () => {}
  return {
    sql: {
      exec: (query, ...bindings) => {
        const statement = database.prepare(query)
        const values = bindings as Array<string | number | null>
        if (statement.columns().length === 0) {
          statement.run(...values)
          return { raw: () => [] }
        }
        statement.setReturnArrays(true)
        return { raw: () => statement.iterate(...values) as unknown as Iterable<Array<SqlValue>> }
      },
    },
    kv: {
      get: <T>(key: string) => structuredClone(kv.get(key)) as T | undefined,
      put: (key, value) => void kv.set(key, structuredClone(value)),
      delete: (key) => kv.delete(key),
    },
    transactionSync: (body) => {
      if (inTransaction) throw new Error("a transaction inside a transaction")
      const before = new Map(kv)
      inTransaction = true
      database.exec("BEGIN")
      try {
        const result = body()
        database.exec("COMMIT")
        return result
      } catch (error) {
        database.exec("ROLLBACK")
        kv = before
        throw error
      } finally {
        inTransaction = false
      }
    },
    setAlarm: (at) => {
      cancelAlarm()
      cancelAlarm = clock.setTimer(Math.max(0, at - clock.now()), onAlarm)
    },
    deleteAlarm: () => cancelAlarm(),
    deleteAll: () => {
      cancelAlarm()
      kv.clear()
      database.close()
      database = new DatabaseSync(":memory:")
    },
    close: () => {
      cancelAlarm()
      kv.clear()
      database.close()
    },
  }
}
