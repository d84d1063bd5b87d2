import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ExcerptQuery } from "../../src/domain/Excerpt.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import { EMPTY_PLAN } from "../../src/domain/TaskGroup.ts"
import { AudienceLive } from "../../src/layers/AudienceLive.ts"
import { PublisherLive } from "../../src/layers/PublisherLive.ts"
import { ExcerptRendererMarkdown } from "../../src/layers/render/ExcerptRendererMarkdown.ts"
import { TaskGroupStoreSqlite } from "../../src/layers/TaskGroupStoreSqlite.ts"
import { excerptTaskGroup } from "../../src/programs/excerptTaskGroup.ts"
import { Audience } from "../../src/services/Audience.ts"
import { Settings } from "../../src/services/Settings.ts"
import { READERS, tableIn } from "../layers/render/markdownReaders.ts"
import {
  accept,
  initOf,
  inputsOf,
  NOW,
  outputOf,
  told,
  wholeStore,
  type Store,
} from "../layers/store/fixtures.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { settingsWith } from "../support/settings.ts"

/** A group of so many runs that upstream has taken, in this process. */
const groupOf = (rows: number, settings: Partial<SettingsShape> = {}) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const store = yield* wholeStore
      store.begin(initOf({ numInputs: rows, metadata: `{"title":"Companies"}` }))
      store.addInputs(0, inputsOf(rows), NOW)
      store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: rows }] }] })
      accept(store, 0, rows)
    }),
  ).pipe(
    Layer.provideMerge(Layer.suspend(() => TaskGroupStoreSqlite(nodeSqliteStorage()))),
    Layer.provideMerge([
      PublisherLive,
      AudienceLive,
      ExcerptRendererMarkdown,
      Layer.succeed(Settings, settingsWith(settings)),
    ]),
  )

const basisOf = (index: number) => [
  {
    field: "ceo",
    reasoning: `Two sources agree on ${index}.`,
    confidence: "high",
    citations: [{ title: "About", url: `https://a.example/${index}`, excerpts: ["She leads it."] }],
  },
  { field: "born", reasoning: "A guess.", confidence: "low", citations: [] },
]

const complete = (
  store: Store,
  index: number,
  content: unknown = { ceo: `Person ${index}`, born: 1950 + index },
) => store.apply([told(`run-${index}`, "completed", { output: outputOf(content, basisOf(index)) })], NOW + 1)

const fail = (store: Store, index: number) =>
  store.apply([told(`run-${index}`, "failed", { raw: { error: { message: "No such company" } } })], NOW + 1)

const excerpt = Effect.fnUntraced(function* (query: Partial<ExcerptQuery> = {}) {
  const answer = yield* excerptTaskGroup({ basis: "none", maxChars: 40_000, ...query })
  if (answer?._tag !== "Excerpt") throw new Error(answer?._tag ?? "nothing")
  expect(answer.markdown.length).toBeLessThanOrEqual(query.maxChars ?? 40_000)
  return answer
})

const cellsOf = (markdown: string) => tableIn(READERS["markdown-it"]!(markdown))

describe("excerptTaskGroup", () => {
  it.effect("says what the group is, has a line for each row, and how to go on", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 0)
      fail(store, 1)
      store.apply([told("run-2", "running")], NOW)
      const { markdown, ...about } = yield* excerpt()
      expect(about).toEqual({
        _tag: "Excerpt",
        taskgroupId: "tgrp_store_suite",
        url: "https://multitask.example/tgrp_store_suite",
        isActive: true,
        numInputs: 3,
        shown: 3,
        nextAfter: null,
      })
      expect(markdown).toBe(`# Companies

🔄 1 of 3 completed, 1 failed, 1 running · processor core · Task group tgrp_store_suite · [live page](https://multitask.example/tgrp_store_suite.html)

| row | status | company | ceo | born |
| --- | --- | --- | --- | --- |
| 0 | ✅ completed | Company 0 | 🟢 Person 0 | 🔴 1950 |
| 1 | ❌ failed | Company 1 | ⚠️ No such company |  |
| 2 | 🔄 running | Company 2 |  |  |

Rows are counted from 0. 🟢 high, 🟡 medium, 🔴 low confidence

1 row has not ended yet: call getStatus with wait_seconds=20, then ask again.
`)
    }).pipe(Effect.provide(groupOf(3))),
  )

  it.effect("names the next step once a group has ended without some of its rows, by the tools", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 0)
      fail(store, 1)
      expect((yield* excerpt()).markdown).toMatch(
        /\n\n1 row has no result and says why: retryFailed runs what failed again, as new runs\.\n$/,
      )
      store.end({ message: "", removalAt: NOW + 1_000, now: NOW }, () => {})
      expect((yield* excerpt()).markdown).not.toMatch(/getStatus|POST/)
    }).pipe(Effect.provide(groupOf(2))),
  )

  it.effect("says nothing more of a group that is whole", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 0)
      complete(store, 1)
      expect((yield* excerpt()).markdown).toMatch(/low confidence\n$/)
    }).pipe(Effect.provide(groupOf(2))),
  )

  it.effect("chooses rows, and leaves what is beyond for the next call", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      for (const index of [1, 4, 7, 8]) fail(store, index)
      const shown = ({ markdown }: { readonly markdown: string }) =>
        cellsOf(markdown)
          .slice(1)
          .map(([row]) => Number(row))
      const first = yield* excerpt({ limit: 4 })
      expect([shown(first), first.nextAfter]).toEqual([[0, 1, 2, 3], 3])
      expect(first.markdown).toContain(
        "Rows 4 to 9 are not shown: call getResultMarkdown with after=3 and otherwise the same arguments.\n",
      )
      const last = yield* excerpt({ after: 7, limit: 1 })
      expect([shown(last), last.nextAfter]).toEqual([[8], 8])
      expect(last.markdown).toContain("Row 9 is not shown: call")
      const statuses = new Set(["failed", "completed"])
      const failed = yield* excerpt({ statuses, limit: 3 })
      expect([shown(failed), failed.shown, failed.nextAfter]).toEqual([[1, 4, 7], 3, 7])
      expect(failed.markdown).toContain("More rows match: call getResultMarkdown with after=7 and")
      const rest = yield* excerpt({ statuses, after: 7 })
      expect([shown(rest), rest.nextAfter]).toEqual([[8], null])
      const none = yield* excerpt({ statuses, after: 8 })
      expect([none.shown, none.nextAfter]).toEqual([0, null])
      expect(none.markdown).toContain("\n\nNo row after row 8 has the status failed or completed.\n")
      expect((yield* excerpt({ after: 9 })).markdown).toContain("There is no row after row 9.")
    }).pipe(Effect.provide(groupOf(10))),
  )

  it.effect("has the reasons of one field, or of all, behind the table", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 0)
      complete(store, 1)
      const one = (yield* excerpt({ basis: { field: "ceo" } })).markdown
      expect(one).toContain(`low confidence

## Row 0 · run-0

- 🟢 ceo: Two sources agree on 0.
  - 🔗 [About](https://a.example/0)

## Row 1 · run-1

- 🟢 ceo: Two sources agree on 1.
  - 🔗 [About](https://a.example/1)
`)
      expect((yield* excerpt({ basis: "all" })).markdown.match(/🔴 born: A guess\./g)).toHaveLength(2)
      expect(yield* excerptTaskGroup({ basis: { field: "cfo" }, maxChars: 9_000 })).toEqual({
        _tag: "NoSuchField",
        fields: ["ceo", "born"],
      })
    }).pipe(Effect.provide(groupOf(2))),
  )

  it.effect("has one row with all that is known of it", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 1)
      const row = yield* excerpt({ basis: { index: 1 }, limit: 9, after: 7, statuses: new Set(["failed"]) })
      expect(row).toMatchObject({ shown: 1, nextAfter: null, isActive: true })
      expect(row.markdown).toContain("# Row 1 of task group tgrp_store_suite\n")
      expect(row.markdown).toContain("[page](https://multitask.example/tgrp_store_suite/1.html)")
      expect(row.markdown).toContain("“She leads it.”")
      expect(row.markdown).not.toContain("getStatus")
      expect((yield* excerpt({ basis: { index: 0 } })).markdown).toContain(
        "call getStatus with wait_seconds=20",
      )
      for (const index of [2, -1, 0.5, 1e12])
        expect(yield* excerptTaskGroup({ basis: { index }, maxChars: 9_000 })).toEqual({
          _tag: "NoSuchRow",
          numInputs: 2,
        })
    }).pipe(Effect.provide(groupOf(2))),
  )

  it.effect("cuts a row that has no room by itself, says so, and goes on", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      complete(store, 0, { ceo: "😀".repeat(400_000), born: "b".repeat(500) })
      complete(store, 1)
      const first = yield* excerpt({ maxChars: 3_000 })
      expect([first.shown, first.nextAfter]).toEqual([1, 0])
      expect(first.markdown.length).toBeGreaterThan(2_500)
      expect(first.markdown.isWellFormed()).toBe(true)
      const [header, row] = cellsOf(first.markdown)
      expect(row).toHaveLength(header!.length)
      const left =
        /^✅ completed \(cut: (\d+) characters left out; read https:\/\/multitask\.example\/tgrp_store_suite\/0\.md\)$/
      const shown = row![3]!.match(/😀/gu)!.length * 2
      expect(Number(left.exec(row![1]!)?.[1])).toBe(800_000 - shown)
      expect(row![4]).toBe(`🔴 ${"b".repeat(500)}`)
      const rest = yield* excerpt({ maxChars: 3_000, after: 0 })
      expect([rest.shown, rest.nextAfter]).toEqual([1, null])
      const alone = (yield* excerpt({ basis: { index: 0 }, maxChars: 3_000 })).markdown
      expect(alone).toMatch(/… \(cut: \d+ characters left out; read https:\S+\/0\.md\)\n$/)
      expect(alone).toContain("Two sources agree on 0.")
    }).pipe(Effect.provide(groupOf(2))),
  )

  it.effect("reads no more at once than the object may hold, whatever is shown of it", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      // Nothing of a blank is shown.
      for (let index = 0; index < 20; index++) complete(store, index, { ceo: " ".repeat(10_000), born: 1 })
      const first = yield* excerpt()
      expect([first.shown, first.nextAfter]).toEqual([4, 3])
      expect((yield* Audience).reading()).toBe(0)
    }).pipe(Effect.provide(groupOf(20, { GET_DATA_CHARS: 50_000 }))),
  )

  it.effect("is null where there is no group", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      store.remove(() => {})
      expect(yield* excerptTaskGroup({ basis: "none", maxChars: 9_000 })).toBeNull()
      yield* store.erase()
      expect(yield* excerptTaskGroup({ basis: { index: 0 }, maxChars: 9_000 })).toBeNull()
    }).pipe(Effect.provide(groupOf(2))),
  )
})
