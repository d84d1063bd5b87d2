import type { Page } from "playwright-core"
import { afterEach, expect, it } from "vitest"
import { parseCsv } from "../layers/render/rfc4180.ts"
import { download, downloadBytes } from "./download.ts"
import { FakeGroup, Raw } from "./fakeGroup.ts"
import { companyGroup, complete } from "./samples.ts"
import { connection, expectText, harness } from "./setup.ts"
import { filesIn, workbookIn } from "./xlsx.ts"

/** What is saved from the page itself: as seen or whole, with sources, as a workbook. */

const { server: pages, open } = harness()

let isStopped = false
afterEach(async () => {
  pages.basisStatus = 200
  if (isStopped) await pages.start()
  isStopped = false
})

/** Of a file, by the names of its columns. */
const csvOf = async (page: Page) => {
  const [header = [], ...rows] = parseCsv((await download(page, "Download csv")).content.slice(1))
  return { header, rows: rows.map((row) => Object.fromEntries(row.map((cell, at) => [header[at], cell]))) }
}

it("saves as seen or whole: rows, order and columns, from this page alone", async () => {
  const made = companyGroup("tgrp_seen")
  made.title = "Companies: who leads them?"
  for (const index of [0, 1, 2, 3]) complete(made, index)
  // An input of an output's name has a column of its own here.
  made.set(1, { content: { ...(made.rows[1]?.content as object), website: "https://found.example" } })
  made.end()
  const page = await open(pages.add(made))
  await connection(page, "ended")
  // What is on the page needs nobody.
  await pages.stop()
  isStopped = true
  await page.click("#export-menu summary")
  expect(await page.isChecked("#export-whole")).toBe(true)
  expect(await page.textContent("#export-whole-size")).toBe("8 rows, all columns, in the order of the rows")
  const whole = await csvOf(page)
  expect(whole.header.slice(0, 5)).toEqual(["$id", "$status", "company", "ceo_name", "year_founded"])
  expect(whole.rows.map((row) => row.company).slice(0, 3)).toEqual(["Apple", "Stripe", "Spotify"])
  await page.keyboard.press("Escape")

  await page.locator("th .sort", { hasText: "company" }).click()
  await page.locator("th .sort", { hasText: "company" }).click()
  await page.locator("#statuses button", { hasText: "Done" }).click()
  await expectText(page, "#shown", /^4 of 8/)
  await page.click("summary:has-text('Columns')")
  for (const column of ["summary", "products", "listed", "address", "number_of_employees"])
    await page.uncheck(`#column-list input[value='output:${column}']`)
  await page.keyboard.press("Escape")
  await page.click("#export-menu summary")
  await page.waitForSelector("#export-seen:checked")
  await expectText(page, "#export-seen-size", /^4 rows, 6 columns/)
  const seen = await csvOf(page)
  const names = ["company", "website (input)", "ceo_name", "year_founded", "headquarters_city", "website"]
  expect(seen.header).toEqual(["$id", "$status", ...names, "$error"])
  expect(seen.rows.map((row) => row.company)).toEqual(["Stripe", "Spotify", "Apple", "Anthropic"])
  expect(seen.rows[0]).toMatchObject({
    "website (input)": "https://stripe.com",
    website: "https://found.example",
  })
  const { name, bytes } = await downloadBytes(page, "Download Excel workbook")
  expect(name).toBe("Companies-who-leads-them.xlsx")
  const book = await workbookIn(bytes)
  expect(book.Results?.[0]).toEqual(seen.header)
  expect(book.Results?.slice(1).map((row) => [row[2], row[5]])).toEqual([
    ["Stripe", 2010],
    ["Spotify", 2006],
    ["Apple", 1976],
    ["Anthropic", 2021],
  ])
  expect(Object.fromEntries(book.Group ?? [])).toMatchObject({
    Title: "Companies: who leads them?",
    "In this file": "4 rows of 8, 6 columns, as seen on the page",
  })
  const lines = (await download(page, "Download jsonl")).content.trimEnd().split("\n")
  expect(lines.map((line) => Object.keys(JSON.parse(line)))[0]).toEqual(["$id", "$status", ...names])
  // A choice stays made.
  await page.check("#export-whole")
  await page.keyboard.press("Escape")
  await page.click("#export-menu summary")
  expect((await csvOf(page)).rows).toHaveLength(8)
})

it("has confidence, sources and reasoning beside each output when asked, fetched first, or says why not", async () => {
  const made = companyGroup("tgrp_sources")
  for (const index of [0, 1, 4]) complete(made, index)
  const content = { ceo_name: "A", "ceo_name (sources)": "taken", products: ["x"] }
  made.set(2, {
    status: "completed",
    content,
    basis: [
      {
        field: "products.0",
        confidence: "low",
        reasoning: "First.",
        citations: [{ url: "https://a.example" }],
      },
      {
        field: "products.1",
        confidence: "high",
        reasoning: "Second.",
        citations: [{ url: "https://b.example" }],
      },
    ],
  })
  made.set(3, { status: "failed", error: "No source could be read." })
  const page = await open(pages.add(made))
  await connection(page, "live")
  await page.click("#export-menu summary")
  await page.check("#export-basis")
  await expectText(page, "#export-scope", /The sources of 4 rows will be fetched first/)
  // It can take long, says how far it is, and can be given up.
  await page.route("**/*.jsonl?*", () => {})
  await page.click("[aria-label='Download csv']")
  await expectText(page, "#export-status", /^Fetching sources: 0 of 4 rows…$/)
  await page.click("#export-cancel")
  await expectText(page, "#export-status", /^Cancelled\.$/)
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Download")
  await page.unroute("**/*.jsonl?*")
  pages.basisStatus = 500
  await page.click("[aria-label='Download csv']")
  await expectText(
    page,
    "#export-error",
    /could not be fetched, and nothing was saved\. The server answers with status 500/,
  )
  pages.basisStatus = 200
  const { header, rows } = await csvOf(page)
  expect(await page.isVisible("#export-error")).toBe(false)
  expect(header.slice(4, 12)).toEqual([
    "ceo_name",
    "ceo_name (confidence)",
    "ceo_name (sources)_2",
    "ceo_name (reasoning)",
    "year_founded",
    "year_founded (confidence)",
    "year_founded (sources)",
    "year_founded (reasoning)",
  ])
  expect(rows[0]).toMatchObject({
    "ceo_name (confidence)": "low",
    "ceo_name (sources)_2": "https://www.apple.com/about\nhttps://en.wikipedia.org/wiki/Main_Page",
    "ceo_name (sources)": "",
  })
  expect(rows[0]?.["ceo_name (reasoning)"]).toMatch(/^The page of Apple and two/)
  expect(rows[2]).toMatchObject({
    "ceo_name (confidence)": "",
    "ceo_name (sources)": "taken",
    "products (confidence)": "low",
    "products (sources)": "https://a.example\nhttps://b.example",
    "products (reasoning)": "products.0: First.\nproducts.1: Second.",
  })
  expect(rows[3]).toMatchObject({ "ceo_name (confidence)": "", $error: "No source could be read." })
  // One request for all, and what is here is not asked for again.
  const asked = () =>
    pages.seen.filter(({ url }) => url.includes("tgrp_sources.jsonl")).map(({ url }) => new URL(url).search)
  expect(asked()).toEqual(["?basis=all&limit=5", "?basis=all&limit=5"])
  const lines = (await download(page, "Download jsonl")).content
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  expect(lines[1].$basis[0]).toMatchObject({ field: "ceo_name", citations: [{ title: "About Stripe" }, {}] })
  expect(lines[3]).toMatchObject({ $error: "No source could be read.", $basis: [] })
  expect(asked()).toHaveLength(2)
  // A row that has changed since is asked for anew.
  complete(made, 3)
  await expectText(page, "tr[data-index='3']", /Dario Amodei/)
  await expectText(page, "#export-scope", /JSON and Markdown/)
  const again = await csvOf(page)
  expect(again.rows[3]?.["ceo_name (sources)_2"]).toMatch(/^https:\/\/www\.anthropic\.com/)
  expect(asked().slice(2)).toEqual(["?basis=all&limit=1&after=2"])
})

it("writes a workbook in which text is text and numbers keep their digits", async () => {
  const texts = [
    "00123",
    "12345678901234567890",
    "=1+1",
    "a\nb\r\nc",
    "\u{1f600}",
    "\u0001",
    "_x0041_",
    "constructor",
    "-5",
    "<&>",
    "=",
  ]
  const long = "=long ".repeat(7_000)
  const made = new FakeGroup(
    "tgrp_xlsx",
    [...texts, long].map((text) => ({ text, __proto__: null, "=name": new Raw("1.10") })),
  )
  const numbers = [
    "0",
    "-0",
    "1e2",
    "12345678901234567890",
    "0.30000000000000004",
    "1e-400",
    "-7.5",
    "1e308",
    "true",
    "null",
    "123456789012345",
    "[1.0]",
  ]
  for (const [at, number] of numbers.entries())
    made.set(at, { status: "completed", content: new Raw(`{"value":${number}}`) })
  const page = await open(pages.add(made))
  await connection(page, "live")
  await page.click("#export-menu summary")
  const { bytes } = await downloadBytes(page, "Download Excel workbook")
  await expectText(page, "#export-error", /^1 text of more than 32,767 characters is cut/)
  const book = await workbookIn(bytes)
  const [header, ...rows] = book.Results ?? []
  expect(header).toEqual(["$id", "$status", "text", "=name", "value", "$error"])
  expect(rows.map((row) => row[2]).slice(0, -1)).toEqual(
    texts.map((text) => text.replace("\r\n", "\n").replace("\u0001", "\uFFFD")),
  )
  const cut = String(rows.at(-1)?.[2])
  expect(cut).toHaveLength(32_767)
  expect(cut).toMatch(/… \[cut here: 42000 characters, a cell takes 32767\]$/)
  expect(rows.map((row) => row[3])).toEqual(rows.map(() => 1.1))
  expect(rows.map((row) => row[4])).toEqual([
    0,
    "-0",
    100,
    "12345678901234567890",
    "0.30000000000000004",
    "1e-400",
    -7.5,
    "1e308",
    true,
    null,
    123456789012345,
    "[1.0]",
  ])
  // By the file itself: no formula, the head stays in sight, nothing is cut off, marks of text are kept.
  const files = filesIn(bytes)
  const sheet = files.get("xl/worksheets/sheet1.xml") ?? ""
  expect(sheet).not.toContain("<f>")
  expect(sheet).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>')
  expect(sheet).toMatch(/<c r="C4" s="2" t="s">.*<c r="C13" s="3" t="s">/)
  expect(files.get("xl/sharedStrings.xml")).toContain('<t xml:space="preserve">_x005F_x0041_</t>')
  expect([...files.keys()].filter((path) => path.endsWith(".xml") || path.endsWith(".rels"))).toHaveLength(8)
})
