import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { OneAlarm } from "../../src/layers/AlarmClockStorage.ts"
import type { SqliteStorage, SqlValue } from "../../src/layers/sqlite/SqliteStorage.ts"

/**
 * A Durable Object's disk: it outlives the object. Writes become durable with `flush`, which the platform does before
 * anything leaves the object; a crash may take what was written since.
 */
export class Disk {
  private db = new DatabaseSync(":memory:")
  private statements = new Map<string, StatementSync>()
  private dirty = false
  /** What was there before it was emptied, until that is durable: it commits with what is written in the same turn. */
  private former: DatabaseSync | null = null
  /** Rows written, as SQLite counts them. */
  rowsWritten = 0
  /** Text that this disk cannot take, ever. */
  poison: string | null = null

  constructor() {
    this.reset()
  }

  private reset(): void {
    this.db.exec("CREATE TABLE IF NOT EXISTS _kv (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
    this.db.exec("BEGIN")
    this.dirty = false
  }

  exec(query: string, bindings: ReadonlyArray<SqlValue>): Array<Array<SqlValue>> {
    let statement = this.statements.get(query)
    if (statement === undefined) {
      statement = this.db.prepare(query)
      statement.setReturnArrays(true)
      this.statements.set(query, statement)
    }
    if (!/^\s*select/i.test(query)) {
      const { poison } = this
      if (poison !== null && bindings.some((one) => typeof one === "string" && one.includes(poison)))
        throw new Error("the disk cannot take this")
      this.dirty = true
      this.rowsWritten++
    }
    return statement.all(...(bindings as Array<string | number | null>)) as unknown as Array<Array<SqlValue>>
  }

  savepoint<T>(body: () => T): T {
    this.db.exec("SAVEPOINT body")
    try {
      const result = body()
      this.db.exec("RELEASE body")
      return result
    } catch (error) {
      this.db.exec("ROLLBACK TO body")
      this.db.exec("RELEASE body")
      throw error
    }
  }

  flush(): void {
    if (!this.dirty) return
    this.db.exec("COMMIT")
    this.db.exec("BEGIN")
    this.dirty = false
    this.former?.close()
    this.former = null
  }

  /** What was not durable is lost. */
  loseTail(): void {
    if (!this.dirty) return
    if (this.former !== null) {
      this.db.close()
      this.db = this.former
      this.former = null
    }
    this.db.exec("ROLLBACK")
    this.db.exec("BEGIN")
    this.dirty = false
    // Tables made since the last flush are gone, and statements on them with it.
    this.statements.clear()
  }

  /** Nothing would be lost if the object died now. */
  get isDurable(): boolean {
    return !this.dirty
  }

  isClosed = false

  close(): void {
    this.isClosed = true
    this.statements.clear()
    this.former?.close()
    this.db.close()
  }

  wipe(): void {
    this.statements.clear()
    if (this.former === null) this.former = this.db
    else this.db.close()
    this.db = new DatabaseSync(":memory:")
    this.reset()
    this.dirty = true
  }

  /** Every table and key as text, to search for what must not be there. */
  dump(): string {
    const tables = this.exec("SELECT name FROM sqlite_schema WHERE type = 'table'", [])
    return JSON.stringify(tables.map(([name]) => [name, this.exec(`SELECT * FROM "${String(name)}"`, [])]))
  }

  isEmpty(): boolean {
    const [[tables] = [0]] = this.exec(
      "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE '\\_%' ESCAPE '\\'",
      [],
    )
    const [[keys] = [0]] = this.exec("SELECT count(*) FROM _kv", [])
    return tables === 0 && keys === 0
  }
}

/** The storage one incarnation of an object holds: it does nothing any more once the incarnation is dead. */
export const storageOf = (
  disk: Disk,
  isAlive: () => boolean,
  hiccup: () => boolean,
  alarm: { changed: () => void },
  deleteAll: () => Promise<void>,
): SqliteStorage & OneAlarm & { alarmAt(): number | null } => {
  const check = () => {
    if (!isAlive()) throw new Error("this incarnation is dead")
  }
  let inTransaction = false
  const get = <T>(key: string): T | undefined => {
    const [row] = disk.exec("SELECT value FROM _kv WHERE key = ?", [key])
    return row === undefined ? undefined : (JSON.parse(row[0] as string) as T)
  }
  const put = (key: string, value: unknown) =>
    void disk.exec("INSERT OR REPLACE INTO _kv (key, value) VALUES (?, ?)", [key, JSON.stringify(value)])
  return {
    sql: {
      exec: (query, ...bindings) => {
        check()
        const rows = disk.exec(query, bindings)
        return { raw: () => rows }
      },
    },
    kv: {
      get: (key) => {
        check()
        return get(key)
      },
      put: (key, value) => {
        check()
        put(key, value)
      },
      delete: (key) => {
        check()
        const present = get(key) !== undefined
        disk.exec("DELETE FROM _kv WHERE key = ?", [key])
        return present
      },
    },
    transactionSync: (body) => {
      check()
      if (inTransaction) throw new Error("transactions do not nest")
      if (hiccup()) throw new Error("the disk had a hiccup")
      inTransaction = true
      try {
        return disk.savepoint(body)
      } finally {
        inTransaction = false
      }
    },
    deleteAll: async () => {
      check()
      await deleteAll()
    },
    setAlarm: (at) => {
      check()
      put("\0alarm", at)
      alarm.changed()
    },
    deleteAlarm: () => {
      check()
      disk.exec("DELETE FROM _kv WHERE key = ?", ["\0alarm"])
      alarm.changed()
    },
    alarmAt: () => get<number>("\0alarm") ?? null,
  }
}

/** The alarm as the disk holds it, for the platform that fires it. */
export const alarmOn = (disk: Disk): number | null => {
  const [row] = disk.exec("SELECT value FROM _kv WHERE key = ?", ["\0alarm"])
  return row === undefined ? null : (JSON.parse(row[0] as string) as number)
}

export const clearAlarmOn = (disk: Disk): void => void disk.exec("DELETE FROM _kv WHERE key = ?", ["\0alarm"])
