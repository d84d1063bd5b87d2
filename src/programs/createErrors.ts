import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import type { InputsUnavailable, ParallelError } from "../domain/Errors.ts"
import { GroupId } from "../domain/Ids.ts"

/** The request is at fault; nothing was submitted. Names every problem. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  problems: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String })),
}) {}

/** Parallel or the inputs URL took longer than the preparation may take. */
export class PreparationTimedOut extends Schema.TaggedError<PreparationTimedOut>()("PreparationTimedOut", {
  message: Schema.String,
}) {}

/** What can go wrong before there are runs. */
export type PreparationError = InvalidRequest | PreparationTimedOut | InputsUnavailable | ParallelError

/** The same once the group exists at Parallel: it stays there, without runs, and nothing of it is stored here. */
export class GroupLeftEmpty extends Data.TaggedError("GroupLeftEmpty")<{
  readonly reason: PreparationError
  readonly taskgroupId: GroupId
}> {}

/** Parallel refused the first runs for good: its status and message. The group has no runs and is forgotten here. */
export class SubmissionRefused extends Schema.TaggedError<SubmissionRefused>()("SubmissionRefused", {
  status: Schema.Int,
  message: Schema.String,
  detail: Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown)),
  refId: Schema.NullOr(Schema.String),
  taskgroupId: GroupId,
}) {}

/** The group exists at Parallel and could not be stored here; `url` is null where nothing can be behind it. */
export class CreationBroken extends Schema.TaggedError<CreationBroken>()("CreationBroken", {
  message: Schema.String,
  taskgroupId: GroupId,
  url: Schema.NullOr(Schema.String),
}) {}

/** A fault of ours after the group existed at Parallel. Whether its runs were submitted is known where `url` is null: no. */
export class CreationFailed extends Schema.TaggedError<CreationFailed>()("CreationFailed", {
  defect: Schema.Unknown,
  taskgroupId: GroupId,
  url: Schema.NullOr(Schema.String),
}) {}

/** Another request has taken over the idempotency key, and with it the right to submit. */
export class KeyTakenOver extends Schema.TaggedError<KeyTakenOver>()("KeyTakenOver", {
  taskgroupId: GroupId,
}) {}

export type CreateError =
  | PreparationError
  | GroupLeftEmpty
  | SubmissionRefused
  | CreationBroken
  | CreationFailed
  | KeyTakenOver
