import * as Schema from "effect/Schema"
import {
  anyObject,
  count,
  GroupIdText,
  InputRow,
  JsonSchema,
  open,
  optional,
  text,
  Usd,
  Warnings,
} from "./values.ts"

/** What the formats of JSON show of a group. */

const RunStatus = text(
  "`queued`, `running`, `completed`, `failed` or `cancelled`; others of Parallel's are shown as they are. A row that says `completed` has its output.",
)

const States = [
  "running",
  "waiting_for_credit",
  "key_refused",
  "stopping",
  "done",
  "stopped",
  "given_up",
] as const

export const TaskGroupStatus = open({
  num_task_runs: count("The number of inputs."),
  task_run_status_counts: Schema.Record(Schema.String, Schema.Int).annotate({
    description: "How many rows are in which status.",
    examples: [{ completed: 2, running: 1 }],
  }),
  is_active: Schema.Boolean.annotate({ description: "True until every row has ended." }),
  status_message: text(
    "What is so now: what is waited for, why it ended early. Empty when there is nothing to say.",
  ),
  modified_at: text("When it last changed."),
  state: Schema.Literals(States).annotate({
    description:
      "`running`: results come in by themselves. `waiting_for_credit`: add credit at Parallel. `key_refused`: resume with another key. `stopping`: rows were left out, what is at Parallel goes on. `done`: every row has ended; the counts tell how many failed. `stopped`: ended with rows unsent; resume sends them. `given_up`: nothing more comes in; resume follows again.",
  }),
  estimated_cost_usd: Usd,
}).annotate({ identifier: "TaskGroupStatus", description: "How the group stands, computed from its rows." })

const Output = open({
  content: Schema.Unknown.annotate({ description: "The answer: an object of fields, or text." }),
  type: optional(Schema.String),
  basis: optional(
    Schema.Array(anyObject).annotate({
      description:
        "For each field its citations, reasoning and confidence. With `basis=none`, `confidence` stands in its place.",
    }),
  ),
  confidence: optional(
    anyObject.annotate({ description: "With `basis=none`: `high`, `medium` or `low` by field." }),
  ),
}).annotate({ identifier: "Output" })

const run = {
  run_id: Schema.NullOr(Schema.String).annotate({
    description: "The run's id at Parallel; null while it was not submitted.",
  }),
  interaction_id: Schema.NullOr(Schema.String),
  status: RunStatus,
  is_active: Schema.Boolean,
  warnings: Schema.NullOr(Schema.Array(Schema.Unknown)),
  error: Schema.NullOr(
    open({ ref_id: Schema.NullOr(Schema.String), message: Schema.String, detail: Schema.Unknown }),
  ).annotate({
    description: "Why there is no output.",
  }),
  processor: Schema.String,
  metadata: Schema.NullOr(anyObject),
  taskgroup_id: Schema.NullOr(Schema.String),
  created_at: Schema.NullOr(Schema.String),
  modified_at: Schema.NullOr(Schema.String),
}

const TaskRun = open(run).annotate({
  identifier: "TaskRun",
  description: "A run, with the fields of Parallel's own API.",
})

export const Row = open({
  ...run,
  input_index: count("The row's place among the inputs, from 0."),
  input: InputRow,
  output: Schema.NullOr(Output),
}).annotate({ identifier: "Row", description: "A row: its run, input and output." })

const resultRow = {
  $id: Schema.NullOr(Schema.String).annotate({
    description: "The run's id; null while it was not submitted.",
  }),
  $status: RunStatus,
}

const ResultRow = open(resultRow).annotate({
  identifier: "ResultRow",
  description:
    "A row, flat: its run's id and status, the input's columns, the output's columns. Where both have a column it is the output's; text output is `content`.",
})

export const TaskGroupResult = open({
  taskgroup_id: GroupIdText,
  metadata: open({
    title: optional(Schema.NullOr(Schema.String)),
    question: optional(Schema.NullOr(Schema.String).annotate({ description: "What is asked of every row." })),
    processor: optional(Schema.String),
    product: optional(Schema.String),
    origin: optional(Schema.String),
    num_inputs: optional(Schema.Int),
  }).annotate({ description: "Ours, and beside it what was sent as `metadata`." }),
  status: TaskGroupStatus,
  created_at: Schema.String,
  output_schema: Schema.NullOr(JsonSchema).annotate({ description: "Null with text output." }),
  warnings: Warnings,
  results: Schema.Array(ResultRow).annotate({ description: "In input order." }),
  runs: Schema.Array(Row).annotate({ description: "The same rows, with all that Parallel says of a run." }),
}).annotate({ identifier: "TaskGroupResult", description: "A task group with its rows." })

/** A line of JSON Lines. */
export const ResultLine = open({
  ...resultRow,
  $error: optional(Schema.Unknown.annotate({ description: "Why the row has no output." })),
  $basis: optional(
    Schema.Array(Schema.Unknown).annotate({
      description: "Reasoning and sources, where `basis` asks for them.",
    }),
  ),
}).annotate({
  identifier: "ResultLine",
  description: "A line of JSON Lines: an element of `results`, with its error.",
})

/** Lines of JSON Lines with `table`. */
export const StoredRun = open({
  id: Schema.Int,
  input_index: Schema.Int,
  attempt: Schema.Int,
  run_id: Schema.NullOr(Schema.String),
  status: Schema.String,
  input: Schema.String.annotate({ description: "JSON, as all that is JSON in a column." }),
  content: Schema.NullOr(Schema.String),
  output: Schema.NullOr(Schema.String),
}).annotate({ identifier: "StoredRun", description: "A line of the table `runs`: an attempt at an input." })

export const StoredDetails = open({
  taskgroup_id: GroupIdText,
  num_inputs: Schema.Int,
  task_spec: Schema.String,
}).annotate({ identifier: "StoredDetails", description: "The line of the table `details`." })

export const StoredSchema = open({
  name: Schema.String,
  type: Schema.Literals(["table", "view"]),
  sql: Schema.String,
}).annotate({ identifier: "StoredSchema", description: "A line of `sqlite_schema`: how SQLite makes it." })

const eventId = text("The group's change number, as text.")

/** The data of the stream's events, by the events' names. */
export const TaskGroupStatusEvent = open({
  type: Schema.Literal("task_group_status"),
  event_id: eventId,
  status: TaskGroupStatus,
}).annotate({ identifier: "TaskGroupStatusEvent", description: "Data of the event `task_group_status`." })

export const TaskRunStateEvent = open({
  type: Schema.Literal("task_run.state"),
  event_id: eventId,
  input_index: count("The row's place among the inputs, from 0."),
  input: open({ processor: Schema.String, metadata: anyObject, input: InputRow }),
  run: TaskRun,
  output: Schema.NullOr(Output),
}).annotate({ identifier: "TaskRunStateEvent", description: "Data of the event `task_run.state`." })

export const DoneEvent = open({ type: Schema.Literal("done"), event_id: eventId }).annotate({
  identifier: "DoneEvent",
  description: "Data of the event `done`, the last one: every row has ended.",
})
