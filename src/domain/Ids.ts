import * as Brand from "effect/Brand"
import * as Schema from "effect/Schema"

/**
 * Ids of different things, which the compiler keeps apart. They are made where one is read: from an answer of
 * Parallel's, the database, a URL or a header. From there on they are only passed on.
 */

/** Parallel's id of a task group: opaque, safe in a URL, and long enough not to be guessed by typing. */
export const GroupId = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{8,128}$/)).pipe(
  Schema.brand("GroupId"),
)
export type GroupId = typeof GroupId.Type
export const isGroupId = Schema.is(GroupId)

/** Parallel's id of a run: opaque, and well-formed text. */
export type RunId = Brand.Branded<string, "RunId">
export const RunId = Brand.nominal<RunId>()

/** Parallel's `event_id`: behind it, a stream of the group's events goes on. Opaque (docs/parallel.md, U2). */
export type EventCursor = Brand.Branded<string, "EventCursor">
export const EventCursor = Brand.nominal<EventCursor>()

/** Changes of a group are counted from 1 on. The number is the id of the event that tells a viewer of the change. */
export type ChangeNumber = Brand.Branded<number, "ChangeNumber">
export const ChangeNumber = Brand.nominal<ChangeNumber>()

/** Before the first change. */
export const NO_CHANGE = ChangeNumber(0)

/** The number `by` changes later. */
export const shiftChange = (change: ChangeNumber, by: number): ChangeNumber => ChangeNumber(change + by)

/** A viewer's `Last-Event-ID`; null for what cannot be an id of ours. */
export const readChangeNumber = (text: string | null): ChangeNumber | null =>
  text !== null && /^\d{1,15}$/.test(text) ? ChangeNumber(Number(text)) : null
