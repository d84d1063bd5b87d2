import type { Problem } from "./types.ts"

/** What an error is made of. */
export interface Failure {
  /** The answer's status; 0 when no answer came. */
  readonly status: number
  readonly message: string
  readonly refId?: string | undefined
  readonly errors?: ReadonlyArray<Problem> | undefined
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: number | undefined
  /** The group that the answer names, and its URL where something may be behind it. */
  readonly taskgroupId?: string | undefined
  readonly url?: string | undefined
  /** Of a request that was to change something. */
  readonly idempotencyKey?: string | undefined
  readonly cause?: unknown
}

/** What the server said, or that it said nothing. */
export class MultitaskError extends Error {
  override readonly name = "MultitaskError"
  /**
   * The answer's status; 0 when no answer came: whether the request was carried out is not known then. A redirect, which
   * is never followed, counts as 302 where the browser hides its status.
   */
  readonly status: number
  /** Finds the line in the server's log, or is Parallel's own reference. */
  readonly refId: string | undefined
  /** Every problem of a request that was refused as wrong. */
  readonly errors: ReadonlyArray<Problem>
  /** Seconds after which it may be tried again. */
  readonly retryAfter: number | undefined
  readonly taskgroupId: string | undefined
  readonly url: string | undefined
  /** Of a request that was to change something: under it the same request, sent again within 24 hours, is carried out once. */
  readonly idempotencyKey: string | undefined

  constructor(failure: Failure) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause })
    this.status = failure.status
    this.refId = failure.refId
    this.errors = failure.errors ?? []
    this.retryAfter = failure.retryAfter
    this.taskgroupId = failure.taskgroupId
    this.url = failure.url
    this.idempotencyKey = failure.idempotencyKey
  }
}
