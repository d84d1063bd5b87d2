import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { IdempotencyOutcome, IdempotencyRequest, IdempotencyStep } from "../domain/Idempotency.ts"
import type { GroupId } from "../domain/Ids.ts"
import { objectStep } from "../domain/Schedules.ts"
import type { TaskGroupStub } from "./TaskGroupsObjects.ts"
import { Idempotency, IdempotencyUnavailable, type IdempotentRequest } from "../services/Idempotency.ts"

/** The object that keeps a key's record, as its stub offers it. */
export interface IdempotencyStub {
  acquire(request: IdempotencyRequest): Promise<IdempotencyOutcome>
  advance(token: string, step: IdempotencyStep): Promise<boolean>
  release(token: string, inDoubt?: boolean): Promise<void>
}

const unavailable = () =>
  new IdempotencyUnavailable({
    message: "The record of this Idempotency-Key cannot be reached at the moment.",
  })

const step = <A>(use: () => Promise<A>): Effect.Effect<A, IdempotencyUnavailable> =>
  Effect.tryPromise({ try: use, catch: unavailable }).pipe(
    Effect.timeoutOrElse({ duration: "5 seconds", orElse: () => Effect.fail(unavailable()) }),
    Effect.retry(objectStep),
  )

/** Records in Durable Objects, named by their hash. Stubs are made anew for every step: one may break. */
export const IdempotencyObjects = (
  of: (name: string) => IdempotencyStub,
  groups: (id: GroupId) => Pick<TaskGroupStub, "wasHere">,
): Layer.Layer<Idempotency> => {
  const advance = ({ name, token }: IdempotentRequest, by: IdempotencyStep) =>
    step(() => of(name).advance(token, by))
  return Layer.succeed(
    Idempotency,
    Idempotency.of({
      acquire: ({ name, ...request }, notThere) => step(() => of(name).acquire({ ...request, notThere })),
      created: (request, group) => advance(request, { _tag: "created", group }),
      committing: (request) => advance(request, { _tag: "committing" }),
      done: (request, group) => advance(request, { _tag: "done", ...(group && { group }) }),
      release: ({ name, token }, inDoubt) => step(() => of(name).release(token, inDoubt)),
      isCommitted: (taskgroupId) => step(() => groups(taskgroupId).wasHere()),
    }),
  )
}
