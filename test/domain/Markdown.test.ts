import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  confidenceEmoji,
  markdownCell,
  markdownHeader,
  markdownRow,
  statusEmoji,
} from "../../src/domain/Markdown.ts"

/**
 * Splits a table row the way GitHub does: at every pipe without a backslash right before it, also inside code spans.
 * Parsers disagree about a pipe after two backslashes, so `strictly` has both readings.
 */
const split = (row: string, pipeAfterTwoBackslashesSplits: boolean): Array<string> => {
  const cells: Array<string> = [""]
  for (let i = 0; i < row.length; i++) {
    const char = row.charAt(i)
    const next = row.charAt(i + 1)
    if (char === "\\" && (next === "|" || (pipeAfterTwoBackslashesSplits && next === "\\"))) {
      cells.push(`${cells.pop() ?? ""}${char}${next}`)
      i++
    } else if (char === "|") cells.push("")
    else cells.push(`${cells.pop() ?? ""}${char}`)
  }
  // a leading and a trailing pipe enclose the row
  return cells.slice(1, -1)
}

const splitStrictly = (row: string): ReadonlyArray<string> => {
  const cells = split(row, true)
  expect(split(row, false)).toEqual(cells)
  return cells
}

/** What a CommonMark renderer shows of text that holds only escapes and entities. */
const rendered = (markdown: string): string =>
  markdown.replace(
    /\\([!-/:-@[-`{-~])|&(amp|lt|#92);/g,
    (_, char?: string, entity?: string) => char ?? (entity === "amp" ? "&" : entity === "lt" ? "<" : "\\"),
  )

const nasty = Schema.Array(
  Schema.Literals([
    "|",
    "\\",
    "`",
    "<",
    "&",
    "lt;",
    "#124;",
    "\n",
    "\r\n",
    " ",
    "_",
    "[",
    "]",
    "(",
    "!",
    "a",
    "0",
    "é",
    "\u00a0",
    "\u0085",
    "\u3000",
    "\u202e",
    "\ud800",
    "\ufeff",
    "\u0000",
    "\u007f",
  ]),
)
const text = Schema.Union([Schema.String, nasty])
const textOf = (value: string | ReadonlyArray<string>): string =>
  typeof value === "string" ? value : value.join("")

describe("markdownCell", () => {
  it.each([
    ["plain", "plain"],
    [null, ""],
    [undefined, ""],
    ["", ""],
    [0, "0"],
    [false, "false"],
    ["a|b", "a\\|b"],
    ["a\\|b", "a&#92;\\|b"],
    ["ends with \\", "ends with &#92;"],
    ["C:\\Users\\x", "C:\\Users\\x"],
    ["one\r\n\r\n  two\u2028three\tfour", "one two three four"],
    ["  spaced  ", "spaced"],
    ["two  spaces", "two spaces"],
    [" one", "one"],
    ["one ", "one"],
    ["`code | pipe`", "\\`code \\| pipe\\`"],
    ["<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"],
    ["AT&T ?a=1&b=2", "AT&T ?a=1&b=2"],
    ["&lt;b&gt; &#60;", "&amp;lt;b&amp;gt; &amp;#60;"],
    ["[x](javascript:alert(1))", "\\[x](javascript:alert(1))"],
    ["![x](https://evil.example/p.png)", "!\\[x](https://evil.example/p.png)"],
    ["<https://x.example>", "&lt;https://x.example>"],
    ["see https://x.example/a_b?c=d&e=f", "see https://x.example/a_b?c=d&e=f"],
    ["snake_case", "snake_case"],
    ["__proto__", "\\_\\_proto__"],
    ["nul\u0000 bell\u0007 esc\u001b[31m \u202Ertl", "nul bell esc\\[31m rtl"],
    ["\ud800", "\ufffd"],
    [["a", "b", 3, null], "a, b, 3, null"],
    [["a, b", "c"], '\\["a, b","c"]'],
    [[], ""],
    [{ a: [1, "|"] }, '{"a":\\[1,"\\|"]}'],
  ] as ReadonlyArray<readonly [unknown, string]>)("%j → %s", (value, cell) => {
    expect(markdownCell(value)).toBe(cell)
  })

  it("takes values that have no JSON text", () => {
    // JSON.stringify also gives up on deep nesting, at a depth that differs between Node and workerd
    const cycle: Record<string, unknown> = {}
    cycle["self"] = cycle
    expect(markdownCell(cycle)).toBe("\\[not representable as JSON]")
    expect(markdownCell({ toString: 1 })).toBe('{"toString":1}')
    expect(markdownCell([{ toString: 1 }])).toBe('\\[{"toString":1}]')
  })

  it.prop("a row has exactly its cells, on one line, without HTML", [Schema.Array(text)], ([values]) => {
    const contents = ["first", ...values.map(textOf), "last"]
    const cells = contents.map(markdownCell)
    for (const row of [markdownRow(cells), `|${cells.join("|")}|`]) {
      expect(splitStrictly(row).map((cell) => cell.trim())).toEqual(cells)
      expect(row).not.toMatch(/[<\n\r\u2028\u2029\p{Cc}]/u)
    }
  })

  it.prop("a cell shows its text, with white space collapsed", [text], ([value]) => {
    const shown = textOf(value)
      .toWellFormed()
      .replace(/[\s\u0085]+/g, " ")
      .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "")
      .trim()
    expect(rendered(markdownCell(textOf(value)))).toBe(shown)
  })

  it.prop("is the same when nothing is looked at before it is escaped", [text], ([value]) => {
    const escaped = textOf(value)
      .toWellFormed()
      .replace(/[\s\u0085]+/g, " ")
      .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "")
      .trim()
      .replace(/&(?=#?[0-9A-Za-z]+;)/g, "&amp;")
      .replace(/\\(?=[!-/:-@[-`{-~]|$)/g, "&#92;")
      .replace(/</g, "&lt;")
      .replace(/[|`[]/g, "\\$&")
      .replace(/(^|[\s("'{,;:])(_+)/g, (_, before: string, run: string) => before + "\\_".repeat(run.length))
    expect(markdownCell(textOf(value))).toBe(escaped)
  })

  it.prop("nothing opens a link, an image or a code span", [text], ([value]) => {
    expect(markdownCell(textOf(value))).not.toMatch(/(?<!\\)[[`]/)
  })

  it.prop("any JSON value is one cell", [Schema.Json], ([value]) => {
    expect(splitStrictly(markdownRow([markdownCell(value), markdownCell({ value })]))).toHaveLength(2)
  })
})

describe("markdownHeader", () => {
  it.prop("has as many delimiters as columns", [Schema.NonEmptyArray(text)], ([values]) => {
    const columns = values.map(textOf)
    const lines = markdownHeader(columns).split("\n")
    expect(lines).toHaveLength(2)
    const [names = "", delimiters = ""] = lines
    expect(splitStrictly(names)).toHaveLength(columns.length)
    expect(splitStrictly(delimiters)).toEqual(columns.map(() => " --- "))
  })
})

describe("emojis", () => {
  it("tell every known status from an unknown one", () => {
    const ends = ["completed", "failed", "cancelled", "queued", "running", "action_required"].map(statusEmoji)
    expect(new Set(ends).size).toBe(6)
    expect(ends).not.toContain(statusEmoji("constructor"))
    expect(statusEmoji("cancelling")).not.toBe(statusEmoji("new"))
  })

  it("show confidence only when there is one", () => {
    expect(["high", "medium", "low"].map(confidenceEmoji).join("")).toBe("🟢🟡🔴")
    expect(["", null, undefined, "certain", 3].map(confidenceEmoji).join("")).toBe("")
  })
})
