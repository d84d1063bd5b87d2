import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { resultHtml } from "../pages/resultHtml.ts"
import { type Rendering, renderTaskGroup } from "../programs/renderTaskGroup.ts"
import { hasSeenTheEnd, watchTaskGroup } from "../programs/watchTaskGroup.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"

const TYPES = {
  json: "application/json; charset=utf-8",
  jsonl: "application/jsonl; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  html: "text/html; charset=utf-8",
}

/** What the Worker in front asks an object for: a format by path, anything else means the output stream. */
export const respond = Effect.fnUntraced(function* (request: Request, version: string) {
  const url = new URL(request.url)
  const format = /\/(json|jsonl|md|csv|html)$/.exec(url.pathname)?.[1]
  if (format === "json" || format === "jsonl" || format === "md" || format === "csv") {
    return yield* respondRendered(request, { format }, version)
  }
  if (format === "html") return yield* respondRendered(request, { format, page: resultHtml }, version)
  return yield* respondEvents(request, url)
})

const respondRendered = Effect.fnUntraced(function* (
  request: Request,
  rendering: Rendering,
  version: string,
) {
  const store = yield* TaskGroupStore
  const etag = `W/"${rendering.format}-${store.change()}-${version === "" ? "dev" : version}"`
  const headers = new Headers({ etag, "cache-control": "no-cache", vary: "Accept" })
  const details = store.details()
  const removalAt = details?.removalAt ?? null
  if (removalAt !== null) headers.set("sunset", new Date(removalAt).toUTCString())
  if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers })
  headers.set("content-type", TYPES[rendering.format])
  if (rendering.format === "csv" && details !== null) {
    // A group's id is safe in a file name and in quotes.
    headers.set("content-disposition", `attachment; filename="${details.taskgroupId}.csv"`)
  }
  if (request.method === "HEAD") return new Response(null, { headers })
  const body = yield* Stream.toReadableStreamEffect(renderTaskGroup(rendering))
  return new Response(body, { headers })
})

/** Weak comparison, as `If-None-Match` asks for (RFC 9110 §13.1.2). */
const matches = (header: string | null, etag: string): boolean => {
  if (header === null) return false
  const opaque = etag.replace(/^W\//, "")
  return header.split(",").some((part) => part.trim() === "*" || part.trim().replace(/^W\//, "") === opaque)
}

const respondEvents = Effect.fnUntraced(function* (request: Request, url: URL) {
  const store = yield* TaskGroupStore
  const lastEventId = request.headers.get("last-event-id") ?? url.searchParams.get("last_event_id")
  if (hasSeenTheEnd(lastEventId, store.endedAtChange())) return new Response(null, { status: 204 })
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    vary: "Accept",
  }
  if (request.method === "HEAD") return new Response(null, { headers })
  return new Response(yield* Stream.toReadableStreamEffect(watchTaskGroup(lastEventId)), { headers })
})
