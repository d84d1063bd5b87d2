import type { Failure } from "./MultitaskError.ts"

/** Shorter ones would be met by chance. */
const SHORTEST_KEY = 8
/** What made an error may have been made by another, and in the end by itself. */
const DEEPEST_CAUSE = 5

type Clean = (text: string) => string

/** Nothing that a server or a `fetch` says may carry the key to a log. */
export const withoutKey = (failure: Failure, apiKey: string | undefined): Failure => {
  if (apiKey === undefined || apiKey.length < SHORTEST_KEY) return failure
  const clean: Clean = (text) => text.replaceAll(apiKey, "[key]")
  const cleaned = (text: string | undefined) => text && clean(text)
  const { message, errors, refId, taskgroupId, url, cause } = failure
  return {
    ...failure,
    message: clean(message),
    errors: errors?.map((problem) => ({ path: clean(problem.path), message: clean(problem.message) })),
    refId: cleaned(refId),
    taskgroupId: cleaned(taskgroupId),
    url: cleaned(url),
    cause: causeWithout(cause, clean, DEEPEST_CAUSE),
  }
}

/** Wrappers of `fetch` throw errors that hold the request, with its headers: what they say is kept, what they hold is not. */
const causeWithout = (cause: unknown, clean: Clean, depth: number): unknown => {
  if (cause === undefined || depth === 0) return undefined
  if (!(cause instanceof Error)) return clean(String(cause))
  const { name, message, stack, code } = cause as Error & { code?: unknown }
  const inner = causeWithout(cause.cause, clean, depth - 1)
  const copy = new Error(clean(message), inner === undefined ? undefined : { cause: inner })
  copy.name = clean(name)
  copy.stack = clean(stack ?? "")
  return typeof code === "string" ? Object.assign(copy, { code: clean(code) }) : copy
}
