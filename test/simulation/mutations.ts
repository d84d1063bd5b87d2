/**
 * Ways to break the product that its promises forbid. Each is a replacement in one source file; the simulation must
 * catch every one of them. `npm run mutate` repeats it.
 */
export interface Mutation {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

export const MUTATIONS: ReadonlyArray<Mutation> = [
  {
    name: "a batch is sent without being marked as being sent",
    file: "src/programs/submitRuns.ts",
    find: "  store.savePlan(markSending(store.plan(), batch, since))\n",
    replace: "  void [since, markSending]\n",
  },
  {
    name: "after a lost answer the batch is sent again at once",
    file: "src/programs/submitRuns.ts",
    find: '        store.savePlan(markLost(store.plan(), batch, now))\n        return "lost"\n',
    replace:
      '        store.savePlan(markTodo(store.plan(), batch, [batch]))\n        void now\n        return "lost"\n',
  },
  {
    name: "what was under way at a restart counts as not sent",
    file: "src/programs/submitRuns.ts",
    find: "store.savePlan(markLost(store.plan(), batch, yield* Clock.currentTimeMillis))\n  }\n  let rateLimitedFor",
    replace: "store.savePlan(markTodo(store.plan(), batch, [batch]))\n  }\n  let rateLimitedFor",
  },
  {
    name: "upstream is asked only once, and at once, after a loss",
    file: "src/programs/settleLost.ts",
    find: "  yield* sleepUntil(lastLoss + settle)\n  let before = yield* look\n  for (let wait = settle / 2; ; wait = Math.min(wait * 1.5, 120_000)) {\n    yield* Effect.sleep(Duration.millis(wait))\n    const after = yield* look\n    if (agree(before, after)) break\n    before = after\n  }\n",
    replace: "  yield* look\n  void [lastLoss, settle, agree, Duration, sleepUntil]\n",
  },
  {
    name: "a refusal is trusted to have created nothing",
    file: "src/programs/submitRuns.ts",
    find: "return store.plan().lost.length === 0 && status.num_task_runs === known",
    replace: "return known >= 0 || status.num_task_runs >= 0",
  },
  {
    name: "the first batch's refusal is told to the caller whatever became of the others",
    file: "src/programs/submitRuns.ts",
    find: "!hasNone(store) || store.plan().lost.length > 0) return null",
    replace: "store.plan().todo.length < 0) return null",
  },
  {
    name: "the assignment by position is never corrected by metadata",
    file: "src/layers/sqlite/applyRun.ts",
    find: 'return row.confirmed ? "duplicate" : "replace"',
    replace: 'return "duplicate"',
  },
  {
    name: "nothing is listed: events alone are believed",
    file: "src/programs/follow/checkGroup.ts",
    find: "restraint.wasFruitless(pair, now)",
    replace: 'pair !== ""',
  },
  {
    name: "a newer terminal state replaces the first",
    file: "src/layers/sqlite/applyRun.ts",
    find: 'if (isTerminal(run.status) && run.status !== row.status) return "contradiction"',
    replace: 'if (isTerminal(run.status) && run.status !== row.status) return "advance"',
  },
  {
    name: "done is believed when every run is terminal, outputs or not",
    file: "src/layers/sqlite/Tally.ts",
    find: "const hasEnded = (row: Counted): boolean => isTerminal(row.status) && !lacksOutput(row)",
    replace: "const hasEnded = (row: Counted): boolean => isTerminal(row.status)",
  },
  {
    name: "the ring claims to hold changes that it has let go",
    file: "src/layers/sqlite/ChangeRing.ts",
    find: "return after >= this.floor",
    replace: "return after >= this.floor - 3",
  },
  {
    name: "a viewer that comes back is given the next change but one",
    file: "src/programs/watchTaskGroup.ts",
    find: "  return position <= newest ? position : 0",
    replace: "  return position < newest ? position + 1 : 0",
  },
  {
    name: "a stream opens with a status that counts for the rows behind it",
    file: "src/programs/watchTaskGroup.ts",
    find: "tellStatus(events.opening(store.status(), position))",
    replace: "tellStatus(events.status(store.status(), newest + 0 * position))",
  },
  {
    name: "change numbers start again after a restart",
    file: "src/layers/sqlite/Tally.ts",
    find: "    this.change = Math.max(this.change, change)",
    replace: "    if (this.rows === 0 || change > this.change) this.change = Math.max(1, change - 3)",
  },
  {
    name: "the watchdog is not armed",
    file: "src/do/supervision.ts",
    find: '  alarms.set("watchdog", now + settings.WATCHDOG_SECONDS * 1000)\n',
    replace: "",
  },
  {
    name: "the key outlives the end",
    file: "src/programs/finishTaskGroup.ts",
    find: "    secrets.forgetApiKey()\n",
    replace: "",
  },
  {
    name: "each webhook attempt has an id of its own",
    file: "src/programs/deliverWebhook.ts",
    find: "    id: `msg_${details.taskgroupId}`,",
    replace: "    id: `msg_${now}`,",
  },
  {
    name: "the next webhook attempt is not written down before this one",
    file: "src/programs/deliverWebhook.ts",
    find: '  alarms.set("webhook", now + delay * (yield* Random.nextBetween(0.9, 1.1)))\n',
    replace: '  alarms.clear("webhook")\n  void [delay, Random]\n',
  },
  {
    name: "a part of the follower that dies leaves the others alone",
    file: "src/programs/followTaskGroup.ts",
    find: "      submitting,\n",
    replace: "      submitting.pipe(Effect.catchCause(() => Effect.never)),\n",
  },
  {
    name: "a result's own word for its input is made up",
    file: "src/programs/follow/outputs.ts",
    find: "const known = { ...run, runId: pending.runId }",
    replace: "const known = { ...run, runId: pending.runId, inputIndex: pending.inputIndex }",
  },
  {
    name: "half an event is passed on when the object dies",
    file: "src/http/eventProxy.ts",
    find: "    const end = endOfEvents(bytes)\n",
    replace: "    const end = bytes.length\n    void endOfEvents\n",
  },
  {
    name: "reconnecting knows no pause",
    file: "src/programs/follow/sessions.ts",
    find: "    yield* Effect.sleep(Duration.millis(Math.max(wait, spacing, asked, 0)))",
    replace: "    yield* Effect.sleep(Duration.millis(Math.min(wait, spacing, asked, 20) + 300))",
  },
  {
    name: "change numbers are not set aside for what is not written",
    file: "src/layers/sqlite/GroupTables.ts",
    find: "        this.reserve()\n",
    replace: "",
  },
]
