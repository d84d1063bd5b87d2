import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { EventCursor, RunId } from "./Ids.ts"
import { compactText, fieldsOf, membersOf, objectText, shownText } from "./JsonText.ts"
import type { JsonText } from "./TaskGroup.ts"

/**
 * Parallel's wire shapes as far as we depend on them. Only `run_id` and `status` of a run are indispensable: every
 * other field may be missing, null, or joined by new ones, and none of that may end a session.
 */

const Text = Schema.NullishOr(Schema.String)
const JsonRecord = Schema.Record(Schema.String, Schema.Unknown)

export const WireStatus = Schema.Struct({
  num_task_runs: Schema.Number,
  task_run_status_counts: Schema.Record(Schema.String, Schema.Number),
  is_active: Schema.optional(Schema.NullOr(Schema.Boolean)),
  status_message: Schema.optional(Text),
  modified_at: Schema.optional(Text),
})
export type WireStatus = typeof WireStatus.Type

export const WireGroup = Schema.Struct({
  taskgroup_id: Schema.String,
  metadata: Schema.optional(Schema.NullishOr(JsonRecord)),
  status: WireStatus,
  created_at: Schema.optional(Text),
})
export type WireGroup = typeof WireGroup.Type

export const WireAddedRuns = Schema.Struct({ run_ids: Schema.Array(Schema.String) })

const RunIdentity = Schema.Struct({ run_id: Schema.NonEmptyString, status: Schema.NonEmptyString })
const isRunIdentity = Schema.is(RunIdentity)
const isRecord = Schema.is(JsonRecord)

/** A run as Parallel sent it: the two fields we need, and all of them as texts. */
export interface WireRun {
  readonly runId: RunId
  readonly status: string
  readonly fields: ReadonlyMap<string, JsonText>
  /** Which input it is the run of, as we wrote into its metadata; null when Parallel did not echo it. */
  readonly inputIndex: number | null
  /** Which attempt at it, from 1: upstream is told from the second on. */
  readonly attempt: number
}

/** An output as Parallel sent it, as text: its content, and the object without it. */
export interface WireOutput {
  readonly content: JsonText
  readonly rest: JsonText
}

export type GroupEvent =
  | {
      readonly _tag: "Run"
      readonly eventId: EventCursor | null
      readonly run: WireRun
      readonly output: WireOutput | null
      /** The row the run was made of, when it was asked for. */
      readonly input: JsonText | undefined
    }
  | { readonly _tag: "Status"; readonly eventId: EventCursor | null; readonly status: WireStatus }
  /** Parallel's `error` event: it names no run and has no id. */
  | { readonly _tag: "Trouble"; readonly refId: string | null; readonly message: string }
  /** A kind we do not know, or an event we cannot read; survived, counted. */
  | { readonly _tag: "Unreadable"; readonly eventId: EventCursor | null; readonly reason: string }

const wholeIn = (metadata: Readonly<Record<string, unknown>>, name: string): number | null => {
  const text = metadata[name]
  if (typeof text !== "string" && typeof text !== "number") return null
  const index = Number(text)
  return Number.isSafeInteger(index) && index >= 0 && String(text) !== "" ? index : null
}

/** What of the group this run is, by what we wrote into its metadata; null when that is not there. */
const placeOf = (metadata: unknown): Pick<WireRun, "inputIndex" | "attempt"> | null => {
  if (!isRecord(metadata)) return null
  const inputIndex = wholeIn(metadata, "input_index")
  return inputIndex === null ? null : { inputIndex, attempt: Math.max(1, wholeIn(metadata, "attempt") ?? 1) }
}

const NOWHERE = { inputIndex: null, attempt: 1 }

/** Ids and statuses of runs are stored as text, and sent again as bytes: half a character would make an answer unreadable. */
export const readRunId = (text: string): RunId => RunId(text.toWellFormed())

/** Reads a run. `run` and `input` are valid JSON without blanks between tokens. */
export const readRun = (run: JsonText | undefined, input?: JsonText): WireRun | null => {
  const fields = objectFields(run)
  const identity = { run_id: valueOf(fields, "run_id"), status: valueOf(fields, "status") }
  if (!isRunIdentity(identity)) return null
  return {
    runId: readRunId(identity.run_id),
    status: identity.status.toWellFormed(),
    fields,
    ...(placeOf(valueOf(fields, "metadata")) ?? placeOf(valueOf(objectFields(input), "metadata")) ?? NOWHERE),
  }
}

const NONE: ReadonlyMap<string, JsonText> = new Map()

const objectFields = (json: JsonText | undefined): ReadonlyMap<string, JsonText> =>
  json?.startsWith("{") === true ? fieldsOf(json) : NONE

const valueOf = (fields: ReadonlyMap<string, JsonText>, name: string): unknown =>
  fields.has(name) ? (JSON.parse(fields.get(name)!) as unknown) : undefined

/**
 * Reads an output. Some sources show `content` of a JSON output as JSON text: text that parses to an object is taken
 * as that object. Null when there is no output.
 */
export const readOutput = (output: JsonText | undefined): WireOutput | null => {
  if (output?.startsWith("{") !== true) return null
  const members = membersOf(output)
  const content = members.findLast(({ name }) => name === "content")?.value
  if (content === undefined || content === "null") return null
  const rest = objectText(members.filter(({ name }) => name !== "content"))
  const type = members.findLast(({ name }) => name === "type")?.value
  return { content: (type === '"json"' ? objectIn(content) : null) ?? content, rest }
}

/** The object that a JSON string is the text of. */
const objectIn = (content: JsonText): JsonText | null => {
  if (!content.startsWith('"')) return null
  const text = shownText(content)
  return isRecord(Option.getOrUndefined(decodeJson(text))) ? compactText(text).trim() : null
}

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** An object's fields, out of text that may be anything; null when it is no JSON object. */
export const readObject = (text: string): ReadonlyMap<string, JsonText> | null =>
  isRecord(Option.getOrUndefined(decodeJson(text))) ? fieldsOf(compactText(text)) : null

const decodeStatus = Schema.decodeUnknownOption(WireStatus)

const textIn = (fields: ReadonlyMap<string, JsonText>, name: string): string | null => {
  const value = valueOf(fields, name)
  return typeof value === "string" ? value : null
}

/**
 * Reads one event of `/runs` or `/events`. The kind comes from the JSON's `type`, else from the event's name; the
 * cursor from the JSON's `event_id`, else from the `id:` line.
 */
export const readGroupEvent = (event: { name: string; data: string; id: string | null }): GroupEvent => {
  const fields = readObject(event.data)
  if (fields === null)
    return { _tag: "Unreadable", eventId: null, reason: `event ${event.name} is not a JSON object` }
  const cursor = textIn(fields, "event_id") ?? event.id
  const eventId = cursor === null ? null : EventCursor(cursor)
  const type = textIn(fields, "type") ?? event.name
  switch (type) {
    case "task_run.state": {
      const input = fields.get("input")
      const run = readRun(fields.get("run"), input)
      if (run === null)
        return { _tag: "Unreadable", eventId, reason: "a run event without run_id and status" }
      const output = readOutput(fields.get("output"))
      return { _tag: "Run", eventId, run, output, input: objectFields(input).get("input") }
    }
    case "task_group_status": {
      const status = decodeStatus(valueOf(fields, "status"))
      return Option.isNone(status)
        ? { _tag: "Unreadable", eventId, reason: "a status event without counts" }
        : { _tag: "Status", eventId, status: status.value }
    }
    case "error": {
      const error = objectFields(fields.get("error"))
      return {
        _tag: "Trouble",
        refId: textIn(error, "ref_id"),
        message: textIn(error, "message") ?? "unspecified error",
      }
    }
    default:
      return { _tag: "Unreadable", eventId, reason: `unknown event type ${type.slice(0, 64)}` }
  }
}
