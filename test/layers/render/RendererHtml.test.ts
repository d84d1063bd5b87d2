import { describe, expect, it } from "vitest"
import { renderHtml } from "../../../src/layers/render/RendererHtml.ts"
import { renderJson } from "../../../src/layers/render/RendererJson.ts"
import type { Piece } from "../../../src/domain/Formats.ts"
import { resultHtml } from "../../../src/pages/resultHtml.ts"
import { snapshotOf } from "./snapshotOf.ts"

const PAGE = "<title>{{title}}</title><script>{{json}}</script><script>{{facts}}</script><div>{{table}}</div>"

interface Group {
  readonly results: ReadonlyArray<unknown>
  readonly runs: ReadonlyArray<unknown>
}

const rows = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    input: { at, text: "</script><!--\u2028\u007f\u0085" },
    content: { a: `<b>${at}` },
    basis: [{ field: "a", reasoning: "secret".repeat(100) }],
  }))

const textOf = (pieces: Iterable<Piece>) =>
  [...pieces].map((piece) => (typeof piece === "string" ? piece : new TextDecoder().decode(piece))).join("")

const parts = (html: string) => {
  const [, json = "", facts = "", table = ""] =
    /<script>(.*?)<\/script><script>(.*?)<\/script><div>(.*)<\/div>$/s.exec(html) ?? []
  expect(json).not.toMatch(/[<\u2028\u2029\p{Cc}]/u)
  return { group: JSON.parse(json) as Group, facts: JSON.parse(facts) as unknown, table }
}

describe("renderHtml", () => {
  it("has what the JSON without basis has, and all rows in the table", () => {
    const snapshot = snapshotOf(rows(20))
    const { group, facts, table } = parts(textOf(renderHtml(snapshot, PAGE, 1_000_000)))
    expect(group).toEqual(JSON.parse(textOf(renderJson(snapshot, "light"))))
    expect(facts).toEqual({ partial: false, last_event_id: "20", ended: false, sunset: null })
    expect(table.match(/<tr>/g)).toHaveLength(21)
    expect(table).toContain('<td data-label="a">&lt;b&gt;19</td>')
    expect(table).toContain('<td data-label="run"><a href="/tgrp_00000001/19.html">trun_19</a></td>')
    expect(table).not.toContain("secret")
  })

  it("says, for programs that are given the page, where the group is", () => {
    expect(textOf(renderHtml(snapshotOf([]), "{{path}}.json", 1))).toBe("/tgrp_00000001.json")
    const page = textOf(renderHtml(snapshotOf([]), resultHtml, 1))
    expect(page).toContain("For programs: /tgrp_00000001.json, .jsonl, .csv, .md, .sse ")
  })

  it("has as many rows as fit, at least one, and says that there are more", () => {
    for (const [maxChars, shown] of [
      [1, 1],
      [2_000, 4],
    ] as const) {
      const snapshot = snapshotOf(rows(20))
      const { group, facts, table } = parts(textOf(renderHtml(snapshot, PAGE, maxChars)))
      expect(facts).toMatchObject({ partial: true })
      expect([group.results.length, group.runs.length]).toEqual([shown, shown])
      expect(table).toContain(`The first ${shown} rows`)
      expect(table.match(/<tr>/g)).toHaveLength(shown + 1)
      // The one that did not fit was the last that was looked at.
      expect(snapshot.read()).toBe(shown + 1)
    }
  })

  it("begins before it has read a row, and goes on with each", () => {
    const snapshot = snapshotOf(rows(20))
    const pieces = renderHtml(snapshot, PAGE, 1_000_000)
    let text = ""
    while (!text.includes('"results":[')) text += pieces.next().value as string
    expect(text).toContain("<title>")
    expect(snapshot.read()).toBe(0)
    pieces.next()
    expect(snapshot.read()).toBe(1)
  })

  it("is whole without rows", () => {
    const { group, facts, table } = parts(textOf(renderHtml(snapshotOf([]), PAGE, 1_000)))
    expect(group).toMatchObject({ results: [], runs: [] })
    expect(facts).toMatchObject({ partial: false })
    expect(table).toContain("</tbody></table></div>")
  })
})
