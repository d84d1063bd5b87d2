import { NONE, type Measure } from "./measure.ts"
import { SqlRefusal } from "./SqlRefusal.ts"
import type { TableColumn } from "./catalog.ts"

/** What names mean at a place of a statement. */

/** As SQLite compares names: only these letters have two cases. */
export const folded = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

export const quote = (name: string): string => `\`${name.replaceAll("`", "``")}\``

/** Each once, as SQLite does it where names are asked for from outside. */
export const namesApart = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return names.map((name) => {
    let apart = name
    for (let nth = 1; taken.has(folded(apart)); nth++) apart = `${name}:${nth}`
    taken.add(folded(apart))
    return apart
  })
}

/** A column of something that is read. */
export interface Column {
  readonly name: string
  /** How it is asked for. */
  readonly sql: string
  measure: () => Measure
  /** How much SQLite has to compile where it puts what the column is made of in its place. */
  readonly nodes: number
  /** As a table's, or that of a subquery which is grouped by it. */
  readonly unique: TableColumn["unique"] | "group"
  /** The table and the column, where it holds JSON that is stored. */
  readonly stored: readonly [table: string, column: string] | null
  /** It is compared as a number with what is text, so that many texts are equal to one. */
  readonly numeric: boolean
  used: boolean
  /** It is asked for by what is sorted, and goes along. */
  sorted: boolean
}

/** Something that is read row by row. */
export interface Source {
  /** Nothing else in the statement is called so. */
  readonly alias: string
  /** What the statement calls it, in small letters. */
  readonly name: string | null
  readonly columns: ReadonlyArray<Column>
  readonly rows: number
  /** Nanoseconds to get to its next row. */
  readonly visit: number
  /** And before the first of them: what is made once. */
  readonly begin: number
  /** It says what tables there are. */
  readonly describes: boolean
  /** It is made of a row of another, and so read inside it. */
  readonly inner: boolean
  /** Columns that USING has joined to those of another source: they are shown there. */
  readonly hidden: Set<string>
  /** Other names of its first column: `rowid` and the like. */
  readonly hasRowid: boolean
  /**
   * Its place in FROM, once it is known which of its columns are asked for. `apart`: SQLite is not to merge it into what
   * reads it, so that what is sorted there are its columns, not all that they are made of.
   */
  readonly print: (apart: boolean) => string
}

export interface Alias {
  readonly sql: string
  readonly measure: () => Measure
  readonly nodes: number
  readonly aggregate: boolean
}

const ROWIDS = ["rowid", "oid", "_rowid_"]

export class Scope {
  readonly outer: Scope | null
  readonly sources: Array<Source> = []
  readonly aliases = new Map<string, Alias>()
  /** Those that were given with AS. */
  readonly given = new Set<string>()
  /** ORDER BY, where a name stands by itself, means them before any column. */
  givenFirst = false
  readonly windows = new Map<string, string>()
  /** Something in here is of a row outside: it runs anew for each. */
  correlated = false

  constructor(outer: Scope | null) {
    this.outer = outer
  }

  /** Whether rows of the group are read here or around here, not only what the tables are. */
  hasRows(): boolean {
    return this.sources.some((source) => !source.describes) || (this.outer?.hasRows() ?? false)
  }

  /** A column of this place, not of those around it. */
  own(table: string | null, name: string): { source: Source; column: Column } | null {
    const wanted = folded(name)
    const sources =
      table === null ? this.sources : this.sources.filter((source) => source.name === folded(table))
    const found = sources.flatMap((source) => {
      if (table === null && source.hidden.has(wanted)) return []
      const column = source.columns.find((one) => folded(one.name) === wanted)
      return column === undefined ? [] : [{ source, column }]
    })
    if (found.length > 1 && table === null) throw new SqlRefusal(`ambiguous column name: ${name}`)
    if (found.length > 0) return found[0]!
    if (!ROWIDS.includes(wanted)) return null
    const rows = sources.filter(({ hasRowid }) => hasRowid)
    return rows.length === 1 ? { source: rows[0]!, column: rows[0]!.columns[0]! } : null
  }

  /**
   * A column of this place, the result that is called so, or what it means in a place around it: the places in between
   * then depend on a row of that.
   */
  named(table: string | null, name: string): Column | Alias | null {
    const alias = table === null ? this.aliases.get(folded(name)) : undefined
    if (alias !== undefined && this.givenFirst && this.given.has(folded(name))) return alias
    const column = this.own(table, name)?.column
    if (column !== undefined) column.used = true
    const found = column ?? alias
    if (found !== undefined) return found
    const around = this.outer?.named(table, name) ?? null
    if (around !== null) this.correlated = true
    return around
  }
}

export const columnOf = (column: Pick<Column, "name" | "sql" | "measure"> & Partial<Column>): Column => ({
  nodes: 1,
  unique: null,
  numeric: true,
  stored: null,
  used: false,
  sorted: false,
  ...column,
})

export const plain = (size: Omit<Measure, "work" | "documents">, work = 30): Measure => ({
  ...size,
  work,
  documents: NONE,
})
