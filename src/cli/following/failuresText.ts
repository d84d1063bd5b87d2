import type { Unfinished } from "./Tally.ts"
import { number } from "./words.ts"

const MAX_LINES = 20
/** Rows that a line of several names. */
const MAX_NAMED = 10

/**
 * Which rows have no result and why, rows counted from 1; "" when all have one. Rows with the same reason share a line.
 * Nothing in it needs cleaning.
 */
export const failuresText = ({
  unfinished,
  unfinishedCount,
}: {
  readonly unfinished: ReadonlyArray<Unfinished>
  readonly unfinishedCount: number
}): string => {
  if (unfinishedCount === 0) return ""
  const byReason = new Map<string, Array<Unfinished>>()
  for (const row of unfinished) {
    const same = byReason.get(reasonOf(row))
    if (same === undefined) byReason.set(reasonOf(row), [row])
    else same.push(row)
  }
  const groups = [...byReason]
  const shown = groups.slice(0, MAX_LINES)
  const told = shown.reduce((sum, [, rows]) => sum + rows.length, 0)
  const more = unfinishedCount - told
  const lines = shown.map(([reason, rows]) => `  ${namesOf(rows)}: ${reason}`)
  if (more > 0) lines.push(`  … and ${number(more)} more.`)
  return [`${rowsText(unfinishedCount)} did not complete:`, ...lines].join("\n")
}

const reasonOf = ({ status, message }: Unfinished): string =>
  message === "" ? status : `${status}: ${message}`

const rowsText = (count: number): string => (count === 1 ? "1 row" : `${number(count)} rows`)

const namesOf = (rows: ReadonlyArray<Unfinished>): string => {
  const [first] = rows
  if (rows.length === 1) return `row ${first!.index + 1}${first!.label === "" ? "" : ` (${first!.label})`}`
  const ranges = rangesOf(rows.map(({ index }) => index + 1))
  const named = ranges.slice(0, MAX_NAMED).map(({ text }) => text)
  const more = ranges.slice(MAX_NAMED).reduce((sum, { count }) => sum + count, 0)
  return `rows ${named.join(", ")}${more > 0 ? ` and ${number(more)} more` : ""}`
}

/** Neighbours as one: 3, 7–9 */
const rangesOf = (
  numbers: ReadonlyArray<number>,
): ReadonlyArray<{ readonly text: string; readonly count: number }> => {
  const ranges: Array<{ from: number; to: number }> = []
  for (const value of numbers) {
    const last = ranges.at(-1)
    if (last !== undefined && value === last.to + 1) last.to = value
    else ranges.push({ from: value, to: value })
  }
  return ranges.map(({ from, to }) => ({
    text: from === to ? String(from) : `${from}${to === from + 1 ? ", " : "–"}${to}`,
    count: to - from + 1,
  }))
}
