import type { ApiError } from "../domain/ApiError.ts"
import type { InputsUnavailable, ParallelError } from "../domain/Errors.ts"
import { MAX_LISTED_PROBLEMS, type Problem, problemSentence } from "../domain/Problem.ts"
import type { ActError, ActReason } from "./actErrors.ts"
import type { CreationFailed } from "./createErrors.ts"
import type { CreateOnceError } from "./createOnce.ts"
import type { KeyInUse } from "./obtainKey.ts"

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

export const NOT_FOUND: ApiError = {
  status: 404,
  message:
    "There is no task group here. The address is mistyped, or the group was removed: long after its end, or by who deleted it.",
}

const AGAIN = { "retry-after": "2" }

/** What a failed act looks like from outside. */
export const actErrorOf = (error: ActError | ActReason): ApiError => {
  switch (error._tag) {
    case "ActFailed":
      return { ...actErrorOf(error.reason), group: error }
    case "NoSuchGroup":
      return NOT_FOUND
    case "NotForThisKey":
      return {
        status: 403,
        message: `This API key may not read this task group at Parallel, so that it may not change it here either (${error.message.replace(/\.$/, "")}). Use a key of the account that made the group.`,
        refId: error.refId,
      }
    case "StillReceiving":
      return {
        status: 409,
        message: "This task group's inputs are still coming in. Nothing has changed; try again in a moment.",
        headers: AGAIN,
      }
    case "ActNotDone":
      return { status: 503, message: error.message, headers: AGAIN }
    case "ActInDoubt":
      return {
        status: 502,
        message:
          "The task group's object did not answer, so that this may or may not have been done. Send the request again if it had an Idempotency-Key, or look at the group first.",
      }
    case "Unavailable":
      return {
        status: error.timedOut ? 504 : 502,
        message: `${error.timedOut ? "Parallel did not answer in time" : `Parallel's API is not working: ${error.message}`}. Nothing has changed; try again.`,
      }
    case "Malformed":
      return { status: 502, message: `${error.message}. Nothing has changed; try again.` }
    default:
      return createErrorOf(error)
  }
}
