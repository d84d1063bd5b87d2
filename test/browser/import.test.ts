import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import writeXlsxFile from "write-excel-file/node"
import { axe } from "./browser.ts"
import { expectText, harness, picture } from "./setup.ts"

const { server, open } = harness()

const form = async (options = {}) => {
  const page = await open(server.origin, options)
  await page.fill("#api-key", "key-of-the-test")
  return page
}

const names = (page: Page) =>
  page.$$eval("#preview .column-name", (all) => all.map((one) => (one as HTMLInputElement).value))

const types = (page: Page) => page.$$eval("#preview .column-type", (all) => all.map((one) => one.textContent))

/** The rows that Run sends, as text. */
const sent = async (page: Page) => {
  const before = server.posted.length
  await page.click("#submit")
  await expect.poll(() => server.posted.length).toBe(before + 1)
  return (JSON.parse(server.posted.at(-1)?.text ?? "{}") as { inputs: unknown }).inputs
}

const choose = (page: Page, name: string, buffer: Buffer) =>
  page.setInputFiles("#inputs-file", { name, mimeType: "application/octet-stream", buffer })

it("guesses whether the first line is a header, says why, and one click changes it", async () => {
  const page = await form()
  const header = page.getByLabel("First line is a header")
  await page.fill("#inputs", "Apple\nGoogle\nStripe")
  await expectText(page, "#inputs-summary", /^3 rows, 1 column, read as a list\.$/)
  expect(await header.isChecked()).toBe(false)
  await expectText(page, "#header-why", /^Guessed: The first line reads like the others\.$/)
  expect(await names(page)).toEqual(["input"])
  await header.click()
  await expectText(page, "#inputs-summary", /^2 rows, 1 column/)
  expect(await names(page)).toEqual(["Apple"])
  // What was chosen stays while the list is edited, and is none of another list's.
  await page.fill("#inputs", "Apple\nGoogle\nStripe\nAdyen")
  await expectText(page, "#inputs-summary", /^3 rows/)
  await page.fill("#inputs", "company\n\nNike\nPuma\n\nNike\n")
  await expectText(page, "#header-why", /“company” reads like a name/)
  await expectText(page, "#import-notes", /2 blank lines left out\./)
  await expectText(page, "#import-notes", /1 row repeats another\./)
  await page.getByRole("button", { name: "Leave it out" }).press("Enter")
  await expectText(page, "#import-notes", /1 row that repeats another is left out\./)
  // Whoever pressed it can press it again.
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Put it back")
  await expectText(page, "#submit", /^Run 2 rows$/)
  expect(await sent(page)).toEqual([{ company: "Nike" }, { company: "Puma" }])
})

it("takes commas for what divides cells or for text, as one click says, and keeps that over a reload", async () => {
  const page = await open(server.origin)
  await page.fill("#inputs", "Apple, Inc.\nGoogle, LLC\nStripe, Inc.")
  await expectText(page, "#inputs-summary", /^3 rows, 2 columns/)
  await page.getByRole("button", { name: "Each line is one text" }).click()
  await expectText(page, "#inputs-summary", /^3 rows, 1 column/)
  await expectText(page, "#snippet", /"Apple, Inc\."/)
  await page.reload()
  await expectText(page, "#inputs-summary", /^3 rows, 1 column/)
  await page.getByRole("button", { name: "Divide it at commas" }).click()
  await expectText(page, "#inputs-summary", /^3 rows, 2 columns/)
  // Where nothing is open nothing is asked.
  await page.fill("#inputs", "company,city\nApple,Cupertino")
  await expectText(page, "#inputs-summary", /^1 row, 2 columns/)
  expect(await page.getByRole("button", { name: "Each line is one text" }).count()).toBe(0)
})

it("renames columns and leaves them out, by keyboard too, and keeps that over edits and a reload", async () => {
  const page = await form()
  await page.fill("#inputs", "name,zip,staff,,name\nAcme,01234,5,,x\nBeta,99999,7,,y\n")
  await expectText(
    page,
    "#inputs-summary",
    /2 rows, 4 columns, read as CSV\. Columns of the same name got a number: name 2\./,
  )
  expect(await names(page)).toEqual(["name", "zip", "staff", "name 2"])
  expect(await types(page)).toEqual(["text", "text", "number", "text"])
  await page.focus("[aria-label='Name of column staff']")
  await page.keyboard.press("ControlOrMeta+a")
  await page.keyboard.type("employees")
  await page.keyboard.press("Tab")
  expect(await names(page)).toEqual(["name", "zip", "employees", "name 2"])
  // Whoever is on the way to something else gets there.
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
    "Leave out column employees",
  )
  await page.keyboard.press("Shift+Tab")
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
    "Name of column employees",
  )
  await page.focus("[aria-label='Leave out column name 2']")
  await page.keyboard.press("Enter")
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
    "Take back column name 2",
  )
  await expectText(page, "#inputs-summary", /3 columns/)
  await page.press("#inputs", "ControlOrMeta+End")
  await page.keyboard.type("Gamma,00001,9,,z")
  await expectText(page, "#inputs-summary", /3 rows, 3 columns/)
  await picture(page, "import-columns")
  expect(await axe(page)).toEqual([])
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  expect(await page.inputValue("#inputs")).toMatch(/Gamma,00001,9,,z$/)
  expect(await names(page)).toEqual(["name", "zip", "employees", "name 2"])
  expect(await sent(page)).toEqual([
    { name: "Acme", zip: "01234", employees: 5 },
    { name: "Beta", zip: "99999", employees: 7 },
    { name: "Gamma", zip: "00001", employees: 9 },
  ])
  // Rows of JSON have columns as well, spelled as they are.
  await page.fill("#inputs", '[{"a":1.10,"b":"x"},{"a":12345678901234567890,"b":"y"}]')
  expect(await types(page)).toEqual(["number", "text"])
  await page.click("[aria-label='Leave out column b']")
  await page.click("#submit")
  await expect.poll(() => server.posted.at(-1)?.text).toContain('[{"a":1.10},{"a":12345678901234567890}]')
})

it("points at a line with too many cells, and sends the others", async () => {
  const page = await form()
  await page.fill("#inputs", "name,city\nAcme,Bern\nYahoo, Inc.,Rome\nBeta,Oslo")
  await expectText(page, "#import-notes", /Line 3 has 3 cells, the header 2\. It is left out\./)
  await expectText(page, "#submit", /^Run 2 rows$/)
  expect(await page.isVisible("#inputs-error")).toBe(false)
  await picture(page, "import-ragged")
  await page.getByRole("button", { name: "Keep the extra as a column" }).click()
  await expectText(page, "#submit", /^Run 3 rows$/)
  expect(await names(page)).toEqual(["name", "city", "column_3"])
  await page.getByRole("button", { name: "Join it to the last cell" }).click()
  expect(await sent(page)).toEqual([
    { name: "Acme", city: "Bern" },
    { name: "Yahoo", city: " Inc.,Rome" },
    { name: "Beta", city: "Oslo" },
  ])
})

it("reads workbooks, other charsets, and refuses what is no list", async () => {
  const page = await form()
  const book = await writeXlsxFile([
    {
      sheet: "Companies",
      data: [
        [
          { value: "name" },
          { value: "zip" },
          { value: "staff" },
          { value: "since" },
          { value: "share" },
          { value: "day" },
        ],
        [
          { value: 'Müller, "M"' },
          { value: "01234" },
          { value: 5 },
          { value: new Date(Date.UTC(2024, 2, 5)), format: "yyyy-mm-dd" },
          { value: 0.1 },
          { value: 1, format: "yyyy-mm-dd" },
        ],
        [
          { value: "Beta" },
          { value: "99999" },
          { value: 1.1 },
          { value: new Date(Date.UTC(2024, 2, 5, 13, 30)), format: "yyyy-mm-dd hh:mm" },
          { value: true, type: Boolean },
          { value: 0.25, format: "hh:mm" },
        ],
      ],
    },
    { sheet: "Others", data: [[{ value: "only" }], [{ value: "one" }]] },
  ] as never).toBuffer()
  await choose(page, "list.xlsx", book)
  await expectText(page, "#inputs-summary", /2 rows, 6 columns, read as TSV/)
  expect(await types(page)).toEqual(["text", "text", "number", "text", "text", "text"])
  expect(await sent(page)).toEqual([
    { name: 'Müller, "M"', zip: "01234", staff: 5, since: "2024-03-05", share: "0.1", day: "1900-01-01" },
    { name: "Beta", zip: "99999", staff: 1.1, since: "2024-03-05T13:30:00", share: "true", day: "06:00:00" },
  ])
  await page.getByLabel("Sheet").selectOption("Others")
  await expectText(page, "#inputs-summary", /column, read as/)
  expect(await page.inputValue("#inputs")).toBe("only\none")
  await picture(page, "import-sheets")

  await choose(page, "latin.csv", Buffer.from("name;stadt\nM\xfcller;K\xf6ln", "latin1"))
  await expectText(page, "#import-notes", /read as Windows-1252 \(Western European\)/)
  expect(await page.inputValue("#inputs")).toBe("name;stadt\nMüller;Köln")
  expect(await page.isVisible("#sheet-choice")).toBe(false)
  await choose(page, "wide.txt", Buffer.from("\ufeffname\tcity\r\nMüller\tKöln\r\n", "utf16le"))
  await expectText(page, "#inputs-summary", /1 row, 2 columns, read as TSV/)
  expect(await sent(page)).toEqual([{ name: "Müller", city: "Köln" }])
  await page.fill("#limit", "5")

  await choose(page, "photo.csv", Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]))
  await expectText(
    page,
    "#inputs-error[role=alert]",
    /photo\.csv was not taken\. It is a picture \(PNG\), not a list\./,
  )
  await picture(page, "import-refused")
  const before = server.posted.length
  await page.click("#submit")
  expect(server.posted.length).toBe(before)
  await page.getByRole("button", { name: "Keep them" }).click()
  expect(await page.isVisible("#inputs-error")).toBe(false)
  await choose(page, "broken.xlsx", Buffer.concat([book.subarray(0, book.length - 200), Buffer.from("xl/")]))
  await expectText(page, "#inputs-error", /broken\.xlsx was not taken\. The file is damaged/)

  await page.fill("#inputs", "name\nM\ufffdller\nBeta")
  await expectText(
    page,
    "#import-notes",
    /1 row holds “\ufffd”, which stands for a character that was lost.*row 1/,
  )
})

it("understands a curl line and a whole request, keeps no key of it, and fills the form when asked", async () => {
  const page = await form()
  await page.fill("#output-description", "mine")
  const body = {
    inputs: [{ name: "O'Hara" }, { name: "Beta" }],
    output_description: "Who leads it",
    processor: "pro",
    limit: 1,
    title: "Leaders",
    mcp_servers: [
      { type: "url", name: "x", url: "https://x.example", headers: { authorization: "SECRET-2" } },
    ],
  }
  const line = `curl -X POST ${server.origin}/v1beta/tasks/multitask \\\n  -H 'x-api-key: SECRET-1' \\\n  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`
  // While it is being typed, too.
  await page.fill("#inputs", line.slice(0, -3))
  await expectText(page, "#inputs-error", /quote that is never closed, in line 3/)
  await page.evaluate(() => dispatchEvent(new Event("pagehide")))
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("SECRET-")
  await page.fill("#inputs", line)
  await expectText(
    page,
    "#import-notes",
    /The rows come from a curl line\. It also says output_description, processor, limit, title and mcp_servers\. x-api-key was dropped/,
  )
  expect(await page.inputValue("#inputs")).toBe('[\n  {"name":"O\'Hara"},\n  {"name":"Beta"}\n]')
  expect(await page.inputValue("#output-description")).toBe("mine")
  await picture(page, "import-curl")
  await page.getByRole("button", { name: "Fill the form with it" }).click()
  expect(await page.inputValue("#output-description")).toBe("Who leads it")
  expect(await page.inputValue("#limit")).toBe("1")
  expect(await page.inputValue("#title")).toBe("Leaders")
  expect(await page.inputValue("#processor")).toBe("pro")
  expect(await page.inputValue("#other-fields")).toContain("SECRET-2")
  await expectText(page, "#submit", /^Run 1 row$/)
  await page.evaluate(() => dispatchEvent(new Event("pagehide")))
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("SECRET-")

  await page.fill("#inputs", '{"inputs":"https://example.com/rows.json","output_type":"text"}')
  await page.waitForSelector("#inputs-by-url:not([hidden])")
  expect(await page.inputValue("#inputs-url")).toBe("https://example.com/rows.json")
})

/** Pastes or drops rows that are made in the page. Answers for how long the event kept it busy, in milliseconds. */
const give = (page: Page, what: "paste" | "drop", width: number) =>
  page.evaluate(
    ([what, width]) => {
      const line = (_: unknown, at: number) => `company ${at},${"x".repeat(Number(width))},${at}`
      const text = `name,city,n\n${Array.from({ length: 50_000 }, line).join("\n")}`
      const data = new DataTransfer()
      if (what === "drop") data.items.add(new File([text], "big.csv"))
      else data.setData("text/plain", text)
      const field = document.getElementById("inputs") as HTMLTextAreaElement
      field.select()
      const given = { bubbles: true, cancelable: true }
      const before = performance.now()
      field.dispatchEvent(
        what === "drop"
          ? new DragEvent("drop", { dataTransfer: data, ...given })
          : new ClipboardEvent("paste", { clipboardData: data, ...given }),
      )
      return performance.now() - before
    },
    [what, width],
  )

it("takes 50,000 rows without freezing, and says what could not be kept", async () => {
  const page = await form()
  const busy = await give(page, "paste", 8)
  await expectText(page, "#inputs-summary", /50,000 rows, 3 columns/)
  await expectText(page, "#chosen-name", /^Pasted text \(/)
  await expectText(page, "#preview", /and 49,995 more rows/)
  // A third of it where nothing else runs.
  expect(busy).toBeLessThan(3000)
  await page.click("[aria-label='Leave out column n']")
  await expectText(page, "#inputs-summary", /50,000 rows, 2 columns/)
  await give(page, "drop", 280)
  await expectText(page, "#chosen-name", /^big\.csv \([\d,]+ KB\), too large to be kept over a reload$/)
  await expectText(page, "#inputs-summary", /50,000 rows, 3 columns/)
  // A key in the question, which has nothing to do with the rows.
  const typing = await page.evaluate(() => {
    const field = document.getElementById("output-description") as HTMLTextAreaElement
    // The quickest of ten: others may want the machine meanwhile.
    const times = Array.from({ length: 10 }, () => {
      const before = performance.now()
      field.value += "x"
      field.dispatchEvent(new Event("input", { bubbles: true }))
      return performance.now() - before
    })
    return Math.min(...times)
  })
  console.log(`a key at 50,000 rows: ${typing.toFixed(1)} ms`)
  expect(typing).toBeLessThan(10)
  await page.fill("[aria-label='Name of column name']", "firm")
  await page.click("[aria-label='Leave out column city']")
  await expectText(page, "#inputs-summary", /50,000 rows, 2 columns/)
  // What is too much to be kept over a reload can be brought back all the same while the page is there.
  await page.evaluate(() => (location.hash = `#rows=${encodeURIComponent("company\nAcme")}`))
  await expectText(page, "#inputs-summary", /^1 row, 1 column/)
  await page.click("#bring-back")
  await expectText(page, "#inputs-summary", /50,000 rows, 2 columns/)
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  await expectText(
    page,
    "#import-notes",
    /big\.csv could not be kept while you were away\. Put it in again\./,
  )
  // The same file is sent as it was: a lost answer's request must be the same to the letter.
  await give(page, "drop", 280)
  await expectText(page, "#inputs-summary", /50,000 rows, 2 columns/)
  expect(await names(page)).toEqual(["firm", "city", "n"])
})

it("has what was said of one list hold for no other, though each begins with a bracket", async () => {
  const page = await form()
  await page.fill("#inputs", '[\n {"name":"A","n":1},\n {"name":"A","n":1}\n]')
  await page.click("[aria-label='Leave out column n']")
  await page.getByRole("button", { name: "Leave it out", exact: true }).click()
  await expectText(page, "#inputs-summary", /^1 row, 1 column/)
  await page.fill("#inputs", '[\n {"name":"B","n":1},\n {"name":"B","n":1}\n]')
  await expectText(page, "#inputs-summary", /^2 rows, 2 columns/)
})
