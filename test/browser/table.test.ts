import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { axe } from "./browser.ts"
import { clipboard } from "./download.ts"
import { FakeGroup, Raw } from "./fakeGroup.ts"
import { companyGroup, complete } from "./samples.ts"
import { connection, expectText, harness, picture, rowButton } from "./setup.ts"

/** The table as a grid: what the keyboard reaches, what is copied, how high rows are, and what the address keeps. */

const { server, open } = harness()

/** Where the keyboard is: row and column as shown, and what is read of it. */
const place = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement as HTMLElement
    const cell = at.closest("td, th")
    return `${at.closest("tr")?.dataset.index} ${cell?.getAttribute("aria-colindex")}`
  })

/** A group of values that spreadsheets spoil. */
function exactGroup(id: string) {
  const group = new FakeGroup(id, [
    { name: "Stripe", code: "007", account: new Raw("12345678901234567890") },
    { name: "Lego", code: "=1+1", account: 12 },
    { name: "Nestlé", code: '<b>"x"</b>', account: null as number | null },
  ])
  group.set(0, { status: "completed", content: { note: "two\nlines", share: 0.5 } })
  group.set(1, { status: "failed", error: "No source could be read." })
  return group
}

it("is a grid for the keyboard, whose cells and rows are copied as spreadsheets keep them", async () => {
  const page = await open(server.add(exactGroup("tgrp_grid")), { viewport: { width: 1440, height: 900 } })
  await connection(page, "live")
  // The way into the table is short, and is no place in the address.
  await page.keyboard.press("Tab")
  await page.keyboard.press("Enter")
  expect(await place(page)).toBe("0 1")
  expect(new URL(page.url()).hash).toBe("")
  expect(await page.getByRole("button", { name: "Row 1, Stripe, Done, open details" }).count()).toBe(1)
  expect(await page.getByRole("grid").getAttribute("aria-colcount")).toBe("6")

  // To the cells, down, and back; the reason of a failed row is one cell for all outputs.
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight"])
    await page.keyboard.press(key)
  expect(await place(page)).toBe("1 5")
  await page.keyboard.press("Control+c")
  expect((await clipboard(page)).text).toBe("No source could be read.")
  await page.keyboard.press("ArrowUp")
  expect(await place(page)).toBe("0 5")
  await page.keyboard.press("Control+c")
  await expectText(page, "#copied", /^Copied the cell\.$/)
  expect(await clipboard(page)).toEqual({ text: "two\nlines", html: "" })
  await page.keyboard.press("Home")
  expect(await place(page)).toBe("0 1")

  await page.keyboard.press("Control+c")
  const row = await clipboard(page)
  expect(row.text).toBe('Done\tStripe\t007\t12345678901234567890\t"two\nlines"\t0.5')
  // Text is kept as text by Excel and by Google Sheets; a number that a spreadsheet can hold is one.
  expect(row.html).toContain("mso-number-format:'\\@'")
  expect(row.html).toMatch(/data-sheets-value="{&quot;1&quot;:2,&quot;2&quot;:&quot;007&quot;}">007<\/td>/)
  expect(row.html).toMatch(/&quot;12345678901234567890&quot;}">12345678901234567890<\/td>/)
  expect(row.html).toContain(">two<br>lines</td>")
  expect(row.html).toMatch(/<td data-sheets-value="{&quot;1&quot;:3,&quot;3&quot;:0.5}">0.5<\/td>/)

  // What is chosen with Shift: rows from the first column, cells from another.
  await page.keyboard.press("Shift+ArrowDown")
  await expect.poll(() => page.locator("tr:has(> th[aria-selected=true])").count()).toBe(2)
  await page.keyboard.press("Control+c")
  await expectText(page, "#copied", /^Copied 2 rows\.$/)
  expect((await clipboard(page)).text).toBe(
    'Done\tStripe\t007\t12345678901234567890\t"two\nlines"\t0.5\t\r\nFailed\tLego\t\'=1+1\t12\t\t\tNo source could be read.',
  )
  await page.keyboard.press("Escape")
  await expect.poll(() => page.locator("[aria-selected]").count()).toBe(0)
  await page.keyboard.press("ArrowRight")
  await page.keyboard.press("Shift+ArrowRight")
  await page.keyboard.press("Shift+ArrowDown")
  await page.keyboard.press("Control+c")
  expect((await clipboard(page)).text).toBe('Lego\t\'=1+1\r\nNestlé\t"<b>""x""</b>"')
  expect((await clipboard(page)).html).toContain(">&lt;b&gt;&quot;x&quot;&lt;/b&gt;</td>")

  // Selected text goes first.
  await page.evaluate(() => getSelection()?.selectAllChildren(document.querySelector("#title") as Element))
  await page.keyboard.press("Control+c")
  expect((await clipboard(page)).text).toBe("Task group")
  await page.evaluate(() => getSelection()?.removeAllRanges())

  // Enter opens, Escape closes, and the keyboard is where it was.
  const before = await place(page)
  await page.keyboard.press("Enter")
  await expectText(page, "#panel-title", /^Row 3 Nestlé$/)
  await page.keyboard.press("Escape")
  expect(await page.isVisible("#panel")).toBe(false)
  expect(await place(page)).toBe(before)

  // One cell is copied as it is; a spreadsheet, which would make a formula of it, is given text.
  await page.locator("tr[data-index='1'] td[data-column='input:code']").focus()
  await page.keyboard.press("Control+c")
  const cell = await clipboard(page)
  expect(cell.text).toBe("=1+1")
  expect(cell.html).toContain(">&#39;=1+1</td>")
})

for (const colorScheme of ["light", "dark"] as const)
  it(`has a menu for each row, by keyboard and pointer (${colorScheme})`, async () => {
    const group = exactGroup(`tgrp_menu_${colorScheme}`)
    const page = await open(server.add(group), { colorScheme })
    await connection(page, "live")
    await rowButton(page, 1).focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Shift+F10")
    const items = () => page.getByRole("menuitem").allTextContents()
    expect(await items()).toEqual(["Open details", "Copy cell", "Copy row", "Copy link to row", "Copy table"])
    expect(await axe(page)).toEqual([])
    await page.keyboard.press("Escape")
    expect(await page.isVisible("#row-menu")).toBe(false)
    expect(await place(page)).toBe("1 2")
    await page.keyboard.press("Shift+F10")
    for (const key of ["ArrowUp", "ArrowUp", "Enter"]) await page.keyboard.press(key)
    await expectText(page, "#copied", /^Copied the link to row 2\.$/)
    expect((await clipboard(page)).text).toBe(`${server.origin}/${group.id}#row=2`)
    expect(await place(page)).toBe("1 2")

    // The table as it is shown: with its head, only what the search finds, without what is hidden.
    await page.click("summary:has-text('Columns')")
    await page.uncheck("#column-list input[value='input:code']")
    await page.keyboard.press("Escape")
    await page.fill("#search", "e")
    await page.click("#statuses .failed")
    await page.click("tr[data-index='1'] td", { button: "right" })
    await page.getByRole("menuitem", { name: "Copy table" }).click()
    await expectText(page, "#copied", /^Copied the table, 1 row\.$/)
    const { text, html } = await clipboard(page)
    expect(text).toBe(
      "Status\tname\taccount\tnote\tshare\tError\r\nFailed\tLego\t12\t\t\tNo source could be read.",
    )
    expect(html).toMatch(/<tr><th [^>]*>Status<\/th>/)
    // The button of the row does the same.
    await page.hover("tr[data-index='1']")
    await page.click("tr[data-index='1'] .row-actions")
    expect(await items()).toEqual(["Open details", "Copy row", "Copy link to row", "Copy table"])
    await picture(page, `row-menu-${colorScheme}`)
  })

it("keeps what is seen in the address, over a reload, Back and the copied link", async () => {
  const group = companyGroup("tgrp_address")
  for (let index = 0; index < 7; index++) complete(group, index)
  group.set(7, { status: "failed", error: "Not found." })
  const page = await open(server.add(group))
  await connection(page, "live")
  const hash = () => new URL(page.url()).hash
  await page.locator("th .sort", { hasText: "year_founded" }).click()
  await page.locator("th .sort", { hasText: "year_founded" }).click()
  await page.fill("#search", "san francisco")
  await page.click("#statuses .completed")
  await page.selectOption("#confidence", "low")
  await page.click("summary:has-text('Columns')")
  await page.uncheck("#column-list input[value='input:website']")
  await page.selectOption("#key-column", "output:ceo_name")
  await page.keyboard.press("Escape")
  await page.selectOption("#confidence", "")
  await expectText(page, "#shown", /^3 of 8 rows shown$/)
  await rowButton(page, 3).click()
  await expectText(page, "#panel-title", /^Row 4 Dario Amodei$/)
  const whole = "#row=4&sort=year_founded&dir=desc&status=completed&q=san+francisco&hide=website&key=ceo_name"
  expect(hash()).toBe(whole)
  await page.click("#copy-link")
  await expectText(page, "#copy-link", /Copied/)
  expect((await clipboard(page)).text).toBe(`${server.origin}/${group.id}${whole}`)

  const seen = () =>
    page.evaluate(() => ({
      rows: [...document.querySelectorAll("#rows > tr[data-index]")].map(
        (one) => (one as HTMLElement).dataset.index,
      ),
      titles: [...document.querySelectorAll("#head .title")].map((one) => one.textContent).slice(0, 3),
      search: (document.querySelector("#search") as HTMLInputElement).value,
      chips: [...document.querySelectorAll("#statuses [aria-pressed=true]")].length,
      open: document.querySelector("#panel-title")?.textContent,
    }))
  const before = await seen()
  expect(before.rows).toEqual(["3", "1", "4"])
  expect(before.titles).toEqual(["Status", "ceo_name", "company"])
  await page.reload()
  await connection(page, "live")
  await page.waitForSelector("#panel:not([hidden])")
  expect(await seen()).toEqual(before)
  expect(hash()).toBe(whole)
  // Back from elsewhere.
  await page.goto(`${server.origin}/docs`)
  await page.goBack()
  await page.waitForSelector("#panel:not([hidden])")
  expect(await seen()).toEqual(before)
  // Typed into the address of the open page, with what it does not know.
  await page.evaluate(() => (location.hash = "#sort=nothing&status=unheard&hide=none&dir=desc&x=1"))
  await page.waitForFunction(() => document.querySelectorAll("#rows > tr[data-index]").length === 8)
  expect((await seen()).rows?.[0]).toBe("7")
  expect(await page.isVisible("#panel")).toBe(false)
  expect(await page.textContent("#head .titles .key .title")).toBe("company")
  // A row that is left out is shown; closed, the keyboard is at one that is there.
  await page.evaluate(() => (location.hash = "#row=4&status=failed"))
  await expectText(page, "#panel-title", /^Row 4 Anthropic$/)
  await page.click("#panel-close")
  expect(await page.evaluate(() => document.activeElement?.closest("tr")?.dataset.index)).toBe("7")
})

it("opens the row of its address where it is, however far down, and when it comes late", async () => {
  const group = new FakeGroup(
    "tgrp_far_row",
    Array.from({ length: 5_000 }, (_, n) => ({ company: `Company ${n}`, note: "x" })),
  )
  // Rows come in another order than they are shown in.
  for (let n = 4_999; n >= 0; n--) group.set(n, { status: "completed", content: { a: n } })
  group.part = 100
  const page = await open(server.origin)
  await page.goto(`${server.add(group)}#row=3210`)
  await expectText(page, "#panel-title", /^Row 3210 Company 3209$/)
  await page.waitForFunction(() => document.querySelector("#table")?.getAttribute("aria-rowcount") === "5002")
  await expectText(page, "#shown", /^$/)
  const inSight = () =>
    page.evaluate(() => {
      const row = document.querySelector("tr[data-index='3209']")?.getBoundingClientRect()
      const view = (document.querySelector("#table-scroll") as HTMLElement).getBoundingClientRect()
      return row !== undefined && row.top > view.top && row.bottom <= view.bottom
    })
  await expect.poll(inSight).toBe(true)
  expect(await page.locator("#rows > tr").count()).toBeLessThan(50)
})

it("closes the panel with Back on a phone, and with its button, without a trap", async () => {
  const group = companyGroup("tgrp_back")
  for (let index = 0; index < 8; index++) complete(group, index)
  const page = await open(`${server.origin}/docs`, { viewport: { width: 375, height: 812 }, hasTouch: true })
  await page.goto(server.add(group))
  await connection(page, "live")
  await rowButton(page, 2).tap()
  await expectText(page, "#panel-title", /^Row 3 Spotify$/)
  await page.tap("#panel-next")
  await expectText(page, "#panel-title", /^Row 4 Anthropic$/)
  expect(new URL(page.url()).hash).toBe("#row=4")
  await page.goBack()
  await page.waitForSelector("#panel", { state: "hidden" })
  expect(new URL(page.url()).hash).toBe("")
  expect(await page.$eval("#page", (main) => (main as HTMLElement).inert)).toBe(false)
  // Forward opens it again; the button closes it, and then Back leaves the page.
  await page.goForward()
  await page.waitForSelector("#panel:not([hidden])")
  await page.tap("#panel-close")
  await page.waitForSelector("#panel", { state: "hidden" })
  await page.waitForFunction(() => location.hash === "")
  await rowButton(page, 0).tap()
  await expectText(page, "#panel-title", /^Row 1 Apple$/)
  await page.tap("#panel-close")
  await page.waitForFunction(() => location.hash === "")
  await page.goBack()
  await page.waitForURL(/\/docs$/)
})

/** Values of every depth, a report, and a reason that is longer than a row. */
function deepGroup(id: string) {
  const group = new FakeGroup(
    id,
    Array.from({ length: 30 }, (_, n) => ({ company: `Company ${n}`, country: n % 2 ? "Chile" : "Peru" })),
  )
  const people = Array.from({ length: 34 }, (_, n) => ({
    name: `Person ${n}`,
    role: n % 2 ? "Director" : "Engineer",
    shares: new Raw(`1234567890123456789${n % 10}`),
    address: { city: "Lima", street: { name: "Main <b>Street</b>", floors: [1, 2, { last: true }] } },
  }))
  group.set(0, {
    status: "completed",
    content: {
      people,
      address: { city: "Lima", zip: "00123" },
      report:
        "## Findings\n\n- It **grew** in 2024\n- See [the report](https://example.com/r)\n\n<img src=x>",
      note: "A text of *one* line, 2 * 3 * 4.",
    },
    basis: [{ field: "report", reasoning: "It is said so.", confidence: "high", citations: [] }],
  })
  group.set(1, {
    status: "failed",
    error: `The page could not be read. ${"It asked for more than it gave. ".repeat(12)}`,
  })
  return group
}

it.each([
  { width: 1440, height: 900, colorScheme: "light" },
  { width: 375, height: 812, colorScheme: "dark" },
] as const)("shows nested values as tables, reports as text, reasons whole, at $width px", async (look) => {
  const { width, height, colorScheme } = look
  const group = deepGroup(`tgrp_deep_${width}`)
  const isPhone = width === 375
  const page = await open(server.add(group), { viewport: { width, height }, colorScheme, hasTouch: isPhone })
  await connection(page, "live")
  const text = (selector: string) =>
    page.$$eval(selector, (all) => all.map((one) => (one as HTMLElement).innerText))
  // In the cell: how many, and what it begins with.
  expect(await text("tr[data-index='0'] .object-size")).toEqual(["34 items", "2 fields"])
  expect((await text("tr[data-index='0'] .object-preview"))[1]).toBe("city: Lima, zip: 00123")

  // The reason of a failure in full where it stands.
  const reason = page.locator("tr[data-index='1'] .reason")
  await reason.locator(".more-text").click()
  await expect
    .poll(() => reason.locator(".value").evaluate((one) => one.scrollHeight <= one.clientHeight + 1))
    .toBe(true)
  expect(await reason.locator(".value").innerText()).toMatch(/more than it gave\.\s*$/)
  await picture(page, `deep-table-${colorScheme}`)
  await page.setViewportSize({ width, height })

  await rowButton(page, 0).click()
  await expectText(page, "#panel-body", /It is said so/)
  const field = (name: string) =>
    page.locator(".panel-field", { has: page.locator(`.field-name:text-is("${name}")`) })
  const people = field("people")
  expect(await people.locator("thead").first().innerText()).toMatch(/name\s+role\s+shares\s+address/)
  expect(await people.locator(".small-table").first().locator(":scope > table > tbody > tr").count()).toBe(20)
  // Every digit, and what is deeper as small tables within, down to where it is JSON.
  expect(await people.innerText()).toContain("12345678901234567890")
  expect(await people.locator("code").first().innerText()).toBe('[1,2,{"last":true}]')
  expect(await people.innerText()).toContain("Main <b>Street</b>")
  await people.getByRole("button", { name: "Show all 34 items" }).click()
  expect(await people.locator(".small-table").first().locator(":scope > table > tbody > tr").count()).toBe(34)
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Show the first 20 only")
  expect(await field("address").first().locator("tr").allInnerTexts()).toEqual(["city\tLima", "zip\t00123"])

  // A field that is written in Markdown is shown so, and as it came when asked; others as they came.
  const report = field("report")
  expect(await report.locator("li").allInnerTexts()).toEqual(["It grew in 2024", "See the report"])
  expect(await report.locator("a").getAttribute("href")).toBe("https://example.com/r")
  expect(await report.locator("img").count()).toBe(0)
  await picture(page, `deep-panel-${colorScheme}`)
  await page.setViewportSize({ width, height })
  expect(await axe(page)).toEqual([])
  await report.getByRole("button", { name: "As plain text" }).click()
  expect(await report.locator(".field-value").innerText()).toContain("- It **grew** in 2024")
  expect(await field("note").innerText()).toContain("A text of *one* line, 2 * 3 * 4.")
  if (!isPhone) return
  const small = await page.$$eval("#panel :is(button, summary, .copyable button)", (all) =>
    all.map((one) => one.getBoundingClientRect()).filter(({ height: high }) => high > 0 && high < 44),
  )
  expect(small).toEqual([])
})

it("draws those of many columns that are in sight, and goes to all of them", async () => {
  const others = (n: number) => Object.fromEntries(Array.from({ length: 2 }, (_, at) => [`c${n}_${at}`, at]))
  const group = new FakeGroup(
    "tgrp_many_columns",
    Array.from({ length: 60 }, (_, n) => ({ company: `Company ${n}`, ...others(n) })),
  )
  group.set(1, { status: "failed", error: "No such company" })
  const page = await open(server.add(group))
  await connection(page, "live")
  const cells = () => page.locator("tr[data-index='0'] > td:not(.gap)").count()
  expect(await cells()).toBeLessThan(50)
  await rowButton(page, 0).focus()
  await page.keyboard.press("ArrowRight")
  await page.keyboard.press("ArrowRight")
  expect(await page.evaluate(() => document.activeElement?.getAttribute("data-column"))).toBe("input:c0_0")
  // Where the keyboard is stays drawn however far one scrolls.
  await page.evaluate(() => document.getElementById("table-scroll")?.scrollTo({ left: 10_000 }))
  await page.locator("tr[data-index='0'] > td[aria-colindex='90']").waitFor({ state: "attached" })
  expect(await cells()).toBeLessThan(50)
  expect(await page.evaluate(() => document.activeElement?.getAttribute("data-column"))).toBe("input:c0_0")
  await page.keyboard.press("ArrowRight")
  expect(await page.evaluate(() => document.activeElement?.getAttribute("data-column"))).toBe("input:c0_1")
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("1")
  await page.keyboard.press("End")
  const seen = await page.evaluate(() => {
    const { left, right } = document.activeElement?.getBoundingClientRect() ?? { left: -1, right: -1 }
    return {
      column: document.activeElement?.getAttribute("aria-colindex"),
      isSeen: left > 0 && right < innerWidth + 20,
    }
  })
  expect(seen).toEqual({ column: "123", isSeen: true })
  // Each is where its title is.
  await page.keyboard.press("ArrowLeft")
  const places = await page.evaluate(() => {
    const cell = document.activeElement
    const title = document.querySelector(
      `#head .titles > [aria-colindex='${cell?.getAttribute("aria-colindex")}']`,
    )
    return [cell, title].map((one) => Math.round(one?.getBoundingClientRect().left ?? -1))
  })
  expect(places[0]).toBe(places[1])
  await page.keyboard.press("Control+End")
  await page.keyboard.press("Home")
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toContain(
    "Company 59",
  )
  expect(await axe(page)).toEqual([])
})

it.each([
  { width: 1440, height: 900, colorScheme: "dark", heights: [40, 60, 120] },
  { width: 375, height: 812, colorScheme: "light", heights: [44, 60, 120] },
] as const)(
  "has rows as high as one likes, at $width px",
  async ({ width, height, colorScheme, heights }) => {
    const group = new FakeGroup(
      `tgrp_heights_${width}`,
      Array.from({ length: 3_000 }, (_, n) => ({
        company: `Company ${n}`,
        note: `Note ${n} goes on. `.repeat(20),
      })),
    )
    const options = { viewport: { width, height }, colorScheme, hasTouch: width === 375 }
    const page = await open(server.add(group), options)
    await connection(page, "live")
    const high = () =>
      page.$$eval("#rows > tr[data-index]", (all) => [
        ...new Set(all.map((one) => one.getBoundingClientRect().height)),
      ])
    const topRow = () =>
      page.evaluate(() => {
        const edge = document.querySelector("#head")?.getBoundingClientRect().bottom ?? 0
        const rows = [...document.querySelectorAll<HTMLElement>("#rows > tr[data-index]")]
        return rows.find((row) => row.getBoundingClientRect().bottom > edge + 1)?.dataset.index
      })
    await page.evaluate(() => {
      for (const one of [document.body, document.getElementById("table-scroll")]) one?.scrollTo(0, 60_000)
    })
    await page.waitForFunction(() => document.querySelector("tr[data-index='1000'], tr[data-index='990']"))
    for (const [at, name] of (["one", "two", "tall"] as const).entries()) {
      const before = await topRow()
      await page.selectOption("#row-height", name)
      await expect.poll(high).toEqual([heights[at]])
      // The row at the upper edge stays there.
      await expect.poll(async () => Math.abs(Number(await topRow()) - Number(before))).toBeLessThan(4)
      await picture(page, `rows-${name}-${colorScheme}`)
      await page.setViewportSize({ width, height })
    }
    expect(await page.locator("#rows > tr").count()).toBeLessThan(50)
    expect(await axe(page)).toEqual([])
    // This browser keeps it.
    await page.reload()
    await connection(page, "live")
    await expect.poll(high).toEqual([120])
  },
)
