import { ChangeNumber, type GroupId, RunId } from "../../domain/Ids.ts"
import type { GroupDetails, GroupState, RunRow } from "../../domain/TaskGroup.ts"
import { migrate, SCHEMA_VERSION } from "./migrate.ts"
import { run, type SqliteStorage, type SqlValue } from "./SqliteStorage.ts"

/**
 * `id` orders rows by input and makes the newest attempt the last of its input. It is the rowid, so that the key costs
 * no index entry at each insert, and so that SQL studios, which ask for `rowid`, work.
 */
export const ATTEMPTS_PER_INPUT = 1000
export const rowId = (inputIndex: number, attempt: number): number =>
  inputIndex * ATTEMPTS_PER_INPUT + attempt
export const indexOfRow = (id: number): number => Math.floor(id / ATTEMPTS_PER_INPUT)

/** Makes the tables where there are none, and brings them up to date where they are of an earlier version. */
export const openTables = (storage: SqliteStorage): void => {
  createDetails(storage)
  // Before anything else: what a later version stored is left as it is.
  migrate(storage)
  createRuns(storage)
}

const createDetails = (storage: SqliteStorage): void =>
  run(
    storage,
    `CREATE TABLE IF NOT EXISTS details (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      schema_version INTEGER NOT NULL,
      taskgroup_id TEXT NOT NULL,
      url TEXT NOT NULL,
      created_at TEXT,
      metadata TEXT NOT NULL,
      processor TEXT NOT NULL,
      task_spec TEXT NOT NULL,
      input_columns TEXT NOT NULL,
      output_columns TEXT NOT NULL,
      warnings TEXT NOT NULL,
      num_inputs INTEGER NOT NULL,
      state TEXT NOT NULL,
      status_message TEXT NOT NULL,
      ended_at INTEGER,
      removal_at INTEGER,
      end_change INTEGER,
      change INTEGER NOT NULL,
      run_options TEXT NOT NULL DEFAULT '{}'
    )`,
  )

const createRuns = (storage: SqliteStorage): void =>
  run(
    storage,
    `CREATE TABLE IF NOT EXISTS runs (
      id INTEGER PRIMARY KEY CHECK (id = input_index * ${ATTEMPTS_PER_INPUT} + attempt),
      input_index INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      change INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      confirmed INTEGER NOT NULL DEFAULT 0,
      run_id TEXT,
      status TEXT NOT NULL,
      created_at TEXT,
      modified_at TEXT,
      confidence TEXT,
      error TEXT,
      warnings TEXT,
      extra TEXT,
      input TEXT NOT NULL,
      content TEXT,
      merged TEXT,
      output TEXT,
      processor TEXT
    )`,
  )

/** A stored row, with what only the store needs to know about it. */
export interface StoredRow extends RunRow {
  /** Parallel's metadata named this input for this run; an assignment by position can still be corrected. */
  readonly confirmed: boolean
}

export const RUN_COLUMNS =
  "input_index, attempt, change, confirmed, run_id, status, created_at, modified_at, confidence, error, warnings, extra, input, content, merged, output, processor"

const textOrNull = (value: SqlValue | undefined): string | null => (typeof value === "string" ? value : null)

/** Ids as they are stored: they were checked when they came in. */
export const storedRunId = (value: SqlValue | undefined): RunId | null =>
  typeof value === "string" ? RunId(value) : null
export const storedChange = (value: SqlValue | undefined): ChangeNumber => ChangeNumber(value as number)

export const toRow = (values: ReadonlyArray<SqlValue>): StoredRow => ({
  inputIndex: values[0] as number,
  attempt: values[1] as number,
  change: storedChange(values[2]),
  confirmed: values[3] === 1,
  runId: storedRunId(values[4]),
  status: values[5] as string,
  createdAt: textOrNull(values[6]),
  modifiedAt: textOrNull(values[7]),
  confidence: textOrNull(values[8]),
  error: textOrNull(values[9]),
  warnings: textOrNull(values[10]),
  extra: textOrNull(values[11]),
  input: values[12] as string,
  content: textOrNull(values[13]),
  merged: textOrNull(values[14]),
  output: textOrNull(values[15]),
  processor: textOrNull(values[16]),
})

/** Characters of a row's large columns. */
export const textSize = (row: RunRow): number =>
  row.input.length + (row.content?.length ?? 0) + (row.merged?.length ?? 0) + (row.output?.length ?? 0)

/** The columns that change. */
const STATE: ReadonlyArray<readonly [column: string, valueOf: (row: StoredRow) => SqlValue]> = [
  ["confirmed", (row) => (row.confirmed ? 1 : 0)],
  ["run_id", (row) => row.runId],
  ["status", (row) => row.status],
  ["created_at", (row) => row.createdAt],
  ["modified_at", (row) => row.modifiedAt],
  ["confidence", (row) => row.confidence],
  ["error", (row) => row.error],
  ["warnings", (row) => row.warnings],
  ["extra", (row) => row.extra],
  ["content", (row) => row.content],
  ["merged", (row) => row.merged],
  ["output", (row) => row.output],
]

/** Writes what changed of a row: few columns do at a time, and each that is bound costs. All of it if that is unknown. */
export const updateRow = (
  storage: SqliteStorage,
  before: StoredRow | null,
  after: StoredRow,
  now: number,
): void => {
  const changed = STATE.filter(([, valueOf]) => before === null || valueOf(before) !== valueOf(after))
  const set = ["change", "updated_at", ...changed.map(([column]) => column)]
  run(
    storage,
    `UPDATE runs SET ${set.join(" = ?, ")} = ? WHERE id = ?`,
    after.change,
    now,
    ...changed.map(([, valueOf]) => valueOf(after)),
    rowId(after.inputIndex, after.attempt),
  )
}

export interface StoredDetails extends GroupDetails {
  readonly endChange: ChangeNumber | null
  readonly change: ChangeNumber
}

const DETAIL_COLUMNS =
  "taskgroup_id, url, created_at, metadata, processor, task_spec, input_columns, output_columns, warnings, num_inputs, state, status_message, ended_at, removal_at, end_change, change, run_options"

export const readDetails = (storage: SqliteStorage): StoredDetails | null => {
  for (const row of storage.sql.exec(`SELECT ${DETAIL_COLUMNS} FROM details WHERE id = 1`).raw()) {
    return {
      taskgroupId: row[0] as GroupId,
      url: row[1] as string,
      createdAt: textOrNull(row[2]),
      metadata: row[3] as string,
      processor: row[4] as string,
      taskSpec: row[5] as string,
      inputColumns: JSON.parse(row[6] as string) as Array<string>,
      outputColumns: JSON.parse(row[7] as string) as Array<string>,
      warnings: JSON.parse(row[8] as string) as Array<string>,
      numInputs: row[9] as number,
      state: row[10] as GroupState,
      statusMessage: row[11] as string,
      endedAt: row[12] as number | null,
      removalAt: row[13] as number | null,
      endChange: row[14] === null ? null : storedChange(row[14]),
      change: storedChange(row[15]),
      runOptions: row[16] as string,
    }
  }
  return null
}

export const writeDetails = (storage: SqliteStorage, details: StoredDetails): void =>
  run(
    storage,
    `INSERT OR REPLACE INTO details (id, schema_version, ${DETAIL_COLUMNS})
     VALUES (1, ${SCHEMA_VERSION}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    details.taskgroupId,
    details.url,
    details.createdAt,
    details.metadata,
    details.processor,
    details.taskSpec,
    JSON.stringify(details.inputColumns),
    JSON.stringify(details.outputColumns),
    JSON.stringify(details.warnings),
    details.numInputs,
    details.state,
    details.statusMessage,
    details.endedAt,
    details.removalAt,
    details.endChange,
    details.change,
    details.runOptions,
  )
