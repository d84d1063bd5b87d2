import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { axe } from "./browser.ts"
import { FakeGroup } from "./fakeGroup.ts"
import { companyGroup, complete } from "./samples.ts"
import { connection, expectText, harness, picture } from "./setup.ts"

const { server, open } = harness()
const ROWS = 5_000

const content = (n: number) => ({
  ceo_name: `Person ${n}`,
  headquarters_city: `City ${n % 977}`,
  summary: `Company ${n} sells things in ${n % 50} countries and was in the news ${n % 9} times this year.`,
})

function largeGroup(id: string) {
  const group = new FakeGroup(
    id,
    Array.from({ length: ROWS }, (_, n) => ({
      company: `Company ${n}`,
      website: `https://example.com/${n}`,
    })),
  )
  for (let n = 0; n < ROWS; n++) group.set(n, { status: "completed", content: content(n) })
  group.part = 500
  return group
}

/** A phone upright and across, and a window of 1440 px at 200 %. */
const small = [
  { name: "upright", viewport: { width: 375, height: 812 }, hasTouch: true, deviceScaleFactor: 2 },
  { name: "across", viewport: { width: 812, height: 375 }, hasTouch: true, deviceScaleFactor: 2 },
  { name: "at 200 %", viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 },
]

/** Scrolls with what scrolls the page, wherever that is, until the last row is in sight. */
const scrollToEnd = (page: Page) =>
  page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const scrollers = [document.scrollingElement, document.body, document.getElementById("table-scroll")]
    const last = () => document.querySelector(`tr[data-index="4999"]`)
    for (let n = 0; n < 50; n++) {
      for (const scroller of scrollers) scroller?.scrollBy(0, 1e6)
      await frame()
      const box = last()?.getBoundingClientRect()
      if (box && box.bottom <= innerHeight + 200 && box.height > 0) return true
    }
    return false
  })

it.each(small)(
  "draws only the rows in sight on a small screen, $name, and finds the last of 5,000",
  async ({ name, ...options }) => {
    const group = largeGroup(`tgrp_small_${options.viewport.width}`)
    const page = await open(server.origin, options)
    const started = performance.now()
    await page.goto(server.add(group))
    await page.waitForFunction(
      (rows) => document.querySelector("#table")?.getAttribute("aria-rowcount") === String(rows + 2),
      ROWS,
      { timeout: 30_000 },
    )
    expect(await scrollToEnd(page)).toBe(true)
    await page.waitForSelector("tr[data-index='4999']")
    console.log(`5,000 rows ${name}: last row in ${Math.round(performance.now() - started)} ms`)
    expect(await page.locator("#rows > tr").count()).toBeLessThan(60)
  },
  60_000,
)

it("scrolls in one place on a phone, with head and first column in sight, and opens and leaves rows", async () => {
  const group = companyGroup("tgrp_phone")
  group.title = "Companies: who leads them?"
  for (let index = 0; index < 8; index++) complete(group, index)
  for (let n = 0; n < 40; n++) group.append({ company: `Company ${n}`, website: `https://example.com/${n}` })
  const page = await open(server.add(group), {
    viewport: { width: 375, height: 812 },
    hasTouch: true,
    colorScheme: "dark",
  })
  await connection(page, "live")
  // Nothing within the page scrolls up and down but the page.
  const scrolling = await page.$$eval("main, main *, body", (all) =>
    all
      .filter(
        (one) =>
          one.scrollHeight > one.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(one).overflowY),
      )
      .map((one) => one.tagName),
  )
  expect(scrolling).toEqual(["BODY"])
  await page.evaluate(() => document.body.scrollTo(300, 1_500))
  await page.waitForFunction(() => (document.querySelector("#head")?.getBoundingClientRect().top ?? 9) === 0)
  const lefts = await page.$$eval(
    "tr[data-index] > th, #head .titles > :first-child, .progress, .tools, .top",
    (all) => all.map((one) => Math.round(one.getBoundingClientRect().left)),
  )
  expect(new Set(lefts)).toEqual(new Set([0]))
  // And beside the status what tells the rows apart: a column of short values that differ.
  const keys = await page.$$eval("tr[data-index] > .key, #head .titles > .key", (all) =>
    all.map((one) => [Math.round(one.getBoundingClientRect().left), one.textContent] as const),
  )
  expect(new Set(keys.map(([left]) => left))).toEqual(new Set([96]))
  expect(keys[0]?.[1]).toMatch(/company/)
  await picture(page, "phone-scrolled")
  await page.setViewportSize({ width: 375, height: 812 })
  const row = page.locator("tr[data-index='20'] .row-open")
  await row.click()
  await page.waitForSelector("#panel:not([hidden])")
  const panel = await page.$eval("#panel", (one) => one.getBoundingClientRect().width)
  expect(panel).toBe(375)
  await page.click("#panel-close")
  expect(await row.evaluate((one) => one === document.activeElement)).toBe(true)
  // By keyboard: the last row, and back to the first.
  await page.keyboard.press("End")
  await page.waitForFunction(() => document.activeElement?.closest("tr")?.dataset.index === "47")
  await page.keyboard.press("Home")
  await page.waitForFunction(() => document.activeElement?.closest("tr")?.dataset.index === "0")
  // Not below what sticks to the top.
  const edge = (selector: string, side: "top" | "bottom") =>
    page.$eval(selector, (one, at) => Math.round(one.getBoundingClientRect()[at]), side)
  await expect
    .poll(async () => (await edge("tr[data-index='0']", "top")) - (await edge("#head", "bottom")))
    .toBe(0)
  expect(await axe(page)).toEqual([])
})

it("has targets of 44 px for fingers", async () => {
  const group = companyGroup("tgrp_targets")
  complete(group, 0)
  const page = await open(server.add(group), { viewport: { width: 375, height: 812 }, hasTouch: true })
  await connection(page, "live")
  const measure = (within: string) =>
    page.$$eval(`${within} :is(button, a.button, summary, select, input[type=search])`, (all) =>
      all
        .map((one) => ({ box: one.getBoundingClientRect(), name: one.id || one.textContent }))
        .filter(({ box }) => box.width > 0 && box.height > 0 && (box.height < 44 || box.width < 44))
        .map(({ box, name }) => `${name}: ${box.width} × ${box.height}`),
    )
  for (const within of [".top", ".progress", ".tools", "#head .titles"]) {
    const tooSmall = (await measure(within)).filter((name) => !name.startsWith(":"))
    expect(tooSmall, within).toEqual([])
  }
  await page.click("#export-menu summary")
  expect(await measure("#export-formats")).toEqual([])
  await page.keyboard.press("Escape")
  await page.locator("tr[data-index='0'] .row-open").click()
  await expectText(page, "#panel-title", /Row 1|Apple/)
  expect(await measure(".panel-head")).toEqual([])
})

it("keeps in sight the column that tells rows apart, and none where none does", async () => {
  const inputs = Array.from({ length: 30 }, (_, n) => ({
    country: n % 2 ? "Chile" : "Peru",
    question: `A sentence that is much too long to tell rows apart by, number ${n}, and goes on for a while.`,
    name: `Name ${n}`,
  }))
  const group = new FakeGroup("tgrp_key_third", inputs)
  const page = await open(server.add(group), { viewport: { width: 1440, height: 900 } })
  await connection(page, "live")
  const titles = () => page.$$eval("#head .titles .title", (all) => all.map((one) => one.textContent))
  expect(await titles()).toEqual(["Status", "name", "country", "question", "result"])
  await page.$eval("#table-scroll", (one) => one.scrollTo(400, 0))
  const left = (selector: string) => page.$eval(selector, (one) => one.getBoundingClientRect().left)
  await expect.poll(() => left("tr[data-index='3'] > .key")).toBe(148)
  const alike = new FakeGroup(
    "tgrp_key_none",
    inputs.map(({ country, question }) => ({ country, question })),
  )
  await page.goto(server.add(alike))
  await connection(page, "live")
  expect(await titles()).toEqual(["Status", "country", "question", "result"])
  expect(await page.locator(".key").count()).toBe(0)
})
