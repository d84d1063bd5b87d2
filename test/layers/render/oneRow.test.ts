import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { attributeOf, elementsNamed } from "./html.ts"
import { READERS } from "./markdownReaders.ts"
import { rowPage } from "../../../src/layers/render/row/RowRendererHtml.ts"
import { rowMarkdown } from "../../../src/layers/render/row/RowRendererMarkdown.ts"
import { rowHtml } from "../../../src/pages/rowHtml.ts"
import { type Given, rowOf, snapshotOf } from "./snapshotOf.ts"

const group = snapshotOf(Array.from({ length: 3 }, () => ({ input: {} }))).details
const markdown = (given: Given) => rowMarkdown(rowOf(given, 1), group)
const page = (given: Given) => rowPage(rowHtml, rowOf(given, 1), group)

const entry = (changes: object) => ({
  field: "ceo",
  reasoning: "Two sources agree.",
  confidence: "high",
  citations: [{ title: "About", url: "https://a.example/x", excerpts: ["She leads it."] }],
  ...changes,
})

const HOSTILE = [
  "<script>alert(1)</script>",
  "![x](https://evil.example/p.png)",
  "[x](javascript:alert(1))",
  "](javascript:alert(1))",
  "a](https://evil.example)[b",
  "# heading\n- item\n\n```\n| a | b |",
  '"><img src=x onerror=alert(1)>',
  "\u0000\u001b[31m\u009b\u2028",
  "{{row}}",
  "\ud83d",
]

describe("one row in Markdown", () => {
  it("has the input, and each field with what it rests on", () => {
    const basis = [entry({}), entry({ field: "ceo.0", reasoning: "The first." }), entry({ field: "other" })]
    expect(markdown({ input: { company: "Lego", n: 1 }, content: { ceo: "Ada" }, basis })).toBe(
      `# Row 1 of task group tgrp_00000001

✅ completed · run trun_1 · [previous row](/tgrp_00000001/0.md) · [next row](/tgrp_00000001/2.md) · [all rows](/tgrp_00000001.md) · [page](/tgrp_00000001/1.html)

## Input

| column | value |
| --- | --- |
| company | Lego |
| n | 1 |

## ceo

- **Value:** 🟢 Ada

- **Confidence:** high
- **Reasoning:** Two sources agree.
- **Sources:**
  - [About](https://a.example/x)
    - “She leads it.”

- **Of:** ceo.0
- **Confidence:** high
- **Reasoning:** The first.
- **Sources:**
  - [About](https://a.example/x)
    - “She leads it.”
`,
    )
  })

  it("shows text output with the basis that Parallel names differently, and numbers as they came", () => {
    const text = markdown({ input: { id: 1 }, content: "A report", basis: [entry({ field: "output" })] })
    expect(text).toContain("## content\n\n- **Value:** 🟢 A report\n\n- **Confidence:** high")
    const row = { ...rowOf({ input: {} }, 1), input: `{"id":738529527931269425,"x":1.10}` }
    expect(rowMarkdown(row, group)).toContain("| id | 738529527931269425 |\n| x | 1.10 |")
  })

  it.each(HOSTILE)("whatever comes stays text: %j", (text) => {
    const basis = [
      entry({ reasoning: text, confidence: text, citations: [{ title: text, url: text, excerpts: [text] }] }),
      entry({ citations: [{ title: text, url: `https://a.example/?q=${text}`, excerpts: [] }] }),
    ]
    const whole = markdown({
      input: { [text]: text },
      content: { ceo: text, [text]: text },
      basis,
      error: text,
    })
    expect(whole).not.toMatch(/<script|<img/)
    // oxlint-disable-next-line no-control-regex -- it is what this is about
    expect(whole).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]/)
    // Every line is one of ours, and every target of a link an address of the web, or ours.
    for (const line of whole.split("\n"))
      expect(line).toMatch(
        /^$|^# Row 1|^## |^[✅❌] |^⚠️ |^\| |^- \*\*[A-Z][a-z]+:\*\*|^ {2}- (?:\[|Source: )|^ {4}- “/u,
      )
    for (const [name, render] of Object.entries(READERS)) {
      const html = render(whole)
      for (const link of elementsNamed(html, ["a"]))
        expect([name, attributeOf(link, "href")]).toEqual([
          name,
          expect.stringMatching(/^https?:\/\/|^\/tgrp_00000001[./]/),
        ])
      expect([name, elementsNamed(html, ["img", "script"])]).toEqual([name, []])
    }
  })
})

describe("one row as a page", () => {
  it("links sources of the web alone", () => {
    const html = page({
      input: { company: "Lego" },
      content: { ceo: "Ada" },
      basis: [
        entry({
          citations: [
            "https://a.example/?a=1&b='2'",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://a.example",
            "nonsense",
            null,
          ].map((url) => ({ title: "Source", url })),
        }),
      ],
    })
    expect([...html.matchAll(/<a href="(?!\/)[^>]*>/g)].map(([link]) => link)).toEqual([
      '<a href="https://a.example/?a=1&amp;b=%272%27" rel="noopener noreferrer nofollow" dir="auto">',
    ])
    expect(html.match(/<li>/g)).toHaveLength(6)
  })

  const anything = Schema.Union([Schema.String, Schema.Literals(HOSTILE)])

  it.prop(
    "has no markup but its own, whatever comes",
    [anything, anything, anything, Schema.Json],
    ([name, some, url, any]) => {
      const text = `x${some}`
      const plain = page({
        input: { a: "b" },
        content: { ceo: "d" },
        basis: [entry({}), entry({ citations: any })],
      })
      const html = page({
        input: { [`n${name}`]: text },
        content: { ceo: text },
        status: "completed",
        basis: [
          entry({
            reasoning: text,
            confidence: "high",
            citations: [{ title: text, url: "https://a.example/x", excerpts: [text] }],
          }),
          entry({ citations: any, url }),
        ],
      })
      const tags = (of: string) => of.match(/<[^>]*>/g)?.map((tag) => tag.replace(/=("[^"]*")/g, ""))
      expect(tags(html)).toEqual(tags(plain))
      // oxlint-disable-next-line no-control-regex -- it is what this is about
      expect(html).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/)
    },
  )
})
