import { createHash } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"
import { ReadOnlySql } from "../../src/do/readOnlySql.ts"
import { companiesTable, type Row, storageOn } from "../support/companiesTable.ts"
import { studioLimits } from "../support/studioLimits.ts"

/**
 * A process that has a group's tables and answers statements as the product does: nothing inside a process stops SQLite,
 * so the one who asks ends it.
 */

/** Rows, and bytes that each has more than it needs; of many rows it is only asked how long they take. */
const [ROWS = 2_000, PADDING = 0] = process.argv.slice(2).map(Number)
const isLarge = ROWS > 10_000
const MAX_ANSWER_CHARS = 8_388_608

/** Everything that a statement could change, as a hash. */
const fingerprint = (database: DatabaseSync): string => {
  const hash = createHash("sha256")
  for (const table of ["sqlite_schema", "details", "runs"]) {
    const statement = database.prepare(`SELECT * FROM ${table}`)
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    for (const row of statement.iterate() as unknown as Iterable<Row>)
      hash.update(row.map(String).join("\u0001"))
  }
  const connection = [
    "schema_version",
    "user_version",
    "recursive_triggers",
    "ignore_check_constraints",
    "foreign_keys",
    "query_only",
    "writable_schema",
  ].map((name) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {}).join())
  const like = database.prepare("SELECT 'a' LIKE 'A'").get()
  return hash
    .update(JSON.stringify([connection, like, database.prepare("PRAGMA database_list").all().length]))
    .digest("hex")
}

const database = companiesTable(ROWS, PADDING)
/** Where the statement is asked without any guard. */
const copy = isLarge ? database : companiesTable(ROWS)
const before = isLarge ? "" : fingerprint(database)

/** Without end of time, so that no case is refused for what others have used up. */
const guard = new ReadOnlySql(
  storageOn(database),
  studioLimits({ workPerSecond: 1e18, workSaved: 1e18 }),
  () => 0,
)

const shownAs = (value: unknown): string => {
  if (value instanceof ArrayBuffer || value instanceof Uint8Array)
    return `x'${Buffer.from(value as Uint8Array).toString("hex")}'`
  if (typeof value === "bigint")
    return value > 2n ** 53n || value < -(2n ** 53n) ? String(value) : Number(value).toString()
  return String(value)
}

const asTexts = (rows: ReadonlyArray<ReadonlyArray<unknown>>): Array<string> =>
  rows.map((row) => row.map(shownAs).join("\u0001"))

/** Outcomes that may differ between two correct answers. */
const isLoose = (sql: string): boolean =>
  /\b(?:random|now|current_\w+|limit|over|group_concat|string_agg|json_group_\w+)\b|--|\brandom/i.test(sql)

const compare = (sql: string, answered: ReadonlyArray<ReadonlyArray<unknown>>): string | null => {
  if (/^\W*(?:pragma|explain)\b/i.test(sql)) return null
  let rows: Array<Row>
  try {
    const statement = copy.prepare(sql.replace(/[;\s]+$/, ""))
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    rows = statement.all() as unknown as Array<Row>
  } catch (error) {
    // Blanks that are none in SQL are taken for such, as people paste them.
    if (/[^\S \t\n\f\r]/.test(sql)) return null
    return `answered, and SQLite itself says: ${String(error)}`
  }
  if (rows.length !== answered.length) return `${answered.length} rows, SQLite itself has ${rows.length}`
  const [ours, theirs] = [asTexts(answered).toSorted(), asTexts(rows).toSorted()]
  const at = ours.findIndex((row, place) => row !== theirs[place])
  return at < 0 || isLoose(sql)
    ? null
    : `other rows than SQLite itself: ${ours[at]!.slice(0, 200)} for ${theirs[at]!.slice(0, 200)}`
}

export interface SqlVerdict {
  readonly label: string
  readonly violations: ReadonlyArray<string>
  readonly message: string
  readonly cpuMs: number
}

/** Only what a person may read; a fault in the guard is none. */
const isFault = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError

const judge = (sql: string): SqlVerdict => {
  const violations: Array<string> = []
  let label = "refused"
  let message = ""
  const cpu = process.cpuUsage()
  let answered: ReadonlyArray<ReadonlyArray<unknown>> | null = null
  try {
    answered = guard.exec(sql).raw()
    label = "answered"
  } catch (error) {
    message = error instanceof Error ? error.message : String(error)
    if (isFault(error)) violations.push(`a fault: ${error instanceof Error ? error.stack : message}`)
    if (message.trim() === "") violations.push("refused without a word")
    if (message.length > 10_000) violations.push(`a refusal of ${message.length} characters`)
  }
  const { user, system } = process.cpuUsage(cpu)
  const size = answered === null ? 0 : JSON.stringify(asTexts(answered)).length
  if (size > MAX_ANSWER_CHARS * 1.5) violations.push(`an answer of ${size} characters`)
  if (!isLarge && fingerprint(database) !== before) violations.push("data, schema or connection changed")
  const difference = answered === null || isLarge ? null : compare(sql, answered)
  if (difference !== null) violations.push(difference)
  return { label, violations, message, cpuMs: (user + system) / 1_000 }
}

process.on("message", (sql: string) => process.send?.(judge(sql)))
process.send?.("ready")
