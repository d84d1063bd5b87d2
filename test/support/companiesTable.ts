import { DatabaseSync, type StatementSync } from "node:sqlite"
import { showResults } from "../../src/layers/sqlite/resultsView.ts"
import { openTables } from "../../src/layers/sqlite/tables.ts"
import { makeDice } from "../simulation/effects.ts"
import { INPUT_COLUMNS, OUTPUT_COLUMNS } from "./sqlCorpus.ts"

/** A group's tables with a list of companies, as strangers' SQL reads them. */

type Value = string | number | bigint | null | Uint8Array
export type Row = Array<Value>

const asPlatform = (value: Value) =>
  typeof value === "bigint"
    ? Number(value)
    : value instanceof Uint8Array
      ? Uint8Array.from(value).buffer
      : value

/** A Durable Object's storage, as far as tables and the guard use it. */
export const storageOn = (database: DatabaseSync) => {
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

const basisOf = (at: number, padding: number): string =>
  JSON.stringify({
    type: "json",
    basis:
      padding === 0
        ? []
        : [
            {
              field: "ceo",
              reasoning: "r".repeat(padding),
              confidence: "high",
              citations: [{ url: `https://example.com/${at}`, title: "About", excerpts: ["An excerpt."] }],
            },
          ],
  })

const json = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `big:${one}` : one)).replaceAll(
    /"big:(\d+)"/g,
    "$1",
  )

/** `padding`: bytes that each row has more than it needs. */
export const companiesTable = (rows: number, padding = 0): DatabaseSync => {
  // As the platform's SQLite has it: where nothing is called so, "a" is a text.
  const database = new DatabaseSync(":memory:", { enableDoubleQuotedStringLiterals: true })
  const storage = storageOn(database)
  openTables(storage)
  const columns = { inputColumns: [...INPUT_COLUMNS], outputColumns: [...OUTPUT_COLUMNS] }
  showResults(storage, columns)
  database
    .prepare(
      `INSERT INTO details (id, schema_version, taskgroup_id, url, created_at, metadata, processor, task_spec, input_columns, output_columns, warnings, num_inputs, state, status_message, change)
       VALUES (1, 1, 'tgrp_fuzz', '', '2026-11-20T09:00:00Z', '{"title":"Companies","question":"CEO"}', 'core', '{}', ?, ?, '[]', ?, 'ended', '', 1)`,
    )
    .run(JSON.stringify(INPUT_COLUMNS), JSON.stringify(OUTPUT_COLUMNS), rows)
  const insert = database.prepare(
    `INSERT INTO runs (id, input_index, attempt, change, updated_at, status, run_id, created_at, modified_at, confidence, error, input, content, output)
     VALUES (?, ?, 1, ?, ?, ?, ?, '2026-11-20T09:00:00Z', '2026-11-20T09:00:42Z', ?, ?, ?, ?, ?)`,
  )
  database.exec("BEGIN")
  for (let at = 0; at < rows; at++) {
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
      content === null ? null : basisOf(at, padding),
    )
  }
  database.exec("COMMIT")
  return database
}
