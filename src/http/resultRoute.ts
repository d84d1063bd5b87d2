import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { FORMATS, formatOf } from "../domain/Formats.ts"
import { isGroupId } from "../domain/TaskGroup.ts"
import { negotiate, RESULT_OFFERS } from "./negotiate.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import type { TaskGroupStub } from "../layers/TaskGroupsObjects.ts"
import { consoleCsp, consoleHtml } from "../pages/consoleHtml.ts"
import { errorHtml, resultCsp } from "../pages/resultHtml.ts"
import { type ApiError, errorResponse, methodNotAllowed } from "./errors.ts"
import { type EventProxyOptions, openEvents, proxyEvents } from "./eventProxy.ts"
import { optionsResponse, withCommonHeaders } from "./headers.ts"
import type { RequestRuntime } from "./runtime.ts"
import { studioRoute } from "./studio.ts"

export interface ResultContext {
  readonly settings: Pick<SettingsShape, "VIEWER_SILENCE_SECONDS">
  readonly runtime: Pick<RequestRuntime, "runPromise">
  readonly groups: (id: string) => TaskGroupStub
}

/** The studio: no format of the result, but an extension of its address. */
const DATABASE = "db"

/** `/{taskgroup_id}[.json|.jsonl|.csv|.md|.html|.sse|.db]` */
export const resultRoute = async (
  request: Request,
  name: string,
  context: ResultContext,
): Promise<Response> => {
  const { groups } = context
  const dot = name.indexOf(".")
  const id = dot < 0 ? name : name.slice(0, dot)
  const extension = dot < 0 ? null : name.slice(dot + 1)
  const methods = extension === DATABASE ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS"
  if (!isGroupId(id) || (extension !== null && extension !== DATABASE && formatOf(extension) === null))
    return failure(request, NOT_FOUND)
  if (request.method === "OPTIONS") return optionsResponse(methods)
  if (!methods.split(", ").includes(request.method)) {
    return failure(request, methodNotAllowed(request.method, methods))
  }
  const format = extension ?? negotiate(request.headers.get("accept"), RESULT_OFFERS)
  if (format === null) {
    return failure(request, {
      status: 406,
      message: `None of the accepted types can be served. There are ${FORMATS.map(({ types }) => types[0]).join(", ")}.`,
    })
  }
  const stub = groups(id)
  if (format === "sse") return eventRoute(request, id, context)
  if (format === DATABASE) {
    if (!(await stub.exists())) return failure(request, NOT_FOUND)
    return databaseRoute(request, id, (query) => groups(id).raw(query))
  }
  const query = format === "json" ? jsonQuery(request) : renderQuery(request, format)
  if (query === null) return errorResponse(BAD_INDEX)
  const response = await stub.fetch(
    new Request(`https://object/${format}${query}`, { method: request.method, headers: request.headers }),
  )
  const inputs = response.headers.get("x-num-inputs")
  if (inputs !== null) return errorResponse(noSuchInput(inputs))
  if (response.status === 404) return failure(request, NOT_FOUND)
  return format === "html" ? withCommonHeaders(response, resultCsp) : response
}

/** `/{id}.db`: the studio, or with `?page=console` the SQL console of our own over the same protocol. */
const databaseRoute = (
  request: Request,
  id: string,
  raw: TaskGroupStub["raw"],
): Response | Promise<Response> => {
  const page = new URL(request.url).searchParams.get("page")
  if (page !== null && page !== "console") return failure(request, NO_PAGE)
  if (page === null || request.method === "POST") return studioRoute(request, id, raw)
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" }
  const answer = new Response(request.method === "HEAD" ? null : consoleHtml(id), { headers })
  return withCommonHeaders(answer, consoleCsp)
}

/** What the object is told of the query: what its renderer of this format knows. */
const renderQuery = (request: Request, format: string): string => {
  const { searchParams } = new URL(request.url)
  const known = formatOf(format)?.query ?? []
  return known.includes("basis") && searchParams.get("basis") === "none" ? "?basis=none" : ""
}

/** What the object is told of the query of `.json`; null when that is wrong. */
const jsonQuery = (request: Request): string | null => {
  const inputIndex = new URL(request.url).searchParams.get("input_index")
  if (inputIndex === null) return renderQuery(request, "json")
  return /^\d{1,9}$/.test(inputIndex) ? `?input_index=${Number(inputIndex)}` : null
}

const INDEX_RULE = "must be a whole number from 0, the place of an input in the list"

const BAD_INDEX: ApiError = {
  status: 422,
  message: `input_index ${INDEX_RULE}.`,
  detail: { errors: [{ path: "input_index", message: INDEX_RULE }] },
}

const noSuchInput = (inputs: string): ApiError => ({
  status: 404,
  message: `This task group has no input of that index: it has ${inputs}, counted from 0.`,
})

const NO_PAGE: ApiError = {
  status: 404,
  message: "There is no such page of the database. There is ?page=console.",
}

const NOT_FOUND: ApiError = {
  status: 404,
  message:
    "There is no task group here. The address is mistyped, or the group ended long ago and was removed.",
}

/** An error for whoever asked: a page for a browser, JSON for everybody else. */
const failure = (request: Request, error: ApiError): Response => {
  const wantsPage = negotiate(request.headers.get("accept"), RESULT_OFFERS) === "html"
  if (!wantsPage || request.method === "POST") return errorResponse(error)
  const title = error.status === 404 ? "Not found" : "This does not work"
  const page = new Response(
    request.method === "HEAD" ? null : errorHtml(error.status, title, error.message),
    {
      status: error.status,
      headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", ...error.headers },
    },
  )
  return withCommonHeaders(page, resultCsp)
}

const OBJECT_LOST: ApiError = {
  status: 503,
  message: "The task group cannot be reached at the moment. It is not affected; connect again.",
  headers: { "retry-after": "5" },
}

const eventRoute = async (
  request: Request,
  id: string,
  { settings, groups, runtime }: ResultContext,
): Promise<Response> => {
  const { searchParams } = new URL(request.url)
  const asked =
    request.headers.get("last-event-id") ||
    searchParams.get("last_event_id") ||
    searchParams.get("lastEventId")
  const address = `https://object/sse${renderQuery(request, "sse")}`
  const options: EventProxyOptions = {
    open: (from, signal) =>
      groups(id).fetch(
        new Request(address, {
          method: request.method,
          signal,
          headers: from === null ? {} : { "last-event-id": from },
        }),
      ),
    // Only what could be an id of ours is passed on; anything else is one we never gave, which means the full state.
    lastEventId: asked !== null && /^\d{1,15}$/.test(asked) ? asked : null,
    silence: Duration.seconds(settings.VIEWER_SILENCE_SECONDS),
  }
  const opened = await runtime.runPromise(Effect.result(openEvents(options)))
  if (opened._tag === "Failure") return errorResponse(OBJECT_LOST)
  const first = opened.success
  if (first.status === 404) return failure(request, NOT_FOUND)
  if (!first.ok || first.body === null) return first
  const body = await runtime.runPromise(Stream.toReadableStreamEffect(proxyEvents(first, options)))
  return new Response(body, { headers: first.headers })
}
