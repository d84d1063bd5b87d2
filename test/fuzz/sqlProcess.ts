import { createHash } from "node:crypto"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import { showResults } from "../../src/layers/sqlite/resultsView.ts"
import { openTables } from "../../src/layers/sqlite/tables.ts"
import { makeDice } from "../simulation/effects.ts"
import { INPUT_COLUMNS, OUTPUT_COLUMNS } from "../support/sqlStatements.ts"
import { settingsWith } from "../support/settings.ts"

/**
 * A process that has a group's tables and answers statements as the product does: nothing inside a process stops SQLite,
 * so the one who asks ends it.
 */

const ROWS = 2_000
const MAX_ANSWER_CHARS = 8_388_608

type Value = string | number | bigint | null | Uint8Array
type Row = Array<Value>

const asPlatform = (value: Value) =>
  typeof value === "bigint"
    ? Number(value)
    : value instanceof Uint8Array
      ? Uint8Array.from(value).buffer
      : value

/** A Durable Object's storage, as far as tables and the guard use it. */
const storageOn = (database: DatabaseSync) => {
  const kv = new Map<string, unknown>()
  return {
    sql: {
      exec: (query: string, ...bindings: ReadonlyArray<string | number | null>) => {
        const statement: StatementSync = database.prepare(query)
        const columnNames = statement.columns().map(({ name }) => name)
        if (columnNames.length === 0) {
          statement.run(...bindings)
          return { columnNames, rowsRead: 0, rowsWritten: 0, raw: () => [], toArray: () => [] }
        }
        statement.setReturnArrays(true)
        statement.setReadBigInts(true)
        const rows = function* () {
          for (const row of statement.iterate(...bindings) as unknown as Iterable<Row>)
            yield row.map(asPlatform)
        }
        const toArray = () =>
          [...rows()].map((row) => Object.fromEntries(columnNames.map((name, at) => [name, row[at]])))
        return { columnNames, rowsRead: 0, rowsWritten: 0, raw: rows, toArray }
      },
    },
    kv: {
      get: <T>(key: string) => kv.get(key) as T | undefined,
      put: (key: string, value: unknown) => void kv.set(key, value),
      delete: (key: string) => kv.delete(key),
    },
    transactionSync: <A>(body: () => A): A => {
      database.exec("BEGIN")
      try {
        const result = body()
        database.exec("COMMIT")
        return result
      } catch (error) {
        database.exec("ROLLBACK")
        throw error
      }
    },
    deleteAll: async () => {},
  }
}

const COUNTRIES = ["Germany", "France", "Italy", "Spain", "日本", "O'Land"]
const INDUSTRIES = ["Software", "Payments", "Energy", null]

const outputOf = (at: number) => {
  const dice = makeDice(`row ${at}`)
  return {
    ceo: dice.chance(0.1) ? null : `Person ${at % 700}`,
    employees: dice.chance(0.1) ? null : dice.chance(0.02) ? 9007199254740993n : dice.whole(1, 3_000),
    revenue: dice.between(0, 1e9),
    industry: dice.pick(INDUSTRIES),
    description: `About company ${at}, `.repeat(dice.whole(1, 20)),
    tags: ["software", "b2b", "x"].slice(0, dice.whole(0, 3)),
  }
}

const json = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `big:${one}` : one)).replaceAll(
    /"big:(\d+)"/g,
    "$1",
  )

const filled = (): DatabaseSync => {
  const database = new DatabaseSync(":memory:")
  const storage = storageOn(database)
  openTables(storage)
  const columns = { inputColumns: [...INPUT_COLUMNS], outputColumns: [...OUTPUT_COLUMNS] }
  showResults(storage, columns)
  database
    .prepare(
      `INSERT INTO details (id, schema_version, taskgroup_id, url, created_at, metadata, processor, task_spec, input_columns, output_columns, warnings, num_inputs, state, status_message, change)
       VALUES (1, 1, 'tgrp_fuzz', '', '2026-11-20T09:00:00Z', '{"title":"Companies","question":"CEO"}', 'core', '{}', ?, ?, '[]', ?, 'ended', '', 1)`,
    )
    .run(JSON.stringify(INPUT_COLUMNS), JSON.stringify(OUTPUT_COLUMNS), ROWS)
  const insert = database.prepare(
    `INSERT INTO runs (id, input_index, attempt, change, updated_at, status, run_id, created_at, modified_at, confidence, error, input, content, output)
     VALUES (?, ?, 1, ?, ?, ?, ?, '2026-11-20T09:00:00Z', '2026-11-20T09:00:42Z', ?, ?, ?, ?, ?)`,
  )
  database.exec("BEGIN")
  for (let at = 0; at < ROWS; at++) {
    const isFailed = at % 50 === 49
    const input = {
      company: `Company ${at}`,
      domain: `c${at}.example.com`,
      country: COUNTRIES[at % COUNTRIES.length],
      founded: 1900 + (at % 124),
    }
    const content = isFailed ? null : json(outputOf(at))
    insert.run(
      at * 1000 + 1,
      at,
      at + 1,
      1_795_000_000_000 + at,
      isFailed ? "failed" : "completed",
      `trun_${String(at).padStart(32, "0")}`,
      isFailed ? null : '{"ceo":"low","employees":"high"}',
      isFailed ? '{"ref_id":"x","message":"no","detail":null}' : null,
      JSON.stringify(input),
      content,
      content === null ? null : '{"type":"json","basis":[]}',
    )
  }
  database.exec("COMMIT")
  return database
}

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

const database = filled()
/** Where the statement is asked without any guard. */
const copy = filled()
const before = fingerprint(database)

// Typed here, as the types of this module are the platform's.
const GUARD: string = "../../src/do/readOnlySql.ts"
const { readOnlySql } = (await import(GUARD)) as {
  readOnlySql: (
    storage: ReturnType<typeof storageOn>,
    limits: { rows: number; chars: number },
  ) => { exec(query: string): { raw(): ReadonlyArray<ReadonlyArray<unknown>> } }
}
const { STUDIO_MAX_ROWS, STUDIO_MAX_CHARS } = settingsWith()
const guard = readOnlySql(storageOn(database), { rows: STUDIO_MAX_ROWS, chars: STUDIO_MAX_CHARS })

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
  if (fingerprint(database) !== before) violations.push("data, schema or connection changed")
  const difference = answered === null ? null : compare(sql, answered)
  if (difference !== null) violations.push(difference)
  return { label, violations, message, cpuMs: (user + system) / 1_000 }
}

process.on("message", (sql: string) => process.send?.(judge(sql)))
process.send?.("ready")
