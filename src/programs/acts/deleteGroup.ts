import { condemn } from "../removeTaskGroup.ts"
import { type ActContext, type Decision, HOUR_MS } from "./decision.ts"

/** Nothing more is sent or followed; everything goes, but that this id was here is known for a day. */
export const deleteGroup = (context: ActContext): Decision => {
  const { group, runs, submission, settings, now } = context
  const toSend = submission.plan().todo.reduce((sum, batch) => sum + submission.unsubmitted(batch).length, 0)
  const running = group.details()?.state === "ended" ? 0 : runs.notEnded() - toSend
  return {
    _tag: "Plan",
    answer: { deleted: true, running },
    warnings: [],
    apply: () => condemn(context, now, now + settings.IDEMPOTENCY_HOURS * HOUR_MS),
  }
}
