import { countRows, markStopped } from "../../domain/Plan.ts"
import { STOPPED } from "../submit/stopped.ts"
import { type ActContext, type Decision, runningOf, toSendOf } from "./decision.ts"

/** Nothing more is sent; what is sent, or may be, is followed to its end. */
export const stopGroup = (context: ActContext): Decision => {
  const { group, submission, now } = context
  const plan = submission.plan()
  const notSent = toSendOf(context)
  const inDoubt = [...plan.sending, ...plan.lost].filter((batch) => batch.stopped !== true)
  const hasEnded = group.details()?.state === "ended"
  return {
    _tag: "Plan",
    answer: { not_sent: notSent, running: runningOf(context) },
    warnings: [],
    apply:
      hasEnded || (notSent === 0 && !inDoubt.some((batch) => countRows(batch) > 0))
        ? null
        : () => submission.leaveOut(plan.todo, STOPPED, markStopped(plan), now),
  }
}
