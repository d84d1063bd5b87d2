import type { Call, Context } from "../core/context.ts"
import { ApiError, type FieldProblem } from "../core/errors.ts"
import { PROCESSORS } from "../core/processors.ts"
import { membersOf, objectText, type JsonText } from "../core/jsonText.ts"
import { hex128 } from "../core/random.ts"
import type { JsonObject, Metadata, Warning } from "../core/wire.ts"
import type { Draft } from "../ledger/schedule.ts"
import { problem } from "../validation/fields.ts"
import { inputWarnings, judgeSpec, sizeError, type SpecVerdict } from "../validation/runInput.ts"

const KNOWN = new Set(["input", "processor", "task_spec", "metadata"])

/** Each distinct spec is judged once per request, however many inputs share it. */
export const createJudge = (context: Context) => {
  const verdicts = new Map<JsonObject | null, SpecVerdict>()
  return (spec: JsonObject | null): SpecVerdict => {
    let verdict = verdicts.get(spec)
    if (verdict === undefined) {
      verdict = judgeSpec(spec, context.behaviour().limits)
      verdicts.set(spec, verdict)
    }
    return verdict
  }
}
export type Judge = ReturnType<typeof createJudge>

/** The service's own refusals for an input (sizes, schema subset), as messages. */
export const refusals = (input: JsonObject, fallback: JsonObject | null, judge: Judge): string[] => {
  const spec = (input["task_spec"] ?? fallback) as JsonObject | null
  const verdict = judge(spec)
  const size = sizeError(verdict.length, input["input"]!)
  return size === null ? [...verdict.errors] : [...verdict.errors, size]
}

export const requireProcessor = (input: JsonObject): void => {
  const processor = String(input["processor"])
  if (!PROCESSORS.includes(processor)) {
    throw new ApiError(403, `Processor ${processor} is not available for this account.`, {
      detail: { processors: [...PROCESSORS] },
    })
  }
}

export const asProblems = (
  messages: ReadonlyArray<string>,
  loc: ReadonlyArray<string | number>,
): FieldProblem[] => messages.map((message) => problem(loc, "value_error", message))

export interface DraftOptions {
  readonly input: JsonObject
  /** The same, as it came. */
  readonly text: JsonText
  readonly fallback: JsonObject | null
  readonly fallbackText: JsonText | null
  readonly group: string | null
  readonly ordinal: number
  readonly at: number
  readonly judge: Judge
}

/** A run input as the ledger keeps it, still without a schedule. */
export const draftRun = (context: Context, call: Call, options: DraftOptions): Draft => {
  const { input, fallback, group, ordinal, at, judge } = options
  const members = membersOf(options.text)
  // A name given twice has the value that came last, as in `input`.
  const textOf = (name: string) => members.findLast((member) => member.name === name)?.value
  const metadataText = textOf("metadata")
  const own = (input["task_spec"] ?? null) as JsonObject | null
  const spec = own ?? fallback
  const specText = own === null ? options.fallbackText : textOf("task_spec")!
  const warnings: Warning[] = [...judge(spec).warnings, ...inputWarnings(spec, input["input"]!)]
  const enforced = context.behaviour().limits.enforced
  const failures = enforced === "run" ? refusals(input, fallback, judge) : []
  return {
    id: `trun_${hex128(context.ledger.seed, group ?? "single", ordinal)}`,
    ordinal,
    group,
    account: call.account.id,
    createdAt: at,
    processor: String(input["processor"]),
    metadata: (input["metadata"] ?? null) as Metadata | null,
    metadataText: metadataText === JSON.stringify(input["metadata"]) ? null : (metadataText ?? null),
    inputText: textOf("input")!,
    spec: specText === null ? null : context.ledger.internSpec(specText),
    ownSpec: own !== null,
    extraText: objectText(members.filter(({ name }) => !KNOWN.has(name))),
    warnings: warnings.length > 0 ? warnings : null,
    errorMessage: failures.length > 0 ? failures.join("; ") : null,
  }
}
