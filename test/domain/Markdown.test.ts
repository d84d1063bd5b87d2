import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  confidenceEmoji,
  markdownCell,
  markdownHeader,
  markdownLink,
  markdownParagraph,
  markdownRow,
  markdownStatus,
  markdownValue,
  statusEmoji,
} from "../../src/domain/Markdown.ts"
import { attributeOf, elementsNamed, textOf as shown } from "../layers/render/html.ts"
import { READERS, shownInCell, tableIn } from "../layers/render/markdownReaders.ts"

/** What means something to Markdown, to an extension of it, or to what makes links. */
const PIECES = [
  [
    "|",
    "\\",
    "`",
    "<",
    ">",
    "&",
    "_",
    "*",
    "~",
    "$",
    "[",
    "]",
    "(",
    ")",
    "!",
    "#",
    "-",
    "+",
    "=",
    ":",
    ";",
    ",",
  ],
  [
    ".",
    "?",
    '"',
    "'",
    "{",
    "}",
    "^",
    "/",
    "@",
    "%",
    " ",
    "\n",
    "\t",
    "a",
    "b c",
    "0",
    "é",
    "漢",
    "😀",
    "ा",
    "©",
  ],
  [
    "``",
    "**",
    "__",
    "~~",
    "$$",
    "](",
    "[[",
    "![",
    "<b>",
    "<!--",
    "&lt;",
    "&#124;",
    "&copy;",
    "\\n",
    '\\"',
    "~5",
  ],
  ["https://", "http://x.com", "https://x.com/a", "HTTPS://X.Y", "http://a_b.c_d/e", "www.", "www.x.com"],
  [
    "ftp://x.com",
    "a.b",
    "a@b.com",
    "mailto:",
    "javascript:",
    "%20",
    "%C3%BC",
    "xn--mnchen-3ya.de",
    ":smile:",
  ],
  [
    "[^1]",
    "[x]",
    "1. ",
    "# ",
    "> ",
    "---",
    "===",
    "\u00a0",
    "\u0085",
    "\u3000",
    "\u2028",
    "\u200b",
    "\ud800",
  ],
  ["\ufeff", "\0", "\u001b", "\u007f", "’"],
].flat()
const text = Schema.Union([
  Schema.String,
  Schema.Array(Schema.Literals(PIECES)).check(Schema.isMaxLength(12)),
])
const textOf = (value: string | ReadonlyArray<string>): string =>
  (typeof value === "string" ? value : value.join("")).replace(/[\u202a-\u202e\u2066-\u2069]/g, "")

const tableOf = (cells: ReadonlyArray<string>) =>
  `${markdownHeader(["first", "value", "last"])}\n${cells.map((cell) => `${markdownRow(["a", cell, "z"])}\n`).join("")}`

const readers = Object.entries(READERS)

describe("markdownCell", () => {
  it.each([
    ["plain", "plain"],
    ["", ""],
    ["a|b", "a\\|b"],
    ["a\\|b", "a&#92;\\|b"],
    ["ends with \\", "ends with &#92;"],
    ["C:\\Users\\x", "C:\\Users\\x"],
    ['say \\"hi\\"', 'say \\\\"hi\\\\"'],
    ["one\r\n\r\n  two\u2028three\tfour", "one two three four"],
    ["  spaced  ", "spaced"],
    ["`code | pipe`", "\\`code \\| pipe\\`"],
    ["<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"],
    ["5 < 6, <7, <=8", "5 < 6, <7, <=8"],
    ["AT&T ?a=1&b=2", "AT&T ?a=1&b=2"],
    ["&lt;b&gt; &#60;", "&amp;lt;b&amp;gt; &amp;#60;"],
    ["[x](javascript:alert(1))", "[x]\\(javascript:alert(1))"],
    ["![x](https://evil.example/p.png)", "\\![x]\\(https://evil.example/p.png)"],
    ["[[wiki]] [1, 2]", "\\[[wiki]] [1, 2]"],
    ["<https://x.example>", "&lt;https://x.example>"],
    ["2*3*4 = 2 * 12", "2\\*3\\*4 = 2 * 12"],
    ["5*", "5*"],
    ["~~gone~~ ~5~", "\\~\\~gone~~ \\~5~"],
    ["~5", "~5"],
    ["snake_case_too _id", "snake_case_too \\_id"],
    ["__proto__", "\\_\\_proto__"],
    ["$5", "$5"],
    ["$5 to $6", "\\$5 to \\$6"],
    [":smile: at 12:30:45", "\\:smile: at 12:30:45"],
    ["see https://x.example/a_b?c=d&e=f", "see https://x.example/a_b?c=d&e=f"],
    ["(https://x.example/%7Ea).", "([https://x.example/%7Ea](https://x.example/%7Ea))."],
    ["https://x.example/a(b)*c*", "[https://x.example/a(b)\\*c](<https://x.example/a(b)*c>)*"],
    ["www.x.example/__a__/", "[www.x.example/\\_\\_a__/](http://www.x.example/__a__/)"],
    ["https://|", "https:\\//\\|"],
    ["nul\0 bell\u0007 esc\u001b[31m", "nul\uFFFD bell\uFFFD esc\uFFFD[31m"],
    ["\ud800", "\uFFFD"],
    // What would reorder the cells behind it is shown; what ends in its cell is its text's own affair.
    ["\u202Ertl", "\uFFFDrtl"],
    ["\u202Ertl\u202C \u2067a\u2069", "\u202Ertl\u202C \u2067a\u2069"],
    ["\u2067a\u202C", "\uFFFDa\uFFFD"],
    ["a\u2069", "a\uFFFD"],
  ])("%j → %s", (value, cell) => {
    expect(markdownCell(value)).toBe(cell)
  })

  for (const [name, render] of readers) {
    it.prop(
      `${name} shows any text as it is, in its cell`,
      [Schema.Array(text)],
      ([values]) => {
        const texts = values.map(textOf)
        const markdown = tableOf(texts.map(markdownCell))
        expect(tableIn(render(markdown))).toEqual([
          ["first", "value", "last"],
          ...texts.map((value) => ["a", shownInCell(value), "z"]),
        ])
      },
      { arbitrary: { runs: 300 } },
    )
  }

  it.prop("nothing is HTML, code, or a link to what it does not show", [text], ([value]) => {
    const markdown = tableOf([markdownCell(textOf(value))])
    for (const [, render] of readers) {
      const html = render(markdown)
      expect(elementsNamed(html, ["b", "code", "em", "strong", "del", "img", "script", "input"])).toEqual([])
      for (const link of elementsNamed(html, ["a"]))
        expect(attributeOf(link, "href")).toMatch(/^(?:https?|ftp|mailto|xmpp):/i)
    }
  })

  it("addresses stay links, and only to themselves", () => {
    for (const address of [
      "https://x.example/a_b?c=d&e=f#g",
      "https://x.example/__a__/b",
      "https://x.example/M%C3%BCnchen",
      "https://x.example/a*b*c",
      "https://en.wikipedia.org/wiki/A_(b)_c",
      "http://x.example/?q=$1+$2&copy;=1",
    ]) {
      for (const [name, render] of readers.filter(([reader]) => reader !== "markdown-it")) {
        const [link] = elementsNamed(render(tableOf([markdownCell(`see ${address}, please`)])), ["a"])
        expect([name, link && shown(link), decodeURI(attributeOf(link!, "href")!)]).toEqual([
          name,
          address,
          decodeURI(address),
        ])
      }
    }
  })

  it("takes time in proportion to the text, whatever is repeated in it", () => {
    for (const piece of [
      "*",
      "_",
      "_a ",
      "~a",
      "$a",
      ":a",
      'https://a"',
      "www.",
      ")",
      "](",
      "\\",
      "&a",
      "a(*",
      "\u202e",
    ]) {
      const timeOf = (size: number) => {
        const value = piece.repeat(size / piece.length)
        const before = performance.now()
        markdownCell(value)
        return performance.now() - before
      }
      timeOf(4_000)
      // Quadratic, it would be 10,000 times as long.
      expect(timeOf(400_000)).toBeLessThan(1_000 * Math.max(1, timeOf(4_000)))
    }
  })
})

describe("markdownValue", () => {
  it.each([
    ["null", ""],
    ['""', ""],
    ['"a|b"', "a\\|b"],
    ["738529527931269425", "738529527931269425"],
    ["1.10", "1.10"],
    ["-0", "-0"],
    ["1e-400", "1e-400"],
    ["false", "false"],
    ['["a","b",3.0,null]', "a, b, 3.0, null"],
    ['["a, b","c"]', '["a, b","c"]'],
    ['["",""]', '["",""]'],
    ["[]", "[]"],
    ["{}", "{}"],
    ['{"2":[1.0,"|"],"1":"a","1":"b"}', '{"2":[1.0,"\\|"],"1":"a","1":"b"}'],
    ['{"del":"\u007f"}', '{"del":"\\u007f"}'],
  ])("%s → %s", (json, cell) => {
    expect(markdownValue(json)).toBe(cell)
  })
})

describe("markdownParagraph", () => {
  it.prop("is a paragraph of its text, whatever it begins with", [text], ([value]) => {
    const wanted = shownInCell(textOf(value))
    if (wanted === "") return
    for (const [, render] of readers) {
      const html = render(`# Title\n\n${markdownParagraph(textOf(value))}\n\nend\n`)
      expect(elementsNamed(html, ["h1", "h2", "ul", "ol", "blockquote", "hr", "pre", "table"])).toHaveLength(
        1,
      )
      expect(elementsNamed(html, ["p"]).map(shown)).toEqual([wanted, "end"])
    }
  })
})

describe("markdownLink", () => {
  it.prop("shows any title as it is, and leads nowhere but to its address", [text, text], ([title, path]) => {
    const wanted = shownInCell(textOf(title))
    for (const [, render] of readers) {
      const web = render(`- 🔗 ${markdownLink(textOf(title), `https://x.example/${textOf(path)}`)}\n`)
      const links = elementsNamed(web, ["a"])
      expect(links).toHaveLength(1)
      expect(attributeOf(links[0]!, "href")).toMatch(/^https:\/\/x\.example\//)
      if (wanted !== "") expect(shownInCell(shown(links[0]!))).toBe(wanted)
    }
  })

  it("is text where the address is none of the web", () => {
    expect(markdownLink("x", "javascript:alert(1)")).toBe("x (javascript:alert(1))")
    expect(markdownLink("", "data:text/html,<b>")).toBe("data:text/html,&lt;b>")
  })
})

describe("emojis", () => {
  it("tell every known status from an unknown one, and have its name beside them", () => {
    const ends = ["completed", "failed", "cancelled", "queued", "running", "action_required"].map(statusEmoji)
    expect(new Set(ends).size).toBe(6)
    expect(ends).not.toContain(statusEmoji("constructor"))
    expect(statusEmoji("cancelling")).not.toBe(statusEmoji("new"))
    expect(markdownStatus("completed")).toBe("✅ completed")
    expect(markdownStatus("<b>|new")).toBe("❔ &lt;b>\\|new")
  })

  it("show confidence only when there is one", () => {
    expect(["high", "medium", "low"].map(confidenceEmoji).join("")).toBe("🟢🟡🔴")
    expect(["", null, undefined, "certain", 3].map(confidenceEmoji).join("")).toBe("")
  })
})
