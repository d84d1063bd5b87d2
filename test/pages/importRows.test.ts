import { describe, expect, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import * as Schema from "effect/Schema"
import { isNumberCell } from "../../src/pages/assets/assets/form/import/cells.js"
import { isCurl, readCurl } from "../../src/pages/assets/assets/form/import/curl.js"
import { readFileText } from "../../src/pages/assets/assets/form/import/file.js"
import { type Parsed, parsedOf, understand } from "../../src/pages/assets/assets/form/import/read.js"
import { type ImportSettings, NO_SETTINGS } from "../../src/pages/assets/assets/form/import/settings.js"

const read = (text: string, settings: Partial<ImportSettings> = {}, fileName = ""): Parsed =>
  parsedOf(understand(text, fileName, false).source, { ...NO_SETTINGS, ...settings }, false)

const rowsOf = (text: string, settings: Partial<ImportSettings> = {}) =>
  read(text, settings).rows.map((row) => JSON.parse(row) as unknown)

describe("what is pasted", () => {
  it.each<[string, boolean]>([
    ["Apple\nGoogle\nStripe", false],
    ["company\nApple\nGoogle", true],
    ["Company name\nApple Inc.\nGoogle", true],
    ["apple.com\ngoogle.com", false],
    ["domain\napple.com\ngoogle.com", true],
    ["https://a.example\nhttps://b.example", false],
    ["adidas\nNike\nPuma", false],
    ["founded_year\n1999\n2001", true],
    ["1\n2\n3", false],
    ["n\n1\n2", true],
    ["Apple,1976\nGoogle,1998\nStripe,2010", false],
    ["name,founded\nApple,1976\nGoogle,1998", true],
    ["Acme\tBern\nBeta\tRome", false],
    ["kunde\tansprechpartner\nSAP\tMeier", true],
    ["state farm\nall state", false],
    ["company,2021,2022\nAcme,100,200\nBeta,120,240", true],
    ["What is the capital of France?\nWho founded Apple, and when?\nWhy?", false],
    ["question\nWhat is the capital of France?\nWho founded Apple, and when?", true],
    ["1,2\n3,4", false],
    ["a@b.example,Ann\nc@d.example,Bob", false],
    ["email;name\na@b.example;Ann", true],
    ["$id,$status,name\nx,completed,A", true],
    ["Acme", false],
    [",city,zip\n0,Bern,3000\n1,Rome,00100", true],
    ["true,1\nfalse,2", false],
    ["Müller GmbH\nMeier AG\nMüller GmbH", false],
    ["Company 1\nCompany 2\nCompany 3", false],
    ["Product A\nProduct B", false],
    ["row_1,Bern\nrow_2,Rome", false],
    ["Company name\nCompany 1\nCompany 2", true],
    ["Product A,Product B\n1,2\n3,4", true],
    ["Target\nWalmart", false],
  ])("guesses the header of %j: %j", (text, header) => {
    expect(read(text).header?.is).toBe(header)
  })

  it.each<[string, Partial<ImportSettings>, unknown]>([
    [
      "Export of 2024\nname\tn\nA\t1\nB\t2",
      {},
      [
        { name: "A", n: 1 },
        { name: "B", n: 2 },
      ],
    ],
    ["1. Apple\n2. Google, Inc.", {}, [{ input: "Apple" }, { input: "Google, Inc." }]],
    [
      "https://a.example/?q=1,2\nhttps://b.example/",
      {},
      [{ input: "https://a.example/?q=1,2" }, { input: "https://b.example/" }],
    ],
    ["company\tcity", {}, []],
    ["Apple\nGoogle\nStripe", {}, ["Apple", "Google", "Stripe"].map((input) => ({ input }))],
    [
      "Paris, France\nBerlin\nTokyo, Japan\nBern",
      {},
      [{ input: "Paris, France" }, { input: "Berlin" }, { input: "Tokyo, Japan" }, { input: "Bern" }],
    ],
    [
      "A;1,5\nB;2,25",
      {},
      [
        { column_1: "A", column_2: "1,5" },
        { column_1: "B", column_2: "2,25" },
      ],
    ],
    [
      "name, n\nA, 1\nB, 2",
      {},
      [
        { name: "A", n: 1 },
        { name: "B", n: 2 },
      ],
    ],
    [
      'size\tname\n5" disk\t"Big" one\n3\t"x',
      {},
      [
        { size: '5" disk', name: '"Big" one' },
        { size: "3", name: '"x' },
      ],
    ],
    [
      "Bern, CH\nParis, FR\nBern, CH",
      { distinct: true },
      [
        { column_1: "Bern", column_2: "CH" },
        { column_1: "Paris", column_2: "FR" },
      ],
    ],
    ['"Hello" he said\n\nNext', {}, [{ input: '"Hello" he said' }, { input: "Next" }]],
    [
      "name,n\nA,007\nB,5",
      {},
      [
        { name: "A", n: "007" },
        { name: "B", n: "5" },
      ],
    ],
    [
      "name,n,ok\nA,-1.5,true\nB,5,false\nC,,",
      {},
      [
        { name: "A", n: -1.5, ok: true },
        { name: "B", n: 5, ok: false },
        { name: "C", n: "", ok: "" },
      ],
    ],
    [
      "name,n\nA,1e5\nB,2",
      {},
      [
        { name: "A", n: "1e5" },
        { name: "B", n: "2" },
      ],
    ],
    [
      "Acme,1\nBeta,2",
      {},
      [
        { column_1: "Acme", column_2: 1 },
        { column_1: "Beta", column_2: 2 },
      ],
    ],
    ["name,name,name 2\n1,2,3", { header: true }, [{ name: 1, "name 3": 2, "name 2": 3 }]],
    ["a,b\n1,2,3\n4,5", {}, [{ a: 4, b: 5 }]],
    [
      "a,b\n1,2,3\n4,5",
      { ragged: "keep" },
      [
        { a: 1, b: 2, column_3: 3 },
        { a: 4, b: 5 },
      ],
    ],
    [
      "a,b\n1,2,3\n4,5",
      { ragged: "join" },
      [
        { a: 1, b: "2,3" },
        { a: 4, b: "5" },
      ],
    ],
    [
      "a,b,c\n1,,\n , ,\n2,,x,,",
      {},
      [
        { a: 1, c: "" },
        { a: 2, c: "x" },
      ],
    ],
    [
      "a,b\n1,2\n1,2\n3,4",
      { distinct: true },
      [
        { a: 1, b: 2 },
        { a: 3, b: 4 },
      ],
    ],
    ["a,b\n1,2", { out: new Set(["a"]), names: new Map([["b", "B"]]) }, [{ B: 2 }]],
    ["a,b\n1,2", { names: new Map([["b", "a"]]) }, [{ a: 1, "a 2": 2 }]],
    ['["x", "y", null, 3]', {}, [{ input: "x" }, { input: "y" }, { input: 3 }]],
    ['[{"a":1,"b":2}]', { out: new Set(["a"]), names: new Map([["b", "B"]]) }, [{ B: 2 }]],
    [
      "| name | n |\n|------|---|\n| A \\| B | 1 |\n| C | 2 |",
      {},
      [
        { name: "A | B", n: 1 },
        { name: "C", n: 2 },
      ],
    ],
    ['{"inputs":[{"a":1}],"processor":"core"}', {}, [{ a: 1 }]],
    ['{"inputs":"name\\nA\\nB","output_type":"text"}', {}, [{ name: "A" }, { name: "B" }]],
  ])("reads %j", (text, settings, rows) => {
    expect(rowsOf(text, settings)).toEqual(rows)
  })

  it("gives twenty thousand columns of one name a number each, without taking half a minute", () => {
    const head = Array.from({ length: 20_000 }, () => "same")
    const { columns } = read(`${head.join(",")}\n${head.map((_, at) => at).join(",")}`)
    expect(new Set(columns.map(({ name }) => name)).size).toBe(20_000)
  })

  it("counts what it leaves out, and points at lines", () => {
    const parsed = read("a,b,c\n\n1,,x\n,,\n2,,y,,\n3,,z,,!\n2,,y\n")
    expect(parsed.dropped).toEqual({ blank: 2, columns: ["b"], short: 0 })
    expect(parsed.ragged?.lines).toEqual([{ line: 6, cells: 5 }])
    expect(parsed.repeated).toBe(1)
  })
})

const text = Schema.String
const cell = Schema.Union([
  text,
  Schema.Literals([
    "",
    " ",
    "007",
    "5",
    "-1.5",
    "1.50",
    "+49",
    "1e5",
    "true",
    "false",
    "x",
    "12345678901234567890",
    'say "hi"',
    "a,b\nc",
    "0.1",
    "-0",
  ]),
])
const table = Schema.Tuple([
  Schema.Literals([1, 2, 3, 4]),
  Schema.Array(Schema.Tuple([cell, cell, cell, cell])),
  Schema.Literals([",", "\t", ";"]),
  Schema.Literals([true, false]),
])

const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`
const isBlank = (value: string) => value.trim() === ""

it.prop(
  "reads a table as somebody else's reader does, and types columns so that nothing is lost",
  [table],
  ([[width, lines, delimiter, header]]) => {
    const head = ["name", "city", "note", "n"].slice(0, width)
    const body = lines.map((line) =>
      line.slice(0, width).map((value) => value.replaceAll("\0", "").replaceAll("\ufeff", "").toWellFormed()),
    )
    const written = [...(header ? [head] : []), ...body]
      .map((line) => line.map(quoted).join(delimiter))
      .join("\r\n")
    const file = delimiter === "\t" ? "x.tsv" : "x.csv"
    // The first line says what divides the others.
    const given =
      delimiter === ";" && width > 1
        ? `sep=;\r\n${written}`
        : delimiter === ";"
          ? `sep=;\n${written}`
          : written
    const { rows, columns } = read(given, { header }, file)
    const theirs = parse(written, { delimiter, relaxColumnCount: true, skipEmptyLines: true })
    const kept = (header ? theirs.slice(1) : theirs).filter((line) => line.some((value) => !isBlank(value)))
    const at = head.map((_, at) => at).filter((at) => kept.some((line) => !isBlank(line[at]!)))
    const name = (at: number) => (header ? head[at]! : width === 1 ? "input" : `column_${at + 1}`)
    const texts = (row: string) =>
      Object.entries(JSON.parse(row) as object).map(([key, value]) => [key, String(value)])
    // Names and blanks at the edges of a first line belong to nobody only where it is not quoted.
    expect(rows.map(texts)).toEqual(kept.map((line) => at.map((at) => [name(at), line[at]])))
    for (const { key, type } of columns) {
      const values = rows
        .map((row) => (JSON.parse(row) as { [name: string]: unknown })[key])
        .filter((value) => value !== "")
      expect(values.every((value) => typeof value === (type === "text" ? "string" : type))).toBe(true)
    }
  },
)

it.prop(
  "takes a cell for a number only where writing it gives the same characters",
  [Schema.Union([text, Schema.Number])],
  ([value]) => {
    const cell = String(value)
    expect(isNumberCell(cell)).toBe(
      /^-?(0|[1-9]\d*)(\.\d+)?$/.test(cell) && JSON.stringify(Number(cell)) === cell,
    )
  },
)

describe("a curl line", () => {
  const body = '{"inputs":[{"name":"O\'Hara"}],"processor":"core"}'
  it.each<[string, string, string]>([
    [
      "single quotes",
      `curl -X POST https://x.example -H 'x-api-key: SECRET' -d '{"inputs":[{"name":"O'\\''Hara"}],"processor":"core"}'`,
      body,
    ],
    [
      "double quotes and joined lines",
      `$ curl https://x.example \\\n  -H "Authorization: Bearer SECRET" \\\n  --data "{\\"inputs\\":[{\\"name\\":\\"O'Hara\\"}],\\"processor\\":\\"core\\"}"`,
      body,
    ],
    [
      "$'…'",
      `curl 'https://x.example' --data-raw $'{"inputs":[{"name":"O\\'Hara"}],"processor":"\\u0063o\\x72e"}' --compressed`,
      body,
    ],
    [
      "a here-document",
      `curl -sS https://x.example -H "x-api-key: $KEY" --data-binary @- <<'EOF'\n${body}\nEOF\n`,
      `${body}\n`,
    ],
    ["a here-string", `curl -sd @- https://x.example <<< '{"a":1}'`, '{"a":1}\n'],
    [
      "the command line of Windows, as a browser writes it",
      `curl ^"https://x.example/?a=1^&b=2^" ^\r\n  -H ^"x-api-key: SECRET^" ^\r\n  --data-raw ^"^{^\\^"inputs^\\^":^[^{^\\^"name^\\^":^\\^"O'Hara^\\^"^}^],^\\^"processor^\\^":^\\^"core^\\^"^}^"`,
      body,
    ],
    [
      "the command line of Windows, as people write it",
      `curl https://x.example ^\r\n  -d "{\\"a\\":\\"b^c\\"}"`,
      '{"a":"b^c"}',
    ],
    ["--json=", `curl --json='{"a":1}' https://x.example | jq .`, '{"a":1}'],
    [
      "with a key that is set in front of it",
      `# Put in your key\n$ export KEY="SECRET"\n\n$ A=1 curl https://x.example -H "x-api-key: $KEY" -d '{"a":1}'`,
      '{"a":1}',
    ],
    ["with a key of PowerShell's", `$env:KEY = "SECRET"; curl.exe https://x.example -d '{"a":1}'`, '{"a":1}'],
    ["short options together", `curl -sSXPOST -d'{"a":1}' https://x.example`, '{"a":1}'],
  ])("gives its body: %s", (_, line, expected) => {
    expect(isCurl(line)).toBe(true)
    expect(readCurl(line)).toMatchObject({ body: expected })
  })

  it("drops what holds a key, and says what it cannot read", () => {
    const line = `curl -u me:SECRET -H 'X-API-Key: SECRET' -H 'accept: */*' -d '[]' https://x.example`
    expect(readCurl(line)).toEqual({ body: "[]", dropped: ["user", "X-API-Key"] })
    expect(readCurl("curl -d @rows.json https://x.example")).toEqual({
      problem:
        "The curl line reads its body from the file rows.json, which a page cannot. Drop that file here.",
    })
    expect(readCurl("curl -d '{ https://x.example")).toMatchObject({
      problem: expect.stringMatching(/never closed, in line 1/) as string,
    })
    expect(readCurl("curl https://x.example")).toMatchObject({
      problem: expect.stringMatching(/sends no body/) as string,
    })
  })
})

describe("a file", () => {
  const bytes = (values: ReadonlyArray<number>) => Uint8Array.from(values)
  const utf16 = (text: string, isBig: boolean) => {
    const buffer = Buffer.from(text, "utf16le")
    return new Uint8Array(isBig ? buffer.swap16() : buffer)
  }
  it.each<[string, Uint8Array, string]>([
    ["UTF-8 with a mark", new TextEncoder().encode("\ufeffname\nMüller"), "name\nMüller"],
    ["UTF-16LE with a mark", utf16("\ufeffname\nMüller", false), "name\nMüller"],
    ["UTF-16BE with a mark", utf16("\ufeffname\nMüller", true), "name\nMüller"],
    ["UTF-16LE", utf16("name\nMüller", false), "name\nMüller"],
    ["UTF-16BE", utf16("name\nMüller", true), "name\nMüller"],
    [
      "UTF-16LE in another script",
      utf16("会社\n東京電力\n日立製作所\n", false),
      "会社\n東京電力\n日立製作所\n",
    ],
    ["Windows-1252", bytes([...Buffer.from("name\nM\xfcller \x80 5\n", "latin1")]), "name\nMüller € 5\n"],
  ])("is read as %s", (_, given, text) => {
    expect(readFileText(given)).toMatchObject({ text })
  })

  it.each<[string, Uint8Array, RegExp]>([
    ["PNG", bytes([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]), /picture \(PNG\)/],
    ["an old workbook", bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), /old format \(\.xls\)/],
    [
      "OpenDocument",
      Buffer.from("PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
      /\.ods/,
    ],
    ["Numbers", Buffer.from("PK\x03\x04....Index/Document.iwa"), /Apple Numbers/],
    ["PDF", Buffer.from("%PDF-1.7"), /PDF document/],
    ["bytes", bytes([1, 2, 3, 0, 0, 0, 255, 254, 7]), /holds no text/],
    ["an archive", Buffer.from("PK\x03\x04 readme.txt"), /ZIP archive/],
  ])("is refused where it is %s", (_, given, said) => {
    expect(readFileText(new Uint8Array(given))).toMatchObject({
      problem: expect.stringMatching(said) as string,
    })
  })
})
