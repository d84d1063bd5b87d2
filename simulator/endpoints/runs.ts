import type { Handler } from "../core/context.ts"
import { ApiError } from "../core/errors.ts"
import { answer, inputView, runView } from "../core/views.ts"
import { scheduleRuns } from "../ledger/schedule.ts"
import { invalid, parseBody } from "../validation/fields.ts"
import { checkRunInput } from "../validation/runInput.ts"
import { asProblems, createJudge, draftRun, refusals, requireProcessor } from "./drafts.ts"
import { findRun } from "./lookup.ts"

export const createRun: Handler = (context, call) => {
  const input = parseBody(call.body)
  const judge = createJudge(context)
  const problems = checkRunInput(input, ["body"])
  if (problems.length > 0) throw invalid(problems)
  if (context.behaviour().limits.enforced === "post") {
    const refused = asProblems(refusals(input, null, judge), ["body"])
    if (refused.length > 0) throw invalid(refused)
  }
  requireProcessor(input)
  context.accounts.requireCredit(call.account, [String(input["processor"])])
  const { ledger, clock } = context
  const at = clock.now()
  const draft = draftRun(context, call, {
    input,
    text: call.body,
    fallback: null,
    fallbackText: null,
    group: null,
    ordinal: ledger.singles.length,
    at,
    judge,
  })
  const [scheduled] = scheduleRuns([draft], null, ledger.seed, context.behaviour())
  const run = draft.errorMessage === null ? scheduled! : { ...scheduled!, outcome: "failed" as const }
  ledger.commit({ t: "runs", group: null, at, runs: [run] })
  const stored = ledger.runs.get(run.id)!
  context.accounts.note(stored)
  return answer(context, runView(context, stored), 202)
}

export const getRun: Handler = (context, call) => answer(context, runView(context, findRun(context, call)))

export const getGroupRun: Handler = (context, call) => {
  const run = findRun(context, call)
  if (run.group !== call.params["group"]) throw new ApiError(404, "Run id not found")
  return answer(context, runView(context, run))
}

export const getRunInput: Handler = (context, call) =>
  answer(context, inputView(context, findRun(context, call), context.behaviour().listing.expand_input))
