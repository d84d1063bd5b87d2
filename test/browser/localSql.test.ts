import { readFile } from "node:fs/promises"
import type { Page } from "playwright-core"
import { afterEach, expect, it } from "vitest"
import { axe } from "./browser.ts"
import { FakeGroup } from "./fakeGroup.ts"
import { drawn, facts, run } from "./query.ts"
import { companyGroup, complete } from "./samples.ts"
import { expectText, harness, picture } from "./setup.ts"

/** The console with rows in the browser, and their charts. */

const { server, open } = harness()

afterEach(() => {
  server.onQuery = server.onTable = null
})

const REFUSED =
  "This could take hours here, where a statement may take 1.5 s: rows are multiplied where tables are joined."

function companies(id: string) {
  const group = companyGroup(id)
  for (const index of [0, 1, 2, 5]) complete(group, index)
  return group.set(3, { status: "failed", error: "No source could be read." }).set(4, { status: "running" })
}

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent)
/** The server refuses what multiplies; all else it answers. */
const refusing = (pattern: RegExp, status = 200) => {
  server.onQuery = async (statement) =>
    pattern.test(statement)
      ? { status, body: status === 200 ? { error: REFUSED } : { type: "error", error: { message: REFUSED } } }
      : null
}

const CROSS =
  "SELECT a.company, count(*) AS pairs FROM results a, results b WHERE a.company < b.company GROUP BY 1"

for (const colorScheme of ["light", "dark"] as const)
  it(`runs in the browser what the server refuses, by keyboard (${colorScheme})`, async () => {
    refusing(/results a, results b/)
    const page = await open(`${server.add(companies(`tgrp_here_${colorScheme}`))}.db`, { colorScheme })
    await facts(page, /8 rows/)
    expect(await page.isVisible("#local")).toBe(false)
    const before = server.seen.length
    await run(page, CROSS)
    await expectText(page, "#error", /This could take hours here/)
    await picture(page, `console-refused-${colorScheme}`)
    expect(server.seen.slice(before).filter(({ url }) => /sqlite|jsonl/.test(url))).toEqual([])
    await page.keyboard.press("Tab")
    expect(await focused(page)).toBe("Run it in this browser")
    await page.keyboard.press("Enter")
    await facts(page, /^7 rows · .* in this browser$/)
    expect(await focused(page)).toBe("result")
    expect(await page.isVisible("#error")).toBe(false)
    expect((await drawn(page))[1]).toEqual(["Anthropic", "7"])
    expect(await page.textContent("#ran")).toMatch(/^In this browser, with the rows as of [\d:]+$/)
    expect(await page.textContent("#local-text")).toMatch(/^8 rows \(\d+ kB\) as of .* Nothing you run here/)
    expect(await axe(page)).toEqual([])
    // The next ones run here as well, and nothing is asked for them.
    const asked = server.seen.length
    await run(page, "SELECT * FROM runs ORDER BY id")
    await facts(page, /^8 rows · .* in this browser$/)
    const here = await drawn(page)
    // An icon is asked for at each change of the address.
    expect(server.seen.slice(asked).filter(({ url }) => !url.endsWith("/favicon.svg"))).toEqual([])
    await page.check("text=On the server")
    await page.press("#sql", "Control+Enter")
    await facts(page, /8 rows read$/)
    expect(await page.textContent("#ran")).toMatch(/^On the server, [\d:]+$/)
    expect(await drawn(page)).toEqual(here)
    await page.check("text=In this browser")
    await run(page, "SELECT nowhere FROM runs")
    await expectText(page, "#error", /no such column: nowhere/)
    expect(await page.textContent("#error")).toMatch(/Line 1, column 8/)
    expect(await page.locator("#error button").count()).toBe(0)
    await run(page, "UPDATE runs SET status = 'failed'")
    await facts(page, /8 rows changed in this copy alone/)
    await page.click("#local-again")
    await facts(page, /loaded again/)
    await run(page, "SELECT count(*) FROM runs WHERE status = 'completed'")
    await expect.poll(async () => (await drawn(page))[1]).toEqual(["4"])
  })

it("stops a query that does not end, and loads the rows again for the next", async () => {
  refusing(/n AS/, 429)
  const page = await open(`${server.add(companies("tgrp_here_stop"))}.db`)
  await facts(page, /8 rows/)
  await run(page, "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
  await page.click("text=Run it in this browser")
  await expectText(page, "#local-text", /^Running in this browser: 1 second/)
  // The page itself is not held up.
  await page.fill("#sql", "SELECT count(*) AS rows FROM runs")
  await page.keyboard.press("Control+Enter")
  await facts(page, /Stop it to run another/)
  await page.focus("#local-stop")
  await page.keyboard.press("Enter")
  await facts(page, /^Stopped\.$/)
  expect(await focused(page)).toBe("run")
  await expectText(page, "#local-text", /the next query here loads them/)
  await page.keyboard.press("Enter")
  await facts(page, /^1 row · .* in this browser$/)
  expect((await drawn(page))[1]).toEqual(["8"])
})

it("says why the rows did not come, and tries again", async () => {
  refusing(/results a, results b/)
  const page = await open(`${server.add(companies("tgrp_here_away"))}.db`)
  await facts(page, /8 rows/)
  await run(page, CROSS)
  for (const [answer, said] of [
    [404, /not there any more/],
    [503, /answered with 503/],
    ["broken", /broke off before its end/],
  ] as const) {
    server.onTable = async (table) => (table === "runs" ? answer : null)
    await page.click("#error button")
    await expectText(page, "#error", said)
    expect(await focused(page)).toBe("Try again")
    expect(await page.getAttribute("#error", "role")).toBe("alert")
  }
  server.onTable = null
  await page.keyboard.press("Enter")
  await facts(page, /^7 rows · .* in this browser$/)
  // Not even the worker comes.
  const other = await open(`${server.origin}/tgrp_here_away.db`)
  await facts(other, /8 rows/)
  await run(other, CROSS)
  await other.waitForSelector("#error button")
  await server.stop()
  await other.click("#error button")
  await expectText(other, "#error", /SQLite cannot be loaded into this browser/)
  await server.start()
  await other.click("text=Try again")
  await facts(other, /^7 rows · .* in this browser$/)
})

it("draws a category and a number as bars, fifty at most, and as a table for everyone", async () => {
  const group = new FakeGroup(
    "tgrp_chart",
    Array.from({ length: 60 }, (_, at) => ({
      city: at === 0 ? "<b>Bonn</b>" : `City ${at}`,
      size: at - 10,
      year: 2000 + at,
    })),
  )
  const page = await open(`${server.add(group)}.db`, { colorScheme: "dark" })
  await facts(page, /60 rows/)
  await run(page, "SELECT city, size, year FROM results")
  await facts(page, /^60 rows/)
  await page.click("#as-chart")
  expect(await page.textContent("#result caption")).toBe("size by city (the first 50 of 60 rows)")
  const rows = await drawn(page)
  expect(rows).toHaveLength(51)
  expect(rows[1]?.slice(0, 2)).toEqual(["<b>Bonn</b>", "-10"])
  const bars = await page.$$eval(".chart-bar", (all) =>
    all.map(
      (bar) =>
        [
          bar.className,
          Math.round(bar.getBoundingClientRect().left),
          Math.round(bar.getBoundingClientRect().width),
        ] as const,
    ),
  )
  const [lowest, highest] = [bars[0]!, bars[49]!]
  expect([lowest[0], highest[0]]).toEqual(["chart-bar below", "chart-bar"])
  // Where the one ends, the other begins: at zero.
  expect(Math.abs(lowest[1] + lowest[2] - highest[1])).toBeLessThanOrEqual(1)
  expect(highest[2] / lowest[2]).toBeCloseTo(3.9, 0)
  expect(await page.getAttribute("#as-chart", "aria-pressed")).toBe("true")
  await page.selectOption("#number", { label: "year" })
  await expectText(page, "#result caption", /^year by city/)
  expect(await axe(page)).toEqual([])
  await picture(page, "console-chart-dark")
  await page.emulateMedia({ forcedColors: "active" })
  expect(await page.$eval(".chart-bar:not(.below)", (bar) => getComputedStyle(bar).backgroundColor)).not.toBe(
    await page.$eval("body", (body) => getComputedStyle(body).backgroundColor),
  )
  await page.click("#as-table")
  expect(await drawn(page)).toHaveLength(61)
  // The largest numbers there are have no difference.
  await run(page, "SELECT 'a' AS city, 1.5e308 AS size UNION ALL SELECT 'b', -1.5e308")
  await facts(page, /^2 rows/)
  await page.click("#as-chart")
  const widths = await page.$$eval(".chart-bar", (all) => all.map((bar) => (bar as HTMLElement).style.width))
  expect(widths).toEqual(["50%", "50%"])
  await page.click("#as-table")
  await run(page, "SELECT city FROM results")
  await facts(page, /^60 rows/)
  await expect.poll(() => page.isVisible("#views")).toBe(false)
  expect(await page.isVisible("#ran")).toBe(true)
})

it("draws 5,000 rows of more, and has them all as CSV", async () => {
  refusing(/RECURSIVE/)
  const page = await open(`${server.add(companies("tgrp_here_many"))}.db`)
  await facts(page, /8 rows/)
  await run(
    page,
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) SELECT i FROM n",
  )
  await page.click("text=Run it in this browser")
  await facts(page, /^6,000 rows/)
  await page.click("text=Show the next 4,500 rows")
  expect(await page.locator("#result tbody tr").count()).toBe(5000)
  expect(await page.textContent("#result .empty")).toBe(
    "The first 5,000 of 6,000 rows can be shown; CSV has them all.",
  )
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download")])
  expect((await readFile(await file.path(), "utf8")).split("\r\n")).toHaveLength(6002)
})

it("has targets of 44 px on a phone, and no sideways scrolling, while rows are here and as bars", async () => {
  refusing(/results a, results b/)
  const page = await open(`${server.add(companies("tgrp_here_phone"))}.db`, {
    viewport: { width: 375, height: 812 },
    isMobile: true,
    hasTouch: true,
  })
  await facts(page, /8 rows/)
  await run(page, CROSS)
  await page.tap("text=Run it in this browser")
  await facts(page, /in this browser$/)
  await page.tap("#as-chart")
  await page.click("#history summary")
  const { overflow, small } = await page.evaluate(() => ({
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    small: [
      ...document.querySelectorAll<HTMLElement>(
        "main button, main select, main summary, .local label, .top a.button:not(.skip)",
      ),
    ]
      .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
      .map((one) => `${one.id || one.textContent} ${one.getBoundingClientRect().height}`),
  }))
  expect([overflow, small]).toEqual([0, []])
})
