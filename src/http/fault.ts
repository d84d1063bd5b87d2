import * as Cause from "effect/Cause"
import { failureLine } from "../domain/failureReport.ts"
import { CreationFailed } from "../programs/createErrors.ts"
import { requestRedactor } from "./apiKey.ts"

/** Writes a fault of ours into the log; `about` says where. What identifies it is told to whoever asked. */
export const reportFault = (
  request: Request,
  error: unknown,
  about: Readonly<Record<string, string>>,
): { readonly refId: string; readonly group: CreationFailed | undefined } => {
  const refId = crypto.randomUUID()
  const group = error instanceof CreationFailed ? error : undefined
  const cause = Cause.die(group === undefined ? error : group.defect)
  const line = failureLine("A request failed", cause, {
    ref_id: refId,
    ...about,
    ...(group && { taskgroup_id: group.taskgroupId }),
  })
  console.error(requestRedactor(request.headers).hide(JSON.stringify(line)))
  return { refId, group }
}
