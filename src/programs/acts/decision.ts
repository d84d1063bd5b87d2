import * as Redacted from "effect/Redacted"
import type { Act, ActOutcome } from "../../domain/Act.ts"
import { batchLimits, cutBatches, markResumed, withoutRows, withTodo } from "../../domain/Plan.ts"
import type { SettingsShape } from "../../domain/Settings.ts"
import type { SubmissionPlan } from "../../domain/TaskGroup.ts"
import type { AlarmClock } from "../../services/AlarmClock.ts"
import type { GroupStore } from "../../services/GroupStore.ts"
import type { ReceivingStore } from "../../services/ReceivingStore.ts"
import type { AttemptState, RunStore } from "../../services/RunStore.ts"
import type { SecretStore } from "../../services/SecretStore.ts"
import type { SubmissionStore } from "../../services/SubmissionStore.ts"

/** What acts decide on and write: all of it in one transaction, at one moment. */
export interface ActContext {
  readonly group: GroupStore["Service"]
  readonly runs: RunStore["Service"]
  readonly receiving: ReceivingStore["Service"]
  readonly submission: SubmissionStore["Service"]
  readonly secrets: SecretStore["Service"]
  readonly alarms: AlarmClock["Service"]
  readonly settings: SettingsShape
  /** Epoch milliseconds. */
  readonly now: number
}

/** What an act means for the group as it is. */
export type Decision =
  | {
      readonly _tag: "Plan"
      /** What is answered, beside the group's address. */
      readonly answer: Readonly<Record<string, unknown>>
      readonly warnings: ReadonlyArray<string>
      /** Null: there is nothing to do, or only a plan was asked for. */
      readonly apply: (() => void) | null
    }
  | Extract<ActOutcome, { readonly _tag: "Refused" | "PiecesLost" }>

/** Of one input; each is a row of the table `runs`, whose keys leave room for so many. */
const MAX_ATTEMPTS = 999

export const HOUR_MS = 3_600_000

/**
 * The key of an act that goes on with the group counts from now on. True when following is to begin anew: the group had
 * ended, or what upstream refused may be different now.
 */
export const takeKey = ({ group, submission, secrets, alarms, now }: ActContext, act: Act): boolean => {
  if (act._tag === "delete") return false
  // Who sleeps until there may be credit again would not hear of what is to be sent next.
  if (act._tag === "stop") return submission.plan().credit !== null
  const present = secrets.apiKey()
  const isOther = present === null || Redacted.value(present) !== act.key
  const { credit, edge, ...plan } = submission.plan()
  const asksAgain = (act._tag === "resume" || isOther) && (credit !== null || edge !== null)
  const hasEnded = group.details()?.state === "ended"
  const anew = hasEnded || group.state() === "key_refused" || asksAgain
  if (isOther) secrets.saveApiKey(act.key)
  if (!anew) return false
  // What was waited for since is counted in a time that begins anew as well.
  if (credit !== null || edge !== null)
    submission.savePlan({ ...plan, credit: null, edge: edge && { ...edge, next: 0 } })
  if (hasEnded) for (const name of ["removal", "webhook"] as const) alarms.clear(name)
  group.goOn(now)
  return true
}

/** How many rows wait to be sent. */
export const toSendOf = ({ submission }: Pick<ActContext, "submission">): number =>
  submission.plan().todo.reduce((sum, batch) => sum + submission.unsubmitted(batch).length, 0)

/** How many rows are at Parallel, or may be, and are waited for. */
export const runningOf = (context: Pick<ActContext, "group" | "runs" | "submission">): number =>
  context.group.details()?.state === "ended" ? 0 : context.runs.notEnded() - toSendOf(context)

/** These rows are to be sent as well, behind what is. `resumes`: what a stop found under way goes on too. */
export const planRows = (
  { group, submission, settings }: ActContext,
  rows: ReadonlyArray<readonly [index: number, chars: number]>,
  resumes: boolean,
): void => {
  const cut = cutBatches(rows, batchLimits(settings, group.details()))
  const before = submission.plan()
  const went: SubmissionPlan = resumes ? markResumed(before) : { ...before, stopped: false }
  const plan = withoutRows(went, new Set(rows.map(([index]) => index)))
  submission.savePlan({ ...withTodo(plan, cut), kept: true })
}

/** The next attempts at these rows, which have ended, are to be sent. */
export const repeat = (
  context: ActContext,
  rows: ReadonlyArray<{ readonly inputIndex: number; readonly processor: string | null }>,
  resumes: boolean,
): void => {
  const { receiving, submission, now } = context
  receiving.repeatRows(rows, now)
  const lengths = submission.inputLengths(rows.map(({ inputIndex }) => inputIndex))
  planRows(
    context,
    rows.map(({ inputIndex }, at) => [inputIndex, lengths[at] ?? 0] as const),
    resumes,
  )
}

/** Whether there is room for no other attempt at it. */
export const isWorn = ({ attempt }: Pick<AttemptState, "attempt">): boolean => attempt >= MAX_ATTEMPTS

/** Tells how many of these are left alone for that, where any are. */
export const wornRows = (rows: ReadonlyArray<AttemptState>): ReadonlyArray<string> => {
  const worn = rows.filter(isWorn).length
  return worn === 0 ? [] : [`${rowsAre(worn)} at attempt ${MAX_ATTEMPTS}, the last, and left alone.`]
}

export const rowsAre = (count: number): string => (count === 1 ? "1 row is" : `${count} rows are`)
