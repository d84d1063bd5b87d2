import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { outputFormatOf } from "../../src/cli/results/outputFormat.ts"
import { writeResults } from "../../src/cli/results/writeResults.ts"
import type { RunRow } from "../../src/domain/TaskGroup.ts"
import { FORMULAS } from "../support/formulas.ts"
import { errorText, ID, resultsServer, textRow } from "./support/resultsServer.ts"
import { outputOf } from "./support/world.ts"
import { cellsOf, COMPANIES, written } from "./support/written.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "results-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const toFile = async (rows: ReadonlyArray<RunRow>, name: string, signal?: AbortSignal): Promise<string> => {
  const file = join(folder, name)
  const { multitask } = resultsServer(rows)
  const format = outputFormatOf(name)
  await writeResults({
    world: { stdout: outputOf() },
    multitask,
    id: ID,
    format,
    file,
    columns: null,
    signal,
  })
  return readFileSync(file, "utf8")
}

describe("results as a table", () => {
  it("has the inputs' columns in their order, then the answers', then what became of the row", async () => {
    expect(await written(COMPANIES, "csv", ["company", "7"])).toBe(
      [
        "company,7,ceo,year,sites,$status,$error,$id",
        "Acme,x,Ann,123456789012345678901234567890,,completed,,trun_0",
        '\'=cmd(),"a\nb",,,,failed,"No, ""it"" is down",trun_1',
        'Bäcker,new,,,"[{""u"":""é""}]",completed,,trun_2',
        "",
      ].join("\r\n"),
    )
  })

  it("finds the inputs' columns in the rows where nobody names them, those that look like numbers at their place", async () => {
    const [header] = cellsOf(await written(COMPANIES, "csv"))
    expect(header).toEqual(["company", "7", "ceo", "year", "sites", "$status", "$error", "$id"])
  })

  it("has tabs in TSV", async () => {
    expect((await written(COMPANIES.slice(0, 1), "tsv")).split("\r\n")).toEqual([
      "company\t7\tceo\tyear\t$status\t$error\t$id",
      "Acme\tx\tAnn\t123456789012345678901234567890\tcompleted\t\ttrun_0",
      "",
    ])
  })

  it("begins with a byte order mark in a file, and not on standard output", async () => {
    expect(await toFile(COMPANIES, "a.csv")).toBe(`\ufeff${await written(COMPANIES, "csv")}`)
    expect(await toFile(COMPANIES, "a.tsv")).toBe(`\ufeff${await written(COMPANIES, "tsv")}`)
  })

  it("gives its own columns their names, to whatever columns rows have of the same", async () => {
    const rows = [textRow(0, '{"$id":"mine","a":1,"$error":"theirs"}', '{"$status":"x","b":2}')]
    expect(cellsOf(await written(rows, "csv"))).toEqual([
      ["a", "b", "$status", "$error", "$id"],
      ["1", "2", "completed", "", "trun_0"],
    ])
  })

  it("has one column where an answer has an input's name, at the input's place, with the answer's value", async () => {
    const rows = [
      textRow(0, '{"a":"in","b":"in"}', '{"c":"out","a":"out"}'),
      // Here it is no input's.
      textRow(1, '{"b":"in"}', '{"a":"only out"}'),
      textRow(2, '{"a":"in","d":"in"}', null),
    ]
    expect(cellsOf(await written(rows, "csv"))).toEqual([
      ["a", "b", "d", "c", "$status", "$error", "$id"],
      ["out", "in", "", "out", "completed", "", "trun_0"],
      ["only out", "in", "", "", "completed", "", "trun_1"],
      ["in", "", "in", "", "queued", "", "trun_2"],
    ])
  })

  it("has text output in the column content, and columns that only some rows have", async () => {
    const rows = [
      textRow(0, '{"a":1}', '"It is, \\u0022so\\u0022"'),
      textRow(1, '{"b":{"c":[1.0]}}', null, {
        status: "cancelled",
        runId: null,
        error: errorText("stopped"),
      }),
    ]
    expect(cellsOf(await written(rows, "csv"))).toEqual([
      ["a", "b", "content", "$status", "$error", "$id"],
      ["1", "", 'It is, "so"', "completed", "", "trun_0"],
      ["", '{"c":[1.0]}', "", "cancelled", "stopped", ""],
    ])
  })

  it("holds no formula that a spreadsheet would run, in values, names or errors", async () => {
    const rows = FORMULAS.map((formula, at) =>
      textRow(at, JSON.stringify({ [formula]: formula }), null, {
        status: "failed",
        error: errorText(formula),
      }),
    )
    for (const cell of cellsOf(await written(rows, "csv")).flat())
      expect(cell).not.toMatch(/^[^'\w$]*[=+\-@＝＋－＠]/)
  })

  it("has a header alone where there are no rows", async () => {
    expect(await written([], "csv", ["a"])).toBe("a,$status,$error,$id\r\n")
  })
})

describe("results as JSON and Markdown", () => {
  it("has `results` as they came, to the digit, in order", async () => {
    const text = await written(COMPANIES, "json")
    expect(text).toBe(
      [
        "[",
        '{"$id":"trun_0","$status":"completed","company":"Acme","7":"x","ceo":"Ann","year":123456789012345678901234567890},',
        '{"$id":"trun_1","$status":"failed","company":"=cmd()","7":"a\\nb"},',
        '{"$id":"trun_2","$status":"completed","company":"Bäcker","7":"new","ceo":null,"sites":[{"u":"é"}]}',
        "]",
        "",
      ].join("\n"),
    )
    expect(JSON.parse(text)).toHaveLength(3)
    expect(await written([], "json")).toBe("[]\n")
  })

  it("has the server's own JSON Lines and Markdown", async () => {
    expect(await written(COMPANIES, "jsonl")).toContain(
      '{"$id":"trun_1","$status":"failed","company":"=cmd()","7":"a\\nb","$error":"No, \\"it\\" is down"}\n',
    )
    expect(await written(COMPANIES, "md")).toBe("# 3 rows\n")
  })
})
