/** Parallel's shapes as they travel. */
export const RUN_STATUSES = [
  "queued",
  "action_required",
  "running",
  "completed",
  "failed",
  "cancelling",
  "cancelled",
] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

/** The only statuses that count as active; `action_required` is parked, the others are final. */
export const isActive = (status: RunStatus): boolean =>
  status === "queued" || status === "running" || status === "cancelling"

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }
export type Metadata = Record<string, string | number | boolean>

/** Where a run's output comes from: made up to fit the spec, what is hard to pass on, or the run's own input. */
export const OUTPUT_CONTENTS = ["made", "hard", "echo"] as const
export type OutputContent = (typeof OUTPUT_CONTENTS)[number]

export interface Warning {
  type: "spec_validation_warning" | "input_validation_warning" | "warning"
  message: string
  detail: JsonObject | null
}

export interface ErrorObject {
  ref_id: string
  message: string
  detail: JsonObject | null
}

export interface TaskGroupStatus {
  num_task_runs: number
  task_run_status_counts: Partial<Record<RunStatus, number>>
  is_active: boolean
  status_message: string | null
  modified_at: string | null
}

export interface TaskRun {
  run_id: string
  interaction_id: string
  status: RunStatus
  is_active: boolean
  warnings: Warning[] | null
  error: ErrorObject | null
  processor: string
  metadata?: Metadata | null
  taskgroup_id: string | null
  created_at: string | null
  modified_at: string | null
}

export interface Citation {
  title: string | null
  url: string
  excerpts: string[] | null
}

export interface FieldBasis {
  field: string
  citations: Citation[]
  reasoning: string
  confidence?: string | null
}

export interface TaskRunTextOutput {
  type: "text"
  content: string
  basis: FieldBasis[]
  mcp_tool_calls: null
}

export interface TaskRunJsonOutput {
  type: "json"
  /** An object; text holding one where the behaviour says so. */
  content: JsonObject | string
  basis: FieldBasis[]
  mcp_tool_calls: null
  output_schema?: JsonObject | null
}

export type TaskRunOutput = TaskRunTextOutput | TaskRunJsonOutput

export interface TaskSpec {
  output_schema: JsonObject | string
  input_schema?: JsonObject | string | null
}

/** A run as it was asked for: an element of `inputs`, or the body of a single create. */
export interface TaskRunInput {
  input: string | JsonObject
  processor: string
  task_spec?: TaskSpec | null
  metadata?: Metadata | null
  [other: string]: unknown
}
