import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { mediaTypeOf, rowsFormat } from "../../src/domain/MediaType.ts"
import { Problems } from "../../src/domain/Problem.ts"
import { RowCollector } from "../../src/domain/Rows.ts"
import { textFailure } from "../../src/domain/TextFailure.ts"
import { type RowsFormat, TextRows } from "../../src/domain/TextRows.ts"

const LIMITS = { maxInputs: 100, maxSpecPlusInputChars: 300, maxDepth: 4, maxValues: 1_000 }

const read = (text: string, format: RowsFormat | null = null, step = Math.max(1, text.length)) => {
  const problems = new Problems()
  const reader = new TextRows(LIMITS, problems, { format, maxChars: 10_000 })
  for (let at = 0; at < text.length; at += step) reader.push(text.slice(at, at + step))
  const end = reader.end()
  if (!(end instanceof RowCollector)) return textFailure(end)
  const { texts } = end.finish(false)
  return problems.count > 0 ? problems.list("inputs") : texts
}

describe("TextRows", () => {
  it.each<[string, string, RowsFormat | null]>([
    ["an array", ' \n[{"a":1.10},\n{"a":2}]', null],
    ["an array that is called CSV", '[{"a":1.10},{"a":2}]', "csv"],
    ["JSON Lines", '{"a":1.10}\n{"a":2}\n', null],
    ["JSON Lines that are called JSON", '\ufeff{"a":1.10}\r\n\r\n{"a":2}', "json"],
    ["objects on several lines", '{\n"a": 1.10\n}\n{ "a": 2\n}\n', "jsonl"],
  ])("reads %s", (_, text, format) => {
    expect(read(text, format)).toEqual(['{"a":1.10}', '{"a":2}'])
    expect(read(text, format, 1)).toEqual(['{"a":1.10}', '{"a":2}'])
  })

  it.each<[string, string, RowsFormat | null]>([
    ["CSV", "\n a,b\n1,2", "csv"],
    ["CSV that nobody names", "a,b\n1,2", null],
    ["TSV", "a\tb\n1\t2", "tsv"],
  ])("reads %s", (_, text, format) => {
    expect(read(text, format)).toEqual(['{"a":"1","b":"2"}'])
  })

  it("takes one object for JSON Lines only where somebody says so", () => {
    expect(read('{"a":1}', "jsonl")).toEqual(['{"a":1}'])
    expect(read('{"a":1}')).toMatch(/one JSON object/)
    expect(read('{"a":1}', "json")).toMatch(/one JSON object/)
  })

  it.each<[string, string, RowsFormat | null, RegExp]>([
    ["nothing", "", "csv", /empty/],
    ["blanks", " \r\n\t\n", null, /empty/],
    ["a page", "\n<!doctype html><p>Log in", "csv", /HTML.*login/],
    ["an API's error", '{"error":{"message":"no such table"}}', "json", /one JSON object.*as an array/],
    ["a wrapper", '{"n":[1],"page":1,"data":[{"a":1}],"x":[{}]}', null, /"data" is one/],
    ["a wrapper of nothing", '{"data":[]}', null, /one JSON object/],
    ["another value", '"a"', "json", /text, not an array/],
    ["broken JSON", '[{"a":1},\n{"a":]', null, /error at line 2, column 6/],
    ["JSON that breaks off", '[{"a":1},\n{"a":"x', null, /too early, at line 2, column 8/],
    ["a broken line", '{"a":1}\n{"a":2\n{"a":3}\n', null, /error at line 3, column 1/],
    ["a sentence", "Not found", null, /neither JSON nor a table/],
    ["a sentence that is called JSON", "Not found", "json", /error at line 1, column 1/],
    ["depth", '[{"a":[[[[]]]]}]', null, /4 levels deep at inputs\[0\]\.a/],
    ["values", `[{"a":[${"1,".repeat(1_000)}1]}]`, null, /more than 1000 values/],
    ["a quote", 'a,b\n"1,2', null, /line 2 that is never closed/],
    ["columns that are given twice", "a,a\n1,2", null, /more than once: "a"\./],
  ])("says what is wrong with %s", (_, text, format, message) => {
    expect(read(text, format)).toMatch(message)
    expect(read(text, format, 1)).toMatch(message)
  })

  it("finds what is wrong with rows of every format", () => {
    expect(read('{"a":1,"a":2}\n[]\n{"b":null}\n')).toMatchObject([
      { path: "inputs[0].a", message: expect.stringMatching(/twice/) },
      { path: "inputs[1]", message: expect.stringMatching(/object/) },
      { path: "inputs[2]", message: expect.stringMatching(/no value/) },
    ])
    expect(read("a,b\n,\n")).toMatchObject([{ path: "inputs[0]" }])
  })

  it.prop(
    "never throws, and does not care how a text comes",
    [Schema.String, Schema.Json],
    ([text, json]) => {
      for (const wild of [text, `[${text}`, `{${text}`, JSON.stringify(json), `a,b\n${text}`])
        expect(read(wild, null, 1)).toEqual(read(wild))
    },
  )
})

describe("rowsFormat", () => {
  it.each([
    ["application/json; charset=utf-8", "/a.csv", "json"],
    ["application/vnd.api+json", "/", "json"],
    ["application/x-ndjson", "/", "jsonl"],
    ["Application/JSONL", "/", "jsonl"],
    ["text/csv;header=present", "/", "csv"],
    ["application/vnd.ms-excel", "/", "csv"],
    ["text/tab-separated-values", "/", "tsv"],
    ["binary/octet-stream", "/rows.JSONL", "jsonl"],
    ["text/plain", "/rows.csv", "csv"],
    ["text/plain", "/rows.txt", null],
    ["", "/csv", null],
    ["text/html", "/rows.csv", null],
    ["", "/constructor.valueof", null],
  ])("of %s at %s", (type, path, format) => {
    expect(rowsFormat(mediaTypeOf(type).type, [path])).toBe(format)
  })

  it("reads the charset, quoted or not", () => {
    expect(mediaTypeOf('text/csv; header=present; Charset="ISO-8859-1"').charset).toBe("ISO-8859-1")
    expect(mediaTypeOf("text/csv;charset=utf-16").charset).toBe("utf-16")
    expect(mediaTypeOf("text/csv; charset=").charset).toBe(null)
    expect(mediaTypeOf(undefined)).toEqual({ type: "", charset: null })
  })
})
