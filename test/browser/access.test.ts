import { expect, it } from "vitest"
import type { Page } from "playwright-core"
import { axe } from "./browser.ts"
import { companyGroup, complete } from "./samples.ts"
import { connection, expectText, harness, rowButton } from "./setup.ts"

/** For everyone: assistive technology, keyboards, phones, and without scripts, CDN or fonts. */

const { server, open } = harness()

function busyGroup(id: string) {
  const group = companyGroup(id)
  for (const index of [0, 1, 2]) complete(group, index)
  group.set(3, { status: "failed", error: "No source could be read." }).set(4, { status: "running" })
  group.warnings = ["A warning."]
  return group
}

for (const colorScheme of ["light", "dark"] as const) {
  it(`has no violations axe-core can find (${colorScheme})`, async () => {
    const form = await open(server.origin, { colorScheme })
    await withTailwind(form)
    expect(await axe(form)).toEqual([])
    await form.click("text=Products with a schema")
    await form.fill("#output-schema", "{")
    await form.click("#submit")
    expect(await axe(form)).toEqual([])
    await form.click("text=Companies >> nth=0")
    await form.fill("#api-key", "k")
    await form.click("#submit")
    await form.waitForSelector("#submitted-connection[data-state=live]")
    expect(await axe(form)).toEqual([])

    const group = busyGroup(`tgrp_axe_${colorScheme}`)
    const page = await open(server.add(group), { colorScheme })
    await connection(page, "live")
    expect(await axe(page)).toEqual([])
    await page.click("summary:has-text('Download')")
    expect(await axe(page)).toEqual([])
    await page.keyboard.press("Escape")
    await rowButton(page, 1).click()
    await page.waitForSelector("#panel:not([hidden])")
    expect(await axe(page)).toEqual([])
    await server.stop()
    await connection(page, "interrupted")
    expect(await axe(page)).toEqual([])
    await server.start()

    const missing = await open(`${server.origin}/nothing-here`, { colorScheme, javaScriptEnabled: false })
    expect(await missing.textContent("h1")).toBe("Not found")
  })
}

it("can be used with the keyboard alone: submit, watch, open a row, download", async () => {
  const page = await open(server.origin)
  await tabTo(page, "#api-key")
  await page.keyboard.type("k")
  await tabTo(page, "#submit")
  await page.keyboard.press("Enter")
  await page.waitForSelector("#submitted:not([hidden])")
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("submitted-title")
  await tabTo(page, "#submitted-buttons a")
  const [result] = await Promise.all([page.context().waitForEvent("page"), page.keyboard.press("Enter")])
  await connection(result, "live")
  const group = [...server.groups.values()].at(-1)
  if (!group) throw new Error("no group")
  complete(group, 0)
  complete(group, 1)
  await expectText(result, "tr[data-index='1']", /Patrick Collison/)

  await tabTo(result, "tr[data-index='0'] .row-open")
  await result.keyboard.press("ArrowDown")
  await result.keyboard.press("End")
  await result.keyboard.press("Home")
  await result.keyboard.press("ArrowDown")
  await result.keyboard.press("Enter")
  await expectText(result, "#panel-title", /^Row 2 NVIDIA$/)
  expect(await result.evaluate(() => document.activeElement?.id)).toBe("panel-title")
  await result.keyboard.press("Escape")
  expect(await result.evaluate(() => document.activeElement?.closest("tr")?.dataset.index)).toBe("1")

  await tabTo(result, "#export-menu summary", "Shift+Tab")
  await result.keyboard.press("Enter")
  await tabTo(result, "[aria-label='Download csv']")
  const [download] = await Promise.all([result.waitForEvent("download"), result.keyboard.press("Enter")])
  expect(download.suggestedFilename()).toBe(`${group.id}.csv`)

  // Sorting and widths too.
  await tabTo(result, "th .sort")
  await result.keyboard.press("Enter")
  await result.waitForSelector("th[aria-sort=ascending]")
  expect(await result.evaluate(() => document.activeElement?.classList.contains("sort"))).toBe(true)
  await tabTo(result, ".resize")
  const width = () => result.$eval(".resize", (handle) => Number(handle.getAttribute("aria-valuenow")))
  const before = await width()
  await result.keyboard.press("ArrowRight")
  await result.waitForFunction(
    (w) => Number(document.querySelector(".resize")?.getAttribute("aria-valuenow")) > w,
    before,
  )
})

it("fits a phone without scrolling sideways, in the table alone", async () => {
  const phone = {
    viewport: { width: 360, height: 740 },
    isMobile: true,
    hasTouch: true,
    deviceScaleFactor: 2,
  }
  const overflow = (page: Page) =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  const form = await open(server.origin, phone)
  expect(await overflow(form)).toBe(0)
  await form.tap("text=Products with a schema")
  expect(await overflow(form)).toBe(0)
  const group = busyGroup("tgrp_phone")
  const page = await open(server.add(group), phone)
  await connection(page, "live")
  expect(await overflow(page)).toBe(0)
  // The page scrolls the table sideways, and what is not the table stays where it is.
  await page.evaluate(() => document.body.scrollTo(200, 0))
  expect(await page.evaluate(() => document.body.scrollLeft)).toBe(200)
  for (const still of [".top", ".progress", ".tools", ".programs"])
    expect(
      await page.$eval(still, (one) => {
        const { left, width } = one.getBoundingClientRect()
        return [Math.round(left), Math.round(width)]
      }),
      still,
    ).toEqual([0, 360])
  await rowButton(page, 0).tap()
  await page.waitForSelector("#panel:not([hidden])")
  expect(await overflow(page)).toBe(0)
  expect(await page.$eval("#panel", (panel) => panel.getBoundingClientRect().width)).toBe(360)
  expect(await page.$eval("#page", (main) => (main as HTMLElement).inert)).toBe(true)
  await page.tap("#panel-close")
  expect(await page.$eval("#page", (main) => (main as HTMLElement).inert)).toBe(false)
})

it("looks the same without the CDN, and works", async () => {
  const look = (page: Page) =>
    page.evaluate(() =>
      ["body", "h1", "#submit", ".card", "#inputs", ".preview th", ".switch"].map((selector) => {
        const element = document.querySelector(selector) as HTMLElement
        const style = getComputedStyle(element)
        const { width, height } = element.getBoundingClientRect()
        return [
          selector,
          Math.round(width),
          Math.round(height),
          style.backgroundColor,
          style.borderRadius,
          style.fontSize,
          style.padding,
        ]
      }),
    )
  const withIt = await open(server.origin)
  await withTailwind(withIt)
  const without = await open(server.origin, { blockCdn: true })
  expect(await without.evaluate(() => document.adoptedStyleSheets[0]?.cssRules.length)).toBe(0)
  expect(await look(without)).toEqual(await look(withIt))
  await without.fill("#api-key", "k")
  await without.click("#submit")
  await without.waitForSelector("#submitted:not([hidden])")
})

it("shows a readable table without JavaScript", async () => {
  const group = busyGroup("tgrp_no_script")
  const page = await open(server.add(group), { javaScriptEnabled: false })
  expect(await page.innerText(".static-table")).toMatch(/8 rows[\s\S]*Apple[\s\S]*https:\/\/www\.lego\.com/)
  expect(await page.isVisible("#table-scroll")).toBe(false)
  expect(await page.isVisible(".tools")).toBe(false)
  expect(await page.innerText(".programs")).toContain(
    `For programs: /${group.id}.json, .jsonl, .csv, .md, .sse`,
  )
  const form = await open(server.origin, { javaScriptEnabled: false })
  expect(await form.innerText("main")).toContain("This form needs JavaScript")
})

it("respects reduced motion", async () => {
  const group = busyGroup("tgrp_still")
  const page = await open(server.add(group), { reducedMotion: "reduce" })
  await connection(page, "live")
  complete(group, 5)
  await expectText(page, "tr[data-index='5']", /Jensen Huang/)
  const durations = await page.$$eval(".dot, .bar-part, #rows tr > *", (all) =>
    all.map((element) => parseFloat(getComputedStyle(element).animationDuration) * 1000),
  )
  expect(Math.max(...durations)).toBeLessThanOrEqual(1)
})

/** Its styles are there once the one utility class of the page works. */
const withTailwind = (page: Page) =>
  page.waitForFunction(() => document.adoptedStyleSheets.some(({ cssRules }) => cssRules.length > 0))

async function tabTo(page: Page, selector: string, key = "Tab") {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press(key)
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return
  }
  throw new Error(`Tab does not reach ${selector}`)
}
