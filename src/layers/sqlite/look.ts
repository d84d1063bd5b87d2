import { DELETED } from "./keys.ts"
import { firstRow, type SqliteStorage } from "./SqliteStorage.ts"

/** Looks that make no table: who asks may have made the id up. */

/** Whether nothing is stored, by SQL or by key. */
export const isEmpty = ({ sql }: Pick<SqliteStorage, "sql">): boolean =>
  firstRow(sql.exec("SELECT 1 FROM sqlite_schema LIMIT 1")) === null

/** Whether a group has begun here and has not been erased. */
export const holdsGroup = ({ sql }: Pick<SqliteStorage, "sql">): boolean =>
  firstRow(sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'details'")) !== null &&
  firstRow(sql.exec("SELECT 1 FROM details LIMIT 1")) !== null

/** Until when it is known that a group was here and has been deleted, epoch milliseconds; null when none was. */
export const buriedUntil = ({ kv }: Pick<SqliteStorage, "kv">): number | null =>
  kv.get<number>(DELETED) ?? null
