import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fieldsOf } from "../../../src/domain/JsonText.ts"
import { resultJson } from "../../../src/domain/RunJson.ts"
import { showResults } from "../../../src/layers/sqlite/resultsView.ts"
import { readOutput } from "../../../src/domain/Wire.ts"
import type { SqliteStorage, SqlValue } from "../../../src/layers/sqlite/SqliteStorage.ts"
import {
  accept,
  breaking,
  complete,
  groupOn,
  inputsOf,
  NOW,
  opened,
  outputOf,
  removed,
  rowsOf,
  submittedOn,
  told,
  type WithStorage,
} from "./fixtures.ts"

export const columnsOf = (storage: SqliteStorage) =>
  [...storage.sql.exec("SELECT name FROM pragma_table_info('results') ORDER BY cid").raw()].map(([name]) =>
    String(name),
  )
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** Values with their types; every digit of an integer, which neither database gives as a number. */
export const valuesOf = (storage: SqliteStorage, column: string) =>
  [
    ...storage.sql
      .exec(
        `SELECT typeof(v), iif(typeof(v) = 'integer', CAST(v AS TEXT), v) FROM (SELECT ${quoted(column)} AS v FROM results)`,
      )
      .raw(),
  ].map(([type, value]): readonly [type: SqlValue, value: SqlValue] => [type ?? null, value ?? null])

/** The same of its text: names are not left to V8's parser, which may take one with an escape for another. */
const expectedOf = (json: string | undefined): readonly [type: string, value: unknown] => {
  if (json === undefined) return expected(null)
  return /^[[{]/.test(json) ? ["text", json] : expected(JSON.parse(json))
}

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

export const WILD = (
  String.raw`it's|"|""|say "hi"|\|\"|a\|[0]|a[0].b|$.x|$|#|?1|__proto__|constructor|2023|-1|0|1e3|/*|*|--|;|` +
  "order|rowid|true|FALSE|null|content|$ID|a.b|A.B|name|Name|NAME|name_2|" +
  "| |é|E\u0301|😀|\u2028|\u0001|back`tick|a\nb|tab\t|" +
  "x".repeat(10_000)
).split("|")

const piece = Schema.Literals([...WILD, "a", "b\0", "1"])
const name = Schema.Array(piece).check(Schema.isMaxLength(2))
const fields = Schema.Array(Schema.Tuple([name, Schema.Json])).check(Schema.isMaxLength(8))
/** Without halves of characters, which SQLite does not know. */
const objectOf = (members: ReadonlyArray<readonly [ReadonlyArray<string>, Schema.Json]>) =>
  JSON.parse(
    JSON.stringify(Object.fromEntries(members.map(([parts, value]) => [parts.join(""), value]))).replace(
      /\\ud[89a-f]../g,
      "\\ufffd",
    ),
  ) as Record<string, Schema.Json>

/** A group with one row. */
export const rowOn = (storage: SqliteStorage, input: string, content?: unknown) => {
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
      const store = submittedOn(storage, inputsOf(5))
      const tell = (index: number, content: string) => {
        const output = readOutput(`{"type":"json","content":${content}}`)
        store.apply([told(`run-${index}`, "completed", { output })], NOW)
      }
      tell(0, `{"ceo":{"name":"A","born":null},"n":1}`)
      tell(1, `{"ceo":"A","n":1,"ceo":738529527931269425,"n":null}`)
      tell(
        2,
        `{"n":123456789012345678901,"ceo":{"name":"A"},"ceo":{"born":[null,{"a":null}]},"n":123456789012345678902}`,
      )
      tell(3, `{"new":1,"company":"A","company":"B"}`)
      expect(valuesOf(storage, "ceo")).toEqual([
        ["text", `{"name":"A","born":null}`],
        ["integer", "738529527931269425"],
        ["text", `{"born":[null,{"a":null}]}`],
        ["null", null],
        ["null", null],
      ])
      expect(valuesOf(storage, "n").slice(0, 3)).toEqual([
        ["integer", "1"],
        ["null", null],
        ["text", "123456789012345678902"],
      ])
      expect([...storage.sql.exec("SELECT company FROM results").raw()].flat().slice(2)).toEqual([
        "Company 2",
        "B",
        "Company 4",
      ])
      expect(columnsOf(storage)).toContain("new")
    }))

  it("an output's column that some inputs have is shown where either has it", () =>
    withStorage((storage) => {
      const inputs = [`{"a":1}`, `{"site":"in"}`, `{"site":"in"}`, `{"site":"in"}`]
      const store = submittedOn(storage, inputs, { inputColumns: ["a", "site"], outputColumns: ["site"] })
      complete(store, 0, { site: "out" })
      complete(store, 1, { site: "out" })
      complete(store, 2, {})
      expect([...storage.sql.exec("SELECT site FROM results").raw()].flat()).toEqual([
        "out",
        "out",
        "in",
        "in",
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

  it("goes with the group", () =>
    withStorage(async (storage) => {
      submittedOn(storage)
      await emptied(storage)
      expect(columnsOf(storage)).toEqual([])
    }))

  it.effect.prop(
    "shows every row as the JSON format does",
    [
      Schema.Array(Schema.Tuple([fields, fields, Schema.Boolean])).check(
        Schema.isMinLength(1),
        Schema.isMaxLength(3),
      ),
      Schema.Boolean,
    ],
    ([given, repeats]) =>
      Effect.promise(() =>
        withStorage((storage) => {
          const inputs = given.map(([input]) => objectOf(input))
          const contents = given.map(([, output, isText]) =>
            isText ? JSON.stringify(objectOf(output)) : objectOf(output),
          )
          const inputColumns = [...new Set(inputs.flatMap(Object.keys))]
          const store = submittedOn(
            storage,
            inputs.map((input) => JSON.stringify(input)),
            { inputColumns, outputColumns: [] },
          )
          for (const [at, content] of contents.entries()) complete(store, at, content)
          if (repeats) showResults(storage, store.details()!, true)
          const results = rowsOf(store).map((row) => fieldsOf(resultJson(row)))
          const outputs = contents.flatMap((content) =>
            typeof content === "string" ? ["content"] : Object.keys(content),
          )
          const names = [...new Set([...inputColumns, ...outputs])].filter(
            (column) => !/^\$(?:id|status)$/.test(column),
          )
          const [, , ...shown] = columnsOf(storage)
          // No two that SQL takes for one.
          const folded = shown.map((column) => column.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
          expect(new Set(["$id", "$status", ...folded]).size).toBe(2 + names.length)
          expect(shown.map((column) => [column, valuesOf(storage, column)])).toEqual(
            names.map((column, at) => [shown[at], results.map((result) => expectedOf(result.get(column)))]),
          )
        }),
      ),
  )
}
