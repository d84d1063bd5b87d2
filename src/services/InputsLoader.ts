import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { InputsUnavailable } from "../domain/Errors.ts"
import type { Problems } from "../domain/Problem.ts"
import type { RowCollector } from "../domain/Rows.ts"

/** Rows as they were read, and what is wrong with them so far. */
export interface LoadedRows {
  readonly collector: RowCollector
  readonly problems: Problems
}

/**
 * Fetches the rows that an inputs URL answers, within the limits. With `keep` only so many are kept, the others counted.
 * The URL is in no error: it may be presigned.
 */
export class InputsLoader extends Context.Service<
  InputsLoader,
  { readonly load: (url: URL, keep?: number) => Effect.Effect<LoadedRows, InputsUnavailable> }
>()("multitask/services/InputsLoader") {}
