/**
 * Every time, limit and size an operator may change: one table with name, default, bounds and meaning. The names are
 * environment variables of the Worker. Values are checked before anything else happens.
 */

interface NumberRule {
  readonly kind: "number"
  readonly default: number
  readonly min: number
  readonly max: number
  readonly integer: boolean
  readonly about: string
}

const whole = (value: number, min: number, max: number, about: string): NumberRule => ({
  kind: "number",
  default: value,
  min,
  max,
  integer: true,
  about,
})
const fraction = (value: number, min: number, max: number, about: string): NumberRule => ({
  ...whole(value, min, max, about),
  integer: false,
})

/** All numeric settings. Parallel's own limits are upper bounds where exceeding them could only fail upstream. */
export const NUMBER_SETTINGS = {
  MAX_BODY_BYTES: whole(
    16_777_216,
    1_024,
    100_000_000,
    "largest body of a POST, and largest answer of an inputs URL, in bytes",
  ),
  MAX_INPUTS: whole(50_000, 1, 1_000_000, "inputs in one group"),
  MAX_TASK_SPEC_CHARS: whole(15_000, 100, 15_000, "characters of the task spec (Parallel's limit)"),
  MAX_SPEC_PLUS_INPUT_CHARS: whole(
    25_000,
    100,
    25_000,
    "characters of the task spec plus one input (Parallel's limit)",
  ),
  BATCH_SIZE: whole(1_000, 1, 1_000, "runs added with one request (Parallel's limit is 1,000)"),
  BATCH_CHARS: whole(4_194_304, 1_024, 67_108_864, "characters of inputs added with one request"),
  INPUTS_TIMEOUT_SECONDS: fraction(10, 0.1, 120, "one attempt at fetching an inputs URL"),
  PREPARE_SECONDS: fraction(30, 1, 300, "fetching inputs, both suggestions and creating the group, together"),
  SUBMIT_WAIT_SECONDS: fraction(20, 0, 300, "how long the POST waits for the runs to be accepted"),
  IDEMPOTENCY_HOURS: fraction(24, 1, 720, "how long an Idempotency-Key is remembered"),
  IDEMPOTENCY_WAIT_SECONDS: fraction(
    5,
    0,
    60,
    "how long a POST waits for an earlier one with the same Idempotency-Key before it answers 409",
  ),
  LOGIN_TIMEOUT_SECONDS: fraction(15, 0.1, 120, "exchange of a code for a key at Parallel's login"),
  SETTLE_SECONDS: fraction(
    60,
    0.01,
    86_400,
    "after a lost answer: until Parallel is asked what exists; asked again after half of it",
  ),
  CREDIT_RETRY_MIN_SECONDS: fraction(
    300,
    0.1,
    86_400,
    "first wait after Parallel reported too little credit; doubles",
  ),
  CREDIT_RETRY_MAX_SECONDS: fraction(3_600, 0.1, 86_400, "longest wait for credit between two attempts"),
  CREDIT_WAIT_HOURS: fraction(24, 0.0001, 720, "how long rows wait for credit before they fail"),
  EVENTS_SESSION_SECONDS: fraction(
    600,
    1,
    800,
    "one connection to Parallel's events; below the platform's 15 minutes",
  ),
  EVENTS_SILENCE_SECONDS: fraction(
    120,
    0.1,
    800,
    "silence after which the connection to Parallel's events is opened again",
  ),
  RECONNECT_MIN_SECONDS: fraction(1, 0.05, 60, "shortest time between two connections to Parallel's events"),
  RECONNECT_MAX_SECONDS: fraction(
    60,
    0.05,
    3_600,
    "longest wait before connecting to Parallel's events again",
  ),
  POLL_MIN_SECONDS: fraction(10, 0.05, 3_600, "quiet time after which the group's counts are asked for"),
  POLL_MAX_SECONDS: fraction(60, 0.05, 3_600, "that interval, grown while nothing changes"),
  RECONCILE_SECONDS: fraction(600, 1, 86_400, "between two listings of the runs when nothing calls for one"),
  RESULTS_PER_SECOND: fraction(20, 0.1, 1_000, "outputs fetched one by one per second, at the start"),
  RESULTS_BURST: whole(
    600,
    1,
    2_000,
    "outputs that may be fetched without that limit, once; comes back at that rate while less is fetched",
  ),
  RESULT_CONCURRENCY: whole(6, 1, 6, "outputs fetched at once (the platform allows 6 waiting requests)"),
  OUTPUT_WAIT_HOURS: fraction(
    24,
    0.0001,
    720,
    "how long a completed run may lack its output before it counts as ended",
  ),
  REFUSED_HOURS: fraction(
    6,
    0.0001,
    720,
    "how long Parallel must keep refusing the key or group before following ends",
  ),
  IDLE_HOURS: fraction(24, 0.0001, 720, "without any change: hold no stream open any more, check hourly"),
  IDLE_CHECK_SECONDS: fraction(3_600, 0.1, 86_400, "between two checks of an idle group"),
  ABANDON_DAYS: fraction(30, 0.00001, 365, "without any change: stop following for good"),
  WATCHDOG_SECONDS: fraction(60, 0.1, 840, "alarm that brings the follower back after an eviction or crash"),
  UNCOMMITTED_MINUTES: fraction(
    10,
    0.001,
    1_440,
    "until an object whose group was never committed removes itself",
  ),
  RETENTION_DAYS: fraction(30, 0.00001, 3_650, "from a group's end to its removal"),
  HEARTBEAT_SECONDS: fraction(15, 0.05, 300, "between two comment lines of an idle viewer stream"),
  VIEWER_SILENCE_SECONDS: fraction(
    45,
    0.1,
    900,
    "silence after which a viewer's stream is connected to the object again",
  ),
  WEBHOOK_TIMEOUT_SECONDS: fraction(15, 0.1, 120, "one attempt at the webhook"),
  WEBHOOK_RETRY_MIN_SECONDS: fraction(5, 0.05, 3_600, "first wait after a failed webhook; doubles"),
  WEBHOOK_RETRY_MAX_SECONDS: fraction(3_600, 0.05, 86_400, "longest wait between two webhook attempts"),
  WEBHOOK_GIVE_UP_HOURS: fraction(48, 0.0001, 720, "how long the webhook is tried"),
  STUDIO_MAX_ROWS: whole(2_000, 1, 100_000, "rows one SQL query may return"),
  STUDIO_MAX_BYTES: whole(8_388_608, 1_024, 25_165_824, "characters one SQL query may return"),
  PAGE_DATA_BYTES: whole(
    2_097_152,
    1_024,
    16_777_216,
    "JSON put into the result page; the rest comes over its stream",
  ),
  GET_DATA_BYTES: whole(8_388_608, 1_024, 25_165_824, "largest answer of getData()"),
  SUBREQUEST_BUDGET: whole(5_000, 10, 9_000, "upstream requests before the work moves to a fresh invocation"),
} as const satisfies Record<string, NumberRule>

type NumberSettings = { readonly [K in keyof typeof NUMBER_SETTINGS]: number }

export interface SettingsShape extends NumberSettings {
  /** Where Parallel's API is. No trailing slash. */
  readonly PARALLEL_BASE_URL: string
  /** Where Parallel's login is, for "Sign in with Parallel". No trailing slash. */
  readonly PARALLEL_LOGIN_URL: string
  /** Lets `inputs` and `webhook_url` be plain http and private addresses: for development only. */
  readonly ALLOW_PRIVATE_URLS: boolean
}

export const DEFAULT_BASE_URL = "https://api.parallel.ai"
export const DEFAULT_LOGIN_URL = "https://platform.parallel.ai"

const readNumber = (name: string, rule: NumberRule, raw: unknown): number | string => {
  if (raw === undefined || raw === null || raw === "") return rule.default
  const value = typeof raw === "number" ? raw : typeof raw === "string" ? Number(raw) : Number.NaN
  const kind = rule.integer ? "a whole number" : "a number"
  if (
    !Number.isFinite(value) ||
    (rule.integer && !Number.isInteger(value)) ||
    value < rule.min ||
    value > rule.max
  ) {
    return `${name} must be ${kind} from ${rule.min} to ${rule.max} (${rule.about}); it is ${JSON.stringify(raw)}`
  }
  return value
}

/** Reads the settings out of the Worker's environment, or says everything that is wrong with them. */
export const readSettings = (
  env: Readonly<Record<string, unknown>>,
):
  | { readonly ok: true; readonly settings: SettingsShape }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> } => {
  const problems: Array<string> = []
  const numbers: Record<string, number> = {}
  for (const [name, rule] of Object.entries<NumberRule>(NUMBER_SETTINGS)) {
    const value = readNumber(name, rule, env[name])
    if (typeof value === "string") problems.push(value)
    else numbers[name] = value
  }
  const readUrl = (name: string, preset: string): string => {
    const url = env[name] ?? preset
    const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : null
    if (parsed === null || !["http:", "https:"].includes(parsed.protocol)) {
      problems.push(`${name} must be an http or https URL such as ${preset}`)
    }
    return String(url).replace(/\/+$/, "")
  }
  const baseUrl = readUrl("PARALLEL_BASE_URL", DEFAULT_BASE_URL)
  const loginUrl = readUrl("PARALLEL_LOGIN_URL", DEFAULT_LOGIN_URL)
  const allow = env["ALLOW_PRIVATE_URLS"]
  if (![undefined, null, "", true, false, "true", "false"].some((value) => value === allow)) {
    problems.push(`ALLOW_PRIVATE_URLS must be true or false; it is ${JSON.stringify(allow)}`)
  }
  if (problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    settings: {
      ...(numbers as { [K in keyof NumberSettings]: number }),
      PARALLEL_BASE_URL: baseUrl,
      PARALLEL_LOGIN_URL: loginUrl,
      ALLOW_PRIVATE_URLS: allow === true || allow === "true",
    },
  }
}
