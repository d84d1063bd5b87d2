/**
 * Every time, limit and size that is not the operator's to change, in one place: each with the reason why it is what it
 * is. What operators change are the variables in Settings.ts; programs read both from the service `Settings`, and tests
 * put others in their place there.
 */
export const CONSTANTS = {
  /** Characters of the task spec. Parallel's own limit. */
  MAX_TASK_SPEC_CHARS: 15_000,
  /** Characters of the task spec plus one input. Parallel's own limit. */
  MAX_SPEC_PLUS_INPUT_CHARS: 25_000,
  /** Objects and arrays inside each other: deeper is no table, and recursive code downstream has to take it. */
  MAX_DEPTH: 64,
  /** Values in one body: what costs time to look at, however few characters each of them has. */
  MAX_VALUES: 2_000_000,

  /** Runs added with one request. Parallel's own limit. */
  BATCH_SIZE: 1_000,
  /** Characters of inputs added with one request: what is in memory several times over while it is sent. */
  BATCH_CHARS: 4_194_304,
  /** Fetching inputs, both suggestions and creating the group, together: less than callers' own time limits. */
  PREPARE_SECONDS: 30,
  /** One attempt at fetching an inputs URL: leaves time for a second one, and for the suggestions. */
  INPUTS_TIMEOUT_SECONDS: 10,
  /** How long the POST waits for the runs to be accepted; the object goes on without it. */
  SUBMIT_WAIT_SECONDS: 20,
  /** Until an object whose group was never committed removes itself: longer than any POST takes to commit. */
  UNCOMMITTED_MINUTES: 10,
  /** How long an `Idempotency-Key` is remembered: retries of a day's job find it. */
  IDEMPOTENCY_HOURS: 24,
  /** What a message to the MCP server may hold: a model writes less, and longer lists go by URL. */
  MCP_BODY_BYTES: 4_194_304,
  /** Chat clients give a tool about half a minute: it has answered by then, and has prepared a group before. */
  MCP_ANSWER_SECONDS: 24,
  MCP_PREPARE_SECONDS: 18,
  /** How long a repeated call waits for the first. */
  MCP_REPEAT_SECONDS: 20,
  /** How long after its beginning a repeated call may still do what the first has failed to do. */
  MCP_START_SECONDS: 5,
  /** What a tool tells of results in one answer, in characters. */
  MCP_RESULT_CHARS: 40_000,
  /** How long a POST waits for an earlier one with the same `Idempotency-Key` before it answers 409. */
  IDEMPOTENCY_WAIT_SECONDS: 5,
  /** Who gets the key later than that, from a request that has failed, has not the time left to do it. */
  IDEMPOTENCY_START_SECONDS: 60,
  /** Exchange of a code for a key at Parallel's login: a person waits for it. */
  LOGIN_TIMEOUT_SECONDS: 15,

  /** First wait after Parallel reported too little credit; doubles. Somebody has to pay meanwhile. */
  CREDIT_RETRY_MIN_SECONDS: 300,
  /** Longest wait for credit between two attempts. */
  CREDIT_RETRY_MAX_SECONDS: 3_600,
  /** How long rows wait for credit before they are left unsent, in time in which Parallel answers. */
  CREDIT_WAIT_HOURS: 24,
  /** First wait before what an edge refused is tried in halves; doubles. The object rests meanwhile. */
  EDGE_RETRY_MIN_SECONDS: 30,
  /** Longest wait between two such rounds: there may be many bad rows. */
  EDGE_RETRY_MAX_SECONDS: 600,
  /** How long Parallel must keep refusing the key or the group: an incident there must not end every group. */
  REFUSED_HOURS: 6,
  /** First wait after Parallel refused the key or the group; doubles. A key that was just made takes a moment. */
  REFUSED_RETRY_MIN_SECONDS: 5,
  /** Longest wait between two attempts at what Parallel refuses: how late a group learns that it may. */
  REFUSED_RETRY_MAX_SECONDS: 1_800,

  /** One connection to Parallel's events: below the 15 minutes for which the platform keeps an object in memory. */
  EVENTS_SESSION_SECONDS: 600,
  /** Silence after which the connection to Parallel's events is opened again: several of its own signs of life. */
  EVENTS_SILENCE_SECONDS: 120,
  /** Shortest time between two connections to Parallel's events. */
  RECONNECT_MIN_SECONDS: 1,
  /** Longest wait before connecting to Parallel's events again: how late a group learns that an outage is over. */
  RECONNECT_MAX_SECONDS: 60,
  /** Quiet time after which the group's counts are asked for: events may be lost. */
  POLL_MIN_SECONDS: 10,
  /** That interval, grown while nothing changes. */
  POLL_MAX_SECONDS: 60,
  /** Between two listings of the runs when nothing calls for one. */
  RECONCILE_SECONDS: 600,
  /** Outputs that may be fetched without RESULTS_PER_SECOND, once; comes back at that rate while less is fetched. */
  RESULTS_BURST: 600,
  /** Outputs fetched at once: the platform lets an invocation wait for six answers. */
  RESULT_CONCURRENCY: 6,
  /** How long a completed run may lack its output before it counts as never coming. */
  OUTPUT_WAIT_HOURS: 24,
  /** Without any change: hold no stream open any more, so that the object can sleep between two checks. */
  IDLE_HOURS: 24,
  /** Between two checks of an idle group. */
  IDLE_CHECK_SECONDS: 3_600,
  /** Without any change: stop following for good. */
  ABANDON_DAYS: 30,
  /** Alarm that brings the follower back after an eviction or a crash: the longest that a group stands still then. */
  WATCHDOG_SECONDS: 60,

  /** Between two comment lines of an idle viewer stream: proxies close what is silent for 30 s or more. */
  HEARTBEAT_SECONDS: 15,
  /** How long a question how far a group is may wait for news: less than callers' own time limits. */
  PROGRESS_WAIT_SECONDS: 25,
  /** Silence after which a viewer's stream is connected to the object again: three heartbeats. */
  VIEWER_SILENCE_SECONDS: 45,
  /** First wait after a failed webhook; doubles. */
  WEBHOOK_RETRY_MIN_SECONDS: 5,
  /** Longest wait between two webhook attempts. */
  WEBHOOK_RETRY_MAX_SECONDS: 3_600,

  /** A request's body without a byte for this long is given up: longer than a phone's connection takes to come back. */
  BODY_IDLE_SECONDS: 15,
  /** All of a body: 16 MiB at half a megabit a second. */
  BODY_SECONDS: 300,
  /** Viewers' streams of one group at once: each takes memory of the object, of which there are 128 MB. */
  MAX_VIEWERS: 1_000,
  /** Answers of one group being read at once, each a page of rows in memory. */
  MAX_READS: 100,
  /** An answer of which nothing has been taken for this long is broken off: others wait for its place. */
  READ_STALL_SECONDS: 60,
  /** The period of the rate limits in wrangler.toml: when who is over one may come back. */
  RATE_PERIOD_SECONDS: 60,

  /** Rows one SQL query may return: one for each input of the largest group. */
  STUDIO_MAX_ROWS: 50_000,
  /** Characters one SQL query may return: it is in memory as a whole. */
  STUDIO_MAX_CHARS: 8_388_608,
  /** Time one SQL query may take by its bound, which is mostly several times what it takes: nothing can stop it. */
  STUDIO_MAX_WORK_MS: 1_500,
  /** Bytes one SQL query may have to sort or keep, by its bound. */
  STUDIO_MAX_KEPT_BYTES: 128_000_000,
  /** Time that SQL is given in each second, by the same bounds; what is not used is saved up to the second figure. */
  STUDIO_WORK_PER_SECOND_MS: 100,
  STUDIO_WORK_SAVED_MS: 10_000,
  /** Characters of JSON put into the result page: shown without waiting; the rest comes over the page's stream. */
  PAGE_DATA_CHARS: 2_097_152,
  /** Characters of the largest answer of `getData()`, which is in memory as a whole. */
  GET_DATA_CHARS: 8_388_608,
}

export type Constants = Readonly<typeof CONSTANTS>
