import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { contentTypeOf, type Format, formatOf, type RenderedFormat, SSE } from "../domain/Formats.ts"
import type { GroupDetails } from "../domain/TaskGroup.ts"
import { readRun } from "../programs/readRun.ts"
import { renderTaskGroup } from "../programs/renderTaskGroup.ts"
import { hasSeenTheEnd, watchTaskGroup } from "../programs/watchTaskGroup.ts"
import { GroupFibers } from "../services/GroupFibers.ts"
import { GroupReader } from "../services/GroupReader.ts"
import type { RenderOptions } from "../services/Renderer.ts"

/** What the platform brings along for an answer. */
export interface Answering {
  /** Version of the code, part of every ETag. */
  readonly version: string
  /** A body of these chunks, each of which is its own to give back; closed when it is read, given up, or broken. */
  readonly bodyOf: <R>(
    chunks: Stream.Stream<Uint8Array, never, R>,
    signal: AbortSignal,
  ) => Effect.Effect<ReadableStream<Uint8Array>, never, R | GroupFibers>
}

/** What the Worker in front asks an object for: a format by path, anything else means the output stream. */
export const respond = Effect.fnUntraced(function* (request: Request, answering: Answering) {
  const url = new URL(request.url)
  const format = formatOf(url.pathname.slice(url.pathname.lastIndexOf("/") + 1))
  const inputIndex = url.searchParams.get("input_index")
  if (format?.format === "json" && inputIndex !== null)
    return yield* respondRun(request, format, Number(inputIndex), answering.version)
  if (format === null || format.format === SSE.format) return yield* respondEvents(request, url)
  return yield* respondRendered(request, format, optionsOf(format, url.searchParams), answering)
})

/** What is asked of a format, by those parts of the query that it knows. */
const optionsOf = ({ query = [] }: Format, asked: URLSearchParams): RenderOptions =>
  query.includes("basis") && asked.get("basis") === "none" ? { form: "light" } : {}

const respondRendered = Effect.fnUntraced(function* (
  request: Request,
  format: Format<RenderedFormat>,
  options: RenderOptions,
  { version, bodyOf }: Answering,
) {
  const store = yield* GroupReader
  const details = store.details()
  const tag = [format.format, ...Object.values(options)].join("-")
  const { headers, isKnown } = freshness(request, tag, store.change(), details, version)
  if (isKnown) return new Response(null, { status: 304, headers })
  headers.set("content-type", contentTypeOf(format))
  if (format.attachment === true && details !== null) {
    // A group's id is safe in a file name and in quotes.
    headers.set("content-disposition", `attachment; filename="${details.taskgroupId}.${format.format}"`)
  }
  if (request.method === "HEAD") return new Response(null, { headers })
  return new Response(yield* bodyOf(renderTaskGroup(format.format, options), request.signal), { headers })
})

/** One element of `runs`, with its basis. Its tag is that of the row: changes elsewhere do not matter to it. */
const respondRun = Effect.fnUntraced(function* (
  request: Request,
  format: Format,
  inputIndex: number,
  version: string,
) {
  const store = yield* GroupReader
  const details = store.details()
  const run = yield* readRun(inputIndex)
  if (run === null) {
    // Told apart from a group that is not there.
    return new Response(null, { status: 404, headers: { "x-num-inputs": String(details?.numInputs ?? 0) } })
  }
  const { headers, isKnown } = freshness(request, `run${inputIndex}`, run.change, details, version)
  if (isKnown) return new Response(null, { status: 304, headers })
  headers.set("content-type", contentTypeOf(format))
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

const respondEvents = Effect.fnUntraced(function* (request: Request, url: URL) {
  const store = yield* GroupReader
  const lastEventId = request.headers.get("last-event-id") ?? url.searchParams.get("last_event_id")
  if (hasSeenTheEnd(lastEventId, store.endedAtChange())) return new Response(null, { status: 204 })
  const headers = {
    "content-type": contentTypeOf(SSE),
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    vary: "Accept",
  }
  if (request.method === "HEAD") return new Response(null, { headers })
  const fibers = yield* GroupFibers
  const events = fibers.within(watchTaskGroup(lastEventId, optionsOf(SSE, url.searchParams)))
  return new Response(yield* Stream.toReadableStreamEffect(events), { headers })
})
