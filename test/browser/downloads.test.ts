import { expect, it } from "vitest"
import { renderCsv } from "../../src/layers/render/RendererCsv.ts"
import { parseCsv } from "../layers/render/rfc4180.ts"
import { snapshotOf } from "../layers/render/snapshotOf.ts"
import { AWKWARD, FORMULAS } from "../support/formulas.ts"
import { clipboard, download } from "./download.ts"
import { FakeGroup } from "./fakeGroup.ts"
import { connection, expectText, harness } from "./setup.ts"

const { server: pages, open } = harness()

function group(id: string) {
  const inputs = [
    { name: '=HYPERLINK("http://evil")', note: 'says "hi", twice', n: -5 },
    JSON.parse(
      '{"name": "line\\nbreak", "note": "@SUM(1)", "n": 2, "__proto__": "kept", "2": "number-like"}',
    ),
    { name: "plain", note: "-not a number", n: 3 },
  ]
  const made = new FakeGroup(id, inputs)
  made.set(0, {
    status: "completed",
    content: { name: "+output wins", list: ["a", 1], ok: true, missing: null },
  })
  made.set(1, { status: "failed", error: "no" })
  return made
}

it("downloads CSV as RFC 4180 has it, with cells that are no formulas", async () => {
  const page = await open(pages.add(group("tgrp_csv_file")))
  await connection(page, "live")
  await page.click("#export-menu summary")
  const { name, content } = await download(page, "Download csv")
  expect(name).toBe("tgrp_csv_file.csv")
  expect(content.split("\r\n")).toEqual([
    "\uFEFF$id,$status,note,n,2,__proto__,name,list,ok,missing,$error",
    `trun_${"0".repeat(32)},completed,"says ""hi"", twice",-5,,,'+output wins,"[""a"",1]",true,,`,
    `trun_${"0".repeat(31)}1,failed,'@SUM(1),2,number-like,kept,"line\nbreak",,,,no`,
    ",queued,'-not a number,3,,,plain,,,,",
    "",
  ])
})

it("downloads and copies the very cells that the server's CSV has, whatever is in them", async () => {
  const texts = [...FORMULAS, ...AWKWARD]
  const input = Object.fromEntries(
    ["$status", "=1+1", "a\u0001", "a\u0002", ...FORMULAS.slice(8, 20)].map((name) => [name, name]),
  )
  const rows = texts.map((text, at) => ({
    input: { ...input, text },
    content: { [text]: at, answer: [text], $error: text },
  }))
  const made = new FakeGroup(
    "tgrp_csv_same",
    rows.map((row) => row.input),
  )
  for (const [at, { content }] of rows.entries()) made.set(at, { status: "completed", content })
  const ids = rows.map((_, at) => `trun_${String(at).padStart(32, "0")}`)
  const server = [...renderCsv(snapshotOf(rows.map((row, at) => ({ ...row, runId: ids[at]! }))), {})].join("")
  const page = await open(pages.add(made))
  await connection(page, "live")
  await page.click("#export-menu summary")
  expect((await download(page, "Download csv")).content).toBe(server)
  await page.click("[aria-label='Copy table for spreadsheets']")
  await expectText(page, "[aria-label='Copy table for spreadsheets']", /Copied/)
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(parseCsv(copied, "\t")).toEqual(parseCsv(server.slice(1)))
})

it("downloads JSON Lines, a record a row, and only what is shown when asked", async () => {
  const made = group("tgrp_jsonl_file")
  made.append({ name: "input", "name (input)": "taken" })
  const page = await open(pages.add(made))
  await connection(page, "live")
  await page.click("#export-menu summary")
  const { content } = await download(page, "Download jsonl")
  const records = content
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  expect(records).toHaveLength(4)
  expect(records[0]).toEqual({
    $id: `trun_${"0".repeat(32)}`,
    $status: "completed",
    name: "+output wins",
    note: 'says "hi", twice',
    n: -5,
    list: ["a", 1],
    ok: true,
    missing: null,
  })
  expect(Object.keys(records[1])).toContain("__proto__")
  expect(records[2].$id).toBe(null)
  await page.check("#export-seen")
  const seen = (await download(page, "Download jsonl")).content.trimEnd().split("\n").at(-1)!
  expect(JSON.parse(seen)).toEqual({
    $id: null,
    $status: "queued",
    "name (input)": "taken",
    "name (input)_2": "input",
  })
})

it("downloads and copies the server's JSON and Markdown, and a table for spreadsheets", async () => {
  const made = group("tgrp_formats")
  made.append({ name: "007" })
  const page = await open(pages.add(made))
  await connection(page, "live")
  await page.click("#export-menu summary")
  const json = await download(page, "Download JSON")
  expect(json.name).toBe("tgrp_formats.json")
  expect(JSON.parse(json.content).taskgroup_id).toBe("tgrp_formats")
  // What the server says when it cannot is no Markdown.
  await page.route("**/*.md", (route) => route.fulfill({ status: 503, body: "busy" }))
  await page.click("[aria-label='Copy Markdown']")
  await expectText(page, "[aria-label='Copy Markdown']", /Could not be copied/)
  await page.unroute("**/*.md")
  await page.click("[aria-label='Copy Markdown']")
  await expectText(page, "[aria-label='Copy Markdown']", /Copied/)
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("# Results\n")
  await page.click("[aria-label='Copy table for spreadsheets']")
  await expectText(page, "[aria-label='Copy table for spreadsheets']", /Copied/)
  const copied = await clipboard(page)
  expect(parseCsv(copied.text, "\t")[2]).toContain("line\nbreak")
  // What a spreadsheet takes as text, where the text alone would be the number 7.
  expect(copied.html).toMatch(/<td style="mso-number-format:'\\@'[^>]*>007<\/td>/)
})
