import type { GroupId } from "./Ids.ts"
import { objectText } from "./JsonText.ts"
import { estimateCostUsd, estimateSeconds } from "./Processors.ts"
import type { Rows } from "./Rows.ts"
import type { JsonText } from "./TaskGroup.ts"
import { outputSchemaOf, type OutputSpec } from "./TaskSpec.ts"

/** What a POST comes to, whether it is done or only planned. */
export interface Estimate {
  readonly num_inputs: number
  /** Rows without a value (`skip_empty`) and rows beyond `limit`. */
  readonly num_inputs_left_out: number
  readonly processor: string
  /** The JSON Schema of the output, as text; null for text and when Parallel chooses the shape. */
  readonly output_schema: JsonText | null
  /** Of this request, at list price; null where the processor has none. */
  readonly estimated_cost_usd: number | null
  /** Typical, never a deadline. */
  readonly estimated_seconds: { readonly min: number; readonly max: number } | null
  readonly warnings: ReadonlyArray<string>
}

/** The answer to a dry run. */
export interface Planned extends Estimate {
  readonly dry_run: true
}

/** The answer to the POST. */
export interface Created extends Estimate {
  readonly url: string
  readonly taskgroup_id: GroupId
}

export const estimateOf = (
  { texts, leftOut }: Rows,
  processor: string,
  output: OutputSpec,
  warnings: ReadonlyArray<string>,
): Estimate => ({
  num_inputs: texts.length,
  num_inputs_left_out: leftOut,
  processor,
  output_schema: outputSchemaOf(output),
  estimated_cost_usd: estimateCostUsd(processor, texts.length),
  estimated_seconds: estimateSeconds(processor, texts.length),
  warnings,
})

/** The answer as it is sent. */
export const answerJson = (answer: Planned | Created): JsonText =>
  objectText(
    Object.entries(answer).map(([name, value]) => ({
      key: JSON.stringify(name),
      value: name === "output_schema" ? (answer.output_schema ?? "null") : JSON.stringify(value),
    })),
  )
