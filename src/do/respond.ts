import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { mayHaveField } from "../domain/Basis.ts"
import {
  contentTypeOf,
  type Format,
  formatOf,
  FORMATS,
  type RenderedFormat,
  ROW_FORMATS,
  type RowFormat,
  SSE,
} from "../domain/Formats.ts"
import { attachment } from "../domain/GroupMetadata.ts"
import { type ChangeNumber, readChangeNumber } from "../domain/Ids.ts"
import { queryText, readQuery } from "../domain/ResultQuery.ts"
import { SERVICE_LINKS } from "../domain/serviceLinks.ts"
import type { GroupDetails } from "../domain/TaskGroup.ts"
import { hasRoomTo } from "../programs/admission.ts"
import { readRun } from "../programs/readRun.ts"
import { renderStored, renderTaskGroup } from "../programs/renderTaskGroup.ts"
import { watchTaskGroup } from "../programs/watchTaskGroup.ts"
import { GroupFibers } from "../services/GroupFibers.ts"
import { type Choice, GroupReader } from "../services/GroupReader.ts"
import type { RenderOptions } from "../services/Renderer.ts"
import { RowRenderer } from "../services/RowRenderer.ts"
import type { Settings } from "../services/Settings.ts"

/** What the platform brings along for an answer. */
export interface Answering {
  /** Version of the code, part of every ETag. */
  readonly version: string
  /** A body of these chunks, each of which is its own to give back; closed when it is read, given up, or broken. */
  readonly bodyOf: <R>(
    chunks: Stream.Stream<Uint8Array, never, R>,
    signal: AbortSignal,
  ) => Effect.Effect<ReadableStream<Uint8Array>, never, R | GroupFibers | Settings>
}

/**
 * What the Worker in front asks an object for: a format by path, with the query that it has read; with `row`, that row
 * alone. Anything else means the output stream.
 */
export const respond = Effect.fnUntraced(function* (request: Request, answering: Answering) {
  const url = new URL(request.url)
  const name = url.pathname.slice(url.pathname.lastIndexOf("/") + 1)
  const row = url.searchParams.get("row")
  const rowFormat = ROW_FORMATS.find(({ format }) => format === name)
  if (row !== null && rowFormat !== undefined)
    return yield* respondRow(request, rowFormat, row, answering.version)
  const format = formatOf(name)
  if (format === null || format.format === SSE.format) return yield* respondEvents(request, url)
  return yield* respondRendered(request, format, url, answering)
})

const respondRendered = Effect.fnUntraced(function* (
  request: Request,
  format: Format<RenderedFormat>,
  { searchParams }: URL,
  { version, bodyOf }: Answering,
) {
  const store = yield* GroupReader
  const details = store.details()
  const { query } = readQuery(format.query ?? [], searchParams)
  const { basis, bom, table, ...selection } = query
  const options: RenderOptions = { ...(basis && { basis }), ...(bom !== undefined && { bom }) }
  const refused = refuseField(details, options)
  if (refused !== null) return refused
  const asked = queryText(query)
  const tag = asked === "" ? format.format : `${format.format}?${asked.slice(0, MAX_TAG_CHARS)}`
  const { headers, isKnown } = freshness(request, tag, store.change(), details, version)
  if (isKnown) return new Response(null, { status: 304, headers })
  if (!(yield* hasRoomTo("read"))) return crowded()
  headers.set("content-type", contentTypeOf(format))
  const choice = Object.keys(selection).length === 0 ? undefined : store.choose(selection)
  if (details !== null) {
    headers.set("link", groupLinks(details, format, choice, asked))
    if (format.attachment === true) {
      const { metadata, taskgroupId } = details
      headers.set("content-disposition", attachment(metadata, taskgroupId, format.format))
    }
  }
  if (request.method === "HEAD") return new Response(null, { headers })
  const body =
    table === undefined
      ? bodyOf(renderTaskGroup(format.format, options, choice), request.signal)
      : bodyOf(renderStored(table), request.signal)
  return new Response(yield* body, { headers })
})

/** The Worker in front says it in words. */
const crowded = () => new Response(null, { status: 503 })

/** Clients take 16 KB of headers, and a field's name may be as long. Tags of different addresses need not differ. */
const MAX_TAG_CHARS = 200

/** Where the basis of one field is asked for and outputs have none of that name: tells, as JSON, which they have. */
const refuseField = (details: GroupDetails | null, { basis }: RenderOptions): Response | null => {
  if (details === null || typeof basis !== "object") return null
  const { outputColumns } = details
  return mayHaveField(outputColumns, basis.field) ? null : Response.json(outputColumns, { status: 400 })
}

/** The same in other formats (RFC 8288), where the rows go on, and what describes the API. */
const groupLinks = (
  { taskgroupId }: GroupDetails,
  format: Format,
  choice: Choice | undefined,
  asked: string,
): string => {
  const links = otherLinks(`/${taskgroupId}.`, format, FORMATS)
  const next = choice?.next ?? null
  if (next === null) return links.join(", ")
  const query = new URLSearchParams(asked)
  query.set("after", String(next))
  return [`</${taskgroupId}.${format.format}?${query.toString()}>; rel="next"`, ...links].join(", ")
}

const otherLinks = (address: string, { format: own }: Format, formats: ReadonlyArray<Format>) => [
  ...formats
    .filter(({ format }) => format !== own)
    .map(({ format, types }) => `<${address}${format}>; rel="alternate"; type="${types[0]}"`),
  ...SERVICE_LINKS,
]

/** One row. Its tag is that of the row: changes elsewhere do not matter to it. */
const respondRow = Effect.fnUntraced(function* (
  request: Request,
  format: Format<RowFormat>,
  key: string,
  version: string,
) {
  const found = yield* readRun(key)
  if (found === null) {
    const { numInputs = 0 } = (yield* GroupReader).details() ?? {}
    // Told apart from a group that is not there.
    return new Response(null, { status: 404, headers: { "x-num-inputs": String(numInputs) } })
  }
  const { row, details, newest } = found
  const former = row.attempt === newest ? "" : `.${row.attempt}of${newest}`
  const tag = `row${row.inputIndex}${former}.${format.format}`
  const { headers, isKnown } = freshness(request, tag, row.change, details, version)
  if (isKnown) return new Response(null, { status: 304, headers })
  headers.set("content-type", contentTypeOf(format))
  headers.set(
    "link",
    otherLinks(`/${details.taskgroupId}/${row.inputIndex}.`, format, ROW_FORMATS).join(", "),
  )
  const { render } = yield* RowRenderer(format.format)
  return new Response(request.method === "HEAD" ? null : render(row, details, newest), { headers })
})

/** The headers that say how new an answer is, and whether the asker has it already. */
const freshness = (
  request: Request,
  tag: string,
  change: ChangeNumber,
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
  const { searchParams } = url
  const seen = readChangeNumber(
    request.headers.get("last-event-id") ||
      searchParams.get("last_event_id") ||
      searchParams.get("lastEventId"),
  )
  const end = store.endedAtChange()
  // All there is, as long as nobody goes on with the group.
  if (seen !== null && end !== null && seen >= end && seen <= store.change())
    return new Response(null, { status: 204 })
  if (!(yield* hasRoomTo("watch"))) return crowded()
  const { basis } = readQuery(SSE.query, searchParams).query
  const options: RenderOptions = basis === undefined ? {} : { basis }
  const details = store.details()
  const refused = refuseField(details, options)
  if (refused !== null) return refused
  const headers = {
    "content-type": contentTypeOf(SSE),
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    vary: "Accept",
    ...(details !== null && { link: groupLinks(details, SSE, undefined, "") }),
  }
  if (request.method === "HEAD") return new Response(null, { headers })
  const fibers = yield* GroupFibers
  const events = fibers.within(watchTaskGroup(seen, options))
  return new Response(yield* Stream.toReadableStreamEffect(events), { headers })
})
