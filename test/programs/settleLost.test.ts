import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { EMPTY_PLAN } from "../../src/domain/TaskGroup.ts"
import { settleLost } from "../../src/programs/settleLost.ts"
import { SubmissionStore } from "../../src/services/SubmissionStore.ts"
import {
  committedGroup,
  gaps,
  GROUP_ID,
  HOUR,
  KEY,
  look,
  makeParallel,
  SECOND,
  unavailable,
} from "./support.ts"

/** All four rows went out with one request, whose answer was lost just now. */
const settling = Effect.gen(function* () {
  const submission = yield* SubmissionStore
  submission.savePlan({ ...EMPTY_PLAN, lost: [{ id: 0, rows: [{ from: 0, to: 4 }], since: 0 }] })
  return yield* Effect.forkChild(settleLost({ key: () => KEY, groupId: GROUP_ID }), {
    startImmediately: true,
  })
})
const plan = Effect.map(SubmissionStore, (submission) => submission.plan())

describe("settleLost", () => {
  it.effect("looks after 60 s and after 30 s more, and gives back what is missing in both", () => {
    const parallel = makeParallel()
    parallel.addStranger({ input_index: "1" })
    return Effect.gen(function* () {
      const fiber = yield* settling
      yield* TestClock.adjust("90 seconds")
      yield* Fiber.join(fiber)
      expect(parallel.asked("listRuns").map(({ at }) => at / SECOND)).toEqual([60, 90])
      expect(yield* plan).toEqual({
        ...EMPTY_PLAN,
        next: 1,
        todo: [
          {
            id: 0,
            rows: [
              { from: 0, to: 1 },
              { from: 2, to: 4 },
            ],
          },
        ],
      })
      expect((yield* look).results[1]).toMatchObject({ $id: "theirs-0" })
    }).pipe(Effect.provide([committedGroup(4), parallel.layer]))
  })

  it.effect("looks again, ever farther apart, while the list still grows", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      const fiber = yield* settling
      for (const row of ["0", "1", "2", "3"]) {
        yield* TestClock.adjust(row === "0" ? "70 seconds" : "40 seconds")
        parallel.addStranger({ input_index: row })
      }
      yield* TestClock.adjust("10 minutes")
      yield* Fiber.join(fiber)
      expect((yield* plan).todo).toEqual([])
      const waits = gaps(parallel.asked("listRuns").map(({ at }) => at))
      expect(waits.length).toBeGreaterThan(2)
      expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    }).pipe(Effect.provide([committedGroup(4), parallel.layer]))
  })

  it.effect("decides nothing in an outage, however long", () => {
    const isDown = ({ at }: { at: number }) => (at < 30 * HOUR ? unavailable(503) : undefined)
    const parallel = makeParallel({ getTaskGroup: isDown, listRuns: isDown })
    return Effect.gen(function* () {
      const fiber = yield* settling
      yield* TestClock.adjust("29 hours")
      expect((yield* plan).lost).toHaveLength(1)
      yield* TestClock.adjust("2 hours")
      yield* Fiber.join(fiber)
      expect((yield* plan).todo).toMatchObject([{ rows: [{ from: 0, to: 4 }] }])
    }).pipe(Effect.provide([committedGroup(4), parallel.layer]))
  })

  it.effect("tells runs by their inputs where metadata does not come back", () => {
    const parallel = makeParallel({}, { echoesMetadata: false })
    parallel.runs.push({
      id: "run-x",
      input: { company: "Company 2" },
      metadata: null,
      status: "queued",
      content: null,
    })
    return Effect.gen(function* () {
      const fiber = yield* settling
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(fiber)
      expect((yield* plan).todo).toMatchObject([
        {
          rows: [
            { from: 0, to: 2 },
            { from: 3, to: 4 },
          ],
        },
      ])
      expect((yield* look).results[2]).toMatchObject({ $id: "run-x" })
    }).pipe(Effect.provide([committedGroup(4), parallel.layer]))
  })

  it.effect(
    "of rows that only digits beyond the doubles tell apart, takes the one that is written so",
    () => {
      const parallel = makeParallel({}, { echoesMetadata: false })
      const inputs = ["738529527931269400", "738529527931269425", "738529527931269410", "1"].map(
        (id) => `{"id":${id}}`,
      )
      const add = (id: string, digits: string) =>
        parallel.runs.push({
          id,
          input: null,
          inputText: `{"id":${digits}}`,
          metadata: null,
          status: "queued",
          content: null,
        })
      add("exact", "738529527931269425")
      // As a server says it that reads numbers as doubles.
      add("rounded", "738529527931269400.0")
      return Effect.gen(function* () {
        const fiber = yield* settling
        yield* TestClock.adjust("2 minutes")
        yield* Fiber.join(fiber)
        expect((yield* plan).todo).toMatchObject([{ rows: [{ from: 2, to: 4 }] }])
        expect((yield* look).results.map(({ $id }) => $id)).toEqual(["rounded", "exact", null, null])
      }).pipe(Effect.provide([committedGroup(4, {}, { inputs }), parallel.layer]))
    },
  )

  it.effect("cuts what an edge refused in halves, and lets a row that is alone remember it", () => {
    const parallel = makeParallel()
    const edge = { status: 413, message: "Too large" }
    return Effect.gen(function* () {
      const submission = yield* SubmissionStore
      const lost = [
        { id: 0, rows: [{ from: 0, to: 3 }], since: 0, edge },
        { id: 1, rows: [{ from: 3, to: 4 }], since: 0, edge },
      ]
      submission.savePlan({ ...EMPTY_PLAN, lost })
      const fiber = yield* Effect.forkChild(settleLost({ key: () => KEY, groupId: GROUP_ID }))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(fiber)
      expect((yield* plan).todo).toMatchObject([
        { rows: [{ from: 0, to: 1 }] },
        { rows: [{ from: 1, to: 3 }] },
        { rows: [{ from: 3, to: 4 }], edge },
      ])
    }).pipe(Effect.provide([committedGroup(4), parallel.layer]))
  })
})
