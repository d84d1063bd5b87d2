import { expect, it } from "vitest"
import type { Page } from "playwright-core"
import { renderHtml } from "../../src/layers/render/RendererHtml.ts"
import { resultHtml } from "../../src/pages/resultHtml.ts"
import { snapshotOf } from "../layers/render/snapshotOf.ts"
import { axe } from "./browser.ts"
import { companyGroup, companyInputs, companyOutput, complete } from "./samples.ts"
import { connection, expectText, harness, picture, rowButton } from "./setup.ts"

/** On paper, in colours that the reader chose, and without scripts. */

const { server, open } = harness()

/** All kinds of rows, 120 of them, of which a screen shows a few. */
function manyRows(id: string) {
  const group = companyGroup(id)
  group.title = "Companies: who leads them?"
  group.question = "Who is the chief executive?"
  for (let n = 8; n < 120; n++) group.append({ company: `Company ${n}`, website: `https://example.com/${n}` })
  for (let n = 0; n < 120; n++) if (n !== 3 && n !== 4) complete(group, n)
  return group
    .set(3, { status: "failed", error: "No source could be read." })
    .set(4, { status: "running" })
    .set(7, { status: "cancelled", content: undefined })
}

const hide = async (page: Page, columns: readonly string[]) => {
  await page.click("summary:has-text('Columns')")
  for (const column of columns) await page.uncheck(`#column-list input[value='output:${column}']`)
  await page.keyboard.press("Escape")
}

it("prints all rows that are shown, with their columns, reasons and confidence, and goes on afterwards", async () => {
  const page = await open(server.add(manyRows("tgrp_print")), { colorScheme: "dark" })
  await connection(page, "live")
  // More columns than a page has room for: each row is a list.
  await page.emulateMedia({ media: "print" })
  await page.waitForSelector("#print.as-list")
  expect(await page.locator(".print-row").count()).toBe(120)
  expect(await page.innerText(".print-row >> nth=0")).toMatch(
    /^Row 1: Done\s+company\s+Apple[\s\S]*ceo_name\s+○\s*Tim Cook[\s\S]*year_founded\s+●\s*1976/,
  )
  await page.emulateMedia({ media: null })
  await page.waitForSelector("#print", { state: "detached" })

  await hide(page, ["summary", "address", "products", "listed", "number_of_employees"])
  await page.emulateMedia({ media: "print" })
  await page.waitForSelector("#print.wide")
  const printed = () =>
    page.$$eval("#print tbody tr", (rows) =>
      rows.map((row) =>
        [...row.children].map((cell) => (cell as HTMLElement).innerText.replaceAll("\u00a0", " ")),
      ),
    )
  const rows = await printed()
  expect(rows).toHaveLength(120)
  expect(rows[1]).toEqual([
    "2",
    "Done",
    "Stripe",
    "https://stripe.com",
    "● Patrick Collison",
    "● 2010",
    expect.any(String),
  ])
  expect(rows[3]).toEqual([
    "4",
    "Failed",
    "Anthropic",
    "https://www.anthropic.com",
    "No source could be read.",
  ])
  expect(rows[4]).toEqual(["5", "Running", "Cloudflare", "https://www.cloudflare.com", "…", "…", "…"])
  expect(rows[7]?.[1]).toBe("Cancelled")
  expect(rows[119]?.slice(0, 3)).toEqual(["120", "Done", "Company 119"])
  expect(await page.innerText("#print .print-head")).toMatch(
    /^Companies: who leads them\?\s+Who is the chief executive\?[\s\S]*120 rows\. Printed .*\/tgrp_print\s+Confidence: ● high, ◐ medium, ○ low$/,
  )
  // Black on white, whatever the screen has, and nothing that can only be pressed.
  const shown = await page.$$eval(
    "body *",
    (all) =>
      all.filter((one) => one.checkVisibility() && one.matches("button, input, select, summary, nav")).length,
  )
  expect(shown).toBe(0)
  expect(await page.$eval("#print td", (one) => getComputedStyle(one).color)).toBe("rgb(0, 0, 0)")
  expect(await page.$eval("#print thead", (one) => getComputedStyle(one).display)).toBe("table-header-group")
  expect(await axe(page)).toEqual([])
  await page.emulateMedia({ media: null })
  await page.waitForSelector("#print", { state: "detached" })

  // On paper: as many pages as that takes, and the screen as it was.
  const pdf = await page.pdf({ preferCSSPageSize: true })
  expect(pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(2)
  expect(await page.locator("#print").count()).toBe(0)
  await page.fill("#search", "example.com/11")
  await expectText(page, "#shown", /^11 of 120/)
  // The row that is open comes first, whole.
  await rowButton(page, 11).click()
  await expectText(page, "#panel-body", /and two further sources/)
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")))
  await page.emulateMedia({ media: "print" })
  expect(await printed()).toHaveLength(11)
  expect(await page.innerText("#print .print-head")).toContain("11 of 120 rows, as filtered")
  const panel = await page.$eval("#panel", (one) => {
    const { bottom } = one.getBoundingClientRect()
    const { content } = getComputedStyle(one.querySelector(".citations a")!, "::after")
    return { bottom, position: getComputedStyle(one).position, content }
  })
  expect(panel.position).toBe("static")
  expect(panel.content).toContain("(https://www.anthropic.com/about)")
  expect(panel.bottom).toBeLessThanOrEqual(
    await page.$eval("#print", (one) => one.getBoundingClientRect().top),
  )
})

it("keeps confidence, progress and choices apart in colours that the reader chose", async () => {
  const page = await open(server.add(manyRows("tgrp_forced")), {
    forcedColors: "active",
    colorScheme: "dark",
  })
  await connection(page, "live")
  await rowButton(page, 1).click()
  await expectText(page, "#panel-body", /The page of Stripe/)
  await page.locator("#statuses button", { hasText: "Done" }).click()
  await page.mouse.move(0, 0)
  const looks = (selector: string) =>
    page.$$eval(selector, (all) =>
      all.map((one) => {
        const { backgroundColor, backgroundImage, borderStyle, borderWidth } = getComputedStyle(one)
        return [one.className, backgroundColor, backgroundImage, borderStyle, borderWidth].join(" ")
      }),
    )
  /** Each look belongs to one kind. */
  const expectApart = (all: readonly string[], kinds: readonly string[]) => {
    const byKind = kinds.map((kind) => all.find((look) => look.includes(kind))?.replace(kind, ""))
    expect(byKind).not.toContain(undefined)
    expect(new Set(byKind).size).toBe(kinds.length)
  }
  const marks = await page.$$eval("#rows .confidence", (all) =>
    all.map((one) => {
      const style = getComputedStyle(one.querySelector(".mark")!)
      return `${one.className} ${style.backgroundColor} ${style.backgroundImage}`
    }),
  )
  expectApart(marks, ["high", "medium", "low"])
  expectApart(await looks("#bar .bar-part"), ["completed", "failed", "running", "cancelled"])
  const pressed = await page.$$eval("#statuses button", (all) =>
    all.map((one) => [one.getAttribute("aria-pressed"), getComputedStyle(one).backgroundColor] as const),
  )
  const [on] = pressed.find(([is]) => is === "true") ?? []
  expect(on).toBe("true")
  expect(pressed.filter(([, color]) => color === pressed.find(([is]) => is === "true")?.[1])).toHaveLength(1)
  const outline = (row: number) =>
    page.$eval(`tr[data-index='${row}'] > td`, (one) => getComputedStyle(one).outlineStyle)
  expect([await outline(1), await outline(2)]).toEqual(["solid", "none"])
  expect(await axe(page)).toEqual([])
  await picture(page, "forced-colours")
})

it("is a readable list on a phone and a table on a screen without JavaScript, and says how to go on", async () => {
  const inputs = Array.from({ length: 2_000 }, (_, n) => companyInputs[n % 8]!)
  const snapshot = snapshotOf(
    inputs.map((input, n) => ({
      input,
      ...(n === 2 ? { error: "<b>no</b>", status: "failed" } : { content: companyOutput(n).content }),
    })),
  )
  const html = [...renderHtml(snapshot, resultHtml, 10_000_000)]
    .map((piece) => (typeof piece === "string" ? piece : new TextDecoder().decode(piece)))
    .join("")
  server.rows.set("/tgrp_no_script", html)
  const phone = await open(`${server.origin}/tgrp_no_script`, {
    javaScriptEnabled: false,
    viewport: { width: 375, height: 812 },
  })
  expect(await phone.$eval("#page", (one) => getComputedStyle(one, "::before").content)).toBe("none")
  expect(await phone.isVisible(".programs")).toBe(false)
  expect(await phone.innerText(".static-table")).toMatch(
    /Without JavaScript this page stays as it is: load it again for what is new\. All rows as CSV, JSON, JSON Lines, Markdown\./,
  )
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(wide).toBeLessThanOrEqual(0)
  const row = phone.locator(".static-table tbody tr >> nth=2")
  expect(await row.innerText()).toMatch(
    /^failed: <b>no<\/b>\s+Spotify\s+https:\/\/www\.spotify\.com\s+trun_2$/,
  )
  const cells = await phone.$$eval(".static-table tbody tr:first-child td", (all) =>
    all.map((one) => {
      const { left, width, height } = one.getBoundingClientRect()
      const label = getComputedStyle(one, "::before").content
      return { label, isIn: left >= 0 && left + width <= 375 && height > 0 }
    }),
  )
  expect(cells.map(({ label }) => label).slice(0, 5)).toEqual([
    "none",
    '"company "',
    '"website "',
    '"ceo_name "',
    '"year_founded "',
  ])
  expect(cells.every(({ isIn }) => isIn)).toBe(true)
  expect(await row.locator("a").getAttribute("href")).toBe("/tgrp_00000001/2.html")
  await phone.screenshot(process.env.PICTURES ? { path: `${process.env.PICTURES}/no-script-375.png` } : {})
  // As a table where there is room, in the same page.
  await phone.setViewportSize({ width: 1440, height: 900 })
  const tops = await phone.$$eval(".static-table tbody tr:first-child td", (all) =>
    all.map((one) => one.getBoundingClientRect().top),
  )
  expect(new Set(tops).size).toBe(1)
  expect(await phone.innerText(".static-table thead")).toContain("headquarters_city")
  await phone.screenshot(process.env.PICTURES ? { path: `${process.env.PICTURES}/no-script-1440.png` } : {})
})
