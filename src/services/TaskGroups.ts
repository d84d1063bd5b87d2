import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { GroupId } from "../domain/Ids.ts"
import type { GroupInit, GroupSecrets, JsonText } from "../domain/TaskGroup.ts"

/** The object that should hold a group could not be reached or refused; the group exists upstream, without runs. */
export class GroupNotStored extends Schema.TaggedError<GroupNotStored>()("GroupNotStored", {
  message: Schema.String,
}) {}

/** What became of the submission, as far as it is known in time. */
export type Submission =
  /** Every batch was accepted. */
  | { readonly _tag: "Submitted" }
  /** Still going in. */
  | { readonly _tag: "Underway" }
  /** Upstream refused for good and took nothing, and the object is gone. */
  | {
      readonly _tag: "Refused"
      readonly status: number
      readonly message: string
      readonly detail: Record<string, unknown> | null
      readonly refId: string | null
    }

/** What a commit answers; `Incomplete`: inputs are missing, or there is no such group any more. */
export type Committed = Submission | { readonly _tag: "Incomplete" }

/** The objects that hold groups, as seen by the one who creates a group. Inputs go in pieces. */
export class TaskGroups extends Context.Service<
  TaskGroups,
  {
    begin(init: GroupInit, secrets: GroupSecrets): Effect.Effect<void, GroupNotStored>
    addInputs(id: GroupId, from: number, inputs: ReadonlyArray<JsonText>): Effect.Effect<void, GroupNotStored>
    /** From here on the object does the rest. Waits at most `waitMs` for the submission. */
    commit(id: GroupId, waitMs: number): Effect.Effect<Submission, GroupNotStored>
  }
>()("multitask/services/TaskGroups") {}
