import * as Redacted from "effect/Redacted"
import { describeJson } from "./Json.ts"
import { elementsOf, fieldsOf, kindOf, type Member, membersOf, objectText, shownText } from "./JsonText.ts"
import type { MultitaskBody } from "./MultitaskBody.ts"
import { nearestName } from "./nearestName.ts"
import { childPath, type Problems } from "./Problem.ts"
import { MAX_SECRET_CHARS, MIN_SECRET_CHARS, REDACTED } from "./redact.ts"
import type { JsonText } from "./TaskGroup.ts"

/**
 * What is passed on to Parallel in every run, by the rules of its `TaskRunInput`. Values stay the text that came, but for
 * members that are null: those are absent.
 */
export interface RunOptions {
  /** An object's text, for everybody to see. */
  readonly shown: JsonText
  /** Those of its members that hold secrets, as they are sent; null where there are none. */
  readonly secrets: JsonText | null
  readonly warnings: ReadonlyArray<string>
}

/** Each run carries it, and a thousand of them go in one request. */
const MAX_CHARS = 16_384
const MAX_SERVERS = 10
const MAX_HEADERS = 32
const MAX_TOOLS = 100
const MAX_DOMAINS = 200
const MAX_NAME_CHARS = 256

/** Whether a value, never null, is right; adds what is wrong. */
type Rule = (value: JsonText, path: string, problems: Problems) => void

/** `says` what a text must be. */
const text =
  (says: string, isRight: (text: string) => boolean): Rule =>
  (value, path, problems) => {
    if (kindOf(value) !== "string" || !isRight(shownText(value)))
      problems.add(path, `must be ${says}${kindOf(value) === "string" ? "" : `, not ${kindText(value)}`}.`)
  }

const kindText = (value: JsonText): string => describeJson(JSON.parse(value))

const list =
  (most: number, element: Rule): Rule =>
  (value, path, problems) => {
    if (kindOf(value) !== "array") return problems.add(path, `must be an array, not ${kindText(value)}.`)
    const elements = elementsOf(value)
    if (elements.length > most)
      return problems.add(path, `has ${elements.length} elements; at most ${most} are taken.`)
    for (const [at, one] of elements.entries()) element(one, childPath(path, at), problems)
  }

const object =
  (members: Readonly<Record<string, Rule>>, required: ReadonlyArray<string> = []): Rule =>
  (value, path, problems) => {
    if (kindOf(value) !== "object") return problems.add(path, `must be an object, not ${kindText(value)}.`)
    const names = Object.keys(members)
    const given = presentIn(value)
    for (const { name, value: member } of given) {
      const at = childPath(path, name)
      if (Object.hasOwn(members, name)) {
        members[name]!(member, at, problems)
        continue
      }
      const near = nearestName(name, names)
      const meant = near === null ? "" : ` Did you mean ${JSON.stringify(near)}?`
      problems.add(at, `is not a member of it.${meant} There are ${names.join(", ")}.`)
    }
    for (const name of required)
      if (!given.some((member) => member.name === name)) problems.add(childPath(path, name), "is missing.")
  }

const presentIn = (object: JsonText): ReadonlyArray<Member> =>
  membersOf(object).filter(({ value }) => value !== "null")

const domain = text(
  'a domain such as "example.com", or an ending such as ".gov", without scheme, port or path',
  (name) => name.length <= 253 && /^\.?[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*$/u.test(name),
)
const date = text("a date, YYYY-MM-DD", (day) => {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
})
const word = text(
  `text of 1 to ${MAX_NAME_CHARS} characters`,
  (name) => name.trim() !== "" && name.length <= MAX_NAME_CHARS,
)
/** Redaction knows no longer one. */
const headerValue = text(
  `text without line ends, of at most ${MAX_SECRET_CHARS} characters`,
  // oxlint-disable-next-line no-control-regex -- that is what may not be in there
  (value) => value.length <= MAX_SECRET_CHARS && !/[\0-\x08\x0a-\x1f\x7f]/.test(value),
)
const headers: Rule = (value, path, problems) => {
  if (kindOf(value) !== "object") return problems.add(path, `must be an object, not ${kindText(value)}.`)
  for (const { name, value: header } of presentIn(value)) {
    const at = childPath(path, name)
    if (!/^[\w!#$%&'*+.^`|~-]{1,256}$/.test(name)) problems.add(at, "is no name that a header can have.")
    headerValue(header, at, problems)
  }
}
const serverUrl = text("a URL that begins with https:// or http://", (url) => urlOf(url) !== null)

const urlOf = (url: string): URL | null => {
  const parsed = /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url) : null
  return parsed !== null && url.length <= MAX_SECRET_CHARS ? parsed : null
}

const sourcePolicy: Rule = (value, path, problems) => {
  const before = problems.count
  const domains = list(MAX_DOMAINS, domain)
  object({ include_domains: domains, exclude_domains: domains, after_date: date })(value, path, problems)
  if (problems.count > before) return
  const count = domainsIn(value, "include_domains") + domainsIn(value, "exclude_domains")
  if (count > MAX_DOMAINS)
    problems.add(path, `has ${count} domains; Parallel takes at most ${MAX_DOMAINS}, both lists together.`)
}

const domainsIn = (policy: JsonText, name: string): number => {
  const domains = fieldsOf(policy).get(name)
  return domains === undefined || domains === "null" ? 0 : elementsOf(domains).length
}

const mcpServers: Rule = (value, path, problems) => {
  const before = problems.count
  const type = text('"url"', (name) => name === "url")
  const members = { type, url: serverUrl, name: word, headers, allowed_tools: list(MAX_TOOLS, word) }
  list(MAX_SERVERS, object(members, ["url", "name"]))(value, path, problems)
  if (problems.count > before) return
  const count = elementsOf(value).reduce((sum, server) => sum + headersOf(server).length, 0)
  if (count > MAX_HEADERS)
    problems.add(path, `have ${count} headers; at most ${MAX_HEADERS} are taken, all servers together.`)
}

const headersOf = (server: JsonText): ReadonlyArray<Member> => {
  const given = fieldsOf(server).get("headers") ?? "null"
  return given === "null" ? [] : presentIn(given)
}

const RULES: Readonly<Record<string, Rule>> = {
  source_policy: sourcePolicy,
  mcp_servers: mcpServers,
  advanced_settings: object({
    location: text('a country of two letters (ISO 3166-1 alpha-2), such as "us"', (code) =>
      /^[A-Za-z]{2}$/.test(code),
    ),
  }),
  previous_interaction_id: text("the id of an earlier run, text without blanks", (id) =>
    /^[\x21-\x7e]{1,256}$/.test(id),
  ),
  memory_scope_key: text("1 to 128 letters, digits, _ and -", (key) => /^[a-zA-Z0-9_-]{1,128}$/.test(key)),
  enable_events: (value, path, problems) => {
    if (kindOf(value) !== "boolean") problems.add(path, `must be true or false, not ${kindText(value)}.`)
  },
}

/** The fields that are passed on. */
export const RUN_OPTIONS: ReadonlyArray<string> = Object.keys(RULES)

export const decodeRunOptions = ({ fields }: MultitaskBody, problems: Problems): RunOptions => {
  const before = problems.count
  const sent: Array<{ readonly name: string; readonly key: JsonText; readonly value: JsonText }> = []
  for (const name of RUN_OPTIONS) {
    const value = fields.get(name) ?? "null"
    if (value === "null") continue
    RULES[name]!(value, name, problems)
    sent.push({ name, key: JSON.stringify(name), value: withoutNulls(value) })
  }
  if (problems.count > before) return { shown: "{}", secrets: null, warnings: [] }
  const chars = objectText(sent).length
  if (chars > MAX_CHARS)
    problems.add(
      sent.toSorted((a, b) => b.value.length - a.value.length)[0]!.name,
      `makes what every run carries ${chars} characters long; at most ${MAX_CHARS} are taken. Shorten it.`,
    )
  const shown = sent.map((one) => ({ ...one, value: shownOption(one.name, one.value) }))
  const secrets = sent.filter((one, at) => one.value !== shown[at]!.value)
  return {
    shown: objectText(shown),
    secrets: secrets.length === 0 ? null : objectText(secrets),
    warnings: warningsOf(fields.get("source_policy")),
  }
}

const withoutNulls = (value: JsonText): JsonText => {
  const kind = kindOf(value)
  if (kind === "array") return `[${elementsOf(value).map(withoutNulls).join(",")}]`
  if (kind !== "object") return value
  return objectText(presentIn(value).map(({ key, value: member }) => ({ key, value: withoutNulls(member) })))
}

const warningsOf = (policy: JsonText | undefined): ReadonlyArray<string> =>
  policy !== undefined &&
  policy !== "null" &&
  domainsIn(policy, "include_domains") > 0 &&
  domainsIn(policy, "exclude_domains") > 0
    ? ["source_policy: Parallel ignores exclude_domains where there are include_domains."]
    : []

/** A field as everybody may see it. Of one that is not as it should be nothing is known to be secret. */
export const shownOption = (name: string, value: JsonText): JsonText =>
  name === "mcp_servers" && kindOf(value) === "array"
    ? `[${elementsOf(value).map(shownServer).join(",")}]`
    : value

/** Without the values of its headers, and of its address only where it is: names of people, paths and queries hold tokens. */
const shownServer = (server: JsonText): JsonText =>
  kindOf(server) === "object"
    ? objectText(
        membersOf(server).map(({ name, key, value }) => {
          if (name === "url") return { key, value: shownUrl(value) }
          return name === "headers" && kindOf(value) === "object"
            ? { key, value: objectText(presentIn(value).map((header) => ({ ...header, value: HIDDEN }))) }
            : { key, value }
        }),
      )
    : server

const HIDDEN = JSON.stringify(REDACTED)

const shownUrl = (value: JsonText): JsonText => {
  const url = kindOf(value) === "string" ? urlOf(shownText(value)) : null
  if (url === null) return value
  const isBare = url.href === `${url.origin}/`
  return isBare ? value : JSON.stringify(`${url.origin}/${REDACTED}`)
}

/** The members that a run input has of them, behind others: each led by a comma. */
export const runOptionsText = (
  runOptions: JsonText,
  runSecrets: Redacted.Redacted<JsonText> | null,
): string => {
  const hidden = runSecrets === null ? null : fieldsOf(Redacted.value(runSecrets))
  return membersOf(runOptions)
    .map(({ name, key, value }) => `,${key}:${hidden?.get(name) ?? value}`)
    .join("")
}

/** Headers that say what is spoken, not who speaks: hiding their values would take words out of results. */
const PLAIN_HEADERS = new Set(["accept", "accept-language", "content-type", "user-agent"])
/** Shorter parts of an address are words. */
const MIN_TOKEN_CHARS = 16

/** What to hide in what Parallel answers: it, or a server it has called, may repeat what it was given. */
export const secretsIn = (runSecrets: Redacted.Redacted<JsonText> | null): ReadonlyArray<string> => {
  const servers = runSecrets === null ? undefined : fieldsOf(Redacted.value(runSecrets)).get("mcp_servers")
  return servers === undefined ? [] : [...new Set(elementsOf(servers).flatMap(secretsOfServer))]
}

const secretsOfServer = (server: JsonText): ReadonlyArray<string> => {
  const url = new URL(shownText(fieldsOf(server).get("url")!))
  const inUrl = [...url.pathname.split("/"), ...url.search.slice(1).split(/[&=]/), url.hash.slice(1)]
  const spelled = inUrl.flatMap((part) => [part, unescaped(part)])
  return [
    ...spelled.filter(({ length }) => length >= MIN_TOKEN_CHARS),
    ...[url.username, url.password].flatMap((part) => [part, unescaped(part)]).filter((part) => part !== ""),
    ...headersOf(server).flatMap(({ name, value }) =>
      PLAIN_HEADERS.has(name.toLowerCase()) ? [] : tokensOf(shownText(value)),
    ),
  ]
}

const unescaped = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** `Bearer x` holds x. What has no part that can be told from other text is looked for as a whole. */
const tokensOf = (value: string): ReadonlyArray<string> => {
  const parts = value.split(/\s+/).filter(({ length }) => length >= MIN_SECRET_CHARS)
  return parts.length === 0 ? [value] : parts
}
