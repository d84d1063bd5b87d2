import * as Schema from "effect/Schema"
import { anyObject, count, GroupIdText, JsonSchema, open, optional, text, Usd, Warnings } from "./values.ts"

/** What the requests that take a key are answered. */

const Url = text("The group's URL, which anybody who has it may read.")

const estimate = {
  num_inputs: count("Rows that are taken."),
  num_inputs_left_out: count("Rows that `skip_empty` and `limit` left out."),
  processor: text("The processor, asked for or suggested."),
  output_schema: Schema.NullOr(JsonSchema).annotate({
    description:
      "The JSON Schema of the output, given or suggested; null with text, and where Parallel chooses it.",
  }),
  estimated_cost_usd: Usd,
  estimated_seconds: Schema.NullOr(open({ min: Schema.Finite, max: Schema.Finite })).annotate({
    description: "How long it typically takes; no promise.",
  }),
  warnings: Warnings,
}

export const Plan = open({ dry_run: Schema.Literal(true), ...estimate }).annotate({
  identifier: "Plan",
  description: "What a dry run answers: what the request would come to.",
})

export const Created = open({ url: Url, taskgroup_id: GroupIdText, ...estimate }).annotate({
  identifier: "Created",
  description: "A task group that has been created.",
})

const acted = { url: Url, taskgroup_id: GroupIdText }
const planned = {
  dry_run: optional(Schema.Literal(true).annotate({ description: "Only of a plan: nothing has changed." })),
}

export const InputsAdded = open({
  ...planned,
  ...acted,
  added: count("Rows added."),
  first_index: count("The index of the first of them."),
  num_inputs: count("Rows that the group has with them."),
  estimated_cost_usd: Usd,
  warnings: Warnings,
}).annotate({ identifier: "InputsAdded" })

export const RowsRetried = open({
  ...planned,
  ...acted,
  retried: count("Rows that run again; 0: there was nothing to do."),
  estimated_cost_usd: Usd,
  warnings: Warnings,
}).annotate({ identifier: "RowsRetried" })

export const Stopped = open({
  ...acted,
  not_sent: count("Rows that are not sent any more; they end as `cancelled`."),
  running: count("Rows that are at Parallel, or may be: they go on to their end."),
  warnings: Warnings,
}).annotate({ identifier: "Stopped" })

export const Resumed = open({
  ...acted,
  resumed: count("Rows that are sent, or followed, again; 0: there was nothing to do."),
  warnings: Warnings,
}).annotate({ identifier: "Resumed" })

export const Deleted = open({
  ...acted,
  deleted: Schema.Literal(true),
  running: count("Rows whose runs were still under way at Parallel. They run on there, followed by nobody."),
  warnings: Warnings,
}).annotate({ identifier: "Deleted" })

export const Problem = open({
  path: text("Where, as in `inputs[3]` or `output_schema.type`; empty: the body as a whole."),
  message: text("What is wrong there and what to do: the rest of a sentence that begins with the path."),
}).annotate({ identifier: "Problem" })

/** Parallel's own shape. */
export const ErrorBody = open({
  type: Schema.Literal("error"),
  error: open({
    ref_id: Schema.NullOr(Schema.String).annotate({
      description:
        "Parallel's reference where the error is Parallel's, else ours: it finds the line in the log.",
    }),
    message: text("What is wrong, where, and what to do."),
    detail: Schema.NullOr(
      open({
        errors: optional(
          Schema.Array(Schema.Union([Problem, Schema.String])).annotate({
            description: "Every problem of the request, the first hundred by path and how many more.",
          }),
        ),
      }),
    ).annotate({ description: "More about it; what Parallel says in detail is passed on." }),
  }),
  taskgroup_id: optional(GroupIdText),
  url: optional(text("Its URL, where something may be behind it.")),
}).annotate({
  identifier: "ErrorBody",
  description: "An error, in the shape of Parallel's own API.",
})

const SqlResult = open({
  headers: Schema.Array(
    open({ name: Schema.String, displayName: Schema.String, originalType: Schema.String }),
  ),
  rows: Schema.Array(anyObject),
  stat: open({
    queryDurationMs: Schema.Finite,
    rowsAffected: Schema.Int,
    rowsRead: Schema.Int,
    rowsWritten: Schema.Int,
  }),
}).annotate({ identifier: "SqlResult", description: "A statement's rows. Integers beyond 2^53 are text." })

export const SqlAnswer = Schema.Union([
  open({ result: Schema.Union([SqlResult, Schema.Array(SqlResult)]) }),
  open({ error: text("Why the statement was refused, and what to ask instead.") }),
]).annotate({
  identifier: "SqlAnswer",
  description: "One result, or as many as there were statements; or a refusal.",
})

export const SignedIn = open({ api_key: text("The person's Parallel API key.") }).annotate({
  identifier: "SignedIn",
})

export const JsonRpc = open({
  jsonrpc: Schema.Literal("2.0"),
  id: optional(Schema.Union([Schema.String, Schema.Int, Schema.Null])),
}).annotate({ identifier: "JsonRpcMessage", description: "A message of JSON-RPC, as MCP defines them." })
