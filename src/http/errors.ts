import type { InputsUnavailable, ParallelError } from "../domain/Errors.ts"
import type { GroupId } from "../domain/Ids.ts"
import { MAX_LISTED_PROBLEMS, type Problem, problemSentence } from "../domain/Problem.ts"
import type { CreationFailed } from "../programs/createErrors.ts"
import type { CreateOnceError } from "../programs/createOnce.ts"
import type { KeyInUse } from "../programs/obtainKey.ts"

/** An error as any answer of the API carries it: Parallel's own shape, so that its clients parse ours unchanged. */
export interface ApiError {
  readonly status: number
  readonly message: string
  readonly detail?: Readonly<Record<string, unknown>> | null | undefined
  /** Parallel's reference, when the error is Parallel's. */
  readonly refId?: string | null | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The group that exists already at Parallel, and its URL where something may be behind it. */
  readonly group?: { readonly taskgroupId: GroupId; readonly url?: string | null } | undefined
}

export const errorBody = (error: ApiError): string =>
  JSON.stringify({
    type: "error",
    error: {
      ref_id: error.refId ?? crypto.randomUUID(),
      message: error.message,
      detail: error.detail ?? null,
    },
    ...(error.group && { taskgroup_id: error.group.taskgroupId }),
    ...(error.group?.url && { url: error.group.url }),
  })

export const errorResponse = (error: ApiError): Response =>
  new Response(errorBody(error), {
    status: error.status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      ...error.headers,
    },
  })

/** `allow` is the header of that name: the methods there are. */
export const methodNotAllowed = (method: string, allow: string): ApiError => ({
  status: 405,
  message: `${method} is not possible here; use ${allow}.`,
  headers: { allow },
})

/** A request with these problems: the first is said at once. */
export const problemsError = (status: number, problems: ReadonlyArray<Problem>): ApiError => {
  const [first, ...others] = problems
  const said = first === undefined ? "The request is not valid." : problemSentence(first)
  if (others.length === 0) return { status, message: said, detail: { errors: problems } }
  // The last of a full list stands for those that are not in it.
  const many = `${others.length < MAX_LISTED_PROBLEMS ? "" : "at least "}${others.length} more problem${others.length === 1 ? "" : "s"}`
  const message = `${said.replace(/\.$/, "")} (and ${many}, see detail).`
  return { status, message, detail: { errors: problems } }
}

/** What a failed creation looks like from outside. */
export const createErrorOf = (error: Exclude<CreateOnceError, CreationFailed>): ApiError => {
  switch (error._tag) {
    case "InvalidRequest":
      return problemsError(422, error.problems)
    case "GroupLeftEmpty":
      return { ...createErrorOf(error.reason), group: error }
    case "InputsUnavailable":
      return inputsErrorOf(error)
    case "PreparationTimedOut":
      return { status: 504, message: error.message }
    case "SubmissionRefused": {
      // Field by field: an error's message is not among the properties that a spread copies.
      const { status, message, detail, refId } = error
      return { status, message, detail, refId, group: error }
    }
    case "CreationBroken":
      return { status: 502, message: error.message, group: error }
    case "KeyTakenOver":
      return {
        status: 409,
        message:
          "This request took so long that another one with the same Idempotency-Key took over. Nothing was submitted by this one; send it again with the same key to get the other's answer.",
        headers: retryAfter(1000),
        group: error,
      }
    case "KeyReused":
      return {
        status: 409,
        message:
          "This Idempotency-Key was used for another request: another body, or the same sent elsewhere. Send that one again as it was to get its answer, or use a new key for a new request.",
      }
    case "KeyInUse":
      return keyInUse(error)
    case "IdempotencyUnavailable":
      return {
        status: 503,
        message: `${error.message} Nothing was submitted; send the request again with the same key.`,
        headers: retryAfter(5000),
      }
    default:
      return parallelErrorOf(error)
  }
}

/** The excerpt goes to callers alone: who fetches from there has a key that works. */
const inputsErrorOf = ({ kind, path, message, excerpt }: InputsUnavailable): ApiError => {
  const said = excerpt ? `${message}. It begins with “${excerpt}”.` : `${message}.`
  if (kind === "too_large") return { status: 413, message: said }
  if (kind === "silent") return { status: 504, message: said }
  return { status: 422, message: said, detail: { errors: [{ path, message: said }] } }
}

const retryAfter = (ms: number) => ({ "retry-after": String(Math.ceil(ms / 1000)) })

const keyInUse = ({ group, retryAfterMs, uncertain }: KeyInUse): ApiError => {
  const headers = retryAfter(retryAfterMs)
  const again = `Send it again with the same key in ${headers["retry-after"]} s`
  return {
    status: 409,
    message: uncertain
      ? `An earlier request with this Idempotency-Key broke off, so that its runs may or may not have been submitted. ${again}: you get its answer if they were, and they are submitted then if they were not.`
      : `An earlier request with this Idempotency-Key is still being worked on. ${again} to get its answer.`,
    headers,
    ...(group === null ? {} : { group }),
  }
}

const parallelErrorOf = (error: ParallelError): ApiError => {
  switch (error._tag) {
    case "RateLimited":
      return {
        status: 429,
        message: error.message,
        headers:
          error.retryAfterMs === null ? {} : { "retry-after": String(Math.ceil(error.retryAfterMs / 1000)) },
      }
    case "Unavailable":
      return error.timedOut
        ? { status: 504, message: "Parallel did not answer in time. Nothing was submitted; try again." }
        : {
            status: 502,
            message: `Parallel's API is not working: ${error.message}. Nothing was submitted; try again.`,
          }
    case "Malformed":
      return { status: 502, message: `${error.message}. Nothing was submitted; try again.` }
    case "NotFound":
      return {
        status: 502,
        message: `Parallel's API does not know this call: ${error.message}`,
        refId: error.refId,
      }
    default:
      return { status: error.status, message: error.message, detail: error.detail, refId: error.refId }
  }
}
