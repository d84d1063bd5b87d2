import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Act, ActOutcome } from "../../domain/Act.ts"
import type { JsonText } from "../../domain/TaskGroup.ts"
import { AlarmClock } from "../../services/AlarmClock.ts"
import { GroupFibers } from "../../services/GroupFibers.ts"
import { GroupStore } from "../../services/GroupStore.ts"
import { Publisher } from "../../services/Publisher.ts"
import { ReceivingStore } from "../../services/ReceivingStore.ts"
import { RunStore } from "../../services/RunStore.ts"
import { SecretStore } from "../../services/SecretStore.ts"
import { Settings } from "../../services/Settings.ts"
import { SubmissionStore } from "../../services/SubmissionStore.ts"
import { closeTaskGroup } from "../removeTaskGroup.ts"
import { tellSubmission } from "../submissionSentence.ts"
import { superviseTaskGroup } from "../superviseTaskGroup.ts"
import { addRows } from "./addRows.ts"
import { type ActContext, type Decision, HOUR_MS, takeKey } from "./decision.ts"
import { deleteGroup } from "./deleteGroup.ts"
import { resumeRows } from "./resumeRows.ts"
import { retryRows } from "./retryRows.ts"
import { stopGroup } from "./stopGroup.ts"

/** What an act leaves to those who run: nothing, to go on, to begin anew, or to end. */
interface Acted {
  readonly outcome: ActOutcome
  readonly next: "nothing" | "on" | "anew" | "close"
}

/**
 * Acts on a group that is here: one transaction, in which its answer is kept as well, so that whoever asks again under the
 * same idempotency key gets it, and nothing happens twice. What runs for the group takes it from there.
 */
export const actOnGroup = Effect.fn("actOnGroup")(function* (act: Act) {
  const context: ActContext = {
    group: yield* GroupStore,
    runs: yield* RunStore,
    receiving: yield* ReceivingStore,
    submission: yield* SubmissionStore,
    secrets: yield* SecretStore,
    alarms: yield* AlarmClock,
    settings: yield* Settings,
    now: yield* Clock.currentTimeMillis,
  }
  const gone: Acted = { outcome: { _tag: "Gone" }, next: "nothing" }
  const { outcome, next } = context.group.transaction(gone, () => perform(context, act))
  if (next === "close") yield* closeTaskGroup
  else if (next !== "nothing") yield* carryOn(next === "anew")
  return outcome
})

const perform = (context: ActContext, act: Act): Acted => {
  const { group, now, settings } = context
  const { record } = act
  const only = (outcome: ActOutcome): Acted => ({ outcome, next: "nothing" })
  const details = group.details()
  if (details === null || details.state === "removed") return only({ _tag: "Gone" })
  const before = record === null ? null : group.answerTo(record, now)
  if (before === "other") return only({ _tag: "KeyReused" })
  if (before !== null) return only({ _tag: "Done", answer: before.answer, replayed: true })
  if (details.state === "receiving") return only({ _tag: "Receiving" })
  const decision = decide(context, act)
  if (decision._tag !== "Plan") return only(decision)
  const { answer: fields, warnings, apply } = decision
  const { url, taskgroupId } = details
  const answer: JsonText = JSON.stringify({ url, taskgroup_id: taskgroupId, ...fields, warnings })
  const outcome: ActOutcome = { _tag: "Done", answer, replayed: false }
  if (apply === null) return only(outcome)
  const anew = takeKey(context, act)
  apply()
  if (act._tag !== "delete") tellSubmission(group, context.submission)
  if (record !== null) group.keepAnswer(record, answer, now + settings.IDEMPOTENCY_HOURS * HOUR_MS, now)
  return { outcome, next: act._tag === "delete" ? "close" : anew ? "anew" : "on" }
}

const decide = (context: ActContext, act: Act): Decision => {
  switch (act._tag) {
    case "inputs":
      return addRows(context, act)
    case "retry":
      return retryRows(context, act)
    case "stop":
      return stopGroup(context)
    case "resume":
      return resumeRows(context)
    case "delete":
      return deleteGroup(context)
  }
}

/** Whoever waits for upstream to change its mind, or delivers the webhook of an end that is none any more, is let go. */
const carryOn = Effect.fnUntraced(function* (anew: boolean) {
  const fibers = yield* GroupFibers
  const publisher = yield* Publisher
  if (anew) yield* Effect.andThen(fibers.stop("follow"), fibers.stop("webhook"))
  publisher.publish()
  yield* superviseTaskGroup()
})
