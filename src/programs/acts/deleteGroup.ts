import { condemn } from "../removeTaskGroup.ts"
import { type ActContext, type Decision, HOUR_MS, runningOf } from "./decision.ts"

/** Nothing more is sent or followed; everything goes, but that this id was here is known for a day. */
export const deleteGroup = (context: ActContext): Decision => {
  const { settings, now } = context
  return {
    _tag: "Plan",
    answer: { deleted: true, running: runningOf(context) },
    warnings: [],
    apply: () => condemn(context, now, now + settings.IDEMPOTENCY_HOURS * HOUR_MS),
  }
}
