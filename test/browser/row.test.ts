import { afterAll, beforeAll, expect, it } from "vitest"
import type { Browser } from "playwright-core"
import { rowPage } from "../../src/layers/render/row/RowRendererHtml.ts"
import { rowHtml } from "../../src/pages/rowHtml.ts"
import { rowOf, snapshotOf } from "../layers/render/snapshotOf.ts"
import { axe, sharedBrowser, visit } from "./browser.ts"
import { FakeServer } from "./fakeServer.ts"

const server = new FakeServer()
let browser: Browser

const LONG = "https://a.example/" + "path/".repeat(40)
const row = rowOf(
  {
    input: { company: "Lego", note: "<img src=x onerror=alert(1)> " + "word".repeat(60) },
    content: { ceo: "Niels", sites: [LONG, "b"] },
    basis: [
      {
        field: "ceo",
        reasoning: "Two sources agree.",
        confidence: "high",
        citations: [
          { title: "About", url: LONG, excerpts: ["He leads it."] },
          { title: "Bad", url: "javascript:alert(1)" },
        ],
      },
    ],
    error: "Something was wrong on the way.",
  },
  1,
)

beforeAll(async () => {
  browser = await sharedBrowser()
  await server.start()
  const { details } = snapshotOf([{ input: {} }, { input: {} }, { input: {} }])
  server.rows.set("/row.html", rowPage(rowHtml, row, details))
})
afterAll(() => server.stop())

it.each(["light", "dark"] as const)("the page of one row is for everyone (%s)", async (colorScheme) => {
  const { page, context, alarms } = await visit(browser, { colorScheme })
  await page.goto(`${server.origin}/row.html`)
  expect(await page.textContent("h1")).toBe("Row 1 of 3, counted from 0")
  expect(await axe(page)).toEqual([])
  expect(await page.$$eval("main a", (links) => links.map((link) => link.getAttribute("href")))).toEqual([
    LONG,
  ])
  await context.close()
  expect(alarms).toEqual([])
})

it("the page of one row fits a phone, without a script", async () => {
  const { page, context } = await visit(browser, {
    viewport: { width: 360, height: 740 },
    javaScriptEnabled: false,
  })
  await page.goto(`${server.origin}/row.html`)
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(width).toBeLessThanOrEqual(360)
  expect(await page.innerText("main")).toContain("<img src=x onerror=alert(1)>")
  if (process.env["ROW_SHOT"]) await page.screenshot({ path: process.env["ROW_SHOT"], fullPage: true })
  await context.close()
})
