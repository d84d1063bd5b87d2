import * as Context from "effect/Context"
import type { Batch, JsonText, SubmissionPlan } from "../domain/TaskGroup.ts"
import type { UnfinishedRun } from "./RunStore.ts"

/** An attempt at an input that upstream does not have, for all we know. */
export interface Unsubmitted {
  readonly inputIndex: number
  readonly attempt: number
  /** Null: the group's. */
  readonly processor: string | null
}

/** Upstream took this attempt; absent: the first. */
export type AcceptedRun = UnfinishedRun & Partial<Pick<Unsubmitted, "attempt">>

/** What the submission of the group's rows works on. Synchronous; every writing member is one transaction. */
export class SubmissionStore extends Context.Service<
  SubmissionStore,
  {
    plan(): SubmissionPlan
    savePlan(plan: SubmissionPlan): void
    /** In the order that is asked for. */
    inputs(indexes: ReadonlyArray<number>): ReadonlyArray<JsonText>
    /** Their lengths in characters, for cutting batches; of all inputs, or of some. */
    inputLengths(indexes?: ReadonlyArray<number>): ReadonlyArray<number>
    /** Of these rows, those that are still to be submitted. */
    unsubmitted(batch: Pick<Batch, "rows">): ReadonlyArray<Unsubmitted>
    acceptRuns(runs: ReadonlyArray<AcceptedRun>, plan: SubmissionPlan, now: number): void
    /**
     * Those of these rows that are still to be submitted end like this: `failed` when upstream refused them, else
     * `cancelled`. Answers how many there were.
     */
    leaveOut(
      batches: ReadonlyArray<Pick<Batch, "rows">>,
      end: { readonly status: "failed" | "cancelled"; readonly error: JsonText },
      plan: SubmissionPlan,
      now: number,
    ): number
    /** How many rows have ended because they were left unsent. */
    leftOut(): number
  }
>()("multitask/services/SubmissionStore") {}
