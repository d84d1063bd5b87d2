import * as Schema from "effect/Schema"
import { anyObject, InputRow, JsonSchema, optional, Processor, text } from "./values.ts"

/**
 * What may be sent. These objects are closed, as the requests are: a word that was to limit what is paid for is never
 * ignored. A field that is null counts as absent, which their types need not offer.
 */

const Inputs = Schema.Union([Schema.Array(InputRow).check(Schema.isMinLength(1)), Schema.String]).annotate({
  description:
    "The rows: an array of objects, or text. Text is an https URL that answers rows (JSON, JSON Lines, CSV or TSV with a header), or a JSON array of objects. Up to 50,000.",
})
const Limit = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).annotate({
  description: "Only the first n rows, behind those that `skip_empty` leaves out.",
})
const MaxCost = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)).annotate({
  description:
    "The most that this request may cost, in US dollars. When the estimate is above it, or there is none, nothing is done: 422.",
})
const DryRun = Schema.Boolean.annotate({
  description:
    "Only plans: checks everything, makes the suggestions, and answers what it would come to and cost. Nothing is created or changed. Also as a query parameter.",
})
const SkipEmpty = Schema.Boolean.annotate({
  description: "Leaves rows without any value out, instead of refusing them.",
})

const Domain = Schema.String.annotate({ examples: ["example.com"] })

export const SourcePolicy = Schema.Struct({
  include_domains: optional(
    Schema.Array(Domain).annotate({ description: "Only these domains are used as sources." }),
  ),
  exclude_domains: optional(
    Schema.Array(Domain).annotate({
      description: "These are not used. Ignored by Parallel where there are `include_domains`.",
    }),
  ),
  after_date: optional(
    Schema.String.annotate({ format: "date", description: "Only sources from this day on, YYYY-MM-DD." }),
  ),
}).annotate({
  identifier: "SourcePolicy",
  description:
    "Which sources Parallel's runs may use. Up to 200 domains in both lists together, each a name such as example.com or an ending such as .gov.",
})

export const McpServer = Schema.Struct({
  type: optional(Schema.Literal("url")),
  url: Schema.String.annotate({ description: "The server's address, https or http." }),
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(256)).annotate({
    description: "What the model is told that it is called.",
  }),
  headers: optional(
    Schema.Record(Schema.String, Schema.String).annotate({
      description: "Sent to the server with every call. Their values are shown to nobody.",
    }),
  ),
  allowed_tools: optional(
    Schema.Array(Schema.String).annotate({ description: "Only these of its tools; absent: all." }),
  ),
}).annotate({ identifier: "McpServer", description: "An MCP server that runs may call." })

export const AdvancedSettings = Schema.Struct({
  location: optional(
    Schema.String.check(Schema.isPattern(/^[A-Za-z]{2}$/u)).annotate({
      description: "The country that searches are made from, in two letters (ISO 3166-1).",
      examples: ["us"],
    }),
  ),
}).annotate({ identifier: "AdvancedSettings", description: "What else runs are made with." })

/** What is passed on to Parallel in every run. */
const runOptions = {
  source_policy: optional(SourcePolicy),
  mcp_servers: optional(
    Schema.Array(McpServer).check(Schema.isMaxLength(10)).annotate({
      description: "MCP servers that runs may call. Paths, queries and headers are kept secret.",
    }),
  ),
  advanced_settings: optional(AdvancedSettings),
  previous_interaction_id: optional(
    text("A run, by its `interaction_id`, whose context these runs go on with."),
  ),
  memory_scope_key: optional(
    Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9_-]{1,128}$/u)).annotate({
      description: "Runs with the same key share Parallel's memory.",
    }),
  ),
  enable_events: optional(
    Schema.Boolean.annotate({ description: "Whether Parallel records the progress of each run." }),
  ),
}

export const MultitaskRequest = Schema.Struct({
  inputs: Inputs,
  output_type: Schema.Literals(["json", "text"]).annotate({
    description:
      "`json`: fields, one column each; needs `output_schema` or `output_description`. `text`: one text for each row.",
  }),
  output_description: optional(
    text(
      "What to find out about each row, in plain words. With `json` and no schema, one is suggested from it.",
      {
        examples: ["Founding year, headquarters city and number of employees of the company"],
      },
    ),
  ),
  output_schema: optional(
    Schema.Union([JsonSchema, Schema.String]).annotate({
      description:
        "The output's fields: a JSON Schema of an object, with a description for each property, as an object or as JSON text. Only with `json`.",
    }),
  ),
  processor: optional(Processor),
  limit: optional(Limit),
  max_cost_usd: optional(MaxCost),
  dry_run: optional(DryRun),
  skip_empty: optional(SkipEmpty),
  title: optional(
    Schema.String.check(Schema.isMaxLength(200)).annotate({
      description: "Shown wherever the group is. Absent: the first words of the description.",
    }),
  ),
  metadata: optional(
    Schema.Record(Schema.String, Schema.String.check(Schema.isMaxLength(512))).annotate({
      description:
        "Up to 50 texts of your own, shown with the group and sent to Parallel with it. Not `title`, `question`, `processor`, `product`, `origin` or `num_inputs`.",
    }),
  ),
  webhook_url: optional(
    text(
      'Gets a POST `{"url": …}` each time the group ends (Standard Webhooks), until it answers 2xx. https, public; kept secret.',
    ),
  ),
  webhook_secret: optional(
    text("Signs the webhook: `whsec_` and the base64 of 24 to 64 random bytes. Kept secret."),
  ),
  ...runOptions,
}).annotate({ identifier: "MultitaskRequest", description: "Rows, and what to find out about each of them." })

export const AddInputsRequest = Schema.Struct({
  inputs: Inputs,
  limit: optional(Limit),
  max_cost_usd: optional(MaxCost),
  dry_run: optional(DryRun),
  skip_empty: optional(SkipEmpty),
}).annotate({ identifier: "AddInputsRequest", description: "Rows to be added to a task group." })

export const RetryRequest = Schema.Struct({
  rows: optional(
    Schema.Array(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))).annotate({
      description:
        "Indexes of the rows to run again, from 0, completed ones too. Absent: all that failed or were cancelled.",
    }),
  ),
  processor: optional(Processor),
  max_cost_usd: optional(MaxCost),
  dry_run: optional(DryRun),
}).annotate({ identifier: "RetryRequest", description: "Which rows to run again, and how." })

/** Stop, resume and delete take a body, and nothing in it. */
export const NoFields = Schema.Record(Schema.String, Schema.Never).annotate({
  identifier: "NoFields",
  description: "An empty object. The body may be left out.",
})

/** What the SQL studio sends. Whatever else is in it is ignored. */
export const SqlRequest = Schema.Union([
  Schema.StructWithRest(
    Schema.Struct({
      type: Schema.Literal("query"),
      statement: text("One SELECT statement, without parameters."),
      id: optional(Schema.Unknown),
    }),
    [anyObject],
  ),
  Schema.StructWithRest(
    Schema.Struct({
      type: Schema.Literal("transaction"),
      statements: Schema.Array(Schema.String).check(Schema.isMaxLength(50)),
      id: optional(Schema.Unknown),
    }),
    [anyObject],
  ),
]).annotate({
  identifier: "SqlRequest",
  description: "A statement, or several that are answered together or not at all.",
})

/** What the callback page sends, once Parallel's login has sent a person back to it. */
export const SignInRequest = Schema.StructWithRest(
  Schema.Struct({
    code: text("What Parallel's login gave."),
    code_verifier: text("The verifier whose challenge the code was asked with (RFC 7636)."),
  }),
  [anyObject],
).annotate({ identifier: "SignInRequest" })
