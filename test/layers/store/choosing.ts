import { expect, it } from "vitest"
import { RunId } from "../../../src/domain/Ids.ts"
import type { Selection } from "../../../src/domain/ResultQuery.ts"
import type { Snapshot } from "../../../src/services/GroupReader.ts"
import { anyGroup, PARTS, read, textOf, written } from "./elements.ts"
import {
  type Dice,
  groupOn,
  inputsOf,
  makeDice,
  NOW,
  observed,
  opened,
  outputOf,
  rowsOf,
  SEEDS,
  type Store,
  submittedOn,
  told,
  type WithStorage,
} from "./fixtures.ts"

const chosen = <T>(
  store: Store,
  selection: Selection,
  look: (snapshot: Snapshot, next: number | null) => T,
): T => {
  const choice = store.choose(selection)
  const snapshot = store.snapshot(choice)
  try {
    return look(snapshot, choice.next)
  } finally {
    snapshot.close()
  }
}

const indexesOf = (snapshot: Snapshot) => [...snapshot.rows(0)].map(({ inputIndex }) => inputIndex)

const anySelection = (dice: Dice, count: number): Selection => ({
  ...(dice.chance(0.7) && {
    statuses: new Set(["queued", "running", "completed", "failed"].filter(() => dice.chance(0.5))),
  }),
  ...(dice.chance(0.5) && { after: dice.whole(count + 10) }),
  ...(dice.chance(0.7) && { limit: 1 + dice.whole(dice.chance(0.5) ? 5 : count) }),
})

export const choosingSuite = (withStorage: WithStorage) => {
  it.each(SEEDS)("has the rows of a selection and no others, in every form (seed %i)", (seed) =>
    withStorage((storage) => {
      const first = anyGroup(storage, seed)
      const dice = makeDice(seed)
      // What runs is in memory only, and is gone after a restart; a group at rest knows no states.
      for (const store of [first, opened(storage).store]) {
        const all = rowsOf(store)
        for (let round = 0; round < 40; round++) {
          const selection = anySelection(dice, all.length)
          const { statuses, after = -1, limit = Number.POSITIVE_INFINITY } = selection
          const fitting = all.filter(
            ({ inputIndex, status }) => inputIndex > after && (statuses?.has(status) ?? true),
          )
          const expected = fitting.slice(0, limit)
          chosen(store, selection, (snapshot, next) => {
            expect([...snapshot.rows(0)]).toEqual(expected)
            expect(next).toBe(fitting.length > expected.length ? expected.at(-1)?.inputIndex : null)
            for (const part of PARTS) expect(read(snapshot, part)).toBe(written(snapshot, part))
          })
        }
      }
    }),
  )

  it("pages add up to the whole, made by SQLite as the whole is", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(700))
      store.apply(
        Array.from({ length: 700 }, (_, index) =>
          index % 10 === 0
            ? told(`run-${index}`, "failed", { index, raw: { error: { message: `no ${index}` } } })
            : told(`run-${index}`, "completed", { index, output: outputOf({ ceo: `${index}` }) }),
        ),
        NOW,
      )
      for (const part of ["results", "runs", "lines"] as const) {
        const whole = chosen(store, {}, (snapshot) => read(snapshot, part, "\n"))
        const texts: Array<string> = []
        for (let after: number | null = -1; after !== null;)
          after = chosen(store, { after, limit: 150 }, (snapshot, next) => {
            const pieces = [...snapshot.elements(part, "\n")]
            expect(pieces[0]).toBeInstanceOf(Uint8Array)
            texts.push(textOf(pieces))
            return next
          })
        expect(texts).toHaveLength(5)
        expect(texts.join("\n")).toBe(whole)
      }
    }))

  it("never has more rows than were asked for, nor others, whatever changes before it is read", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(400))
      const ends = (index: number) =>
        store.apply([told(`run-${index}`, "failed", { index, raw: { error: { message: "x" } } })], NOW)
      // Every other row waits, and from 200 on each does, so that SQLite makes pages of them.
      for (let index = 0; index < 200; index += 2) ends(index)
      const choice = store.choose({ statuses: new Set(["queued"]), limit: 250 })
      for (let index = 1; index < 400; index += 6) ends(index)
      const snapshot = store.snapshot(choice)
      const waiting = Array.from({ length: 350 }, (_, index) => index).filter(
        (index) => index >= 200 || index % 2 === 1,
      )
      const expected = waiting.filter((index) => index % 6 !== 1)
      expect(indexesOf(snapshot)).toEqual(expected)
      for (const part of PARTS) expect(read(snapshot, part)).toBe(written(snapshot, part))
      expect(choice.next).toBe(349)
      snapshot.close()
    }))

  it("reads what it gives, and of the others no more than how they stand", () =>
    withStorage((storage) => {
      let statements: Array<string> = []
      const counted = observed(storage, (query) => statements.push(query))
      const store = submittedOn(counted, inputsOf(3_000))
      for (const index of [5, 6, 1_500, 2_999]) store.apply([told(`run-${index}`, "failed", { index })], NOW)
      statements = []
      const failed = chosen(store, { statuses: new Set(["failed"]) }, indexesOf)
      expect(failed).toEqual([5, 6, 1_500, 2_999])
      expect(statements.length).toBeLessThan(10)
    }))

  it("finds a row by its run", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(3))
      expect(store.rowOf(RunId("run-2"))?.inputIndex).toBe(2)
      expect(store.rowOf(RunId("run-3"))).toBeNull()
    }))

  const RAW = "a\u007f\u0085\u009f\u2028\u2029b"
  const ESCAPED = String.raw`a\u007f\u0085\u009f\u2028\u2029b`

  it.each<[where: string, put: (store: Store) => void]>([
    [
      "an output",
      (store) => store.apply([told("run-1", "completed", { output: outputOf({ ceo: RAW }) })], NOW),
    ],
    [
      "an error",
      (store) => store.apply([told("run-1", "failed", { raw: { error: { message: RAW } } })], NOW),
    ],
    [
      "what is known in memory only",
      (store) => store.apply([told("run-1", "running", { raw: { beta: RAW } })], NOW),
    ],
    ["a status", (store) => store.apply([told("run-1", `new${RAW}`)], NOW)],
  ])("escapes what no text may carry raw, in %s", (_, put) =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(100))
      const isBytes = (of: Store) =>
        chosen(of, {}, (snapshot) =>
          [...snapshot.elements("runs", ",")].every((piece) => typeof piece !== "string"),
        )
      expect(isBytes(store)).toBe(true)
      put(store)
      const texts = (of: Store) =>
        chosen(of, {}, (snapshot) => read(snapshot, "runs") + read(snapshot, "lines"))
      expect(texts(store)).toContain(ESCAPED)
      expect(texts(store)).not.toContain(RAW)
      // After a restart, too; what was in memory only is gone then.
      store.flush()
      expect(texts(opened(storage).store)).toBe(texts(store))
    }),
  )

  it("escapes it in inputs, also where a version stored them that kept no account of it", () =>
    withStorage((storage) => {
      const store = groupOn(storage, [...inputsOf(80), `{"a":"${RAW}"}`])
      const text = (of: Store) => chosen(of, {}, (snapshot) => read(snapshot, "results"))
      expect(text(store)).toContain(ESCAPED)
      storage.kv.delete("allPlain")
      expect(text(opened(storage).store)).toBe(text(store))
    }))

  it("knows nothing of a transaction that failed", () =>
    withStorage((storage) => {
      let broken = false
      const failing = observed(storage, (query) => {
        if (broken && query.startsWith("UPDATE runs")) throw new Error("planned failure")
      })
      const store = submittedOn(failing, inputsOf(100))
      const update = told("run-1", "completed", { output: outputOf({ ceo: RAW }) })
      broken = true
      expect(() => store.apply([update], NOW)).toThrow("planned failure")
      broken = false
      expect(storage.kv.get("allPlain")).toBe(true)
      store.apply([update], NOW)
      expect(storage.kv.get("allPlain")).toBeUndefined()
      expect(chosen(store, {}, (snapshot) => read(snapshot, "lines"))).toContain(ESCAPED)
    }))
}
