import type { Behaviour } from "../behaviour/document.ts"
import { modifiedAt, statusAt } from "../ledger/status.ts"
import type { Run } from "../ledger/types.ts"
import { buildOutput } from "../output/build.ts"
import { givenContent, inOrder } from "../output/content.ts"
import { timestamp } from "./clock.ts"
import type { Context } from "./context.ts"
import { rewritten, spaced } from "./jsonSpelling.ts"
import {
  elementsOf,
  jsonText,
  membersOf,
  objectText,
  RawJson,
  type JsonText,
  type Member,
} from "./jsonText.ts"
import { unit, uuid } from "./random.ts"
import {
  isActive,
  type ErrorObject,
  type JsonObject,
  type Metadata,
  type TaskRun,
  type TaskRunOutput,
} from "./wire.ts"

/** What a client gave, as upstream writes it again. */
export const told = (context: Context, text: JsonText): RawJson =>
  new RawJson(rewritten(text, context.behaviour().shapes.json))

/** A JSON answer. */
export const answer = (context: Context, value: unknown, status = 200): Response =>
  new Response(spaced(jsonText(value), context.behaviour().shapes.blanks), {
    status,
    headers: { "content-type": "application/json" },
  })

/** As it came. */
export const metadataText = (run: Run): JsonText | null =>
  run.metadataText ?? (run.metadata === null ? null : JSON.stringify(run.metadata))

/** The value does where nobody would see a difference: it is quicker to write. */
const metadataView = (context: Context, run: Run): RawJson | Metadata | null => {
  const isPlain = run.metadataText === null && context.behaviour().shapes.json === "as_sent"
  const text = isPlain ? null : metadataText(run)
  return text === null ? run.metadata : told(context, text)
}

type RunView = Omit<TaskRun, "metadata"> & { readonly metadata?: RawJson | object }

const FAILURES = [
  ["Task failed", "Output did not match the schema"],
  ["Task failed", "No relevant sources could be read"],
  ["Internal error while running the task", "The research step timed out"],
] as const

const errorOf = (context: Context, run: Run): ErrorObject => {
  const draw = Math.floor(unit(context.ledger.seed, run.id, "failure") * FAILURES.length)
  const [message, cause] = FAILURES[draw] ?? FAILURES[0]
  return {
    ref_id: uuid(context.ledger.seed, run.id, "error"),
    message: run.errorMessage ?? message,
    detail: { errors: [{ error: run.errorMessage ?? cause }] },
  }
}

/** The deviations of U10, on a copy. */
const deviate = (wire: RunView, shapes: Behaviour["shapes"], seed: string): RunView => {
  const odd: Record<string, unknown> = { ...wire }
  if (!shapes.echo_metadata) delete odd["metadata"]
  if (shapes.extra_fields) Object.assign(odd, { memory_scope_key: null, x_new_field: { nested: [1, "two"] } })
  if (unit(seed, wire.run_id, "unknown-status") < shapes.unknown_status_rate && wire.is_active) {
    odd["status"] = shapes.unknown_status
  }
  for (const key of shapes.drop_required) delete odd[key]
  return odd as unknown as RunView
}

/** A run as upstream tells it. */
export const runView = (context: Context, run: Run, now = context.clock.now()): RunView => {
  const status = statusAt(run, now)
  const wire: RunView = {
    run_id: run.id,
    interaction_id: run.id,
    status,
    is_active: isActive(status),
    warnings: run.warnings,
    error: status === "failed" ? errorOf(context, run) : null,
    processor: run.processor,
    metadata: metadataView(context, run) ?? {},
    taskgroup_id: run.group,
    created_at: timestamp(run.createdAt),
    modified_at: timestamp(modifiedAt(run, now)),
  }
  return deviate(wire, context.behaviour().shapes, context.ledger.seed)
}

/**
 * A run's output; what it is depends on the seed, the run, its spec and its input, so nothing is stored. Its content's
 * text where `JSON.stringify` would not do.
 */
export const outputOf = (
  context: Context,
  run: Run,
  elementBasis = false,
): { readonly output: TaskRunOutput; readonly contentText: JsonText | null } => {
  const { ledger } = context
  const spec = ledger.specOf(run)
  const specText = ledger.specTextOf(run)
  const given = givenContent(run, spec, specText)
  const output = buildOutput({
    seed: `${ledger.seed}/${run.id}`,
    input: JSON.parse(run.inputText) as string | JsonObject,
    spec,
    processor: run.processor,
    minBytes: run.outputBytes,
    elementBasis,
    ...(given === null ? {} : { content: JSON.parse(given) as string | JsonObject }),
  })
  const ordered = output.type === "json" ? inOrder(output.content as JsonObject, specText) : null
  return { output, contentText: given ?? ordered }
}

/** The output as upstream tells it. */
export const outputView = (context: Context, run: Run, elementBasis = false) => {
  const { output, contentText } = outputOf(context, run, elementBasis)
  const asText = context.behaviour().shapes.json_content_as_text && output.type === "json"
  if (asText) return { ...output, content: contentText ?? JSON.stringify(output.content) }
  return contentText === null ? output : { ...output, content: new RawJson(contentText) }
}

const withoutHeaders = (server: JsonText): JsonText =>
  objectText(membersOf(server).filter(({ name }) => name !== "headers"))

/** What is written back on reading: MCP headers are write-only. */
const readable = (member: Member): Member =>
  member.name === "mcp_servers" && member.value.startsWith("[")
    ? { ...member, value: `[${elementsOf(member.value).map(withoutHeaders).join(",")}]` }
    : member

/** The run input as it was given; `expand` puts the default task spec in as well (U17). */
export const inputView = (context: Context, run: Run, expand: boolean): RawJson => {
  const spec = run.ownSpec || expand ? context.ledger.specTextOf(run) : null
  const own = [
    ["processor", JSON.stringify(run.processor)],
    ["metadata", metadataText(run)],
    ["input", run.inputText],
    ["task_spec", spec],
  ] as const
  const members = own.flatMap(([name, value]) => (value === null ? [] : [{ key: `"${name}"`, value }]))
  return told(context, objectText([...membersOf(run.extraText).map(readable), ...members]))
}
