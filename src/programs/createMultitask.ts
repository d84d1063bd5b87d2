import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { fitColumns, inputColumnsWarning } from "../domain/Columns.ts"
import { Malformed } from "../domain/Errors.ts"
import { type Facts, shownMetadata, upstreamMetadata } from "../domain/GroupMetadata.ts"
import { type GroupId, isGroupId } from "../domain/Ids.ts"
import { fieldsOf } from "../domain/JsonText.ts"
import { type Created, estimateOf } from "../domain/MultitaskAnswer.ts"
import type { DecodedRequest, MultitaskRequest } from "../domain/MultitaskRequest.ts"
import { countRows, cutBatches } from "../domain/Plan.ts"
import { PRODUCT } from "../domain/Product.ts"
import type { Rows } from "../domain/Rows.ts"
import type { GroupInit, GroupSecrets } from "../domain/TaskGroup.ts"
import { outputSchemaOf, type OutputSpec } from "../domain/TaskSpec.ts"
import type { IdempotencyUnavailable } from "../services/Idempotency.ts"
import type { InputsLoader } from "../services/InputsLoader.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import { type CommitUntil, TaskGroups } from "../services/TaskGroups.ts"
import {
  type CreateError,
  CreationBroken,
  CreationFailed,
  GroupLeftEmpty,
  InvalidRequest,
  KeyTakenOver,
  SubmissionRefused,
} from "./createErrors.ts"
import { decodeBody } from "./decodeBody.ts"
import { inTime, makePatient, prepareTask } from "./prepareTask.ts"

/** Whether this request may go on, asked where going on could be paid for twice. */
export interface Guard {
  /** The group exists at Parallel, and this is going to be the answer. */
  created(created: Created): Effect.Effect<boolean, IdempotencyUnavailable>
  /** The commit comes next. */
  readonly committing: Effect.Effect<boolean, IdempotencyUnavailable>
}

/** Inputs go to the object in pieces of about this size. */
const PIECE_CHARS = 1_000_000
const PIECE_ROWS = 1_000

export interface CreateOptions {
  readonly key: ApiKey
  /** Origin of the result URL, such as `https://multitask.example`. */
  readonly origin: string
  readonly guard?: Guard
  /** What it waits for, once the group is handed over; absent: every batch. */
  readonly until?: CommitUntil
}

/**
 * Turns a request's body into a task group that its object works on. Nothing is sent upstream before all that can be
 * checked here has been, no inputs URL is asked before Parallel has accepted the key, and no run is sent before the
 * object holds every input. Who asks for a plan (`dry_run`) is refused: that is `planMultitask`.
 */
export const createMultitask = Effect.fn("createMultitask")(function* (
  options: CreateOptions & { readonly body: unknown },
) {
  const decoded = yield* decodeBody(options.body, options.key)
  if (decoded.request.dryRun) {
    const message = "asks for a plan, which this does not make. Call planMultitask, or leave it out."
    return yield* new InvalidRequest({ problems: [{ path: "dry_run", message }] })
  }
  return yield* createDecoded(decoded, options)
})

/** The same of a body that has been looked at, and that is meant. */
export const createDecoded = Effect.fn("createDecoded")(function* (
  { request, warnings: said }: DecodedRequest,
  options: CreateOptions,
): Effect.fn.Return<Created, CreateError, ParallelApi | InputsLoader | TaskGroups | Settings> {
  const born: Born = { taskgroupId: null }
  const { init, rows, output, ...prepared } = yield* inTime(prepare(options, request, born)).pipe(
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
  const created: Created = {
    url: init.url,
    taskgroup_id: init.taskgroupId,
    ...estimateOf(rows, init.processor, output, warnings),
  }
  const secrets: GroupSecrets = {
    apiKey: Redacted.value(options.key),
    webhookUrl: request.webhookUrl?.href ?? null,
    webhookSecret: request.webhookSecret,
    runSecrets: request.runOptions.secrets,
  }
  yield* submit({ ...init, warnings }, rows, secrets, created, options).pipe(
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
  { guard, until }: CreateOptions,
) {
  if (guard !== undefined) yield* permitted(guard.created(created), created)
  const beforeCommit = guard && permitted(guard.committing, created)
  const submission = yield* handOver(init, rows, secrets, beforeCommit, until).pipe(
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

/** The group, from the moment that it exists at Parallel. */
interface Born {
  taskgroupId: GroupId | null
}

/** Everything before the first run: rows, schema, processor, group. */
const prepare = Effect.fnUntraced(function* (options: CreateOptions, request: MultitaskRequest, born: Born) {
  const api = yield* ParallelApi
  const patient = yield* makePatient
  const { subject, runOptions } = request
  const made = { product: PRODUCT, origin: options.origin }
  const create = Effect.fnUntraced(function* (facts: Facts) {
    const group = yield* patient(api.createTaskGroup(options.key, upstreamMetadata(subject, facts)))
    if (!isGroupId(group.taskgroup_id))
      return yield* new Malformed({ message: "Parallel's group id cannot be part of a URL" })
    born.taskgroupId = group.taskgroup_id
    return { taskgroupId: group.taskgroup_id, createdAt: group.created_at }
  })
  // An address of the caller's choosing is asked for nobody but whoever has a key that works.
  const early = request.inputs._tag === "url" ? yield* create(made) : null
  const task = yield* prepareTask(options.key, request, patient)
  const { rows, output, processor, taskSpec } = task
  const numInputs = rows.texts.length
  const facts: Facts = { ...made, num_inputs: numInputs, processor }
  const { taskgroupId, createdAt } = early ?? (yield* create(facts))
  const warnings = [...task.warnings]
  const init: GroupInit = {
    taskgroupId,
    url: `${options.origin}/${taskgroupId}`,
    createdAt: createdAt ?? new Date(yield* Clock.currentTimeMillis).toISOString(),
    metadata: shownMetadata(subject, facts),
    processor,
    taskSpec,
    runOptions: runOptions.shown,
    inputColumns: columnsOf(rows, warnings),
    outputColumns: outputColumnsOf(output),
    warnings: [],
    numInputs,
  }
  return { init, rows, output, warnings }
})

/**
 * Gives the group to its object, in pieces, and lets it begin; at once where it is one piece and nobody is asked before.
 * Rows that are handed over are not kept here.
 */
const handOver = Effect.fnUntraced(function* (
  init: GroupInit,
  { texts }: Rows,
  secrets: GroupSecrets,
  beforeCommit: Effect.Effect<void, CreationBroken | KeyTakenOver> | undefined,
  until: CommitUntil | undefined,
) {
  const groups = yield* TaskGroups
  const settings = yield* Settings
  const waitMs = settings.SUBMIT_WAIT_SECONDS * 1000
  const lengths = texts.map((text, index) => [index, text.length] as const)
  const [first, ...more] = cutBatches(lengths, { size: PIECE_ROWS, chars: PIECE_CHARS })
  const inputs = texts.splice(0, countRows(first!))
  if (more.length === 0 && beforeCommit === undefined)
    return yield* groups.receive(init, secrets, inputs, waitMs, until)
  yield* groups.begin(init, secrets, inputs)
  for (const piece of more)
    yield* groups.addInputs(init.taskgroupId, piece.rows[0]!.from, texts.splice(0, countRows(piece)))
  if (beforeCommit !== undefined) yield* beforeCommit
  return yield* groups.commit(init.taskgroupId, waitMs, until)
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
