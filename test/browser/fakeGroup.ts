import type { IncomingMessage, ServerResponse } from "node:http"
import type { StatusState } from "../../src/domain/TaskGroup.ts"

/** A task group whose rows a test moves on by hand. Its stream is like the real one: present state, then changes, then `done`. */

/** JSON text that is sent as it is: what a value made of it would not be. */
export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** JSON of a value in which there may be such texts. */
export function jsonOf(value: unknown): string {
  const texts: string[] = []
  const json = JSON.stringify(value, (_, one: unknown) =>
    one instanceof Raw ? `@raw${texts.push(one.text) - 1}@` : one,
  )
  return json.replace(/"@raw(\d+)@"/g, (_, at) => texts[at] as string)
}

export type FakeRow = {
  input: object
  status: string
  content?: unknown
  basis?: unknown[]
  error?: string
  detail?: unknown
  warnings?: unknown[]
  change: number
  /** From the second on. */
  attempt?: number
  /** Parallel has it, whatever its status; else those have a run that are not queued. */
  sent?: boolean
  type?: "json" | "text"
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

export class FakeGroup {
  readonly rows: FakeRow[]
  change = 0
  ended = false
  /** How many rows the page is given; the rest comes by the stream. */
  part = Infinity
  schema: object | null = null
  warnings: string[] = []
  statusMessage = ""
  /** What it says it is at; null: what follows from whether it has ended. */
  state: StatusState | null = null
  /** Of what was started so far. */
  cost: number | null = null
  title: string | null = null
  question: string | null = null
  /** What every viewer was connected with. */
  readonly connections: (string | null)[] = []
  /** The next stream ends behind the status that opens it. */
  cutOff = false
  /** It has no room for one more viewer. */
  full = false
  /** Viewers, and whether they asked for the light form. */
  readonly #viewers = new Map<ServerResponse, boolean>()
  readonly #catchingUp = new Map<string[], boolean>()
  readonly #created: string
  /** When it changed last; null: when it was made. */
  changedAt: string | null = null
  /** What a status says of its rows; null: what is so. */
  counted: { [status: string]: number } | null = null

  readonly id: string
  readonly processor: string

  constructor(id: string, inputs: object[], processor = "core", createdAt = Date.now() - 90_000) {
    this.#created = new Date(createdAt).toISOString()
    this.id = id
    this.processor = processor
    this.rows = inputs.map((input) => ({ input, status: "queued", change: 0 }))
  }

  /** Changes a row and tells the viewers. */
  set(index: number, change: Partial<FakeRow>) {
    const row = this.rows[index]
    if (!row) throw new Error(`no row ${index}`)
    Object.assign(row, change, { change: ++this.change })
    this.#tell((light) => this.#rowEvent(index, light) + this.#statusEvent())
    return this
  }

  /** Another attempt at a row, and another row: what makes a group active again. */
  retry(index: number) {
    this.ended = false
    this.state = null
    const { input, change, attempt = 1 } = this.rows[index] as FakeRow
    this.rows[index] = { input, change, status: "queued", attempt: attempt + 1 }
    return this.set(index, {})
  }

  append(input: object) {
    this.ended = false
    this.state = null
    return this.set(this.rows.push({ input, status: "queued", change: 0 }) - 1, {})
  }

  /** Something about the group has changed, and no row. */
  tell() {
    this.change++
    this.#tell(() => this.#statusEvent())
    return this
  }

  end(state: StatusState = "done") {
    this.state = state
    this.ended = true
    this.change++
    this.#tell(() => this.#statusEvent() + event("done", this.change, {}))
    for (const viewer of this.#viewers.keys()) viewer.end()
    this.#viewers.clear()
    return this
  }

  disconnect() {
    for (const viewer of this.#viewers.keys()) viewer.destroy()
    this.#viewers.clear()
  }

  get viewers() {
    return this.#viewers.size
  }

  async stream(request: IncomingMessage, response: ServerResponse, url: URL) {
    const last = request.headers["last-event-id"] ?? url.searchParams.get("last_event_id")
    const light = url.searchParams.get("basis") === "none"
    this.connections.push(typeof last === "string" ? last : null)
    if (this.full) {
      response.writeHead(503, { "retry-after": "1" }).end()
      return
    }
    const since = last === null || last === undefined ? -1 : Number(last)
    if (this.ended && since === this.change) {
      response.writeHead(204).end()
      return
    }
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    })
    const order = this.rows
      .map((row, index) => ({ row, index }))
      .toSorted((a, b) => a.row.change - b.row.change)
    let text = this.#openingEvent(Math.max(0, since))
    if (this.cutOff) {
      this.cutOff = false
      response.end(text)
      return
    }
    // Changes made while the present state is being sent have to wait for it.
    const pending: string[] = []
    this.#catchingUp.set(pending, light)
    for (const { row, index } of order) {
      if (row.change > since) text += this.#rowEvent(index, light)
      if (text.length < 500_000) continue
      response.write(text)
      text = ""
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#catchingUp.delete(pending)
    text += pending.join("")
    if (this.ended) {
      response.end(text + event("done", this.change, {}))
      return
    }
    response.write(text)
    this.#viewers.set(response, light)
    response.on("close", () => this.#viewers.delete(response))
  }

  /** Sends text as it is: for what a correct server never sends. */
  sendRaw(text: string) {
    this.#tell(() => text)
  }

  #tell(text: (light: boolean) => string) {
    for (const [pending, light] of this.#catchingUp) pending.push(text(light))
    for (const [viewer, light] of this.#viewers) viewer.write(text(light))
  }

  status() {
    const counts: { [status: string]: number } = {}
    for (const { status } of this.rows) counts[status] = (counts[status] ?? 0) + 1
    return {
      num_task_runs: this.rows.length,
      task_run_status_counts: this.counted ?? counts,
      is_active: !this.ended,
      status_message: this.statusMessage,
      modified_at: this.changedAt ?? this.#created,
      state: this.state ?? (this.ended ? "done" : "running"),
      estimated_cost_usd: this.cost,
    }
  }

  #run(index: number) {
    const row = this.rows[index] as FakeRow
    const { attempt = 1 } = row
    const number = attempt === 1 ? String(index) : `${attempt}${String(index).padStart(6, "0")}`
    return {
      run_id: isUnsent(row) ? null : `trun_${number.padStart(32, "0")}`,
      interaction_id: null,
      status: row.status,
      is_active: row.status === "queued" || row.status === "running",
      warnings: row.warnings ?? null,
      error:
        row.error === undefined
          ? null
          : { ref_id: `ref-${index}`, message: row.error, detail: row.detail ?? null },
      processor: this.processor,
      metadata: {},
      taskgroup_id: this.id,
      created_at: this.#created,
      modified_at: new Date(Date.parse(this.#created) + 42_000).toISOString(),
    }
  }

  #output(index: number, light: boolean) {
    const row = this.rows[index] as FakeRow
    if (row.content === undefined) return null
    const output = { type: row.type ?? "json", content: row.content }
    if (!light) return { ...output, basis: row.basis ?? [] }
    const entries = ((row.basis ?? []) as ({ field?: unknown; confidence?: unknown } | null)[]).flatMap(
      (one) =>
        typeof one?.field === "string" && typeof one.confidence === "string" && one.confidence !== ""
          ? [[one.field, one.confidence]]
          : [],
    )
    return { ...output, confidence: Object.fromEntries(entries) as object }
  }

  #rowEvent(index: number, light: boolean) {
    const row = this.rows[index] as FakeRow
    return event("task_run.state", row.change, {
      input_index: index,
      input: { input: row.input, processor: this.processor, metadata: {} },
      run: this.#run(index),
      output: this.#output(index, light),
    })
  }

  /** An element of `runs` in full; null when there is none. */
  run(index: number) {
    const row = this.rows[index]
    return (
      row && { ...this.#run(index), input_index: index, input: row.input, output: this.#output(index, false) }
    )
  }

  /** JSON Lines with basis, of the rows behind an index. */
  lines(after: number, limit: number) {
    return this.rows
      .map((row, index) => ({ row, index }))
      .slice(after + 1, after + 1 + limit)
      .map(({ row, index }) => {
        const content =
          row.content === undefined ? {} : row.type === "text" ? { content: row.content } : row.content
        const { run_id, status } = this.#run(index)
        const own = { $id: run_id, $status: status, ...row.input, ...(content as object) }
        const basis = row.content === undefined ? [] : (row.basis ?? [])
        return `${jsonOf({ ...own, ...(row.error !== undefined && { $error: row.error }), $basis: basis })}\n`
      })
      .join("")
  }

  /** As the object sends it: without an id, and with the position that the viewer came with. */
  #openingEvent(from: number) {
    const data = { type: "task_group_status", event_id: String(from), status: this.status() }
    return `event: task_group_status\ndata: ${JSON.stringify(data)}\n\n: keep-alive\n`
  }

  #statusEvent() {
    return event("task_group_status", this.change, { status: this.status() })
  }

  data(part = Infinity, light = false) {
    const runs = this.rows.slice(0, part).map((row, index) => ({
      ...this.#run(index),
      input_index: index,
      input: row.input,
      output: this.#output(index, light),
    }))
    return {
      taskgroup_id: this.id,
      metadata: {
        product: "parallel-multitask",
        origin: "http://test",
        num_inputs: this.rows.length,
        processor: this.processor,
        ...(this.title !== null && { title: this.title }),
        ...(this.question !== null && { question: this.question }),
      },
      status: this.status(),
      created_at: this.#created,
      output_schema: this.schema,
      warnings: this.warnings,
      results: [],
      runs,
    }
  }

  get sunset() {
    return this.ended ? new Date(Date.now() + 30 * 86_400_000).toUTCString() : null
  }

  /** What the page is told beside `data`. */
  facts() {
    const partial = this.part < this.rows.length
    return {
      last_event_id: partial ? null : String(this.change),
      partial,
      ended: this.ended,
      sunset: this.sunset,
    }
  }

  table() {
    const names = [...new Set(this.rows.flatMap((row) => Object.keys(row.input)))]
    const cells = (values: unknown[], tag: string) =>
      values.map((v) => `<${tag}>${escapeHtml(String(v))}</${tag}>`).join("")
    const rows = this.rows
      .slice(0, this.part)
      .map(
        (row) =>
          `<tr>${cells([row.status, ...names.map((n) => (row.input as Record<string, unknown>)[n])], "td")}</tr>`,
      )
    return `<p>${this.rows.length} rows</p><table><thead><tr>${cells(["status", ...names], "th")}</tr></thead><tbody>${rows.join("")}</tbody></table>`
  }
}

/** Whether it is of no run yet. */
export const isUnsent = ({ status, attempt = 1, sent }: FakeRow) =>
  sent === undefined ? status === "queued" && attempt === 1 : !sent

function event(type: string, id: number, fields: object) {
  return `event: ${type}\nid: ${id}\ndata: ${jsonOf({ type, event_id: String(id), ...fields })}\n\n`
}
