import { expect, it } from "vitest"
import { columnsOf, rowOn, valuesOf, WILD } from "./columns.ts"
import { groupOn, type WithStorage } from "./fixtures.ts"

/** What the columns of the view `results` are called. */
export const columnNamesSuite = (withStorage: WithStorage) => {
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
}
