import * as Context from "effect/Context"
import type { Unsubmitted } from "./SubmissionStore.ts"
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
    /** Rows of an act that adds some, in pieces under a name; `at`: the place of the first. They go at `until`. */
    keepPiece(name: string, at: number, inputs: ReadonlyArray<JsonText>, until: number): "stored" | "gone"
    /** When the first pieces go; null when there are none. */
    piecesUntil(): number | null
    /** Those that are older go. */
    dropPieces(now: number): void
    /** Whether so many rows have come under this name, without a gap. */
    hasPieces(name: string, count: number): boolean
    /**
     * The rows that have come under this name are the group's from now on, behind those that it has; the pieces are gone.
     * Their lengths are in characters.
     */
    addRows(
      name: string,
      rows: { readonly count: number; readonly inputColumns: ReadonlyArray<string> },
      now: number,
    ): { readonly firstIndex: number; readonly lengths: ReadonlyArray<number> }
    /** The next attempts at inputs whose newest ones have ended. */
    repeatRows(rows: ReadonlyArray<Pick<Unsubmitted, "inputIndex" | "processor">>, now: number): void
  }
>()("multitask/services/ReceivingStore") {}
