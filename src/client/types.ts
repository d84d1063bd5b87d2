/**
 * What is sent to the API and what it answers, as its contract (src/api) says. A placeholder until `npm run pages` makes
 * it.
 */

// oxlint-disable-next-line typescript/no-explicit-any -- the fields that are not named here
type Open = Record<string, any>

export interface TaskGroupInput {
  inputs: string | ReadonlyArray<object>
  output_type: "text" | "json"
  output_description?: string
  output_schema?: object | string
  processor?: string
  [field: string]: unknown
}
export interface Plan extends Open {
  dry_run: true
  num_inputs: number
  num_inputs_left_out: number
  processor: string
  output_schema: object | null
  estimated_cost_usd: number | null
  estimated_seconds: { min: number; max: number } | null
  warnings: ReadonlyArray<string>
}
export interface Created extends Omit<Plan, "dry_run"> {
  url: string
  taskgroup_id: string
}
export interface TaskGroupStatus extends Open {
  num_task_runs: number
  task_run_status_counts: Record<string, number>
  is_active: boolean
  status_message: string
  modified_at: string
  state: "running" | "waiting_for_credit" | "key_refused" | "stopping" | "done" | "stopped" | "given_up"
  estimated_cost_usd: number | null
}
export interface Row extends Open {
  run_id: string | null
  status: string
  is_active: boolean
  input_index: number
  input: Open
  output: { content: unknown } | null
  error: { message: string } | null
}
export interface TaskGroupResultOutput extends Open {
  taskgroup_id: string
  metadata: Open
  status: TaskGroupStatus
  created_at: string
  results: ReadonlyArray<Open>
  runs: ReadonlyArray<Row>
  warnings: ReadonlyArray<string>
}
export interface AddInputs extends Open {
  inputs: string | ReadonlyArray<object>
}
export interface Retry extends Open {
  rows?: ReadonlyArray<number>
}
export interface InputsAdded extends Open {
  url: string
  taskgroup_id: string
  added: number
  first_index: number
  num_inputs: number
  estimated_cost_usd: number | null
  warnings: ReadonlyArray<string>
}
export interface RowsRetried extends Open {
  url: string
  taskgroup_id: string
  retried: number
  estimated_cost_usd: number | null
  warnings: ReadonlyArray<string>
}
export interface Stopped extends Open {
  not_sent: number
  running: number
}
export interface Resumed extends Open {
  resumed: number
}
export interface Deleted extends Open {
  deleted: true
  running: number
}
