import type { SqliteStorage, SqlValue } from "../../../src/layers/sqlite/SqliteStorage.ts"

/**
 * A group as layout 1 left it: the statements and key-value entries that the code of then made, written out, because
 * that code is gone. Nothing of `src/` may be used here but the storage itself.
 */

const DETAILS = `CREATE TABLE details (
  id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL, taskgroup_id TEXT NOT NULL, url TEXT NOT NULL,
  created_at TEXT, metadata TEXT NOT NULL, processor TEXT NOT NULL, task_spec TEXT NOT NULL, input_columns TEXT NOT NULL,
  output_columns TEXT NOT NULL, warnings TEXT NOT NULL, num_inputs INTEGER NOT NULL, state TEXT NOT NULL,
  status_message TEXT NOT NULL, ended_at INTEGER, removal_at INTEGER, end_change INTEGER, change INTEGER NOT NULL)`

const RUNS = `CREATE TABLE runs (
  id INTEGER PRIMARY KEY CHECK (id = input_index * 1000 + attempt), input_index INTEGER NOT NULL,
  attempt INTEGER NOT NULL, change INTEGER NOT NULL, updated_at INTEGER NOT NULL, confirmed INTEGER NOT NULL DEFAULT 0,
  run_id TEXT, status TEXT NOT NULL, created_at TEXT, modified_at TEXT, confidence TEXT, error TEXT, warnings TEXT,
  extra TEXT, input TEXT NOT NULL, content TEXT, merged TEXT, output TEXT)`

/** A row of then; what is absent is null. */
interface V1Run {
  readonly change: number
  readonly updated_at: number
  readonly confirmed?: 0 | 1
  readonly run_id?: string
  readonly status: string
  readonly error?: string
  readonly input: string
  readonly content?: string
  readonly merged?: string
  readonly output?: string
  readonly confidence?: string
}

export interface V1Group {
  readonly taskgroup_id: string
  readonly state: "receiving" | "active" | "ended"
  readonly status_message?: string
  readonly ended_at?: number
  readonly removal_at?: number
  readonly end_change?: number
  readonly change: number
  readonly task_spec?: string
  readonly warnings?: ReadonlyArray<string>
  /** As many as rows, unless it is still receiving. */
  readonly num_inputs?: number
  readonly runs: ReadonlyArray<V1Run>
  /** Key-value entries of then. */
  readonly kv: Readonly<Record<string, unknown>>
}

const insert = (storage: SqliteStorage, table: string, values: Readonly<Record<string, SqlValue>>) => {
  const names = Object.keys(values)
  const places = names.map(() => "?").join(", ")
  storage.sql.exec(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`, ...Object.values(values))
}

export const writeV1 = (storage: SqliteStorage, group: V1Group, schemaVersion = 1): void => {
  const { runs, kv, num_inputs = runs.length, ...details } = group
  // A Durable Object that the test runs in has made its own tables.
  for (const table of ["details", "runs"]) storage.sql.exec(`DROP TABLE IF EXISTS ${table}`)
  storage.sql.exec("DROP VIEW IF EXISTS results")
  storage.sql.exec(DETAILS)
  storage.sql.exec(RUNS)
  insert(storage, "details", {
    id: 1,
    schema_version: schemaVersion,
    url: `https://multitask.example/${group.taskgroup_id}`,
    created_at: "2026-11-01T09:00:00Z",
    metadata: `{"product":"multitask"}`,
    processor: "core",
    task_spec: `{"output_schema":{"type":"auto"}}`,
    input_columns: `["company"]`,
    output_columns: `["ceo"]`,
    status_message: "",
    num_inputs,
    ...details,
    warnings: JSON.stringify(group.warnings ?? []),
  })
  runs.forEach((run, index) =>
    insert(storage, "runs", { id: index * 1_000 + 1, input_index: index, attempt: 1, ...run }),
  )
  for (const [key, value] of Object.entries(kv)) storage.kv.put(key, value)
}

export const BEGAN = Date.UTC(2026, 10, 1, 9)
const MINUTE = 60_000

/** An output as it was stored. */
const stored = (ceo: string) => ({
  content: `{"ceo":"${ceo}"}`,
  output: `{"type":"json","basis":[{"field":"ceo","citations":[],"reasoning":"r","confidence":"high"}]}`,
  confidence: `{"ceo":"high"}`,
})

export const NEVER_CAME = `{"ref_id":"","message":"Parallel completed this run, but its output did not come.","detail":null}`
const NO_CREDIT = "Not enough credit at Parallel: 2 inputs are not submitted yet. (no credit)"

/** In the middle of its life, with all that a row could be; rows 8 and 9 wait for credit. */
export const ACTIVE: V1Group = {
  taskgroup_id: "tgrp_v1_active",
  state: "active",
  status_message: NO_CREDIT,
  // Numbers up to here were set aside for runs that are seen running.
  change: 1_040,
  warnings: ["Careful."],
  runs: [
    { input: `{"company":"C0"}`, change: 20, updated_at: BEGAN, run_id: "run-0", status: "queued" },
    {
      input: `{"company":"C1"}`,
      change: 31,
      updated_at: BEGAN + 1,
      confirmed: 1,
      run_id: "run-1",
      status: "running",
    },
    {
      input: `{"company":"C2"}`,
      change: 34,
      updated_at: BEGAN + 2 * MINUTE,
      confirmed: 1,
      run_id: "run-2",
      status: "completed",
      ...stored("Person 2"),
    },
    {
      input: `{"company":"C3"}`,
      change: 35,
      updated_at: BEGAN + 3 * MINUTE,
      confirmed: 1,
      run_id: "run-3",
      status: "completed",
    },
    {
      input: `{"company":"C4"}`,
      change: 39,
      updated_at: BEGAN + 4 * MINUTE,
      confirmed: 1,
      run_id: "run-4",
      status: "completed",
      error: NEVER_CAME,
    },
    {
      input: `{"company":"C5"}`,
      change: 36,
      updated_at: BEGAN + 3 * MINUTE,
      confirmed: 1,
      run_id: "run-5",
      status: "failed",
      error: `{"ref_id":"r-5","message":"no","detail":null}`,
    },
    // Refused for good, so that it has no run.
    {
      input: `{"company":"C6"}`,
      change: 30,
      updated_at: BEGAN,
      status: "failed",
      error: `{"message":"bad row"}`,
    },
    {
      input: `{"company":"C7","ceo":"in"}`,
      change: 37,
      updated_at: BEGAN + 3 * MINUTE,
      confirmed: 1,
      run_id: "run-7",
      status: "completed",
      ...stored("Person 7"),
      merged: `{"company":"C7","ceo":"Person 7"}`,
    },
    { input: `{"company":"C8"}`, change: 10, updated_at: BEGAN, status: "queued" },
    { input: `{"company":"C9"}`, change: 11, updated_at: BEGAN, status: "queued" },
  ],
  kv: {
    api_key: "secret-key",
    webhook_url: "https://hook.example/?token=secret",
    cursor: "cursor-77",
    plan: {
      todo: [{ from: 8, to: 10 }],
      sending: [],
      lost: [],
      credit: { since: BEGAN, next: BEGAN + 60 * MINUTE, delay: 20 * MINUTE },
    },
    alarms: { watchdog: BEGAN + 6 * MINUTE },
  },
}

/** The same with everything submitted, while Parallel refuses the key. */
export const REFUSED: V1Group = {
  ...ACTIVE,
  status_message: "Parallel refuses access to this group (401: no). It is asked again.",
  runs: ACTIVE.runs.slice(0, 8),
  kv: {
    api_key: "secret-key",
    plan: { todo: [], sending: [], lost: [], credit: null },
    refused_since: BEGAN + 5 * MINUTE,
    alarms: { watchdog: BEGAN + 6 * MINUTE },
  },
}

/** It was given up, while an output was on its way and when another had not come. */
export const ENDED: V1Group = {
  taskgroup_id: "tgrp_v1_ended",
  state: "ended",
  status_message: "Nothing has changed at Parallel for 30 days. Following has ended.",
  ended_at: BEGAN + 10 * MINUTE,
  removal_at: BEGAN + 30 * 24 * 60 * MINUTE,
  end_change: 51,
  change: 51,
  runs: ACTIVE.runs.slice(2, 6),
  kv: {
    webhook_url: "https://hook.example/?token=secret",
    alarms: { removal: BEGAN + 30 * 24 * 60 * MINUTE, webhook: BEGAN + 11 * MINUTE },
  },
}
