import { afterEach, expect, it } from "vitest"
import { axe } from "./browser.ts"
import { drawn, facts, run } from "./query.ts"
import { companyGroup } from "./samples.ts"
import { expectText, harness } from "./setup.ts"

/** What stands around the console's query: first values, rules, history, links. */

const { server, open } = harness()

afterEach(() => {
  server.onQuery = null
})

it("shows first values beside the columns, and says what SQL may do", async () => {
  const page = await open(`${server.add(companyGroup("tgrp_samples"))}.db`)
  const column = page.locator("#tables details:first-child .columns > li", { hasText: "company" }).first()
  expect(await column.locator(".samples span:not(.visually-hidden)").allTextContents()).toEqual([
    "Apple",
    "Stripe",
    "Spotify",
  ])
  await page.click("#rules summary")
  const rules = await page.innerText("#rules")
  for (const said of [
    /read, and nothing else/i,
    /1\.5 s/,
    /128 MB/,
    /50,000 rows/,
    /8 MiB/,
    /in your browser/,
  ])
    expect(rules).toMatch(said)
})

it("keeps a history of this group in this browser, fills in and forgets", async () => {
  const page = await open(`${server.add(companyGroup("tgrp_past"))}.db`)
  await facts(page, /8 rows/)
  for (const sql of ["SELECT 1 AS one", "SELECT 2 AS two", "SELECT 1 AS one"]) {
    await run(page, sql)
    await expect.poll(async () => (await drawn(page))[1]?.[0]).toBe(sql.slice(7, 8))
  }
  await run(page, "SELECT nowhere")
  await page.waitForSelector("#error:not([hidden])")
  expect(await page.textContent("#history-count")).toBe("2")
  await page.click("#history summary")
  expect(await page.locator("#history .past").allTextContents()).toEqual([
    "SELECT 1 AS one",
    "SELECT 2 AS two",
  ])
  const stored = await page.evaluate(() => localStorage.getItem("parallel-multitask:queries") ?? "")
  expect(JSON.parse(stored)).toMatchObject([
    ["tgrp_past", [{ sql: "SELECT 1 AS one" }, { sql: "SELECT 2 AS two" }]],
  ])
  expect(stored).not.toMatch(/Apple|rows/)
  const asked = server.seen.length
  await page.click("text=SELECT 2 AS two")
  expect(await page.inputValue("#sql")).toBe("SELECT 2 AS two")
  await facts(page, /not run/)
  expect(server.seen.length).toBe(asked)
  // It outlasts a reload, and is no other group's.
  const other = await page.context().newPage()
  await other.goto(`${server.add(companyGroup("tgrp_past_other"))}.db`)
  await other.waitForSelector("html[data-ready]", { state: "attached" })
  expect(await other.textContent("#history-count")).toBe("")
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  expect(await page.textContent("#history-count")).toBe("2")
  await page.click("#history summary")
  await page.click("[aria-label='Remove query 1 from the history']")
  expect(await page.locator("#history .past").allTextContents()).toEqual(["SELECT 2 AS two"])
  expect(await page.evaluate(() => document.activeElement?.className)).toContain("remove")
  expect(await axe(page)).toEqual([])
  await page.click("#history-clear")
  expect(await page.textContent("#history")).toContain("Nothing yet.")
  expect(await page.evaluate(() => localStorage.getItem("parallel-multitask:queries"))).toBe(null)
})

it("copies a link to the query, which fills it in where it is opened and is not run", async () => {
  const group = companyGroup("tgrp_link")
  const page = await open(`${server.add(group)}.db`)
  await facts(page, /8 rows/)
  await page.fill("#sql", "SELECT 'é & #' AS sign")
  await page.click("#link")
  await expectText(page, "#link", /Copied/)
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toBe(`${server.origin}/tgrp_link.db#sql=${encodeURIComponent("SELECT 'é & #' AS sign")}`)
  const asked: string[] = []
  server.onQuery = async (statement) => {
    asked.push(statement)
    return null
  }
  // Into a page of the group that is open, too.
  await page.evaluate((hash) => (location.hash = hash), new URL(copied).hash.replace("sign", "sign2"))
  await expectText(page, "#from-link", /has not been run/)
  expect(await page.inputValue("#sql")).toBe("SELECT 'é & #' AS sign2")
  expect(asked).toEqual([])
  const other = await open(copied)
  expect(await other.isVisible("#from-link")).toBe(true)
  expect(asked.filter((statement) => statement.includes("sign"))).toEqual([])
  expect(await axe(other)).toEqual([])
  await other.click("#run")
  await facts(other, /^1 row/)
  expect(await other.isVisible("#from-link")).toBe(false)
})
