import type { IdempotentAct } from "./Idempotency.ts"
import type { GroupId } from "./Ids.ts"
import type { Problem } from "./Problem.ts"
import type { GroupState, JsonText } from "./TaskGroup.ts"

/**
 * What changes a group that is there (SPEC §7), as the Worker in front tells its object: one message, one transaction,
 * one answer. All that can be known without the group has been checked.
 */
export type Act = ActOf & {
  /** The API key of the request, which Parallel lets read the group. */
  readonly key: string
  /** Under what the answer is kept: its `Idempotency-Key`, else a random name; null for a plan. */
  readonly record: IdempotentAct | null
}

export type ActOf =
  | {
      /** Adds the rows that have come in pieces under this name. */
      readonly _tag: "inputs"
      readonly pieces: string
      readonly numInputs: number
      readonly inputColumns: ReadonlyArray<string>
      readonly warnings: ReadonlyArray<string>
    }
  | ({ readonly _tag: "retry" } & Retry)
  | { readonly _tag: "stop" }
  | { readonly _tag: "resume" }
  | { readonly _tag: "delete" }

export interface Retry {
  /** Input indexes; null: all that failed or were cancelled. */
  readonly rows: ReadonlyArray<number> | null
  /** Null: the group's. */
  readonly processor: string | null
  readonly maxCostUsd: number | null
  /** Nothing changes, and nothing is kept. */
  readonly dryRun: boolean
}

export type ActOutcome =
  /** `answer`: the JSON that the caller gets, `url` and `taskgroup_id` included. */
  | { readonly _tag: "Done"; readonly answer: JsonText; readonly replayed: boolean }
  /** There is no such group, or not any more. */
  | { readonly _tag: "Gone" }
  /** Its rows still come in. */
  | { readonly _tag: "Receiving" }
  /** The pieces are not here (any more). */
  | { readonly _tag: "PiecesLost" }
  /** Another request has this idempotency key. */
  | { readonly _tag: "KeyReused" }
  /** Bad in a way that only the group can tell; nothing has changed. */
  | { readonly _tag: "Refused"; readonly problems: ReadonlyArray<Problem> }

/** What of a group decides whether somebody may act on it, and with which rows. */
export interface Standing {
  readonly taskgroupId: GroupId
  readonly url: string
  readonly state: Exclude<GroupState, "removed">
  readonly processor: string
  readonly taskSpec: JsonText
  readonly numInputs: number
  /** Rows that are at Parallel, or may be, and have not ended: what a DELETE answers. */
  readonly running: number
  /** The key that was asked with is the one that the group works with. */
  readonly holdsKey: boolean
}
