import { expect, it } from "vitest"
import { FakeGroup } from "./fakeGroup.ts"
import { connection, expectText, harness } from "./setup.ts"

/** 50,000 rows: the page gets the first part, the stream brings the rest, and it stays smooth meanwhile. */

const { server, open } = harness()
const ROWS = 50_000

function output(n: number) {
  const content = {
    ceo_name: `Person ${n}`,
    year_founded: 1900 + (n % 120),
    headquarters_city: `City ${n % 977}`,
    number_of_employees: (n * 7919) % 100_000,
    summary: `Company ${n} sells things in ${n % 50} countries and was in the news ${n % 9} times this year for its products.`,
  }
  const basis = Object.keys(content).map((field) => ({
    field,
    reasoning: "Its own page and the register agree.",
    citations: [],
    confidence: n % 11 === 0 ? "low" : "high",
  }))
  return { content, basis }
}

it("opens a page of 50,000 rows within 2 s and stays smooth while rows stream in", async () => {
  const group = new FakeGroup(
    "tgrp_fifty_thousand",
    Array.from({ length: ROWS }, (_, n) => ({
      company: `Company ${n}`,
      website: `https://example.com/${n}`,
    })),
  )
  for (let n = 0; n < ROWS; n++)
    Object.assign(
      group.rows[n] as object,
      { status: n % 5 ? "completed" : "running", change: ++group.change },
      n % 5 ? output(n) : {},
    )
  group.part = 500
  const page = await open(server.add(group))
  await page.waitForSelector("tr[data-index='0']")
  // By the page's own clock, which begins with the navigation.
  const opened = await page.evaluate(() => performance.getEntriesByName("drawn")[0]?.startTime ?? Infinity)
  await page.waitForFunction(
    (rows) => document.querySelector("#table")?.getAttribute("aria-rowcount") === String(rows + 2),
    ROWS,
    { timeout: 30_000 },
  )
  const loaded = await page.evaluate(() => performance.now())
  expect(await page.locator("#rows > tr").count()).toBeLessThan(60)

  // Every frame for four seconds of updates and scrolling.
  await page.evaluate(() => {
    const frames: number[] = []
    Object.assign(globalThis, { frames })
    let last = performance.now()
    const scroller = document.getElementById("table-scroll") as HTMLElement
    const frame = (now: number) => {
      frames.push(now - last)
      last = now
      scroller.scrollTop += 240
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
  const end = performance.now() + 4000
  for (let n = 0; performance.now() < end; n += 5) {
    group.set(n, { status: "completed", ...output(n) })
    // A thousand changes a second.
    if (n % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const frames = await page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames.slice(10))
  const sorted = frames.toSorted((a, b) => a - b)
  const quantile = (q: number) => Math.round(sorted[Math.floor(q * (sorted.length - 1))] as number)

  const sortTime = await page.evaluate(async () => {
    const from = performance.now()
    ;(document.querySelectorAll("th .sort")[4] as HTMLElement).click()
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    return performance.now() - from
  })
  await page.fill("#search", "city 976")
  await expectText(page, "#shown", /\d of 50,000 rows shown/)
  const measured = {
    opened: Math.round(opened),
    loaded: Math.round(loaded),
    frames: frames.length,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    worst: quantile(1),
    sort: Math.round(sortTime),
  }
  console.log("50,000 rows:", JSON.stringify(measured))
  await connection(page, "live")
  // Alone on a machine of two cores it opens in 0.8 s, with frames of 17 and 33 ms (p50, p95). These limits only tell
  // virtual rows from real ones, on a machine however busy.
  expect(opened).toBeLessThan(10_000)
  expect(quantile(0.5)).toBeLessThanOrEqual(300)
  expect(quantile(0.95)).toBeLessThanOrEqual(1_500)
})
