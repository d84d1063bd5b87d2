/**
 * What is sent to the API and what it answers. Made of its contract (src/api) by `npm run pages`: change that, not this.
 * What is sent has no other fields. Answers may have more, which their types do not name, so that a mistyped one is seen.
 */

/** Rows, and what to find out about each of them. */
export interface TaskGroupInput {
  /**
   * The rows: an array of objects, or text. Text is an https URL that answers rows (JSON, JSON Lines, CSV or
   * TSV with a header), or a JSON array of objects. Up to 50,000.
   */
  readonly inputs: ReadonlyArray<object> | string
  /**
   * `json`: fields, one column each; needs `output_schema` or `output_description`. `text`: one text for each
   * row.
   */
  readonly output_type: "json" | "text"
  /** What to find out about each row, in plain words. With `json` and no schema, one is suggested from it. */
  readonly output_description?: string | null | undefined
  /**
   * The output's fields: a JSON Schema of an object, with a description for each property, as an object or as
   * JSON text. Only with `json`.
   */
  readonly output_schema?: object | string | null | undefined
  readonly processor?: Processor | (string & {}) | null | undefined
  /** Only the first n rows, behind those that `skip_empty` leaves out. */
  readonly limit?: number | null | undefined
  /**
   * The most that this request may cost, in US dollars. When the estimate is above it, or there is none,
   * nothing is done: 422.
   */
  readonly max_cost_usd?: number | null | undefined
  /**
   * Only plans: checks everything, makes the suggestions, and answers what it would come to and cost. Nothing
   * is created or changed. Also as a query parameter.
   */
  readonly dry_run?: boolean | null | undefined
  /** Leaves rows without any value out, instead of refusing them. */
  readonly skip_empty?: boolean | null | undefined
  /** Shown wherever the group is. Absent: the first words of the description. */
  readonly title?: string | null | undefined
  /**
   * Up to 50 texts of your own, shown with the group and sent to Parallel with it. Not `title`, `question`,
   * `processor`, `product`, `origin` or `num_inputs`.
   */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined
  /**
   * Gets a POST `{"url": …}` each time the group ends (Standard Webhooks), until it answers 2xx. https,
   * public; kept secret.
   */
  readonly webhook_url?: string | null | undefined
  /** Signs the webhook: `whsec_` and the base64 of 24 to 64 random bytes. Kept secret. */
  readonly webhook_secret?: string | null | undefined
  readonly source_policy?: SourcePolicy | null | undefined
  /** MCP servers that runs may call. Paths, queries and headers are kept secret. */
  readonly mcp_servers?: ReadonlyArray<McpServer> | null | undefined
  readonly advanced_settings?: AdvancedSettings | null | undefined
  /** A run, by its `interaction_id`, whose context these runs go on with. */
  readonly previous_interaction_id?: string | null | undefined
  /** Runs with the same key share Parallel's memory. */
  readonly memory_scope_key?: string | null | undefined
  /** Whether Parallel records the progress of each run. */
  readonly enable_events?: boolean | null | undefined
}

/**
 * One input: an object with at least one value. Its columns are yours; every digit and every character is
 * passed on as it is.
 */
export type InputRow = Readonly<Record<string, unknown>>

/** A JSON Schema of an object. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * A Parallel processor, cheapest first: the further down, the deeper the research, the dearer and the slower.
 * The `-fast` ones cost the same and answer sooner from less fresh sources.
 */
export type Processor =
  | "lite"
  | "lite-fast"
  | "base"
  | "base-fast"
  | "core"
  | "core-fast"
  | "core2x"
  | "core2x-fast"
  | "pro"
  | "pro-fast"
  | "ultra"
  | "ultra-fast"
  | "ultra2x"
  | "ultra2x-fast"
  | "ultra4x"
  | "ultra4x-fast"
  | "ultra8x"
  | "ultra8x-fast"

/**
 * Which sources Parallel's runs may use. Up to 200 domains in both lists together, each a name such as
 * example.com or an ending such as .gov.
 */
export interface SourcePolicy {
  /** Only these domains are used as sources. */
  readonly include_domains?: ReadonlyArray<string> | null | undefined
  /** These are not used. Ignored by Parallel where there are `include_domains`. */
  readonly exclude_domains?: ReadonlyArray<string> | null | undefined
  /** Only sources from this day on, YYYY-MM-DD. */
  readonly after_date?: string | null | undefined
}

/** An MCP server that runs may call. */
export interface McpServer {
  readonly type?: "url" | null | undefined
  /** The server's address, https or http. */
  readonly url: string
  /** What the model is told that it is called. */
  readonly name: string
  /** Sent to the server with every call. Their values are shown to nobody. */
  readonly headers?: Readonly<Record<string, string>> | null | undefined
  /** Only these of its tools; absent: all. */
  readonly allowed_tools?: ReadonlyArray<string> | null | undefined
}

/** What else runs are made with. */
export interface AdvancedSettings {
  /** The country that searches are made from, in two letters (ISO 3166-1). */
  readonly location?: string | null | undefined
}

/** Rows to be added to a task group. */
export interface AddInputs {
  /**
   * The rows: an array of objects, or text. Text is an https URL that answers rows (JSON, JSON Lines, CSV or
   * TSV with a header), or a JSON array of objects. Up to 50,000.
   */
  readonly inputs: ReadonlyArray<object> | string
  /** Only the first n rows, behind those that `skip_empty` leaves out. */
  readonly limit?: number | null | undefined
  /**
   * The most that this request may cost, in US dollars. When the estimate is above it, or there is none,
   * nothing is done: 422.
   */
  readonly max_cost_usd?: number | null | undefined
  /**
   * Only plans: checks everything, makes the suggestions, and answers what it would come to and cost. Nothing
   * is created or changed. Also as a query parameter.
   */
  readonly dry_run?: boolean | null | undefined
  /** Leaves rows without any value out, instead of refusing them. */
  readonly skip_empty?: boolean | null | undefined
}

/** Which rows to run again, and how. */
export interface Retry {
  /**
   * Indexes of the rows to run again, from 0, completed ones too. Absent: all that failed or were cancelled.
   */
  readonly rows?: ReadonlyArray<number> | null | undefined
  readonly processor?: Processor | (string & {}) | null | undefined
  /**
   * The most that this request may cost, in US dollars. When the estimate is above it, or there is none,
   * nothing is done: 422.
   */
  readonly max_cost_usd?: number | null | undefined
  /**
   * Only plans: checks everything, makes the suggestions, and answers what it would come to and cost. Nothing
   * is created or changed. Also as a query parameter.
   */
  readonly dry_run?: boolean | null | undefined
}

/** What a dry run answers: what the request would come to. */
export interface Plan {
  readonly dry_run: true
  /** Rows that are taken. */
  readonly num_inputs: number
  /** Rows that `skip_empty` and `limit` left out. */
  readonly num_inputs_left_out: number
  /** The processor, asked for or suggested. */
  readonly processor: string
  /** The JSON Schema of the output, given or suggested; null with text, and where Parallel chooses it. */
  readonly output_schema: JsonSchema | null
  /** US dollars at list price; null where the processor has no known price. */
  readonly estimated_cost_usd: number | null
  /** How long it typically takes; no promise. */
  readonly estimated_seconds: {
    readonly min: number
    readonly max: number
  } | null
  /** What you may want to know: what was understood differently, left out or could not be had. */
  readonly warnings: ReadonlyArray<string>
}

/** A task group that has been created. */
export interface Created {
  /** The group's URL, which anybody who has it may read. */
  readonly url: string
  /** Parallel's id of the task group. Opaque; it is part of the group's URL. */
  readonly taskgroup_id: string
  /** Rows that are taken. */
  readonly num_inputs: number
  /** Rows that `skip_empty` and `limit` left out. */
  readonly num_inputs_left_out: number
  /** The processor, asked for or suggested. */
  readonly processor: string
  /** The JSON Schema of the output, given or suggested; null with text, and where Parallel chooses it. */
  readonly output_schema: JsonSchema | null
  /** US dollars at list price; null where the processor has no known price. */
  readonly estimated_cost_usd: number | null
  /** How long it typically takes; no promise. */
  readonly estimated_seconds: {
    readonly min: number
    readonly max: number
  } | null
  /** What you may want to know: what was understood differently, left out or could not be had. */
  readonly warnings: ReadonlyArray<string>
}

/** A task group with its rows. */
export interface TaskGroupResultOutput {
  /** Parallel's id of the task group. Opaque; it is part of the group's URL. */
  readonly taskgroup_id: string
  /** Ours, and beside it what was sent as `metadata`. */
  readonly metadata: {
    readonly title?: string | null
    /** What is asked of every row. */
    readonly question?: string | null
    readonly processor?: string
    readonly product?: string
    readonly origin?: string
    readonly num_inputs?: number
    readonly [column: string]: unknown
  }
  readonly status: TaskGroupStatus
  readonly created_at: string
  /** Null with text output. */
  readonly output_schema: JsonSchema | null
  /** What you may want to know: what was understood differently, left out or could not be had. */
  readonly warnings: ReadonlyArray<string>
  /** In input order. */
  readonly results: ReadonlyArray<ResultRow>
  /** The same rows, with all that Parallel says of a run. */
  readonly runs: ReadonlyArray<Row>
}

/** How the group stands, computed from its rows. */
export interface TaskGroupStatus {
  /** The number of inputs. */
  readonly num_task_runs: number
  /** How many rows are in which status. */
  readonly task_run_status_counts: Readonly<Record<string, number>>
  /** True until every row has ended. */
  readonly is_active: boolean
  /** What is so now: what is waited for, why it ended early. Empty when there is nothing to say. */
  readonly status_message: string
  /** When it last changed. */
  readonly modified_at: string
  /**
   * `running`: results come in by themselves. `waiting_for_credit`: add credit at Parallel. `key_refused`:
   * resume with another key. `stopping`: rows were left out, what is at Parallel goes on. `done`: every row
   * has ended; the counts tell how many failed. `stopped`: ended with rows unsent; resume sends them.
   * `given_up`: nothing more comes in; resume follows again.
   */
  readonly state:
    | "running"
    | "waiting_for_credit"
    | "key_refused"
    | "stopping"
    | "done"
    | "stopped"
    | "given_up"
  /** US dollars at list price; null where the processor has no known price. */
  readonly estimated_cost_usd: number | null
}

/**
 * A row, flat: its run's id and status, the input's columns, the output's columns. Where both have a column
 * it is the output's; text output is `content`.
 */
export interface ResultRow {
  /** The run's id; null while it was not submitted. */
  readonly $id: string | null
  /**
   * `queued`, `running`, `completed`, `failed` or `cancelled`; others of Parallel's are shown as they are. A
   * row that says `completed` has its output.
   */
  readonly $status: string
  readonly [column: string]: unknown
}

/** A row: its run, input and output. */
export interface Row {
  /** The run's id at Parallel; null while it was not submitted. */
  readonly run_id: string | null
  readonly interaction_id: string | null
  /**
   * `queued`, `running`, `completed`, `failed` or `cancelled`; others of Parallel's are shown as they are. A
   * row that says `completed` has its output.
   */
  readonly status: string
  readonly is_active: boolean
  readonly warnings: ReadonlyArray<unknown> | null
  /** Why there is no output. */
  readonly error: {
    readonly ref_id: string | null
    readonly message: string
    readonly detail: unknown
  } | null
  readonly processor: string
  readonly metadata: Readonly<Record<string, unknown>> | null
  readonly taskgroup_id: string | null
  readonly created_at: string | null
  readonly modified_at: string | null
  /** The row's place among the inputs, from 0. */
  readonly input_index: number
  readonly input: InputRow
  readonly output: Output | null
}

export interface Output {
  readonly content: unknown
  readonly type?: string
  /**
   * For each field its citations, reasoning and confidence. With `basis=none`, `confidence` stands in its
   * place.
   */
  readonly basis?: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** With `basis=none`: `high`, `medium` or `low` by field. */
  readonly confidence?: Readonly<Record<string, unknown>>
}

/** A line of JSON Lines: an element of `results`, with its error. */
export interface ResultLine {
  /** The run's id; null while it was not submitted. */
  readonly $id: string | null
  /**
   * `queued`, `running`, `completed`, `failed` or `cancelled`; others of Parallel's are shown as they are. A
   * row that says `completed` has its output.
   */
  readonly $status: string
  readonly $error?: unknown
  /** Reasoning and sources, where `basis` asks for them. */
  readonly $basis?: ReadonlyArray<unknown>
  readonly [column: string]: unknown
}

export interface InputsAdded {
  /** Only of a plan: nothing has changed. */
  readonly dry_run?: true
  /** The group's URL, which anybody who has it may read. */
  readonly url: string
  /** Parallel's id of the task group. Opaque; it is part of the group's URL. */
  readonly taskgroup_id: string
  /** Rows added. */
  readonly added: number
  /** The index of the first of them. */
  readonly first_index: number
  /** Rows that the group has with them. */
  readonly num_inputs: number
  /** US dollars at list price; null where the processor has no known price. */
  readonly estimated_cost_usd: number | null
  /** What you may want to know: what was understood differently, left out or could not be had. */
  readonly warnings: ReadonlyArray<string>
}

export interface RowsRetried {
  /** Only of a plan: nothing has changed. */
  readonly dry_run?: true
  /** The group's URL, which anybody who has it may read. */
  readonly url: string
  /** Parallel's id of the task group. Opaque; it is part of the group's URL. */
  readonly taskgroup_id: string
  /** Rows that run again; 0: there was nothing to do. */
  readonly retried: number
  /** US dollars at list price; null where the processor has no known price. */
  readonly estimated_cost_usd: number | null
  /** What you may want to know: what was understood differently, left out or could not be had. */
  readonly warnings: ReadonlyArray<string>
}

export interface Stopped {
  /** The group's URL, which anybody who has it may read. */
  readonly url: string
  /** Parallel's id of the task group. Opaque; it is part of the group's URL. */
  readonly taskgroup_id: string
  /** Rows that are not sent any more; they end as `cancelled`. */
  readonly not_sent: number
  /** Rows that are at Parallel, or may be: they go on to their end. */
  readonly running: number
  /** What you may want to know: what was understood differently, left out or could not be had. */
  readonly warnings: ReadonlyArray<string>
}

export interface Resumed {
  /** The group's URL, which anybody who has it may read. */
  readonly url: string
  /** Parallel's id of the task group. Opaque; it is part of the group's URL. */
  readonly taskgroup_id: string
  /** Rows that are sent, or followed, again; 0: there was nothing to do. */
  readonly resumed: number
  /** What you may want to know: what was understood differently, left out or could not be had. */
  readonly warnings: ReadonlyArray<string>
}

export interface Deleted {
  /** The group's URL, which anybody who has it may read. */
  readonly url: string
  /** Parallel's id of the task group. Opaque; it is part of the group's URL. */
  readonly taskgroup_id: string
  readonly deleted: true
  /** Rows whose runs were still under way at Parallel. They run on there, followed by nobody. */
  readonly running: number
  /** What you may want to know: what was understood differently, left out or could not be had. */
  readonly warnings: ReadonlyArray<string>
}

/** Data of the event `task_group_status`. */
export interface TaskGroupStatusEvent {
  readonly type: "task_group_status"
  /** The group's change number, as text. */
  readonly event_id: string
  readonly status: TaskGroupStatus
}

/** Data of the event `task_run.state`. */
export interface TaskRunStateEvent {
  readonly type: "task_run.state"
  /** The group's change number, as text. */
  readonly event_id: string
  /** The row's place among the inputs, from 0. */
  readonly input_index: number
  readonly input: {
    readonly processor: string
    readonly metadata: Readonly<Record<string, unknown>>
    readonly input: InputRow
  }
  readonly run: TaskRun
  readonly output: Output | null
}

/** A run, with the fields of Parallel's own API. */
export interface TaskRun {
  /** The run's id at Parallel; null while it was not submitted. */
  readonly run_id: string | null
  readonly interaction_id: string | null
  /**
   * `queued`, `running`, `completed`, `failed` or `cancelled`; others of Parallel's are shown as they are. A
   * row that says `completed` has its output.
   */
  readonly status: string
  readonly is_active: boolean
  readonly warnings: ReadonlyArray<unknown> | null
  /** Why there is no output. */
  readonly error: {
    readonly ref_id: string | null
    readonly message: string
    readonly detail: unknown
  } | null
  readonly processor: string
  readonly metadata: Readonly<Record<string, unknown>> | null
  readonly taskgroup_id: string | null
  readonly created_at: string | null
  readonly modified_at: string | null
}

/** Data of the event `done`, the last one: every row has ended. */
export interface DoneEvent {
  readonly type: "done"
  /** The group's change number, as text. */
  readonly event_id: string
}

export interface Problem {
  /** Where, as in `inputs[3]` or `output_schema.type`; empty: the body as a whole. */
  readonly path: string
  /** What is wrong there and what to do: the rest of a sentence that begins with the path. */
  readonly message: string
}
