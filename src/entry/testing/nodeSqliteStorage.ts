import type { SqliteStorage, SqlValue } from "../../layers/sqlite/SqliteStorage.ts"

/** The platform's limit for a row; node:sqlite itself would take a gigabyte. */
const MAX_ROW_BYTES = 2 * 1024 * 1024

const bytesOf = (value: SqlValue): number => (typeof value === "string" ? Buffer.byteLength(value) : 8)

export interface NodeSqliteStorage extends SqliteStorage {
  /** A statement's rows with the names of its columns. */
  read(query: string): { readonly columns: Array<string>; readonly rows: Array<Array<SqlValue>> }
  close(): void
}

type Parameter = string | number | null

/** Node 22 and early 24 take `?1` for a name, and newer ones do so too. */
const parametersOf = (query: string, bindings: ReadonlyArray<Parameter>) => {
  const numbered = new Set(query.match(/\?\d+/g))
  if (numbered.size === 0) return bindings as Array<Parameter>
  const named = bindings.map((value, at) => [`?${at + 1}`, value] as const)
  return [Object.fromEntries(named.filter(([name]) => numbered.has(name)))] as unknown as Array<Parameter>
}

/** Asked for by name, so that the rest of this entry loads in a Node that does not have it. */
const openDatabase = () => {
  const sqlite = process.getBuiltinModule?.("node:sqlite")
  if (sqlite === undefined || !("setReturnArrays" in sqlite.StatementSync.prototype)) {
    throw new Error(
      `nodeSqliteStorage needs node:sqlite as of Node 22.16 or 24, and this is Node ${process.versions.node}: run it under a newer Node, or give the layers a SqliteStorage of your own`,
    )
  }
  return new sqlite.DatabaseSync(":memory:")
}

/**
 * A Durable Object's storage on `node:sqlite`, in memory, as far as the store uses it. Throws in a Node before 22.16,
 * whose `node:sqlite` lacks what it takes.
 */
export const nodeSqliteStorage = (): NodeSqliteStorage => {
  const database = openDatabase()
  let kv = new Map<string, unknown>()
  let inTransaction = false
  return {
    sql: {
      exec: (query, ...bindings) => {
        if (bindings.reduce<number>((sum, value) => sum + bytesOf(value), 0) > MAX_ROW_BYTES) {
          throw new Error("string or blob too big: SQLITE_TOOBIG")
        }
        const statement = database.prepare(query)
        const parameters = parametersOf(query, bindings as Array<Parameter>)
        if (statement.columns().length === 0) {
          statement.run(...parameters)
          return { raw: () => [] }
        }
        statement.setReturnArrays(true)
        return { raw: () => statement.iterate(...parameters) as unknown as Iterable<Array<SqlValue>> }
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
    deleteAll: async () => {
      kv.clear()
      const all = database
        .prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view')")
        .all()
      for (const { type, name } of all) database.exec(`DROP ${String(type)} "${String(name)}"`)
    },
    read: (query) => {
      const statement = database.prepare(query)
      const columns = statement.columns().map(({ name }) => name)
      statement.setReturnArrays(true)
      return { columns, rows: statement.all() as unknown as Array<Array<SqlValue>> }
    },
    close: () => database.close(),
  }
}
