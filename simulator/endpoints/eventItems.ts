import type { Call, Context } from "../core/context.ts"
import { unit, uuid } from "../core/random.ts"
import { inputView, outputView, runView } from "../core/views.ts"
import type { TaskGroupStatus } from "../core/wire.ts"
import type { LogEntry } from "../ledger/eventLog.ts"
import { outputReady, statusAt } from "../ledger/status.ts"
import type { Run, TaskGroup } from "../ledger/types.ts"
import type { Item } from "../sse/frame.ts"
import { eventId } from "./batchCursors.ts"

const extras = (context: Context) =>
  context.behaviour().shapes.extra_fields ? { x_trace: { shard: 7, tags: ["new"] } } : {}

export const statusItem = (context: Context, id: string, status: TaskGroupStatus): Item => ({
  event: { type: "task_group_status", event_id: id, status, ...extras(context) },
})

/** D3, U17: outputs and inputs in events are the other side; by default both are null. */
const runItem = (context: Context, id: string, run: Run, now: number): Item => {
  const { events } = context.behaviour()
  const hasOutput = events.output && statusAt(run, now) === "completed" && outputReady(run, now)
  return {
    event: {
      type: "task_run.state",
      event_id: id,
      input: events.input === "none" ? null : inputView(context, run, events.input === "expanded"),
      run: runView(context, run, now),
      output: hasOutput ? outputView(context, run) : null,
      ...extras(context),
    },
  }
}

/** An entry of the log as it is sent. A run is shown as it was when the entry was written. */
export const entryItem = (context: Context, group: TaskGroup, place: number, entry: LogEntry): Item => {
  const id = eventId(context, group, "event", place)
  return entry.kind === "status"
    ? statusItem(context, id, entry.status)
    : runItem(context, id, entry.run, entry.at)
}

const draw = (context: Context, call: Call, what: string, place: number) =>
  unit(context.ledger.seed, what, call.ordinal, place)

/** U10: an event of a kind nobody knows, carrying the cursor of the event before it. */
export const unknownItem = (context: Context, call: Call, group: TaskGroup, place: number): Item | null => {
  if (place === 0) return null
  if (draw(context, call, "unknown-type", place) >= context.behaviour().shapes.unknown_type_rate) return null
  const id = eventId(context, group, "event", place - 1)
  return { event: { type: "task_group.insight", event_id: id, insight: { text: "new in this version" } } }
}

/** U9 */
export const errorItem = (context: Context, call: Call, place: number): Item | null => {
  if (draw(context, call, "error-event", place) >= context.behaviour().events.error_event_rate) return null
  const refId = uuid(context.ledger.seed, "event-error", call.ordinal, place)
  return {
    event: {
      type: "error",
      error: { ref_id: refId, message: "Internal error while streaming", detail: null },
    },
  }
}
