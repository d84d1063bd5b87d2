import type { SettingsShape } from "../domain/Settings.ts"
import type { Catalog } from "../domain/sql/catalog.ts"
import type { Claim } from "../domain/sql/Compiler.ts"
import { type Checked, checkStatement, type SqlLimits } from "../domain/sql/checkStatement.ts"
import { byteOffset } from "../domain/sql/tokens.ts"
import { SqlRefusal } from "../domain/sql/SqlRefusal.ts"
import { WorkBudget } from "../domain/sql/WorkBudget.ts"
import { readSqlCatalog } from "../layers/sqlite/sqlCatalog.ts"
import { exactRows, type Row } from "./exactValues.ts"

/** What is asked of a database here: a Durable Object's `storage`, or one that tests have in its place. */
export interface AskedStorage {
  readonly sql: {
    exec(query: string): {
      readonly columnNames: ReadonlyArray<string>
      readonly rowsRead: number
      readonly rowsWritten: number
      raw(): Iterable<Row>
    }
  }
  transactionSync<A>(body: () => A): A
}

export interface StudioLimits extends SqlLimits {
  /** Characters of an answer. */
  readonly chars: number
  /** Nanoseconds of work that are left to strangers in each second, and that may be saved up. */
  readonly workPerSecond: number
  readonly workSaved: number
}

export const studioLimitsOf = (settings: SettingsShape): StudioLimits => ({
  rows: settings.STUDIO_MAX_ROWS,
  chars: settings.STUDIO_MAX_CHARS,
  work: settings.STUDIO_MAX_WORK_MS * 1e6,
  kept: settings.STUDIO_MAX_KEPT_BYTES,
  workPerSecond: settings.STUDIO_WORK_PER_SECOND_MS * 1e6,
  workSaved: settings.STUDIO_WORK_SAVED_MS * 1e6,
})

interface Answer {
  readonly columnNames: ReadonlyArray<string>
  readonly rows: ReadonlyArray<Row>
  readonly rowsRead: number
  readonly rowsWritten: number
}

/** What `queryable-object` uses of a cursor. */
export interface ReadCursor extends Omit<Answer, "rows"> {
  raw(): ReadonlyArray<Row>
  toArray(): ReadonlyArray<Readonly<Record<string, Row[number]>>>
}

/** SQLite's program for a statement has no more steps than this: to make it takes time as well. */
const MAX_OPCODES = 20_000

/** Nanoseconds to understand a character of a statement, whatever becomes of it. */
const UNDERSTANDING_CHAR = 1_000

const sizeOf = (value: Row[number]): number =>
  typeof value === "string" ? value.length : value instanceof ArrayBuffer ? value.byteLength : 8

/**
 * The object's SQL for strangers. What a statement says is understood, bounded and written anew; only that runs, in a
 * transaction that is always rolled back, after SQLite's own program for it has been looked at. Whatever is sent, data and
 * connection are afterwards what they were (ADR 0004).
 */
export class ReadOnlySql {
  private readonly storage: AskedStorage
  private readonly limits: StudioLimits
  private readonly budget: WorkBudget
  private measured = 0
  private known: { readonly changes: unknown; readonly catalog: Catalog } | null = null

  /** `now`: epoch milliseconds. */
  constructor(storage: AskedStorage, limits: StudioLimits, now: () => number) {
    this.storage = storage
    this.limits = limits
    this.budget = new WorkBudget(limits.workPerSecond, limits.workSaved, now)
  }

  exec(query: unknown, ...bindings: ReadonlyArray<unknown>): ReadCursor {
    if (typeof query !== "string") throw new SqlRefusal("A statement is text.")
    if (bindings.length > 0) throw new SqlRefusal("A statement takes no values: write them out.")
    this.budget.assertOpen()
    this.budget.charge(query.length * UNDERSTANDING_CHAR)
    this.measured = 0
    const statement = checkStatement(query, this.catalog(), this.limits)
    this.budget.charge(statement.work)
    const rollback = new Error("rollback")
    let answer: Answer | null = null
    try {
      this.storage.transactionSync(() => {
        answer = this.answer(query, statement)
        throw rollback
      })
    } catch (error) {
      if (error !== rollback) throw error
    }
    return cursorOf(answer!)
  }

  /** Measured again when anything has been written since. */
  private catalog(): Catalog {
    const [changes] = this.rows("SELECT total_changes()")[0]!
    if (this.known === null || this.known.changes !== changes) {
      const catalog = readSqlCatalog(this.storage, (work) => this.mayMeasure(work))
      this.known = { changes, catalog }
    }
    return this.known.catalog
  }

  /** What is measured for one statement takes half of what one may, together, and is charged as it is. */
  private mayMeasure(work: number): boolean {
    if (this.measured + work > this.limits.work / 2) return false
    this.budget.charge(work)
    this.measured += work
    return true
  }

  private answer(query: string, { sql, kind, claims, work }: Checked): Answer {
    if (kind !== "select") return this.read(sql)
    const plan = this.prepared(query, `EXPLAIN QUERY PLAN ${sql}`).map((line) => String(line[3]))
    assertFound(plan, claims)
    this.assertReads(sql)
    const answer = this.read(sql)
    const rows = exactRows(sql, answer.columnNames.length, answer.rows, (again) => {
      this.budget.charge(work)
      return this.read(again).rows
    })
    return { ...answer, rows }
  }

  private rows(sql: string): ReadonlyArray<Row> {
    return [...this.storage.sql.exec(sql).raw()]
  }

  /** What SQLite refuses is told without the place: it is one in a statement that nobody has seen. */
  private prepared(query: string, sql: string): ReadonlyArray<Row> {
    try {
      return this.rows(sql)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      throw new SqlRefusal(plainError(error.message, query))
    }
  }

  /** The program that SQLite makes of a statement opens nothing for writing. */
  private assertReads(sql: string): void {
    const program = this.rows(`EXPLAIN ${sql}`)
    if (program.length > MAX_OPCODES)
      throw new SqlRefusal("This statement is too large. Ask for fewer columns.")
    for (const [, opcode, , p2] of program)
      if (opcode === "OpenWrite" || (opcode === "Transaction" && p2 !== 0))
        throw new SqlRefusal("This database is read-only.")
  }

  private read(sql: string): Answer {
    const cursor = this.storage.sql.exec(sql)
    const rows: Array<Row> = []
    let chars = 0
    for (const row of cursor.raw()) {
      if (rows.length >= this.limits.rows)
        throw new SqlRefusal(`The answer has more than ${this.limits.rows} rows. Add LIMIT, or aggregate.`)
      for (const value of row) chars += sizeOf(value)
      if (chars > this.limits.chars)
        throw new SqlRefusal(
          `The answer has more than ${this.limits.chars} characters. Select fewer columns or rows.`,
        )
      rows.push(row)
    }
    if (cursor.rowsWritten > 0) throw new SqlRefusal("This database is read-only.")
    const { columnNames, rowsRead, rowsWritten } = cursor
    return { columnNames: [...columnNames], rows, rowsRead, rowsWritten }
  }
}

const cursorOf = ({ rows, ...answer }: Answer): ReadCursor => ({
  ...answer,
  raw: () => rows,
  toArray: () =>
    rows.map((row) => Object.fromEntries(answer.columnNames.map((name, at) => [name, row[at] ?? null]))),
})

/**
 * Whether SQLite finds rows by what makes them unique, as the bounds have it: those of a source as a whole, or, where it is
 * merged into what reads it, of the table inside.
 */
const isFound = (plan: ReadonlyArray<string>, { aliases, columns }: Claim[number]): boolean => {
  for (const alias of aliases) {
    const lines = plan.filter((line) => /^(?:SCAN|SEARCH) /.test(line) && line.split(" ")[1] === alias)
    if (lines.length === 0) continue
    return lines.every((line) => columns.some((column) => searches(line, column)))
  }
  return false
}

/** A line such as `SEARCH _2 USING AUTOMATIC COVERING INDEX (run_id=? AND status=?)`. */
const searches = (line: string, column: string): boolean =>
  line.startsWith("SEARCH ") && (line.includes(`(${column}=?`) || line.includes(` AND ${column}=?`))

const assertFound = (plan: ReadonlyArray<string>, claims: ReadonlyArray<Claim>): void => {
  const found = new Set<string>()
  for (const claim of claims) {
    // What SQLite needs not read at all is in no plan.
    const isRead = claim.some(({ aliases }) =>
      plan.some((line) => aliases.includes(line.split(" ")[1] ?? "")),
    )
    const side = claim.find((one) => !found.has(one.aliases[0]!) && isFound(plan, one))
    if (isRead && side === undefined)
      throw new SqlRefusal(
        "SQLite would go through all rows of one table for each of another here. Join by run_id or id alone, or write the condition into a subquery.",
      )
    if (side !== undefined) found.add(side.aliases[0]!)
  }
}

/** SQLite's message without its code and without places, and with the names that the statement had. */
const plainError = (message: string, query: string): string => {
  const bare = message.replace(/ at offset \d+/, "").replace(/`?_\d+r?`?\./g, "")
  const name = /^(?:no such|ambiguous) column(?: name)?: (\S+)/.exec(bare)?.[1]
  const at = name === undefined ? -1 : query.indexOf(name)
  return at < 0
    ? bare
    : `${bare.replace(/: SQLITE_ERROR$/, "")} at offset ${byteOffset(query, at)}: SQLITE_ERROR`
}
