import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { RateLimited } from "../../src/domain/Errors.ts"
import { makeUpstream } from "../../src/programs/follow/upstream.ts"
import { submitRuns } from "../../src/programs/submitRuns.ts"
import type { SubmissionPlan } from "../../src/domain/TaskGroup.ts"
import { SubmissionStore } from "../../src/services/SubmissionStore.ts"
import {
  committedGroup,
  gaps,
  GROUP_ID,
  HOUR,
  KEY,
  look,
  makeParallel,
  MINUTE,
  noCredit,
  rejected,
  SECOND,
  unauthorized,
  unavailable,
} from "./support.ts"

/** The submission, in the background. Nobody takes a refusal, and time counts while Parallel answers. */
const submitting = Effect.gen(function* () {
  const upstream = yield* makeUpstream()
  const { answeredMs } = upstream
  return yield* submitRuns({ key: () => KEY, groupId: GROUP_ID, takeRefusal: () => false, answeredMs }).pipe(
    upstream.listening,
    Effect.forkChild({ startImmediately: true }),
  )
})

const count = (rows: ReadonlyArray<unknown>, status: string) => rows.filter((one) => one === status).length

describe("submitRuns", () => {
  it.effect("finds the one row that a proxy refuses, in halves, and lets all others run", () => {
    const parallel = makeParallel({
      addRuns: ({ rows }) => (rows.includes(17) ? unavailable(413) : undefined),
    })
    return Effect.gen(function* () {
      const submission = yield* submitting
      yield* TestClock.adjust("1 minute")
      expect((yield* look).says).toMatch(/refuses \d+ inputs \(status 413\)/)
      yield* TestClock.adjust("1 hour")
      expect(yield* Fiber.join(submission)).toBe("submitted")
      const { statuses, errors, says } = yield* look
      expect(count(statuses, "queued")).toBe(39)
      expect(errors).toEqual({ 17: expect.stringContaining("413") })
      expect(says).toBe("")
      const rounds = parallel.asked("addRuns").filter(({ rows }) => rows.includes(17))
      expect(rounds.map(({ rows }) => rows.length)).toEqual([10, 5, 3, 1])
      expect(Math.min(...gaps(rounds.map(({ at }) => at)))).toBeGreaterThanOrEqual(90 * SECOND)
      expect(parallel.runs).toHaveLength(39)
    }).pipe(Effect.provide([committedGroup(40, { BATCH_SIZE: 10 }), parallel.layer]))
  })

  it.effect("tries a proxy that lets nothing pass ever more rarely, for 6 hours", () => {
    const parallel = makeParallel({ addRuns: () => unavailable(403) })
    return Effect.gen(function* () {
      yield* submitting
      yield* TestClock.adjust("5 hours")
      expect((yield* look).statuses).toEqual(["queued", "queued"])
      const rounds = parallel.asked("addRuns").map(({ at }) => at)
      expect(rounds.length).toBeLessThan(45)
      expect(gaps(rounds).at(-1)).toBeGreaterThan(9 * MINUTE)
      yield* TestClock.adjust("4 hours")
      const { statuses, errors, says } = yield* look
      expect(statuses).toEqual(["failed", "failed"])
      expect(errors).toEqual({ 0: expect.stringContaining("403"), 1: expect.stringContaining("403") })
      expect(says).toBe("")
    }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
  })

  it.effect("settles a lost answer: what arrived is not sent again, the rest is, cut by its size too", () => {
    const lost = unavailable(502)
    let calls = 0
    // The first arrives all the same, the second does not.
    const parallel = makeParallel({ addRuns: () => [{ lost }, lost][calls++] })
    return Effect.gen(function* () {
      const submission = yield* submitting
      yield* TestClock.adjust("59 seconds")
      expect((yield* look).says).toMatch(/answer to adding 2 runs was lost; checking/)
      expect(parallel.asked("listRuns")).toEqual([])
      yield* TestClock.adjust("4 minutes")
      expect(yield* Fiber.join(submission)).toBe("submitted")
      const sent = parallel.asked("addRuns")
      expect(sent.map(({ rows }) => rows)).toEqual([
        [0, 1],
        [2, 3],
        [2, 3],
        [4, 5],
      ])
      // While one is in doubt nothing else is sent.
      expect(Math.min(...gaps(sent.slice(0, 3).map(({ at }) => at)))).toBeGreaterThanOrEqual(90 * SECOND)
      expect((yield* look).says).toBe("")
    }).pipe(Effect.provide([committedGroup(6, { BATCH_SIZE: 3, BATCH_CHARS: 50 }), parallel.layer]))
  })

  it.effect("waits for credit, 5 to 60 minutes apart, and says so until it comes", () => {
    const parallel = makeParallel({ addRuns: ({ at }) => (at < 3 * HOUR ? noCredit : undefined) })
    return Effect.gen(function* () {
      const submission = yield* submitting
      yield* TestClock.adjust("1 minute")
      expect((yield* look).says).toMatch(/Not enough credit.*4 inputs are not submitted yet.*00:05:00/)
      yield* TestClock.adjust("4 hours")
      expect(yield* Fiber.join(submission)).toBe("submitted")
      expect((yield* look).says).toBe("")
      const minutes = gaps(parallel.asked("addRuns").map(({ at }) => at / MINUTE))
      // Once there is credit, the second batch follows at once.
      expect(minutes).toEqual([5, 10, 20, 40, 60, 60, 0])
    }).pipe(Effect.provide([committedGroup(4, { BATCH_SIZE: 2 }), parallel.layer]))
  })

  it.effect(
    "cancels what has had no credit for 24 hours in which Parallel answered; an outage does not count",
    () => {
      const isDown = (at: number) => at > 10 * HOUR && at < 40 * HOUR
      const parallel = makeParallel({
        addRuns: ({ at }) => (isDown(at) ? unavailable(503) : noCredit),
        getTaskGroup: ({ at }) => (isDown(at) ? unavailable(503) : undefined),
      })
      return Effect.gen(function* () {
        yield* submitting
        yield* TestClock.adjust("39 hours")
        expect((yield* look).says).toMatch(/Not enough credit/)
        yield* TestClock.adjust("12 hours")
        expect((yield* look).statuses).toEqual(["queued", "queued"])
        yield* TestClock.adjust("6 hours")
        const { statuses, errors } = yield* look
        expect(statuses).toEqual(["cancelled", "cancelled"])
        expect(errors[0]).toMatch(/too little credit for 24 hours \(Insufficient credit\)/)
        expect(parallel.runs).toEqual([])
      }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
    },
  )

  it.effect("fails the rows that this key may not run, with Parallel's message, and those alone", () => {
    const parallel = makeParallel({
      addRuns: ({ rows }) => (rows.includes(2) ? unauthorized(403, "Not for this key") : undefined),
    })
    return Effect.gen(function* () {
      const submission = yield* submitting
      expect(yield* Fiber.join(submission)).toBe("submitted")
      const { statuses, errors, says } = yield* look
      expect(statuses).toEqual(["queued", "queued", "failed", "failed"])
      expect(errors).toEqual({ 2: "Not for this key", 3: "Not for this key" })
      expect(says).toBe("")
    }).pipe(Effect.provide([committedGroup(4, { BATCH_SIZE: 2 }), parallel.layer]))
  })

  it.effect("stops at a refused key, and leaves everything as it was", () => {
    const parallel = makeParallel({ addRuns: () => unauthorized(401, "Unknown key") })
    return Effect.gen(function* () {
      const submission = yield* submitting
      expect(yield* Effect.flip(Fiber.join(submission))).toMatchObject({ _tag: "Unauthorized", status: 401 })
      expect((yield* look).statuses).toEqual(["queued", "queued"])
    }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
  })

  it.effect("halves what Parallel refuses, until the bad row is alone and has its message", () => {
    const parallel = makeParallel({
      addRuns: ({ rows }) => (rows.includes(5) ? rejected("Bad row") : undefined),
    })
    return Effect.gen(function* () {
      const submission = yield* submitting
      expect(yield* Fiber.join(submission)).toBe("submitted")
      expect((yield* look).errors).toEqual({ 5: "Bad row" })
      expect(parallel.runs).toHaveLength(7)
      expect(parallel.asked("addRuns")).toHaveLength(7)
    }).pipe(Effect.provide([committedGroup(8), parallel.layer]))
  })

  it.effect.each([
    { echoesMetadata: true, theirs: { team: "x" } },
    { echoesMetadata: true, theirs: null },
    { echoesMetadata: false, theirs: null },
  ])("lets no run of others stand in the way of ours: %o", ({ echoesMetadata, theirs }) => {
    const parallel = makeParallel(
      {
        addRuns: ({ at, rows }) => {
          if (at === 0 && rows.includes(0)) return undefined
          if (at === 0 && rows.includes(2)) return { lost: unavailable(502) }
          return at < HOUR ? noCredit : undefined
        },
      },
      { echoesMetadata },
    )
    parallel.addStranger(theirs)
    return Effect.gen(function* () {
      const submission = yield* submitting
      yield* TestClock.adjust("10 minutes")
      parallel.addStranger(theirs)
      yield* TestClock.adjust("3 hours")
      expect(yield* Fiber.join(submission)).toBe("submitted")
      const ours = parallel.runs.filter(({ id }) => id.startsWith("run-"))
      expect(ours.map(({ input }) => input)).toEqual(
        (yield* look).results.map(({ company }) => ({ company })),
      )
      expect((yield* look).says).toBe("")
      expect(parallel.asked("listRuns").length).toBeLessThan(25)
    }).pipe(Effect.provide([committedGroup(6, { BATCH_SIZE: 2 }), parallel.layer]))
  })

  it.effect("slows down as long as it is asked to, and never sends faster than once a second", () => {
    const parallel = makeParallel({
      addRuns: ({ at }) =>
        at < MINUTE
          ? new RateLimited({ message: "Slow down", retryAfterMs: at < 10 * SECOND ? 0 : 30_000 })
          : undefined,
    })
    return Effect.gen(function* () {
      const submission = yield* submitting
      yield* TestClock.adjust("2 minutes")
      expect(yield* Fiber.join(submission)).toBe("submitted")
      const seconds = parallel.asked("addRuns").map(({ at }) => at / SECOND)
      expect(seconds).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 40, 70])
    }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
  })

  it.effect("begins again anywhere: what was under way when it was stopped is looked for first", () => {
    const parallel = makeParallel({ addRuns: ({ at }) => (at === 0 ? "hangs" : undefined) })
    return Effect.gen(function* () {
      yield* Fiber.interrupt(yield* submitting)
      const submission = yield* submitting
      yield* TestClock.adjust("1 minute")
      expect(parallel.asked("addRuns")).toHaveLength(1)
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(submission)).toBe("submitted")
      expect(parallel.runs).toHaveLength(2)
    }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
  })

  it.effect.each([
    { what: "lack of credit", error: noCredit },
    { what: "a proxy's refusal", error: unavailable(413) },
  ])("writes over nothing that an act has planned meanwhile: $what", ({ error }) => {
    let refused = 0
    const parallel = makeParallel({ addRuns: () => (refused++ < 3 ? error : undefined) })
    return Effect.gen(function* () {
      const store = yield* SubmissionStore
      let marks = 0
      const lost: Array<number> = []
      const clock = yield* Clock.Clock
      // Wherever the submission asks for the time, its fiber may have to let others go first.
      const act = () => {
        const plan: SubmissionPlan & { readonly marks?: number } = store.plan()
        if ((plan.marks ?? 0) !== marks) lost.push(marks)
        const next: typeof plan = { ...plan, marks: ++marks }
        store.savePlan(next)
        return clock.currentTimeMillisUnsafe()
      }
      const eventful: Clock.Clock = {
        currentTimeMillis: Effect.sync(act),
        currentTimeMillisUnsafe: act,
        currentTimeNanos: clock.currentTimeNanos,
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        sleep: (duration) => clock.sleep(duration),
      }
      const submission = yield* Effect.provideService(submitting, Clock.Clock, eventful)
      yield* TestClock.adjust("3 hours")
      expect(yield* Fiber.join(submission)).toBe("submitted")
      expect(store.plan()).toMatchObject({ marks })
      expect(lost).toEqual([])
      expect(marks).toBeGreaterThan(0)
    }).pipe(Effect.provide([committedGroup(8, { BATCH_SIZE: 4 }), parallel.layer]))
  })
})
