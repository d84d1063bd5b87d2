import { uninert } from "./Csv.ts"

export type Delimiter = "," | ";" | "\t"

/** A first line that spreadsheets write to say what divides the cells. */
export const SEPARATOR_LINE = /^sep=([,;\t])(?:\r\n|\r|\n)/i

/**
 * What divides the header best: the first line that is not blank, up to a line end outside of quotes. null: it has not
 * come to its end yet.
 */
export const guessDelimiter = (text: string, isAll: boolean): Delimiter | null => {
  const counts = { ",": 0, ";": 0, "\t": 0 }
  const start = text.search(/[^\r\n ]/)
  // Blank lines so far: the header is still to come.
  if (start < 0) return isAll ? best(counts) : null
  let isQuoted = false
  let isStart = true
  let closedAt = -1
  for (let at = start; at < text.length; at++) {
    const char = text[at]!
    if (isQuoted) {
      if (char !== '"') continue
      isQuoted = false
      closedAt = at
    } else if (char === '"' && (isStart || closedAt === at - 1)) isQuoted = true
    else if (char === "\r" || char === "\n") return best(counts)
    else {
      isStart = char === "," || char === ";" || char === "\t"
      if (isStart) counts[char as Delimiter]++
      continue
    }
    isStart = false
  }
  return isAll ? best(counts) : null
}

const best = (counts: Readonly<Record<Delimiter, number>>): Delimiter =>
  counts["\t"] > 0 ? "\t" : counts[";"] > counts[","] ? ";" : ","

/** Columns of our own CSV that are not the rows'. */
const OUR_COLUMNS: ReadonlySet<string> = new Set(["$id", "$status", "$error", "$basis"])

export interface DelimitedColumn {
  readonly name: string
  /** Its name as a member's, with the colon; null for one that is no part of a row. */
  readonly lead: string | null
  /** The header has no name for it, as for the index that data frames write: it is there where it holds something. */
  readonly isNameless: boolean
}

export interface DelimitedHeader {
  readonly columns: ReadonlyArray<DelimitedColumn>
  /** What a cell says. */
  readonly read: (cell: string) => string
  /** Names that are given more than once. */
  readonly repeated: ReadonlyArray<string>
}

/** A name for a column that has none, and that no other has. */
const nameFor = (at: number, taken: Set<string>): string => {
  let name = `column_${at + 1}`
  while (taken.has(name)) name += "_"
  taken.add(name)
  return name
}

/** What the header's cells say. A CSV of our own is known by it, and read back as what went in. */
export const readHeader = (cells: ReadonlyArray<string>): DelimitedHeader => {
  const isOurs = cells.includes("$id") && cells.includes("$status")
  const read = isOurs ? uninert : (cell: string) => cell
  const names = cells.map(read)
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const name of names) {
    if (name !== "" && seen.has(name)) repeated.add(name)
    seen.add(name)
  }
  const columns = names.map((given, at) => {
    const name = given === "" ? nameFor(at, seen) : given
    const lead = isOurs && OUR_COLUMNS.has(name) ? null : `${JSON.stringify(name)}:`
    return { name, lead, isNameless: given === "" }
  })
  return { columns, read, repeated: [...repeated] }
}
