import { describe, expect, it } from "@effect/vitest"
import { parse as parseCsv } from "csv-parse/sync"
import * as Schema from "effect/Schema"
import { uninert } from "../../src/domain/Csv.ts"
import { elementsOf, membersOf } from "../../src/domain/JsonText.ts"
import type { JsonText } from "../../src/domain/TaskGroup.ts"
import { renderCsv } from "../../src/layers/render/RendererCsv.ts"
import { renderHtml } from "../../src/layers/render/RendererHtml.ts"
import { renderMarkdown } from "../../src/layers/render/RendererMarkdown.ts"
import type { Piece } from "../../src/domain/Formats.ts"
import { elementsNamed, textOf } from "../layers/render/html.ts"
import { READERS, shownInCell, tableIn } from "../layers/render/markdownReaders.ts"
import { snapshotOfTexts } from "../layers/render/snapshotOf.ts"

/** Rows as people and models send them, and as nobody should: each format is read back by a parser that is not ours. */

const NAMES = [
  ["company", "2023", "2021", "0", "-1", "__proto__", "constructor", "$id", "$status", "$error", "content"],
  [
    "",
    " ",
    "status",
    "run",
    "=1+1",
    "a,b",
    "a|b",
    "*b*",
    "Ünïcødé 🧱",
    "日本",
    "\u2028",
    "\u007f",
    "x".repeat(300),
  ],
].flat()

const SCALARS = [
  ["738529527931269425", "-0", "1.0", "1.10", "1e2", "1E-400", "123456789012345678901234567890", "0.1"],
  ["true", "false", "null", '""', '"plain"', '"=1+1"', '"\'=1"', '"+1415"', '"-5"', '"\\t=2"', '"@x"'],
  [
    '"a,b;c\\td"',
    '"say \\"hi\\""',
    '"one\\r\\ntwo\\nthree"',
    '"\\u0000\\u001b[31m\\u0085"',
    '"\u007f\u0085"',
  ],
  [
    '"\u2028\u2029"',
    '"\\u00e9\\/"',
    '"2*3*4 ~~x~~ a_[b] ~5~"',
    '"[x](javascript:alert(1))"',
    '"a | b \\\\| c"',
  ],
  [
    '"</script><!-- <b>&lt;"',
    '"`code` $x$ :smile:"',
    '"https://x.example/a_b?c=%20&d"',
    '"# 1. - >"',
    '"{{json}}"',
  ],
].flat()

const scalar = Schema.Literals(SCALARS)
const name = Schema.Literals(NAMES)
const value = Schema.Union([
  scalar,
  scalar,
  Schema.String,
  Schema.Array(scalar),
  Schema.Array(Schema.Tuple([name, scalar])),
])
const row = Schema.Array(Schema.Tuple([name, value]))

const jsonOf = (from: (typeof value)["Type"]): JsonText => {
  if (typeof from === "string") return SCALARS.includes(from) ? from : JSON.stringify(from)
  const nested: ReadonlyArray<string | readonly [string, string]> = from
  return nested.some((item) => typeof item !== "string")
    ? `{${nested.map(([key, item]) => `${JSON.stringify(key)}:${item}`).join(",")}}`
    : `[${nested.join(",")}]`
}

/** As text, because an object would not keep the order, nor a name that comes twice. */
const rowText = (members: (typeof row)["Type"]): JsonText =>
  `{${members.map(([key, from]) => `${JSON.stringify(key)}:${jsonOf(from)}`).join(",")}}`

const OURS = ["$id", "$status", "$error"]

const wellFormed = (text: string) => text.toWellFormed()

/** What a column of `results` says of a row, found without our tables: the last one counts. */
const valueIn = (input: JsonText, output: JsonText | null, column: string): JsonText =>
  [...membersOf(input), ...(output === null ? [] : membersOf(output))].findLast(
    (member) => member.name === column,
  )?.value ?? "null"

const escapes = (json: string) =>
  // oxlint-disable-next-line no-control-regex -- it is what this is about
  json.replace(/[\x7f-\x9f\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** What a cell has to say of a value: text itself, anything else as it was written. */
const said = (json: JsonText): string => {
  if (json === "null") return ""
  if (!json.startsWith('"')) return escapes(json)
  // oxlint-disable-next-line no-control-regex -- it is what this is about
  return wellFormed(JSON.parse(json) as string).replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "\uFFFD")
}

const whole = (pieces: Iterable<Piece>): string =>
  Array.from(pieces, (piece) => (typeof piece === "string" ? piece : new TextDecoder().decode(piece))).join(
    "",
  )

const group = Schema.Array(Schema.Tuple([row, Schema.Union([row, Schema.Null])]))
const groups: [typeof group] = [group]

const textsOf = (pairs: ReadonlyArray<readonly [(typeof row)["Type"], (typeof row)["Type"] | null]>) =>
  pairs.map(([input, output]) => ({
    input: rowText(input),
    content: output === null ? null : rowText(output),
  }))

const columnsOf = (texts: ReturnType<typeof textsOf>): ReadonlyArray<string> => {
  const names = (objects: ReadonlyArray<JsonText | null>) =>
    new Set(
      objects.flatMap((object) => (object === null ? [] : membersOf(object).map((member) => member.name))),
    )
  const outputs = names(texts.map(({ content }) => content))
  return [...[...names(texts.map(({ input }) => input))].filter((column) => !outputs.has(column)), ...outputs]
}

describe("any rows come back as they were sent", () => {
  it.prop("from CSV, by csv-parse", groups, ([pairs]) => {
    const texts = textsOf(pairs)
    const columns = columnsOf(texts).filter((column) => !OURS.includes(column))
    const csv = whole(renderCsv(snapshotOfTexts(texts), {}))
    const records = parseCsv(csv, { bom: true, relaxQuotes: false, recordDelimiter: "\r\n" })
    expect(records.map((record) => record.map(uninert))).toEqual([
      ["$id", "$status", ...columns.map((column) => said(JSON.stringify(column))), "$error"],
      ...texts.map(({ input, content }, at) => [
        `trun_${at}`,
        content === null ? "queued" : "completed",
        ...columns.map((column) => said(valueIn(input, content, column))),
        "",
      ]),
    ])
  })

  for (const [reader, render] of Object.entries(READERS)) {
    it.prop(`from Markdown, by ${reader}`, groups, ([pairs]) => {
      const texts = textsOf(pairs)
      const columns = columnsOf(texts)
      const shown = (json: JsonText) => {
        // A list of words is shown as such.
        const text =
          json.startsWith("[") && json !== "[]" && !elementsOf(json).some(isNoWord)
            ? wordsOf(json)
            : said(json)
        return shownInCell(text)
      }
      expect(tableIn(render(whole(renderMarkdown(snapshotOfTexts(texts), {}))))).toEqual([
        ["status", ...columns.map((column) => shownInCell(column)), "run"],
        ...texts.map(({ input, content }, at) => [
          content === null ? "⏳ queued" : "✅ completed",
          ...columns.map((column) => shown(valueIn(input, content, column))),
          `trun_${at}`,
        ]),
      ])
    })
  }

  it.prop("from HTML, by parse5", groups, ([pairs]) => {
    const texts = textsOf(pairs)
    const columns = columnsOf(texts)
    const page =
      '<!doctype html><title>{{title}}</title><script type="application/json">{{json}}</script><script type="application/json">{{facts}}</script>{{table}}'
    const html = whole(renderHtml(snapshotOfTexts(texts), page, 10_000_000))
    const [group, facts] = elementsNamed(html, ["script"]).map((script) => JSON.parse(textOf(script)))
    expect(Object.keys(facts).toSorted()).toEqual(["ended", "last_event_id", "partial", "sunset"])
    expect(group.runs.map((run: any) => JSON.stringify([run.input, run.output?.content ?? null]))).toEqual(
      texts.map(({ input, content }) => JSON.stringify([JSON.parse(input), JSON.parse(content ?? "null")])),
    )
    // Its text is the text that was sent.
    for (const { input } of texts)
      expect(textOf(elementsNamed(html, ["script"])[0]!)).toContain(escapes(input).replaceAll("<", "\\u003c"))
    expect(
      elementsNamed(html, ["tr"])
        .slice(1)
        .map((line) => elementsNamed(line, ["td"]).map(textOf)),
    ).toEqual(
      texts.map(({ input, content }, at) =>
        [
          content === null ? "queued" : "completed",
          ...columns.map((column) => said(valueIn(input, content, column))),
          `trun_${at}`,
        ].map((text) => text.replace(/\r\n?/g, "\n")),
      ),
    )
  })
})

const isNoWord = (item: JsonText): boolean => item === '""' || item.includes(",")

const wordsOf = (json: JsonText): string =>
  elementsOf(json)
    .map((item) => (item === "null" ? item : said(item)))
    .join(", ")
