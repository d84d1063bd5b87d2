import { expect, it, vi } from "vitest"
import { axe } from "./browser.ts"
import { companyGroup, companyInputs, complete } from "./samples.ts"
import { FakeGroup } from "./fakeGroup.ts"
import { connection, expectText, harness, rowButton, tableText } from "./setup.ts"

const { server, open } = harness()

it("fills the table while rows come in, and says when all is done", async () => {
  const group = companyGroup()
  const page = await open(server.add(group))
  await connection(page, "live")
  expect(await tableText(page)).toHaveLength(8)
  expect(await page.textContent("#headline")).toBe("0 of 8 rows finished")

  group.set(0, { status: "running" })
  await expectText(page, "tr[data-index='0'] .status", /Running/)
  complete(group, 0)
  await expectText(page, "tr[data-index='0']", /Tim Cook/)
  expect((await tableText(page))[0]).toEqual(
    expect.arrayContaining(["Apple", "apple.com", "Tim Cook", "1976", "164000"]),
  )
  await expectText(page, "#headline", /^1 of 8 rows finished$/)
  expect(await page.title()).toMatch(/^1\/8/)
  group.set(1, { status: "failed", error: "No source could be read." })
  await expectText(page, "tr[data-index='1']", /No source could be read/)

  for (let index = 2; index < 7; index++) complete(group, index)
  group.set(7, { status: "cancelled" })
  group.end()
  await connection(page, "ended")
  await expectText(page, "#headline", /^6 of 8 rows done, 1 failed, 1 cancelled$/)
  expect(await page.title()).toMatch(/^◑ 6\/8/)
  expect(await page.getAttribute("link[rel=icon]", "href")).toMatch(/^data:image\/svg/)
  // A finished group needs no stream: the page opened on it makes none.
  const before = group.connections.length
  const again = await open(`${server.origin}/${group.id}`)
  await connection(again, "ended")
  expect(group.connections.length).toBe(before)
})

it("survives a server that goes away and comes back, from the last event on", async () => {
  const group = companyGroup("tgrp_restarted")
  complete(group, 0)
  const page = await open(server.add(group))
  await connection(page, "live")
  complete(group, 1)
  await expectText(page, "tr[data-index='1']", /Patrick Collison/)
  const last = String(group.change)

  await server.stop()
  await connection(page, "interrupted")
  await expectText(page, "#connection", /Interrupted since \d\d:\d\d:\d\d \(\d+ s\), reconnecting/)
  // It keeps what it has and stays usable meanwhile.
  await rowButton(page, 1).click()
  await expectText(page, "#panel", /Patrick Collison/)
  complete(group, 2)
  await server.start()
  await connection(page, "live")
  await expectText(page, "tr[data-index='2']", /Daniel Ek/)
  expect(group.connections.at(-1)).toBe(last)

  // And a second time, the end falling into the gap.
  await server.stop()
  await connection(page, "interrupted")
  for (let index = 3; index < 8; index++) complete(group, index)
  group.end()
  await server.start()
  await connection(page, "ended")
  await expectText(page, "#headline", /^All 8 rows done$/)
})

it("stops when the server says there is nothing more, and says so when the group is gone", async () => {
  const group = companyGroup("tgrp_over_and_gone")
  const page = await open(server.add(group))
  await connection(page, "live")
  await server.stop()
  await connection(page, "interrupted")
  server.groups.delete(group.id)
  await server.start()
  await connection(page, "gone")
  await expectText(page, "#connection", /removed/)
})

it("says that there is no room for its stream, asks at the rate it is told, and goes on when there is", async () => {
  const group = companyGroup("tgrp_full_house")
  group.full = true
  const page = await open(server.add(group))
  await connection(page, "busy")
  await expectText(page, "#connection", /busy, trying again/)
  expect(await tableText(page)).toHaveLength(8)
  const asked = group.connections.length
  const from = performance.now()
  await vi.waitFor(() => expect(group.connections.length).toBe(asked + 2), { timeout: 10_000, interval: 20 })
  // Two waits of a second at least, of which one had begun.
  expect(performance.now() - from).toBeGreaterThan(1_000)
  group.full = false
  complete(group, 0)
  await connection(page, "live")
  await expectText(page, "tr[data-index='0']", /Tim Cook/)
})

it.each([
  { status: 403, state: "interrupted", body: "Sign in to this network" },
  { status: 503, state: "busy", headers: { "retry-after": "60" } },
])("takes a $status for $state, and asks anew as soon as somebody looks", async ({ state, ...refusal }) => {
  const group = companyGroup(`tgrp_refused_${refusal.status}`)
  const page = await open(server.add(group))
  await connection(page, "live")
  await page.route("**/*.sse*", (route) => route.fulfill(refusal))
  const refused = page.waitForResponse((response) => response.status() === refusal.status)
  group.disconnect()
  await refused
  await connection(page, state)
  await page.unroute("**/*.sse*")
  complete(group, 0)
  await expect
    .poll(
      async () => {
        await page.evaluate(() => dispatchEvent(new Event("focus")))
        return page.getAttribute("#connection", "data-state")
      },
      { timeout: 5_000 },
    )
    .toBe("live")
  await expectText(page, "tr[data-index='0']", /Tim Cook/)
})

it("gets the rest of a page that was given only a part", async () => {
  const group = companyGroup("tgrp_partial")
  for (let index = 0; index < 8; index++) complete(group, index)
  group.part = 3
  const page = await open(server.add(group))
  await page.waitForFunction(() => document.querySelectorAll("#rows > tr[data-index]").length === 8)
  expect(group.connections).toEqual([null])
  await expectText(page, "tr[data-index='7']", /Niels B. Christiansen/)
})

it("loses nothing when it is cut off behind the status that opens a stream", async () => {
  for (const part of [3, Infinity]) {
    const group = companyGroup(`tgrp_cut_off_${part}`)
    for (let index = 0; index < 8; index++) complete(group, index)
    group.part = part
    group.cutOff = true
    const page = await open(server.add(group))
    await expectText(page, "tr[data-index='7']", /Niels B. Christiansen/)
    await page.waitForFunction(() => document.querySelectorAll("#rows > tr[data-index]").length === 8)
    await expect.poll(() => group.connections.length).toBe(2)
    expect(group.connections).toEqual(part === 3 ? [null, null] : ["8", "8"])
  }
})

it("keeps focus, scroll position and selection while rows change", async () => {
  const group = new FakeGroup(
    "tgrp_keeps_place",
    Array.from({ length: 300 }, (_, n) => ({ n, name: `row ${n}` })),
  )
  const page = await open(server.add(group))
  await connection(page, "live")
  await page.$eval("#table-scroll", (scroller) => (scroller.scrollTop = 6000))
  await page.waitForSelector("tr[data-index='103']")
  await rowButton(page, 103).focus()
  await page.evaluate(() => {
    const node = document.querySelector("tr[data-index='104'] td .value")?.firstChild as Text
    getSelection()?.selectAllChildren(node.parentElement as Element)
  })
  const selected = await page.evaluate(() => String(getSelection()))
  for (let index = 90; index < 120; index++)
    group.set(index, { status: "completed", content: { answer: `a${index}` } })
  await expectText(page, "tr[data-index='103']", /a103/)
  await expectText(page, "tr[data-index='104']", /a104/)
  const now = await page.evaluate(() => ({
    focus: document.activeElement?.closest("tr")?.dataset.index,
    scroll: document.getElementById("table-scroll")?.scrollTop,
    selection: String(getSelection()),
  }))
  expect(now).toEqual({ focus: "103", scroll: 6000, selection: selected })
  // The focused row stays where the keyboard is even when it is scrolled far away.
  await page.$eval("#table-scroll", (scroller) => (scroller.scrollTop = 0))
  await page.waitForSelector("tr[data-index='0']")
  expect(await page.evaluate(() => document.activeElement?.closest("tr")?.dataset.index)).toBe("103")
})

it("sorts, searches, filters and chooses columns", async () => {
  const group = companyGroup("tgrp_sorted")
  for (let index = 0; index < 7; index++) complete(group, index)
  group.set(7, { status: "failed", error: "Not found." })
  const page = await open(server.add(group))
  const companies = async () => (await tableText(page)).map((cells) => cells[1])
  const founded = page.locator("th .sort", { hasText: "year_founded" })
  await founded.click()
  await page.waitForSelector("th[aria-sort=ascending]")
  await page.waitForFunction(
    () => document.querySelector("#rows tr[data-index] td")?.textContent === "Patagonia",
  )
  // What has no value comes last, in both directions.
  expect((await companies()).at(-1)).toBe("Lego")
  await founded.click()
  await page.waitForFunction(
    () => document.querySelector("#rows tr[data-index] td")?.textContent === "Anthropic",
  )
  expect((await companies()).at(-1)).toBe("Lego")
  await founded.click()
  await page.waitForFunction(() => document.querySelector("#rows tr[data-index] td")?.textContent === "Apple")

  await page.fill("#search", "san francisco")
  await expectText(page, "#shown", /3 of 8 rows shown/)
  expect(await companies()).toEqual(["Stripe", "Anthropic", "Cloudflare"])
  await page.click("#reset")
  await page.click("#statuses .failed")
  await page.waitForFunction(() => document.querySelectorAll("#rows > tr[data-index]").length === 1)
  expect(await companies()).toEqual(["Lego"])
  await page.click("#reset")
  await page.selectOption("#confidence", "low")
  await page.waitForFunction(() => document.querySelectorAll("#rows > tr[data-index]").length < 8)
  await page.click("#reset")
  await page.fill("#search", "nothing has this")
  await expectText(page, "#empty", /No row fits/)
  await page.click("#reset")

  await page.click("summary:has-text('Columns')")
  await page.uncheck("#column-list input[value='input:website']")
  await page.waitForFunction(() => !document.querySelector("#head")?.textContent?.includes("website"))
  await page.keyboard.press("Escape")
  expect(await page.locator(".menu[open]").count()).toBe(0)
})

it("resizes a column by dragging, and unfolds long cells", async () => {
  const group = companyGroup("tgrp_resized")
  for (let index = 0; index < 8; index++) complete(group, index)
  const page = await open(server.add(group))
  await connection(page, "live")
  const handle = page.locator(".resize").first()
  const box = await handle.boundingBox()
  if (!box) throw new Error("no handle")
  const width = () => page.$eval("th.input[scope=col]", (th) => Math.round(th.getBoundingClientRect().width))
  const before = await width()
  await page.mouse.move(box.x + 5, box.y + 10)
  await page.mouse.down()
  await page.mouse.move(box.x + 65, box.y + 10, { steps: 4 })
  await page.mouse.up()
  await page.waitForFunction(
    (w) => (document.querySelector("th.input[scope=col]")?.getBoundingClientRect().width ?? 0) > w + 50,
    before,
  )
  expect(await width()).toBeLessThan(before + 70)

  const height = (index: number) =>
    page.$eval(`tr[data-index="${index}"]`, (tr) => tr.getBoundingClientRect().height)
  expect(await height(0)).toBe(60)
  await page.locator("tr[data-index='0'] .more-text").first().click()
  await page.waitForFunction(
    () => (document.querySelector("tr[data-index='0']")?.getBoundingClientRect().height ?? 0) > 90,
  )
  // The rows below moved down by as much, without a gap or an overlap.
  const edges = await page.$$eval("#rows > tr[data-index]", (rows) =>
    rows
      .map((row) => row.getBoundingClientRect())
      .map(({ top, bottom }) => [Math.round(top), Math.round(bottom)]),
  )
  for (let n = 1; n < edges.length; n++) expect(edges[n]?.[0]).toBe(edges[n - 1]?.[1])
  await page.locator("tr[data-index='0'] .more-text").first().click()
  await page.waitForFunction(
    () => document.querySelector("tr[data-index='0']")?.getBoundingClientRect().height === 60,
  )
})

it("counts unfolded rows in when they are out of sight", async () => {
  const inputs = Array.from({ length: 200 }, (_, n) => ({ n, note: `Row ${n} has much to say. `.repeat(40) }))
  const page = await open(server.add(new FakeGroup("tgrp_unfolded", inputs)))
  await connection(page, "live")
  await page.locator("tr[data-index='0'] .more-text").first().click()
  await page.waitForFunction(
    () => (document.querySelector("tr[data-index='0']")?.getBoundingClientRect().height ?? 0) > 200,
  )
  // The row with the focus stays drawn wherever it is.
  await page.focus("#search")
  const height = () => page.$eval("#table-scroll", (scroller) => scroller.scrollHeight)
  const before = await height()
  await page.$eval("#table-scroll", (scroller) => scroller.scrollTo(0, scroller.scrollHeight))
  await page.waitForSelector("tr[data-index='199']")
  await page.waitForSelector("tr[data-index='0']", { state: "detached" })
  expect(await height()).toBe(before)
})

it("notifies at the end when asked to", async () => {
  const group = companyGroup("tgrp_notified")
  group.title = "Companies: who leads them?"
  const page = await open(server.add(group), { permissions: ["notifications"] })
  await page.evaluate(() => {
    const shown: string[] = []
    class Fake {
      static permission = "granted"
      constructor(title: string, options: { body: string }) {
        shown.push(`${title}: ${options.body}`)
      }
    }
    Object.assign(globalThis, { Notification: Fake, shown })
  })
  await connection(page, "live")
  await page.click("#notify")
  await page.waitForSelector("#notify[aria-pressed=true]")
  for (let index = 0; index < 8; index++) complete(group, index)
  group.end()
  await connection(page, "ended")
  expect(await page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown)).toEqual([
    "Companies: who leads them?: All 8 rows done",
  ])
})

it("opens a row with its fields, reasons, sources and ids, and from a link", async () => {
  const group = companyGroup("tgrp_row_panel")
  complete(group, 2)
  group.set(2, { warnings: [{ type: "warning", message: "An input was empty.", detail: null }] })
  const page = await open(`${server.add(group)}#row=3`)
  // The link gave the focus to nothing, and Escape closes it all the same.
  await page.waitForSelector("#panel:not([hidden])")
  await page.keyboard.press("Escape")
  expect(await page.isVisible("#panel")).toBe(false)
  await page.evaluate(() => (location.hash = "#row=3"))
  await page.waitForSelector("#panel:not([hidden])")
  const panel = await page.innerText("#panel")
  for (const part of [
    "Row 3",
    "Daniel Ek",
    "low confidence",
    "About Spotify",
    "An input was empty.",
    "trun_00000000000000000000000000000002",
  ])
    expect(panel).toContain(part)
  await page.click("#panel button:has-text('Copy link to this row')")
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${server.origin}/${group.id}#row=3`)
  // The panel follows the row while it is open, and keeps the focus.
  await page.focus("#panel [data-key='copy link']")
  group.set(2, { content: { ceo_name: "Somebody New" } })
  await expectText(page, "#panel", /Somebody New/)
  expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.key)).toBe("copy link")
  await page.click("#panel-next")
  await expectText(page, "#panel-title", /^Row 4 Anthropic$/)
  expect(new URL(page.url()).hash).toBe("#row=4")
  await page.keyboard.press("Escape")
  expect(await page.isVisible("#panel")).toBe(false)
  expect(await page.evaluate(() => document.activeElement?.closest("tr")?.dataset.index)).toBe("3")
})

it("shows text output as the field `content`, with its confidence", async () => {
  const group = new FakeGroup("tgrp_text_output", companyInputs.slice(0, 1))
  group.set(0, {
    status: "completed",
    type: "text",
    content: [
      "# A long report",
      "Some **bold** and `code`, see [the source](https://example.com/a_(b)) or <b>this</b>.",
      "- one\n- two [bad](javascript:alert(1))",
      "Below it:\n| a | b |\n| - | - |\n| 1 | 2 \\| 3 |",
      "1. first\n   - under **[it](https://example.com/it)**\n\n2. second\n\nIn between.\n\n3. third",
      // Nothing of it may be gone over again and again.
      `|a|${"\n".repeat(60_000)}|b|\n${"-".repeat(60_000)}x`,
      "[a](http://b".repeat(10_000),
      `(see https://example.com/(a)${")".repeat(100_000)}x`,
    ].join("\n\n"),
    basis: [{ field: "output", reasoning: "because", confidence: "medium", citations: [] }],
  })
  const page = await open(server.add(group))
  await expectText(page, "#head", /content/)
  expect(await page.getAttribute("tr[data-index='0'] .confidence", "aria-label")).toBe("medium confidence")
  await rowButton(page, 0).click()
  await expectText(page, "#panel", /because/)
  // A report's Markdown becomes elements; HTML in it and links that are none stay text.
  const shown = page.locator("#panel .field-value").first()
  expect(await shown.locator(".md-1").innerText()).toBe("A long report")
  expect(await shown.locator("strong").allInnerTexts()).toEqual(["bold", "it"])
  const links = await shown.locator("a").evaluateAll((all) => all.map((a) => a.getAttribute("href") ?? ""))
  expect(links.filter((href) => href.length < 40).slice(0, 2)).toEqual([
    "https://example.com/a_(b)",
    "https://example.com/it",
  ])
  expect(await shown.locator("ul > li").allInnerTexts()).toEqual([
    "one",
    "two [bad](javascript:alert(1))",
    "under it",
  ])
  expect(await shown.locator("ol").evaluateAll((all) => all.map((ol) => ol.getAttribute("start")))).toEqual([
    null,
    "3",
  ])
  expect(await shown.locator("ol").first().locator(":scope > li").allInnerTexts()).toEqual([
    "first\nunder it",
    "second",
  ])
  expect(await shown.locator("td").allInnerTexts()).toEqual(["1", "2 | 3"])
  expect(await shown.locator("b").count()).toBe(0)
  expect(await axe(page)).toEqual([])
})
