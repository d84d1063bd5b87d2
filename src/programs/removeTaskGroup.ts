import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { AlarmClock } from "../services/AlarmClock.ts"
import { GroupFibers } from "../services/GroupFibers.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { Publisher } from "../services/Publisher.ts"
import { SecretStore } from "../services/SecretStore.ts"

/**
 * From here on the group is gone for everybody: its secrets are deleted, and emptying the storage is due. That comes
 * before anything is closed, so that a failure, or a crash, leaves an object that will try again. Until `knownUntil`,
 * epoch milliseconds, nothing of this id is taken in again.
 */
export const condemn = (
  {
    group,
    secrets,
    alarms,
  }: {
    readonly group: GroupStore["Service"]
    readonly secrets: SecretStore["Service"]
    readonly alarms: AlarmClock["Service"]
  },
  now: number,
  knownUntil: number | null,
): void =>
  group.remove(() => {
    secrets.forget()
    for (const name of ["watchdog", "webhook", "uncommitted", "pieces"] as const) alarms.clear(name)
    alarms.set("removal", now)
  }, knownUntil)

export const condemnTaskGroup = Effect.fn("condemnTaskGroup")(function* () {
  const services = { group: yield* GroupStore, secrets: yield* SecretStore, alarms: yield* AlarmClock }
  condemn(services, yield* Clock.currentTimeMillis, null)
})

/**
 * Removes the group and everything in it: viewers' streams end, what runs is interrupted, and the storage is emptied.
 * Where that fails it stays due, and nothing else comes back.
 */
export const removeTaskGroup = Effect.fn("removeTaskGroup")(function* () {
  yield* condemnTaskGroup()
  yield* closeTaskGroup
})

/** The rest of it, of a condemned group. */
export const closeTaskGroup = Effect.gen(function* () {
  const fibers = yield* GroupFibers
  yield* fibers.close
  yield* eraseTaskGroup
})

/** Empties the storage of a condemned group; viewers' streams end. */
export const eraseTaskGroup = Effect.gen(function* () {
  const group = yield* GroupStore
  const alarms = yield* AlarmClock
  const publisher = yield* Publisher
  publisher.close()
  yield* group
    .erase((knownUntil) => alarms.set("deleted", knownUntil))
    .pipe(Effect.catch((error) => Effect.logError("The group is not removed yet", error)))
})

/** Nothing is here, and nothing stays: a look-up leaves nothing behind. */
export const forgetTaskGroup = Effect.gen(function* () {
  const group = yield* GroupStore
  yield* group
    .forget(yield* Clock.currentTimeMillis)
    .pipe(
      Effect.catch((error) => Effect.logError("A look-up that found nothing left something behind", error)),
    )
})
