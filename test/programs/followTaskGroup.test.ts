import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { followTaskGroup } from "../../src/programs/followTaskGroup.ts"
import type { GroupEvent } from "../../src/domain/Wire.ts"
import { GroupStore } from "../../src/services/GroupStore.ts"
import { RequestBudget } from "../../src/services/RequestBudget.ts"
import { RunStore } from "../../src/services/RunStore.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import {
  type Asked,
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
  told,
  unauthorized,
  unavailable,
} from "./support.ts"

/** Follows in the background as an object does: again, when a rest is over. */
const following = Effect.gen(function* () {
  for (;;) {
    const outcome = yield* followTaskGroup({ key: () => KEY, groupId: GROUP_ID, takeRefusal: () => false })
    if (outcome._tag !== "Resting") return outcome
    const now = yield* Clock.currentTimeMillis
    yield* Effect.sleep(Duration.millis(outcome.until - now))
  }
}).pipe(Effect.forkChild({ startImmediately: true }))

/** Events, the first of them after so long; what they tell is as of then. */
const eventsAfter = (ms: number, events: () => ReadonlyArray<GroupEvent>) =>
  Stream.fromEffectDrain(Effect.sleep(Duration.millis(ms))).pipe(
    Stream.concat(Stream.suspend(() => Stream.fromIterable(events()))),
  )

/** A Parallel that answers nothing between these hours. */
const down = (from: number, to: number) => {
  const reply = ({ at }: Asked) => (at >= from * HOUR && at < to * HOUR ? unavailable(503) : undefined)
  return { addRuns: reply, getTaskGroup: reply, listRuns: reply, getRun: reply, getResult: reply }
}

describe("followTaskGroup", () => {
  it.effect("adds the runs, hears of their ends, fetches their outputs and is done", () => {
    const parallel = makeParallel({
      events: () =>
        eventsAfter(5 * SECOND, () => {
          parallel.complete()
          return parallel.runs.map((run) => told(run))
        }),
    })
    return Effect.gen(function* () {
      const follower = yield* following
      yield* TestClock.adjust("6 seconds")
      expect(yield* Fiber.join(follower)).toEqual({ _tag: "Ended" })
      const { results } = yield* look
      expect(results).toMatchObject([0, 1, 2].map((at) => ({ $status: "completed", of: `run-${at}` })))
      expect(parallel.asked("getResult").map(({ rows }) => rows)).toEqual([[0], [1], [2]])
    }).pipe(Effect.provide([committedGroup(3), parallel.layer]))
  })

  it.effect("asks ever more rarely for an output that is said to be another row's", () => {
    const parallel = makeParallel({
      events: () =>
        eventsAfter(5 * SECOND, () => {
          parallel.complete()
          const ends = parallel.runs.map((run) => told(run))
          Object.assign(parallel.runs[1]!, { metadata: { input_index: "0" } })
          return ends
        }),
    })
    return Effect.gen(function* () {
      yield* following
      yield* TestClock.adjust("10 minutes")
      const asked = parallel.asked("getResult")
      expect(asked.length).toBeGreaterThan(2)
      expect(asked.length).toBeLessThan(25)
    }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
  })

  it.effect("opens a stream that drops again, from where it was, and at most once a second", () => {
    const parallel = makeParallel({
      events: ({ cursor }) =>
        cursor === "event-1"
          ? eventsAfter(MINUTE, () => {
              parallel.complete()
              return parallel.runs.map((run) => told(run))
            })
          : eventsAfter(40 * SECOND, () => [told(parallel.runs[0]!, { eventId: "event-1" })]),
    })
    return Effect.gen(function* () {
      const follower = yield* following
      yield* TestClock.adjust("3 minutes")
      expect(yield* Fiber.join(follower)).toEqual({ _tag: "Ended" })
      const sessions = parallel.asked("events")
      expect(sessions.slice(0, 2).map(({ cursor }) => cursor)).toEqual([null, "event-1"])
      expect(sessions[1]!.at).toBeLessThan(43 * SECOND)
    }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
  })

  it.effect(
    "opens a stream that drops at once ever more rarely, and without a cursor that is refused",
    () => {
      const parallel = makeParallel({
        events: ({ cursor }) =>
          cursor === null
            ? Stream.fromIterable([told(parallel.runs[0]!, { eventId: "event-1" })])
            : Stream.fail(rejected("Unknown cursor")),
      })
      return Effect.gen(function* () {
        yield* following
        yield* TestClock.adjust("10 minutes")
        const sessions = parallel.asked("events")
        expect(sessions.slice(0, 4).map(({ cursor }) => cursor)).toEqual([null, "event-1", null, "event-1"])
        expect(Math.min(...gaps(sessions.map(({ at }) => at)))).toBeGreaterThanOrEqual(SECOND)
        expect(sessions.length).toBeLessThan(25)
      }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
    },
  )

  it.effect.each([25, 72])("loses nothing in an outage of %i hours", (hours) => {
    const parallel = makeParallel({
      ...down(1, 1 + hours),
      // That half the runs have ended is the last thing that is heard; of the others there is nothing to be heard.
      events: ({ at }) =>
        at > HOUR
          ? Stream.fail(unavailable(503))
          : eventsAfter(HOUR - at, () => {
              parallel.complete()
              return parallel.runs.slice(0, 2).map((run) => told(run))
            }),
    })
    return Effect.gen(function* () {
      const follower = yield* following
      yield* TestClock.adjust(Duration.hours(1 + hours))
      expect((yield* look).statuses).not.toContain("failed")
      expect((yield* look).isActive).toBe(true)
      yield* TestClock.adjust("2 hours")
      expect(yield* Fiber.join(follower)).toEqual({ _tag: "Ended" })
      expect((yield* look).results).toMatchObject(
        [0, 1, 2, 3].map((at) => ({ $status: "completed", of: `run-${at}` })),
      )
    }).pipe(Effect.provide([committedGroup(4), parallel.layer]))
  })

  it.effect.each([3, 7])("outlasts a refusal of hours, and gives up after six: %i", (hours) => {
    const refused = ({ at }: { at: number }) =>
      at > HOUR && at < (1 + hours) * HOUR ? unauthorized(401, "Revoked") : undefined
    const parallel = makeParallel({
      getTaskGroup: refused,
      listRuns: refused,
      getResult: refused,
      events: (asked) =>
        Stream.unwrap(
          Effect.fail(refused(asked)).pipe(
            Effect.catch((e) => (e ? Effect.fail(e) : Effect.succeed(Stream.never))),
          ),
        ),
    })
    return Effect.gen(function* () {
      const follower = yield* following
      yield* TestClock.adjust("2 hours")
      expect((yield* look).says).toMatch(/refuses access to this group \(401: Revoked\)/)
      const asked = () =>
        ["getTaskGroup", "listRuns", "events"].reduce(
          (sum, call) => sum + parallel.asked(call as "events").length,
          0,
        )
      const before = asked()
      yield* TestClock.adjust("1 hour")
      expect(asked() - before).toBeLessThan(30)
      yield* TestClock.adjust("3 hours")
      if (hours === 3) {
        expect((yield* look).says).toBe("")
        parallel.complete()
        yield* TestClock.adjust("15 minutes")
        expect(yield* Fiber.join(follower)).toEqual({ _tag: "Ended" })
      } else {
        yield* TestClock.adjust("110 minutes")
        const outcome = yield* Fiber.join(follower)
        expect(outcome).toMatchObject({ _tag: "GaveUp", message: expect.stringContaining("401: Revoked") })
      }
    }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
  })

  it.effect(
    "says that adding is refused, asks ever more rarely, and leaves the rest out after six hours",
    () => {
      const parallel = makeParallel({
        addRuns: ({ rows }) => (rows.includes(0) ? undefined : unauthorized(401, "Revoked")),
      })
      return Effect.gen(function* () {
        const follower = yield* following
        yield* TestClock.adjust("1 minute")
        const says = /refuses to add runs \(401: Revoked\).*ever more rarely, for 6 hours/
        expect((yield* look).says).toMatch(says)
        yield* TestClock.adjust("5 hours")
        expect((yield* look).says).toMatch(says)
        expect((yield* look).statuses[1]).toBe("queued")
        expect(gaps(parallel.asked("addRuns").map(({ at }) => at)).at(-1)).toBeGreaterThan(3 * MINUTE)
        parallel.complete()
        yield* TestClock.adjust("110 minutes")
        expect(yield* Fiber.join(follower)).toEqual({ _tag: "Ended" })
        const { statuses, errors } = yield* look
        expect(statuses).toEqual(["completed", "cancelled"])
        expect(errors[1]).toMatch(/Not submitted: Parallel refuses \(401: Revoked\)/)
      }).pipe(Effect.provide([committedGroup(2, { BATCH_SIZE: 1 }), parallel.layer]))
    },
  )

  it.effect("sets an event aside that cannot be stored, warns of it, and takes the others", () => {
    const parallel = makeParallel({
      events: () =>
        eventsAfter(SECOND, () => {
          parallel.complete()
          return parallel.runs.map((run) => told(run))
        }).pipe(Stream.concat(Stream.never)),
    })
    const Broken = Layer.effect(
      RunStore,
      Effect.map(
        RunStore,
        (store) =>
          ({
            ...store,
            apply: (updates, now, cursor) => {
              if (updates.some(({ run }) => run.runId === "run-1")) throw new Error("too strange")
              return store.apply(updates, now, cursor)
            },
          }) satisfies RunStore["Service"],
      ),
    ).pipe(Layer.provideMerge(committedGroup(3)))
    return Effect.gen(function* () {
      yield* following
      yield* TestClock.adjust("1 hour")
      expect((yield* look).statuses).toEqual(["completed", "queued", "completed"])
      const warnings = (yield* GroupStore).details()!.warnings
      expect(warnings).toEqual([expect.stringMatching(/run-1 \(completed\) could not be stored/)])
      // It does not start over because of it, nor ask in a loop.
      expect(parallel.asked("events").length).toBeLessThan(8)
    }).pipe(Effect.provide([Broken, parallel.layer]))
  })

  it.effect(
    "tells and writes an end once, as a whole: a completed run runs on until its output is here",
    () => {
      const storage = nodeSqliteStorage()
      const writes: Array<string> = []
      const counting = {
        ...storage,
        sql: {
          exec: (...[query, ...values]: Parameters<typeof storage.sql.exec>) => {
            if (/^UPDATE runs/i.test(query.trim())) writes.push(query)
            return storage.sql.exec(query, ...values)
          },
        },
      }
      const parallel = makeParallel({
        events: () =>
          eventsAfter(SECOND, () => {
            parallel.complete(() => null)
            return parallel.runs.map((run) => told(run))
          }).pipe(Stream.concat(Stream.never)),
      })
      return Effect.gen(function* () {
        const follower = yield* following
        yield* TestClock.adjust("1 second")
        writes.length = 0
        yield* TestClock.adjust("3 seconds")
        expect((yield* look).statuses).toEqual(["running"])
        parallel.complete()
        yield* TestClock.adjust("10 seconds")
        expect(yield* Fiber.join(follower)).toEqual({ _tag: "Ended" })
        expect((yield* look).results).toMatchObject([{ $status: "completed", of: "run-0" }])
        expect(writes).toHaveLength(1)
      }).pipe(Effect.provide([committedGroup(1, {}, { storage: counting }), parallel.layer]))
    },
  )

  it.effect("fails a row whose output has not come for 24 hours in which Parallel answered", () => {
    const parallel = makeParallel({
      ...down(2, 32),
      events: ({ at }) =>
        at > 0
          ? Stream.never
          : eventsAfter(SECOND, () => {
              parallel.complete(({ id }) => (id === "run-1" ? null : { of: id }))
              return parallel.runs.map((run) => told(run))
            }),
    })
    return Effect.gen(function* () {
      const follower = yield* following
      yield* TestClock.adjust("52 hours")
      expect((yield* look).statuses).toEqual(["completed", "running"])
      yield* TestClock.adjust("5 hours")
      expect(yield* Fiber.join(follower)).toEqual({ _tag: "Ended" })
      const { statuses, errors } = yield* look
      expect(statuses).toEqual(["completed", "failed"])
      expect(errors).toEqual({
        1: expect.stringContaining("has not come for 24 hours in which it was asked for"),
      })
      expect(parallel.asked("getResult").length).toBeLessThan(150)
    }).pipe(Effect.provide([committedGroup(2), parallel.layer]))
  })

  it.effect.each([
    ["credit", noCredit],
    ["a proxy that lets nothing pass", unavailable(403)],
  ] as const)("lets the object rest for most of the time while it waits for %s", ([, reply]) => {
    const parallel = makeParallel({ addRuns: () => reply })
    return Effect.gen(function* () {
      let rested = 0
      yield* followTaskGroup({ key: () => KEY, groupId: GROUP_ID, takeRefusal: () => false }).pipe(
        Effect.flatMap((outcome) =>
          Effect.gen(function* () {
            if (outcome._tag !== "Resting") return yield* Effect.die(outcome)
            const wait = outcome.until - (yield* Clock.currentTimeMillis)
            rested += wait
            yield* Effect.sleep(Duration.millis(wait))
          }),
        ),
        Effect.forever,
        Effect.forkChild({ startImmediately: true }),
      )
      yield* TestClock.adjust("5 hours")
      expect(rested).toBeGreaterThan(4 * HOUR)
    }).pipe(Effect.provide([committedGroup(3), parallel.layer]))
  })

  it.effect("looks at a group that has been idle for a day hourly, and gives up after 30 days", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      const follower = yield* following
      yield* TestClock.adjust("25 hours")
      const before = parallel.asked("events").length
      yield* TestClock.adjust("20 hours")
      expect(parallel.asked("events").length).toBe(before)
      yield* TestClock.adjust("29 days")
      expect(yield* Fiber.join(follower)).toMatchObject({
        _tag: "GaveUp",
        message: expect.stringContaining("30 days"),
      })
    }).pipe(Effect.provide([committedGroup(1), parallel.layer]))
  })

  it.effect("hands over to a fresh invocation before the platform stops this one", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      const budget = yield* RequestBudget
      const follower = yield* following
      while (!budget.isSpent()) budget.note()
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(follower)).toEqual({ _tag: "HandedOver" })
    }).pipe(Effect.provide([committedGroup(1), parallel.layer]))
  })
})
