import { expect, it } from "vitest"
import { resultJson, runJson } from "../../../src/domain/RunJson.ts"
import {
  complete,
  inputsOf,
  NOW,
  opened,
  outputOf,
  rowOf,
  rowsOf,
  submittedOn,
  told,
  type WithStorage,
} from "./fixtures.ts"

const GROUP = { taskgroupId: "tgrp_store_suite", processor: "core" }
const resultOf = (row: ReturnType<typeof rowOf>) => JSON.parse(resultJson(row)) as Record<string, unknown>

/** What an output may be: its size, the names of its columns. */
export const outputsSuite = (withStorage: WithStorage) => {
  it("keeps the content and says what it left out, when the basis does not fit", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const content = { ceo: "x".repeat(1_200_000) }
      const basis = Array.from({ length: 10 }, (_, at) => ({
        field: `f${at}`,
        reasoning: "r".repeat(200_000),
        confidence: "high",
      }))
      expect(store.apply([told("run-0", "completed", { output: outputOf(content, basis) })], NOW)).toEqual([
        "changed",
      ])
      const row = rowOf(store, 0)
      expect(JSON.parse(row.content ?? "")).toEqual(content)
      const kept = (JSON.parse(row.output ?? "{}") as { basis: Array<unknown> }).basis
      expect(kept.length).toBeGreaterThan(0)
      expect(kept).toEqual(basis.slice(0, kept.length))
      expect(row.warnings).toContain(`${10 - kept.length} of 10 basis entries`)
      expect(store.allEnded()).toBe(false)
      expect(store.pendingOutputCount()).toBe(0)
      expect(rowOf(opened(storage).store, 0)).toEqual(row)
    }))

  it.each([
    { name: "ASCII", text: "x".repeat(2_100_000) },
    { name: "three bytes a character", text: "語".repeat(700_000) },
  ])("says so in the row when the content alone is too large ($name)", ({ text }) =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const output = outputOf({ ceo: text })
      expect(store.apply([told("run-0", "completed", { output })], NOW)).toEqual(["changed"])
      expect(rowOf(store, 0)).toMatchObject({ status: "failed", content: null, output: null })
      expect(rowOf(store, 0).error).toContain("2 MB")
      expect(store.pendingOutputCount()).toBe(0)
      // It completed upstream all the same, as counts say.
      expect(store.upstreamCounts()).toEqual({ completed: 1, queued: 2 })
      expect(store.apply([told("run-0", "completed", { output })], NOW)).toEqual(["contradiction"])
      expect(store.upstreamCounts()).toEqual({ completed: 1, queued: 2 })
      complete(store, 1)
      complete(store, 2)
      expect(store.allEnded()).toBe(true)
    }),
  )

  it("keeps an output of the largest size, whatever its characters and its error or warnings", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, [`{"company":"Company 0"}`, `{"ceo":"${"i".repeat(20_000)}"}`])
      const warnings = [{ type: "warning", message: "w".repeat(10_000) }]
      for (const [index, text] of ["\u0001".repeat(300_000), "é".repeat(450_000)].entries()) {
        const output = outputOf({ ceo: text }, [
          { field: "ceo", reasoning: "r".repeat(1_000_000), confidence: "low" },
        ])
        store.apply([told(`run-${index}`, "completed", { output, raw: { warnings } })], NOW)
        expect(resultOf(rowOf(store, index))["ceo"]).toBe(text)
      }
    }))

  it.each(["__proto__", "constructor", "$id", "$status", "toString", "hasOwnProperty", "", 'a"b', "\u2028"])(
    "takes a column called %j in input and output",
    (name) =>
      withStorage((storage) => {
        const column = JSON.stringify(name)
        const store = submittedOn(storage, [`{${column}:"in","other":1}`, `{${column}:"in"}`])
        complete(store, 0, JSON.parse(`{${column}:"out"}`))
        const [filled, empty] = rowsOf(store).map((row) => Object.entries(resultOf(row)))
        const hidden = name === "$id" || name === "$status"
        expect(new Map(filled)).toEqual(
          new Map<string, unknown>([
            ["$id", "run-0"],
            ["$status", "completed"],
            ["other", 1],
            ...(hidden ? [] : [[name, "out"] as const]),
          ]),
        )
        expect(new Map(empty)).toEqual(
          new Map<string, unknown>([
            ["$id", "run-1"],
            ["$status", "queued"],
            ...(hidden ? [] : [[name, "in"] as const]),
          ]),
        )
        const run = JSON.parse(runJson(rowOf(store, 0), GROUP)) as {
          input: object
          output: { content: object }
        }
        expect(Object.entries(run.input)).toEqual([
          [name, "in"],
          ["other", 1],
        ])
        expect(Object.entries(run.output.content)).toEqual([[name, "out"]])
      }),
  )

  it("has a column for each of 310 properties, and of more than a table holds it counts what is left out", () =>
    withStorage((storage) => {
      const contentOf = (from: number, to: number) =>
        Object.fromEntries(Array.from({ length: to - from }, (_, at) => [`p${from + at}`, at]))
      const store = submittedOn(storage, inputsOf(8), { outputColumns: ["ceo"], warnings: ["ours"] })
      complete(store, 0, contentOf(0, 310))
      expect(store.details()).toMatchObject({ warnings: ["ours"] })
      expect(store.details()?.outputColumns).toHaveLength(311)
      complete(store, 1, contentOf(300, 1_100))
      const told = () => store.details()?.warnings.map((warning) => / at least (\d+) of/.exec(warning)?.[1])
      expect(store.details()?.outputColumns).toHaveLength(1_000)
      expect(told()).toEqual([undefined, "101"])
      // The same ones again are no more, some others are; a few more are not worth a write.
      complete(store, 2, contentOf(1_000, 1_100))
      expect(told()).toEqual([undefined, "101"])
      complete(store, 3, contentOf(1_050, 1_400))
      expect(told()).toEqual([undefined, "401"])
      complete(store, 4, contentOf(1_400, 1_405))
      expect(told()).toEqual([undefined, "401"])
      // What a restart has forgotten makes the count no smaller, and no larger than it is.
      const { store: again } = opened(storage)
      complete(again, 5, contentOf(1_000, 1_300))
      expect(again.details()?.warnings).toEqual(store.details()?.warnings)
      complete(again, 6, contentOf(1_000, 2_000))
      expect(again.details()?.warnings[1]).toContain("at least 1000 of the outputs' columns:")
      complete(again, 7, { ["long".repeat(30_000)]: 1 })
      expect(again.details()?.warnings).toHaveLength(2)
      expect(rowOf(again, 6).content).toContain('"p1999":999')
    }))

  it("gives the output's value where both have a column, and text output the column content", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, [`{"a":1,"b":2}`, `{"content":"in"}`])
      complete(store, 0, { b: 3, c: 4 })
      complete(store, 1, "out")
      expect(resultOf(rowOf(store, 0))).toEqual({ $id: "run-0", $status: "completed", a: 1, b: 3, c: 4 })
      expect(resultJson(rowOf(store, 1)).match(/"content"/g)).toHaveLength(1)
      expect(resultOf(rowOf(store, 1))["content"]).toBe("out")
    }))
}
