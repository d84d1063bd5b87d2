import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { axe } from "./browser.ts"
import { harness, picture } from "./setup.ts"

/** The page about the API: for everyone, at every width, with and without a script. */

const { server, open } = harness()
const docs = (options: Parameters<typeof open>[1] = {}) => open(`${server.origin}/docs`, options)

const WIDTHS = [375, 768, 1440]
const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 375, height: 812 }

for (const colorScheme of ["light", "dark"] as const) {
  it(`has no violations axe-core can find (${colorScheme})`, async () => {
    for (const viewport of [WIDE, PHONE]) {
      const page = await docs({ colorScheme, viewport })
      await page.evaluate(() => {
        for (const details of document.querySelectorAll("details")) details.open = true
      })
      expect(await axe(page)).toEqual([])
    }
    await picture(await docs({ colorScheme }), `docs-${colorScheme}`)
  })
}

it("never scrolls sideways", async () => {
  for (const width of WIDTHS) {
    const page = await docs({ viewport: { width, height: 800 } })
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("main details"))
        (details as HTMLDetailsElement).open = true
    })
    const wide = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement
      const boxes = [...document.querySelectorAll("main *")].filter(
        (box) => box.scrollWidth > box.clientWidth + 1,
      )
      return [
        scrollWidth - clientWidth,
        boxes.filter((box) => getComputedStyle(box).display !== "inline" && !box.matches(".visually-hidden"))
          .length,
      ]
    })
    expect([width, ...wide]).toEqual([width, 0, 0])
  }
})

it("has its contents in sight on a wide screen, and behind one button on a phone", async () => {
  const wide = await docs({ viewport: WIDE })
  const link = "nav.toc a[href='#errors']"
  await wide.click(link)
  expect(await inSight(wide, "#errors")).toBe(true)
  expect(await inSight(wide, link)).toBe(true)
  await wide.waitForSelector(`${link}[aria-current]`)

  const phone = await docs({ viewport: PHONE })
  expect(await phone.isVisible(link)).toBe(false)
  await phone.click("nav.toc summary")
  await phone.click(link)
  expect(await inSight(phone, "#errors")).toBe(true)
  expect(await phone.isVisible(link)).toBe(false)
  expect(await inSight(phone, "nav.toc summary")).toBe(true)
})

it("shows one language of each example, the same in all, also at the next visit", async () => {
  const page = await docs({ viewport: WIDE })
  const choices = await page.locator(".choice").count()
  expect(choices).toBeGreaterThan(2)
  const shown = () => visibleLanguages(page)
  expect(await shown()).toEqual(Array.from({ length: choices }, () => "sh"))
  const third = page.locator(".choice").nth(2)
  await third.scrollIntoViewIfNeeded()
  const before = await third.boundingBox()
  await third.getByText("Python", { exact: true }).click()
  expect(await shown()).toEqual(Array.from({ length: choices }, () => "python"))
  // What is being read stays where it is, though examples above it have another length now.
  expect(Math.abs(((await third.boundingBox())?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2)
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  expect(await shown()).toEqual(Array.from({ length: choices }, () => "python"))
})

it("copies the example that is shown", async () => {
  const page = await docs({ viewport: WIDE })
  const box = page.locator(".choice").first()
  await box.getByText("TypeScript", { exact: true }).click()
  await box.getByRole("button", { name: "Copy" }).click()
  await box.getByRole("button", { name: "Copied" }).waitFor()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toBe(await box.locator("[data-language=ts]").textContent())
  expect(copied).toMatch(/^const response = await fetch\("http:\/\/127\.0\.0\.1/)
})

it("can be used with the keyboard alone", async () => {
  const page = await docs({ viewport: WIDE })
  await page.keyboard.press("Tab")
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the text")
  await page.keyboard.press("Enter")
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("content")
  await page.locator(".choice input").first().focus()
  await page.keyboard.press("ArrowRight")
  expect(new Set(await visibleLanguages(page))).toEqual(new Set(["ts"]))
})

it("can be read, and its languages chosen, without a script", async () => {
  const page = await docs({ viewport: PHONE, javaScriptEnabled: false })
  const box = page.locator(".choice").first()
  expect(await box.locator("pre:visible").getAttribute("data-language")).toBe("sh")
  await box.getByText("Python", { exact: true }).click()
  expect(await box.locator("pre:visible").getAttribute("data-language")).toBe("python")
  expect(await page.isVisible("nav.toc a[href='#errors']")).toBe(true)
  await page.click("nav.toc summary")
  expect(await page.isVisible("nav.toc a[href='#errors']")).toBe(false)
  expect(await page.locator("button").count()).toBe(0)
})

it("prints as text alone", async () => {
  const page = await docs({ viewport: { width: 720, height: 1000 } })
  await page.emulateMedia({ media: "print" })
  expect(await page.isVisible("nav.toc")).toBe(false)
  expect(await page.locator(".copy:visible").count()).toBe(0)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(720)
})

const visibleLanguages = (page: Page) =>
  page.$$eval(".choice pre", (all) =>
    all.filter((pre) => pre.checkVisibility()).map((pre) => (pre as HTMLElement).dataset.language),
  )

const inSight = (page: Page, selector: string) =>
  page.$eval(selector, (element) => {
    const { top, bottom } = element.getBoundingClientRect()
    return top >= 0 && bottom <= innerHeight
  })
