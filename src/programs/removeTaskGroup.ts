import * as Effect from "effect/Effect"
import { Publisher } from "../services/Publisher.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"

/**
 * Closes what reads and writes here, so that nothing comes back after the storage is emptied: viewers' streams end,
 * and writes of fibers that still run do nothing. Emptying the storage is the caller's, for it is the platform's.
 */
export const removeTaskGroup = Effect.fn("removeTaskGroup")(function* (deleteAll: Effect.Effect<void>) {
  const store = yield* TaskGroupStore
  const publisher = yield* Publisher
  store.close()
  publisher.close()
  yield* deleteAll
})
