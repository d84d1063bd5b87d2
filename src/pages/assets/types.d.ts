/** Shapes the pages share with the server. Types only: this file is not deployed. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export type Citation = { url: string; title?: string | null; excerpts?: string[] | null }
export type FieldBasis = {
  field: string
  reasoning?: string | null
  citations?: Citation[] | null
  confidence?: string | null
}
/** Names and their values as JSON text, in the order in which they were sent. */
export type Fields = ReadonlyMap<string, string>

/** With `basis` absent, `confidence` has the levels by field, and the basis is fetched when the row is opened. */
export type OutputFacts = {
  type?: string | undefined
  basis?: FieldBasis[] | null | undefined
  confidence?: { [field: string]: string } | undefined
}
export type Output = OutputFacts & { fields: Fields }

export type RunError = { ref_id?: string | null; message?: string | null; detail?: Json }
export type Warning = { type?: string; message?: string; detail?: Json } | string

export type TaskRun = {
  run_id: string | null
  interaction_id?: string | null
  status: string
  is_active?: boolean
  processor?: string | null
  warnings?: Warning[] | null
  error?: RunError | null
  metadata?: JsonObject | null
  created_at?: string | null
  modified_at?: string | null
}

export type ListedRun = TaskRun & { input_index: number; input?: unknown; output: OutputFacts | null }

export type GroupStatus = {
  num_task_runs: number
  task_run_status_counts: { [status: string]: number }
  is_active: boolean
  status_message?: string | null
  modified_at?: string | null
  state?: string
  estimated_cost_usd?: number | null
}

export type Group = {
  taskgroup_id: string
  metadata: JsonObject | null
  status: GroupStatus
  created_at: string | null
  warnings?: string[] | null
}

/** What the page needs to know beside the group. */
export type Facts = {
  last_event_id: string | null
  /** It was given some of the rows only. */
  partial: boolean
  ended: boolean
  sunset: string | null
}

export type StateEvent = {
  type: "task_run.state"
  event_id?: string | null
  input_index: number
  run: TaskRun
  output: OutputFacts | null
}
export type StatusEvent = { type: "task_group_status"; event_id?: string | null; status: GroupStatus }
export type DoneEvent = { type: "done"; event_id?: string | null }

/** What the page has just been told of a row; without an input it is the one that is known. */
export type RowNews = {
  index: number
  input: Fields | null
  run: TaskRun
  /** The run as JSON text, for what is shown of it with its digits. */
  runText: string
  output: Output | null
}

/** One input as the result page holds it. `version` rises with every change, so that a view redraws only what changed. */
export type Row = RowNews & {
  input: Fields
  version: number
  /** Lower-case text of the whole row for searching, made when first needed. */
  search: string | null
}

export type Column = {
  id: string
  kind: "input" | "output"
  name: string
  description: string
  /** Which kinds of value have been seen; a column with numbers alone is right-aligned and sorts as numbers. */
  numbers: number
  others: number
  width: number
  /** Width as drawn: the last column takes what is left of the window. */
  drawn?: number
  /** What tells rows apart: it stays in sight. */
  key?: boolean
  hidden: boolean
}

export type ConnectionState = {
  kind: "connecting" | "live" | "interrupted" | "busy" | "ended" | "gone"
  /** When this state began, in milliseconds. */
  since: number
  attempt: number
}

/** A request with its rows, its schema and its other fields as JSON text: each row on its own, or the address that answers them. */
export type MultitaskRequest = {
  inputs: readonly string[] | { url: string }
  webhook_url?: string
  processor?: string
  output_type: "text" | "json"
  output_description?: string
  output_schema?: string
  /** Its other fields, as JSON text. */
  more?: ReadonlyMap<string, string>
}

export type MultitaskAnswer = {
  url: string
  taskgroup_id: string
  num_inputs: number
  num_inputs_left_out?: number
  processor: string
  output_schema?: Json
  estimated_cost_usd: number | null
  warnings: string[]
}

/** What a dry run answers. */
export type PlanAnswer = Omit<MultitaskAnswer, "url" | "taskgroup_id"> & {
  estimated_seconds: { min: number; max: number } | null
}

/** What adding rows answers. */
export type AddedAnswer = { added: number; num_inputs: number; warnings: string[] }

export type Problem = { path: string; message: string }

/** A question of Outerbase's studio: `id` is its own, and comes back with the answer. */
export type StudioMessage = {
  id: number | string
  body: { type: "query"; statement: string } | { type: "transaction"; statements: string[] }
}

/** What the studio's protocol answers to a query (queryable-object). Values are NULL, numbers or text. */
export type QueryResult = {
  /** `name` is the row's key, unique; `displayName` is what the query called the column. */
  headers: { name: string; displayName: string }[]
  rows: { [column: string]: unknown }[]
  stat?: { queryDurationMs?: number; rowsRead?: number }
}

/** Names of the view's columns, and of the fields inside the JSON ones. `text`: the output is one text, without fields. */
export type GroupFields = { columns: string[]; inputs: string[]; outputs: string[]; text: boolean }
