import type { JsonText } from "./JsonText.ts"
import type { Asked } from "./request.ts"
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

/** A deployment of Parallel Multitask. */
export class Multitask {
  constructor(_options: MultitaskOptions) {}

  /** What the request would come to; nothing is created. */
  plan(_input: Sent<TaskGroupInput>, _options?: CallOptions): Promise<Plan> {
    throw new Error("not built yet")
  }

  create(
    _input: Sent<TaskGroupInput>,
    _options?: CallOptions,
  ): Promise<TaskGroup & { readonly created: Created }> {
    throw new Error("not built yet")
  }

  /** A group that exists, by its id or URL. Of a URL only the id is taken. */
  group(_idOrUrl: string): TaskGroup {
    return new TaskGroup()
  }

  /** Any request of the API, with the same patience. */
  request(_asked: Asked): Promise<Response> {
    throw new Error("not built yet")
  }
}
