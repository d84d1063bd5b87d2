import { OUTPUT_CONTENTS, RUN_STATUSES } from "../core/wire.ts"
import {
  boolean,
  jsonText,
  list,
  nullable,
  number,
  object,
  oneOf,
  range,
  rate,
  record,
  string,
  type Infer,
} from "./spec.ts"
import { faultRule } from "./faultSpec.ts"

/** What is forced on which runs; absent (null) leaves the draw alone. */
export const overrideFields = {
  /** Matches `metadata.input_index`, else the run's place in its group. */
  input_index: nullable(number(0)),
  /** Matches `metadata.attempt`, else 1; null: every attempt. */
  attempt: nullable(number(1, 1)),
  outcome: nullable(oneOf("completed", "failed", "cancelled", "action_required")),
  /** From creation to the end; 0 ends at once. */
  ends_after_ms: nullable(number(0)),
  /** No output for this long after completion. */
  output_delay_ms: nullable(number(0)),
  /** Completed without output for ever. */
  output_never: nullable(boolean(false)),
  /** At least this many bytes of output. */
  output_bytes: nullable(number(0)),
  output_content: nullable(oneOf(...OUTPUT_CONTENTS)),
  /** The output's content as JSON text, to the letter. */
  output_text: nullable(jsonText()),
  error_message: nullable(string()),
}

const override = object({
  group: nullable(string()),
  ...overrideFields,
})

const runs = object({
  queue_ms: range(300, 1_500),
  duration_ms: range(2_000, 14_000),
  scale_by_processor: boolean(true),
  speed: number(1, 0.000001),
  /** Runs of one group that may be running at once. */
  concurrency: nullable(number(1, 1)),
  failure_rate: rate(0.04),
  cancelled_rate: rate(0),
  action_required_rate: rate(0),
  /** U16: a run that ended changes its mind. */
  change_after_end: object({
    rate: rate(0),
    after_ms: number(5_000),
    to: oneOf(...RUN_STATUSES),
  }),
  overrides: list(override),
})

const cursors = object({
  /** U2 */
  event_ids: oneOf("opaque", "numeric", "duplicate"),
  /** U3: may a cursor of one stream be used on the other? */
  interchangeable: boolean(false),
  /** U8 */
  unknown: oneOf("404", "422", "empty", "restart", "ignored"),
  expire_after_ms: nullable(number(0)),
  /** U13/§4.2: what "empty" means for the first runs of a group. */
  empty: oneOf("null", "blank", "value"),
})

const listing = object({
  /** U1 */
  resumed: oneOf("position", "changes"),
  /** U14, within each POST's runs. */
  order: oneOf("input", "reverse", "random"),
  /** U4 */
  duplicate_rate: rate(0),
  overlap_on_resume: number(0),
  /** U20: a run is listed only this long after it was created. */
  lag_ms: number(0),
  /** D2: other side lists finished runs only. */
  only_finished: boolean(false),
  /** U17 */
  expand_input: boolean(false),
  /** U18: per-element basis in listings when the beta header asks for it. */
  element_basis: boolean(false),
  /** U21: time each output takes to read. */
  ms_per_output: number(0),
})

const events = object({
  /** U5 */
  on_connect: oneOf("replay", "status", "new", "silent", "comments", "stale_status"),
  /** How long `silent` sends nothing at all, and `comments` nothing but its keep-alives. */
  silent_ms: number(60_000),
  status_on_resume: boolean(false),
  status_interval_ms: number(1_000, 1),
  /** U6 */
  missing_run_event_rate: rate(0),
  run_event_delay_ms: number(0),
  final_status_first: boolean(false),
  /** U7 */
  end: oneOf("when_inactive", "after_linger", "never", "on_connect"),
  linger_ms: number(5_000),
  max_session_ms: number(3_600_000, 1),
  honour_timeout: boolean(true),
  keep_alive_ms: nullable(number(1, 1), 15_000),
  /** `blank` and `comment` are invisible to parsers; `none` sends nothing. */
  keep_alive: oneOf("comment", "blank", "none"),
  /** U9 */
  error_event_rate: rate(0),
  error_event_then: oneOf("continue", "end"),
  /** D3 / U17 */
  output: boolean(false),
  input: oneOf("none", "as_given", "expanded"),
  /** U19 */
  max_concurrent: nullable(number(1, 1)),
  over_limit: oneOf("429", "close_oldest"),
})

const shapes = object({
  /** U10 */
  unknown_type_rate: rate(0),
  extra_fields: boolean(false),
  drop_required: list(string()),
  unknown_status_rate: rate(0),
  unknown_status: string("paused"),
  /** `run.metadata` present or not. */
  echo_metadata: boolean(true),
  /** D7 */
  json_content_as_text: boolean(false),
  /** U25: what becomes of inputs, metadata and specs that a server reads and writes again. */
  json: oneOf("as_sent", "python", "sorted", "javascript"),
  /** Between the tokens of every answer. */
  blanks: oneOf("none", "spaces", "lines"),
  /** D6 */
  errors: oneOf("upstream", "bare"),
  validation_errors: oneOf("framework", "upstream"),
  /** U22 */
  foreign_key: oneOf("404", "403", "allowed"),
  group_readers: oneOf("account", "creating_key"),
  malformed_id: oneOf("404", "422"),
})

const status = object({
  /** U11: how old the aggregate is in GET group and in status events. */
  lag_ms: number(0),
  /** How old the cached status of `refresh_status=false` is. */
  cached_lag_ms: number(2_000),
  active_false_early_ms: number(0),
  /** U20 */
  count_lag_ms: number(0),
})

const addRuns = object({
  /** U12: a refused POST creates the runs before the first bad one all the same. */
  partial_on_refusal: boolean(false),
  /** U13 */
  run_ids: oneOf("in_order", "shuffled"),
})

const outputs = object({
  /** U15 */
  delay_ms: number(0),
  delay_rate: rate(1),
  never_rate: rate(0),
  missing_in: oneOf("both", "result", "listing"),
  pending_result: oneOf("408", "404", "null_output"),
  /** Made up to fit the spec; what readers by value, by line or by terminal break; or the input, to the letter. */
  content: oneOf(...OUTPUT_CONTENTS),
})

const limits = object({
  /** §8: refused in the POST, or the run fails later, or not at all. */
  enforced: oneOf("post", "run", "off"),
  max_nesting: number(5, 1),
  max_runs_per_post: number(1_000, 1),
})

/** D4: Parallel names 2,000 requests a minute for all of an account, and not quite clearly which of them count. */
const rateLimit = object({
  /** How many an account may send in any `per_ms`; null: as many as it likes. */
  requests: nullable(number(1, 1)),
  per_ms: number(60_000, 1),
  counts: oneOf("posts", "all"),
  /** Seconds; null: the answer does not say. */
  retry_after: nullable(number(0), 1),
})

const billing = object({
  /** U23 */
  charge_failed: boolean(false),
})

const suggest = object({
  delay_ms: number(0),
  /** Parallel's documented example has no `required`. */
  strict: boolean(true),
  /** `hard`: with names in an order, and numbers of a length, that JavaScript does not keep. */
  schema: oneOf("made", "hard"),
})

const framing = object({
  line_ending: oneOf("lf", "crlf", "cr"),
  id_lines: boolean(false),
  retry_ms: nullable(number(0)),
  comments: boolean(false),
  event_lines: boolean(true),
  /** Several `data:` lines for one event. */
  multi_line_data: boolean(false),
  /** Where a chunk of bytes ends. */
  split: oneOf("batch", "event", "line", "bytes"),
})

const transport = object({
  latency_ms: range(0, 0),
  latency_by_route: record(range(0, 0)),
  /** U24 */
  last_event_id_header: boolean(false),
  gzip: boolean(false),
})

/** Everything the simulator may do differently; every field has a default. */
export const behaviourSpec = object({
  runs,
  cursors,
  listing,
  events,
  shapes,
  status,
  add_runs: addRuns,
  outputs,
  limits,
  rate_limit: rateLimit,
  billing,
  suggest,
  framing,
  transport,
  /** Texts of answers and events that are put otherwise, as they are written; `{key}` is the request's key. */
  rewrites: list(object({ find: string(), put: string() })),
  /** Faults that stay, each with a probability; one-shot ones go to `/_sim/faults`. */
  faults: list(faultRule),
})

export type Behaviour = Infer<typeof behaviourSpec>
export const DEFAULT_BEHAVIOUR: Behaviour = behaviourSpec.initial
