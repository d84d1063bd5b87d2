import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import { CONSTANTS, type Constants } from "./Constants.ts"

/**
 * What operators change: environment variables of the Worker, each with its default, its rule and its meaning in the
 * one Schema `Variables`. Everything else is a constant (Constants.ts). Values are checked before anything else happens.
 */

interface About<A> {
  readonly default: A
  /** What a value must be, as problems say it. */
  readonly expected: string
  readonly description: string
}

/** Blank counts as not set: an empty value is how dashboards and `--var NAME:` take one away. */
const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && !(typeof value === "string" && value.trim() === "")

/** A binding's value (text, or what wrangler.toml's own numbers and booleans become), else the default. */
const variable = <A, E>(value: Schema.Codec<A, E>, about: About<A & E>) =>
  Schema.optionalKey(Schema.Unknown).pipe(
    Schema.decodeTo(value, {
      decode: SchemaGetter.transformOptional((given: Option.Option<unknown>) =>
        given.pipe(
          Option.filter((it): it is E => isGiven(it)),
          Option.orElseSome((): E => about.default),
        ),
      ),
      encode: SchemaGetter.passthrough({ strict: false }),
    }),
    (schema) => schema.annotate({ ...about }),
  )

const fraction = (preset: number, min: number, max: number, description: string) =>
  variable(
    Schema.Union([Schema.Finite, Schema.FiniteFromString]).check(
      Schema.isBetween({ minimum: min, maximum: max }),
    ),
    { default: preset, description, expected: `a number from ${min} to ${max}` },
  )

const whole = (preset: number, min: number, max: number, description: string) =>
  variable(
    Schema.Union([Schema.Finite, Schema.FiniteFromString]).check(
      Schema.isInt(),
      Schema.isBetween({ minimum: min, maximum: max }),
    ),
    { default: preset, description, expected: `a whole number from ${min} to ${max}` },
  )

const parseUrl = (text: string): URL | null => {
  const url = URL.canParse(text) ? new URL(text) : null
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === ""
    ? url
    : null
}

/** Paths are put behind it: what comes after a path would end up in their middle. */
const isBaseUrl = (text: string): boolean => parseUrl(text) !== null && !/[?#]/.test(text)

const BaseUrl = Schema.String.check(Schema.makeFilter(isBaseUrl)).pipe(
  Schema.decodeTo(Schema.String, {
    decode: SchemaGetter.transform((text) => text.trim().replace(/\/+$/, "")),
    encode: SchemaGetter.passthrough(),
  }),
)

const baseUrl = (preset: string, description: string) =>
  variable(BaseUrl, {
    default: preset,
    description,
    expected: `an http or https URL such as ${preset}, without user name, query or fragment`,
  })

const isOrigin = (text: string): boolean => {
  const url = parseUrl(text)
  return url !== null && url.href === `${url.origin}/`
}

const Origin = Schema.String.check(Schema.makeFilter(isOrigin)).pipe(
  Schema.decodeTo(Schema.String, {
    decode: SchemaGetter.transform((text) => new URL(text).origin),
    encode: SchemaGetter.passthrough(),
  }),
)

const Flag = Schema.Literals([true, false, "true", "false"]).pipe(
  Schema.decodeTo(Schema.Boolean, {
    decode: SchemaGetter.transform((given) => given === true || given === "true"),
    encode: SchemaGetter.passthrough({ strict: false }),
  }),
)

export const DEFAULT_BASE_URL = "https://api.parallel.ai"
export const DEFAULT_LOGIN_URL = "https://platform.parallel.ai"

/** The Worker's environment. Whatever else is in it, bindings above all, is none of this Schema's business. */
export const Variables = Schema.Struct({
  /** No trailing slash. */
  PARALLEL_BASE_URL: baseUrl(DEFAULT_BASE_URL, "where Parallel's API is"),
  /** No trailing slash. */
  PARALLEL_LOGIN_URL: baseUrl(DEFAULT_LOGIN_URL, "where people sign in with Parallel"),
  /** Null: each request's own origin. Otherwise as `URL.origin` spells it. */
  PUBLIC_ORIGIN: variable(Schema.NullOr(Origin), {
    default: null,
    expected: "an http or https origin without a path, such as https://multitask.example",
    description:
      "the origin of the URLs that are given out, where the `Host` header is not to be trusted; not set: the request's own",
  }),
  ALLOW_PRIVATE_URLS: variable(Flag, {
    default: false,
    expected: "true or false",
    description: "lets `inputs` and `webhook_url` be plain http and private addresses: for development only",
  }),
  RATE_LIMITS: variable(Flag, {
    default: true,
    expected: "true or false",
    description:
      "limits how often one client address may submit, ask SQL or guess ids, where wrangler.toml binds limits",
  }),
  MAX_BODY_BYTES: whole(
    16_777_216,
    1_024,
    100_000_000,
    "largest body of a POST, and largest answer of an inputs URL, in bytes",
  ),
  MAX_INPUTS: whole(50_000, 1, 1_000_000, "inputs in one group"),
  SETTLE_SECONDS: fraction(
    60,
    0.01,
    86_400,
    "after a lost answer: until Parallel is asked what exists; asked again after half of it",
  ),
  RESULTS_PER_SECOND: fraction(20, 0.1, 1_000, "outputs fetched one by one per second, at the start"),
  SUBREQUEST_BUDGET: whole(
    5_000,
    10,
    9_000,
    "upstream requests before the work moves to a fresh invocation; 30 on Cloudflare's free plan",
  ),
  WEBHOOK_TIMEOUT_SECONDS: fraction(15, 0.1, 120, "one attempt at the webhook"),
  WEBHOOK_GIVE_UP_HOURS: fraction(48, 0.0001, 720, "how long the webhook is tried"),
  RETENTION_DAYS: fraction(30, 0.00001, 3_650, "from a group's end to its removal"),
})

/** What programs read: the operator's variables, and the constants. */
export interface SettingsShape extends Constants, Schema.Schema.Type<typeof Variables> {}

/**
 * Where people sign in; null where that is not offered. Signing in gives a real key. Where the API is not Parallel's own,
 * such as the stand-in of a demo, that key would go to a stranger: it is offered there only when the operator has named a
 * login that goes with it.
 */
export const loginUrlOf = (
  settings: Pick<SettingsShape, "PARALLEL_BASE_URL" | "PARALLEL_LOGIN_URL">,
): string | null =>
  settings.PARALLEL_BASE_URL === DEFAULT_BASE_URL || settings.PARALLEL_LOGIN_URL !== DEFAULT_LOGIN_URL
    ? settings.PARALLEL_LOGIN_URL
    : null

const decode = Schema.decodeUnknownResult(Variables, { errors: "all" })
const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * Reads the settings out of the Worker's environment, or says everything that is wrong with them, a sentence for each
 * variable. Strangers may read these sentences: they show no value that could be a secret.
 */
export const readSettings = (
  env: Readonly<Record<string, unknown>>,
  constants: Constants = CONSTANTS,
):
  | { readonly ok: true; readonly settings: SettingsShape }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> } => {
  const read = decode(env)
  if (read._tag === "Success") return { ok: true, settings: { ...constants, ...read.success } }
  const wrong = new Set(issuesOf(read.failure.issue).issues.map(({ path }) => String(path?.[0])))
  return { ok: false, problems: [...wrong].map((name) => problemOf(name, env[name])) }
}

const problemOf = (name: string, value: unknown): string => {
  const rules: Readonly<Record<string, Schema.Constraint>> = Variables.fields
  const about = rules[name] === undefined ? undefined : Schema.resolveAnnotations(rules[name])
  return `${name} must be ${about?.expected} (${about?.description}); it is ${shown(value)}`
}

/** Longer text may be a key that was put into the wrong place. */
const SHOWN_CHARS = 24

const shown = (value: unknown): string => {
  if (typeof value !== "string") return value instanceof Object ? "a binding" : String(value)
  if (URL.canParse(value) && new URL(value).host !== "") {
    const { protocol, host, username, href } = new URL(value)
    const place = `${protocol}//${username === "" ? "" : "…@"}${host}`
    return JSON.stringify(href === place || href === `${place}/` ? place : `${place}/…`)
  }
  return value.length <= SHOWN_CHARS ? JSON.stringify(value) : `text of ${value.length} characters`
}
