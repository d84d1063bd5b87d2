import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { EventCursor, RunId } from "./Ids.ts"

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

/** A run as Parallel sent it: the two fields we need, and the whole object. */
export interface WireRun {
  readonly runId: RunId
  readonly status: string
  readonly raw: Readonly<Record<string, unknown>>
  /** Which input it is the run of, as we wrote into its metadata; null when Parallel did not echo it. */
  readonly inputIndex: number | null
}

/** An output as Parallel sent it, its content told apart from the rest. */
export interface WireOutput {
  readonly content: unknown
  readonly rest: Readonly<Record<string, unknown>>
}

export type GroupEvent =
  | {
      readonly _tag: "Run"
      readonly eventId: EventCursor | null
      readonly run: WireRun
      readonly output: WireOutput | null
      /** The row the run was made of, when it was asked for. */
      readonly input: unknown
    }
  | { readonly _tag: "Status"; readonly eventId: EventCursor | null; readonly status: WireStatus }
  /** Parallel's `error` event: it names no run and has no id. */
  | { readonly _tag: "Trouble"; readonly refId: string | null; readonly message: string }
  /** A kind we do not know, or an event we cannot read; survived, counted. */
  | { readonly _tag: "Unreadable"; readonly eventId: EventCursor | null; readonly reason: string }

const indexOf = (metadata: unknown): number | null => {
  if (!isRecord(metadata)) return null
  const text = metadata["input_index"]
  if (typeof text !== "string" && typeof text !== "number") return null
  const index = Number(text)
  return Number.isSafeInteger(index) && index >= 0 && String(text) !== "" ? index : null
}

/** Ids and statuses of runs are stored as text, and sent again as bytes: half a character would make an answer unreadable. */
export const readRunId = (text: string): RunId => RunId(text.toWellFormed())

export const readRun = (run: unknown, input?: unknown): WireRun | null => {
  if (!isRecord(run) || !isRunIdentity(run)) return null
  const fromInput = isRecord(input) ? indexOf(input["metadata"]) : null
  return {
    runId: readRunId(run.run_id),
    status: run.status.toWellFormed(),
    raw: run,
    inputIndex: indexOf(run["metadata"]) ?? fromInput,
  }
}

/**
 * Reads an output. Some sources show `content` of a JSON output as JSON text: text that parses to an object is taken
 * as that object. Null when there is no output.
 */
export const readOutput = (output: unknown): WireOutput | null => {
  if (!isRecord(output) || !("content" in output) || output["content"] === null) return null
  const { content, ...rest } = output
  if (rest["type"] === "json" && typeof content === "string") {
    const parsed = Option.getOrUndefined(decodeJson(content))
    if (isRecord(parsed)) return { content: parsed, rest }
  }
  return { content, rest }
}

const inputOf = (input: unknown): unknown => (isRecord(input) ? input["input"] : undefined)

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const decodeStatus = Schema.decodeUnknownOption(WireStatus)

/**
 * Reads one event of `/runs` or `/events`. The kind comes from the JSON's `type`, else from the event's name; the
 * cursor from the JSON's `event_id`, else from the `id:` line.
 */
export const readGroupEvent = (event: { name: string; data: string; id: string | null }): GroupEvent => {
  const json = Option.getOrUndefined(decodeJson(event.data))
  if (!isRecord(json)) {
    return { _tag: "Unreadable", eventId: null, reason: `event ${event.name} is not a JSON object` }
  }
  const cursor = typeof json["event_id"] === "string" ? json["event_id"] : event.id
  const eventId = cursor === null ? null : EventCursor(cursor)
  const type = typeof json["type"] === "string" ? json["type"] : event.name
  switch (type) {
    case "task_run.state": {
      const run = readRun(json["run"], json["input"])
      return run === null
        ? { _tag: "Unreadable", eventId, reason: "a run event without run_id and status" }
        : { _tag: "Run", eventId, run, output: readOutput(json["output"]), input: inputOf(json["input"]) }
    }
    case "task_group_status": {
      const status = decodeStatus(json["status"])
      return Option.isNone(status)
        ? { _tag: "Unreadable", eventId, reason: "a status event without counts" }
        : { _tag: "Status", eventId, status: status.value }
    }
    case "error": {
      const error = isRecord(json["error"]) ? json["error"] : {}
      return {
        _tag: "Trouble",
        refId: typeof error["ref_id"] === "string" ? error["ref_id"] : null,
        message: typeof error["message"] === "string" ? error["message"] : "unspecified error",
      }
    }
    default:
      return { _tag: "Unreadable", eventId, reason: `unknown event type ${type.slice(0, 64)}` }
  }
}
