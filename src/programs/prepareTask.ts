import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { InputsUnavailable, ParallelError } from "../domain/Errors.ts"
import { deriveInputSchema } from "../domain/InputSchema.ts"
import type { MultitaskRequest } from "../domain/MultitaskRequest.ts"
import { costProblem } from "../domain/Processors.ts"
import { leftOutWarnings } from "../domain/requestFields.ts"
import type { Rows } from "../domain/Rows.ts"
import { waitOutRateLimit } from "../domain/Schedules.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import { buildTaskSpec, checkSizes, inputSchemaBudget, type OutputSpec } from "../domain/TaskSpec.ts"
import type { InputsLoader } from "../services/InputsLoader.ts"
import type { ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import { InvalidRequest, PreparationTimedOut } from "./createErrors.ts"
import { limitsOf } from "./decodeBody.ts"
import { loadRows } from "./loadRows.ts"
import { suggestOutput, suggestProcessor } from "./suggestions.ts"

/** All that is known of a group before there is one. */
export interface Task {
  readonly rows: Rows
  readonly output: OutputSpec
  readonly taskSpec: JsonText
  readonly processor: string
  readonly warnings: ReadonlyArray<string>
}

/** Calls of Parallel that are tried again after a 429, as long as it can be waited for. */
export type Patient = <A, R>(call: Effect.Effect<A, ParallelError, R>) => Effect.Effect<A, ParallelError, R>

/** For calls within the time that there is from now on until the group is to be there. */
export const makePatient = Effect.gen(function* () {
  const { PREPARE_SECONDS } = yield* Settings
  const schedule = waitOutRateLimit((yield* Clock.currentTimeMillis) + PREPARE_SECONDS * 1000)
  const patient: Patient = (call) => Effect.retry(call, schedule)
  return patient
})

/** Within that time. */
export const inTime = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Settings, ({ PREPARE_SECONDS }) =>
    Effect.timeoutOrElse(work, {
      duration: Duration.seconds(PREPARE_SECONDS),
      orElse: () =>
        Effect.fail(
          new PreparationTimedOut({
            message: `Parallel or the inputs URL did not answer within ${PREPARE_SECONDS} s. Nothing was submitted; try again.`,
          }),
        ),
    }),
  )

/**
 * Rows, schema, processor: what was not sent along is fetched or suggested. Creates nothing. Where the rows are behind a
 * URL, Parallel must have accepted the key by then.
 */
export const prepareTask = Effect.fnUntraced(function* (
  key: ApiKey,
  request: MultitaskRequest,
  patient: Patient,
): Effect.fn.Return<
  Task,
  InvalidRequest | InputsUnavailable | ParallelError,
  ParallelApi | InputsLoader | Settings
> {
  const limits = limitsOf(yield* Settings)
  const warnings: Array<string> = []
  const rows = yield* loadRows(key, request)
  if (request.inputs._tag === "url") warnings.push(...leftOutWarnings(rows))
  // As early as it can be told.
  if (request.processor !== undefined) yield* keepCap(request, request.processor, rows)
  const output =
    request.output.output_type === "suggest"
      ? yield* patient(suggestOutput(key, request.output.description, rows, warnings))
      : request.output
  const bare = buildTaskSpec(output)
  const field = request.output.output_type === "suggest" ? "output_description" : "output_schema"
  const tooLarge = checkSizes(bare, rows, limits, field)
  if (tooLarge.length > 0) return yield* new InvalidRequest({ problems: [...tooLarge] })
  const inputSchema = deriveInputSchema(rows, inputSchemaBudget(bare, rows, limits))
  if ("leftOut" in inputSchema) warnings.push(inputSchema.leftOut)
  const taskSpec = "leftOut" in inputSchema ? bare : buildTaskSpec(output, inputSchema.schema)
  const processor = request.processor ?? (yield* patient(suggestProcessor(key, taskSpec, warnings)))
  yield* keepCap(request, processor, rows)
  return { rows, output, taskSpec, processor, warnings }
})

const keepCap = ({ maxCostUsd }: MultitaskRequest, processor: string, { texts }: Rows) => {
  const problem = costProblem(maxCostUsd, processor, texts.length)
  return problem === null ? Effect.void : Effect.fail(new InvalidRequest({ problems: [problem] }))
}
