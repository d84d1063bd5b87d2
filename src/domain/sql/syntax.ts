/** What a statement says: the part of SQLite's SELECT that is understood here, and so the only one that runs. */

export interface Select {
  readonly ctes: ReadonlyArray<Cte>
  /** The first, and what follows it. */
  readonly cores: ReadonlyArray<Core>
  /** Between the cores: UNION, UNION ALL, INTERSECT, EXCEPT. */
  readonly compounds: ReadonlyArray<string>
  readonly orderBy: ReadonlyArray<OrderTerm>
  readonly limit: number | null
  readonly offset: number | null
}

export interface Cte {
  readonly name: string
  readonly columns: ReadonlyArray<string> | null
  readonly select: Select
  /** MATERIALIZED, NOT MATERIALIZED, or nothing. */
  readonly hint: string
}

export type Core =
  | {
      readonly kind: "select"
      readonly distinct: boolean
      readonly results: ReadonlyArray<Result>
      readonly from: ReadonlyArray<Joined>
      readonly where: Expr | null
      readonly groupBy: ReadonlyArray<Expr>
      readonly having: Expr | null
      readonly windows: ReadonlyArray<{ readonly name: string; readonly window: Window }>
    }
  | { readonly kind: "values"; readonly rows: ReadonlyArray<ReadonlyArray<Expr>> }

export type Result =
  | { readonly kind: "star"; readonly table: string | null; readonly at: number }
  /** `name`: its alias, else its own text. */
  | {
      readonly kind: "expr"
      readonly expr: Expr
      readonly alias: string | null
      readonly written: string
    }

export interface Joined {
  /** How it is joined to what stands before it: JOIN, CROSS JOIN or LEFT JOIN. */
  readonly how: "JOIN" | "CROSS JOIN" | "LEFT JOIN"
  readonly item: FromItem
  readonly on: Expr | null
  readonly using: ReadonlyArray<string>
}

export type FromItem =
  | { readonly kind: "table"; readonly name: string; readonly alias: string | null; readonly at: number }
  | {
      readonly kind: "function"
      readonly name: string
      readonly args: ReadonlyArray<Expr>
      readonly alias: string | null
      readonly at: number
    }
  | { readonly kind: "select"; readonly select: Select; readonly alias: string | null }

export interface OrderTerm {
  readonly expr: Expr
  /** DESC, NULLS LAST …, as they are written behind it. */
  readonly direction: string
}

export interface Window {
  readonly base: string | null
  readonly partitionBy: ReadonlyArray<Expr>
  readonly orderBy: ReadonlyArray<OrderTerm>
  readonly frame: string
}

export interface Call {
  readonly kind: "call"
  readonly name: string
  readonly args: ReadonlyArray<Expr>
  readonly star: boolean
  readonly distinct: boolean
  readonly orderBy: ReadonlyArray<OrderTerm>
  readonly filter: Expr | null
  readonly over: string | Window | null
  readonly at: number
}

export type Expr =
  | { readonly kind: "literal"; readonly sql: string; readonly bytes: number; readonly text: string | null }
  | {
      readonly kind: "column"
      readonly table: string | null
      readonly name: string
      /** In double quotes, which some take for a text. */
      readonly quoted: boolean
      readonly at: number
    }
  | { readonly kind: "unary"; readonly op: string; readonly arg: Expr }
  | { readonly kind: "binary"; readonly op: string; readonly left: Expr; readonly right: Expr }
  | {
      readonly kind: "like"
      readonly op: string
      readonly left: Expr
      readonly pattern: Expr
      readonly escape: Expr | null
    }
  | {
      readonly kind: "between"
      readonly not: boolean
      readonly arg: Expr
      readonly low: Expr
      readonly high: Expr
    }
  | {
      readonly kind: "in"
      readonly not: boolean
      readonly arg: Expr
      readonly among: ReadonlyArray<Expr> | Select
    }
  | {
      readonly kind: "case"
      readonly base: Expr | null
      readonly whens: ReadonlyArray<readonly [when: Expr, then: Expr]>
      readonly otherwise: Expr | null
    }
  | { readonly kind: "cast"; readonly arg: Expr; readonly type: string }
  | { readonly kind: "collate"; readonly arg: Expr; readonly collation: string }
  | { readonly kind: "exists" | "scalar"; readonly select: Select }
  | Call

export type Statement =
  | { readonly kind: "select"; readonly select: Select; readonly explain: boolean }
  | { readonly kind: "pragma"; readonly name: string; readonly arg: string | null }
