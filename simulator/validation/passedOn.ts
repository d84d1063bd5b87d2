import type { FieldProblem } from "../core/errors.ts"
import type { Json, JsonObject } from "../core/wire.ts"
import { isObject, missing, problem, type Loc } from "./fields.ts"

const MAX_DOMAINS = 200
const MAX_MCP_SERVERS = 10
const SCOPE = /^[a-zA-Z0-9_-]{1,128}$/

type Check = (value: Json, loc: Loc) => FieldProblem[]

const string: Check = (value, loc) =>
  typeof value === "string" ? [] : [problem(loc, "string_type", "Input should be a valid string")]

const boolean: Check = (value, loc) =>
  typeof value === "boolean" ? [] : [problem(loc, "bool_type", "Input should be a valid boolean")]

const literal =
  (expected: string): Check =>
  (value, loc) =>
    value === expected ? [] : [problem(loc, "literal_error", `Input should be '${expected}'`)]

const date: Check = (value, loc) => {
  const fits = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value)
  // A day that there is not, as the 30th of February, becomes another one.
  const time = fits ? Date.parse(value) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(String(value))
    ? []
    : [problem(loc, "date_from_datetime_parsing", "Input should be a valid date in the format YYYY-MM-DD")]
}

const scope: Check = (value, loc) =>
  typeof value !== "string" || SCOPE.test(value)
    ? string(value, loc)
    : [problem(loc, "string_pattern_mismatch", `String should match pattern '${SCOPE.source}'`)]

const list =
  (item: Check): Check =>
  (value, loc) =>
    Array.isArray(value)
      ? value.flatMap((entry, i) => item(entry, [...loc, i]))
      : [problem(loc, "list_type", "Input should be a valid list")]

const nullable =
  (inner: Check): Check =>
  (value, loc) =>
    value === null ? [] : inner(value, loc)

const strings: Check = (value, loc) =>
  isObject(value)
    ? Object.entries(value).flatMap(([name, entry]) => string(entry, [...loc, name]))
    : [problem(loc, "dict_type", "Input should be a valid dictionary")]

/** An object's members by the check of each; names beside these are ignored, as the framework does. */
const model =
  (members: Readonly<Record<string, Check>>, required: ReadonlyArray<string> = []): Check =>
  (value, loc) =>
    isObject(value)
      ? Object.entries(members).flatMap(([name, check]) => {
          const entry = value[name]
          if (entry !== undefined) return check(entry, [...loc, name])
          return required.includes(name) ? [missing([...loc, name])] : []
        })
      : [problem(loc, "model_type", "Input should be a valid dictionary or object")]

const policy = model({
  include_domains: list(string),
  exclude_domains: list(string),
  after_date: nullable(date),
})

const sourcePolicy: Check = (value, loc) => {
  const problems = policy(value, loc)
  if (problems.length > 0) return problems
  const { include_domains: include = [], exclude_domains: exclude = [] } = value as Record<string, Json[]>
  return include.length + exclude.length > MAX_DOMAINS
    ? [problem(loc, "too_long", `At most ${MAX_DOMAINS} domains`)]
    : []
}

const server = model(
  {
    type: literal("url"),
    url: string,
    name: string,
    headers: nullable(strings),
    allowed_tools: nullable(list(string)),
  },
  ["url", "name"],
)

const mcpServers: Check = (value, loc) =>
  Array.isArray(value) && value.length > MAX_MCP_SERVERS
    ? [problem(loc, "too_long", `At most ${MAX_MCP_SERVERS} MCP servers`)]
    : list(server)(value, loc)

const webhook = model({ url: string, event_types: list(literal("task_run.status")) }, ["url"])

const RULES = model({
  source_policy: nullable(sourcePolicy),
  advanced_settings: nullable(model({ location: nullable(string) })),
  previous_interaction_id: nullable(string),
  mcp_servers: nullable(mcpServers),
  enable_events: nullable(boolean),
  webhook: nullable(webhook),
  memory_scope_key: nullable(scope),
})

/** What a run input may carry beside input, processor, spec and metadata: the framework's problems with it. */
export const checkPassedOn = (input: JsonObject, loc: Loc): FieldProblem[] => RULES(input, loc)
