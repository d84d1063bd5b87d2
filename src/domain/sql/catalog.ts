import type { Measure, Size } from "./measure.ts"

/** What may be asked: tables, their columns, and what they hold at this moment. */

export interface TableColumn {
  readonly name: string
  readonly size: Size
  /** By `row` SQLite finds a row at once; of a `run` there is one row at most. */
  readonly unique: "row" | "run" | null
  /** Whether SQLite takes it for a number's. */
  readonly numeric: boolean
  /** Whether it holds JSON. */
  readonly json: boolean
}

export interface Table {
  readonly name: string
  readonly rows: number
  /** Of one row, all of it. */
  readonly bytes: number
  readonly columns: ReadonlyArray<TableColumn>
}

export interface ViewColumn {
  readonly name: string
  /** JSON columns of the table that it looks into, none where it is a column itself. */
  readonly reads: ReadonlyArray<string>
  readonly unique: "run" | null
  /** How often it looks into each of them. */
  readonly looks: number
  /** Characters of what it is made of. */
  readonly chars: number
}

export interface View {
  readonly name: string
  readonly table: Table
  readonly columns: ReadonlyArray<ViewColumn>
  /** Of columns whose values have been measured; of others, what they are made of tells. */
  readonly sizes: ReadonlyMap<string, Size>
  /** Measures some, with what they measure so far: all rows are gone through, where that does not take too long. */
  measure(columns: ReadonlyMap<string, Measure>): void
  /** A SELECT of some of its columns, that calls the table `alias`. */
  select(columns: ReadonlyArray<string>, alias: string): string
}

export interface Catalog {
  /** By their names in small letters. */
  readonly tables: ReadonlyMap<string, Table>
  readonly view: View
  /** Commas and opening brackets in a row's value of a JSON column, on average: gone through when first asked for. */
  marks(table: string, column: string): number
  /** How many elements a row's JSON has at a path, on average, where that has been counted. */
  readonly elements: ReadonlyMap<string, number>
  /** Counts them: all rows are gone through, where that does not take too long. */
  countElements(lists: Iterable<ElementsOf>): void
}

/** Elements of a JSON column of `runs`, as `json_each` takes it apart. */
export interface ElementsOf {
  readonly key: string
  readonly column: string
  readonly path: string | null
}
