import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { negotiate, prefersJson, RESULT_OFFERS } from "../../src/http/negotiate.ts"

const cases: ReadonlyArray<readonly [accept: string | null, format: string | null]> = [
  [null, "json"],
  ["", "json"],
  ["*/*", "json"],
  ["application/json", "json"],
  ["application/*", "json"],
  ["text/html", "html"],
  ["TEXT/HTML;charset=utf-8", "html"],
  ["text/markdown", "md"],
  ["text/plain", "md"],
  ["text/event-stream", "sse"],
  ["text/*", "html"],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "html"],
  ["text/markdown, */*", "md"],
  ["*/*, text/markdown", "md"],
  ["text/*, application/json", "json"],
  ["application/json, text/html", "json"],
  ["text/html, application/json", "html"],
  ["text/html;q=0.5, application/json;q=0.9", "json"],
  ["text/html;q=0.5,text/event-stream;q=0.51", "sse"],
  ["text/html ; Q=0.1 , text/markdown ; q=.2", "md"],
  ["text/markdown;q=0.1, text/*;q=0.9", "html"],
  ["text/*, text/html;q=0", "md"],
  ["*/*, application/json;q=0", "html"],
  ["*/*;q=0, text/html", "html"],
  ["*/*;q=0", null],
  ["application/json;q=0", null],
  ["application/xml", null],
  ["image/*", null],
  ["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "html"],
  ["garbage", "json"],
  ["text/html;q=2", "json"],
  ["text/html;q=x, text/markdown;q=0.1", "md"],
  ["*/json, text/markdown;q=0.1", "md"],
  ["text/html;q=0, text/html;level=1", "html"],
  ['text/html;a="x,application/json;q=1", text/markdown;q=0.1', "html"],
  [",,;;,/,", "json"],
  ["text/csv", "csv"],
  ["application/jsonl", "jsonl"],
  ["application/x-ndjson", "jsonl"],
  ["application/ndjson", "jsonl"],
  ["Application/NDJSON; charset=utf-8", "jsonl"],
  ["application/csv", "csv"],
  ["text/csv;q=0.5, application/json;q=0.4", "csv"],
  ["text/csv, */*", "csv"],
  ["text/csv;q=0.1, */*", "json"],
  // No wildcard means a download.
  [
    "*/*, application/json;q=0, text/html;q=0, text/markdown;q=0, text/plain;q=0, text/event-stream;q=0",
    null,
  ],
  ["text/*, text/html;q=0, text/markdown;q=0, text/plain;q=0, text/event-stream;q=0", null],
  ["application/*, application/json;q=0", null],
  ["text/csv;q=0, text/*", "html"],
]

const weight = Schema.Literals([0, 0.1, 0.5, 0.9, 1])

describe("negotiate", () => {
  it.each(cases)("%s → %s", (accept, format) => {
    expect(negotiate(accept, RESULT_OFFERS)).toBe(format)
  })

  it.prop(
    "offers only what has a weight, and the heaviest of it",
    [Schema.Tuple([weight, weight, weight, weight])],
    ([weights]) => {
      const types = ["application/json", "text/html", "text/markdown", "text/event-stream"]
      // text/plain would give md a second chance
      const header = [...types.map((type, i) => `${type};q=${weights[i]}`), "text/plain;q=0"].join(",")
      const format = negotiate(header, RESULT_OFFERS)
      const heaviest = Math.max(...weights)
      expect(format).toBe(
        heaviest === 0
          ? null
          : (["json", "html", "md", "sse"] as const)[weights.findIndex((one) => one === heaviest)],
      )
    },
  )

  it.prop("never throws, whatever the header", [Schema.String], ([header]) => {
    for (const accept of [header, `text/html;${header}`, `text/html,${header}`])
      negotiate(accept, RESULT_OFFERS)
  })
})

describe("prefersJson", () => {
  it.each([
    ["application/json", true],
    ["application/json, text/plain, */*", true],
    ["application/json, */*", true],
    ["text/plain;q=0.5, application/json", true],
    ["Application/JSON; charset=utf-8", true],
    [null, false],
    ["", false],
    ["*/*", false],
    ["application/*", false],
    ["text/plain, application/json", false],
    ["text/plain, application/json;q=0.9", false],
    ["application/json;q=0", false],
    ["application/json;q=0.5, */*", false],
    ["text/html", false],
  ] as ReadonlyArray<readonly [string | null, boolean]>)("%s → %s", (accept, expected) => {
    expect(prefersJson(accept)).toBe(expected)
  })
})
