import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { AlarmClock } from "../services/AlarmClock.ts"
import { GroupFibers } from "../services/GroupFibers.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { Publisher } from "../services/Publisher.ts"
import { SecretStore } from "../services/SecretStore.ts"

/**
 * From here on the group is gone for everybody: its key and webhook are deleted, and emptying the storage is due. That
 * comes before anything is closed, so that a failure, or a crash, leaves an object that will try again.
 */
export const condemnTaskGroup = Effect.fn("condemnTaskGroup")(function* () {
  const group = yield* GroupStore
  const secrets = yield* SecretStore
  const alarms = yield* AlarmClock
  const now = yield* Clock.currentTimeMillis
  group.remove(() => {
    secrets.forget()
    for (const name of ["watchdog", "webhook", "uncommitted"] as const) alarms.clear(name)
    alarms.set("removal", now)
  })
})

/**
 * Removes the group and everything in it: viewers' streams end, what runs is interrupted, and the storage is emptied.
 * Where that fails it stays due, and nothing else comes back.
 */
export const removeTaskGroup = Effect.fn("removeTaskGroup")(function* () {
  const fibers = yield* GroupFibers
  yield* condemnTaskGroup()
  yield* fibers.close
  yield* eraseTaskGroup
})

/** Empties the storage of a condemned group; viewers' streams end. */
export const eraseTaskGroup = Effect.gen(function* () {
  const group = yield* GroupStore
  const publisher = yield* Publisher
  publisher.close()
  yield* group.erase.pipe(Effect.catch((error) => Effect.logError("The group is not removed yet", error)))
})
