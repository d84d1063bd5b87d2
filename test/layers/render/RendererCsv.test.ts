import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { csvCell, csvRecord, csvText, inert, uninert } from "../../../src/domain/Csv.ts"
import { renderCsv } from "../../../src/layers/render/RendererCsv.ts"
import { FORMULAS } from "../../support/formulas.ts"
import { parseCsv } from "./rfc4180.ts"
import { type Given, snapshotOf, snapshotOfTexts } from "./snapshotOf.ts"

const nasty = Schema.Array(
  Schema.Literals([
    '"',
    ",",
    ";",
    "\t",
    "\r",
    "\n",
    "\r\n",
    " ",
    "=",
    "+",
    "-",
    "@",
    "＝",
    "－",
    "'",
    "\u0000",
    "\uFEFF",
    "\u200b",
    "1",
    "a",
    "|cmd",
  ]),
)
const text = Schema.Union([Schema.String, nasty])
const textOf = (value: string | ReadonlyArray<string>): string =>
  typeof value === "string" ? value : value.join("")

/** What the format cannot carry. */
const carried = (value: string) =>
  // oxlint-disable-next-line no-control-regex -- it is what this is about
  value.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "\uFFFD")

/** What a spreadsheet does with a cell: it skips what is not to be seen, and runs what begins with one of these. */
const runs = (cell: string) => /^[^\p{L}\p{N}\p{P}\p{S}]*[=+\-@＝＋－＠]/u.test(cell)

const rendered = (rows: ReadonlyArray<Given>) => {
  const whole = [...renderCsv(snapshotOf(rows), {})].join("")
  expect(whole.startsWith("\uFEFF")).toBe(true)
  return parseCsv(whole.slice(1))
}

describe("csvCell", () => {
  it.each([
    ["plain", "plain"],
    [null, ""],
    ["", ""],
    [0, "0"],
    [-5, "-5"],
    [true, "true"],
    ['says "hi"', '"says ""hi"""'],
    ["a,b", '"a,b"'],
    ["a;=1", '"a;=1"'],
    ["a\tb", '"a\tb"'],
    ["a\nb", '"a\nb"'],
    [" spaced ", '" spaced "'],
    [["a", "b", 1], '"[""a"",""b"",1]"'],
    [{ a: { b: null } }, '"{""a"":{""b"":null}}"'],
    ['=HYPERLINK("https://evil.example","x")', `"'=HYPERLINK(""https://evil.example"",""x"")"`],
    ["+1+1", "'+1+1"],
    ["+49 30 901820", "'+49 30 901820"],
    ["-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"],
    ["-5", "-5"],
    ["-5.25", "-5.25"],
    ["-1e3", "-1e3"],
    ["-", "'-"],
    ["--1", "'--1"],
    ["-5 %", "'-5 %"],
    ["-5=1", "'-5=1"],
    ["@SUM(1)", "'@SUM(1)"],
    ["＝1+1", "'＝1+1"],
    ["＋1", "'＋1"],
    ["－1", "'－1"],
    ["＠x", "'＠x"],
    ["\t=1", `"'\t=1"`],
    ["\rx", `"'\rx"`],
    ["nul\u0000 esc\u001b[31m\u009b", "nul\uFFFD esc\uFFFD[31m\uFFFD"],
    ["\u0000=1", "\uFFFD=1"],
    ["\u200b=1", "'\u200b=1"],
    ["  =1", "'  =1"],
    ["a=b", "a=b"],
    // Undone, it is what it was.
    ["'=1", "''=1"],
    ["'twas", "'twas"],
  ] as ReadonlyArray<readonly [unknown, string]>)("%j → %s", (value, cell) => {
    expect(csvCell(JSON.stringify(value))).toBe(cell)
  })

  it.each(FORMULAS)("%j is no formula", (formula) => {
    const [[cell] = []] = parseCsv(csvRecord([csvText(formula)]))
    expect(cell).toBe(`'${formula}`)
  })

  it.each(["738529527931269425", "1.10", "-0", "1e-400", "-1E+2", "123456789012345678901234567890", "true"])(
    "%s is written as it is spelled",
    (json) => {
      expect(csvCell(json)).toBe(json)
    },
  )

  it("what is nested is the JSON that came, control characters escaped", () => {
    const json = '{"2":[1.0,"\u007f"],"1":"\\u0041","1":-0}'
    expect(parseCsv(csvRecord([csvCell(json)]))).toEqual([[json.replace("\u007f", "\\u007f")]])
  })

  it.prop("a record has exactly its cells, whatever is in them", [Schema.NonEmptyArray(text)], ([values]) => {
    const texts = values.map(textOf)
    const records = parseCsv(csvRecord(texts.map(csvText)).repeat(2))
    expect(records).toHaveLength(2)
    for (const record of records) expect(record.map(uninert)).toEqual(texts.map(carried))
  })

  it.prop("what was made inert can be undone, and nothing else is", [text, text], ([value, other]) => {
    for (const one of [textOf(value), `'${textOf(value)}`, `''=${textOf(value)}`]) {
      expect(uninert(inert(one))).toBe(one)
      if (inert(one) === one) expect(one.startsWith("'") && inert(one.slice(1)) === one).toBe(false)
    }
    expect(inert(textOf(value)) === inert(textOf(other))).toBe(textOf(value) === textOf(other))
  })

  it.prop("no text is run", [text], ([value]) => {
    const [[cell = ""] = []] = parseCsv(csvRecord([csvText(textOf(value))]))
    if (cell !== carried(textOf(value))) expect(cell).toBe(`'${carried(textOf(value))}`)
    expect(runs(cell) && !/^-\d/.test(cell)).toBe(false)
    if (runs(cell)) expect(Number(cell)).not.toBeNaN()
  })

  it.prop("no part of a text is run where cells are split at semicolons or tabs", [text], ([value]) => {
    const cell = csvText(textOf(value))
    if (!cell.startsWith('"')) expect(cell).not.toMatch(/[;\t]/)
  })
})

describe("renderCsv", () => {
  it("has the run, inputs, outputs and the error, in this order", () => {
    const rows = rendered([
      {
        input: { company: "Lego", site: "lego.com" },
        content: { ceo: "Niels", site: "www.lego.com", tags: ["a"] },
      },
      { input: { company: "Apple" } },
      { input: { company: "Nobody", site: "x" }, status: "failed", error: "No source could be read, sorry" },
      { input: { company: "New", site: "s" }, status: "queued", runId: null },
    ])
    expect(rows).toEqual([
      ["$id", "$status", "company", "ceo", "site", "tags", "$error"],
      ["trun_0", "completed", "Lego", "Niels", "www.lego.com", '["a"]', ""],
      ["trun_1", "queued", "Apple", "", "", "", ""],
      ["trun_2", "failed", "Nobody", "", "x", "", "No source could be read, sorry"],
      ["", "queued", "New", "", "s", "", ""],
    ])
  })

  it("shows text output in the column content", () => {
    expect(rendered([{ input: { a: 1 }, content: "=a report" }])).toEqual([
      ["$id", "$status", "a", "content", "$error"],
      ["trun_0", "completed", "1", "'=a report", ""],
    ])
  })

  it("an input where the output lacks the field is shown, as in results", () => {
    expect(
      rendered([
        { input: { a: 1, b: 2 }, content: { b: null } },
        { input: { a: 3, b: 4 }, content: {} },
      ]),
    ).toEqual([
      ["$id", "$status", "a", "b", "$error"],
      ["trun_0", "completed", "1", "", ""],
      ["trun_1", "completed", "3", "4", ""],
    ])
  })

  it("has no byte order mark where none is wanted", () => {
    const given = [{ input: { a: 1 } }]
    expect([...renderCsv(snapshotOf(given), { bom: false })].join("")).toBe(
      [...renderCsv(snapshotOf(given), {})].join("").slice(1),
    )
  })

  it("the run's id, status and error are its own, whatever the columns are called", () => {
    const input = JSON.parse(
      '{"$id": "forged", "$status": "forged", "$error": "forged", "__proto__": "kept", "constructor": "kept too"}',
    )
    expect(rendered([{ input, content: { $id: "forged", $error: "too" } }, { input: {} }])).toEqual([
      ["$id", "$status", "__proto__", "constructor", "$error"],
      ["trun_0", "completed", "kept", "kept too", ""],
      ["trun_1", "queued", "", "", ""],
    ])
  })

  it("columns whose names no text can tell apart are told apart, each with its own values", () => {
    const texts = [
      {
        input: '{"a\\u0001":1,"a\\u0002":2,"a\ufffd_2":3}',
        content: '{"\\ud800":4,"\\udfff":5,"a\ufffd":6}',
      },
    ]
    const whole = [...renderCsv(snapshotOfTexts(texts), { bom: false })].join("")
    expect(parseCsv(whole)).toEqual([
      ["$id", "$status", "a\ufffd", "a\ufffd_3", "a\ufffd_2", "\ufffd", "\ufffd_2", "a\ufffd_4", "$error"],
      ["trun_0", "completed", "1", "2", "3", "4", "5", "6", ""],
    ])
  })

  it.prop(
    "every cell comes back as it was, column names included",
    [Schema.Array(Schema.Tuple([text, text, text]))],
    ([triples]) => {
      const names = triples
        .map(([name]) => textOf(name))
        .filter((name) => !/^\$(?:id|status|error)$/.test(name))
        .filter((name, at, all) => all.findIndex((other) => carried(other) === carried(name)) === at)
      const given = triples.map(([, value, error], at): Given => {
        const name = names[at % Math.max(1, names.length)] ?? "only"
        // Not by assignment: a column may be called `__proto__`.
        return { input: Object.fromEntries([[name, textOf(value)]]), status: "failed", error: textOf(error) }
      })
      const [header = [], ...rows] = rendered(given)
      const same = (cell: string | undefined, wanted: string) =>
        expect(uninert(cell ?? "")).toBe(carried(wanted))
      expect(rows).toHaveLength(given.length)
      const columns = [...new Set(given.flatMap(({ input }) => Object.keys(input)))]
      expect(header).toHaveLength(columns.length + 3)
      for (const [at, name] of columns.entries()) same(header[at + 2], name)
      for (const [at, { input, error }] of given.entries()) {
        for (const [column, name] of columns.entries()) {
          same(rows[at]?.[column + 2], Object.hasOwn(input, name) ? String(input[name]) : "")
        }
        same(rows[at]?.at(-1), error ?? "")
      }
    },
  )

  it("reads a row when it is asked for", () => {
    const snapshot = snapshotOf(Array.from({ length: 100 }, (_, at) => ({ input: { at } })))
    const pieces = renderCsv(snapshot, {})
    pieces.next()
    expect(snapshot.read()).toBe(0)
    pieces.next()
    pieces.next()
    expect(snapshot.read()).toBe(2)
  })
})
