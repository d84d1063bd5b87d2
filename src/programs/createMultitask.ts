import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { fitColumns, inputColumnsWarning } from "../domain/Columns.ts"
import { Malformed } from "../domain/Errors.ts"
import { type GroupId, isGroupId } from "../domain/Ids.ts"
import { deriveInputSchema } from "../domain/InputSchema.ts"
import { fieldsOf, objectText } from "../domain/JsonText.ts"
import { MultitaskBody } from "../domain/MultitaskBody.ts"
import {
  decodeMultitaskRequest,
  type DecodedRequest,
  type Limits,
  multitaskBodyOf,
  type MultitaskRequest,
} from "../domain/MultitaskRequest.ts"
import { cutBatches } from "../domain/Plan.ts"
import { estimateCostUsd } from "../domain/Processors.ts"
import { PRODUCT } from "../domain/Product.ts"
import { leftOutWarnings } from "../domain/requestFields.ts"
import type { Rows } from "../domain/Rows.ts"
import { failureProblem } from "../domain/RowReader.ts"
import { waitOutRateLimit } from "../domain/Schedules.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { type GroupInit, type GroupSecrets, type JsonText } from "../domain/TaskGroup.ts"
import {
  buildTaskSpec,
  checkSizes,
  inputSchemaBudget,
  outputSchemaOf,
  type OutputSpec,
} from "../domain/TaskSpec.ts"
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
  GroupLeftEmpty,
  InvalidRequest,
  PreparationTimedOut,
  SubmissionRefused,
} from "./createErrors.ts"
import { refuseOwnKey } from "./refuseOwnKey.ts"
import { suggestOutput, suggestProcessor } from "./suggestions.ts"

/** Whether this request may go on, asked where going on could be paid for twice. */
export interface Guard {
  /** The group exists at Parallel, and this is going to be the answer. */
  created(created: Created): Effect.Effect<boolean, IdempotencyUnavailable>
  /** The commit comes next. */
  readonly committing: Effect.Effect<boolean, IdempotencyUnavailable>
}

/** The answer to the POST. */
export interface Created {
  readonly url: string
  readonly taskgroup_id: GroupId
  readonly num_inputs: number
  readonly processor: string
  /** The JSON Schema of the output, as text; null for text and when Parallel chooses the shape. */
  readonly output_schema: JsonText | null
  readonly estimated_cost_usd: number | null
  readonly warnings: ReadonlyArray<string>
}

/** The answer as it is sent. */
export const createdJson = (created: Created): JsonText =>
  objectText(
    Object.entries(created).map(([name, value]) => ({
      key: JSON.stringify(name),
      value: name === "output_schema" ? (created.output_schema ?? "null") : JSON.stringify(value),
    })),
  )

/** Inputs go to the object in pieces of about this size. */
const PIECE_CHARS = 1_000_000
const PIECE_ROWS = 1_000

export interface CreateOptions {
  readonly key: ApiKey
  /** Origin of the result URL, such as `https://multitask.example`. */
  readonly origin: string
  readonly guard?: Guard
}

/** What a body asks for: one that was read from text, or a value. Nothing is asked of anybody for it. */
export const decodeBody = Effect.fn("decodeBody")(function* (
  body: unknown,
  key: ApiKey,
): Effect.fn.Return<DecodedRequest, InvalidRequest, Settings> {
  const limits = limitsOf(yield* Settings)
  const read = body instanceof MultitaskBody ? body : multitaskBodyOf(body, limits)
  if (!(read instanceof MultitaskBody)) return yield* new InvalidRequest({ problems: [failureProblem(read)] })
  const decoded = decodeMultitaskRequest(read, limits)
  if (Result.isFailure(decoded)) return yield* new InvalidRequest({ problems: [...decoded.failure] })
  const { inputs } = decoded.success.request
  yield* refuseOwnKey(key, { body: read, rows: inputs._tag === "rows" ? inputs.rows : null })
  return decoded.success
})

/**
 * Turns a request's body into a task group that its object works on. Nothing is sent upstream before all that can be
 * checked here has been, no inputs URL is asked before Parallel has accepted the key, and no run is sent before the
 * object holds every input.
 */
export const createMultitask = Effect.fn("createMultitask")(function* (
  options: CreateOptions & { readonly body: unknown },
) {
  return yield* createDecoded(yield* decodeBody(options.body, options.key), options)
})

/** The same of a body that has been looked at. */
export const createDecoded = Effect.fn("createDecoded")(function* (
  { request, warnings: said }: DecodedRequest,
  options: CreateOptions,
): Effect.fn.Return<Created, CreateError, ParallelApi | InputsLoader | TaskGroups | Settings> {
  const settings = yield* Settings
  const born: Born = { taskgroupId: null }
  const prepared = yield* prepare(options, request, limitsOf(settings), born).pipe(
    Effect.timeoutOrElse({
      duration: Duration.seconds(settings.PREPARE_SECONDS),
      orElse: () =>
        Effect.fail(
          new PreparationTimedOut({
            message: `Parallel or the inputs URL did not answer within ${settings.PREPARE_SECONDS} s. Nothing was submitted; try again.`,
          }),
        ),
    }),
    Effect.mapError((reason) =>
      born.taskgroupId === null ? reason : new GroupLeftEmpty({ reason, taskgroupId: born.taskgroupId }),
    ),
    Effect.catchDefect((defect) =>
      born.taskgroupId === null
        ? Effect.die(defect)
        : Effect.fail(new CreationFailed({ defect, taskgroupId: born.taskgroupId, url: null })),
    ),
  )
  const warnings = [...said, ...prepared.warnings]
  const { init, rows, output } = prepared
  const count = rows.texts.length
  const created: Created = {
    url: init.url,
    taskgroup_id: init.taskgroupId,
    num_inputs: count,
    processor: init.processor,
    output_schema: outputSchemaOf(output),
    estimated_cost_usd: estimateCostUsd(init.processor, count),
    warnings,
  }
  const secrets = {
    apiKey: Redacted.value(options.key),
    webhookUrl: request.webhookUrl?.href ?? null,
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
  rows: Rows,
  secrets: GroupSecrets,
  created: Created,
  guard: Guard | undefined,
) {
  if (guard !== undefined) yield* permitted(guard.created(created), created)
  const beforeCommit = guard === undefined ? Effect.void : permitted(guard.committing, created)
  const submission = yield* handOver(init, rows, secrets, beforeCommit).pipe(
    Effect.catchTag("GroupNotStored", ({ message }) => broken(init.taskgroupId, message, init.url)),
  )
  if (submission._tag !== "Refused") return
  const { status, message, detail, refId } = submission
  return yield* new SubmissionRefused({ status, message, detail, refId, taskgroupId: init.taskgroupId })
})

const broken = (taskgroupId: GroupId, message: string, url: string | null) =>
  Effect.fail(new CreationBroken({ message, taskgroupId, url }))

/** Goes on only where the guard says so in so many words. */
const permitted = (asked: Effect.Effect<boolean, IdempotencyUnavailable>, { taskgroup_id: id }: Created) =>
  asked.pipe(
    Effect.catchTag("IdempotencyUnavailable", ({ message }) =>
      broken(id, `${message} Nothing was submitted; send the request again with the same key.`, null),
    ),
    Effect.flatMap((yes) => (yes ? Effect.void : Effect.fail(new KeyTakenOver({ taskgroupId: id })))),
  )

/** What a body is held to. */
export const limitsOf = (settings: SettingsShape): Limits => ({
  maxDepth: settings.MAX_DEPTH,
  maxValues: settings.MAX_VALUES,
  maxInputs: settings.MAX_INPUTS,
  maxTaskSpecChars: settings.MAX_TASK_SPEC_CHARS,
  maxSpecPlusInputChars: settings.MAX_SPEC_PLUS_INPUT_CHARS,
  allowPrivateUrls: settings.ALLOW_PRIVATE_URLS,
})

interface Prepared {
  readonly init: GroupInit
  readonly rows: Rows
  readonly output: OutputSpec
  readonly warnings: ReadonlyArray<string>
}

/** The group, from the moment that it exists at Parallel. */
interface Born {
  taskgroupId: GroupId | null
}

/** Everything before the first run: rows, schema, processor, group. */
const prepare = Effect.fnUntraced(function* (
  options: CreateOptions,
  request: MultitaskRequest,
  limits: Limits,
  born: Born,
) {
  const api = yield* ParallelApi
  const settings = yield* Settings
  const waiting = waitOutRateLimit((yield* Clock.currentTimeMillis) + settings.PREPARE_SECONDS * 1000)
  const warnings: Array<string> = []
  const made = { product: PRODUCT, origin: options.origin }
  const create = Effect.fnUntraced(function* (metadata: Record<string, string | number>) {
    const group = yield* api.createTaskGroup(options.key, metadata).pipe(Effect.retry(waiting))
    if (!isGroupId(group.taskgroup_id))
      return yield* new Malformed({ message: "Parallel's group id cannot be part of a URL" })
    born.taskgroupId = group.taskgroup_id
    return { taskgroupId: group.taskgroup_id, createdAt: group.created_at }
  })
  // An address of the caller's choosing is asked for nobody but whoever has a key that works.
  const early = request.inputs._tag === "url" ? yield* create(made) : null
  const rows = yield* loadRows(options.key, request, warnings)
  const output =
    request.output.output_type === "suggest"
      ? yield* suggestOutput(options.key, request.output.description, rows, warnings).pipe(
          Effect.retry(waiting),
        )
      : request.output
  const bare = buildTaskSpec(output)
  const field = request.output.output_type === "suggest" ? "output_description" : "output_schema"
  const tooLarge = checkSizes(bare, rows, limits, field)
  if (tooLarge.length > 0) return yield* new InvalidRequest({ problems: [...tooLarge] })
  const inputSchema = deriveInputSchema(rows, inputSchemaBudget(bare, rows, limits))
  if ("leftOut" in inputSchema) warnings.push(inputSchema.leftOut)
  const taskSpec = "leftOut" in inputSchema ? bare : buildTaskSpec(output, inputSchema.schema)
  const processor =
    request.processor ??
    (yield* suggestProcessor(options.key, taskSpec, warnings).pipe(Effect.retry(waiting)))
  const numInputs = rows.texts.length
  const metadata = { ...made, num_inputs: numInputs, processor }
  const { taskgroupId, createdAt } = early ?? (yield* create(metadata))
  const init: GroupInit = {
    taskgroupId,
    url: `${options.origin}/${taskgroupId}`,
    createdAt: createdAt ?? new Date(yield* Clock.currentTimeMillis).toISOString(),
    metadata: JSON.stringify(metadata),
    processor,
    taskSpec,
    runOptions: "{}",
    inputColumns: columnsOf(rows, warnings),
    outputColumns: outputColumnsOf(output),
    warnings: [],
    numInputs,
  }
  const prepared: Prepared = { init, rows, output, warnings }
  return prepared
})

const loadRows = Effect.fnUntraced(function* (
  key: ApiKey,
  { inputs, skipEmpty }: MultitaskRequest,
  warnings: Array<string>,
) {
  if (inputs._tag === "rows") return inputs.rows
  const loader = yield* InputsLoader
  const { collector, problems } = yield* loader.load(inputs.url)
  const rows = collector.finish(skipEmpty)
  if (problems.count > 0) return yield* new InvalidRequest({ problems: [...problems.list("inputs")] })
  yield* refuseOwnKey(key, { rows })
  warnings.push(...leftOutWarnings(rows))
  return rows
})

/** Gives the group to its object, in pieces, and lets it begin. Rows that are handed over are not kept here. */
const handOver = Effect.fnUntraced(function* (
  init: GroupInit,
  { texts }: Rows,
  secrets: GroupSecrets,
  beforeCommit: Effect.Effect<void, CreationBroken | KeyTakenOver>,
) {
  const groups = yield* TaskGroups
  const settings = yield* Settings
  yield* groups.begin(init, secrets)
  const lengths = texts.map((text, index) => [index, text.length] as const)
  for (const { from, to } of cutBatches(lengths, { size: PIECE_ROWS, chars: PIECE_CHARS }))
    yield* groups.addInputs(init.taskgroupId, from, texts.splice(0, to - from))
  yield* beforeCommit
  return yield* groups.commit(init.taskgroupId, settings.SUBMIT_WAIT_SECONDS * 1000)
})

/** The inputs' columns, in order of first appearance. */
const columnsOf = ({ columns }: Rows, warnings: Array<string>): ReadonlyArray<string> => {
  const { taken, left } = fitColumns([], columns.keys())
  if (left.length > 0) warnings.push(inputColumnsWarning(left.length))
  return taken
}

const outputColumnsOf = (output: OutputSpec): ReadonlyArray<string> => {
  if (output.output_type === "text") return ["content"]
  const properties = fieldsOf(outputSchemaOf(output) ?? "{}").get("properties")
  return properties?.startsWith("{") === true ? fitColumns([], fieldsOf(properties).keys()).taken : []
}
