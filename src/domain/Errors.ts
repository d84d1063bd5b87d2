import * as Schema from "effect/Schema"

/**
 * What can go wrong with a call to Parallel, named after what the caller can do about it.
 * `Unauthorized`, `PaymentRequired`, `Rejected` and `NotFound` are only made from answers in Parallel's own error
 * shape: the same status from an edge proxy says nothing about the request and is `Unavailable`.
 */

const Detail = Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))

const refusal = {
  status: Schema.Int,
  message: Schema.String,
  detail: Detail,
  refId: Schema.NullOr(Schema.String),
}

/** 401 or 403: this key may not do this. Asking again does not help unless the key changes. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", refusal) {}

/** 402: not enough available credit. It may be there later, when running tasks release what they reserved. */
export class PaymentRequired extends Schema.TaggedError<PaymentRequired>()("PaymentRequired", refusal) {}

/** 400, 413, 422 and other 4xx: the request itself is at fault, and nothing was done. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", refusal) {}

/** 404: no such group or run for this key; on a result also "the run failed". */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", refusal) {}

/** 429: nothing was done; ask again after the delay (milliseconds), which is null when Parallel named none. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  message: Schema.String,
  retryAfterMs: Schema.NullOr(Schema.Number),
}) {}

/** No usable answer: network, time limit, 408, 409, 5xx, a page of HTML. A POST may or may not have been applied. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  message: Schema.String,
  status: Schema.NullOr(Schema.Int),
  /** True when no answer came in time, so that the caller can say "silent" rather than "broken". */
  timedOut: Schema.Boolean,
}) {}

/** A 2xx whose body does not say what it must. The request was applied. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", { message: Schema.String }) {}

export type ParallelError =
  | Unauthorized
  | PaymentRequired
  | Rejected
  | NotFound
  | RateLimited
  | Unavailable
  | Malformed

/** The refusals that a caller gets to see with Parallel's own status and message. */
export type Refusal = Unauthorized | PaymentRequired | Rejected | NotFound

export const isRefusal = (error: ParallelError): error is Refusal =>
  error._tag === "Unauthorized" ||
  error._tag === "PaymentRequired" ||
  error._tag === "Rejected" ||
  error._tag === "NotFound"

/**
 * The inputs behind a URL could not be had; the message says which and why, and never contains the URL. `excerpt` is how
 * the answer begins, where that helps: for nobody whose key is not known to be good.
 */
export class InputsUnavailable extends Schema.TaggedError<InputsUnavailable>()("InputsUnavailable", {
  message: Schema.String,
  path: Schema.String,
  excerpt: Schema.NullOr(Schema.String),
  kind: Schema.Literals(["invalid", "too_large", "broken", "silent"]),
}) {}

/** A whole group does not fit into one answer; page with `after` and `limit`, or stream `.json`. */
export class GroupTooLarge extends Schema.TaggedError<GroupTooLarge>()("GroupTooLarge", {
  message: Schema.String,
}) {}
