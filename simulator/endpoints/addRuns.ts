import type { Call, Context, Handler } from "../core/context.ts"
import { ApiError, type FieldProblem } from "../core/errors.ts"
import { elementsOf, fieldsOf, type JsonText } from "../core/jsonText.ts"
import { createRandom } from "../core/random.ts"
import { answer } from "../core/views.ts"
import type { JsonObject } from "../core/wire.ts"
import { scheduleRuns } from "../ledger/schedule.ts"
import { groupStatus } from "../ledger/status.ts"
import type { Run, TaskGroup } from "../ledger/types.ts"
import { invalid, isObject, missing, problem, parseBody, queryBoolean } from "../validation/fields.ts"
import { checkRunInput, checkSpecShape } from "../validation/runInput.ts"
import { asProblems, createJudge, draftRun, refusals, requireProcessor, type Judge } from "./drafts.ts"
import { findGroup } from "./lookup.ts"
import { cursorBefore } from "./batchCursors.ts"

interface Plan {
  readonly inputs: ReadonlyArray<JsonObject>
  /** The same, as they came. */
  readonly texts: ReadonlyArray<JsonText>
  readonly fallback: JsonObject | null
  readonly fallbackText: JsonText | null
  readonly judge: Judge
  /** Why the POST is refused, and how many inputs stand before the first bad one. */
  readonly refusal: { readonly error: ApiError; readonly good: number } | null
}

const checkBody = (context: Context, body: JsonObject): FieldProblem[] => {
  const { max_runs_per_post: max } = context.behaviour().limits
  const inputs = body["inputs"]
  const spec = checkSpecShape(body["default_task_spec"], ["body", "default_task_spec"])
  if (inputs === undefined) return [...spec, missing(["body", "inputs"])]
  if (!Array.isArray(inputs))
    return [...spec, problem(["body", "inputs"], "list_type", "Input should be a valid list")]
  if (inputs.length > max) {
    const message = `List should have at most ${max} items after validation, not ${inputs.length}`
    return [...spec, problem(["body", "inputs"], "too_long", message)]
  }
  return spec
}

const firstBad = (problems: ReadonlyArray<FieldProblem>): number =>
  Math.min(...problems.map((p) => (typeof p.loc[2] === "number" ? p.loc[2] : 0)))

const refuse = (
  context: Context,
  call: Call,
  inputs: ReadonlyArray<JsonObject>,
  problems: FieldProblem[],
) => {
  if (problems.length > 0) return { error: invalid(problems), good: firstBad(problems) }
  for (const [i, input] of inputs.entries()) {
    try {
      requireProcessor(input)
    } catch (error) {
      if (error instanceof ApiError) return { error, good: i }
      throw error
    }
  }
  try {
    context.accounts.requireCredit(
      call.account,
      inputs.map((input) => String(input["processor"])),
    )
  } catch (error) {
    if (error instanceof ApiError) return { error, good: 0 }
    throw error
  }
  return null
}

const planOf = (context: Context, call: Call): Plan => {
  const body = parseBody(call.body)
  const bodyProblems = checkBody(context, body)
  if (bodyProblems.length > 0) throw invalid(bodyProblems)
  const inputs = body["inputs"] as JsonObject[]
  const fallback = isObject(body["default_task_spec"]) ? body["default_task_spec"] : null
  const judge = createJudge(context)
  const post = context.behaviour().limits.enforced === "post"
  const problems = inputs.flatMap((input, i) => {
    const loc = ["body", "inputs", i]
    const shape = checkRunInput(input, loc)
    return shape.length > 0 || !post ? shape : asProblems(refusals(input, fallback, judge), loc)
  })
  const fields = fieldsOf(call.body)
  return {
    inputs,
    texts: elementsOf(fields.get("inputs")!),
    fallback,
    fallbackText: fallback === null ? null : fields.get("default_task_spec")!,
    judge,
    refusal: refuse(context, call, inputs, problems),
  }
}

const apply = (
  context: Context,
  call: Call,
  group: TaskGroup,
  plan: Plan,
  count: number,
): ReadonlyArray<Run> => {
  const at = context.clock.now()
  const drafts = plan.inputs.slice(0, count).map((input, i) =>
    draftRun(context, call, {
      input,
      text: plan.texts[i]!,
      fallback: plan.fallback,
      fallbackText: plan.fallbackText,
      group: group.id,
      ordinal: group.runs.length + i,
      at,
      judge: plan.judge,
    }),
  )
  const runs = scheduleRuns(drafts, group, context.ledger.seed, context.behaviour()).map((run) =>
    // A limit that is only noticed by the run makes it fail, whatever was drawn.
    run.errorMessage === null ? run : { ...run, outcome: "failed" as const },
  )
  if (runs.length > 0) context.ledger.commit({ t: "runs", group: group.id, at, runs })
  for (const run of runs) context.accounts.note(context.ledger.runs.get(run.id)!)
  return runs
}

const shuffled = (ids: string[], context: Context, call: Call): string[] => {
  const random = createRandom(context.ledger.seed, "run-ids", call.ordinal)
  return ids
    .map((id) => ({ id, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map((entry) => entry.id)
}

export const addRuns: Handler = (context, call) => {
  const group = findGroup(context, call)
  const refresh = queryBoolean(call.url, "refresh_status", true)
  const plan = planOf(context, call)
  const { add_runs: behaviour, status } = context.behaviour()
  if (plan.refusal !== null) {
    if (behaviour.partial_on_refusal) apply(context, call, group, plan, plan.refusal.good)
    throw plan.refusal.error
  }
  const cursors = cursorBefore(context, group)
  const count = call.partial ? Math.ceil(plan.inputs.length / 2) : plan.inputs.length
  const ids = apply(context, call, group, plan, count).map((run) => run.id)
  return answer(context, {
    status: groupStatus(group, context.clock.now(), status, refresh ? 0 : status.cached_lag_ms),
    run_ids: behaviour.run_ids === "shuffled" ? shuffled(ids, context, call) : ids,
    ...cursors,
  })
}
