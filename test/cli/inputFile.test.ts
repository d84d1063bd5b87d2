import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { readInputFile } from "../../src/cli/inputFile.ts"
import { Refused } from "../../src/cli/Refused.ts"
import { stdinOf } from "./support/world.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "input-file-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const put = (name: string, content: string | Uint8Array): string => {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

const read = (name: string, content: string | Uint8Array) =>
  readInputFile(put(name, content), { stdin: stdinOf() })

const refusal = async (reading: Promise<unknown>): Promise<string> => {
  const error = await reading.then(
    () => "nothing",
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Refused)
  return (error as Error).message.replaceAll(`${folder}/`, "")
}

const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")])

describe("readInputFile", () => {
  it.each<[string, string, string | Uint8Array, string, string, ReadonlyArray<string>]>([
    ["CSV", "a.csv", "a,b\n1,2\n", "csv", '[{"a":"1","b":"2"}]', ["a", "b"]],
    ["CSV with a mark", "a.csv", "\ufeffa,b\r\n1,2", "csv", '[{"a":"1","b":"2"}]', ["a", "b"]],
    ["CSV in UTF-16", "a.csv", utf16("a,b\nä,2"), "csv", '[{"a":"ä","b":"2"}]', ["a", "b"]],
    ["CSV with semicolons", "a.csv", "a;b\n1,5;2", "csv", '[{"a":"1,5","b":"2"}]', ["a", "b"]],
    ["one column that is called CSV", "a.csv", "a\nx\n", "csv", '[{"a":"x"}]', ["a"]],
    ["TSV that is called CSV", "a.csv", "a\tb\n1\t2", "tsv", '[{"a":"1","b":"2"}]', ["a", "b"]],
    ["a table that nobody names", "a.txt", "a,b\n1,2", "csv", '[{"a":"1","b":"2"}]', ["a", "b"]],
    [
      "quoted line ends",
      "a.csv",
      'a,b\n"1\n2",3\n4,5',
      "csv",
      '[{"a":"1\\n2","b":"3"},{"a":"4","b":"5"}]',
      ["a", "b"],
    ],
    [
      "columns that look like numbers, in their order",
      "a.csv",
      "b,2024,7,a\n1,2,3,4",
      "csv",
      '[{"b":"1","2024":"2","7":"3","a":"4"}]',
      ["b", "2024", "7", "a"],
    ],
    [
      "a column without a name at its place, where it holds something",
      "a.csv",
      "a,,b\n1,,2\n3,x,4",
      "csv",
      '[{"a":"1","b":"2"},{"a":"3","column_2":"x","b":"4"}]',
      ["a", "column_2", "b"],
    ],
    [
      "a column without a name that holds nothing",
      "a.csv",
      "a,,b\n1,,2",
      "csv",
      '[{"a":"1","b":"2"}]',
      ["a", "b"],
    ],
    [
      "our own CSV as what went in",
      "a.csv",
      "\ufeff$id,$status,a,b,$error\r\ntrun_1,completed,'=1,2,\r\n",
      "csv",
      '[{"a":"=1","b":"2"}]',
      ["a", "b"],
    ],
    [
      "our own columns behind",
      "a.csv",
      "a,$status,$error,$id\n'=1,completed,,t",
      "csv",
      '[{"a":"=1"}]',
      ["a"],
    ],
    [
      "rows without a value at their place",
      "a.csv",
      "a,b\n,\n1,2\n , \n",
      "csv",
      '[{},{"a":"1","b":"2"},{}]',
      ["a", "b"],
    ],
    [
      "JSON, with every digit and the order of names",
      "a.json",
      '[ {"b": 123456789012345678901234567890, "1": 1.10},\n{"c":{"x":[1e2]},"b":null} ]',
      "json",
      '[{"b":123456789012345678901234567890,"1":1.10},{"c":{"x":[1e2]},"b":null}]',
      ["b", "1", "c"],
    ],
    [
      "JSON Lines",
      "a.jsonl",
      '{"a":1.0}\n\n{"b":"\\u00e4"}\n',
      "jsonl",
      '[{"a":1.0},{"b":"\\u00e4"}]',
      ["a", "b"],
    ],
    ["JSON Lines that are called CSV", "a.csv", '{"a":1}\n{"a":2}', "jsonl", '[{"a":1},{"a":2}]', ["a"]],
    ["one row of JSON Lines", "a.jsonl", '{"a":1}', "jsonl", '[{"a":1}]', ["a"]],
  ])("reads %s", async (_, name, content, format, json, columns) => {
    const file = await read(name, content)
    expect(file).toMatchObject({ format, json, columns, count: (JSON.parse(json) as Array<unknown>).length })
  })

  it("reads standard input, in pieces that cut characters", async () => {
    const bytes = Buffer.from('{"a":"ä€"}\n{"a":"😀"}\n')
    const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
    expect(await readInputFile("-", { stdin: stdinOf(...pieces) })).toMatchObject({
      name: "standard input",
      format: "jsonl",
      json: '[{"a":"ä€"},{"a":"😀"}]',
    })
  })

  it("takes one object on one line of standard input for a row, and a longer one for something else", async () => {
    expect((await readInputFile("-", { stdin: stdinOf('{"a":1}\n') })).json).toBe('[{"a":1}]')
    expect(await refusal(readInputFile("-", { stdin: stdinOf('{\n"a":1\n}\n') }))).toMatch(
      /^standard input is one JSON object, not an array/,
    )
  })

  it.each<[string, string, string, string]>([
    ["a quote that is never closed", "a.csv", 'a,b\n1,2\n"3,4\n5,6', "a.csv, line 3: a quote begins here"],
    ["text behind a quote", "a.csv", 'a,b\n"1"x,2', "a.csv, line 2: there is text behind a closing quote"],
    [
      "cells too many",
      "a.csv",
      'a,b\n"1\n2",3\n1,2,3',
      "a.csv, line 4: row 2 has 3 cells, but the header names 2",
    ],
    ["broken JSON", "a.json", '[{"a":1},\n{"a":}]', "a.json, line 2, column 6: this is not valid JSON."],
    ["JSON that ends early", "a.json", '[{"a":1},\n', "a.json, line 2, column 1: the JSON ends too early."],
    [
      "a name given twice",
      "a.jsonl",
      '{"a":1}\n{"b":{"c":1,"c":2}}',
      "a.jsonl, line 2: row 2, at b.c, is given twice",
    ],
    [
      "a name given twice far behind its row's begin",
      "a.json",
      '[\n{"a":1,\n"b":1,\n"b":2}]',
      "a.json, line 4: row 1, at b, is given twice",
    ],
    ["no object", "a.json", '[\n{"a":1},\n"x",\n3\n]', "a.json, line 3: row 2 must be an object, not text."],
    [
      "several problems",
      "a.json",
      '[\n{"a":1},\n"x",\n3\n]',
      "a.json, line 4: row 3 must be an object, not a number.",
    ],
    [
      "a row that is too long",
      "a.csv",
      `a,b\n1,2\n\n${"x".repeat(25_001)},2\n`,
      "a.csv, line 4: row 2 has 25004 characters",
    ],
    [
      "a row over several lines",
      "a.json",
      `[\n  {\n    "a": 1\n  },\n  {\n    "a": "${"x".repeat(25_001)}"\n  }\n]`,
      "a.json, line 5: row 2 has 25009 characters",
    ],
    ["a column twice", "a.csv", "a,a\n1,2", 'a.csv names columns more than once: "a"'],
    ["no rows", "a.csv", "a,b\n", "a.csv has a header and no rows."],
    ["an empty list", "a.json", "[]", "a.json must not be empty. Send at least one object."],
    ["nothing but blanks", "a.csv", " \n\n", "a.csv is empty. Give JSON, JSON Lines, CSV or TSV."],
    ["rows without any value", "a.csv", "a,b\n,\n,\n", "a.csv holds no value in any row."],
    ["a page", "a.csv", "<!doctype html><p>Sign in", "a.csv is a page of HTML or XML"],
    ["a sentence", "a.txt", "Not found\n", "a.txt is neither JSON nor a table"],
    [
      "a whole request",
      "a.json",
      '{"inputs":[{"a":1}],"output_type":"text"}',
      'a.json is a whole request of the API. Put what is in its "inputs" into a file',
    ],
    [
      "a whole request that names a URL",
      "a.jsonl",
      '{"inputs":"https://a.example/rows","output_type":"text"}',
      "a.jsonl is a whole request of the API.",
    ],
    [
      "a list within an object",
      "a.json",
      '{"rows":[{"a":1}]}',
      'Its member "rows" is one: give that array itself',
    ],
    ["a list within a line", "a.txt", '{"inputs":[{"a":1}]}', "a.txt is a whole request of the API."],
    [
      "runs of Parallel's own",
      "a.json",
      '[{"input":{"a":1}}]',
      "a.json has 1 row in the shape of Parallel's own runs",
    ],
  ])("refuses %s, and says where", async (_, name, content, message) => {
    expect(await refusal(read(name, content))).toContain(message)
  })

  it("names the byte and the line that are no UTF-8, and how to save the file", async () => {
    const latin = Buffer.concat([
      Buffer.from("name,b\nAcme,1\nCaf"),
      Buffer.from([0xe9]),
      Buffer.from(",2\n"),
    ])
    expect(await refusal(read("a.csv", latin))).toBe(
      'a.csv, line 3: byte 17 (the first is 0) is not valid UTF-8. Save it as UTF-8: in Excel as "CSV UTF-8", else with iconv -f WINDOWS-1252 -t UTF-8.',
    )
  })

  it.each<[string, ReadonlyArray<number>, string]>([
    [
      "a workbook",
      [0x50, 0x4b, 3, 4, 20, 0],
      "a.csv is a ZIP archive, as Excel's workbooks are. Export the sheet as CSV",
    ],
    ["gzip", [0x1f, 0x8b, 8, 0, 0], "a.csv is compressed by gzip. Unpack it first."],
    [
      "UTF-32",
      [0xff, 0xfe, 0, 0, 65, 0, 0, 0],
      'a.csv is in the charset "utf-32", which is not known here. Save it',
    ],
  ])("refuses %s, and says what to do", async (_, bytes, message) => {
    expect(await refusal(read("a.csv", Uint8Array.from(bytes)))).toContain(message)
  })

  it("says in a sentence that a file is missing, a folder, or not to be read", async () => {
    const stdin = stdinOf()
    expect(await refusal(readInputFile(join(folder, "none.csv"), { stdin }))).toBe(
      "none.csv does not exist. Check the name, and the folder that you are in.",
    )
    mkdirSync(join(folder, "sub.csv"))
    expect(await refusal(readInputFile(join(folder, "sub.csv"), { stdin }))).toBe(
      "sub.csv is a folder. Name a file in it.",
    )
    const broken = stdinOf("a")
    broken.destroy(Object.assign(new Error("read"), { code: "EISDIR" }))
    expect(await refusal(readInputFile("-", { stdin: broken }))).toBe(
      "standard input is a folder. Name a file in it.",
    )
    const locked = put("locked.csv", "a,b\n1,2")
    chmodSync(locked, 0)
    // Nobody hinders root.
    if (process.getuid?.() !== 0)
      expect(await refusal(readInputFile(locked, { stdin }))).toMatch(/may not be read/)
  })

  it("stops at 64 MiB, before a file is read and while standard input comes in", async () => {
    const message = "has more than 64 MiB. Split it into several files"
    const file = put("large.csv", Buffer.alloc(64 * 1024 * 1024 + 1, "a"))
    expect(await refusal(readInputFile(file, { stdin: stdinOf() }))).toContain(`large.csv ${message}`)
    const chunk = Buffer.alloc(1024 * 1024, "a")
    let sent = 0
    const endless = (async function* () {
      for (;;) {
        sent++
        yield await Promise.resolve(chunk)
      }
    })()
    const stdin = Object.assign(stdinOf(), { [Symbol.asyncIterator]: () => endless })
    expect(await refusal(readInputFile("-", { stdin }))).toContain(`standard input ${message}`)
    expect(sent).toBe(65)
  })

  it("shows names and messages to a terminal, and lets neither speak to it", async () => {
    const message = await refusal(readInputFile(join(folder, "\u001b[2Jx\ny.csv"), { stdin: stdinOf() }))
    expect(message).toBe("\ufffd[2Jx y.csv does not exist. Check the name, and the folder that you are in.")
    expect(await refusal(read("a.csv", "\u001b]0\u0007,\u001b]0\u0007\n1,2"))).not.toMatch(/\u001b|\u0007/)
  })

  it("knows the line of each row", async () => {
    const file = await read("a.csv", 'sep=;\r\na;b\r\n"1\r\n2";3\r\n\r\n4;5\r\n6;7')
    expect([0, 1, 2, 3].map(file.lineOfRow)).toEqual([3, 6, 7, undefined])
    const json = await read("a.json", '[{"a":1},{"a":2},\n{"a":3}, {\n"a":4}\n]')
    expect([0, 1, 2, 3, 4].map(json.lineOfRow)).toEqual([1, 1, 2, 2, undefined])
  })
})
