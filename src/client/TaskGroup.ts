import { type StreamEvent, streamEvents, streamOf, type StreamState } from "./events.ts"
import { written } from "./JsonText.ts"
import type { CallOptions, Sent } from "./Multitask.ts"
import { act, askJson, type Connection } from "./request.ts"
import { makeEnds } from "./rows.ts"
import type {
  AddInputs,
  Deleted,
  InputsAdded,
  Resumed,
  Retry,
  Row,
  RowsRetried,
  Stopped,
  TaskGroupResultOutput,
  TaskGroupStatus,
} from "./types.ts"
import { untilEnded } from "./wait.ts"

export interface ReadOptions {
  readonly status?: string | ReadonlyArray<string> | undefined
  readonly limit?: number | undefined
  readonly after?: number | undefined
  readonly basis?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Waiting {
  readonly signal?: AbortSignal | undefined
}

export interface EventOptions extends Waiting {
  readonly basis?: string | undefined
  /** Only what changed since; null: the full state. */
  readonly lastEventId?: string | null | undefined
  readonly onState?: ((state: StreamState) => void) | undefined
  /** Called with what ends the wait for the next connection early. */
  readonly onWait?: ((hurry: () => void) => void) | undefined
}

/** One task group of a deployment. */
export class TaskGroup {
  readonly #connection: Connection
  readonly id: string
  /** Where anybody may read it, at the client's base URL. */
  readonly url: string

  constructor(connection: Connection, id: string) {
    this.#connection = connection
    this.id = id
    this.url = `${connection.baseUrl}/${id}`
  }

  async status({ signal }: Waiting = {}): Promise<TaskGroupStatus> {
    return (await this.get({ limit: 1, basis: "none", signal })).status
  }

  /** The status at the group's end. Goes on through outages of any length; throws on 4xx other than 429. */
  wait({ signal }: Waiting = {}): Promise<TaskGroupStatus> {
    return untilEnded(() => this.status({ signal }), signal)
  }

  get({ status, limit, after, basis, signal }: ReadOptions = {}): Promise<TaskGroupResultOutput> {
    const statuses = typeof status === "string" ? status : status?.join(",")
    const query = { status: statuses, limit, after, basis }
    return askJson(this.#connection, { path: `/${this.id}.json`, query, signal })
  }

  /** Rows as they end, each attempt once, to the end of the group. Throws on 4xx other than 429. */
  rows({ signal }: Waiting = {}): AsyncGenerator<Row, void, undefined> {
    const { fetch } = this.#connection
    return streamOf({ url: `${this.url}.sse`, fetch, signal }, makeEnds())
  }

  /** The output stream, each event as it came. */
  events({ basis, ...options }: EventOptions = {}): AsyncGenerator<StreamEvent, void, undefined> {
    const query = basis === undefined ? "" : `?basis=${encodeURIComponent(basis)}`
    return streamEvents({ ...options, url: `${this.url}.sse${query}`, fetch: this.#connection.fetch })
  }

  addInputs(request: Sent<AddInputs>, options?: CallOptions): Promise<InputsAdded> {
    return this.#act("/inputs", options, request)
  }

  /** Without rows: all that failed or were cancelled. */
  retry(request?: Retry, options?: CallOptions): Promise<RowsRetried> {
    return this.#act("/retry", options, request)
  }

  /** Nothing more is sent; what is sent is followed to its end. */
  stop(options?: CallOptions): Promise<Stopped> {
    return this.#act("/stop", options)
  }

  /** Goes on with the rows that were left unsent. */
  resume(options?: CallOptions): Promise<Resumed> {
    return this.#act("/resume", options)
  }

  delete(options?: CallOptions): Promise<Deleted> {
    return this.#act("", options, undefined, "DELETE")
  }

  async #act<A>(
    name: string,
    { idempotencyKey, signal }: CallOptions = {},
    request?: object,
    method: "POST" | "DELETE" = "POST",
  ): Promise<A> {
    const body = request === undefined ? undefined : written(request)
    return act<A>(this.#connection, { method, path: `/${this.id}${name}`, body, idempotencyKey, signal })
  }
}
