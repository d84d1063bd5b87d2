import type { Context } from "../core/context.ts"
import { Cursors, type CursorKind } from "../core/cursors.ts"
import type { TaskGroup } from "../ledger/types.ts"

const tables = new WeakMap<Context, Cursors>()

/** The cursor tables of one simulator. */
export const cursorsOf = (context: Context): Cursors => {
  let cursors = tables.get(context)
  if (cursors === undefined) {
    cursors = new Cursors(() => context.ledger.seed)
    tables.set(context, cursors)
  }
  return cursors
}

export const eventId = (context: Context, group: TaskGroup, kind: CursorKind, place: number): string =>
  cursorsOf(context).id(group.id, kind, place, context.behaviour().cursors.event_ids)

/** Names the start of a group, where a cursor has to be a value (§4.2). */
export const START_CURSOR = "start"

const afterPlace = (context: Context, group: TaskGroup, kind: CursorKind, place: number): string | null => {
  if (place >= 0) return eventId(context, group, kind, place)
  const { empty } = context.behaviour().cursors
  return empty === "null" ? null : empty === "blank" ? "" : START_CURSOR
}

/** The cursors that stand before runs about to be added. */
export const cursorBefore = (context: Context, group: TaskGroup) => {
  const log = context.logs.of(group, context.clock.now())
  const first = group.runs.length === 0
  return {
    run_cursor: afterPlace(context, group, "run", group.runs.length - 1),
    event_cursor: afterPlace(context, group, "event", first ? -1 : log.entries.length - 1),
  }
}

export type Resumed =
  /** Go on after this place; -1 is from the start. */
  | { readonly kind: "after"; readonly place: number; readonly since: number | null }
  | { readonly kind: "none" }
  | { readonly kind: "unknown" }

/** Listing cursors carry the time they were given, for the side of U1 that brings changes back. */
const split = (id: string): { id: string; since: number | null } => {
  const [head = "", time] = id.split(".")
  return { id: head, since: time === undefined ? null : Number.parseInt(time, 36) }
}

export const stamped = (id: string, now: number): string => `${id}.${now.toString(36)}`

/** The cursor of a request: the query parameter, and the header where the behaviour honours it (U24). */
const cursorOf = (context: Context, request: Request, url: URL): string | null => {
  const query = url.searchParams.get("last_event_id")
  if (query !== null && query !== "") return query
  if (!context.behaviour().transport.last_event_id_header) return null
  return request.headers.get("last-event-id")
}

const foreignPlace = (
  context: Context,
  group: TaskGroup,
  kind: CursorKind,
  id: string,
): number | undefined => {
  const { cursors } = context.behaviour()
  if (!cursors.interchangeable) return undefined
  const { entries } = context.logs.of(group, context.clock.now())
  const table = cursorsOf(context)
  if (kind === "event") {
    const place = table.place(group.id, "run", id, group.runs.length, cursors.event_ids)
    const run = place === undefined ? undefined : group.runs[place]
    // On /events a run's cursor stands for the moment before that run's batch was told of.
    return run === undefined ? undefined : entries.findIndex((entry) => entry.at >= run.createdAt) - 1
  }
  const place = table.place(group.id, "event", id, entries.length, cursors.event_ids)
  const entry = place === undefined ? undefined : entries[place]
  if (entry === undefined) return undefined
  return group.runs.filter((run) => run.createdAt <= entry.at).length - 1
}

/** Finds out where a stream goes on. */
export const resume = (
  context: Context,
  group: TaskGroup,
  kind: CursorKind,
  request: Request,
  url: URL,
): Resumed => {
  const given = cursorOf(context, request, url)
  if (given === null) return { kind: "none" }
  if (given === START_CURSOR) return { kind: "after", place: -1, since: null }
  const { id, since } = split(given)
  const { cursors } = context.behaviour()
  const now = context.clock.now()
  const { entries } = context.logs.of(group, now)
  const length = kind === "run" ? group.runs.length : entries.length
  const place =
    cursorsOf(context).place(group.id, kind, id, length, cursors.event_ids) ??
    foreignPlace(context, group, kind, id)
  if (place === undefined) return { kind: "unknown" }
  const at = kind === "run" ? group.runs[place]?.createdAt : entries[place]?.at
  const expired = cursors.expire_after_ms !== null && at !== undefined && at + cursors.expire_after_ms < now
  return expired ? { kind: "unknown" } : { kind: "after", place, since }
}
