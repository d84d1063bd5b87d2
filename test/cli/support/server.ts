import { HOST } from "./fakeWorld.ts"

export interface Sent {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly key: string | null
  readonly text: string
  readonly body: any
}

interface Row {
  readonly input: Record<string, unknown>
  status: string
}

interface Group {
  readonly rows: Array<Row>
  state: string
}

const USD_PER_ROW = 0.025
export const ID = "tgrp_0123456789abcdef"
export const URL_OF_GROUP = `${HOST}/${ID}`

/** As much of a deployment as the command line asks for. Rows whose input has `fails` fail, the others complete at once. */
export class FakeServer {
  readonly sent: Array<Sent> = []
  readonly groups = new Map<string, Group>()
  /** Answers in place of the server. */
  instead: (sent: Sent) => Response | Promise<Response> | undefined = () => undefined
  warnings: ReadonlyArray<string> = []
  /** As the server would spell it: with digits that no double keeps, and names that an object would sort. */
  suggested = `{"type":"object","properties":{"ceo":{"type":"string","description":"Who leads it"},"10":{"type":["integer","null"],"const":12345678901234567890123}}}`

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(String(input))
    const headers = new Headers(init?.headers)
    const text = typeof init?.body === "string" ? init.body : ""
    const sent: Sent = {
      method: init?.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      key: headers.get("x-api-key"),
      text,
      body: text === "" ? {} : JSON.parse(text),
    }
    this.sent.push(sent)
    if (url.origin !== HOST) throw new TypeError(`fetch failed: no such host ${url.origin}`)
    init?.signal?.throwIfAborted()
    return (await this.instead(sent)) ?? this.answer(sent)
  }

  /** What was sent that changes something. */
  get acts(): ReadonlyArray<Sent> {
    return this.sent.filter(({ method, body }) => method !== "GET" && body.dry_run !== true)
  }

  add(rows: ReadonlyArray<Row>, state = "done"): void {
    this.groups.set(ID, { rows: [...rows], state })
  }

  private answer(sent: Sent): Response {
    const { method, path, body } = sent
    if (path === "/v1beta/tasks/multitask") return this.create(body)
    const [, id = "", act = ""] = /^\/([\w-]+)[./]?(\w*)$/.exec(path) ?? []
    const group = this.groups.get(id)
    if (group === undefined) return refusal(404, "There is no task group here.")
    if (method === "GET") return this.read(group, act)
    return this.act(group, method === "DELETE" ? "delete" : act, body)
  }

  private create(body: any): Response {
    const inputs: Array<Record<string, unknown>> = body.inputs.slice(0, body.limit ?? Infinity)
    const facts = {
      num_inputs: inputs.length,
      num_inputs_left_out: body.inputs.length - inputs.length,
      processor: body.processor ?? "core",
      estimated_cost_usd: inputs.length * USD_PER_ROW,
      estimated_seconds: { min: 60, max: 300 },
      warnings: this.warnings,
    }
    const schema = body.output_type === "text" ? "null" : this.suggested
    if (body.dry_run === true) return json(`{"dry_run":true,"output_schema":${schema},${rest(facts)}`)
    this.add(inputs.map((input) => ({ input, status: endOf(input) })))
    return json(`{"url":"${URL_OF_GROUP}","taskgroup_id":"${ID}","output_schema":${schema},${rest(facts)}`)
  }

  private act(group: Group, act: string, body: any): Response {
    const answer = (facts: object) =>
      json(
        JSON.stringify({
          url: URL_OF_GROUP,
          taskgroup_id: ID,
          warnings: [],
          ...facts,
          ...(body.dry_run === true && { dry_run: true }),
        }),
      )
    const idle = group.rows.filter(({ status }) => status === "failed" || status === "cancelled")
    switch (act) {
      case "inputs": {
        const added: Array<Record<string, unknown>> = body.inputs.slice(0, body.limit ?? Infinity)
        const first_index = group.rows.length
        if (body.dry_run !== true) group.rows.push(...added.map((input) => ({ input, status: endOf(input) })))
        return answer({
          added: added.length,
          first_index,
          num_inputs: first_index + added.length,
          estimated_cost_usd: added.length * USD_PER_ROW,
        })
      }
      case "retry":
        if (body.dry_run !== true) for (const row of idle) row.status = "completed"
        return answer({ retried: idle.length, estimated_cost_usd: idle.length * USD_PER_ROW })
      case "stop":
        return answer({ not_sent: 2, running: 1 })
      case "resume":
        return answer({ resumed: idle.filter(({ status }) => status === "cancelled").length })
      default:
        this.groups.delete(ID)
        return answer({ deleted: true, running: 1 })
    }
  }

  private read({ rows, state }: Group, format: string): Response {
    const runs = rows.map(({ input, status }, index) => ({
      run_id: `trun_${index}`,
      status,
      is_active: false,
      input_index: index,
      input,
      output: status === "completed" ? { content: { ceo: `CEO ${index}` } } : null,
      error: status === "completed" ? null : { message: "No source says so." },
    }))
    const counts: Record<string, number> = {}
    for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1
    const status = {
      num_task_runs: rows.length,
      task_run_status_counts: counts,
      is_active: false,
      status_message: "All rows have ended.",
      modified_at: "2026-01-01T00:00:00.000Z",
      state,
      estimated_cost_usd: 1,
    }
    const results = runs.map(({ run_id, status, input, output }) => ({
      $id: run_id,
      $status: status,
      ...input,
      ...output?.content,
    }))
    if (format === "jsonl")
      return new Response(results.map((result) => `${JSON.stringify(result)}\n`).join(""), {
        headers: { "content-type": "application/jsonl; charset=utf-8" },
      })
    if (format === "sse")
      return new Response(
        [
          event("task_group_status", { type: "task_group_status", status }),
          ...runs.map((run, at) =>
            event(
              "task_run.state",
              {
                type: "task_run.state",
                input_index: at,
                run,
                input: { input: run.input },
                output: run.output,
              },
              at + 1,
            ),
          ),
          event("done", {}, rows.length + 1),
        ].join(""),
        { headers: { "content-type": "text/event-stream; charset=utf-8" } },
      )
    const metadata = { title: "Companies", processor: "core" }
    return json(JSON.stringify({ taskgroup_id: ID, metadata, status, results, runs, warnings: [] }))
  }
}

const endOf = (input: Record<string, unknown>): string => ("fails" in input ? "failed" : "completed")

const rest = (facts: object): string => JSON.stringify(facts).slice(1)

const json = (text: string): Response =>
  new Response(text, { headers: { "content-type": "application/json; charset=utf-8" } })

const event = (name: string, data: object, id?: number): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** An error in the API's shape. */
export const refusal = (
  status: number,
  message: string,
  errors: ReadonlyArray<{ readonly path: string; readonly message: string }> = [],
): Response =>
  Response.json(
    { type: "error", error: { ref_id: "ref-1", message, detail: errors.length === 0 ? null : { errors } } },
    { status },
  )
