import * as Context from "effect/Context"
import type { JsonText, Range, SubmissionPlan } from "../domain/TaskGroup.ts"
import type { UnfinishedRun } from "./RunStore.ts"

/** What the submission of the group's rows works on. Synchronous; every writing member is one transaction. */
export class SubmissionStore extends Context.Service<
  SubmissionStore,
  {
    plan(): SubmissionPlan
    savePlan(plan: SubmissionPlan): void
    inputs(range: Range): ReadonlyArray<JsonText>
    /** Lengths in characters, in the order of the inputs, for cutting batches; of a range, or of all. */
    inputLengths(range?: Range): ReadonlyArray<number>
    /** Rows of this range without a run that have not ended: those that upstream does not have, for all we know. */
    unsubmitted(range: Range): ReadonlyArray<number>
    /** Upstream took these rows. */
    acceptRuns(runs: ReadonlyArray<UnfinishedRun>, plan: SubmissionPlan, now: number): void
    /** Rows of this range without a run end like this: `failed` when upstream refused them, else `cancelled`. */
    leaveOut(
      range: Range,
      end: { readonly status: "failed" | "cancelled"; readonly error: JsonText },
      plan: SubmissionPlan,
      now: number,
    ): void
  }
>()("multitask/services/SubmissionStore") {}
