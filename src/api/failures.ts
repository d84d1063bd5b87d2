import * as Schema from "effect/Schema"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import { ErrorBody, JsonRpc } from "./answers.ts"
import type { AnswerHeader } from "./headers.ts"

/** A status that a request may get instead of what it asks for. */
export interface Failure {
  /** Its name among the document's components. */
  readonly name: string
  readonly status: number
  readonly description: string
  readonly headers: ReadonlyArray<AnswerHeader>
  /** A browser gets a page that says the same. */
  readonly isPage: boolean
  /** The body may also be an error of JSON-RPC. */
  readonly isRpc?: true
}

type Headers = ReadonlyArray<AnswerHeader>

const failure = (name: string, status: number, description: string, headers: Headers = []): Failure => ({
  name,
  status,
  description,
  headers: ["Cache-Control", ...headers],
  isPage: false,
})

/** The same where a browser gets a page. */
const asPage = (one: Failure): Failure => ({
  ...one,
  name: `${one.name}Page`,
  headers: [...new Set<AnswerHeader>([...one.headers, "Vary?"])],
  isPage: true,
})

export const Html = Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/html" }))

/** The schemas of failures, for an endpoint. */
export const errorsOf = (failures: ReadonlyArray<Failure>): ReadonlyArray<Schema.Top> =>
  failures.flatMap(({ status, isPage, isRpc }) => [
    ErrorBody.pipe(HttpApiSchema.status(status)),
    ...(isRpc ? [JsonRpc.pipe(HttpApiSchema.status(status))] : []),
    ...(isPage ? [Html.pipe(HttpApiSchema.status(status))] : []),
  ])

/** Any request may get it. */
export const broken = failure(
  "Broken",
  500,
  "This deployment is configured wrongly (`detail.errors` names the variables), or it failed: `ref_id` finds the line in its log.",
)
const unauthorized = failure(
  "Unauthorized",
  401,
  "No API key, one that cannot be one, or Parallel refuses it.",
  ["WWW-Authenticate?"],
)
const noCredit = failure("NoCredit", 402, "The account behind the key has too little credit at Parallel.")
export const forbidden = failure(
  "Forbidden",
  403,
  "Parallel refuses this key, or does not let it read the group; or a page of another origin sent this to a deployment for development.",
)
export const noGroup = failure(
  "NoGroup",
  404,
  "There is no such group: the address is mistyped, or the group was removed or deleted.",
  ["Vary?"],
)
const tooSlow = failure(
  "TooSlow",
  408,
  "The body did not arrive: nothing of it for 15 s, or not all of it within 300 s. Nothing was done.",
  ["Connection?"],
)
const tooLarge = failure(
  "TooLarge",
  413,
  "The body, or what the inputs URL answers, is too large or holds too many values.",
)
const notJson = failure(
  "NotJson",
  415,
  "The body is declared as something else than JSON, in another charset, or compressed in a way that is not taken.",
)

/** Of what takes a key and a body, but for what a path has of its own. */
const keyed = (conflict: string, ...others: ReadonlyArray<Failure>) => [
  failure("BadBody", 400, "The body is not JSON in UTF-8, or broke off; or `Idempotency-Key` is empty."),
  unauthorized,
  noCredit,
  forbidden,
  ...others,
  tooSlow,
  failure("Conflict", 409, conflict, ["Retry-After?"]),
  tooLarge,
  notJson,
  failure(
    "Invalid",
    422,
    "The request cannot work: `detail.errors` names every problem by path. Nothing was done.",
  ),
  failure("SlowDown", 429, "Parallel asks to slow down, or this deployment does.", ["Retry-After?"]),
  broken,
  failure(
    "UpstreamBroken",
    502,
    "Parallel answers with something unusable, or nobody knows whether a change was made: send it again under its `Idempotency-Key`.",
  ),
  failure(
    "Unavailable",
    503,
    "The object behind the group, or behind the `Idempotency-Key`, cannot be reached.",
    ["Retry-After"],
  ),
  failure("UpstreamSilent", 504, "Parallel, or the inputs URL, does not answer in time."),
]

/** Of the POST. */
export const createFailures = keyed(
  "The `Idempotency-Key` belongs to another request, or to one that is still at work (then with `Retry-After`).",
)
/** Of what changes a group. */
export const actFailures = keyed(
  "The group's inputs are still coming in, or the `Idempotency-Key` belongs to another request or to one that is still at work. With `Retry-After` where it helps to come back.",
  noGroup,
)
/** Where Parallel's own status and message are passed on: another one of 4xx, which generators know no name for. */
export const otherRefusal = failure(
  "OtherRefusal",
  400,
  "Any other refusal of Parallel's (4xx), with its status and its words.",
)

const badParameter = failure(
  "BadParameter",
  400,
  "A query parameter is wrong; `detail.errors` says which, and what it may be.",
)
const notAcceptable = failure(
  "NotAcceptable",
  406,
  "No format fits the `Accept` header. The message names those there are.",
  ["Vary"],
)
const tooManyGuesses = asPage(
  failure("TooManyGuesses", 429, "Your network address asks for too many groups that are not here.", [
    "Retry-After",
  ]),
)
const crowded = asPage(
  failure("Crowded", 503, "Too many answers of this group are being read at this moment.", ["Retry-After"]),
)
const reading = [asPage(noGroup), tooManyGuesses, broken]

/** Of a group in a format. */
export const pageFailures = [...reading, crowded]
export const partsFailures = [badParameter, ...reading, crowded]
export const negotiatedFailures = [badParameter, ...reading, notAcceptable, crowded]
export const streamFailures = [
  badParameter,
  ...reading,
  failure(
    "NoPlace",
    503,
    "The group has all the viewers that it can have, or cannot be reached at the moment.",
    ["Retry-After"],
  ),
]

/** Of one row. */
const noRow = asPage(failure("NoRow", 404, "There is no such group, or the group has no such row."))
export const rowFailures = [noRow, tooManyGuesses, broken]
export const negotiatedRowFailures = [noRow, notAcceptable, tooManyGuesses, broken]

/** Of the database. */
export const databaseFailures = [
  asPage(failure("NoDatabasePage", 404, "There is no such group, or no such page of its database.")),
  tooManyGuesses,
  broken,
]
export const sqlFailures = [
  failure("NoStatement", 400, "The body is not JSON, or no request of the studio's protocol."),
  failure("NoDatabase", 404, "There is no such group, or no such page of its database.", ["Vary?"]),
  tooSlow,
  failure("LongStatement", 413, "The body is larger than 200,000 bytes."),
  failure(
    "SqlSlowDown",
    429,
    "The group's SQL has used up its share of time, or your network address asks too often.",
    ["Retry-After", "Vary?"],
  ),
  broken,
]

/** Of texts that name their own origin: some are made, most are files of the deployment. */
const badHost = failure("BadHost", 400, "The `Host` header is no host name.")
export const madeFailures = [badHost, broken]
export const fileFailures = [
  badHost,
  failure("NoDocuments", 404, "This deployment has no documents."),
  broken,
]

/** Of pages that need nothing. */
export const formFailures = [broken]

/** Of the page that a sign-in comes back to, and of the exchange of its code for a key. */
export const noSignIn = failure("NoSignIn", 404, "This deployment offers no sign-in.")
export const callbackFailures = [noSignIn, broken]
export const signInFailures = [
  failure("BadSignIn", 400, "The body is not JSON, or Parallel's login refuses the code."),
  failure("ForeignSignIn", 403, "Only this site's own page may finish a sign-in."),
  noSignIn,
  tooSlow,
  tooLarge,
  notJson,
  failure("NoCode", 422, "The code or the verifier cannot be one."),
  broken,
  failure("LoginBroken", 502, "Parallel's login answers with something unusable."),
  failure("LoginSilent", 504, "Parallel's login does not answer in time."),
]

/** Of the MCP server. What a tool refuses is no error of HTTP. */
const foreignPage = failure("ForeignPage", 403, "A page of another origin sent this.")
export const mcpFailures = [
  {
    ...failure(
      "NoMessage",
      400,
      "The body is no message of JSON-RPC, or of no revision that is spoken here; or the `Host` header is no host name.",
    ),
    isRpc: true as const,
  },
  failure(
    "McpUnauthorized",
    401,
    "No API key, one that cannot be one, or Parallel refuses it. `WWW-Authenticate` says where to sign in.",
    ["WWW-Authenticate"],
  ),
  foreignPage,
  {
    ...failure("McpNotAcceptable", 406, "`Accept` does not name `application/json` and `text/event-stream`."),
    isRpc: true as const,
  },
  tooSlow,
  tooLarge,
  notJson,
  broken,
]
export const mcpMethodFailures = [
  badHost,
  foreignPage,
  failure("NoSession", 405, "There are no sessions and no streams here.", ["Allow"]),
  broken,
]

/** Of a path that there is, by another method; and of any other path. */
export const otherMethods = [
  forbidden,
  asPage(noGroup),
  asPage(
    failure("OtherMethod", 405, "There is no such method here; `Allow` names those there are.", ["Allow"]),
  ),
  broken,
]
export const otherPaths = [
  asPage(failure("OtherPath", 404, "There is nothing at this path, or no such format of a group or a row.")),
  broken,
]

/** Of asking what a path can do. */
export const optionsFailures = { badHost, forbidden, foreignPage, noGroup: asPage(noGroup), noSignIn, broken }
