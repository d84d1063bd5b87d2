import type { Context, Handler } from "../core/context.ts"
import { ApiError } from "../core/errors.ts"
import { answer, outputView, runView } from "../core/views.ts"
import { waitForChange } from "../core/wait.ts"
import { outputReady, statusAt } from "../ledger/status.ts"
import type { Run } from "../ledger/types.ts"
import { queryNumber } from "../validation/fields.ts"
import { findRun } from "./lookup.ts"

const DEFAULT_TIMEOUT_S = 600

/** When the result can look different from now. */
const nextChange = (run: Run, now: number): number => {
  const outputAt = run.outputDelay === null ? Number.POSITIVE_INFINITY : run.endAt + run.outputDelay
  const times = [run.endAt, outputAt, run.changeAt ?? Number.POSITIVE_INFINITY]
  return Math.min(...times.filter((at) => at > now))
}

const outputPending = (context: Context, run: Run, now: number): boolean =>
  context.behaviour().outputs.missing_in !== "listing" && !outputReady(run, now)

/** The answer if there is one yet. */
const answerNow = (context: Context, run: Run, now: number, elementBasis: boolean): Response | null => {
  const status = statusAt(run, now)
  if (status === "failed" || status === "cancelled") throw new ApiError(404, `Run ${status}`)
  if (status !== "completed") return null
  const view = runView(context, run, now)
  if (!outputPending(context, run, now)) {
    return answer(context, { run: view, output: outputView(context, run, elementBasis) })
  }
  switch (context.behaviour().outputs.pending_result) {
    case "null_output":
      return answer(context, { run: view, output: null })
    case "404":
      throw new ApiError(404, "Run result not found")
    case "408":
      return null
  }
}

/** Blocks until the run has ended or the time is up. */
export const getResult: Handler = async (context, call) => {
  const run = findRun(context, call)
  const timeout = queryNumber(call.url, "timeout", true) ?? DEFAULT_TIMEOUT_S
  const elementBasis = (call.request.headers.get("parallel-beta") ?? "").includes("field-basis")
  const deadline = context.clock.now() + timeout * 1_000
  const { signal } = call.request
  for (;;) {
    const now = context.clock.now()
    const response = answerNow(context, run, now, elementBasis)
    if (response !== null) return response
    if (now >= deadline || signal.aborted)
      throw new ApiError(408, "Run is still active: timed out waiting for it")
    await waitForChange(context, run.group ?? run.id, Math.min(deadline, nextChange(run, now)), signal)
  }
}
