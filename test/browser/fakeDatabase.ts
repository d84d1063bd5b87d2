import type { StoredTable } from "../../src/domain/ResultQuery.ts"
import { showResults } from "../../src/layers/sqlite/resultsView.ts"
import { storedLines } from "../../src/layers/sqlite/storedLines.ts"
import { run } from "../../src/layers/sqlite/SqliteStorage.ts"
import { openTables } from "../../src/layers/sqlite/tables.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import type { FakeGroup } from "./fakeGroup.ts"

/** The least database the console needs: the real tables, filled from a fake group, behind the studio's protocol. */

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value))

const namesIn = (objects: unknown[]) => [...new Set(objects.flatMap((one) => Object.keys(one as object)))]

function databaseOf(group: FakeGroup) {
  const storage = nodeSqliteStorage()
  openTables(storage)
  const contents = group.rows.flatMap(({ content }) =>
    content === undefined ? [] : [typeof content === "object" ? content : { content }],
  )
  const columns = {
    inputColumns: namesIn(group.rows.map(({ input }) => input)),
    outputColumns: namesIn(contents),
  }
  showResults(storage, columns)
  run(
    storage,
    `INSERT INTO details (id, schema_version, taskgroup_id, url, metadata, processor, task_spec, input_columns, output_columns, warnings, num_inputs, state, status_message, change)
     VALUES (1, 1, ?, '', '{}', 'core', ?, ?, ?, '[]', ?, 'active', '', 1)`,
    group.id,
    JSON.stringify({ output_schema: { type: group.rows[0]?.type ?? "json" } }),
    JSON.stringify(columns.inputColumns),
    JSON.stringify(columns.outputColumns),
    group.rows.length,
  )
  for (const [index, row] of group.rows.entries()) {
    const basis = row.basis as { field: string; confidence: string }[] | undefined
    run(
      storage,
      `INSERT INTO runs (id, input_index, attempt, change, updated_at, status, run_id, created_at, modified_at, confidence, error, input, content, output)
       VALUES (?, ?, 1, ?, ?, ?, ?, '2026-11-20T09:00:00Z', '2026-11-20T09:00:42Z', ?, ?, ?, ?, ?)`,
      index * 1000 + 1,
      index,
      row.change,
      1_795_000_000_000 + row.change,
      row.status,
      row.status === "queued" ? null : `trun_${String(index).padStart(32, "0")}`,
      json(basis && Object.fromEntries(basis.map((one) => [one.field, one.confidence]))),
      json(row.error === undefined ? undefined : { ref_id: "", message: row.error, detail: null }),
      json(row.input),
      json(row.content),
      json(basis && { type: "json", basis }),
    )
  }
  return storage
}

/** What `queryable-object` makes of rows: names are made unique, rows are objects. */
function shaped(columns: string[], rows: unknown[][]) {
  const seen = new Set<string>()
  const headers = columns.map((displayName) => {
    let name = displayName
    for (let n = 0; seen.has(name); n++) name = `__${displayName}_${n}`
    seen.add(name)
    return { name, displayName, originalType: "text" }
  })
  return {
    headers,
    rows: rows.map((row) => Object.fromEntries(headers.map(({ name }, at) => [name, row[at]]))),
    stat: { queryDurationMs: 1.25, rowsAffected: 0, rowsRead: rows.length, rowsWritten: 0 },
  }
}

/** A table as `/{id}.jsonl?table=` tells it. */
export function storedTable(group: FakeGroup, table: StoredTable): string {
  const storage = databaseOf(group)
  const lines = [...storedLines(storage, table, () => {})].join("")
  storage.close()
  return lines
}

/** Answers a POST to `/{id}.db`. The statement may change what it likes: the database is made anew for each. */
export function answerSql(group: FakeGroup, message: { statement?: string; statements?: string[] }): object {
  const storage = databaseOf(group)
  try {
    const results = (message.statements ?? [message.statement ?? ""]).map((statement) => {
      const { columns, rows } = storage.read(statement)
      return shaped(columns, rows)
    })
    return { result: message.statements ? results : results[0] }
  } catch (error) {
    return { error: error instanceof Error ? `${error.message}: SQLITE_ERROR` : "unknown" }
  } finally {
    storage.close()
  }
}
