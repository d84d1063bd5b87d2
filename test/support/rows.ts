import type { RowLimits, Rows } from "../../src/domain/Rows.ts"
import { readRows } from "../../src/domain/RowReader.ts"

export const ROW_LIMITS: RowLimits = {
  maxInputs: 50_000,
  maxSpecPlusInputChars: 25_000,
  maxDepth: 64,
  maxValues: 2_000_000,
}

/** Rows that are good, as a body has them. */
export const rowsOf = (values: ReadonlyArray<unknown>): Rows => {
  const read = readRows(JSON.stringify(values), ROW_LIMITS)
  if ("problems" in read) throw new Error(JSON.stringify(read.problems))
  return read.rows
}
