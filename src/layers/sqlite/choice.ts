import type { Selection } from "../../domain/ResultQuery.ts"
import type { Choice } from "../../services/GroupReader.ts"
import type { GroupTables } from "./GroupTables.ts"
import { rowId } from "./tables.ts"

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
  for (const inputIndex of inputsIn(tables, statuses, from)) {
    const last = ranges.at(-1)
    if (left-- === 0) return { statuses, ranges, change, next: last!.to - 1 }
    if (last?.to === inputIndex) last.to++
    else ranges.push({ from: inputIndex, to: inputIndex + 1 })
  }
  return { statuses, ranges, change, next: null }
}

/** Inputs from one on whose newest attempt has one of these statuses. */
const inputsIn = (tables: GroupTables, statuses: ReadonlySet<string>, from: number): Iterable<number> =>
  tables.knownStates?.inputsIn(statuses, from) ?? storedInputsIn(tables, statuses, from)

function* storedInputsIn({ storage }: GroupTables, statuses: ReadonlySet<string>, from: number) {
  const query = `SELECT input_index FROM runs WHERE id >= ? AND status IN (${Array.from(statuses, () => "?").join(", ")})
    AND NOT EXISTS (SELECT 1 FROM runs AS later WHERE later.id = runs.id + 1) ORDER BY id`
  for (const [inputIndex] of storage.sql.exec(query, rowId(from, 0), ...statuses).raw())
    yield inputIndex as number
}
