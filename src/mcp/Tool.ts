import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { ApiError } from "../domain/ApiError.ts"
import type { MultitaskBody } from "../domain/MultitaskBody.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import type { Idempotency, IdempotentRequest } from "../services/Idempotency.ts"
import type { InputsLoader } from "../services/InputsLoader.ts"
import type { ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import type { Settings } from "../services/Settings.ts"
import type { TaskGroups } from "../services/TaskGroups.ts"

/** What the programs behind the tools need. */
export type ToolServices = ParallelApi | InputsLoader | TaskGroups | Settings | Idempotency

/** A tool was called. */
export interface ToolCall {
  /** Its arguments: rows as the text that came, nothing else looked at. */
  readonly args: MultitaskBody
  readonly key: ApiKey
  readonly origin: string
  /** Random, new with every call. */
  readonly token: string
  /** A request that is done once: under the caller's `request_id`, in this scope. */
  readonly once: (scope: string, requestId: string) => Effect.Effect<IdempotentRequest>
  /** Counts one call that submits or changes something. */
  readonly admit: Effect.Effect<void, ToolFailed>
  /** Refuses who has guessed too many ids. */
  readonly admitReader: Effect.Effect<void, ToolFailed>
  /** There is no such group; counts it. */
  readonly notHere: Effect.Effect<never, ToolFailed>
}

/** What a tool answers. */
export interface ToolAnswer {
  /** What a model reads. */
  readonly text: string
  /** `structuredContent`, as JSON. */
  readonly structured: JsonText
  /** What to do next, as a sentence of its own. */
  readonly next?: string
}

/** The call did nothing, or not all of it: `error` as the API would tell it. */
export class ToolFailed extends Data.TaggedError("ToolFailed")<{ readonly error: ApiError }> {}

export interface JsonSchema {
  readonly [keyword: string]: unknown
}

export interface Tool {
  readonly name: string
  readonly title: string
  /** Written for models: what it does, what to call before and after, when to stop and ask. */
  readonly description: string
  readonly inputSchema: JsonSchema & { readonly properties: Readonly<Record<string, JsonSchema>> }
  readonly outputSchema: JsonSchema
  readonly annotations: {
    readonly readOnlyHint: boolean
    readonly destructiveHint: boolean
    readonly idempotentHint: boolean
    readonly openWorldHint: boolean
  }
  readonly run: (call: ToolCall) => Effect.Effect<ToolAnswer, ToolFailed, ToolServices>
}
