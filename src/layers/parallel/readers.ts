import * as Schema from "effect/Schema"
import { compactText, fieldsOf } from "../../domain/JsonText.ts"
import { readObject, readOutput, readRun, WireAddedRuns, WireGroup } from "../../domain/Wire.ts"
import type { SuggestedSpec } from "../../services/ParallelApi.ts"

/** Of the text of an answer what it says, or null. Making one costs more than any use of it. */
const reader = <A, I>(schema: Schema.Codec<A, I>) => {
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(schema))
  return (text: string): A | null => {
    const decoded = decode(text)
    return decoded._tag === "Some" ? decoded.value : null
  }
}

export const readGroup = reader(WireGroup)
export const readAddedRuns = reader(WireAddedRuns)
export const readProcessors = reader(
  Schema.Struct({ recommended_processors: Schema.NonEmptyArray(Schema.NonEmptyString) }),
)

const readWarnings = reader(Schema.Struct({ warnings: Schema.optional(Schema.Unknown) }))
const hasMessage = Schema.is(Schema.Struct({ message: Schema.String }))

const warningTexts = (warnings: unknown): ReadonlyArray<string> =>
  Array.isArray(warnings)
    ? warnings.flatMap((warning: unknown) =>
        typeof warning === "string" ? [warning] : hasMessage(warning) ? [warning.message] : [],
      )
    : []

/** A suggestion, its schema as the text that came. */
export const readSuggestion = (text: string): SuggestedSpec | null => {
  const suggestion = readWarnings(text)
  const outputSchema = suggestion && fieldsOf(compactText(text)).get("output_schema")
  return outputSchema?.startsWith("{") === true
    ? { outputSchema, warnings: warningTexts(suggestion?.warnings) }
    : null
}

export const readResult = (text: string) => {
  const fields = readObject(text)
  const run = readRun(fields?.get("run"))
  const output = readOutput(fields?.get("output"))
  return run === null || output === null ? null : { run, output }
}
