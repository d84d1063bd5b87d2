import type { Behaviour } from "../behaviour/document.ts"
import { modifiedAt, statusAt } from "../ledger/status.ts"
import type { Run } from "../ledger/types.ts"
import { buildOutput } from "../output/build.ts"
import { timestamp } from "./clock.ts"
import type { Context } from "./context.ts"
import { unit, uuid } from "./random.ts"
import { isActive, type ErrorObject, type TaskRun, type TaskRunInput, type TaskRunOutput } from "./wire.ts"

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
const deviate = (wire: TaskRun, shapes: Behaviour["shapes"], seed: string): TaskRun => {
  const odd: Record<string, unknown> = { ...wire }
  if (!shapes.echo_metadata) delete odd["metadata"]
  if (shapes.extra_fields) Object.assign(odd, { memory_scope_key: null, x_new_field: { nested: [1, "two"] } })
  if (unit(seed, wire.run_id, "unknown-status") < shapes.unknown_status_rate && wire.is_active) {
    odd["status"] = shapes.unknown_status
  }
  for (const key of shapes.drop_required) delete odd[key]
  return odd as unknown as TaskRun
}

/** A run as upstream tells it. */
export const runView = (context: Context, run: Run, now = context.clock.now()): TaskRun => {
  const status = statusAt(run, now)
  const wire: TaskRun = {
    run_id: run.id,
    interaction_id: run.id,
    status,
    is_active: isActive(status),
    warnings: run.warnings,
    error: status === "failed" ? errorOf(context, run) : null,
    processor: run.processor,
    metadata: run.metadata ?? {},
    taskgroup_id: run.group,
    created_at: timestamp(run.createdAt),
    modified_at: timestamp(modifiedAt(run, now)),
  }
  return deviate(wire, context.behaviour().shapes, context.ledger.seed)
}

/** A run's output; what it is depends on the seed, the run, its spec and its input, so nothing is stored. */
export const outputView = (context: Context, run: Run, elementBasis = false): TaskRunOutput => {
  const output = buildOutput({
    seed: `${context.ledger.seed}/${run.id}`,
    input: run.input,
    spec: context.ledger.specOf(run),
    processor: run.processor,
    minBytes: run.outputBytes,
    elementBasis,
  })
  const asText = context.behaviour().shapes.json_content_as_text && output.type === "json"
  return asText ? { ...output, content: JSON.stringify(output.content) } : output
}

/** The run input as it was given; `expand` puts the default task spec in as well (U17). */
export const inputView = (context: Context, run: Run, expand: boolean): TaskRunInput => {
  const spec = context.ledger.specOf(run)
  return {
    ...(run.extra as Record<string, unknown>),
    processor: run.processor,
    ...(run.metadata === null ? {} : { metadata: run.metadata }),
    input: run.input,
    ...(spec !== null && (run.ownSpec || expand) ? { task_spec: spec } : {}),
  }
}
