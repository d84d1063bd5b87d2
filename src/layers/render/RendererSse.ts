import * as Layer from "effect/Layer"
import type { ChangeNumber } from "../../domain/Ids.ts"
import { escapeRaw } from "../../domain/JsonText.ts"
import { formOf, type OutputForm, runEventJson } from "../../domain/RunJson.ts"
import type { JsonText, TaskGroupStatus } from "../../domain/TaskGroup.ts"
import { EventRenderer } from "../../services/EventRenderer.ts"
import type { RowEncoder } from "../../services/GroupReader.ts"
import type { RenderOptions } from "../../services/Renderer.ts"

const encoder = new TextEncoder()

/** An event (WHATWG HTML, section 9.2.6). Its data has no line ends, nor what some clients take for one. */
const event = (name: string, data: JsonText, id: ChangeNumber | null): Uint8Array =>
  encoder.encode(`${id === null ? "" : `id: ${id}\n`}event: ${name}\ndata: ${escapeRaw(data)}\n\n`)

const ROW = "task_run.state"

const rowsIn = (form: OutputForm): RowEncoder => {
  const encode: RowEncoder = (row, group) => event(ROW, runEventJson(row, group, form), row.change)
  return typeof form === "object"
    ? encode
    : Object.assign(encode, { events: { form, texts: ["id: ", `\nevent: ${ROW}\ndata: `, "\n\n"] } })
}

/** Fields whose encoders are kept, so that viewers who ask for the same share what it makes. */
const MAX_FIELDS = 100

const makeRows = (): ((options: RenderOptions) => RowEncoder) => {
  const full = rowsIn("full")
  const light = rowsIn("light")
  const byField = new Map<string, RowEncoder>()
  return ({ basis }) => {
    const form = formOf(basis)
    if (form === "full") return full
    if (form === "light") return light
    const encode = byField.get(form.field) ?? rowsIn(form)
    if (byField.size < MAX_FIELDS) byField.set(form.field, encode)
    return encode
  }
}

/** `event_id` too: Parallel's clients take it for the id where there is no other. */
const status = (of: TaskGroupStatus, position: ChangeNumber, id: ChangeNumber | null): Uint8Array => {
  const data = { type: "task_group_status", event_id: String(position), status: of }
  return event("task_group_status", JSON.stringify(data), id)
}

/** Server-sent events, of the names and shapes of Parallel's own, and `done`. */
export const RendererSse = Layer.sync(EventRenderer, () => ({
  rows: makeRows(),
  status: (of, to) => status(of, to, to),
  opening: (of, from) => status(of, from, null),
  done: (change) => event("done", JSON.stringify({ type: "done", event_id: String(change) }), change),
  // One line: behind an empty one, some clients take it for a message without data.
  keepAlive: encoder.encode(": keep-alive\n"),
}))
