import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import type { GroupId } from "../domain/Ids.ts"
import type { IdempotencyUnavailable } from "../services/Idempotency.ts"
import type { KeyTakenOver, PreparationError } from "./createErrors.ts"
import type { KeyInUse, KeyReused } from "./obtainKey.ts"

/** There is no such group, or not any more. */
export class NoSuchGroup extends Schema.TaggedError<NoSuchGroup>()("NoSuchGroup", {}) {}

/** Parallel does not let this key read the group. */
export class NotForThisKey extends Schema.TaggedError<NotForThisKey>()("NotForThisKey", {
  /** Parallel's own words. */
  message: Schema.String,
  refId: Schema.NullOr(Schema.String),
}) {}

/** The group's rows still come in. */
export class StillReceiving extends Schema.TaggedError<StillReceiving>()("StillReceiving", {}) {}

/** Something here did not work, and nothing has changed. */
export class ActNotDone extends Schema.TaggedError<ActNotDone>()("ActNotDone", {
  message: Schema.String,
}) {}

/** The group's object did not answer: the act may have been done, or may yet be. */
export class ActInDoubt extends Schema.TaggedError<ActInDoubt>()("ActInDoubt", {}) {}

/** What can go wrong once the key is known to be good. */
export type ActReason =
  | PreparationError
  | StillReceiving
  | ActNotDone
  | ActInDoubt
  | NoSuchGroup
  | KeyReused
  | KeyTakenOver
  | IdempotencyUnavailable

/** The same, with the group that it is about: who has no good key is not told of it. */
export class ActFailed extends Data.TaggedError("ActFailed")<{
  readonly reason: ActReason
  readonly taskgroupId: GroupId
  readonly url: string
}> {}

export type ActError =
  | ActFailed
  | PreparationError
  | NoSuchGroup
  | NotForThisKey
  | ActNotDone
  | KeyReused
  | KeyInUse
  | IdempotencyUnavailable
