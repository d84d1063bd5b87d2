import type { Mutation } from "./index.ts"

/** Started again whatever happens, ended once, removed whole: and then the key is gone. */
export const ENDING: ReadonlyArray<Mutation> = [
  {
    name: "the watchdog's alarm starts nothing",
    file: "src/programs/superviseTaskGroup.ts",
    find: 'if (due.includes("watchdog") || due.includes("uncommitted"))',
    replace: 'if (due.includes("uncommitted"))',
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
    find: "    id: webhookId(details.taskgroupId, group.ends()),",
    replace: "    id: `msg_${now}`,",
  },
  {
    name: "the next webhook attempt is not written down before this one",
    file: "src/programs/deliverWebhook.ts",
    find: '  alarms.set("webhook", now + (yield* waitAfter(webhook(settings), group.deliveries())))\n',
    replace: '  alarms.clear("webhook")\n  void [waitAfter, webhook]\n',
    story: ["test/programs/deliverWebhook.test.ts", "written down"],
  },
  {
    name: "a redirect is a failed webhook",
    file: "src/layers/WebhookSenderHttp.ts",
    find: "[302, 303].includes(response.status)",
    replace: "[302, 303].includes(0)",
  },
  {
    name: "that a webhook is given up is not said",
    file: "src/programs/deliverWebhook.ts",
    find: '  if (outcome === "failed") {\n    group.say(',
    replace: '  if (outcome === "gone") {\n    group.say(',
    story: ["test/simulation/storiesViewers.test.ts", "given up"],
  },
  {
    name: "a removal is not due before anything is closed",
    file: "src/programs/removeTaskGroup.ts",
    find: '    alarms.set("removal", now)\n',
    replace: "    void now\n",
  },
  {
    name: "a storage that cannot be emptied keeps the caller from an answer",
    file: "src/programs/superviseTaskGroup.ts",
    find: "yield* Effect.ensuring(erase, caller.answer(answer))",
    replace: "yield* Effect.andThen(erase, caller.answer(answer))",
    story: ["test/programs/superviseTaskGroup.test.ts", "caller"],
  },
  {
    name: "a follower that dies with a refusal leaves its caller waiting",
    file: "src/programs/superviseTaskGroup.ts",
    find: "caller.taken() === null ? Effect.void",
    replace: "caller.taken() !== undefined ? Effect.void",
    story: ["test/programs/superviseTaskGroup.test.ts", "caller"],
  },
  {
    name: "only an emptied storage forgets the key",
    file: "src/programs/removeTaskGroup.ts",
    find: "    secrets.forget()\n",
    replace: "",
  },
]
