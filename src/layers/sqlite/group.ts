import * as Effect from "effect/Effect"
import type { IdempotentAct } from "../../domain/Idempotency.ts"
import { shiftChange } from "../../domain/Ids.ts"
import { isPlanDone, type JsonText, type StatusState, type SubmissionPlan } from "../../domain/TaskGroup.ts"
import { StorageFailed, type Topic } from "../../services/GroupStore.ts"
import { EMPTY_MEMORY } from "../../services/RunStore.ts"
import type { GroupTables } from "./GroupTables.ts"
import { ANSWERS, DELETED, DELIVERIES, ENDS, MEMORY, PLAN, SENTENCES } from "./keys.ts"
import { buriedUntil } from "./look.ts"

/** In the order in which they stand in `status_message`. */
const TOPICS: ReadonlyArray<Topic> = ["end", "following", "refusal", "submission", "webhook"]

/** Warnings come from upstream's misbehaviour too, so their number is bounded. */
const MAX_WARNINGS = 100

/** Answers that are kept, the newest: the records of their keys have them as well. */
const MAX_ANSWERS = 500

export interface KeptAnswer extends IdempotentAct {
  readonly answer: JsonText
  readonly until: number
}

type Sentences = Partial<Record<Topic, string>>

/** Inside `write`. */
export const addWarning = (tables: GroupTables, message: string) => {
  const { warnings } = tables.group
  if (warnings.includes(message) || warnings.length >= MAX_WARNINGS) return
  tables.updateDetails({ warnings: [...warnings, message] })
}

const sentencesOf = (tables: GroupTables): Sentences => tables.kept.get<Sentences>(SENTENCES) ?? {}

/** What the group is at, in a word. */
export const stateOf = (tables: GroupTables): StatusState => {
  const said = sentencesOf(tables)
  if (tables.group.state === "ended")
    return said.end !== undefined ? "given_up" : tables.counts.leftOut > 0 ? "stopped" : "done"
  if (said.refusal !== undefined || said.following !== undefined) return "key_refused"
  // Nothing of it changes any more, though upstream may yet have to confirm that.
  if (tables.counts.ended >= tables.group.numInputs) return tables.counts.leftOut > 0 ? "stopped" : "done"
  const plan = tables.kept.get<SubmissionPlan>(PLAN)
  if (plan === undefined) return "running"
  return plan.credit !== null ? "waiting_for_credit" : plan.stopped ? "stopping" : "running"
}

/** `GroupStore` on the tables. */
export const makeGroup = (tables: GroupTables) => {
  const { storage, kept } = tables
  const keep = (said: Sentences) => {
    if (Object.keys(said).length > 0) kept.put(SENTENCES, said)
    else kept.delete(SENTENCES)
  }
  const say = (said: Sentences) => {
    keep(said)
    const statusMessage = TOPICS.flatMap((topic) => said[topic] ?? []).join(" ")
    if (tables.group.statusMessage !== statusMessage) tables.updateDetails({ statusMessage })
  }
  const emptied = (also: () => void) =>
    Effect.tryPromise({
      try: () => {
        // In this order, so that a group that begins meanwhile makes its tables anew.
        const deleted = storage.deleteAll()
        also()
        return deleted
      },
      catch: (error) =>
        new StorageFailed({
          message: `The storage could not be emptied (${error instanceof Error ? error.name : "unknown"})`,
        }),
    })
  /** What is not forgotten with the rest. */
  const bury = (until: number | null) => {
    if (until !== null) storage.kv.put(DELETED, until)
  }
  const answers = () => kept.get<ReadonlyArray<KeptAnswer>>(ANSWERS) ?? []
  return {
    transaction: <T>(otherwise: T, body: () => T) => tables.write(otherwise, body),
    say: (topic: Topic, sentence: string | null) =>
      tables.write(undefined, () => {
        if (tables.details === null) return
        const { [topic]: before, ...rest } = sentencesOf(tables)
        if ((before ?? null) !== sentence) say(sentence === null ? rest : { ...rest, [topic]: sentence })
      }),
    addWarning: (message: string) => tables.write(undefined, () => addWarning(tables, message)),
    end: (
      options: {
        readonly message: string
        readonly note?: string
        readonly removalAt: number
        readonly now: number
      },
      also: () => void,
    ) =>
      tables.write(false, () => {
        if (tables.group.state !== "active") return false
        tables.flush()
        const { message, note = "" } = options
        keep({ ...(message !== "" && { end: message }), ...(note !== "" && { submission: note }) })
        tables.updateDetails({
          state: "ended",
          statusMessage: [message, note].filter((text) => text !== "").join(" "),
          endedAt: options.now,
          removalAt: options.removalAt,
        })
        // `done` takes a number of its own, so that a viewer that has seen all rows but not it comes back for it.
        tables.updateDetails({ endChange: shiftChange(tables.change, 1) })
        const plan = kept.get<SubmissionPlan>(PLAN)
        if (plan === undefined || isPlanDone(plan)) kept.delete(PLAN)
        // Where the events are gone on with: the next start need not hear all of them again.
        for (const key of [MEMORY, DELIVERIES]) kept.delete(key)
        also()
        tables.rest()
        return true
      }),
    goOn: (now: number) =>
      tables.write(undefined, () => {
        // What was said was about the end, or about a key; what a follower knew of upstream's refusals is void.
        say({})
        kept.put(MEMORY, { ...EMPTY_MEMORY, since: now })
        if (tables.group.state !== "ended") return
        kept.put(ENDS, (kept.get<number>(ENDS) ?? 0) + 1)
        tables.updateDetails({ state: "active", endedAt: null, removalAt: null, endChange: null })
      }),
    ends: () => kept.get<number>(ENDS) ?? 0,
    state: () => stateOf(tables),
    answerTo: ({ name, bodyHash }: IdempotentAct, now: number) => {
      const found = answers().find((one) => one.name === name && one.until > now)
      return found === undefined ? null : found.bodyHash === bodyHash ? found : ("other" as const)
    },
    keepAnswer: (record: IdempotentAct, answer: JsonText, until: number, now: number) =>
      tables.write(undefined, () => {
        const fresh = answers().filter((one) => one.until > now)
        kept.put(ANSWERS, [...fresh.slice(1 - MAX_ANSWERS), { ...record, answer, until }])
      }),
    deliveries: () => kept.get<number>(DELIVERIES) ?? 0,
    countDelivery: () =>
      tables.write(undefined, () => kept.put(DELIVERIES, (kept.get<number>(DELIVERIES) ?? 0) + 1)),
    remove: (also: () => void, knownUntil: number | null = null) =>
      tables.write(undefined, () => {
        if (tables.details !== null) tables.updateDetails({ state: "removed" })
        bury(knownUntil)
        also()
      }),
    erase: (also: (knownUntil: number) => void = () => {}) =>
      Effect.suspend(() => {
        const until = buriedUntil(storage)
        tables.close()
        return emptied(() => {
          bury(until)
          if (until !== null) also(until)
        })
      }),
    forget: (now: number) =>
      Effect.suspend(() =>
        (buriedUntil(storage) ?? 0) > now ? Effect.void : emptied(() => tables.deleted()),
      ),
  }
}
