import * as Schema from "effect/Schema"
import type { InputsUnavailable, ParallelError } from "../domain/Errors.ts"
import { GroupId } from "../domain/Ids.ts"

/** The request is at fault; nothing was created. Names every problem. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  problems: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String })),
}) {}

/** Parallel or the inputs URL took longer than the preparation may take. */
export class PreparationTimedOut extends Schema.TaggedError<PreparationTimedOut>()("PreparationTimedOut", {
  message: Schema.String,
}) {}

/** Parallel refused the first runs for good: its status and message. The group has no runs and is forgotten here. */
export class SubmissionRefused extends Schema.TaggedError<SubmissionRefused>()("SubmissionRefused", {
  status: Schema.Int,
  message: Schema.String,
  detail: Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown)),
  refId: Schema.NullOr(Schema.String),
  taskgroupId: GroupId,
  url: Schema.String,
}) {}

/** The group exists at Parallel, without runs, and could not be stored here. */
export class CreationBroken extends Schema.TaggedError<CreationBroken>()("CreationBroken", {
  message: Schema.String,
  taskgroupId: GroupId,
  url: Schema.String,
}) {}

/** A fault of ours after the group existed at Parallel. Whether its runs were submitted is not known. */
export class CreationFailed extends Schema.TaggedError<CreationFailed>()("CreationFailed", {
  defect: Schema.Unknown,
  taskgroupId: GroupId,
  url: Schema.String,
}) {}

/** Another request has taken over the idempotency key, and with it the right to submit. */
export class KeyTakenOver extends Schema.TaggedError<KeyTakenOver>()("KeyTakenOver", {
  taskgroupId: GroupId,
  url: Schema.String,
}) {}

export type CreateError =
  | InvalidRequest
  | PreparationTimedOut
  | InputsUnavailable
  | ParallelError
  | SubmissionRefused
  | CreationBroken
  | CreationFailed
  | KeyTakenOver
