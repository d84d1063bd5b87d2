import { countRows, markStopped } from "../../domain/Plan.ts"
import { STOPPED } from "../submit/stopped.ts"
import { leftOutSentence } from "../submissionSentence.ts"
import type { ActContext, Decision } from "./decision.ts"

/** Nothing more is sent; what is sent, or may be, is followed to its end. */
export const stopGroup = ({ group, runs, submission, now }: ActContext): Decision => {
  const plan = submission.plan()
  const notSent = plan.todo.reduce((sum, batch) => sum + submission.unsubmitted(batch).length, 0)
  const inDoubt = [...plan.sending, ...plan.lost].filter((batch) => batch.stopped !== true)
  const hasEnded = group.details()?.state === "ended"
  const running = hasEnded ? 0 : runs.notEnded() - notSent
  return {
    _tag: "Plan",
    answer: { not_sent: notSent, running },
    warnings: [],
    apply:
      hasEnded || (notSent === 0 && !inDoubt.some((batch) => countRows(batch) > 0))
        ? null
        : () => {
            submission.leaveOut(plan.todo, STOPPED, markStopped(plan), now)
            const leftOut = submission.leftOut()
            if (leftOut > 0) group.say("submission", leftOutSentence(leftOut, group.details()!.url))
          },
  }
}
