import { createExecutionContext, runInDurableObject } from "cloudflare:test"
import { env, exports } from "cloudflare:workers"
import type { TaskGroupDO } from "../../../src/do/TaskGroupDO.ts"
import type { Excerpt, ExcerptQuery } from "../../../src/domain/Excerpt.ts"
import type { Progress } from "../../../src/domain/Progress.ts"
import type { GroupInit, GroupSecrets, TaskGroupResultOutput } from "../../../src/domain/TaskGroup.ts"
import type { Committed, CommitUntil } from "../../../src/services/TaskGroups.ts"
import { recorded } from "./contract.ts"
import type { Upstream } from "./upstream.ts"
import worker from "./worker.ts"

export const ORIGIN = "https://multitask.example"

export const send = async (path: string, init?: RequestInit): Promise<Response> => {
  const request = new Request(`${ORIGIN}${path}`, init)
  const product = exports as unknown as { default: { fetch(request: Request): Promise<Response> } }
  return recorded(request, await product.default.fetch(request))
}

/** The same Worker under other variables, or another name; its objects keep theirs. */
export const underVariables = (
  variables: Readonly<Record<string, unknown>>,
  origin: string = ORIGIN,
): typeof send => {
  const changed = { ...env, ...variables }
  return async (path, init) => {
    const request = new Request(`${origin}${path}`, init)
    const asked = request as Parameters<typeof worker.fetch>[0]
    return recorded(request, await worker.fetch(asked, changed, createExecutionContext()))
  }
}

/** A group's object as the tests use it; the stub's own type is too deep for the compiler. */
export interface TaskGroupStub {
  fetch(url: string | Request, init?: RequestInit): Promise<Response>
  begin(
    init: GroupInit,
    secrets: GroupSecrets,
    inputs?: ReadonlyArray<string>,
  ): Promise<"begun" | "same" | "stored" | "different">
  receive(
    init: GroupInit,
    secrets: GroupSecrets,
    inputs: ReadonlyArray<string>,
    waitMs: number,
  ): Promise<Committed>
  addInputs(from: number, inputs: ReadonlyArray<string>): Promise<"stored" | "same" | "different">
  commit(waitMs: number, until?: CommitUntil): Promise<Committed>
  getData(page?: { after?: number; limit?: number }): Promise<TaskGroupResultOutput>
  progress(waitMs: number): Promise<Progress | null>
  excerpt(query: ExcerptQuery): Promise<Excerpt | null>
  exists(): Promise<boolean>
  wasHere(): Promise<boolean>
  askSql(statement: string): Promise<object>
  raw(
    query: string,
    ...bindings: Array<unknown>
  ): Promise<{ columnNames: Array<string>; raw: Array<Array<unknown>> }>
}

const stubOf = (id: string) => env.TASK_GROUP.get(env.TASK_GROUP.idFromName(id))

export const groupStub = (id: string): TaskGroupStub => stubOf(id) as unknown as TaskGroupStub

/** The real stub, for the functions of `cloudflare:test`. */
export const realStub = (id: string): DurableObjectStub => stubOf(id)

/** Runs inside the object, with its storage. */
export const inside = <T>(
  id: string,
  body: (state: DurableObjectState, instance: TaskGroupDO) => T | Promise<T>,
) => runInDurableObject(realStub(id), (instance: TaskGroupDO, state) => body(state, instance))

export const SCHEMA = {
  type: "object",
  properties: {
    ceo_name: { type: "string", description: "Full name of the CEO" },
    employees: { type: "string", description: "Number of employees" },
  },
  required: ["ceo_name", "employees"],
  additionalProperties: false,
}

export const companies = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ company: `Company ${at}` }))

export const body = (changes: Record<string, unknown> = {}) => ({
  inputs: companies(3),
  processor: "core",
  output_type: "json",
  output_schema: SCHEMA,
  ...changes,
})

export const CREATE = "/v1beta/tasks/multitask"

export const post = (
  upstream: Upstream,
  changes: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) =>
  send(CREATE, {
    method: "POST",
    headers: { "x-api-key": upstream.key, "content-type": "application/json", ...headers },
    body: JSON.stringify(body(changes)),
  })

export interface Created {
  readonly url: string
  readonly taskgroup_id: string
  readonly num_inputs: number
  readonly num_inputs_left_out: number
  readonly processor: string
  readonly output_schema: unknown
  readonly estimated_cost_usd: number | null
  readonly estimated_seconds: { readonly min: number; readonly max: number } | null
  readonly warnings: ReadonlyArray<string>
}

export const create = async (upstream: Upstream, changes: Record<string, unknown> = {}): Promise<Created> => {
  const response = await post(upstream, changes, { accept: "application/json" })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  return JSON.parse(text) as Created
}

/** What every error of the API looks like. */
export interface ErrorBody {
  readonly type: string
  readonly error: {
    readonly ref_id: string
    readonly message: string
    readonly detail: {
      readonly errors?: ReadonlyArray<{ readonly path: string; readonly message: string }>
    } | null
  }
  readonly taskgroup_id?: string
  readonly url?: string
}

/** What the JSON format says. */
export const getJson = async (
  id: string,
): Promise<TaskGroupResultOutput & { readonly warnings: ReadonlyArray<string> }> => {
  const response = await send(`/${id}.json`)
  if (response.status !== 200) throw new Error(`GET /${id}.json: ${response.status}`)
  return response.json()
}
