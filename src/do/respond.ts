import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { OutputForm } from "../domain/RunJson.ts"
import type { GroupDetails } from "../domain/TaskGroup.ts"
import { resultHtml } from "../pages/resultHtml.ts"
import { readRun } from "../programs/readRun.ts"
import { openerOf, type Rendered, type Rendering } from "../programs/renderTaskGroup.ts"
import { hasSeenTheEnd, watchTaskGroup } from "../programs/watchTaskGroup.ts"
import { GroupReader } from "../services/GroupReader.ts"

const TYPES = {
  json: "application/json; charset=utf-8",
  jsonl: "application/jsonl; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  html: "text/html; charset=utf-8",
}

/** What the platform brings along for an answer. */
export interface Answering {
  /** Version of the code, part of every ETag. */
  readonly version: string
  readonly bodyOf: (open: () => Rendered, signal: AbortSignal) => ReadableStream<Uint8Array>
}

/** What the Worker in front asks an object for: a format by path, anything else means the output stream. */
export const respond = Effect.fnUntraced(function* (request: Request, answering: Answering) {
  const url = new URL(request.url)
  const format = /\/(json|jsonl|md|csv|html)$/.exec(url.pathname)?.[1]
  const form = url.searchParams.get("basis") === "none" ? "light" : "full"
  const inputIndex = url.searchParams.get("input_index")
  if (format === "json" && inputIndex !== null)
    return yield* respondRun(request, Number(inputIndex), answering.version)
  if (format === "json") return yield* respondRendered(request, { format, form }, answering)
  if (format === "jsonl" || format === "md" || format === "csv") {
    return yield* respondRendered(request, { format }, answering)
  }
  if (format === "html") return yield* respondRendered(request, { format, page: resultHtml }, answering)
  return yield* respondEvents(request, url, form)
})

const respondRendered = Effect.fnUntraced(function* (
  request: Request,
  rendering: Rendering,
  { version, bodyOf }: Answering,
) {
  const store = yield* GroupReader
  const { format } = rendering
  const details = store.details()
  const tag = format === "json" && rendering.form === "light" ? "json-light" : format
  const { headers, isKnown } = freshness(request, tag, store.change(), details, version)
  if (isKnown) return new Response(null, { status: 304, headers })
  headers.set("content-type", TYPES[format])
  if (format === "csv" && details !== null) {
    // A group's id is safe in a file name and in quotes.
    headers.set("content-disposition", `attachment; filename="${details.taskgroupId}.csv"`)
  }
  if (request.method === "HEAD") return new Response(null, { headers })
  return new Response(bodyOf(yield* openerOf(rendering), request.signal), { headers })
})

/** One element of `runs`, with its basis. Its tag is that of the row: changes elsewhere do not matter to it. */
const respondRun = Effect.fnUntraced(function* (request: Request, inputIndex: number, version: string) {
  const store = yield* GroupReader
  const details = store.details()
  const run = yield* readRun(inputIndex)
  if (run === null) {
    // Told apart from a group that is not there.
    return new Response(null, { status: 404, headers: { "x-num-inputs": String(details?.numInputs ?? 0) } })
  }
  const { headers, isKnown } = freshness(request, `run${inputIndex}`, run.change, details, version)
  if (isKnown) return new Response(null, { status: 304, headers })
  headers.set("content-type", TYPES.json)
  return new Response(request.method === "HEAD" ? null : run.json, { headers })
})

/** The headers that say how new an answer is, and whether the asker has it already. */
const freshness = (
  request: Request,
  tag: string,
  change: number,
  details: GroupDetails | null,
  version: string,
) => {
  const etag = `W/"${tag}-${change}-${version === "" ? "dev" : version}"`
  const headers = new Headers({ etag, "cache-control": "no-cache", vary: "Accept" })
  const removalAt = details?.removalAt ?? null
  if (removalAt !== null) headers.set("sunset", new Date(removalAt).toUTCString())
  return { headers, isKnown: matches(request.headers.get("if-none-match"), etag) }
}

/** Weak comparison, as `If-None-Match` asks for (RFC 9110 §13.1.2). */
const matches = (header: string | null, etag: string): boolean => {
  if (header === null) return false
  const opaque = etag.replace(/^W\//, "")
  return header.split(",").some((part) => part.trim() === "*" || part.trim().replace(/^W\//, "") === opaque)
}

const respondEvents = Effect.fnUntraced(function* (request: Request, url: URL, form: OutputForm) {
  const store = yield* GroupReader
  const lastEventId = request.headers.get("last-event-id") ?? url.searchParams.get("last_event_id")
  if (hasSeenTheEnd(lastEventId, store.endedAtChange())) return new Response(null, { status: 204 })
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    vary: "Accept",
  }
  if (request.method === "HEAD") return new Response(null, { headers })
  return new Response(yield* Stream.toReadableStreamEffect(watchTaskGroup(lastEventId, form)), { headers })
})
