import { describe, expect, it } from "vitest"
import { type TableColumns, TableReader, tableRow } from "../../../src/layers/render/table.ts"
import { tableText } from "../../../src/domain/RunJson.ts"
import type { JsonText, RunRow } from "../../../src/domain/TaskGroup.ts"
import { rowOf } from "./snapshotOf.ts"

const VALUES: ReadonlyArray<JsonText> = [
  `"a"`,
  `""`,
  `"a, b"`,
  `"\\"],{\\\\"`,
  `"\\ud83d \\u0000"`,
  `"語 😀"`,
  "1.10",
  "-0",
  "1e+5",
  "null",
  "true",
  "[]",
  `["x","]"]`,
  "[1,null]",
  `[["a"]]`,
  "{}",
  `{"b":"}"}`,
]
const CONFIDENCES: ReadonlyArray<JsonText | null> = [null, `{"b":"high"}`, `{"b}":"low"}`, `{"output":"low"}`]
const COLUMNS: TableColumns = { inputs: ["a", "$1"], outputs: ["b", "content", "both"] }

/** Every value in every place, in rows of a few shapes. */
const rows = (): ReadonlyArray<RunRow> =>
  VALUES.flatMap((value, at) => {
    const other = VALUES[(at * 7 + 3) % VALUES.length]!
    const input = `{"a":${value},"$1":${other},"both":${value}}`
    const contents = [
      `{"b":${other},"both":${value}}`,
      `{"b":${value},"both":${other}}`,
      `{"both":${value},"b":${other}}`,
      `{"b":${value},"b":${other}}`,
      `{"b":${value}}`,
      "{}",
      `"text ${at}"`,
      null,
    ]
    return contents.flatMap((content, place) => [
      { ...rowOf({ input: {} }, at), input, content, confidence: CONFIDENCES[(at + place) % 4]! },
      { ...rowOf({ input: {}, error: "why" }, at), input: `{"$1":${value}}`, content },
    ])
  })

describe("TableReader", () => {
  it.each([1, 7, 60])(
    "reads rows after others as it reads each alone (%i of a kind together)",
    (together) => {
      const all = rows()
      const mixed = Array.from({ length: 2_000 }, (_, at) => {
        const turn = Math.floor(at / together)
        return all[(turn * 16 + (at % together) * 16 + (turn % 16)) % all.length]!
      })
      const reader = new TableReader(COLUMNS)
      const lines = mixed.map((row) => `\n${tableText(row)}`).join("")
      let at = 0
      for (const row of mixed) {
        expect(reader.read(lines, at + 1)).toEqual(alone(row))
        at = reader.end
      }
      expect(at).toBe(lines.length)
    },
  )

  it("reads a row of any length", () => {
    const long = (value: JsonText): RunRow => ({
      ...rowOf({ input: {} }, 0),
      input: `{"a":${value},"$1":1,"both":2}`,
      content: `{"b":1}`,
    })
    const values = ["1", `"${"\\n".repeat(900_000)}"`, `[${"1,".repeat(900_000)}1]`]
    const reader = new TableReader(COLUMNS)
    for (const value of values) expect(reader.read(tableText(long(value)), 0).inputs).toEqual([value, "1"])
  })

  it("says of a row what is in its columns, and how sure that is", () => {
    const row = { ...rowOf({ input: { a: 1, both: 2 }, content: { b: "x" } }, 0), confidence: `{"b":"low"}` }
    const read = alone(row)
    expect(read).toMatchObject({
      inputs: ["1", "null"],
      outputs: [`"x"`, "null", "2"],
      levels: ["low", "", ""],
    })
    expect(alone({ ...row, content: `"text"`, confidence: `{"output":"high"}` })).toMatchObject({
      outputs: ["null", `"text"`, "2"],
      levels: ["", "high", ""],
    })
    const reader = new TableReader(COLUMNS)
    for (let round = 0; round < 3; round++) expect(reader.read(tableText(row), 0)).toEqual(read)
  })
})

/** `hasOutput` says something of failed rows alone. */
const alone = (row: RunRow) => {
  const read = tableRow(row, COLUMNS)
  return read.failure === null ? { ...read, hasOutput: expect.any(Boolean) as boolean } : read
}
