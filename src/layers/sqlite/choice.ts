import type { Selection } from "../../domain/ResultQuery.ts"
import type { Choice } from "../../services/GroupReader.ts"
import type { GroupTables } from "./GroupTables.ts"
import { ATTEMPTS_PER_INPUT, rowId } from "./tables.ts"

/** Every row there is. */
export const everything = (tables: GroupTables): Choice => ({
  statuses: null,
  ranges: [{ from: 0, to: Number.POSITIVE_INFINITY }],
  change: tables.change,
  next: null,
})

/** The rows of a selection: their numbers alone, as ranges, because which these are must be known before the first is sent. */
export const choose = (tables: GroupTables, { statuses, after = -1, limit }: Selection): Choice => {
  const { change } = tables
  const from = after + 1
  if (statuses === undefined) {
    const to = from + (limit ?? Number.POSITIVE_INFINITY)
    return {
      statuses: null,
      ranges: [{ from, to }],
      change,
      next: to < tables.group.numInputs ? to - 1 : null,
    }
  }
  const ranges: Array<{ readonly from: number; to: number }> = []
  let left = limit ?? Number.POSITIVE_INFINITY
  for (const [inputIndex, status] of statusesFrom(tables, from)) {
    if (!statuses.has(status)) continue
    const last = ranges.at(-1)
    if (left-- === 0) return { statuses, ranges, change, next: last!.to - 1 }
    if (last?.to === inputIndex) last.to++
    else ranges.push({ from: inputIndex, to: inputIndex + 1 })
  }
  return { statuses, ranges, change, next: null }
}

type Status = readonly [inputIndex: number, status: string]

/** Statuses of inputs from one on, as readers see them. */
const statusesFrom = (tables: GroupTables, from: number): Iterable<Status> =>
  tables.knownStates?.statusesFrom(from) ?? storedStatuses(tables, from)

function* storedStatuses({ storage, passing }: GroupTables, from: number): Generator<Status> {
  let newest: Status | null = null
  const rows = storage.sql.exec("SELECT id, status FROM runs WHERE id >= ? ORDER BY id", rowId(from, 0)).raw()
  for (const [id, status] of rows) {
    const inputIndex = Math.floor((id as number) / ATTEMPTS_PER_INPUT)
    if (newest !== null && newest[0] !== inputIndex) yield newest
    newest = [inputIndex, passing.statusOf(inputIndex) ?? (status as string)]
  }
  if (newest !== null) yield newest
}
