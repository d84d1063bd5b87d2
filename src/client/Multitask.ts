import { baseUrlOf, groupIdOf } from "./address.ts"
import { type JsonText, written } from "./JsonText.ts"
import { act, ask, type Asked, type Connection } from "./request.ts"
import { MultitaskError } from "./MultitaskError.ts"
import { TaskGroup } from "./TaskGroup.ts"
import type { Created, Plan, TaskGroupInput } from "./types.ts"

export interface MultitaskOptions {
  /** The deployment's origin: requests, and the key, go there and nowhere else. */
  readonly baseUrl: string | URL
  /** A Parallel API key. Reading needs none. */
  readonly apiKey?: string | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
}

export interface CallOptions {
  /** Under which the request may be sent again, by whoever has it, within 24 hours. */
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** A request whose rows and schema may also be JSON as text that is sent as it is written. */
export type Sent<A> = {
  [K in keyof A]: K extends "inputs" | "output_schema" ? A[K] | JsonText : A[K]
}

const PATH = "/v1beta/tasks/multitask"

/** A deployment of Parallel Multitask. */
export class Multitask {
  readonly #connection: Connection

  /** Throws a `TypeError` where the base URL is none. */
  constructor({ baseUrl, apiKey, fetch = (...args) => globalThis.fetch(...args) }: MultitaskOptions) {
    this.#connection = { baseUrl: baseUrlOf(baseUrl), apiKey, fetch }
  }

  /** What the request would come to; nothing is created. */
  async plan(input: Sent<TaskGroupInput>, options?: CallOptions): Promise<Plan> {
    return this.#post(written({ ...input, dry_run: true }), options)
  }

  /** Resolves when Parallel has accepted the rows, or after 20 s with the rest still going in. */
  async create(
    input: Sent<TaskGroupInput>,
    options?: CallOptions,
  ): Promise<TaskGroup & { readonly created: Created }> {
    // Its answer would be no group.
    if (input["dry_run"] === true)
      throw new TypeError("`create` with `dry_run` would create nothing: call `plan`")
    const created = await this.#post<Created | null>(written(input), options)
    if (typeof created?.taskgroup_id !== "string") {
      const message = "The answer names no task group. Check that the base URL is that of Parallel Multitask."
      throw new MultitaskError({ status: 200, message })
    }
    return Object.assign(new TaskGroup(this.#connection, created.taskgroup_id), { created })
  }

  /** A group that exists, by its id or URL. Of a URL only the id is taken. Throws a `TypeError` where there is none. */
  group(idOrUrl: string): TaskGroup {
    return new TaskGroup(this.#connection, groupIdOf(idOrUrl, this.#connection.baseUrl))
  }

  /** Any request of the API, with the same patience. Read the answer's body, or cancel it. */
  request(asked: Asked): Promise<Response> {
    return ask(this.#connection, asked)
  }

  #post<A>(body: string, { idempotencyKey, signal }: CallOptions = {}): Promise<A> {
    return act<A>(this.#connection, { path: PATH, body, idempotencyKey, signal })
  }
}
