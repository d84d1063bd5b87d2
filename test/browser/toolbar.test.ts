import { expect, it } from "vitest"
import { axe } from "./browser.ts"
import { FakeGroup } from "./fakeGroup.ts"
import { companyGroup, complete } from "./samples.ts"
import { connection, expectText, harness } from "./setup.ts"

const { server, open } = harness()

it("gives a copy button its words back however often it is pressed", async () => {
  const page = await open(server.origin)
  await page.clock.install()
  await page.goto(server.add(companyGroup("tgrp_copied_twice")))
  await connection(page, "live")
  const press = async () => {
    await page.click("#copy-link")
    await expectText(page, "#copy-link", /^Copied$/)
  }
  await press()
  await page.clock.fastForward(1_000)
  await press()
  await page.clock.fastForward(1_000)
  // The second press is answered as long as the first.
  expect(await page.textContent("#copy-link")).toBe("Copied")
  await page.clock.fastForward(1_000)
  expect(await page.textContent("#copy-link")).toBe("Copy link")
})

it.each([1440, 375])("has all it says in sight beside a long warning, %i px wide", async (width) => {
  const group = companyGroup("tgrp_long_warning")
  group.warnings = [`output_schema: ${"output_schema.properties.employees, ".repeat(20)}`]
  group.set(0, { status: "failed", error: "Nothing was found" })
  const page = await open(server.add(group), { viewport: { width, height: 812 } })
  const rights = await page.$$eval("#notices, #notices .next, #notices summary", (all) =>
    all.map((one) => Math.round(one.getBoundingClientRect().right)),
  )
  expect(rights.length).toBeGreaterThan(2)
  expect(Math.max(...rights)).toBeLessThan(width)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
})

it("keeps warnings behind one line, which opens and stays open", async () => {
  const group = companyGroup("tgrp_many_warnings")
  group.warnings = Array.from({ length: 12 }, (_, n) => `The property field_${n} was made required.`)
  const page = await open(server.add(group))
  await connection(page, "live")
  expect(await page.textContent("#notices summary")).toBe(
    "12 warnings: The property field_0 was made required.",
  )
  expect(await page.isVisible("#notices li")).toBe(false)
  const height = await page.$eval("#notices .warnings", (one) => one.clientHeight)
  expect(height).toBeLessThan(40)
  await page.click("#notices summary")
  expect(await page.locator("#notices li:visible").count()).toBe(12)
  for (let index = 0; index < 8; index++) complete(group, index)
  group.end()
  await connection(page, "ended")
  await expectText(page, "#notices", /Every row is done/)
  expect(await page.locator("#notices li:visible").count()).toBe(12)
  expect(await axe(page)).toEqual([])
})

it("counts by status what the search finds, and keeps the chips where they are", async () => {
  const group = new FakeGroup(
    "tgrp_chips",
    Array.from({ length: 1_200 }, (_, n) => ({ name: n % 3 === 0 ? `red ${n}` : `blue ${n}` })),
  )
  for (let n = 0; n < 998; n++) group.set(n, { status: "completed", content: { a: n } })
  const page = await open(server.add(group))
  await connection(page, "live")
  const chips = () =>
    page.$$eval("#statuses button:not([hidden])", (all) => all.map((one) => one.textContent?.trim()))
  const edges = () =>
    page.$$eval("#statuses button", (all) => all.map((one) => Math.round(one.getBoundingClientRect().left)))
  expect(await chips()).toEqual(["Done 998", "Queued 202"])
  const before = await edges()
  for (let n = 998; n < 1_001; n++) group.set(n, { status: "completed", content: { a: n } })
  await expectText(page, "#statuses", /Done 1,001/)
  expect(await edges()).toEqual(before)

  await page.fill("#search", "red")
  await expectText(page, "#shown", /^400 of 1,200 rows shown$/)
  expect(await chips()).toEqual(["Done 334", "Queued 66"])
  // Choosing one status says nothing of how many the others have.
  await page.click("#statuses button.completed")
  await expectText(page, "#shown", /^334 of 1,200 rows shown$/)
  expect(await chips()).toEqual(["Done 334", "Queued 66"])
  await page.click("#reset")
  await expectText(page, "#statuses", /Done 1,001/)
})
