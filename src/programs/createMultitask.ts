import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { fitColumns, inputColumnsWarning } from "../domain/Columns.ts"
import { Malformed, type ParallelError } from "../domain/Errors.ts"
import { isGroupId } from "../domain/GroupId.ts"
import { deriveInputSchema } from "../domain/InputSchema.ts"
import {
  buildTaskSpec,
  checkSizes,
  decodeMultitaskRequest,
  decodeRows,
  inputSchemaBudget,
  type Limits,
  type MultitaskRequest,
  type OutputSpec,
  type Row,
  type TaskSpec,
} from "../domain/MultitaskRequest.ts"
import { checkOutputSchema } from "../domain/OutputSchemaRules.ts"
import { estimateCostUsd, SUGGESTABLE } from "../domain/Processors.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { strictSchema } from "../domain/SuggestedSchema.ts"
import type { GroupInit, JsonText } from "../domain/TaskGroup.ts"
import type { ClaimsUnavailable } from "../services/Claims.ts"
import { InputsLoader } from "../services/InputsLoader.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroups } from "../services/TaskGroups.ts"
import {
  ClaimLost,
  type CreateError,
  CreationBroken,
  InvalidRequest,
  PreparationTimedOut,
  SubmissionRefused,
} from "./createErrors.ts"

/** Whether this request may go on, asked where going on could be paid for twice. */
export interface Guard {
  /** The group exists at Parallel, and this is going to be the answer. */
  created(answer: Created): Effect.Effect<boolean, ClaimsUnavailable>
  /** The commit comes next. */
  readonly committing: Effect.Effect<boolean, ClaimsUnavailable>
}

/** The answer to the POST. */
export interface Created {
  readonly url: string
  readonly taskgroup_id: string
  readonly num_inputs: number
  readonly processor: string
  /** The JSON Schema of the output; null for text and when Parallel chooses the shape. */
  readonly output_schema: Record<string, unknown> | null
  readonly estimated_cost_usd: number | null
  readonly warnings: ReadonlyArray<string>
}

const PRODUCT = "parallel-multitask"
/** Used when no suggestion can be had. */
const FALLBACK_PROCESSOR = "core"
/** A suggestion is worth a third of the time there is, so that its absence can still be made up for. */
const SUGGESTION_SHARE = 1 / 3
/** Inputs go to the object in pieces of about this size. */
const PIECE_CHARS = 1_000_000
const PIECE_ROWS = 1_000

/**
 * Turns a request's body into a task group that its object works on. Nothing is sent upstream before all that can be
 * checked here has been, and no run before the object holds every input.
 */
export const createMultitask = Effect.fn("createMultitask")(function* (options: {
  readonly body: unknown
  readonly key: ApiKey
  /** Origin of the result URL, such as `https://multitask.example`. */
  readonly origin: string
  readonly guard?: Guard
}): Effect.fn.Return<Created, CreateError, ParallelApi | InputsLoader | TaskGroups | Settings> {
  const settings = yield* Settings
  const limits = limitsOf(settings)
  const decoded = decodeMultitaskRequest(options.body, limits)
  if (Result.isFailure(decoded)) return yield* new InvalidRequest({ problems: decoded.failure })
  const prepared = yield* prepare(options, decoded.success.request, limits).pipe(
    Effect.timeoutOrElse({
      duration: Duration.seconds(settings.PREPARE_SECONDS),
      orElse: () =>
        Effect.fail(
          new PreparationTimedOut({
            message: `Parallel or the inputs URL did not answer within ${settings.PREPARE_SECONDS} s. Nothing was submitted; try again.`,
          }),
        ),
    }),
  )
  const warnings = [...decoded.success.warnings, ...prepared.warnings]
  const { init, rows, spec } = prepared
  const created: Created = {
    url: init.url,
    taskgroup_id: init.taskgroupId,
    num_inputs: rows.length,
    processor: init.processor,
    output_schema: spec.output_schema.type === "json" ? { ...spec.output_schema.json_schema } : null,
    estimated_cost_usd: estimateCostUsd(init.processor, rows.length),
    warnings,
  }
  const { guard } = options
  if (guard !== undefined) yield* permitted(guard.created(created), created)
  const secrets = {
    apiKey: Redacted.value(options.key),
    webhookUrl: decoded.success.request.webhookUrl?.href ?? null,
  }
  const beforeCommit = guard === undefined ? Effect.void : permitted(guard.committing, created)
  const submission = yield* handOver({ ...init, warnings }, rows, secrets, beforeCommit).pipe(
    Effect.catchTag("GroupNotStored", ({ message }) => broken(created, message)),
  )
  if (submission._tag === "Refused") {
    const { status, message, detail, refId } = submission
    return yield* new SubmissionRefused({
      status,
      message,
      detail,
      refId,
      taskgroupId: init.taskgroupId,
      url: init.url,
    })
  }
  return created
})

const broken = ({ taskgroup_id, url }: Created, message: string) =>
  Effect.fail(new CreationBroken({ message, taskgroupId: taskgroup_id, url }))

/** Goes on only where the guard says so in so many words. */
const permitted = (asked: Effect.Effect<boolean, ClaimsUnavailable>, created: Created) =>
  asked.pipe(
    Effect.catchTag("ClaimsUnavailable", ({ message }) =>
      broken(created, `${message} Nothing was submitted; send the request again with the same key.`),
    ),
    Effect.flatMap((yes) =>
      yes ? Effect.void : Effect.fail(new ClaimLost({ taskgroupId: created.taskgroup_id, url: created.url })),
    ),
  )

const limitsOf = (settings: SettingsShape): Limits => ({
  maxInputs: settings.MAX_INPUTS,
  maxTaskSpecChars: settings.MAX_TASK_SPEC_CHARS,
  maxSpecPlusInputChars: settings.MAX_SPEC_PLUS_INPUT_CHARS,
  allowPrivateUrls: settings.ALLOW_PRIVATE_URLS,
})

interface Prepared {
  readonly init: GroupInit
  readonly rows: ReadonlyArray<Row>
  readonly spec: TaskSpec
  readonly warnings: ReadonlyArray<string>
}

/** Everything before the first run: rows, schema, processor, group. */
const prepare = Effect.fnUntraced(function* (
  options: { readonly key: ApiKey; readonly origin: string },
  request: MultitaskRequest,
  limits: Limits,
) {
  const api = yield* ParallelApi
  const warnings: Array<string> = []
  const rows = yield* loadRows(request, limits)
  const output = yield* resolveOutput(options.key, request, rows, warnings)
  const bare = JSON.stringify(buildTaskSpec(output))
  const tooLarge = checkSizes(bare, rows, limits)
  if (tooLarge.length > 0) return yield* new InvalidRequest({ problems: [...tooLarge] })
  const inputSchema = deriveInputSchema(rows, inputSchemaBudget(bare, rows, limits))
  if ("leftOut" in inputSchema) warnings.push(inputSchema.leftOut)
  const spec = buildTaskSpec({ ...output, input_schema: "leftOut" in inputSchema ? undefined : inputSchema })
  const processor = request.processor ?? (yield* suggestProcessor(options.key, spec, warnings))
  const metadata = { product: PRODUCT, origin: options.origin, num_inputs: rows.length, processor }
  const group = yield* api.createTaskGroup(options.key, metadata)
  if (!isGroupId(group.taskgroup_id))
    return yield* new Malformed({ message: "Parallel's group id cannot be part of a URL" })
  const init: GroupInit = {
    taskgroupId: group.taskgroup_id,
    url: `${options.origin}/${group.taskgroup_id}`,
    createdAt: group.created_at ?? new Date(yield* Clock.currentTimeMillis).toISOString(),
    metadata: JSON.stringify(metadata),
    processor,
    taskSpec: JSON.stringify(spec),
    inputColumns: columnsOf(rows, warnings),
    outputColumns: outputColumnsOf(spec),
    warnings: [],
    numInputs: rows.length,
  }
  const prepared: Prepared = { init, rows, spec, warnings }
  return prepared
})

const loadRows = Effect.fnUntraced(function* (request: MultitaskRequest, limits: Limits) {
  if (request.inputs._tag === "rows") return request.inputs.rows
  const loader = yield* InputsLoader
  const rows = decodeRows(yield* loader.load(request.inputs.url), limits)
  if (Result.isFailure(rows)) return yield* new InvalidRequest({ problems: [...rows.failure] })
  return rows.success
})

/** The output as it can be sent: a schema that is to be suggested is suggested here. */
const resolveOutput = Effect.fnUntraced(function* (
  key: ApiKey,
  request: MultitaskRequest,
  rows: ReadonlyArray<Row>,
  warnings: Array<string>,
): Effect.fn.Return<OutputSpec, ParallelError, ParallelApi | Settings> {
  const { output } = request
  if (output.output_type !== "suggest") return output
  const api = yield* ParallelApi
  const columns = deriveInputSchema(rows, Number.MAX_SAFE_INTEGER)
  const inputSchema = "leftOut" in columns ? null : { ...columns }
  const suggestion = yield* orFallback(
    api.suggestTaskSpec(key, { intent: output.description, inputSchema }),
    "Parallel could not suggest an output schema, so that it chooses the shape of each output itself. Send output_schema to fix it.",
    warnings,
  )
  if (suggestion === null) return { output_type: "auto" }
  const schema = strictSchema(suggestion.outputSchema)
  const { errors } = checkOutputSchema(schema, "output_schema")
  if (errors.length > 0) {
    warnings.push(
      `The output schema that Parallel suggested breaks its own rules (${errors[0]?.path} ${errors[0]?.message}), so that Parallel chooses the shape of each output itself. Send output_schema to fix it.`,
    )
    return { output_type: "auto" }
  }
  warnings.push(...suggestion.warnings)
  return { output_type: "json", output_schema: schema, description: output.description }
})

const suggestProcessor = Effect.fnUntraced(function* (
  key: ApiKey,
  taskSpec: TaskSpec,
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

/** A suggestion, or null with a warning when the endpoint is gone or broken. What refuses the caller is passed on. */
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

/** Gives the group to its object, in pieces, and lets it begin. */
const handOver = Effect.fnUntraced(function* (
  init: GroupInit,
  rows: ReadonlyArray<Row>,
  secrets: { readonly apiKey: string; readonly webhookUrl: string | null },
  beforeCommit: Effect.Effect<void, CreationBroken | ClaimLost>,
) {
  const groups = yield* TaskGroups
  const settings = yield* Settings
  yield* groups.begin(init, secrets)
  let piece: Array<JsonText> = []
  let from = 0
  let chars = 0
  for (const [index, row] of rows.entries()) {
    const text = JSON.stringify(row)
    piece.push(text)
    chars += text.length
    if (chars >= PIECE_CHARS || piece.length >= PIECE_ROWS || index === rows.length - 1) {
      yield* groups.addInputs(init.taskgroupId, from, piece)
      from = index + 1
      piece = []
      chars = 0
    }
  }
  yield* beforeCommit
  return yield* groups.commit(init.taskgroupId, settings.SUBMIT_WAIT_SECONDS * 1000)
})

/** The inputs' columns, in order of first appearance. */
const columnsOf = (rows: ReadonlyArray<Row>, warnings: Array<string>): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (const row of rows) for (const name of Object.keys(row)) names.add(name)
  const { taken, left } = fitColumns([], names)
  if (left.length > 0) warnings.push(inputColumnsWarning(left.length))
  return taken
}

const outputColumnsOf = ({ output_schema }: TaskSpec): ReadonlyArray<string> => {
  if (output_schema.type === "text") return ["content"]
  if (output_schema.type === "auto") return []
  const properties = output_schema.json_schema["properties"]
  return typeof properties === "object" && properties !== null
    ? fitColumns([], Object.keys(properties)).taken
    : []
}
