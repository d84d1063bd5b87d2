import { type ChangeNumber, NO_CHANGE, shiftChange } from "../../domain/Ids.ts"
import type { GroupTables } from "./GroupTables.ts"
import { firstRow } from "./SqliteStorage.ts"
import { indexOfRow, rowId } from "./tables.ts"

/** How many changes are looked up at once: all of a large group, since each look-up reads the whole table. */
const SCAN_ROWS = 65_536
/** Look-ups begin at multiples of this, so that there are few, however many places viewers name. */
const STEP = 16_384

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

/** One that this place is in, and the first change behind it. Looked up, unless one is known that the ring goes on from. */
export const backlogAfter = (
  tables: GroupTables,
  after: ChangeNumber,
): { readonly backlog: Backlog; readonly at: number } => {
  const known = tables.backlog
  const covers = known !== null && known.after <= after && after < known.to && tables.ring.covers(known.to)
  const backlog = covers ? known : (tables.backlog = scan(tables, shiftChange(after, -(after % STEP))))
  return { backlog, at: firstAfter(backlog.changes, after) }
}

const firstAfter = (changes: ReadonlyArray<ChangeNumber>, after: ChangeNumber): number => {
  let [low, high] = [0, changes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (changes[middle]! <= after) low = middle + 1
    else high = middle
  }
  return low
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
