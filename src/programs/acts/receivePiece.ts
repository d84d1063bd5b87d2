import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Standing } from "../../domain/Act.ts"
import type { JsonText } from "../../domain/TaskGroup.ts"
import { AlarmClock } from "../../services/AlarmClock.ts"
import { GroupStore } from "../../services/GroupStore.ts"
import { ReceivingStore } from "../../services/ReceivingStore.ts"
import { RunStore } from "../../services/RunStore.ts"
import { SecretStore } from "../../services/SecretStore.ts"
import { Settings } from "../../services/Settings.ts"
import { SubmissionStore } from "../../services/SubmissionStore.ts"
import { runningOf } from "./decision.ts"

/** Rows that an act is to add, in pieces under its name. What no act takes in goes by itself; the group stays. */
export const receivePiece = Effect.fn("receivePiece")(function* (
  pieces: string,
  at: number,
  inputs: ReadonlyArray<JsonText>,
) {
  const store = yield* ReceivingStore
  const group = yield* GroupStore
  const alarms = yield* AlarmClock
  const settings = yield* Settings
  const until = (yield* Clock.currentTimeMillis) + settings.UNCOMMITTED_MINUTES * 60_000
  return group.transaction<"stored" | "gone">("gone", () => {
    const stored = store.keepPiece(pieces, at, inputs, until)
    if (stored === "stored" && alarms.get("pieces") === null) alarms.set("pieces", until)
    return stored
  })
})

/** What whoever wants to act on the group with this key must know of it; null where there is none. */
export const standingOf = Effect.fn("standingOf")(function* (key: string) {
  const group = yield* GroupStore
  const secrets = yield* SecretStore
  const details = group.details()
  if (details === null || details.state === "removed") return null
  const { taskgroupId, url, state, processor, taskSpec, numInputs } = details
  const held = secrets.apiKey()
  const holdsKey = held !== null && Redacted.value(held) === key
  const running = runningOf({ group, runs: yield* RunStore, submission: yield* SubmissionStore })
  const standing: Standing = { taskgroupId, url, state, processor, taskSpec, numInputs, running, holdsKey }
  return standing
})
