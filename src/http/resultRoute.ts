import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiError } from "../domain/ApiError.ts"
import { formatOf, ROW_FORMATS, SSE } from "../domain/Formats.ts"
import { type GroupId, isGroupId, readChangeNumber } from "../domain/Ids.ts"
import { shorten } from "../domain/Problem.ts"
import { queryText, readQuery } from "../domain/ResultQuery.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import type { TaskGroupStub } from "../layers/TaskGroupsObjects.ts"
import { errorHtml, resultCsp } from "../pages/resultHtml.ts"
import { rowCsp } from "../pages/rowHtml.ts"
import { NOT_FOUND, problemsError } from "../programs/apiErrors.ts"
import { type Address, isWholeGroup } from "./address.ts"
import { DATABASE_PAGES, type DatabasePage, databasePage } from "./databasePage.ts"
import { errorResponse, methodNotAllowed } from "./errors.ts"
import { type EventProxyOptions, openEvents, proxyEvents } from "./eventProxy.ts"
import { optionsResponse, withCommonHeaders } from "./headers.ts"
import type { RateLimits } from "./rateLimits.ts"
import { negotiate, type Offer, RESULT_OFFERS } from "./negotiate.ts"
import type { RequestRuntime } from "./runtime.ts"
import { studioRoute } from "./studio.ts"

export interface ResultContext {
  readonly settings: Pick<SettingsShape, "VIEWER_SILENCE_SECONDS" | "MAX_VIEWERS">
  readonly runtime: Pick<RequestRuntime, "runPromise">
  readonly groups: (id: GroupId) => TaskGroupStub
  readonly limits: RateLimits
}

/** What every result can do. */
export const READS: ReadonlyArray<string> = ["GET", "HEAD"]

/** The database: no format of the result, but an extension of its address. */
const DATABASE = "db"

/** `/{taskgroup_id}[.json|.jsonl|.csv|.md|.html|.sse|.db]` and `/{taskgroup_id}/{row}[.json|.md|.html]` */
export const resultRoute = async (
  request: Request,
  address: Address,
  context: ResultContext,
): Promise<Response> => {
  const { id, row, extension } = address
  const offers: ReadonlyArray<Offer> = row === null ? RESULT_OFFERS : ROW_FORMATS
  const extensions = [...offers.map(({ format }) => format), ...(row === null ? [DATABASE] : [])]
  if (!isGroupId(id)) return failure(request, NOT_FOUND)
  if (extension !== null && !extensions.includes(extension))
    return failure(request, noFormat(extension, extensions, row === null ? "a task group" : "a row"))
  const methods = [
    ...READS,
    ...(extension === DATABASE ? ["POST"] : isWholeGroup(address) ? ["DELETE"] : []),
    "OPTIONS",
  ].join(", ")
  if (request.method === "OPTIONS") return optionsResponse(request, methods)
  if (!methods.split(", ").includes(request.method)) {
    return failure(request, methodNotAllowed(request.method, methods))
  }
  const format = extension ?? negotiate(request.headers.get("accept"), offers)
  if (format === null) {
    return failure(request, {
      status: 406,
      message: `None of the accepted types can be served. There are ${offers.map(({ types }) => types[0]).join(", ")}.`,
    })
  }
  const guesser = context.limits.guesser(request)
  if (guesser !== null) return failure(request, guesser)
  if (row !== null) return rowRoute(request, id, format, row, context)
  return format === DATABASE ? databaseRoute(request, id, context) : groupRoute(request, id, format, context)
}

/** A group in one of its formats. */
const groupRoute = async (
  request: Request,
  id: GroupId,
  format: string,
  context: ResultContext,
): Promise<Response> => {
  const { searchParams } = new URL(request.url)
  const known = formatOf(format)?.query ?? []
  const { query, problems } = readQuery(known, searchParams)
  if (problems.length > 0) return errorResponse(problemsError(400, problems))
  const address = `https://object/${format}?${queryText(query)}`
  if (format === SSE.format) return eventRoute(request, id, address, context)
  // A script's question, not an address that people open: its errors are JSON for everybody.
  if (query.inputIndex !== undefined)
    return rowRoute(request, id, format, String(query.inputIndex), context, (_, error) =>
      errorResponse(error),
    )
  const response = await askObject(request, id, address, context)
  if (response.status === 404) return notHere(request, context)
  if (response.status === 503) return failure(request, TOO_MANY_READS)
  if (response.status === 400) return noSuchField(response)
  return format === "html" ? withCommonHeaders(response, resultCsp) : response
}

/** One row, by the index of its input or its run's id. */
const rowRoute = async (
  request: Request,
  id: GroupId,
  format: string,
  row: string,
  context: ResultContext,
  fail: typeof failure = failure,
): Promise<Response> => {
  const address = `https://object/${format}?row=${encodeURIComponent(row.toWellFormed())}`
  const response = await askObject(request, id, address, context)
  const rows = response.headers.get("x-num-inputs")
  if (rows !== null) return fail(request, noSuchRow(row, Number(rows)))
  if (response.status === 404) return notHere(request, context, fail)
  return format === "html" ? withCommonHeaders(response, rowCsp) : response
}

const askObject = (request: Request, id: GroupId, address: string, { groups }: ResultContext) =>
  groups(id).fetch(new Request(address, { method: request.method, headers: request.headers }))

/** `/{id}.db`: a page for people, and the studio's protocol for it and for programs. */
const databaseRoute = async (request: Request, id: GroupId, context: ResultContext): Promise<Response> => {
  const { groups, limits } = context
  const refusal = request.method === "POST" ? await limits.count("RATE_SQL", request) : null
  if (refusal !== null) return failure(request, refusal)
  if (!(await groups(id).exists())) return notHere(request, context)
  const asked = new URL(request.url).searchParams.get("page") ?? DATABASE_PAGES[0]
  if (!isDatabasePage(asked)) return failure(request, NO_PAGE)
  return request.method === "POST"
    ? studioRoute(request, (statement) => groups(id).askSql(statement))
    : databasePage(request, id, asked)
}

const isDatabasePage = (page: string): page is DatabasePage => DATABASE_PAGES.some((known) => known === page)

const noFormat = (extension: string, extensions: ReadonlyArray<string>, of: string): ApiError => ({
  status: 404,
  message: `${extension === "" ? "The address ends in a dot, without a format." : `There is no format .${shorten(extension, 20)} of ${of}.`} There are ${extensions.map((name) => `.${name}`).join(", ")}.`,
})

const noSuchRow = (row: string, rows: number): ApiError => ({
  status: 404,
  message: `This task group has no row ${shorten(row)}: it has ${rows}, counted from 0. A row is named by the index of its input or by its run's id.`,
})

/** Names the fields there are, which the object has told, but for a HEAD. They may be called anything, and be a thousand. */
const noSuchField = async (told: Response): Promise<Response> => {
  const text = await told.text()
  const fields = text === "" ? [] : (JSON.parse(text) as ReadonlyArray<string>)
  const more = fields.length > MAX_NAMED_FIELDS ? ` and ${fields.length - MAX_NAMED_FIELDS} more` : ""
  const names = fields.slice(0, MAX_NAMED_FIELDS).map((name) => shorten(name))
  const message = `names no field of this group's outputs. There are ${names.join(", ")}${more}.`
  return errorResponse(problemsError(400, [{ path: "basis", message }]))
}

const MAX_NAMED_FIELDS = 30

/** Counts who asked: an object was made for it, and is there for a while. */
export const notHereError = async (request: Request, limits: RateLimits): Promise<ApiError> =>
  (await limits.count("RATE_UNKNOWN", request)) ?? NOT_FOUND

const notHere = async (
  request: Request,
  { limits }: ResultContext,
  fail: typeof failure = failure,
): Promise<Response> => fail(request, await notHereError(request, limits))

const NO_PAGE: ApiError = {
  status: 404,
  message: `There is no such page of the database. There are ${DATABASE_PAGES.map((page) => `?page=${page}`).join(" and ")}.`,
}

/** An error for whoever asked: a page for a browser, JSON for everybody else. */
const failure = (request: Request, error: ApiError): Response => {
  const wantsPage = negotiate(request.headers.get("accept"), RESULT_OFFERS) === "html"
  if (!wantsPage || request.method === "POST")
    return errorResponse({ ...error, headers: { vary: "Accept", ...error.headers } })
  const title = error.status === 404 ? "Not found" : "This does not work"
  const page = new Response(
    request.method === "HEAD" ? null : errorHtml(error.status, title, error.message),
    {
      status: error.status,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        vary: "Accept",
        ...error.headers,
      },
    },
  )
  return withCommonHeaders(page, resultCsp)
}

const OBJECT_LOST: ApiError = {
  status: 503,
  message: "The task group cannot be reached at the moment. It is not affected; connect again.",
  headers: { "retry-after": "5" },
}

const TOO_MANY_READS: ApiError = {
  status: 503,
  message: "Too many answers of this task group are being read at this moment. Ask again.",
  headers: { "retry-after": "5" },
}

const tooManyViewers = ({ MAX_VIEWERS }: ResultContext["settings"]): ApiError => ({
  status: 503,
  message: `This task group's stream has all the viewers that it can have (${MAX_VIEWERS}). Its other formats show the same; connect again later.`,
  headers: { "retry-after": "30" },
})

const eventRoute = async (
  request: Request,
  id: GroupId,
  address: string,
  context: ResultContext,
): Promise<Response> => {
  const { settings, groups, runtime } = context
  const { searchParams } = new URL(request.url)
  const asked =
    request.headers.get("last-event-id") ||
    searchParams.get("last_event_id") ||
    searchParams.get("lastEventId")
  const options: EventProxyOptions = {
    open: (from, signal) =>
      groups(id).fetch(
        new Request(address, {
          method: request.method,
          signal,
          headers: from === null ? {} : { "last-event-id": String(from) },
        }),
      ),
    // Only what could be an id of ours is passed on; anything else is one we never gave, which means the full state.
    lastEventId: readChangeNumber(asked),
    silence: Duration.seconds(settings.VIEWER_SILENCE_SECONDS),
  }
  const opened = await runtime.runPromise(Effect.result(openEvents(options)))
  if (opened._tag === "Failure") return errorResponse(OBJECT_LOST)
  const first = opened.success
  if (first.status === 404) return notHere(request, context)
  if (first.status === 503) return errorResponse(tooManyViewers(settings))
  if (first.status === 400) return noSuchField(first)
  if (!first.ok || first.body === null) return first
  const body = await runtime.runPromise(Stream.toReadableStreamEffect(proxyEvents(first, options)))
  return new Response(body, { headers: first.headers })
}
