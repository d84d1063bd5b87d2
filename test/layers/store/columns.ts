import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { resultJson } from "../../../src/domain/RunJson.ts"
import { readOutput } from "../../../src/domain/Wire.ts"
import type { SqliteStorage, SqlValue } from "../../../src/layers/sqlite/SqliteStorage.ts"
import {
  accept,
  breaking,
  complete,
  groupOn,
  NOW,
  opened,
  outputOf,
  removed,
  rowsOf,
  submittedOn,
  told,
  type WithStorage,
} from "./fixtures.ts"

const columnsOf = (storage: SqliteStorage) =>
  [...storage.sql.exec("SELECT name FROM pragma_table_info('results') ORDER BY cid").raw()].map(([name]) =>
    String(name),
  )
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** Values with their types; every digit of an integer, which neither database gives as a number. */
const valuesOf = (storage: SqliteStorage, column: string) =>
  [
    ...storage.sql
      .exec(
        `SELECT typeof(v), iif(typeof(v) = 'integer', CAST(v AS TEXT), v) FROM (SELECT ${quoted(column)} AS v FROM results)`,
      )
      .raw(),
  ].map(([type, value]): readonly [type: SqlValue, value: SqlValue] => [type ?? null, value ?? null])

/** What of a row's JSON a column should hold. */
const expected = (value: unknown): readonly [type: string, value: unknown] => {
  if (value === undefined || value === null) return ["null", null]
  if (typeof value === "boolean") return ["integer", value ? "1" : "0"]
  if (typeof value === "string") return ["text", value.toWellFormed()]
  if (typeof value === "object") return ["text", JSON.stringify(value)]
  if (!/^-?\d+$/.test(JSON.stringify(value))) return ["real", value]
  const digits = JSON.stringify(value)
  const fits = BigInt(digits) === BigInt.asIntN(64, BigInt(digits))
  return [fits ? "integer" : "text", digits === "-0" ? "0" : digits]
}

const WILD = (
  String.raw`it's|"|""|say "hi"|\|\"|a\|[0]|a[0].b|$.x|$|#|?1|__proto__|constructor|2023|-1|0|1e3|/*|*|--|;|` +
  "order|rowid|true|FALSE|null|content|$ID|a.b|A.B|name|Name|NAME|name_2|" +
  "| |é|E\u0301|😀|\u2028|\u0001|back`tick|a\nb|tab\t|" +
  "x".repeat(10_000)
).split("|")

const piece = Schema.Literals([...WILD, "a", "b\0", "1"])
const name = Schema.Array(piece).check(Schema.isMaxLength(2))
const fields = Schema.Array(Schema.Tuple([name, Schema.Json])).check(Schema.isMaxLength(12))
/** Without halves of characters, which SQLite does not know. */
const objectOf = (members: ReadonlyArray<readonly [ReadonlyArray<string>, Schema.Json]>) =>
  JSON.parse(
    JSON.stringify(Object.fromEntries(members.map(([parts, value]) => [parts.join(""), value]))).replace(
      /\\ud[89a-f]../g,
      "\\ufffd",
    ),
  ) as Record<string, Schema.Json>

/** A group with one row. */
const rowOn = (storage: SqliteStorage, input: string, content?: unknown) => {
  const inputColumns = Object.keys(JSON.parse(input) as object)
  const store = submittedOn(storage, [input], { inputColumns, outputColumns: [] })
  if (content !== undefined) complete(store, 0, content)
  return store
}

const emptied = (storage: SqliteStorage) => removed(opened(storage).store)

/** The view `results`: the users' own columns. */
export const columnsSuite = (withStorage: WithStorage) => {
  it("is there when the group is, with what is promised, and takes up what outputs bring", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      expect(columnsOf(storage)).toEqual(["$id", "$status", "company", "ceo"])
      complete(store, 0)
      complete(store, 1, { founded: 1999, ceo: "B" })
      store.apply([told("run-2", "completed", { output: outputOf("A report.") })], NOW)
      expect(columnsOf(storage)).toEqual(["$id", "$status", "company", "ceo", "founded", "content"])
      expect([...storage.sql.exec("SELECT * FROM results").raw()]).toEqual([
        ["run-0", "completed", "Company 0", "Person 0", null, null],
        ["run-1", "completed", "Company 1", "B", 1999, null],
        ["run-2", "completed", "Company 2", null, null, "A report."],
      ])
    }))

  it("has no column that the row behind it has not: both or neither", () =>
    withStorage((storage) => {
      const { storage: broken, breakAt } = breaking(storage, /^CREATE VIEW/)
      const store = submittedOn(broken)
      breakAt(1)
      expect(() => complete(store, 0, { founded: 1999 })).toThrow("planned failure")
      expect(columnsOf(storage)).toEqual(["$id", "$status", "company", "ceo"])
      complete(store, 0, { founded: 1999 })
      expect(columnsOf(storage)).toContain("founded")
    }))

  it("an output's field wins over an input's of its name where the row has it, null too", () =>
    withStorage((storage) => {
      const inputs = ["A", "B", "C", "D"].map((site) => JSON.stringify({ site, content: site }))
      const store = submittedOn(storage, inputs, {
        inputColumns: ["site", "content"],
        outputColumns: ["site"],
      })
      complete(store, 0, { site: "a.example" })
      complete(store, 1, { site: null })
      complete(store, 2, "A report.")
      expect([...storage.sql.exec("SELECT * FROM results").raw()]).toEqual([
        ["run-0", "completed", "a.example", "A"],
        ["run-1", "completed", null, "B"],
        ["run-2", "completed", "C", "A report."],
        ["run-3", "queued", "D", "D"],
      ])
    }))

  it("shows the last of the values that an output has for one name", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const output = readOutput(
        `{"type":"json","content":{"ceo":"A","n":1,"ceo":738529527931269425,"n":null}}`,
      )
      store.apply([told("run-0", "completed", { output })], NOW)
      expect([valuesOf(storage, "ceo")[0], valuesOf(storage, "n")[0]]).toEqual([
        ["integer", "738529527931269425"],
        ["null", null],
      ])
    }))

  it("shows rows whose merged text found no room", () =>
    withStorage((storage) => {
      const long = "x".repeat(700_000)
      const input = JSON.stringify({ long, note: "n", content: "in" })
      const names = { inputColumns: ["long", "note", "content"], outputColumns: ["long"] }
      const store = submittedOn(storage, [input, input], names)
      complete(store, 0, { long: `${long}!`, note: null })
      complete(store, 1, `${long}?`)
      expect(rowsOf(store).map(({ merged }) => merged)).toEqual(["", ""])
      const lengths = "SELECT length(long), note, length(content) FROM results"
      expect([...storage.sql.exec(lengths).raw()]).toEqual([
        [700_001, null, 2],
        [700_000, "n", 700_001],
      ])
    }))

  it("shows the newest attempt of each input", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      complete(store, 0, { ceo: "old" })
      storage.sql.exec(
        `INSERT INTO runs (id, input_index, attempt, change, updated_at, run_id, status, input, content)
         SELECT id + 1, input_index, 2, 99, 0, 'again', 'completed', input, '{"ceo":"new"}' FROM runs WHERE id = 1`,
      )
      expect([...storage.sql.exec(`SELECT "$id", ceo FROM results`).raw()]).toEqual([
        ["again", "new"],
        ["run-1", null],
        ["run-2", null],
      ])
    }))

  it.each([
    ["738529527931269425", "integer", "738529527931269425"],
    ["9223372036854775807", "integer", "9223372036854775807"],
    ["-9223372036854775808", "integer", "-9223372036854775808"],
    ["9223372036854775808", "text", "9223372036854775808"],
    ["-9223372036854775809", "text", "-9223372036854775809"],
    ["123456789012345678901234567890", "text", "123456789012345678901234567890"],
    ["-0", "integer", "0"],
    ["1.10", "real", 1.1],
    ["1e2", "real", 100],
    ["12345678901234567890.5", "real", 12345678901234567000],
    ["1E400000", "real", Infinity],
    ["true", "integer", "1"],
    ["null", "null", null],
    [`{"a":[1.10,12345678901234567890]}`, "text", `{"a":[1.10,12345678901234567890]}`],
    [`"123456789012345678901234567890"`, "text", "123456789012345678901234567890"],
    [`"\\u00e9\\ud83d\\ude00\\n"`, "text", "é😀\n"],
  ])("%s is %s", (json, type, value) =>
    withStorage((storage) => {
      const store = groupOn(storage, [`{"n":${json}}`, `{"n":1}`], { inputColumns: ["n"] })
      accept(store, 0, 2)
      expect(valuesOf(storage, "n")[0]).toEqual([type, value])
      if (type !== "integer") return
      const others = `SELECT n = ${value}, n > ${value} - 1 FROM results`
      if (json !== "-9223372036854775808") expect([...storage.sql.exec(others).raw()][0]).toEqual([1, 1])
    }),
  )

  it("gives each name a spelling of its own, in the order of the columns", () =>
    withStorage((storage) => {
      const inputColumns = ["$id", "Name", "name", "NAME", "name_2", "É", "é", "true", "$STATUS", ""]
      const input = JSON.stringify(Object.fromEntries(inputColumns.map((column) => [column, column])))
      groupOn(storage, [input], { inputColumns, outputColumns: ["$status", "False", "name_3"] })
      const spelled = ["Name", "name_4", "NAME_5", "name_2", "É", "é", "true_2", "$STATUS_2", ""]
      expect(columnsOf(storage)).toEqual(["$id", "$status", ...spelled, "False_2", "name_3"])
      expect(spelled.map((column) => valuesOf(storage, column)[0]?.[1])).toEqual(inputColumns.slice(1))
    }))

  it.each(
    WILD.flatMap((column) => [
      { column, of: "an input" },
      { column, of: "an output" },
    ]),
  )("$column may be a column of $of", ({ column, of }) =>
    withStorage((storage) => {
      const row = { [`${column}!`]: 0, [column]: of }
      rowOn(
        storage,
        JSON.stringify(of === "an input" ? row : { "?": null }),
        of === "an input" ? undefined : row,
      )
      const shown = /^(?:true|false|\$id)$/i.test(column) ? `${column}_2` : column
      expect([columnsOf(storage).includes(shown), valuesOf(storage, shown)]).toEqual([true, [["text", of]]])
    }),
  )

  it("tells names apart that only NUL does", () =>
    withStorage((storage) => {
      rowOn(storage, JSON.stringify({ "a\0b": 1, "a\0c": 2, a: 3, [`\0${"x".repeat(10_000)}`]: 4 }), {
        "a\0d": 5,
      })
      const rows = [...storage.sql.exec("SELECT * FROM results").raw()]
      expect(rows).toEqual([["run-0", "completed", 1, 2, 3, 4, 5]])
      expect(columnsOf(storage).slice(2, 5)).toEqual(["a\ufffdb", "a\ufffdc", "a"])
    }))

  it("has as many columns as the platform allows, whatever they are called", () =>
    withStorage((storage) => {
      const inputColumns = Array.from({ length: 120 }, (_, at) => `column ${at}`)
      const input = JSON.stringify(Object.fromEntries(inputColumns.map((column, at) => [column, at])))
      groupOn(storage, [input], { inputColumns })
      expect(columnsOf(storage)).toEqual(["$id", "$status", ...inputColumns.slice(0, 98)])
      expect([...storage.sql.exec("SELECT * FROM results").raw()][0]?.slice(-1)).toEqual([97])
    }))

  it("leaves out what a statement has no room for, and nothing else", () =>
    withStorage((storage) => {
      const inputColumns = Array.from(
        { length: 12 },
        (_, at) => (at % 2 === 0 ? "" : "\\".repeat(15_000)) + at,
      )
      const input = JSON.stringify(Object.fromEntries(inputColumns.map((column, at) => [column, at])))
      groupOn(storage, [input], { inputColumns, outputColumns: [] })
      const shown = columnsOf(storage).slice(2)
      expect(shown.filter((column) => column.length < 10)).toEqual(["0", "2", "4", "6", "8", "10"])
      expect(shown).toHaveLength(12)
      for (const column of shown)
        expect(valuesOf(storage, column)).toEqual([["integer", String(inputColumns.indexOf(column))]])
    }))

  it("goes with the group", () =>
    withStorage(async (storage) => {
      submittedOn(storage)
      await emptied(storage)
      expect(columnsOf(storage)).toEqual([])
    }))

  it.effect.prop(
    "shows every row as the JSON format does",
    [fields, fields, Schema.Boolean],
    ([given, answered, isText]) =>
      Effect.promise(() =>
        withStorage((storage) => {
          const input = JSON.stringify(objectOf(given))
          const content = isText ? JSON.stringify(objectOf(answered)) : objectOf(answered)
          const store = rowOn(storage, input, content)
          const result = JSON.parse(resultJson(rowsOf(store)[0]!)) as Record<string, Schema.Json>
          const answers = isText ? { content } : objectOf(answered)
          const names = [...new Set([...Object.keys(objectOf(given)), ...Object.keys(answers)])]
          const shown = columnsOf(storage)
          // No two that SQL takes for one.
          expect(new Set(shown.map((column) => column.replace(/[A-Z]/g, (c) => c.toLowerCase()))).size).toBe(
            shown.length,
          )
          expect(shown.slice(2).map((column) => [column, valuesOf(storage, column)[0]])).toEqual(
            names
              .filter((column) => column !== "$id" && column !== "$status")
              .map((column, at) => [shown[at + 2], expected(result[column])]),
          )
        }),
      ),
  )
}
