import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { fitColumns, inputColumnsWarning } from "../domain/Columns.ts"
import { Malformed } from "../domain/Errors.ts"
import { type GroupId, isGroupId } from "../domain/Ids.ts"
import { deriveInputSchema } from "../domain/InputSchema.ts"
import {
  buildTaskSpec,
  checkSizes,
  decodeMultitaskRequest,
  inputSchemaBudget,
  type Limits,
  type MultitaskRequest,
  type Row,
  type TaskSpec,
} from "../domain/MultitaskRequest.ts"
import { estimateCostUsd } from "../domain/Processors.ts"
import { waitOutRateLimit } from "../domain/Schedules.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { type GroupInit, type GroupSecrets, type JsonText } from "../domain/TaskGroup.ts"
import type { IdempotencyUnavailable } from "../services/Idempotency.ts"
import { InputsLoader } from "../services/InputsLoader.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroups } from "../services/TaskGroups.ts"
import {
  KeyTakenOver,
  type CreateError,
  CreationBroken,
  CreationFailed,
  InvalidRequest,
  PreparationTimedOut,
  SubmissionRefused,
} from "./createErrors.ts"
import { suggestOutput, suggestProcessor } from "./suggestions.ts"

/** Whether this request may go on, asked where going on could be paid for twice. */
export interface Guard {
  /** The group exists at Parallel, and this is going to be the answer. */
  created(answer: Created): Effect.Effect<boolean, IdempotencyUnavailable>
  /** The commit comes next. */
  readonly committing: Effect.Effect<boolean, IdempotencyUnavailable>
}

/** The answer to the POST. */
export interface Created {
  readonly url: string
  readonly taskgroup_id: GroupId
  readonly num_inputs: number
  readonly processor: string
  /** The JSON Schema of the output; null for text and when Parallel chooses the shape. */
  readonly output_schema: Record<string, unknown> | null
  readonly estimated_cost_usd: number | null
  readonly warnings: ReadonlyArray<string>
}

const PRODUCT = "parallel-multitask"
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
  const secrets = {
    apiKey: Redacted.value(options.key),
    webhookUrl: decoded.success.request.webhookUrl?.href ?? null,
  }
  yield* submit({ ...init, warnings }, rows, secrets, created, options.guard).pipe(
    // The caller is to know which group this is about, whatever went wrong.
    Effect.catchDefect((defect) =>
      Effect.fail(new CreationFailed({ defect, taskgroupId: init.taskgroupId, url: init.url })),
    ),
  )
  return created
})

/** From the group's creation at Parallel to its first runs, or their refusal. */
const submit = Effect.fnUntraced(function* (
  init: GroupInit,
  rows: ReadonlyArray<Row>,
  secrets: GroupSecrets,
  created: Created,
  guard: Guard | undefined,
) {
  if (guard !== undefined) yield* permitted(guard.created(created), created)
  const beforeCommit = guard === undefined ? Effect.void : permitted(guard.committing, created)
  const submission = yield* handOver(init, rows, secrets, beforeCommit).pipe(
    Effect.catchTag("GroupNotStored", ({ message }) => broken(created, message)),
  )
  if (submission._tag !== "Refused") return
  const { status, message, detail, refId } = submission
  const { taskgroupId, url } = init
  return yield* new SubmissionRefused({ status, message, detail, refId, taskgroupId, url })
})

const broken = ({ taskgroup_id, url }: Created, message: string) =>
  Effect.fail(new CreationBroken({ message, taskgroupId: taskgroup_id, url }))

/** Goes on only where the guard says so in so many words. */
const permitted = (asked: Effect.Effect<boolean, IdempotencyUnavailable>, created: Created) =>
  asked.pipe(
    Effect.catchTag("IdempotencyUnavailable", ({ message }) =>
      broken(created, `${message} Nothing was submitted; send the request again with the same key.`),
    ),
    Effect.flatMap((yes) =>
      yes
        ? Effect.void
        : Effect.fail(new KeyTakenOver({ taskgroupId: created.taskgroup_id, url: created.url })),
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
  const settings = yield* Settings
  const waiting = waitOutRateLimit((yield* Clock.currentTimeMillis) + settings.PREPARE_SECONDS * 1000)
  const warnings: Array<string> = []
  const rows = yield* loadRows(request, limits)
  const output =
    request.output.output_type === "suggest"
      ? yield* suggestOutput(options.key, request.output.description, rows, warnings).pipe(
          Effect.retry(waiting),
        )
      : request.output
  const bare = JSON.stringify(buildTaskSpec(output))
  const tooLarge = checkSizes(bare, rows, limits)
  if (tooLarge.length > 0) return yield* new InvalidRequest({ problems: [...tooLarge] })
  const inputSchema = deriveInputSchema(rows, inputSchemaBudget(bare, rows, limits))
  if ("leftOut" in inputSchema) warnings.push(inputSchema.leftOut)
  const spec = buildTaskSpec({ ...output, input_schema: "leftOut" in inputSchema ? undefined : inputSchema })
  const processor =
    request.processor ?? (yield* suggestProcessor(options.key, spec, warnings).pipe(Effect.retry(waiting)))
  const metadata = { product: PRODUCT, origin: options.origin, num_inputs: rows.length, processor }
  const group = yield* api.createTaskGroup(options.key, metadata).pipe(Effect.retry(waiting))
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
  const { collector, problems } = yield* loader.load(request.inputs.url)
  const { texts } = collector.finish(false)
  if (problems.count > 0) return yield* new InvalidRequest({ problems: [...problems.list("inputs")] })
  return texts.map((text): Row => JSON.parse(text))
})

/** Gives the group to its object, in pieces, and lets it begin. */
const handOver = Effect.fnUntraced(function* (
  init: GroupInit,
  rows: ReadonlyArray<Row>,
  secrets: GroupSecrets,
  beforeCommit: Effect.Effect<void, CreationBroken | KeyTakenOver>,
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
