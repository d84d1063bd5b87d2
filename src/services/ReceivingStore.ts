import * as Context from "effect/Context"
import type { GroupInit, JsonText, SubmissionPlan } from "../domain/TaskGroup.ts"

/** A group that comes in by pieces, seen by nobody before its commit. Synchronous; every member is one transaction. */
export class ReceivingStore extends Context.Service<
  ReceivingStore,
  {
    /** Starts receiving inputs. `same`: this group is here already; `different`: another one is, or it was removed. */
    begin(init: GroupInit): "begun" | "same" | "different"
    /** Inputs from index `from` on. After the commit only compares. */
    addInputs(from: number, inputs: ReadonlyArray<JsonText>, now: number): "stored" | "same" | "different"
    /** All inputs are here: `committed` now or `same` as before; `incomplete` when some are missing. */
    commit(plan: SubmissionPlan): "committed" | "same" | "incomplete"
  }
>()("multitask/services/ReceivingStore") {}
