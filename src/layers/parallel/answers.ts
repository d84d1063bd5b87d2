import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  NotFound,
  type ParallelError,
  PaymentRequired,
  RateLimited,
  Rejected,
  Unauthorized,
  Unavailable,
} from "../../domain/Errors.ts"

/** The three shapes an error of Parallel's may have (OpenAPI; error guide without `type` and `ref_id`; framework 422). */
const UpstreamError = Schema.Struct({
  error: Schema.Struct({
    ref_id: Schema.optional(Schema.NullishOr(Schema.String)),
    message: Schema.String,
    detail: Schema.optional(Schema.Unknown),
  }),
})
const FrameworkError = Schema.Struct({
  detail: Schema.Array(
    Schema.Struct({ loc: Schema.Array(Schema.Union([Schema.String, Schema.Number])), msg: Schema.String }),
  ),
})

const decodeUpstream = Schema.decodeUnknownOption(Schema.fromJsonString(UpstreamError))
const decodeFramework = Schema.decodeUnknownOption(Schema.fromJsonString(FrameworkError))
const isRecord = Schema.is(Schema.Record(Schema.String, Schema.Unknown))

interface ErrorBody {
  readonly message: string
  readonly detail: Record<string, unknown> | null
  readonly refId: string | null
}

const readErrorBody = (body: string): ErrorBody | null => {
  const upstream = Option.getOrUndefined(decodeUpstream(body))
  if (upstream !== undefined) {
    const { message, ref_id, detail } = upstream.error
    return { message, refId: ref_id ?? null, detail: isRecord(detail) ? { ...detail } : null }
  }
  const framework = Option.getOrUndefined(decodeFramework(body))
  if (framework === undefined) return null
  const errors = framework.detail.map(({ loc, msg }) => ({ path: loc.join("."), message: msg }))
  return {
    message:
      errors.map(({ path, message }) => `${path}: ${message}`).join("; ") || "Request validation error",
    refId: null,
    detail: { errors },
  }
}

/** No delay that upstream asks for stops the work for longer. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110 §10.2.3); null when it says neither. */
export const readRetryAfter = (value: string | undefined, now: number): number | null => {
  if (value === undefined || value.trim() === "") return null
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return bounded(seconds * 1000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : bounded(date - now)
}

const bounded = (ms: number): number => Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS)

/**
 * What an answer other than 2xx means. A refusal counts only in Parallel's own shape: the same status from a proxy in
 * between says nothing about the request.
 */
export const toParallelError = (answer: {
  readonly status: number
  readonly body: string
  readonly retryAfter: string | undefined
  readonly now: number
}): ParallelError => {
  const { status } = answer
  const body = readErrorBody(answer.body)
  if (status === 429) {
    return new RateLimited({
      message: body?.message ?? "Too many requests",
      retryAfterMs: readRetryAfter(answer.retryAfter, answer.now),
    })
  }
  if (body === null || status < 400 || status >= 500 || status === 408 || status === 409) {
    const message = body?.message ?? `Parallel answered with status ${status}`
    return new Unavailable({ message, status, timedOut: status === 408 || status === 504 })
  }
  const refusal = { status, ...body }
  if (status === 401 || status === 403) return new Unauthorized(refusal)
  if (status === 402) return new PaymentRequired(refusal)
  if (status === 404) return new NotFound(refusal)
  return new Rejected(refusal)
}
