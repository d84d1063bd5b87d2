import type { Mutation } from "./index.ts"

/** Done once, paid once, with the newest key; stopped is stopped and deleted is gone. */
export const ACTING: ReadonlyArray<Mutation> = [
  {
    name: "an act that is asked for again is done again",
    file: "src/programs/acts/actOnGroup.ts",
    find: "group.answerTo(record, now)",
    replace: 'group.answerTo({ ...record, name: "another" }, now)',
  },
  {
    name: "an act's answer is not kept with its change",
    file: "src/programs/acts/actOnGroup.ts",
    find: "  if (record !== null) group.keepAnswer(record, answer,",
    replace: "  if (record === null) group.keepAnswer({ name: answer, bodyHash: answer }, answer,",
  },
  {
    name: "an act with nothing to do is kept all the same",
    file: "src/programs/acts/actOnGroup.ts",
    find: "  if (apply === null) return only(outcome)\n",
    replace:
      "  if (apply === null) {\n    if (record !== null) group.keepAnswer(record, answer, now + 1_000, now)\n    return only(outcome)\n  }\n",
  },
  {
    name: "upstream is not told which attempt a run is",
    file: "src/domain/RunJson.ts",
    find: "  attempt === 1 ? ",
    replace: "  attempt >= 1 ? ",
  },
  {
    name: "a run of a former attempt counts for the newest",
    file: "src/layers/sqlite/runs.ts",
    find: "        : attempt < state.attempt\n",
    replace: "        : attempt < 1\n",
    story: ["test/simulation/storiesAttempts.test.ts", "former"],
  },
  {
    name: "what a stop finds in doubt is sent again",
    file: "src/domain/Plan.ts",
    find: "({ ...batch, stopped: true }) as const",
    replace: "batch",
  },
  {
    name: "what a stop found in doubt stays unsent although somebody resumes",
    file: "src/domain/Plan.ts",
    find: "    return rest\n",
    replace: "    return rest === null ? rest : batch\n",
  },
  {
    name: "what a stop leaves out does not end",
    file: "src/programs/acts/stopGroup.ts",
    find: "submission.leaveOut(plan.todo, STOPPED",
    replace: "submission.leaveOut([], STOPPED",
  },
  {
    name: "the key of an act does not count",
    file: "src/programs/acts/decision.ts",
    find: "  if (isOther) secrets.saveApiKey(act.key)\n",
    replace: "",
  },
  {
    name: "an end does not ask whether somebody has got ahead of it",
    file: "src/programs/finishTaskGroup.ts",
    find: "    if (overtaken) {",
    replace: "    if (overtaken && settings.RETENTION_DAYS < 0) {",
    story: ["test/programs/finishTaskGroup.test.ts", "ends: the key"],
  },
  {
    name: "what a retry starts is not counted as money",
    file: "src/layers/sqlite/Tally.ts",
    find: "  addFormer(row: Counted): void {\n    this.countRun(row, 1)\n",
    replace: "  addFormer(row: Counted): void {\n    if (row.runId === null) this.countRun(row, 1)\n",
  },
  {
    name: "a group that goes on is still at its end for those who have seen it",
    file: "src/layers/sqlite/group.ts",
    find: 'state: "active", endedAt: null, removalAt: null, endChange: null',
    replace: 'state: "active", endedAt: null, removalAt: null',
  },
  {
    name: "every end has the webhook of the first",
    file: "src/programs/deliverWebhook.ts",
    find: "endsBefore === 0 ?",
    replace: "endsBefore >= 0 ?",
  },
  {
    name: "a group that was deleted can begin again",
    file: "src/layers/sqlite/receiving.ts",
    find: '      if (buriedUntil(tables.storage) !== null) return "different"\n',
    replace: "",
  },
  {
    name: "that a group was deleted is known for ever",
    file: "src/programs/removeTaskGroup.ts",
    find: 'alarms.set("deleted", knownUntil)',
    replace: "undefined",
  },
  {
    name: "a page may end between two attempts at one input",
    file: "src/layers/sqlite/pages.ts",
    find: "return isCut ? [",
    replace: "return isCut && read < 0 ? [",
    story: ["test/simulation/storiesAttempts.test.ts"],
  },
]
