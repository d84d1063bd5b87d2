import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ParallelError } from "../domain/Errors.ts"
import { deriveInputSchema } from "../domain/InputSchema.ts"
import { readOutputSchema, strictSchemaText } from "../domain/OutputSchema.ts"
import { SUGGESTABLE } from "../domain/Processors.ts"
import type { Rows } from "../domain/Rows.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import type { OutputSpec } from "../domain/TaskSpec.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"

/** Used when no suggestion can be had. */
const FALLBACK_PROCESSOR = "core"
/** A suggestion is worth a third of the time there is, so that its absence can still be made up for. */
const SUGGESTION_SHARE = 1 / 3

/** The output that Parallel suggests for a description and inputs like these. */
export const suggestOutput = Effect.fnUntraced(function* (
  key: ApiKey,
  description: string,
  rows: Rows,
  warnings: Array<string>,
): Effect.fn.Return<OutputSpec, ParallelError, ParallelApi | Settings> {
  const api = yield* ParallelApi
  const columns = deriveInputSchema(rows, Number.MAX_SAFE_INTEGER)
  const inputSchema = "leftOut" in columns ? null : columns.schema
  const suggestion = yield* orFallback(
    api.suggestTaskSpec(key, { intent: description, inputSchema }),
    "Parallel could not suggest an output schema, so that it chooses the shape of each output itself. Send output_schema to fix it.",
    warnings,
  )
  if (suggestion === null) return { output_type: "auto" }
  const { schema, errors } = readOutputSchema(strictSchemaText(suggestion.outputSchema), "output_schema")
  if (schema === null || errors.length > 0) {
    warnings.push(
      `The output schema that Parallel suggested breaks its own rules (${errors[0]?.path} ${errors[0]?.message}), so that Parallel chooses the shape of each output itself. Send output_schema to fix it.`,
    )
    return { output_type: "auto" }
  }
  warnings.push(...suggestion.warnings)
  return { output_type: "json", output_schema: schema, description }
})

/** One of the processors that may be suggested. */
export const suggestProcessor = Effect.fnUntraced(function* (
  key: ApiKey,
  taskSpec: JsonText,
  warnings: Array<string>,
) {
  const api = yield* ParallelApi
  const suggested = yield* orFallback(
    api.suggestProcessor(key, { taskSpec, from: SUGGESTABLE }),
    `Parallel could not suggest a processor, so that ${FALLBACK_PROCESSOR} is used. Send processor to choose another.`,
    warnings,
  )
  // A suggestion from outside the list could cost many times what the caller expects.
  return suggested !== null && SUGGESTABLE.some((name) => name === suggested) ? suggested : FALLBACK_PROCESSOR
})

/** A suggestion, or null with a warning when the endpoint is gone, broken or silent. What refuses the caller is passed on. */
const orFallback = Effect.fnUntraced(function* <A>(
  suggestion: Effect.Effect<A, ParallelError>,
  warning: string,
  warnings: Array<string>,
): Effect.fn.Return<A | null, ParallelError, Settings> {
  const settings = yield* Settings
  const fallback = Effect.sync(() => {
    warnings.push(warning)
    return null
  })
  return yield* suggestion.pipe(
    Effect.catchTags({ NotFound: () => fallback, Unavailable: () => fallback, Malformed: () => fallback }),
    Effect.timeoutOrElse({
      duration: Duration.seconds(settings.PREPARE_SECONDS * SUGGESTION_SHARE),
      orElse: () => fallback,
    }),
  )
})
