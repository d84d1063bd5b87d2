import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { readChangeNumber } from "../../src/domain/Ids.ts"
import { readSettings } from "../../src/domain/Settings.ts"
import { PublisherLive } from "../../src/layers/PublisherLive.ts"
import { AudienceLive } from "../../src/layers/AudienceLive.ts"
import { RendererSse } from "../../src/layers/render/RendererSse.ts"
import { TaskGroupStoreSqlite } from "../../src/layers/TaskGroupStoreSqlite.ts"
import { EMPTY_PLAN } from "../../src/domain/TaskGroup.ts"
import { watchTaskGroup } from "../../src/programs/watchTaskGroup.ts"
import { Audience } from "../../src/services/Audience.ts"
import { Publisher } from "../../src/services/Publisher.ts"
import { Settings } from "../../src/services/Settings.ts"
import {
  accept,
  complete,
  initOf,
  inputsOf,
  NOW,
  told,
  wholeStore,
  type Store,
} from "../layers/store/fixtures.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"

const read = readSettings({ HEARTBEAT_SECONDS: "15" })
if (!read.ok) throw new Error(read.problems.join("; "))

/** A group of three runs that upstream has taken, in this process. */
const Group = Layer.effectDiscard(
  Effect.gen(function* () {
    const store = yield* wholeStore
    store.begin(initOf({ numInputs: 3 }))
    store.addInputs(0, inputsOf(3), NOW)
    store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: 3 }] }] })
    accept(store, 0, 3)
  }),
).pipe(
  Layer.provideMerge(Layer.suspend(() => TaskGroupStoreSqlite(nodeSqliteStorage()))),
  Layer.provideMerge([PublisherLive, AudienceLive, RendererSse, Layer.succeed(Settings, read.settings)]),
)

/** A viewer that reads all the time. `lines` is what it has got, data but for what tests ask shortened. */
const watching = Effect.fnUntraced(function* (lastEventId: string | null = null) {
  let text = ""
  const fiber = yield* watchTaskGroup(readChangeNumber(lastEventId)).pipe(
    Stream.runForEach((bytes) => Effect.sync(() => void (text += new TextDecoder().decode(bytes)))),
    Effect.forkChild({ startImmediately: true }),
  )
  return {
    fiber,
    text: () => text,
    /** Events in short: `name id`, and for rows index and status. */
    events: () =>
      text
        .replaceAll(/^:.*\n/gm, "")
        .split("\n\n")
        .slice(0, -1)
        .map((block) => {
          const {
            id = "-",
            name = "",
            data = "{}",
          } = /^(?:id: (?<id>\d+)\n)?event: (?<name>\S+)\ndata: (?<data>.*)$/.exec(block)?.groups ?? {}
          const told = JSON.parse(data)
          if (name !== "task_run.state") return `${name} ${id}`
          return `${told.input_index} ${told.run.status} ${id}`
        }),
    last: () => JSON.parse(/data: (.*)\n\n$/.exec(text)?.[1] ?? "{}"),
  }
})

/** Long enough for whatever is owed, too short for a heartbeat. */
const soon = TestClock.adjust("1 second")

const endGroup = (store: Store) => store.end({ message: "over", removalAt: NOW + 1_000, now: NOW }, () => {})

describe("watchTaskGroup", () => {
  it.effect("begins with a status that moves no position, then every row in the order of change", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 1)
      const viewer = yield* watching()
      const newest = store.change()
      expect(viewer.events()).toEqual([
        "task_group_status -",
        `0 queued ${newest - 3}`,
        `2 queued ${newest - 1}`,
        `1 completed ${newest}`,
      ])
      // Nothing else is owed: the status has counted all of this.
      yield* soon
      expect(viewer.events()).toHaveLength(4)
      expect(viewer.text()).toMatch(
        /^event: task_group_status\ndata: \{.*"event_id":"0","status":\{"num_task_runs":3,/,
      )
    }).pipe(Effect.provide(Layer.fresh(Group))),
  )

  it.effect("tells changes, and after them a status with the number of the newest that it counts", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const viewer = yield* watching()
      const before = viewer.events().length
      complete(store, 2)
      complete(store, 0)
      yield* soon
      const newest = store.change()
      expect(viewer.events().slice(before)).toEqual([
        `2 completed ${newest - 1}`,
        `0 completed ${newest}`,
        `task_group_status ${newest}`,
      ])
      expect(viewer.last()).toMatchObject({
        event_id: String(newest),
        status: { task_run_status_counts: { completed: 2, queued: 1 } },
      })
      // A message is a change that no row tells of.
      store.say("following", "waiting for credit")
      yield* soon
      expect(viewer.events().at(-1)).toBe(`task_group_status ${newest + 1}`)
      expect(viewer.last().status.status_message).toBe("waiting for credit")
    }).pipe(Effect.provide(Layer.fresh(Group))),
  )

  it.effect("goes on where a viewer dropped, the opening status included, and misses nothing", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const since = store.change()
      complete(store, 1)
      const viewer = yield* watching(String(since))
      expect(viewer.events()).toEqual(["task_group_status -", `1 completed ${since + 1}`])
      const position = /"event_id":"(\d+)"/.exec(viewer.text())?.[1]
      expect(position).toBe(String(since))
      const again = yield* watching(position)
      expect(again.text()).toBe(viewer.text())
      // An id that was never given means the full state.
      const stranger = yield* watching("999999")
      expect(stranger.events()).toHaveLength(4)
      expect(stranger.text()).toContain('"event_id":"0"')
    }).pipe(Effect.provide(Layer.fresh(Group))),
  )

  it.effect("ends with the last status and done, for those who watch and those who come late", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const viewer = yield* watching()
      for (const index of [0, 1, 2]) complete(store, index)
      endGroup(store)
      yield* soon
      yield* Fiber.join(viewer.fiber)
      const end = store.endedAtChange()!
      expect(viewer.events().slice(-2)).toEqual([`task_group_status ${end - 1}`, `done ${end}`])
      const late = yield* watching()
      yield* Fiber.join(late.fiber)
      expect(late.events().map((event) => event.split(" ").slice(0, -1).join(" "))).toEqual([
        "task_group_status",
        "0 completed",
        "1 completed",
        "2 completed",
        "done",
      ])
    }).pipe(Effect.provide(Layer.fresh(Group))),
  )

  it.effect("says a line now and then while nothing happens, counted from what was last sent", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const viewer = yield* watching()
      const opening = viewer.text()
      yield* TestClock.adjust("14 seconds")
      expect(viewer.text()).toBe(opening)
      yield* TestClock.adjust("32 seconds")
      expect(viewer.text()).toBe(`${opening}: keep-alive\n: keep-alive\n: keep-alive\n`)
      store.apply([told("run-0", "running")], NOW)
      yield* TestClock.adjust("14 seconds")
      expect(viewer.text().match(/keep-alive/g)).toHaveLength(3)
      expect(viewer.events().at(-1)).toBe(`task_group_status ${store.change()}`)
    }).pipe(Effect.provide(Layer.fresh(Group))),
  )

  it.effect("just ends when the group is removed, and lets go of its reader", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const audience = yield* Audience
      const viewer = yield* watching()
      const other = yield* watching()
      expect(audience.watching()).toBe(2)
      yield* Fiber.interrupt(other.fiber)
      expect(audience.watching()).toBe(1)
      yield* store.erase()
      ;(yield* Publisher).close()
      yield* Fiber.join(viewer.fiber)
      expect(viewer.text()).not.toContain("event: done")
      expect(audience.watching()).toBe(0)
    }).pipe(Effect.provide(Layer.fresh(Group))),
  )
})
