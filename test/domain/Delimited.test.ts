import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { csvRecord, csvText } from "../../src/domain/Csv.ts"
import { type DelimitedOptions, DelimitedReader } from "../../src/domain/Delimited.ts"
import { Problems } from "../../src/domain/Problem.ts"
import { RowCollector } from "../../src/domain/Rows.ts"

const LIMITS = { maxInputs: 100, maxSpecPlusInputChars: 300, maxDepth: 64, maxValues: 1_000 }

/** Pieces of these lengths, again and again. */
const cut = (text: string, lengths: ReadonlyArray<number>): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const end = at + (lengths.length === 0 ? text.length : lengths[turn % lengths.length]!)
    pieces.push(text.slice(at, end))
    at = end
  }
  return pieces
}

const read = (
  text: string,
  { lengths = [], ...options }: Partial<DelimitedOptions> & { lengths?: ReadonlyArray<number> } = {},
) => {
  const problems = new Problems()
  const reader = new DelimitedReader(LIMITS, problems, {
    delimiter: null,
    isDeclared: true,
    maxChars: 5_000,
    ...options,
  })
  for (const piece of cut(text, lengths)) reader.push(piece)
  const end = reader.end()
  if (!(end instanceof RowCollector)) return end
  const { texts } = end.finish(true)
  return problems.count > 0 ? problems.list("inputs") : texts
}

let n = 0
const lengths = Schema.Array(Schema.Literals([1, 2, 3, 7, 64]))

describe("DelimitedReader", () => {
  it.each<[string, string, ReadonlyArray<string>]>([
    ["commas", "a,b\n1,x y\n", ['{"a":"1","b":"x y"}']],
    ["semicolons", "a;b,c;d\r\n1,5;2;3\r\n", ['{"a":"1,5","b,c":"2","d":"3"}']],
    ["tabs", "a\tb;c,d\n1\t2", ['{"a":"1","b;c,d":"2"}']],
    ["a quoted delimiter in the header", '"a;;b",c\n1,2', ['{"a;;b":"1","c":"2"}']],
    ["a line that names the delimiter", "sep=;\r\na\r\n1,2\r\n", ['{"a":"1,2"}']],
    ["a byte order mark", "\ufeffa,b\n1,2", ['{"a":"1","b":"2"}']],
    ["old line ends", "a,b\r1,2\r3,4", ['{"a":"1","b":"2"}', '{"a":"3","b":"4"}']],
    ["quotes and line ends within", 'a,b\n"x\r\n""y"", z",2\n', ['{"a":"x\\r\\n\\"y\\", z","b":"2"}']],
    ["blanks behind a quote", '"a" ,"b"\n"1" ,"2"\n', ['{"a":"1","b":"2"}']],
    ["a quote within a cell", 'a,b\n5" disk,2\n', ['{"a":"5\\" disk","b":"2"}']],
    ["blank lines", "\n\na,b\n\n \n1,2\n\n", ['{"a":"1","b":"2"}']],
    ["one column", "company\nAcme\n\nBeta", ['{"company":"Acme"}', '{"company":"Beta"}']],
    ["cells as they are", "a, b\n 007 , 1.10 \n", ['{"a":" 007 ","b":" 1.10 "}']],
    ["missing cells", "a,b,c\n1\n", ['{"a":"1","b":"","c":""}']],
    ["columns without name and text", "a,b,,\n1,2,,\n3,4\n5,6,,,\n", [1, 3, 5].map(pair)],
    ["names like numbers", "2023,2021,__proto__\n1,2,3\n", ['{"2023":"1","2021":"2","__proto__":"3"}']],
    ["rows without text", "a,b\n , \n1,2\n,\n", ['{"a":"1","b":"2"}']],
  ])("reads %s", (_, text, rows) => {
    expect(read(text)).toEqual(rows)
    expect(read(text, { lengths: [1] })).toEqual(rows)
  })

  it("takes a declared delimiter whatever the header has", () => {
    expect(read("a,b,c\tb\n1\t2\n", { delimiter: "\t" })).toEqual(['{"a,b,c":"1","b":"2"}'])
  })

  it.each<[string, string, object]>([
    ["a quote that is never closed", 'a,b\n1,2\n"3\n4', { _tag: "UnclosedQuote", line: 3 }],
    ["text behind a quote", 'a,b\r\n"1"x,2', { _tag: "TextBehindQuote", line: 2 }],
    ["a column twice", "a,b,b,c,a\n1,2,3,4,5", { _tag: "RepeatedColumns", names: ["b", "a"] }],
    ["a header alone", "a,b\n", { _tag: "NoRows" }],
    ["no header", "\n \n", { _tag: "NoRows" }],
    ["a header without end", "a".repeat(400), { _tag: "HeaderTooLong", limit: 300 }],
    ["a header of commas", ",".repeat(400), { _tag: "HeaderTooLong", limit: 300 }],
    [
      "rows that repeat a long header",
      `${"a".repeat(200)}\n${"1\n".repeat(30)}`,
      { _tag: "TooLarge", limit: 5_000 },
    ],
    [
      "many missing values",
      `a${",b".repeat(40).replaceAll(/b/g, () => `c${n++}`)}\n${"1\n".repeat(30)}`,
      { _tag: "TooManyValues", limit: 1_000 },
    ],
    ["too many values", `a\n${"1\n".repeat(600)}`, { _tag: "TooManyValues", limit: 1_000 }],
  ])("stops at %s", (_, text, failure) => {
    expect(read(text)).toEqual(failure)
    expect(read(text, { lengths: [1] })).toEqual(failure)
  })

  it("names rows and lines that do not fit the header", () => {
    const text = `a,b,\n"1\n2",2\n3,4,,x\n5,6,7\n8,${"9".repeat(400)}\n`
    expect(read(text)).toEqual([
      { path: "inputs[1]", message: expect.stringMatching(/4 cells \(line 4\).* 3 columns/) },
      { path: "inputs[3]", message: expect.stringMatching(/^has 40\d characters/) },
    ])
  })

  it("takes no blank line for the header, however the text is cut", () => {
    for (const lengths of [[1], [2], [3], [100]])
      expect(read("\r\n \na;b\n1;2\n", { lengths })).toEqual(['{"a":"1","b":"2"}'])
  })

  it("names a column without a name by its place, where it holds something", () => {
    // As data frames write their index, and spreadsheets empty columns.
    expect(read(",company,column_1,\n0,A,x,\n1,B,y,\n")).toEqual([
      '{"column_1_":"0","company":"A","column_1":"x"}',
      '{"column_1_":"1","company":"B","column_1":"y"}',
    ])
  })

  it.each([
    ["a sentence", "Not found"],
    ["two lines", "Access denied\nPlease log in"],
    ["a sentence with a comma", "Access denied, please log in"],
    ["commas here and there", "Sorry, no\nThe service, as it were, is down, alas"],
  ])("does not take %s for a table unless somebody says so", (_, text) => {
    expect(read(text, { isDeclared: false })).toEqual({ _tag: "NoTable" })
  })

  it("takes what looks like a table for one", () => {
    expect(read("a\tb\n1\t2\n", { isDeclared: false })).toEqual(['{"a":"1","b":"2"}'])
  })

  /** Text that our CSV does not change: it puts U+FFFD in the place of control characters. */
  const text = Schema.Union([
    Schema.String.check(
      Schema.isPattern(/^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/),
      Schema.isMaxLength(8),
    ),
    Schema.Literals([
      "=1+1",
      "'=x",
      "+49",
      "-5",
      "-x",
      "@a",
      "\t=a",
      '"',
      '""',
      ",",
      ";",
      "\n",
      "\r\n",
      " a ",
      "'",
    ]),
  ])

  it.prop(
    "reads what our CSV says, in whatever pieces it comes",
    [Schema.Array(Schema.Tuple([text, text, text])), lengths],
    ([rows, lengths]) => {
      const names = ["=name", "b,b", " c "]
      const error = `=${"why".repeat(200)}`
      const json = (cells: ReadonlyArray<string>) =>
        JSON.stringify(Object.fromEntries(names.map((name, at) => [name, cells[at]])))
      const sent = rows.filter(
        (cells) => json(cells).length <= 300 && cells.some((cell) => cell.trim() !== ""),
      )
      const csv = [["$id", "$status", ...names, "$error"]]
        .concat([...sent, ["x", "y", "z"]].map((cells) => ["trun_1", "failed", ...cells, error]))
        .map((cells) => csvRecord(cells.map(csvText)))
      expect(read(`\ufeff${csv.join("")}`, { lengths })).toEqual([...sent.map(json), json(["x", "y", "z"])])
    },
  )

  it("keeps apostrophes and $ columns of a CSV that is not ours", () => {
    expect(read("$id,a\n7,'=x\n")).toEqual([`{"$id":"7","a":"'=x"}`])
  })

  const wild = Schema.Array(
    Schema.Literals(['"', ",", ";", "\t", "\n", "\r", "a", " ", "=", "'", "\ufeff", "é"]),
  )
  it.prop(
    "ends alike in whatever pieces a text comes, and never throws",
    [wild, lengths],
    ([chars, lengths]) => {
      const text = chars.join("")
      expect(read(text, { lengths })).toEqual(read(text))
    },
  )
})

function pair(first: number): string {
  return `{"a":"${first}","b":"${first + 1}"}`
}
