import { describe, expect, it } from "vitest"
import { renderMarkdown } from "../../../src/layers/render/RendererMarkdown.ts"
import type { RenderOptions } from "../../../src/services/Renderer.ts"
import { attributeOf, elementsNamed, textOf } from "./html.ts"
import { READERS, tableIn } from "./markdownReaders.ts"
import { type Given, snapshotOf } from "./snapshotOf.ts"

const rendered = (given: ReadonlyArray<Given>, options: RenderOptions = {}) =>
  [...renderMarkdown(snapshotOf(given), options)].join("")

const evidence = [
  {
    field: "ceo",
    reasoning: "Stated on *its* page.\n\n# Not a heading",
    confidence: "high",
    citations: [
      { title: "Team ](javascript:alert(1))", url: "https://lego.example/a_(b)?c=%20", excerpts: ["x"] },
      { title: "Evil", url: "javascript:alert(2)" },
      { title: null, url: "http://x.example/" },
    ],
  },
  { field: "tags.0", reasoning: "", confidence: "", citations: "none" },
  "what is this?",
]

describe("renderMarkdown", () => {
  it("has the status with its name, inputs, outputs, the reason and the run, in one table", () => {
    const markdown = rendered([
      { input: { company: "Lego|", site: "x" }, content: { ceo: "*Niels*", n: 1 } },
      { input: { company: "Nobody" }, status: "failed", error: "No source, `sorry`" },
      { input: { company: "New" }, status: "<new>", runId: null },
    ])
    for (const render of Object.values(READERS)) {
      const html = render(markdown)
      expect(elementsNamed(html, ["table"])).toHaveLength(1)
      expect(tableIn(html)).toEqual([
        ["status", "company", "site", "ceo", "n", "run"],
        ["✅ completed", "Lego|", "x", "*Niels*", "1", "trun_0"],
        ["❌ failed", "Nobody", "", "⚠️ No source, `sorry`", "", "trun_1"],
        ["❔ <new>", "New", "", "", "", ""],
      ])
    }
  })

  it("leads to where the reader is, or to the origin that it is told, and not to where the group was made", () => {
    const snapshot = snapshotOf([])
    const linked = (...origin: [] | [string]) =>
      /\[live page\]\((.*?)\)/.exec([...renderMarkdown(snapshot, {}, ...origin)].join(""))?.[1]
    expect(snapshot.details.url).toBe("https://multitask.example/tgrp_00000001")
    expect(linked()).toBe("/tgrp_00000001.html")
    expect(linked("https://public.example")).toBe("https://public.example/tgrp_00000001.html")
  })

  it("says on top, in one line, how a program reads the same", () => {
    const lines = (...origin: [] | [string]) =>
      [...renderMarkdown(snapshotOf([]), {}, ...origin)].join("").split("\n").slice(0, 3)
    const ends = (origin: string) =>
      `(${origin}/tgrp_00000001.html), for programs .json, .jsonl, .csv, .sse (see ${origin}/docs.md)`
    expect(lines()[2]?.endsWith(ends(""))).toBe(true)
    expect(lines("https://public.example")[2]?.endsWith(ends("https://public.example"))).toBe(true)
  })

  it("tells no reasons and no sources unless they are asked for", () => {
    const given = [{ input: { a: 1 }, content: { ceo: "N" }, basis: evidence }]
    for (const options of [{}, { basis: "none" }] as const)
      expect(rendered(given, options)).not.toMatch(/Stated|lego\.example/)
  })

  it("tells them behind the table, row by row, as what they are: text, and links of the web", () => {
    const given = [
      { input: { a: 1 }, content: { ceo: "N" }, basis: evidence },
      { input: { a: 2 } },
      { input: { a: 3 }, content: "text", basis: [{ field: "output", reasoning: "Why not?" }] },
    ]
    for (const render of Object.values(READERS)) {
      const html = render(rendered(given, { basis: "all" }))
      expect(elementsNamed(html, ["h1", "h2", "em", "table"]).map((node) => node.nodeName)).toEqual([
        "h1",
        "table",
        "h2",
        "h2",
      ])
      expect(elementsNamed(html, ["h2"]).map(textOf)).toEqual(["Row 0 · trun_0", "Row 2 · trun_2"])
      const [first] = elementsNamed(html, ["ul"])
      expect(textOf(first!).replace(/\s+/g, " ")).toContain("🟢 ceo: Stated on *its* page. # Not a heading")
      expect(elementsNamed(first!, ["a"]).map((link) => [textOf(link), attributeOf(link, "href")])).toEqual([
        ["Team ](javascript:alert(1))", "https://lego.example/a_(b)?c=%20"],
        ["http://x.example/", "http://x.example/"],
      ])
      expect(textOf(first!)).toContain("Evil (javascript:alert(2))")
    }
  })

  it("marks that are alone in two texts of one line stay alone", () => {
    const names = ["*", "~", "~~", "_", "__", "$"].map((mark) => `a ${mark}b`)
    const failed = names.map((name): Given => {
      const closed = `b${name.slice(2, -1)} c`
      return { input: { a: 1 }, status: name, runId: closed, error: closed }
    })
    const given = failed.map((one, at): Given => {
      const basis = [{ field: names[at], reasoning: one.error }]
      return { ...one, content: {}, basis }
    })
    for (const render of Object.values(READERS)) {
      const html = render(rendered(given, { basis: "all" }) + rendered(failed))
      expect(elementsNamed(html, ["em", "strong", "del"]).map(textOf)).toEqual([])
      expect(elementsNamed(html, ["li"]).map((item) => textOf(item).trim())).toEqual(
        names.map((name) => `⚪ ${name}: b${name.slice(2, -1)} c`),
      )
    }
  })

  it("tells those of one field, with its elements; content is the field of a text", () => {
    const given = [
      { input: { a: 1 }, content: { ceo: "N" }, basis: evidence },
      { input: { a: 3 }, content: "text", basis: [{ field: "output", reasoning: "Why not?" }] },
    ]
    const tags = rendered(given, { basis: { field: "tags" } })
    expect(tags).toContain("tags.0")
    expect(tags).not.toMatch(/Stated|Why not/)
    expect(rendered(given, { basis: { field: "content" } })).toContain("- ⚪ output: Why not?")
  })
})
