import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { axe } from "./browser.ts"
import { FakeGroup } from "./fakeGroup.ts"
import { expectText, harness, picture } from "./setup.ts"

/** The form in small windows: what one needs is in sight and large enough. */

const { server, open } = harness()

const phone = { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

const boxOf = (page: Page, selector: string) =>
  page.$eval(selector, (one) => {
    const { top, bottom, left, right } = one.getBoundingClientRect()
    return { top, bottom, left, right }
  })

/** The list of groups has three. */
async function withGroups(page: Page) {
  const ids = ["tgrp_small_one", "tgrp_small_two", "tgrp_small_three"]
  for (const id of ids) server.add(new FakeGroup(id, [{ company: id }]).end())
  await page.evaluate((all) => {
    const created = new Date().toISOString()
    const list = all.map((id) => ({
      id,
      created,
      rows: 1,
      title: `About ${id}`,
      what: "Who?",
      processor: "core",
    }))
    localStorage.setItem("parallel-multitask:groups", JSON.stringify(list))
  }, ids)
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  await page.waitForFunction(() => !document.getElementById("history-list")?.textContent?.includes("…"))
}

/** What is smaller than a finger, but for links in the midst of a sentence. */
const tooSmall = (page: Page) =>
  page.evaluate(() => {
    const all = [
      ...document.querySelectorAll<HTMLElement>(
        "button, a, summary, select, textarea, input, label:has(input)",
      ),
    ]
    return all.flatMap((one) => {
      if (!one.checkVisibility({ checkVisibilityCSS: true }) || one.closest(".skip, [inert]")) return []
      // Its label is what one touches.
      if (one.matches("input") && one.closest("label")) return []
      if (one.matches("a") && getComputedStyle(one).display === "inline") return []
      // A switch is as high as what stands in it.
      const { width, height } = one.getBoundingClientRect()
      return width >= 44 && height >= 43.5
        ? []
        : [`${one.id || one.className || one.textContent}: ${width} × ${height}`]
    })
  })

it("has Run and the sum at the lower edge of a phone, the groups near the top, and targets for fingers", async () => {
  const page = await open(server.origin, { ...phone, colorScheme: "dark" })
  await withGroups(page)
  await page.fill("#api-key", "k")
  expect((await boxOf(page, "#history > summary")).bottom).toBeLessThan(700)
  const edge = async () => (await boxOf(page, "#run-bar")).bottom
  expect(await edge()).toBe(812)
  await page.evaluate(() => scrollTo(0, 2_000))
  expect(await edge()).toBe(812)
  expect(await page.textContent("#bar-rows")).toBe("8 rows")
  expect(await page.textContent("#bar-cost")).toBe("$0.08 – $0.80")
  await expectText(page, "#submit", /^Run 8 rows$/)
  await page.click("#history > summary")
  await page.click("#more-options > summary")
  await page.click("text=Define them myself")
  expect(await tooSmall(page)).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
  expect(await axe(page)).toEqual([])
  await picture(page, "form-small")
  await page.setViewportSize(phone.viewport)

  // A field that gets the focus is not below the bar, whatever is there above it.
  for (const selector of ["#title", "#other-fields", "#ask-above", "#output-description"]) {
    await page.focus(selector)
    await expect.poll(async () => (await boxOf(page, selector)).top).toBeLessThan(740)
    const [field, bar] = [await boxOf(page, selector), await boxOf(page, "#run-bar")]
    expect(Math.min(field.bottom, field.top + 44)).toBeLessThanOrEqual(bar.top)
  }
  // The keyboard is there: the bar gives its place to what one types in.
  await page.setViewportSize({ width: 375, height: 460 })
  await page.waitForSelector("#run-bar.makes-room", { state: "attached" })
  expect(await page.$eval("#run-bar", (one) => getComputedStyle(one).position)).toBe("static")
  await page.setViewportSize(phone.viewport)
  await page.waitForSelector("#run-bar:not(.makes-room)", { state: "attached" })

  // And it sends: nothing is under the bar at the end of the page, either.
  await page.click("text=Suggest them from my description")
  await page.tap("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  await expect.poll(async () => (await boxOf(page, "#submitted-title")).top).toBeLessThan(700)
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
  expect((await boxOf(page, ".foot a:last-child")).bottom).toBeLessThanOrEqual(
    (await boxOf(page, "#run-bar")).top,
  )
})

it.each([
  { name: "a phone across", viewport: { width: 812, height: 375 }, hasTouch: true, isMobile: true },
  { name: "a window at 200 %", viewport: { width: 720, height: 450 }, hasTouch: false, isMobile: false },
])("keeps Run in sight in $name, and moves nothing while it opens", async ({ name, ...options }) => {
  const page = await open(server.origin, options)
  await withGroups(page)
  const bar = await boxOf(page, "#run-bar")
  expect(bar.bottom).toBe(options.viewport.height)
  expect(bar.bottom - bar.top).toBeLessThan(70)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(options.viewport.width)
  if (options.hasTouch) expect(await tooSmall(page)).toEqual([])
  const shift = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0
        new PerformanceObserver((list) => {
          for (const one of list.getEntries()) sum += (one as unknown as { value: number }).value
        }).observe({ type: "layout-shift", buffered: true })
        setTimeout(() => resolve(sum), 100)
      }),
  )
  console.log(`layout shift of the form, ${name}: ${shift.toFixed(4)}`)
  expect(shift).toBeLessThan(0.05)
})

it("lets Run be where it was in a large window, and in one too low for a bar", async () => {
  const page = await open(server.origin, { viewport: { width: 1440, height: 900 } })
  expect(await page.$eval("#run-bar", (one) => getComputedStyle(one).position)).toBe("static")
  expect(await page.isVisible(".run-sum")).toBe(false)
  await page.setViewportSize({ width: 320, height: 256 })
  expect(await page.$eval("#run-bar", (one) => getComputedStyle(one).position)).toBe("static")
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
})
