import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { RunId } from "../../src/domain/Ids.ts"
import { EMPTY_PLAN } from "../../src/domain/TaskGroup.ts"
import { readRun } from "../../src/domain/Wire.ts"
import { finishTaskGroup } from "../../src/programs/finishTaskGroup.ts"
import { AlarmClock } from "../../src/services/AlarmClock.ts"
import { GroupReader } from "../../src/services/GroupReader.ts"
import { GroupStore } from "../../src/services/GroupStore.ts"
import { RunStore } from "../../src/services/RunStore.ts"
import { SecretStore } from "../../src/services/SecretStore.ts"
import { SubmissionStore } from "../../src/services/SubmissionStore.ts"
import { committedGroup, HOUR, look } from "./support.ts"

const DAY = 24 * HOUR

describe("finishTaskGroup", () => {
  it.effect("ends: the key is gone, the webhook due, the removal due in 30 days", () =>
    Effect.gen(function* () {
      const alarms = yield* AlarmClock
      const secrets = yield* SecretStore
      alarms.set("watchdog", HOUR)
      yield* TestClock.adjust("1 day")
      yield* finishTaskGroup(null)
      expect(yield* look).toMatchObject({ isActive: true })
      const run = readRun(`{"run_id":"run-0","status":"failed","metadata":{"input_index":"0"}}`)!
      ;(yield* RunStore).apply([{ run, output: null }], DAY)
      ;(yield* SubmissionStore).savePlan(EMPTY_PLAN)
      yield* finishTaskGroup(null)
      expect(yield* look).toMatchObject({ isActive: false, says: "" })
      expect((yield* GroupStore).details()).toMatchObject({ endedAt: DAY, removalAt: 31 * DAY })
      expect([secrets.apiKey(), alarms.get("watchdog")]).toEqual([null, null])
      expect([alarms.get("webhook"), alarms.get("removal")]).toEqual([DAY, 31 * DAY])
    }).pipe(Effect.provide(committedGroup(1, {}, { webhookUrl: "https://hook.example/" }))),
  )

  it.effect("gives a reason to the group and to the rows that were never sent, and to no others", () =>
    Effect.gen(function* () {
      const submission = yield* SubmissionStore
      submission.acceptRuns([{ inputIndex: 0, runId: RunId("run-0") }], submission.plan(), 0)
      yield* finishTaskGroup("Parallel refuses.")
      const { statuses, errors, says } = yield* look
      expect(statuses).toEqual(["queued", "cancelled"])
      expect(errors).toEqual({ 1: "Not submitted. Parallel refuses." })
      expect(says).toMatch(/^Parallel refuses\. 1 input was not sent/)
    }).pipe(Effect.provide(committedGroup(2))),
  )

  it.effect("ends once", () =>
    Effect.gen(function* () {
      yield* finishTaskGroup("first")
      const end = (yield* GroupReader).endedAtChange()
      yield* TestClock.adjust("1 hour")
      yield* finishTaskGroup("second")
      expect((yield* GroupReader).endedAtChange()).toBe(end)
      expect((yield* look).says).toMatch(/^first 1 input was not sent/)
      // Without a URL there is no webhook.
      expect((yield* AlarmClock).get("webhook")).toBeNull()
    }).pipe(Effect.provide(committedGroup(1))),
  )
})
