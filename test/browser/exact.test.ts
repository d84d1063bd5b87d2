import { readFile } from "node:fs/promises"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Page } from "playwright-core"
import { compactText, elementsOf, fieldsOf, objectText, readableText } from "../../src/domain/JsonText.ts"
import { curl, python, typescript } from "../../src/pages/assets/assets/form/snippets.js"
import { FakeGroup, Raw } from "./fakeGroup.ts"
import { connection, expectText, harness, rowButton, tableText } from "./setup.ts"

/** Values as they were sent: every digit and the order of names, wherever the pages show, sort, save or send them. */

const { server, open } = harness()

const ORDER =
  '{"company":"A","2023":738529527931269425,"2021":1.10,"__proto__":-0,"constructor":"caf\\u00e9"}'
const OUTPUT =
  '{"2":123456789012345678901234567890,"1":{"b":1.0,"7":[9007199254740993,"\\u003cb>"],"a":{}},"name":1,"name":1e2}'

/** Longer than its column, whose width the first row decides. */
const LONG = "300000000000000000000000000001"

/** The first row is in the page, the second comes with the stream. */
async function opened(id: string, decimal = "1.10") {
  const other = ORDER.replace("269425", "269424")
  const last = ORDER.replace("269425", "269426").replace("1.10", decimal)
  const group = new FakeGroup(
    id,
    [ORDER, other, last].map((text) => new Raw(text)),
  )
  group.schema = new Raw('{"properties":{"name":{"description":"caf\\u00e9"},"2":{},"1":{}}}')
  const done = { status: "completed", content: new Raw(OUTPUT) }
  group.set(0, done)
  const page = await open(server.add(group))
  await connection(page, "live")
  group.set(1, done)
  group.set(2, { status: "failed", error: "no", detail: new Raw('{"order":738529527931269425,"9":0,"8":1}') })
  await expectText(page, "tr[data-index='1']", /9007199254740993/)
  await expectText(page, "tr[data-index='2']", /Failed/)
  return page
}

async function saved(page: Page, label: string) {
  if (!(await page.isVisible("#export-formats"))) await page.click("#export-menu summary")
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(`[aria-label='${label}']`)])
  return readFile(await file.path(), "utf8")
}

it("shows every digit and the order of names, in the page and from the stream, in the table and in the panel", async () => {
  const page = await opened("tgrp_exact_shown", LONG)
  const names = await page.$$eval("#head .titles .title", (all) => all.map((one) => one.textContent))
  // What tells rows apart stands first, and nothing else is moved.
  expect(names).toEqual(["Status", "2023", "company", "2021", "__proto__", "constructor", "name", "2", "1"])
  expect(await page.getAttribute("[data-key='sort output:name']", "title")).toContain("café")
  const nested = "3 fields b: 1.0, 7: 9007199254740993; <b>, a: {}"
  const [first, second] = await tableText(page)
  const input = ["738529527931269425", "A", "1.10", "-0", "café"]
  expect(first?.slice(1)).toEqual([...input, "1e2", "123456789012345678901234567890", nested])
  expect(second?.slice(1)).toEqual(["738529527931269424", ...(first?.slice(2) ?? [])])
  // None begins outside of its cell, where its first digits would not be seen.
  const cut = await page.$$eval(
    "td.number .value",
    (all) =>
      all.filter((one) => {
        const range = document.createRange()
        range.selectNodeContents(one)
        return range.getBoundingClientRect().left < one.closest(".cell")!.getBoundingClientRect().left
      }).length,
  )
  expect(cut).toBe(0)
  for (const row of [0, 1]) {
    await rowButton(page, row).click()
    const key = row === 0 ? "738529527931269425" : "738529527931269424"
    // It is called by what tells it apart.
    await expectText(page, "#panel-title", new RegExp(`^Row ${row + 1} ${key}$`))
    const shown = await page.$$eval("#panel .panel-field", (all) =>
      all.map((one) => [
        one.querySelector(".field-name")?.textContent,
        one.querySelector(".field-value")?.textContent,
      ]),
    )
    expect(shown).toEqual([
      ["2", "123456789012345678901234567890"],
      ["1", "b1.079007199254740993<b>ano fields"],
      ["name", "1e2"],
      ["company", "A"],
      ["2023", key],
      ["2021", "1.10"],
      ["__proto__", "-0"],
      ["constructor", "café"],
    ])
  }
  await rowButton(page, 2).click()
  await expectText(page, "#panel .error", /"order": 738529527931269425,\s+"9": 0,\s+"8": 1/)
})

it("sorts numbers by all of their digits, and finds what is shown", async () => {
  const page = await opened("tgrp_exact_sorted")
  const column = page.locator("th .sort", { hasText: "2023" })
  const order = () =>
    page.$$eval("#rows > tr[data-index]", (rows) => rows.map((row) => (row as HTMLElement).dataset.index))
  await column.click()
  await page.waitForSelector("th[aria-sort=ascending]")
  await expect.poll(order).toEqual(["1", "0", "2"])
  await column.click()
  await expect.poll(order).toEqual(["2", "0", "1"])
  for (const [text, found] of [
    ["738529527931269425", 1],
    ["CAFÉ 1.10", 3],
    ["9007199254740993 <b>", 2],
    ["9007199254740992", 0],
  ] as const) {
    await page.fill("#search", text)
    await expectText(page, "#shown", new RegExp(`^${found} of 3`))
  }
})

it("saves CSV with the digits as they are", async () => {
  const page = await opened("tgrp_exact_csv")
  const [head, first] = (await saved(page, "Download csv")).split("\r\n")
  expect(head).toBe("\uFEFF$id,$status,company,2023,2021,__proto__,constructor,name,2,1,$error")
  expect(first).toContain(",A,738529527931269425,1.10,-0,café,1e2,123456789012345678901234567890,")
  expect(first).toContain('"{""b"":1.0,""7"":[9007199254740993,""<b>""],""a"":{}}"')
})

const NUMBERS = ["0", "-0", "1.10", "1e2", "1E+2", "738529527931269425", `-${"9".repeat(30)}`]
const member = Schema.Tuple([
  Schema.Union([Schema.Literals(["2023", "1", "a", "__proto__", "constructor", ""]), Schema.String]),
  Schema.Union([Schema.Literals(NUMBERS), Schema.Json]),
])
/** JSON without halves of characters, which no row may have. */
const jsonOf = (value: unknown) =>
  JSON.stringify(value).replace(/\\(?:ud[89a-f]..|[^])/g, (one) => (one.length > 2 ? one.slice(1) : one))

/** Rows as JSON text: texts that are numbers stand in them as they are. */
const textsOf = (rows: ReadonlyArray<ReadonlyArray<typeof member.Type>>) =>
  rows.map((members) =>
    objectText(
      [...new Map(members)].map(([name, value]) => {
        const number = NUMBERS.find((one) => one === value)
        return {
          key: jsonOf(name),
          value: number === undefined ? jsonOf(value) : `{"2":${number},"1":[${number}]}`,
        }
      }),
    ),
  )
const ROWS = Schema.Array(Schema.Array(member))
/** Every run is a visit. */
const FEW = { arbitrary: { runs: 5, maxShrinks: 10 } }

/** Names and values in their order, strings in one spelling. */
const plain = (json: string) => [...fieldsOf(json)].map(([name, value]) => [name, readableText(value)])

it.live.prop(
  "saves as JSON Lines what the server sent, whatever it was",
  [ROWS],
  ([rows]) =>
    Effect.promise(async () => {
      const texts = textsOf([[["a", 1]], ...rows])
      const group = new FakeGroup(
        `tgrp_exact_${server.groups.size}`,
        texts.map((text) => new Raw(text)),
      )
      group.set(0, { status: "completed", content: new Raw(texts.at(-1) ?? "{}") })
      const page = await open(server.add(group))
      await connection(page, "live")
      group.set(texts.length - 1, { status: "completed", content: new Raw(texts[0] ?? "{}") })
      await expectText(page, "#headline", texts.length === 1 ? /^1 of/ : /^2 of/)
      const lines = (await saved(page, "Download jsonl")).trimEnd().split("\n")
      const merged = texts.map((text, at) =>
        at === texts.length - 1 ? [...plain(text), ...plain(texts[0] ?? "")] : plain(text),
      )
      merged[0]?.push(...plain(texts.at(-1) ?? ""))
      expect(lines.map((line) => plain(line).slice(2))).toEqual(
        merged.map((fields) => [...new Map(fields as Array<[string, string]>)]),
      )
      // Readers that split lines as Python does get one row a line.
      expect(lines.filter((line) => /[\u007f-\u009f\u2028\u2029]/.test(line))).toEqual([])
      await page.context().close()
    }),
  FEW,
)

/** What each piece of code sends. */
const bodiesOf = (shell: string, py: string, ts: string): ReadonlyArray<string | undefined> => [
  /<<'EOF'\n([^]*)\nEOF$/.exec(shell)?.[1],
  /data=r"""([^]*)"""\.encode/.exec(py)?.[1],
  // oxlint-disable-next-line typescript/no-implied-eval -- as its readers will run it
  new Function(`return ${/body: (`[^]*`),\n}\)/.exec(ts)?.[1]}`)() as string,
]

const rowsOf = (body = "{}") => elementsOf(fieldsOf(compactText(body)).get("inputs") ?? "[]")

it.live.prop(
  "sends the rows of the form as they are written, and puts them into the code so",
  [ROWS],
  ([rows]) =>
    Effect.promise(async () => {
      // A row must say something.
      const texts = textsOf([[], ...rows].map((row) => [["b", "x"], ["2", 1], ...row]))
      const page = await open(server.origin)
      await page.fill("#api-key", "k")
      await page.fill("#inputs", ` [\n\t${texts.join(" ,\n")} ]\n`)
      await expectText(page, "#inputs-summary", new RegExp(`^${texts.length} rows?,`))
      await page.click("#submit")
      await page.waitForSelector("#submitted:not([hidden])")
      const sent = fieldsOf(server.posted.at(-1)?.text ?? "{}").get("inputs") ?? "[]"
      expect(elementsOf(sent)).toEqual(texts)
      const copied = async (language: string) => {
        await page.click(`[data-language=${language}]`)
        await page.click("#copy-snippet")
        return page.evaluate(() => navigator.clipboard.readText())
      }
      const code = [await copied("curl"), await copied("python"), await copied("typescript")] as const
      for (const body of bodiesOf(...code)) expect(rowsOf(body)).toEqual(texts)
      await page.context().close()
    }),
  FEW,
)

it("previews what is written, sends a schema as it is, and says which name is given twice", async () => {
  const page = await open(server.origin)
  await page.fill("#inputs", `[${ORDER}]`)
  const names = page.locator("#preview .column-name")
  expect(await names.evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value))).toEqual([
    "company",
    "2023",
    "2021",
    "__proto__",
    "constructor",
  ])
  expect(await page.$$eval("#preview td", (all) => all.map((one) => one.textContent))).toEqual([
    "A",
    "738529527931269425",
    "1.10",
    "-0",
    "café",
  ])
  await page.fill("#inputs", '[{"a":1},{"b":[{"c":1,"\\u0063":2}]}]')
  await expectText(page, "#inputs-error", /^Row 2 \(b\[0\]\.c\): is given twice in one object/)
  await page.fill("#inputs", '{"a":1}\n{"a":1,"a":1}\n{"b":"\\ud800"}\n{"c":1e400}\n{"d":" ","e":null}')
  for (const said of [/Row 2 \(a\): is given twice/, /Row 3 \(b\): holds half a character/])
    await expectText(page, "#inputs-error", said)
  for (const said of [/Row 4 \(c\): is a number beyond/, /Row 5: holds no value/])
    await expectText(page, "#inputs-error", said)

  await page.fill("#inputs", "b\t2\t1\nx\t01\t1.10")
  await page.check("#header-line")
  await page.click("text=Define them myself")
  for (const [at, name] of ["b", "2", "1"].entries()) {
    if (at > 0) await page.click("#add-field")
    await page.fill(`[aria-label='Name of field ${at + 1}']`, name)
  }
  const schema = await page.inputValue("#output-schema")
  expect(schema).toMatch(/"b": [^]*"2": [^]*"1": /)
  // What is changed in the JSON comes back to the fields in its order.
  await page.fill("#output-schema", schema.replace('"b": {', '"9": {').replace('"b"', '"9"'))
  expect(await page.inputValue("[aria-label='Name of field 1']")).toBe("9")
  await page.fill("#api-key", "k")
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  const sent = fieldsOf(server.posted.at(-1)?.text ?? "{}")
  expect(sent.get("inputs")).toBe('[{"b":"x","2":"01","1":"1.10"}]')
  expect(sent.get("output_schema")).toMatch(/^\{"type":"object","properties":\{"9":\{.*"2":\{.*"1":\{/)
  await page.fill("#output-schema", schema.replace('"2": {', '"b": {'))
  await expectText(page, "#output-schema-error", /properties\.b: is given twice/)
})

it("knows its own CSV when it comes back", async () => {
  const page = await open(server.origin)
  await page.fill(
    "#inputs",
    "\uFEFF$id,$status,name,'=note,$price,$error\ntrun_1,completed,'+1415,'s Hertogenbosch,'-not,\n",
  )
  await expectText(page, "#inputs-summary", /1 row, 3 columns.*\$id, \$status and \$error are left out/)
  await page.fill("#api-key", "k")
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  expect(fieldsOf(server.posted.at(-1)?.text ?? "{}").get("inputs")).toBe(
    `[{"name":"+1415","=note":"'s Hertogenbosch","$price":"-not"}]`,
  )
  // Of anybody else's, every column and every apostrophe is kept.
  await page.fill("#inputs", "$id,name\n1,'+1415\n")
  expect(await page.inputValue("#preview th:first-child input")).toBe("$id")
  await expectText(page, "#preview tbody", /^1'\+1415$/)
})

it("says at the key's field what is no key, and sends nothing", async () => {
  const page = await open(server.origin)
  const before = server.posted.length
  for (const [key, said] of [
    ["key-1234\u200b", /Character 9 of the key, U\+200B,/],
    ["\u00a0key-1234", /Character 1 of the key, U\+00A0,/],
    ["“key-1234”", /Character 1 of the key, U\+201C,/],
    ["key 1234", /Character 4 of the key, U\+0020,/],
    ["key-\u{1f511}", /Character 5 of the key, U\+1F511,/],
  ] as const) {
    await page.fill("#api-key", key)
    await expectText(page, "#api-key-error", said)
    await page.click("#submit")
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("api-key")
  }
  expect(server.posted.length).toBe(before)
  await page.fill("#api-key", " key-1234 ")
  expect(await page.isVisible("#api-key-error")).toBe(false)
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  expect(server.posted.at(-1)?.headers["x-api-key"]).toBe("key-1234")
})

it("offers code for any text that JSON can hold", () => {
  const row = JSON.stringify({ text: 'a`b${c}\\`"""\\', quotes: ["", '"""'] })
  const request = { inputs: [row], output_type: "text" as const }
  for (const body of bodiesOf(curl("", request), python("", request), typescript("", request)))
    expect(rowsOf(body)).toEqual([row])
})
