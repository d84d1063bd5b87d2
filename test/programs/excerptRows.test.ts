import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { fitColumns } from "../../src/domain/Columns.ts"
import type { ExcerptQuery } from "../../src/domain/Excerpt.ts"
import { EMPTY_PLAN } from "../../src/domain/TaskGroup.ts"
import { readOutput } from "../../src/domain/Wire.ts"
import { AudienceLive } from "../../src/layers/AudienceLive.ts"
import { PublisherLive } from "../../src/layers/PublisherLive.ts"
import { ExcerptRendererMarkdown } from "../../src/layers/render/ExcerptRendererMarkdown.ts"
import { TaskGroupStoreSqlite } from "../../src/layers/TaskGroupStoreSqlite.ts"
import { excerptTaskGroup } from "../../src/programs/excerptTaskGroup.ts"
import { Settings } from "../../src/services/Settings.ts"
import { markupIn, page } from "../clients/readers.ts"
import { Dice, type WildRow, wildRows } from "../clients/wildRows.ts"
import { elementsNamed, textOf } from "../layers/render/html.ts"
import { READERS, tableIn } from "../layers/render/markdownReaders.ts"
import { accept, initOf, NOW, SEEDS, told, wholeStore, type Store } from "../layers/store/fixtures.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { settingsWith } from "../support/settings.ts"

/** Excerpts of any rows, of any length, read by parsers that are not ours. */

const ENDS = ["completed", "completed", "completed", "failed", "running", "queued"] as const

const namesOf = (rows: ReadonlyArray<WildRow>) =>
  fitColumns([], new Set(rows.flatMap(({ members }) => members.map(({ name }) => name)))).taken

/** Texts of any size; of the largest there are few. */
const LARGE = [1_000, 5_000, 45_000, 1_000_000]

const wildBasis = (dice: Dice, fields: ReadonlyArray<string>) =>
  dice.times(dice.below(4), () => ({
    field: fields.length === 0 ? "x" : dice.pick(fields),
    reasoning: dice.pick([
      "",
      "Because.",
      "# no heading\n\n| a | b |\n| - | - |\n",
      "r ".repeat(dice.pick(LARGE)),
    ]),
    confidence: dice.pick(["high", "low", "", "|"]),
    citations: dice.times(dice.below(3), () => ({
      title: dice.pick(["", "A | title", "t".repeat(400)]),
      url: dice.pick([
        "",
        "https://a.example/x|y",
        `https://a.example/${"u".repeat(dice.pick([9, 9, 3_000, 60_000]))}`,
      ]),
      excerpts: dice.times(dice.below(3), () => dice.pick(["“", "e\n".repeat(300)])),
    })),
  }))

/** Upstream's answers to these rows, in any order of ends. */
const answer = (store: Store, dice: Dice, outputs: ReadonlyArray<WildRow>, count: number) => {
  const fields = namesOf(outputs)
  let hasHuge = false
  for (let index = 0; index < count; index++) {
    const status = dice.pick(ENDS)
    const run = `run-${index}`
    if (status === "queued") continue
    if (status === "running") store.apply([told(run, "running")], NOW)
    else if (status === "failed")
      store.apply(
        [
          told(run, "failed", {
            raw: { error: { message: dice.pick(["No", "| no |\n", "n ".repeat(30_000)]) } },
          }),
        ],
        NOW,
      )
    else {
      const { members } = outputs[index]!
      const size: number = dice.below(8) === 0 && !hasHuge ? dice.pick(LARGE) : 0
      hasHuge ||= size > 100_000
      const piece = dice.pick(["wörter ", "😀", "a|b\\|", "<b>&amp;", "*_~`$", "\n", " ", '"'])
      const large =
        size === 0 ? [] : [`"large":${JSON.stringify(piece.repeat(Math.ceil(size / piece.length)))}`]
      const content = `{${[...members.map(({ key, value }) => `${key}:${value}`), ...large].join(",")}}`
      const output = readOutput(
        `{"type":"json","content":${content},"basis":${JSON.stringify(wildBasis(dice, fields))}}`,
      )
      store.apply([told(run, "completed", { output })], NOW)
    }
  }
}

const wildGroup = (dice: Dice) => {
  const count = dice.pick([1, 3, 12, 70])
  const inputs = wildRows(dice, count)
  const wide =
    dice.below(5) === 0
      ? dice.times(dice.pick([50, 900]), (at) => `${at} ${"column ".repeat(dice.below(20))}`)
      : []
  const Group = Layer.effectDiscard(
    Effect.gen(function* () {
      const store = yield* wholeStore
      const title = dice.pick([null, "Companies", "| * | <b>".repeat(20)])
      store.begin(
        initOf({
          numInputs: count,
          metadata: JSON.stringify({ title }),
          inputColumns: [...namesOf(inputs), ...wide].slice(0, 1_000),
          outputColumns: [],
        }),
      )
      store.addInputs(
        0,
        inputs.map(({ text }) => text),
        NOW,
      )
      store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: count }] }] })
      accept(store, 0, count)
      if (dice.below(4) === 0) store.say("webhook", "Some | long * words. ".repeat(200))
      answer(store, dice, wildRows(dice, count), count)
    }),
  )
  return Group.pipe(
    Layer.provideMerge(TaskGroupStoreSqlite(nodeSqliteStorage())),
    Layer.provideMerge([
      PublisherLive,
      AudienceLive,
      ExcerptRendererMarkdown,
      Layer.succeed(Settings, settingsWith()),
    ]),
  )
}

const wildQuery = (dice: Dice, columns: ReadonlyArray<string>): ExcerptQuery => ({
  ...(dice.below(3) === 0 && { statuses: new Set(dice.pick([["failed"], ["completed", "running"]])) }),
  ...(dice.below(4) === 0 && { limit: 1 + dice.below(9) }),
  basis: dice.pick(["none", "none", "all", columns.length === 0 ? "all" : { field: dice.pick(columns) }]),
  maxChars: 2_000 + dice.below(dice.pick([1, 500, 8_000, 60_000])),
})

const ask = Effect.fnUntraced(function* (query: ExcerptQuery) {
  const excerpt = yield* excerptTaskGroup(query)
  if (excerpt?._tag !== "Excerpt") throw new Error(String(excerpt?._tag))
  const { markdown } = excerpt
  expect(markdown.length).toBeLessThanOrEqual(query.maxChars)
  expect(markdown.isWellFormed()).toBe(true)
  return excerpt
})

/** What a reader has of it: the rows' indexes, after all that no value may bring in is looked for. */
const indexesIn = (markdown: string, reader: string, basis: ExcerptQuery["basis"]): ReadonlyArray<number> => {
  const html = READERS[reader]!(markdown)
  const [header, ...lines] = tableIn(html)
  for (const line of lines) expect(line).toHaveLength(header!.length)
  const body = page(html)
  expect(markupIn(body)).toEqual([])
  expect(elementsNamed(body, ["table"]).length).toBe(lines.length === 0 ? 0 : 1)
  expect(elementsNamed(body, ["h1"]).map(textOf)).toHaveLength(1)
  if (basis === "none") expect(elementsNamed(body, ["h2", "h3", "li", "blockquote"])).toEqual([])
  for (const heading of elementsNamed(body, ["h2"])) expect(textOf(heading)).toMatch(/^Row \d+ · run-\d+$/)
  return lines.map(([row]) => Number(row))
}

describe("excerpts of any rows", () => {
  it.each(SEEDS)("fit, are tables, and together are the selection, each row once (seed %i)", (seed) => {
    const dice = new Dice(seed)
    for (let round = 0; round < 4; round++) {
      const program = Effect.gen(function* () {
        const store = yield* wholeStore
        for (let time = 0; time < 2; time++) {
          const query = wildQuery(dice, store.details()!.outputColumns)
          const { statuses } = query
          const snapshot = store.snapshot(store.choose(statuses === undefined ? {} : { statuses }))
          const selected = Array.from(snapshot.rows(0), ({ inputIndex }) => inputIndex)
          snapshot.close()
          const seen: Array<number> = []
          let after: number | undefined
          for (let call = 0; call <= selected.length; call++) {
            const { shown, nextAfter, markdown } = yield* ask({ ...query, after })
            const indexes = indexesIn(markdown, dice.pick(Object.keys(READERS)), query.basis)
            expect(indexes).toHaveLength(shown)
            seen.push(...indexes)
            if (nextAfter === null) break
            expect(nextAfter).toBe(indexes.at(-1))
            expect(markdown).toContain(`call getResultMarkdown with after=${nextAfter}`)
            after = nextAfter
          }
          expect(seen).toEqual(selected)
        }
        const index = dice.below(store.details()!.numInputs)
        const { markdown } = yield* ask({ basis: { index }, maxChars: 2_000 + dice.below(9_000) })
        const html = READERS[dice.pick(Object.keys(READERS))]!(markdown)
        for (const line of tableIn(html)) expect(line).toHaveLength(2)
        expect(elementsNamed(page(html), ["h1"]).map(textOf)).toEqual([
          `Row ${index} of task group tgrp_store_suite`,
        ])
      })
      Effect.runSync(program.pipe(Effect.provide(wildGroup(dice))))
    }
  })
})
