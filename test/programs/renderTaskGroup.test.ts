import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { taskGroupLayers } from "../../src/do/layers.ts"
import { resultJson } from "../../src/domain/RunJson.ts"
import { EMPTY_PLAN } from "../../src/domain/TaskGroup.ts"
import { PublisherLive } from "../../src/layers/PublisherLive.ts"
import { AudienceLive } from "../../src/layers/AudienceLive.ts"
import { RendererJson } from "../../src/layers/render/RendererJson.ts"
import { RendererMarkdown } from "../../src/layers/render/RendererMarkdown.ts"
import { TaskGroupStoreSqlite } from "../../src/layers/TaskGroupStoreSqlite.ts"
import { readRun } from "../../src/programs/readRun.ts"
import { renderTaskGroup } from "../../src/programs/renderTaskGroup.ts"
import { ReceivingStore } from "../../src/services/ReceivingStore.ts"
import { Renderer } from "../../src/services/Renderer.ts"
import { RowRenderer } from "../../src/services/RowRenderer.ts"
import { complete, initOf, inputsOf, NOW, wholeStore } from "../layers/store/fixtures.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { settingsWith } from "../support/settings.ts"

const COUNT = 300

/** A committed group of rows that wait. */
const Group = Layer.effectDiscard(
  Effect.gen(function* () {
    const store = yield* wholeStore
    store.begin(initOf({ numInputs: COUNT }))
    store.addInputs(0, inputsOf(COUNT), NOW)
    store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: COUNT }] }] })
  }),
).pipe(
  Layer.provideMerge(TaskGroupStoreSqlite(nodeSqliteStorage())),
  Layer.provide([PublisherLive, AudienceLive]),
)

const textOf = <R>(chunks: Stream.Stream<Uint8Array, never, R>) =>
  chunks.pipe(Stream.decodeText(), Stream.mkString)

/** A format that the product does not have. */
const RendererTsv = Layer.succeed(Renderer("tsv"), {
  render: function* (snapshot, { basis = "all" }) {
    yield `company\tstatus\t${String(basis)}\n`
    for (const { input, status } of snapshot.rows(0)) yield `${JSON.parse(input).company}\t${status}\n`
  },
})

describe("renderTaskGroup", () => {
  it.effect("serves a format that somebody adds, which takes a layer of a few lines", () =>
    Effect.gen(function* () {
      const lines = (yield* textOf(renderTaskGroup("tsv", { basis: "none" }))).split("\n")
      expect(lines.slice(0, 2)).toEqual(["company\tstatus\tnone", "Company 0\tqueued"])
      expect(lines).toHaveLength(COUNT + 2)
    }).pipe(Effect.provide([Group, RendererTsv])),
  )

  it.effect("has links that lead to PUBLIC_ORIGIN where an object is told of one", () => {
    const storage = { ...nodeSqliteStorage(), setAlarm: () => {}, deleteAlarm: () => {} }
    const settings = settingsWith({ PUBLIC_ORIGIN: "https://public.example" })
    return Effect.gen(function* () {
      const store = yield* ReceivingStore
      store.begin(initOf({ numInputs: 2 }))
      store.addInputs(0, inputsOf(2), NOW)
      store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: 2 }] }] })
      const found = yield* readRun("1")
      const row = (yield* RowRenderer("md")).render(found!.row, found!.details)
      for (const text of [row, yield* textOf(renderTaskGroup("md"))]) {
        const links = [...text.matchAll(/\]\((.*?)\/tgrp_/g)].map(([, origin]) => origin)
        expect(new Set(links)).toEqual(new Set(["https://public.example"]))
      }
    }).pipe(Effect.provide(taskGroupLayers(storage, settings)))
  })

  it.effect("gives long answers where bytes cannot be freed at once, as in Node 20", () => {
    const { transfer } = ArrayBuffer.prototype
    const RendererLong = Layer.succeed(Renderer("long"), {
      render: function* () {
        for (let part = 0; part < 40; part++) yield "a".repeat(10_000)
      },
    })
    return Effect.gen(function* () {
      Reflect.deleteProperty(ArrayBuffer.prototype, "transfer")
      expect(yield* textOf(renderTaskGroup("long"))).toHaveLength(400_000)
    }).pipe(
      Effect.ensuring(Effect.sync(() => Object.assign(ArrayBuffer.prototype, { transfer }))),
      Effect.provide([Group, RendererLong]),
    )
  })

  it.effect("needs the renderers of its formats and no others", () =>
    Effect.gen(function* () {
      const markdown = yield* textOf(renderTaskGroup("md"))
      const json = JSON.parse(yield* textOf(renderTaskGroup("json")))
      expect(markdown.match(/^\| ⏳/gm)).toHaveLength(COUNT)
      expect(json.results).toHaveLength(COUNT)
    }).pipe(Effect.provide([Group, RendererMarkdown(), RendererJson])),
  )

  it.effect("is one moment, read as it is taken; what it holds is let go of", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const make = store.snapshot
      const seen: Array<string> = []
      Object.assign(store, {
        snapshot: () => {
          seen.push("opened")
          const snapshot = make()
          return {
            ...snapshot,
            close: () => {
              seen.push("closed")
              snapshot.close()
            },
          }
        },
      })
      const read: Array<number> = []
      const rows = Layer.succeed(Renderer("rows"), {
        render: function* (snapshot) {
          for (const row of snapshot.rows(0)) {
            read.push(row.inputIndex)
            yield `${resultJson(row).padEnd(4_000)}\n`
          }
        },
      })
      const chunks = renderTaskGroup("rows").pipe(Stream.provide(rows))
      expect(seen).toEqual([])
      const sizes: Array<number> = []
      let statuses = ""
      yield* Stream.runForEach(chunks, (chunk) =>
        Effect.sync(() => {
          // The first chunk is there after a single row, and no row is read before its chunk is asked for.
          if (sizes.length === 0) {
            expect(read).toEqual([0])
            for (let index = 0; index < COUNT; index++) complete(store, index)
          }
          sizes.push(chunk.length)
          statuses += /"\$status":"(\w+)"/.exec(new TextDecoder().decode(chunk))?.[1]
        }),
      )
      expect(statuses).toMatch(/^(queued)+$/)
      expect(Math.max(...sizes)).toBeLessThan(200_000)
      expect(sizes.length).toBeGreaterThan(6)
      expect(seen).toEqual(["opened", "closed"])
      yield* Stream.runHead(chunks)
      expect(seen).toEqual(["opened", "closed", "opened", "closed"])
    }).pipe(Effect.provide(Layer.fresh(Group))),
  )

  it.effect("breaks rather than ends when the group is removed while it is read", () =>
    Effect.gen(function* () {
      const store = yield* wholeStore
      const chunks = renderTaskGroup("json").pipe(Stream.tap(() => Effect.orDie(store.erase())))
      const exit = yield* Effect.exit(Stream.runDrain(chunks))
      expect(String(exit)).toContain("was removed while it was read")
    }).pipe(Effect.provide([Layer.fresh(Group), RendererJson])),
  )
})
