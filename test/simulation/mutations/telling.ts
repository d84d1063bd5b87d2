import type { Mutation } from "./index.ts"

/** What is stored and told: an end once and whole, every change under one number, to each viewer once. */
export const TELLING: ReadonlyArray<Mutation> = [
  {
    name: "a newer terminal state replaces the first",
    file: "src/layers/sqlite/applyRun.ts",
    find: 'isTerminal(run.status) && run.status !== row.status ? "contradiction" : "unchanged"',
    replace: 'isTerminal(run.status) && run.status !== row.status ? "advance" : "unchanged"',
  },
  {
    name: "an end is told again whenever it is heard again",
    file: "src/layers/sqlite/applyRun.ts",
    find: 'isTerminal(run.status) && run.status !== row.status ? "contradiction" : "unchanged"',
    replace: 'run.status === row.status && !lacksOutput(update) ? "advance" : "unchanged"',
  },
  {
    name: "a row is completed before its output is here",
    file: "src/layers/sqlite/applyRun.ts",
    find: '  run.status === "completed" && output === null\n',
    replace: '  run.status === "completed" && output === undefined\n',
  },
  {
    name: "a row whose output never comes stays completed",
    file: "src/layers/sqlite/runs.ts",
    find: '{ ...row, status: "failed", error }',
    replace: '{ ...row, status: "completed", error }',
    story: ["test/simulation/storiesOutputs.test.ts", "never"],
  },
  {
    name: "a row of version 1 that says completed without its output still does",
    file: "src/layers/sqlite/migrate.ts",
    find: "  if (rows === 0) return\n",
    replace: "  if (rows >= 0) return\n",
    story: ["test/simulation/versions.test.ts"],
  },
  {
    name: "the ring claims to hold changes that it has let go",
    file: "src/layers/sqlite/ChangeRing.ts",
    find: "return after >= this.floor",
    replace: "return after >= this.floor - 3",
  },
  {
    name: "change numbers start again after a restart",
    file: "src/layers/sqlite/Tally.ts",
    find: "    if (change > this.change) this.change = change\n",
    replace: "    if (this.rows === 0 || change > this.change) this.change = Math.max(1, change - 3)\n",
  },
  {
    name: "change numbers are not set aside for what is not written",
    file: "src/layers/sqlite/GroupTables.ts",
    find: "        this.reserve()\n",
    replace: "",
  },
  {
    name: "a viewer that comes back is given the next change but one",
    file: "src/programs/watchTaskGroup.ts",
    find: "seen <= store.change() ? seen : NO_CHANGE",
    replace: "seen < store.change() ? seen + 1 : NO_CHANGE",
  },
  {
    name: "a stream opens with a status that counts for the rows behind it",
    file: "src/programs/watchTaskGroup.ts",
    find: "tellStatus(events.opening(store.status(), position))",
    replace: "tellStatus(events.status(store.status(), newest + 0 * position))",
  },
  {
    name: "the first status of a connection carries an id",
    file: "src/layers/render/RendererSse.ts",
    find: "status(of, from, null)",
    replace: "status(of, from, from)",
  },
  {
    name: "the first status of a connection is left out",
    file: "src/programs/watchTaskGroup.ts",
    find: "if (statusOf === null) tellStatus(events.opening(store.status(), position))",
    replace: "statusOf ??= -1",
  },
  {
    name: "half an event is passed on when the object dies",
    file: "src/http/eventProxy.ts",
    find: "    const end = endOfEvents(bytes)\n",
    replace: "    const end = bytes.length\n    void endOfEvents\n",
  },
  {
    name: "opening a viewer's stream again may take for ever",
    file: "src/http/eventProxy.ts",
    find: "yield* wait(() => ask(signal).then((response) => takeOver(response, signal)))",
    replace: "yield* Effect.promise(() => ask(signal).then((response) => takeOver(response, signal)))",
    story: ["test/simulation/storiesGroup.test.ts", "the Worker in front"],
  },
]
