import { expect, it } from "vitest"
import type { Piece } from "../../../src/domain/Formats.ts"
import { escapeRaw } from "../../../src/domain/JsonText.ts"
import { lineJson } from "../../../src/domain/LineJson.ts"
import { readOutput } from "../../../src/domain/Wire.ts"
import { pageRowOf, resultJson, runJsonOf, tableText } from "../../../src/domain/RunJson.ts"
import { EMPTY_PLAN, type RunRow } from "../../../src/domain/TaskGroup.ts"
import type { Snapshot } from "../../../src/services/GroupReader.ts"
import { groupId } from "../../support/ids.ts"
import {
  accept,
  type Dice,
  groupOn,
  initOf,
  inputsOf,
  makeDice,
  NOW,
  observed,
  opened,
  outputOf,
  removed,
  rowsOf,
  SEEDS,
  type Store,
  submittedOn,
  told,
  withSnapshot,
  type WithStorage,
  runOf,
} from "./fixtures.ts"

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
export const textOf = (pieces: Iterable<Piece>) =>
  [...pieces].map((piece) => (typeof piece === "string" ? piece : decoder.decode(piece))).join("")

export const PARTS = ["results", "runs", "lines", "table", "page"] as const
type Part = (typeof PARTS)[number]

const piecesOf = (snapshot: Snapshot, part: Part, separator = ","): Iterable<Piece> => {
  if (part === "table") return snapshot.table()
  return part === "page" ? pageLines(snapshot) : snapshot.elements(part, separator)
}

function* pageLines(snapshot: Snapshot): Generator<string> {
  for (const { result, run, table } of snapshot.pageRows())
    yield `${[result, run, ...table.split("\t").slice(0, 6)].join("\n")}\n`
}

export const read = (snapshot: Snapshot, part: Part, separator = ",") =>
  textOf(piecesOf(snapshot, part, separator))

/** What they are by definition. */
export const written = (snapshot: Snapshot, part: Part, separator = ",") => {
  const rows = [...snapshot.rows(0)]
  if (part === "table") return rows.map((row) => `\n${tableText(row)}`).join("")
  if (part === "page")
    return escapeRaw(
      rows
        .map(pageRowOf(snapshot.details))
        .map(({ result, run, table }) => `${[result, run, ...table.split("\t")].join("\n")}\n`)
        .join(""),
    )
  const encode = {
    results: resultJson,
    runs: runJsonOf(snapshot.details),
    lines: (of: RunRow) => lineJson(of),
  }
  return escapeRaw(rows.map(encode[part]).join(separator))
}

const BITS = [
  "a",
  " ",
  '"',
  "\\",
  "\u0000",
  "\u001f",
  "\n",
  "\u007f",
  "é",
  "語",
  "😀",
  "\ud83d",
  "\ude00",
  "\u2028",
  "{",
  "}",
  "'",
  "/",
]
const NAMES = ["a", "b", "$id", "$status", "$error", "content", "basis", "__proto__", "1", "", '"', "\u2028"]
const wordOf = ({ whole, pick }: Dice) => Array.from({ length: whole(6) }, () => pick(BITS)).join("")
const objectOf = (dice: Dice, tame: boolean): Record<string, unknown> =>
  Object.fromEntries(
    Array.from({ length: dice.whole(4) }, (_, at) => [
      tame ? `column_${at}` : dice.pick(NAMES),
      dice.pick<unknown>([wordOf(dice), dice.whole(1_000), null, true, [wordOf(dice)], { a: wordOf(dice) }]),
    ]),
  )

const errorOf = (dice: Dice): unknown =>
  dice.pick<unknown>([
    { message: wordOf(dice) },
    { ref_id: wordOf(dice), message: wordOf(dice), detail: { message: wordOf(dice) } },
    { message: dice.whole(9) },
    { detail: null },
    wordOf(dice),
  ])

/** A group whose rows have been through whatever may happen to them. */
export const anyGroup = (storage: Parameters<typeof groupOn>[0], seed: number): Store => {
  const dice = makeDice(seed)
  const tame = dice.chance(0.5)
  const inputs = Array.from({ length: 150 }, () => JSON.stringify(objectOf(dice, tame)))
  const store = groupOn(storage, inputs, {
    processor: `core${wordOf(dice)}`,
    taskgroupId: groupId('tgrp_"é'),
  })
  const ids = inputs.map((_, at) => `run-${at}${dice.chance(0.1) ? wordOf(dice) : ""}`)
  store.acceptRuns(
    ids.flatMap((runId, inputIndex) => (dice.chance(0.9) ? [runOf(inputIndex, runId)] : [])),
    EMPTY_PLAN,
    NOW,
  )
  const updates = ids.flatMap((runId, index) => {
    if (dice.chance(0.1)) return []
    const status = dice.pick(["queued", "running", "completed", "completed", "failed", "cancelling", "new"])
    const content = dice.chance(0.1) ? wordOf(dice) : objectOf(dice, tame)
    const basis = dice.chance(0.8) ? [{ field: "a", reasoning: wordOf(dice), confidence: "low" }] : undefined
    const long = dice.chance(0.02) ? "x".repeat(20_000) : undefined
    const output = dice.chance(0.9) ? outputOf(content, basis) : null
    const raw = {
      created_at: dice.pick([null, "2026-11-20T09:00:00Z", wordOf(dice)]),
      ...(dice.chance(0.3) ? { error: errorOf(dice), warnings: [{ type: wordOf(dice) }] } : {}),
      ...(dice.chance(tame ? 0.01 : 0.1) ? { beta: wordOf(dice), long } : {}),
    }
    return [told(runId, status, { index, raw, output: status === "completed" ? output : null })]
  })
  store.apply(updates, NOW)
  return store
}

/** The elements of `results` and `runs`, which SQLite makes where it can. */
export const elementsSuite = (withStorage: WithStorage) => {
  it.each(SEEDS)("SQLite makes the same elements as RunJson, whatever is in a row (seed %i)", (seed) =>
    withStorage((storage) => {
      const store = anyGroup(storage, seed)
      withSnapshot(store, (snapshot) => {
        for (const part of PARTS) {
          for (const separator of [",", "\n"])
            expect(read(snapshot, part, separator)).toBe(written(snapshot, part, separator))
        }
      })
    }),
  )

  it("makes UTF-8 of half a character, too", () =>
    withStorage((storage) => {
      const store = groupOn(storage, inputsOf(2))
      store.apply(
        [
          told("run-\ud83d", "failed", { index: 0, raw: { created_at: "\ude00", modified_at: "a\ud83d" } }),
          told("run-1", "new\ud83d", { index: 1 }),
        ],
        NOW,
      )
      withSnapshot(store, (snapshot) => {
        for (const part of PARTS) expect(read(snapshot, part)).toBe(written(snapshot, part))
        expect(read(snapshot, "runs")).toContain('"run_id":"run-\ufffd"')
      })
    }))

  it("escapes what the group itself says, too", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(70), { processor: "core\u2028\u007f" })
      withSnapshot(store, (snapshot) => {
        for (const part of PARTS) expect(read(snapshot, part)).toBe(written(snapshot, part))
      })
    }))

  it("makes ordinary rows by the page, each about as long as the last", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(1_200))
      const ceo = "x".repeat(2_000)
      store.apply(
        Array.from({ length: 1_200 }, (_, index) =>
          told(`run-${index}`, "completed", { index, output: outputOf({ ceo }) }),
        ),
        NOW,
      )
      withSnapshot(store, (snapshot) => {
        const expectPages = (long: number) => {
          for (const part of ["results", "runs", "lines"] as const) {
            const [first = "", ...others] = [...piecesOf(snapshot, part)]
            expect(textOf([first, ...others])).toBe(written(snapshot, part))
            expect(first.length).toBeLessThan(160_000)
            for (const { length } of others.slice(0, -1)) {
              expect(length).toBeGreaterThan((long * 2) / 3)
              expect(length).toBeLessThan(long)
            }
          }
        }
        expectPages(960_000)
        // Each of several readers has one in memory.
        withSnapshot(store, () => expectPages(240_000))
      })
    }))

  it.each([
    { name: "a long output", part: "runs", output: outputOf({ ceo: "é".repeat(10_000) }), raw: {} },
    { name: "a long content", part: "results", output: outputOf({ ceo: "é".repeat(3_000) }), raw: {} },
    { name: "an unknown field", part: "runs", output: outputOf({ ceo: "A" }), raw: { beta: [1] } },
  ] as const)("a page with $name is made row by row", ({ part, output, raw }) =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(600))
      store.apply([told("run-300", "completed", { index: 300, output, raw })], NOW)
      withSnapshot(store, (snapshot) => {
        expect(read(snapshot, part)).toBe(written(snapshot, part))
      })
    }),
  )

  it.each([
    `{"content":{},"basis":[{"basis":1}],"confidence":"low","other":{"basis":[],"confidence":1.10}}`,
    `{"content":{},"basis":[],"a":1,"basis":[2],"confidence":3,"confidence":4}`,
    `{"content":{},"b\\u0061sis":[1],"a\\"":"\\u007f\u2028"}`,
    `{"content":{},"basis":[{"field":"\\u2028","confidence":"\\u007f"}]}`,
    `{"content":"text","basis":null}`,
    `{"content":{}}`,
  ])("a page's rows have all of an output but its basis: %s", (text) =>
    withStorage((storage) => {
      const inputs = inputsOf(600).map((input, at) => (at % 2 === 0 ? input : `{"$id":1,"other":2}`))
      const store = submittedOn(storage, inputs, { processor: "core\u2028" })
      for (let index = 0; index < 600; index++)
        store.apply([told(`run-${index}`, "completed", { index, output: readOutput(text) })], NOW)
      withSnapshot(store, (snapshot) => {
        const rows = [...snapshot.pageRows()]
        expect(read(snapshot, "page")).toBe(written(snapshot, "page"))
        expect(rows.every(({ run }) => !run.includes(`"basis":[{`))).toBe(true)
      })
    }),
  )

  it("a page that is too large for SQLite is made row by row", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(100))
      const warnings = [{ type: "warning", message: "w".repeat(40_000), detail: null }]
      for (let index = 10; index < 90; index++)
        store.apply([told(`run-${index}`, "running", { index, raw: { warnings } })], NOW)
      withSnapshot(store, (snapshot) => {
        for (const part of PARTS) expect(read(snapshot, part)).toBe(written(snapshot, part))
      })
    }))

  it("is one moment, whatever is written while it is read", () =>
    withStorage((storage) => {
      const store = groupOn(storage, inputsOf(600))
      const snapshot = store.snapshot()
      const before = PARTS.map((part) => written(snapshot, part))
      const reading = PARTS.map((part): Iterator<Piece> => piecesOf(snapshot, part)[Symbol.iterator]())
      const begun = reading.map((pieces) => [pieces.next().value])
      accept(store, 0, 600)
      for (let index = 0; index < 600; index++)
        store.apply([told(`run-${index}`, "running"), told(`run-${599 - index}`, "failed")], NOW)
      reading.forEach((pieces, at) => {
        for (let next = pieces.next(); next.done !== true; next = pieces.next()) begun[at]?.push(next.value)
      })
      const texts = begun.map((pieces) => textOf(pieces))
      expect(texts).toEqual(before)
      expect(PARTS.map((part) => read(snapshot, part))).toEqual(before)
      snapshot.close()
      withSnapshot(store, (after) => expect(read(after, "runs")).not.toBe(before[1]))
    }))

  it("merges a row that had no room for it", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, [`{"ceo":"in"}`, `{"$id":"in","a":1}`])
      for (const index of [0, 1]) {
        const output = outputOf({ ceo: "x".repeat(2_100_000) })
        store.apply([told(`run-${index}`, "completed", { index, output })], NOW)
      }
      withSnapshot(store, (snapshot) => {
        expect([...snapshot.rows(0)].map(({ merged }) => merged)).toEqual(["", ""])
        const text = read(snapshot, "results")
        expect(text).toBe(written(snapshot, "results"))
        expect(JSON.parse(`[${text}]`)).toMatchObject([{ ceo: "in" }, { $id: "run-1", a: 1 }])
      })
    }))

  it("several readers of one moment share its pages, and those of another have their own", () =>
    withStorage((storage) => {
      let pages = 0
      const counted = observed(storage, (query) => {
        if (query.includes("group_concat")) pages++
      })
      const store = submittedOn(counted, inputsOf(2_000))
      const before = withSnapshot(store, (snapshot) => read(snapshot, "runs"))
      const alone = pages
      const early = [store.snapshot(), store.snapshot(), store.snapshot()]
      const reading = early.map((snapshot) => snapshot.elements("runs", ",")[Symbol.iterator]())
      const texts = early.map(() => "")
      for (let open = true; open;) {
        const pieces = reading.map((next) => next.next())
        for (const [at, { value, done }] of pieces.entries()) if (done !== true) texts[at] += textOf([value])
        open = pieces.some(({ done }) => done !== true)
      }
      expect(texts).toEqual(early.map(() => before))
      // Each looks for the end of the rows.
      expect(pages - alone).toBe(alone + early.length - 1)
      store.apply([told("run-0", "running")], NOW)
      const late = store.snapshot()
      for (const part of PARTS) {
        for (const snapshot of [late, ...early, late])
          expect(read(snapshot, part)).toBe(written(snapshot, part))
      }
      for (const snapshot of [late, ...early]) snapshot.close()
    }))

  it("breaks when the group is removed meanwhile", () =>
    withStorage(async (storage) => {
      const store = submittedOn(storage, inputsOf(600))
      const snapshot = store.snapshot()
      const pieces = snapshot.elements("runs", ",")[Symbol.iterator]()
      pieces.next()
      await removed(store)
      expect(() => pieces.next()).toThrow("removed")
    }))

  it("is nothing without rows", () =>
    withStorage((storage) => {
      const { store } = opened(storage)
      store.begin(initOf())
      withSnapshot(store, (snapshot) => {
        for (const part of PARTS) expect([...piecesOf(snapshot, part)]).toEqual([])
      })
    }))

  it("writes many rows at once as it would one by one", () =>
    withStorage((storage) => {
      const { store } = opened(storage)
      const inputs = Array.from({ length: 2_300 }, (_, at) =>
        JSON.stringify({
          text: at % 500 === 7 ? "é".repeat(200_000) : `"\\${at}\u0000語`,
          ...(at % 700 === 3 ? { $id: 1 } : {}),
        }),
      )
      store.begin(initOf({ numInputs: inputs.length }))
      store.addInputs(1_000, inputs.slice(1_000, 1_010), NOW)
      for (let from = 0; from < inputs.length; from += 400)
        expect(store.addInputs(from, inputs.slice(from, from + 400), NOW)).toBe("stored")
      store.commit(EMPTY_PLAN)
      const order = [...inputs.keys()].filter((at) => at % 3 !== 1)
      store.acceptRuns(
        order.map((index) => runOf(index, `run-"${index}`)),
        EMPTY_PLAN,
        NOW + 5,
      )
      const rows = rowsOf(opened(storage).store)
      expect(rows.map(({ input }) => input)).toEqual(inputs)
      expect(rows.map(({ runId }) => runId)).toEqual(
        inputs.map((_, at) => (at % 3 === 1 ? null : `run-"${at}`)),
      )
      const numbers = order.map((at) => rows[at]!.change)
      expect(numbers).toEqual(numbers.map((_, at) => numbers[0]! + at))
      expect(store.change()).toBe(numbers.at(-1))
      expect(new Set(rows.map(({ change }) => change)).size).toBe(inputs.length)
      expect(rows.filter(({ merged }) => merged !== null)).toHaveLength(4)
    }))
}
