import { expect, it } from "vitest"
import { ChangeNumber, NO_CHANGE } from "../../../src/domain/Ids.ts"
import { readOutput } from "../../../src/domain/Wire.ts"
import { isTerminal } from "../../../src/domain/RunStatus.ts"
import type { EventReader, RowEncoder } from "../../../src/services/GroupReader.ts"
import { anyGroup } from "./elements.ts"
import {
  asEvents,
  complete,
  type Dice,
  eventsIn,
  inputsOf,
  makeDice,
  NOW,
  observed,
  opened,
  outputOf,
  rowOf,
  rowsOf,
  SEEDS,
  type Store,
  submittedOn,
  told,
  viewersRows,
  type WithStorage,
} from "./fixtures.ts"

/** The same by RunJson alone: SQLite knows nothing of what is not a format's own. */
const byDefinition =
  (encode: RowEncoder): RowEncoder =>
  (...row) =>
    encode(...row)

const heard = (reader: EventReader): string => {
  const decoder = new TextDecoder()
  let text = ""
  for (let more = true; more;) {
    const batch = reader.next()
    for (const bytes of batch.bytes) text += decoder.decode(bytes)
    more = batch.more
  }
  reader.close()
  return text
}

const FORMS = [{}, { basis: "none" }, { basis: { field: "a" } }] as const

/** Has some of those that ended run again, with another processor or the group's. */
const repeatSome = (store: Store, dice: Dice) =>
  store.repeatRows(
    rowsOf(store).flatMap(({ inputIndex, status }) =>
      isTerminal(status) && dice.chance(0.2)
        ? [{ inputIndex, processor: dice.chance(0.2) ? "pro" : null }]
        : [],
    ),
    NOW + 1,
  )

/** What may happen to a group while somebody reads it. */
const happen = (store: Store, dice: Dice) => {
  const index = dice.whole(rowsOf(store).length)
  const { runId, status } = rowOf(store, index)
  const run = runId ?? `run-new-${index}-${store.change()}`
  if (dice.chance(0.2)) store.flush()
  else if (isTerminal(status)) store.repeatRows([{ inputIndex: index, processor: null }], NOW + 2)
  else if (dice.chance(0.5)) store.apply([told(run, "running", { index })], NOW + 2)
  else store.apply([told(run, "completed", { index, output: outputOf({ ceo: "A" }) })], NOW + 2)
}

/** What viewers are given who are behind the newest changes. */
export const viewingSuite = (withStorage: WithStorage) => {
  it.each(SEEDS)("SQLite makes the same events as RunJson, whatever is in a row (seed %i)", (seed) =>
    withStorage((storage) => {
      const dice = makeDice(seed)
      const first = anyGroup(storage, seed)
      repeatSome(first, dice)
      // What is not written, the second knows nothing of.
      for (const store of [first, opened(storage).store]) {
        for (const form of FORMS) {
          const encode = viewersRows(form)
          for (const after of [0, 100, 250, 400].map(ChangeNumber)) {
            const text = heard(store.reader(after, encode))
            expect(text).toBe(heard(store.reader(after, byDefinition(encode))))
            if (after === NO_CHANGE) expect(text.match(/^id: /gm)).toHaveLength(rowsOf(store).length)
          }
        }
      }
    }),
  )

  it("leaves the basis out, however often and in whatever spelling an output has one", () =>
    withStorage((storage) => {
      const outputs = [
        '"basis":[{"field":"a","confidence":"low"}],"x":1.50e3',
        '"x":{"basis":1,"n":-0.0,"s":"é\\/\u2028"},"basis":[]',
        '"basis":[],"basis":[1],"confidence":{"a":1}',
        '"b\\u0061sis":[1],"x":[]',
        '"confidence":"high","x":"\\"basis\\""',
        '"basis":null',
        '"$.basis":1,"x.basis":2',
        "",
      ].map((rest) => readOutput(`{"type":"json","content":{"a":1}${rest && ","}${rest}}`)!)
      const store = submittedOn(storage, inputsOf(outputs.length))
      for (const [index, output] of outputs.entries())
        store.apply([told(`run-${index}`, "completed", { index, output })], NOW)
      const encode = viewersRows({ basis: "none" })
      const text = heard(store.reader(NO_CHANGE, encode))
      expect(text).toBe(heard(store.reader(NO_CHANGE, byDefinition(encode))))
      const shown = text.split("\n\n").slice(0, -1)
      expect(shown).toHaveLength(outputs.length)
      for (const event of shown) {
        const { output } = JSON.parse(event.slice(event.indexOf("data: ") + 6))
        expect(Object.keys(output)).not.toContain("basis")
        expect(Object.keys(output).at(-1)).toBe("confidence")
      }
    }))

  it("sends no line end that a field's name has by an escape", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(2))
      const output = readOutput(`{"content":{},"basis":[{"field":"\\u2028","confidence":"\\u0085"}]}`)
      store.apply([told("run-0", "completed", { index: 0, output })], NOW)
      const text = heard(store.reader(NO_CHANGE, viewersRows({ basis: "none" })))
      expect(text).toContain(String.raw`"confidence":{"\u2028":"\u0085"}`)
    }))

  it.each(SEEDS)("loses and doubles nothing, whatever happens while it is read (seed %i)", (seed) =>
    withStorage((storage) => {
      const dice = makeDice(seed)
      const store = submittedOn(storage, inputsOf(200))
      const watching = store.reader(store.change(), asEvents)
      for (let at = 0; at < 100; at++) happen(store, dice)
      const reader = store.reader(NO_CHANGE, asEvents)
      const seen = new Map<number, string>()
      let position = 0
      for (let more = true; more;) {
        const { bytes, more: goesOn, to } = reader.next()
        for (const event of bytes) {
          for (const { id, data } of eventsIn(event)) {
            expect(id).toBeGreaterThan(position)
            position = id
            const row = rowOf(store, data.input_index!)
            expect([id, data.run?.run_id, data.run?.status]).toEqual([row.change, row.runId, row.status])
            seen.set(row.inputIndex, row.status)
          }
        }
        expect(to).toBeGreaterThanOrEqual(position)
        more = goesOn
        if (dice.chance(0.9)) for (let at = 0; at < 10; at++, more = true) happen(store, dice)
        if (store.change() > 2_000) break
      }
      for (let more = true; more;) {
        const batch = reader.next()
        for (const { data } of batch.bytes.flatMap(eventsIn)) seen.set(data.input_index!, data.run!.status)
        more = batch.more
      }
      expect([...seen].toSorted(([a], [b]) => a - b)).toEqual(
        rowsOf(store).map(({ inputIndex, status }) => [inputIndex, status]),
      )
      watching.close()
      reader.close()
    }),
  )

  it("gives no more at once where large rows follow many small ones", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(630))
      for (let index = 600; index < 630; index++) complete(store, index, { ceo: "x".repeat(300_000) })
      const reader = store.reader(NO_CHANGE, asEvents)
      const sizes: Array<number> = []
      for (let more = true; more;) {
        const batch = reader.next()
        sizes.push(batch.bytes.reduce((sum, { length }) => sum + length, 0))
        more = batch.more
      }
      expect(Math.max(...sizes)).toBeLessThan(600_000)
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(30 * 300_000)
      reader.close()
    }))

  it("gives every row where large ones stand among small ones", () =>
    withStorage((storage) => {
      const store = submittedOn(storage, inputsOf(300))
      for (let index = 100; index < 300; index++)
        complete(store, index, { ceo: index % 3 === 0 ? "x".repeat(40_000) : "A" })
      for (const form of FORMS) {
        const encode = viewersRows(form)
        const text = heard(store.reader(NO_CHANGE, encode))
        expect(text.match(/^id: /gm)).toHaveLength(300)
        expect(text).toBe(heard(store.reader(NO_CHANGE, byDefinition(encode))))
      }
    }))

  it("looks up once for all who begin at the same place, and reads no row by itself", () =>
    withStorage((storage) => {
      const queries = { scans: 0, rows: 0 }
      const counted = observed(storage, (query) => {
        if (query.includes("ORDER BY change")) queries.scans++
        if (query.includes("ORDER BY id DESC LIMIT 1")) queries.rows++
      })
      const store = submittedOn(counted, inputsOf(3_000))
      Object.assign(queries, { scans: 0, rows: 0 })
      const readers = [1, 2, 3].map(() => store.reader(NO_CHANGE, asEvents))
      const texts = readers.map(() => "")
      for (let more = true; more;) {
        const batches = readers.map((reader) => reader.next())
        for (const [at, { bytes }] of batches.entries())
          texts[at] += bytes.map((part) => new TextDecoder().decode(part)).join("")
        more = batches.some((batch) => batch.more)
      }
      expect(new Set(texts).size).toBe(1)
      expect(texts[0]!.match(/^id: /gm)).toHaveLength(3_000)
      expect(queries).toEqual({ scans: 1, rows: 0 })
      for (const reader of readers) reader.close()
      heard(store.reader(NO_CHANGE, asEvents))
      expect(queries).toEqual({ scans: 2, rows: 0 })
    }))

  it("looks up once for viewers who name a place each, and gives each what is behind it", () =>
    withStorage((storage) => {
      let scans = 0
      const counted = observed(storage, (query) => {
        if (query.includes("ORDER BY change")) scans++
      })
      const store = submittedOn(counted, inputsOf(3_000))
      const changes = rowsOf(store).map(({ change }) => change)
      const watching = store.reader(store.change(), asEvents)
      for (const after of [changes[2_000]!, 1, 0, changes[2_999]! - 1, changes[0]!]) {
        const ids = heard(store.reader(ChangeNumber(after), asEvents)).match(/(?<=^id: )\d+/gm)
        expect(ids?.map(Number)).toEqual(changes.filter((change) => change > after))
      }
      expect(scans).toBe(1)
      watching.close()
    }))
}
