import type { Mutation } from "./index.ts"

/** One run for each input, whatever becomes of the requests that add them; and what is refused is told. */
export const SUBMITTING: ReadonlyArray<Mutation> = [
  {
    name: "a batch is sent without being marked as being sent",
    file: "src/programs/submit/sendWave.ts",
    find: "  submission.savePlan(markSending(submission.plan(), batch, since))\n",
    replace: "  void [since, markSending]\n",
  },
  {
    name: "after a lost answer the batch is sent again at once",
    file: "src/programs/submit/sendWave.ts",
    imports: 'import { markTodo } from "../../domain/Plan.ts"\n',
    find: "const plan = markLost(submission.plan(), batch, now, refusal)",
    replace: "const plan = markTodo(submission.plan(), batch, [batch])",
  },
  {
    name: "others are sent while the fate of one batch is unknown",
    file: "src/programs/submit/sendWave.ts",
    find: ' || outcome === "lost") open = false',
    replace: ") open = false",
    story: ["test/simulation/firstWave.test.ts"],
  },
  {
    name: "what is said of a wait stays when it is over",
    file: "src/programs/submissionSentence.ts",
    find: 'group.say("submission", submissionSentence(submission.plan(), count, leftOut))',
    replace:
      'group.say("submission", submissionSentence(submission.plan(), count, leftOut) ?? group.details()!.statusMessage)',
    story: ["test/simulation/submission.test.ts", "credit"],
  },
  {
    name: "what was under way at a restart counts as not sent",
    file: "src/programs/submitRuns.ts",
    imports: 'import { markTodo } from "../domain/Plan.ts"\n',
    find: "  yield* loseAll(submission.plan().sending)\n",
    replace:
      "  for (const batch of submission.plan().sending) submission.savePlan(markTodo(submission.plan(), batch, [batch]))\n",
  },
  {
    name: "upstream is asked only once, and at once, after a loss",
    file: "src/programs/settleLost.ts",
    find: "  yield* sleepUntil(Math.max(...submission.plan().lost.map(({ since }) => since)) + settleMs)\n  let before = yield* look\n",
    replace:
      "  let before = yield* look\n  if (settleMs > 0) return submission.savePlan(markSettled(submission.plan(), submission.plan().lost.flatMap((batch) => missingOf(submission, settings, batch))))\n",
  },
  {
    name: "a refusal is trusted to have created nothing",
    file: "src/programs/submit/refusals.ts",
    find: "  if (status.num_task_runs <= known) return status.num_task_runs === known\n",
    replace: "  if (status.num_task_runs >= 0) return true\n",
  },
  {
    name: "the first batch's refusal is told to the caller whatever became of the others",
    file: "src/programs/submitRuns.ts",
    find: '  if (typeof first !== "object" || kept || runs.submitted() > 0 || lost.length > 0) return null\n',
    replace: '  if (typeof first !== "object") return null\n  void [kept, runs, lost]\n',
  },
  {
    name: "the assignment by position is never corrected by metadata",
    file: "src/layers/sqlite/applyRun.ts",
    find: 'return row.confirmed ? "duplicate" : isOurs ? "replace" : "foreign"',
    replace: 'return "duplicate"',
  },
  {
    name: "a result's own word for its input is made up",
    file: "src/programs/follow/outputs.ts",
    find: "const known = { ...run, runId: pending.runId }",
    replace: "const known = { ...run, runId: pending.runId, inputIndex: pending.inputIndex }",
  },
  {
    name: "batches are cut by their number alone",
    file: "src/domain/Plan.ts",
    find: "chars <= limits.chars",
    replace: "chars > 0",
    story: ["test/simulation/storiesGroup.test.ts", "by their characters"],
  },
  {
    name: "what an edge refuses is a lost answer like any other, never halved",
    file: "src/programs/submit/sendWave.ts",
    find: "status >= 400 && status < 500",
    replace: "status < 0",
  },
  {
    name: "what an edge refuses is halved at once, without asking what became of it",
    file: "src/programs/submit/sendWave.ts",
    imports: 'import { halves, markTodo } from "../../domain/Plan.ts"\n',
    find: "const plan = markLost(submission.plan(), batch, now, refusal)",
    replace:
      "const plan = refusal === null ? markLost(submission.plan(), batch, now) : markTodo(submission.plan(), batch, countRows(batch) > 1 ? halves(batch) : [{ ...batch, edge: refusal }])",
    story: ["test/simulation/storiesGroup.test.ts", "says no to a batch"],
  },
  {
    name: "a row that an edge refuses does not tell the status",
    file: "src/programs/submitRuns.ts",
    find: "(status ${status}). ${message}`",
    replace: ". ${message.slice(status)}`",
  },
  {
    name: "nobody is told while an edge refuses",
    file: "src/programs/submissionSentence.ts",
    find: "if (edge !== null && refusal !== undefined)",
    replace: "if (edge !== null && refusal === null)",
    story: ["test/simulation/storiesGroup.test.ts", "an edge"],
  },
  {
    name: "rounds with an edge do not grow apart",
    file: "src/domain/Schedules.ts",
    find: "between(settings.EDGE_RETRY_MIN_SECONDS, settings.EDGE_RETRY_MAX_SECONDS)",
    replace: "between(settings.EDGE_RETRY_MIN_SECONDS, settings.EDGE_RETRY_MIN_SECONDS)",
    story: ["test/simulation/storiesGroup.test.ts", "an edge"],
  },
  {
    name: "rows that an edge refuses alone have failed at once, though nothing has passed it",
    file: "src/programs/submitRuns.ts",
    find: "const isSure = edge.selective || ",
    replace: "const isSure = edge.rounds > 0 || ",
    story: ["test/simulation/storiesGroup.test.ts", "an edge"],
  },
  {
    name: "what an edge refused while it let nothing pass counts against those rows",
    file: "src/programs/submit/sendWave.ts",
    find: "if (edge.selective) return next",
    replace: "if (edge.rounds > 0) return next",
    story: ["test/simulation/storiesGroup.test.ts", "an edge"],
  },
  {
    name: "what an edge refused together with others counts as refused alone",
    file: "src/programs/settleLost.ts",
    find: "countRows(batch) > 1 ? {} : { edge }",
    replace: "{ edge }",
    story: ["test/simulation/storiesGroup.test.ts", "an edge"],
  },
  {
    name: "runs of others make a refusal look as if something had been taken",
    file: "src/programs/submit/refusals.ts",
    find: "  if (status.num_task_runs <= known) return status.num_task_runs === known\n",
    replace: "  if (known >= 0) return status.num_task_runs === known\n",
    story: ["test/simulation/storiesGroup.test.ts", "owner adds"],
  },
  {
    name: "a list is complete only when all runs in it are ours",
    file: "src/programs/settleLost.ts",
    find: "  count === listed && unassigned === 0",
    replace: "  count === own.size && listed >= unassigned",
  },
  {
    name: "a run without metadata gets a row although ours are echoed",
    file: "src/programs/settleLost.ts",
    find: "const byInput = first.unnamed && !first.echoes",
    replace: "const byInput = first.unnamed",
    story: ["test/simulation/storiesGroup.test.ts", "equal to one of ours"],
  },
  {
    name: "a run whose metadata names an input that there is not gets the last row",
    file: "src/layers/sqlite/runs.ts",
    find: "const inputIndex = run.inputIndex ?? tables.indexOfRun(run.runId)",
    replace:
      "const inputIndex = run.inputIndex === null ? tables.indexOfRun(run.runId) : Math.min(run.inputIndex, details.numInputs - 1)",
  },
  {
    name: "somebody else's run with our metadata takes the place of one that is not confirmed",
    file: "src/layers/sqlite/GroupTables.ts",
    find: "    return this.indexOfRun(present) !== inputIndex || this.rowStates.former(present) !== null\n",
    replace: "    return inputIndex >= 0\n",
    story: ["test/layers/store.node.test.ts", "others"],
  },
  {
    name: "a refusal of some rows (403) is one of the key",
    file: "src/programs/submit/refusals.ts",
    find: "if (error.status === 403)",
    replace: "if (error.status === 0)",
    story: ["test/simulation/storiesTrouble.test.ts", "of some rows"],
  },
  {
    name: "an outage while credit is waited for makes what is not sent look lost",
    file: "src/programs/submitRuns.ts",
    find: "    Effect.retry(Schedules.settling),\n    Effect.catchIf(isOther,",
    replace: "    Effect.catchIf(isOther,",
    story: ["test/programs/submitRuns.test.ts", "credit"],
  },
]
