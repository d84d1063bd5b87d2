import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Piece } from "../../../src/domain/Formats.ts"
import { renderCsv } from "../../../src/layers/render/RendererCsv.ts"
import { renderHtml } from "../../../src/layers/render/RendererHtml.ts"
import { renderJsonl } from "../../../src/layers/render/RendererJsonl.ts"
import { renderMarkdown } from "../../../src/layers/render/RendererMarkdown.ts"
import { RendererSse } from "../../../src/layers/render/RendererSse.ts"
import { rowPage } from "../../../src/layers/render/row/RowRendererHtml.ts"
import { rowMarkdown } from "../../../src/layers/render/row/RowRendererMarkdown.ts"
import { resultHtml } from "../../../src/pages/resultHtml.ts"
import { rowHtml } from "../../../src/pages/rowHtml.ts"
import { EventRenderer } from "../../../src/services/EventRenderer.ts"
import type { Snapshot } from "../../../src/services/GroupReader.ts"
import { FORMULAS } from "../../support/formulas.ts"
import { attributeOf, elementsNamed, type Node, textOf } from "./html.ts"
import { READERS } from "./markdownReaders.ts"
import { parseCsv } from "./rfc4180.ts"
import { type Given, snapshotOf } from "./snapshotOf.ts"

/** Where every text that an upstream may choose is the same one: it must be a text everywhere, and nothing else. */
const HOSTILE: ReadonlyArray<string> = [
  "<img src=x onerror=alert(1)>",
  "</script><script>alert(1)</script>",
  "<!--",
  "</td></tr></table><h1>x",
  '" onmouseover="alert(1)',
  "a|b|c",
  "\\|a\\|",
  "```\ncode",
  "`a` ``",
  "](javascript:alert(1))",
  "[x](javascript:alert(1)) ![x](https://evil.example/p.png)",
  "<javascript:alert(1)>",
  "x\n\n# heading\n\n- item\n\n| a | b |\n| --- | --- |",
  "> quoted",
  "1. first",
  "- item",
  "---",
  "===",
  "**a** _b_ ~~c~~ $d$ ==e==",
  "&lt;b&gt;&#60;b>",
  "x\u2028y\u2029z\u0085\u007f\u009b",
  "x\u0000y\u001b[31m",
  "x\ud800y",
  "\u202eeman\u2066x",
  "x\r\nid: 7\r\n\r\nevent: done\r\ndata: {}\r\n\r\n",
  "{{table}}{{json}}{{row}}",
  "$& $1 $`",
  ...FORMULAS,
]

const PLAIN = "plain"

const given = (text: string): ReadonlyArray<Given> => {
  const basis = [
    {
      field: text,
      reasoning: text,
      confidence: text,
      citations: [
        { title: text, url: text, excerpts: [text] },
        { title: text, url: "https://good.example/", excerpts: null },
      ],
    },
  ]
  const shared = { status: text, runId: text, error: text, basis }
  return [
    { ...shared, input: { [text]: text }, content: { [`${text} out`]: text, list: [text, 1] } },
    { ...shared, input: { [text]: text } },
    { ...shared, input: { [text]: [text] }, content: text },
  ]
}

const snapshot = (text: string): Snapshot => {
  const made = snapshotOf(given(text))
  return {
    ...made,
    details: {
      ...made.details,
      processor: text,
      warnings: [text],
      metadata: JSON.stringify({ [text]: text }),
    },
    status: { ...made.status, task_run_status_counts: { [text]: 3 }, status_message: text },
  }
}

const whole = (pieces: Iterable<Piece>) =>
  [...pieces].map((piece) => (typeof piece === "string" ? piece : new TextDecoder().decode(piece))).join("")

/** Elements with the names of their attributes: what a text must never change. Addresses of the web may be links. */
const skeleton = (node: Node): ReadonlyArray<unknown> => {
  if (!("childNodes" in node)) return []
  const children = node.childNodes.flatMap(skeleton)
  if (/^https?:/.test(attributeOf(node, "href") ?? "")) return children
  return [[node.nodeName, "attrs" in node ? node.attrs.map(({ name }) => name) : [], children]]
}
const shape = (html: string) => elementsNamed(html, ["html"]).flatMap(skeleton)

/** Marks that would reorder what stands behind them on the line. */
const expectNoOpenBidi = (line: string) => expect(line).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)

const rows = (text: string) => [...snapshot(text).rows(0)]

describe.each(HOSTILE)("upstream says %j everywhere:", (text) => {
  it.each(Object.entries(READERS))("the Markdown has the same elements, read by %s", (_, read) => {
    const ofGroup = (said: string) => whole(renderMarkdown(snapshot(said), { basis: "all" }))
    expect(shape(read(ofGroup(text)))).toEqual(shape(read(ofGroup(PLAIN))))
    const ofRow = (said: string) => rows(said).map((row) => rowMarkdown(row, snapshot(said).details))
    for (const [at, markdown] of ofRow(text).entries())
      expect(shape(read(markdown))).toEqual(shape(read(ofRow(PLAIN)[at]!)))
    for (const line of [ofGroup(text), ...ofRow(text)]) expectNoOpenBidi(line)
  })

  it("the pages have the same elements", () => {
    const page = (said: string) => whole(renderHtml(snapshot(said), resultHtml, 1_000_000))
    expect(shape(page(text))).toEqual(shape(page(PLAIN)))
    for (const [at, row] of rows(text).entries()) {
      const { details } = snapshot(text)
      expect(shape(rowPage(rowHtml, row, details))).toEqual(
        shape(rowPage(rowHtml, rows(PLAIN)[at]!, snapshot(PLAIN).details)),
      )
    }
    const [progress] = elementsNamed(page(text), ["title"]).map(textOf)
    expectNoOpenBidi(progress ?? "")
  })

  it("CSV, JSON Lines and events have the same records", () => {
    const csv = (said: string) => parseCsv(whole(renderCsv(snapshot(said), { bom: false })))
    expect(csv(text).map(({ length }) => length)).toEqual(csv(PLAIN).map(({ length }) => length))
    // Behind what a spreadsheet skips.
    for (const cell of csv(text).flat()) expect(cell).not.toMatch(/^[^\p{L}\p{N}\p{P}\p{S}]*[=+@＝＋＠]/u)
    const lines = whole(renderJsonl(snapshot(text), "all")).split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)
    expect(lines.map((line) => line === "" || typeof JSON.parse(line))).toEqual([
      "object",
      "object",
      "object",
      true,
    ])
  })

  it.effect("and no event ends early, or is another", () =>
    Effect.gen(function* () {
      const render = yield* EventRenderer
      const { details, status, change } = snapshot(text)
      const told = rows(text).map((row) => render.rows({})(row, details))
      for (const event of [...told, render.status(status, change)]) {
        const [id, name, data, ...rest] = new TextDecoder()
          .decode(event)
          .split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)
        expect([id, name, rest]).toEqual([
          expect.stringMatching(/^id: \d+$/),
          expect.stringMatching(/^event: task_(?:run\.state|group_status)$/),
          ["", ""],
        ])
        JSON.parse(data!.slice("data: ".length))
      }
    }).pipe(Effect.provide(RendererSse)),
  )
})
