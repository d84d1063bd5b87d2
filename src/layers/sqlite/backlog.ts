import { type ChangeNumber, NO_CHANGE } from "../../domain/Ids.ts"
import type { GroupTables } from "./GroupTables.ts"
import { firstRow } from "./SqliteStorage.ts"
import { indexOfRow, rowId } from "./tables.ts"

/** How many changes are looked up at once: all of a large group, since each look-up reads the whole table. */
const SCAN_ROWS = 65_536

/** Changes in their order, those that only SQLite holds; newer ones of the same rows are none of it. */
export interface Backlog {
  readonly after: ChangeNumber
  /** All after that and up to this one are here. */
  readonly to: ChangeNumber
  /** The rows' ids, but of those that the table did not have as they were: see `isUnwritten`. */
  readonly ids: ReadonlyArray<number>
  readonly changes: ReadonlyArray<ChangeNumber>
}

/** Attempt 0, which no row has. */
const unwritten = (inputIndex: number): number => rowId(inputIndex, 0)
export const isUnwritten = (id: number): boolean => id === unwritten(indexOfRow(id))

export const NO_BACKLOG: Backlog = { after: NO_CHANGE, to: NO_CHANGE, ids: [], changes: [] }

const SCAN = `SELECT json_group_array(id), json_group_array(change)
  FROM (SELECT id, change FROM runs WHERE change > ? ORDER BY change LIMIT ${SCAN_ROWS})`

/** Looks it up, unless somebody has who began at the same place and can go on to the ring from there. */
export const backlogAfter = (tables: GroupTables, after: ChangeNumber): Backlog => {
  const known = tables.backlog
  if (known?.after === after && tables.ring.covers(known.to)) return known
  return (tables.backlog = scan(tables, after))
}

const scan = ({ storage, passing, change: head }: GroupTables, after: ChangeNumber): Backlog => {
  const [ids, changes] = firstRow(storage.sql.exec(SCAN, after))!.map(
    (list) => JSON.parse(list as string) as ReadonlyArray<number>,
  ) as [ReadonlyArray<number>, ReadonlyArray<ChangeNumber>]
  const to = changes.length < SCAN_ROWS ? head : changes.at(-1)!
  if (passing.size === 0) return { after, to, ids, changes }
  const stored = ids.flatMap((id, at) => (passing.has(indexOfRow(id)) ? [] : [[changes[at]!, id] as const]))
  const passed = passing.changes(after, to).map(([change, index]) => [change, unwritten(index)] as const)
  const all = [...stored, ...passed].sort(([one], [other]) => one - other)
  return { after, to, ids: all.map(([, id]) => id), changes: all.map(([change]) => change) }
}
