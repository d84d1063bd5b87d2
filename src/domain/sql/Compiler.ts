import type { Catalog, ElementsOf } from "./catalog.ts"
import type { Argument } from "./functions.ts"
import type { Scope } from "./Scope.ts"
import type { Measure } from "./measure.ts"
import { SqlRefusal } from "./SqlRefusal.ts"
import type { Expr, Select } from "./syntax.ts"

/** SQLite takes longer to prepare what is larger, and plans joins of many by trying orders. */
const MAX_NODES = 6_000
const MAX_ITEMS = 64
const MAX_JOINED = 12

/**
 * Two sources of which each row of one finds at most one of the other, if SQLite finds the one or the other by an index:
 * any of these is enough.
 */
export type Claim = ReadonlyArray<{
  /** What the source is called in SQLite's plan: as a whole, or where it is merged into what reads it. */
  readonly aliases: ReadonlyArray<string>
  /** What its columns are called there that it may be found by. */
  readonly columns: ReadonlyArray<string>
}>

/** An expression as it will run, and what it may cost. */
export interface Value extends Argument {
  readonly sql: string
  readonly nodes: number
  readonly aggregate: boolean
  readonly windowed: boolean
  /** No two rows of what it is a column of have the same. */
  readonly key: boolean
  /** SQLite compares it as a number with what is text: it is, or is made as, a number's column. */
  readonly numeric: boolean
}

/** Where an expression stands. */
export interface Place {
  readonly compiler: Compiler
  readonly scope: Scope
  readonly ctes: Ctes
  /** What the rows around it keep for it, in bytes for each. */
  keeps: number
}

/** A SELECT as it will run: its columns, how many rows it may have, and what one run of it may cost. */
export interface Compiled {
  readonly sql: string
  readonly columns: ReadonlyArray<{ readonly name: string; readonly value: Value }>
  readonly rows: number
  /** Nanoseconds. */
  readonly work: number
  readonly items: number
}

/** CTEs that can be asked at a place, by their names in small letters. */
export type Ctes = ReadonlyMap<string, { readonly alias: string; readonly compiled: Compiled } | "recursive">

export interface Around {
  readonly compiler: Compiler
  /** New, inside the one that stands around it. */
  readonly scope: Scope
  readonly ctes: Ctes
  /** Rows after which nobody reads on; null where all are needed, and columns are called by name. */
  readonly visible: number | null
  /** Its columns are asked for by name alone: of a `*` only some are needed. */
  readonly named?: boolean
}

export interface Compiler {
  readonly catalog: Catalog
  readonly expr: (expr: Expr, place: Place) => Value
  readonly select: (select: Select, around: Around) => Compiled
  /** Names that the statement asks for; null where those are all. */
  readonly asked: ReadonlySet<string> | null
  readonly claims: Array<Claim>
  /** Nanoseconds of what runs once, wherever it stands. */
  once: number
  /** Bytes that are sorted or kept until the end. */
  kept: number
  /** Columns that are named now go along with what is sorted. */
  sorting: boolean
  /** COLLATE has stood somewhere: columns may be compared in other ways than by their bytes. */
  collated: boolean
  /** Columns of the view that are asked for. */
  readonly viewed: Map<string, Measure>
  /** Lists that are taken apart. */
  readonly listed: Map<string, ElementsOf>
  /** What has stood in the statement so far, with views and CTEs in their place. */
  nodes: number
  items: number
  aliases: number
}

/** `how`: what expressions and SELECTs become, which are made of each other. */
export const newCompiler = (how: Pick<Compiler, "asked" | "catalog" | "expr" | "select">): Compiler => ({
  asked: how.asked,
  catalog: how.catalog,
  expr: how.expr,
  select: how.select,
  claims: [],
  once: 0,
  kept: 0,
  sorting: false,
  collated: false,
  viewed: new Map(),
  listed: new Map(),
  nodes: 0,
  items: 0,
  aliases: 0,
})

export const newAlias = (compiler: Compiler): string => `_${++compiler.aliases}`

export const countNodes = (compiler: Compiler, nodes: number): void => {
  compiler.nodes += nodes
  if (compiler.nodes > MAX_NODES)
    throw new SqlRefusal(
      "This statement is too large, with its CTEs and subqueries in their places. Ask for fewer columns, or in several steps.",
    )
}

/** SELECT, VALUES and what stands in FROM. */
export const countItems = (compiler: Compiler, items: number): void => {
  compiler.items += items
  if (compiler.items > MAX_ITEMS) {
    throw new SqlRefusal(
      `This statement reads from more than ${MAX_ITEMS} places, counting each use of a CTE. Ask in several steps.`,
    )
  }
}

export const assertJoined = (scope: Scope): void => {
  if (scope.sources.length > MAX_JOINED) throw new SqlRefusal(`At most ${MAX_JOINED} tables are joined here.`)
}
