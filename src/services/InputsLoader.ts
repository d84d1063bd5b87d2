import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { InputsUnavailable } from "../domain/Errors.ts"

/** Fetches what an inputs URL answers, as parsed JSON, within the limits. The URL is in no error: it may be presigned. */
export class InputsLoader extends Context.Service<
  InputsLoader,
  { readonly load: (url: URL) => Effect.Effect<unknown, InputsUnavailable> }
>()("multitask/services/InputsLoader") {}
