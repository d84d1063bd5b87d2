import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Act, ActOutcome, Standing } from "../domain/Act.ts"
import type { Excerpt, ExcerptQuery } from "../domain/Excerpt.ts"
import type { GroupId } from "../domain/Ids.ts"
import type { Progress } from "../domain/Progress.ts"
import type { GroupInit, GroupSecrets, JsonText } from "../domain/TaskGroup.ts"

/** The object that should hold a group could not be reached or refused; the group exists upstream, without runs. */
export class GroupNotStored extends Schema.TaggedError<GroupNotStored>()("GroupNotStored", {
  message: Schema.String,
}) {}

/** The object of a group did not answer. What it was told it may have done, or not; told again, it does nothing twice. */
export class GroupUnreachable extends Schema.TaggedError<GroupUnreachable>()("GroupUnreachable", {}) {}

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

/** What a commit waits for: every batch, or the first that is accepted, from which on nothing is refused as a whole. */
export type CommitUntil = "all" | "first"

/** What a commit answers; `Incomplete`: inputs are missing, or there is no such group any more. */
export type Committed = Submission | { readonly _tag: "Incomplete" }

/** The objects that hold groups, as seen by the one who creates a group or acts on it. Inputs go in pieces. */
export class TaskGroups extends Context.Service<
  TaskGroups,
  {
    /** `inputs`: the first of them. */
    begin(
      init: GroupInit,
      secrets: GroupSecrets,
      inputs?: ReadonlyArray<JsonText>,
    ): Effect.Effect<void, GroupNotStored>
    addInputs(id: GroupId, from: number, inputs: ReadonlyArray<JsonText>): Effect.Effect<void, GroupNotStored>
    /** From here on the object does the rest. Waits at most `waitMs` for the submission, or for its beginning. */
    commit(id: GroupId, waitMs: number, until?: CommitUntil): Effect.Effect<Submission, GroupNotStored>
    /** `begin`, with all inputs, and `commit`, where nothing is to be asked in between. */
    receive(
      init: GroupInit,
      secrets: GroupSecrets,
      inputs: ReadonlyArray<JsonText>,
      waitMs: number,
      until?: CommitUntil,
    ): Effect.Effect<Submission, GroupNotStored>
    /** What whoever wants to act on the group with this key must know of it; null where there is none. */
    standing(id: GroupId, key: string): Effect.Effect<Standing | null, GroupUnreachable>
    /** Rows that an act is to add, from the one at `at` of them, under the name that the act will say. */
    addPiece(
      id: GroupId,
      pieces: string,
      at: number,
      inputs: ReadonlyArray<JsonText>,
    ): Effect.Effect<"stored" | "gone", GroupUnreachable>
    /** Told again when no answer comes: `act.record` keeps it from being done twice. */
    act(id: GroupId, act: Act): Effect.Effect<ActOutcome, GroupUnreachable>
    /** How far the group is; see `watchProgress`. Null where there is none. */
    progress(id: GroupId, waitMs: number): Effect.Effect<Progress | null, GroupUnreachable>
    /** Rows of it as bounded Markdown; null where there is no group. */
    excerpt(id: GroupId, query: ExcerptQuery): Effect.Effect<Excerpt | null, GroupUnreachable>
  }
>()("multitask/services/TaskGroups") {}
