import * as Layer from "effect/Layer"
import type { ChangeNumber } from "../../domain/Ids.ts"
import { type OutputForm, runEventJson } from "../../domain/RunJson.ts"
import type { TaskGroupStatus } from "../../domain/TaskGroup.ts"
import { EventRenderer } from "../../services/EventRenderer.ts"
import type { RowEncoder } from "../../services/GroupReader.ts"

const encoder = new TextEncoder()

/** An event (WHATWG HTML, section 9.2.6). JSON has no line ends in it. */
const event = (name: string, data: string, id: ChangeNumber | null): Uint8Array =>
  encoder.encode(`${id === null ? "" : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`)

const rowsIn =
  (form: OutputForm): RowEncoder =>
  (row, group) =>
    event("task_run.state", runEventJson(row, group, form), row.change)

const ROWS = { full: rowsIn("full"), light: rowsIn("light") }

/** `event_id` too: Parallel's clients take it for the id where there is no other. */
const status = (of: TaskGroupStatus, position: ChangeNumber, id: ChangeNumber | null): Uint8Array => {
  const data = { type: "task_group_status", event_id: String(position), status: of }
  return event("task_group_status", JSON.stringify(data), id)
}

/** Server-sent events, of the names and shapes of Parallel's own, and `done`. */
export const RendererSse = Layer.succeed(EventRenderer, {
  rows: ({ form = "full" }) => ROWS[form],
  status: (of, to) => status(of, to, to),
  opening: (of, from) => status(of, from, null),
  done: (change) => event("done", JSON.stringify({ type: "done", event_id: String(change) }), change),
  // One line: behind an empty one, some clients take it for a message without data.
  keepAlive: encoder.encode(": keep-alive\n"),
})
