import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import {
  beginTaskGroup,
  commitTaskGroup,
  receiveInputs,
  receiveTaskGroup,
} from "../../src/programs/receiveTaskGroup.ts"
import { AlarmClock } from "../../src/services/AlarmClock.ts"
import { GroupStore } from "../../src/services/GroupStore.ts"
import { ReceivingStore } from "../../src/services/ReceivingStore.ts"
import { SubmissionStore } from "../../src/services/SubmissionStore.ts"
import { WebhookSender } from "../../src/services/WebhookSender.ts"
import {
  groupLayers,
  HOUR,
  initOf,
  inputsOf,
  look,
  makeParallel,
  MINUTE,
  rejected,
  SECOND,
} from "./support.ts"

const receiver = Layer.mock(WebhookSender, {})
const secrets = { apiKey: "key", webhookUrl: null }
const [first, second, third] = inputsOf(3)

describe("receiveTaskGroup", () => {
  it.effect("takes a group in pieces, sends nothing before the commit, and then everything", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      expect(yield* beginTaskGroup(initOf(3), secrets)).toBe("begun")
      expect(yield* receiveInputs(0, [first!, second!])).toBe("stored")
      expect(yield* receiveInputs(2, [third!])).toBe("stored")
      yield* TestClock.adjust("5 minutes")
      expect(parallel.runs).toEqual([])
      expect(yield* commitTaskGroup(20 * SECOND)).toEqual({ _tag: "Submitted" })
      expect(parallel.runs.map(({ input }) => input)).toEqual(inputsOf(3).map((text) => JSON.parse(text)))
      expect((yield* look).results).toMatchObject([{ $id: "run-0" }, { $id: "run-1" }, { $id: "run-2" }])
    }).pipe(Effect.provide([groupLayers(), parallel.layer, receiver]))
  })

  it.effect("takes every step twice, and other content never", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      yield* beginTaskGroup(initOf(2), secrets)
      expect(yield* beginTaskGroup(initOf(2), secrets)).toBe("same")
      expect(yield* beginTaskGroup({ ...initOf(2), processor: "ultra" }, secrets)).toBe("different")
      yield* receiveInputs(0, [first!])
      expect(yield* receiveInputs(0, [first!])).toBe("same")
      expect(yield* receiveInputs(0, [second!])).toBe("different")
      yield* receiveInputs(1, [second!])
      yield* commitTaskGroup(SECOND)
      expect(yield* beginTaskGroup(initOf(2), secrets)).toBe("same")
      expect(yield* receiveInputs(0, [first!, second!])).toBe("same")
      expect(yield* commitTaskGroup(SECOND)).toEqual({ _tag: "Submitted" })
      expect(parallel.asked("addRuns")).toHaveLength(1)
    }).pipe(Effect.provide([groupLayers(), parallel.layer, receiver]))
  })

  it.effect("takes a whole group at once, goes on from any of its steps, and commits no other", () => {
    const parallel = makeParallel()
    const receive = (init = initOf(2), inputs = [first!, second!]) =>
      receiveTaskGroup(init, secrets, inputs, SECOND)
    return Effect.gen(function* () {
      expect(yield* receive(initOf(2), [first!])).toEqual({ _tag: "Incomplete" })
      // The first input is there, and now the second.
      expect(yield* receiveInputs(1, [second!])).toBe("stored")
      expect(yield* receive({ ...initOf(2), processor: "ultra" })).toEqual({ _tag: "Incomplete" })
      expect(yield* receive(initOf(2), [second!, first!])).toEqual({ _tag: "Incomplete" })
      expect(parallel.asked("addRuns")).toEqual([])
      expect(yield* receive()).toEqual({ _tag: "Submitted" })
      expect(yield* receive()).toEqual({ _tag: "Submitted" })
      expect(yield* receive({ ...initOf(2), processor: "ultra" })).toEqual({ _tag: "Incomplete" })
      expect((yield* AlarmClock).get("uncommitted")).toBeNull()
      expect(parallel.asked("addRuns")).toHaveLength(1)
      expect(parallel.runs.map(({ input }) => input)).toEqual(inputsOf(2).map((text) => JSON.parse(text)))
    }).pipe(Effect.provide([groupLayers(), parallel.layer, receiver]))
  })

  it.effect("knows a group again that has grown since its answer was lost, and sends nothing twice", () => {
    const parallel = makeParallel()
    const receive = receiveTaskGroup(initOf(2), secrets, [first!, second!], SECOND)
    return Effect.gen(function* () {
      expect(yield* receive).toEqual({ _tag: "Submitted" })
      parallel.complete(() => ({ unannounced: 1 }))
      yield* TestClock.adjust("10 seconds")
      expect((yield* GroupStore).details()?.outputColumns).toContain("unannounced")
      expect(yield* receive).toEqual({ _tag: "Submitted" })
      const pieces = yield* ReceivingStore
      pieces.keepPiece("more", 0, [third!], HOUR)
      pieces.addRows("more", { count: 1, inputColumns: ["company", "new"] }, 0)
      expect((yield* GroupStore).details()).toMatchObject({ numInputs: 3, inputColumns: ["company", "new"] })
      expect(yield* receive).toEqual({ _tag: "Submitted" })
      expect(parallel.asked("addRuns")).toHaveLength(1)
    }).pipe(Effect.provide([groupLayers(), parallel.layer, receiver]))
  })

  it.effect("commits nothing that is not whole, or was never begun, or came too late", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      expect(yield* commitTaskGroup(SECOND)).toEqual({ _tag: "Incomplete" })
      yield* beginTaskGroup(initOf(2), secrets)
      expect((yield* AlarmClock).get("uncommitted")).toBe(10 * MINUTE)
      yield* receiveInputs(0, [first!])
      expect(yield* commitTaskGroup(SECOND)).toEqual({ _tag: "Incomplete" })
      yield* receiveInputs(1, [second!])
      // Its alarm may be late; who looks for the group from now on takes it for one that was never there.
      yield* TestClock.adjust("10 minutes")
      expect(yield* commitTaskGroup(SECOND)).toEqual({ _tag: "Incomplete" })
      expect((yield* GroupStore).details()).toMatchObject({ state: "receiving" })
      expect(parallel.asked("addRuns")).toEqual([])
    }).pipe(Effect.provide([groupLayers(), parallel.layer, receiver]))
  })

  it.effect("cuts batches by number and by characters", () => {
    const parallel = makeParallel()
    const inputs = [...inputsOf(3), JSON.stringify({ company: "x".repeat(200) }), ...inputsOf(2)]
    return Effect.gen(function* () {
      yield* beginTaskGroup(initOf(6), secrets)
      yield* receiveInputs(0, inputs)
      yield* commitTaskGroup(SECOND)
      expect(parallel.asked("addRuns").map(({ rows }) => rows)).toEqual([[0, 1], [2], [3], [4, 5]])
    }).pipe(Effect.provide([groupLayers({ BATCH_SIZE: 2, BATCH_CHARS: 100 }), parallel.layer, receiver]))
  })

  it.effect("lets its caller go when the time is over, and goes on", () => {
    const parallel = makeParallel({ addRuns: ({ rows }) => (rows.includes(0) ? undefined : "hangs") })
    return Effect.gen(function* () {
      yield* beginTaskGroup(initOf(2), secrets)
      yield* receiveInputs(0, [first!, second!])
      const [answer] = yield* Effect.all([commitTaskGroup(20 * SECOND), TestClock.adjust("20 seconds")], {
        concurrency: "unbounded",
      })
      expect(answer).toEqual({ _tag: "Underway" })
      expect((yield* SubmissionStore).plan().sending).toMatchObject([{ rows: [{ from: 1, to: 2 }] }])
    }).pipe(Effect.provide([groupLayers({ BATCH_SIZE: 1 }), parallel.layer, receiver]))
  })

  it.effect("lets a caller go who waits for the first batch alone, and goes on", () => {
    const parallel = makeParallel({ addRuns: ({ rows }) => (rows.includes(0) ? undefined : "hangs") })
    return Effect.gen(function* () {
      yield* beginTaskGroup(initOf(2), secrets)
      yield* receiveInputs(0, [first!, second!])
      // No time passes here.
      expect(yield* commitTaskGroup(20 * SECOND, "first")).toEqual({ _tag: "Underway" })
      expect(yield* commitTaskGroup(20 * SECOND, "first")).toEqual({ _tag: "Underway" })
      expect((yield* SubmissionStore).plan().sending).toMatchObject([{ rows: [{ from: 1, to: 2 }] }])
      expect(parallel.asked("addRuns")).toHaveLength(2)
    }).pipe(Effect.provide([groupLayers({ BATCH_SIZE: 1 }), parallel.layer, receiver]))
  })

  it.effect(
    "tells who waits for the first batch of its refusal, and that all were accepted where it is all",
    () => {
      const parallel = makeParallel({ addRuns: () => rejected("No such field") })
      const accepting = makeParallel()
      return Effect.gen(function* () {
        yield* Effect.gen(function* () {
          yield* beginTaskGroup(initOf(2), secrets)
          yield* receiveInputs(0, [first!, second!])
          expect(yield* commitTaskGroup(20 * SECOND, "first")).toMatchObject({
            _tag: "Refused",
            status: 422,
            message: "No such field",
          })
          expect((yield* GroupStore).details()).toBeNull()
        }).pipe(Effect.provide([groupLayers({ BATCH_SIZE: 1 }), parallel.layer, receiver]))
        yield* Effect.gen(function* () {
          yield* beginTaskGroup(initOf(2), secrets)
          yield* receiveInputs(0, [first!, second!])
          expect(yield* commitTaskGroup(20 * SECOND, "first")).toEqual({ _tag: "Submitted" })
        }).pipe(Effect.provide([groupLayers(), accepting.layer, receiver]))
      })
    },
  )
})
