import * as Context from "effect/Context"

/**
 * Counts upstream requests of the present invocation: the platform allows 10,000, and the work moves to a fresh
 * invocation before that.
 */
export class RequestBudget extends Context.Service<
  RequestBudget,
  {
    readonly note: () => void
    readonly isSpent: () => boolean
    /** A fresh invocation has begun. */
    readonly renew: () => void
  }
>()("multitask/services/RequestBudget") {}

export const makeRequestBudget = (limit: number): RequestBudget["Service"] => {
  let spent = 0
  return RequestBudget.of({
    note: () => {
      spent++
    },
    isSpent: () => spent >= limit,
    renew: () => {
      spent = 0
    },
  })
}
