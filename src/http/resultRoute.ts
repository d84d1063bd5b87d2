import { negotiate, RESULT_OFFERS } from "../domain/Accept.ts"
import { isGroupId } from "../domain/GroupId.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { errorHtml, resultCsp } from "../pages/resultHtml.ts"
import { type ApiError, errorResponse } from "./errors.ts"
import { proxyEvents } from "./eventProxy.ts"
import { optionsResponse, withCommonHeaders } from "./headers.ts"
import { studioRoute } from "./studio.ts"

/** What the routes need of a group's object. */
export interface GroupStub {
  fetch(request: Request): Promise<Response>
  exists(): Promise<boolean>
  raw(query: string): Promise<{
    columnNames: Array<string>
    rowsRead: number
    rowsWritten: number
    raw: Array<Array<any>>
  }>
}

const FORMATS: ReadonlyArray<string> = [...RESULT_OFFERS.map(({ format }) => format), "db"]

/** `/{taskgroup_id}[.json|.jsonl|.csv|.md|.html|.sse|.db]` */
export const resultRoute = async (
  request: Request,
  name: string,
  settings: SettingsShape,
  groups: (id: string) => GroupStub,
): Promise<Response> => {
  const dot = name.indexOf(".")
  const id = dot < 0 ? name : name.slice(0, dot)
  const extension = dot < 0 ? null : name.slice(dot + 1)
  const methods = extension === "db" ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS"
  if (!isGroupId(id) || (extension !== null && !FORMATS.includes(extension)))
    return failure(request, NOT_FOUND)
  if (request.method === "OPTIONS") return optionsResponse(methods)
  if (!methods.split(", ").includes(request.method)) {
    return failure(request, {
      status: 405,
      message: `${request.method} is not possible here; use ${methods}.`,
      headers: { allow: methods },
    })
  }
  const format = extension ?? negotiate(request.headers.get("accept"), RESULT_OFFERS)
  if (format === null) {
    return failure(request, {
      status: 406,
      message:
        "None of the accepted types can be served. There are application/json, text/html, text/markdown, text/event-stream, text/csv and application/jsonl.",
    })
  }
  const stub = groups(id)
  if (format === "sse") return eventRoute(request, id, settings, groups)
  if (format === "db") {
    if (!(await stub.exists())) return failure(request, NOT_FOUND)
    return studioRoute(request, (query) => groups(id).raw(query))
  }
  const response = await stub.fetch(
    new Request(`https://object/${format}`, { method: request.method, headers: request.headers }),
  )
  if (response.status === 404) return failure(request, NOT_FOUND)
  return format === "html" ? withCommonHeaders(response, resultCsp) : response
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

const eventRoute = async (
  request: Request,
  id: string,
  settings: SettingsShape,
  groups: (id: string) => GroupStub,
): Promise<Response> => {
  const query = new URL(request.url).searchParams.get("last_event_id")
  const asked = request.headers.get("last-event-id") ?? query
  // Only what could be an id of ours is passed on; anything else is one we never gave, which means the full state.
  const lastEventId = asked !== null && /^\d{1,15}$/.test(asked) ? asked : null
  const open = (from: string | null, signal: AbortSignal | null, method = "GET") =>
    groups(id).fetch(
      new Request("https://object/sse", {
        method,
        signal,
        headers: from === null ? {} : { "last-event-id": from },
      }),
    )
  const first = await open(lastEventId, null, request.method)
  if (first.status === 404) return failure(request, NOT_FOUND)
  if (first.body === null) return first
  const body = proxyEvents(first, {
    open,
    lastEventId,
    silenceMs: settings.VIEWER_SILENCE_SECONDS * 1000,
    setTimer: (ms, fn) => {
      const timer = setTimeout(fn, ms)
      return () => clearTimeout(timer)
    },
  })
  return new Response(body, { headers: first.headers })
}
