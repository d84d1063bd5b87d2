import { CONSTANTS } from "../../domain/Constants.ts"
import { Problems } from "../../domain/Problem.ts"
import type { RowLimits } from "../../domain/Rows.ts"
import { type RowsFormat, TextRows } from "../../domain/TextRows.ts"

/** What Parallel and the API hold every row to. How many there may be, the deployment says. */
const LIMITS: RowLimits = {
  maxInputs: Infinity,
  maxSpecPlusInputChars: CONSTANTS.MAX_SPEC_PLUS_INPUT_CHARS,
  maxDepth: CONSTANTS.MAX_DEPTH,
  maxValues: CONSTANTS.MAX_VALUES,
}

/** Of all rows together, each of which repeats the names of a table's columns. */
const MAX_CHARS = 128 * 1024 * 1024

export interface LinesRead {
  readonly rows: TextRows
  readonly problems: Problems
  /** The line in which a row begins, both counted: lines from 1, rows from 0. */
  readonly lineOfRow: (row: number) => number | undefined
  /** The lines in which the first problems were met. */
  readonly problemLines: ReadonlyArray<number>
}

/** Reads rows line by line, so that it is known where each of them stands. */
export const readLines = (text: string, format: RowsFormat | null): LinesRead => {
  const problems = new Problems()
  const rows = new TextRows(LIMITS, problems, { format, maxChars: MAX_CHARS })
  const starts: Array<number> = []
  const problemLines: Array<number> = []
  let line = 0
  let open: number | null = null
  let hasHeader = false
  for (const piece of linesOf(text)) {
    if (rows.stopped) break
    line++
    if (open === null && !NO_ROW.test(piece)) open = line
    rows.push(piece)
    while (problemLines.length < problems.first.length) problemLines.push(line)
    if (!hasHeader && rows.table !== null) {
      hasHeader = true
      open = null
    }
    for (let ended = starts.length; ended < rows.seen; ended++) {
      starts.push(open ?? line)
      open = null
    }
    // The next one may begin behind it.
    if (open === null && OPENS.test(piece) && rows.table === null) open = line
  }
  const end = line
  return {
    rows,
    problems,
    // The last row of a table ends with the text.
    lineOfRow: (row) => starts[row] ?? (row === starts.length && hasHeader ? (open ?? end) : undefined),
    problemLines,
  }
}

/** What stands between rows. */
const NO_ROW = /^[\s,[\]]*$/
const OPENS = /\{\s*$/

function* linesOf(text: string): Generator<string> {
  let from = 0
  for (const { index, 0: ending } of text.matchAll(/\r\n|\r|\n/g)) {
    const end = index + ending.length
    yield text.slice(from, end)
    from = end
  }
  if (from < text.length) yield text.slice(from)
}
