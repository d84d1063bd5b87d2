import type { Page } from "playwright-core"
import { describe, expect, it } from "vitest"
import { axe } from "./browser.ts"
import { complete } from "./samples.ts"
import { connection, expectText, harness, picture } from "./setup.ts"

/**
 * The way of somebody with a list and a budget, from what was pasted to what was run again, by keyboard alone, on a desk
 * by day and on a phone by night; axe finds nothing at any stand.
 */

const { server, open } = harness()

/** Tab, until what has the focus is called so. */
async function tabTo(page: Page, name: string | RegExp, key: "Tab" | "Shift+Tab" = "Tab") {
  const passed: string[] = []
  for (let presses = 0; presses < 140; presses++) {
    const called = await page.evaluate(() => {
      const at = document.activeElement as HTMLElement & { labels?: NodeListOf<HTMLElement> }
      const label = at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent
      return (label ?? "").replace(/\s+/g, " ").trim()
    })
    if (typeof name === "string" ? called === name : name.test(called)) return
    passed.push(called.slice(0, 30))
    await page.keyboard.press(key)
  }
  throw new Error(`nothing is called ${String(name)}: ${passed.join(" | ")}`)
}

const settings = [
  { name: "desk by day", viewport: { width: 1440, height: 900 }, colorScheme: "light" as const },
  { name: "phone by night", viewport: { width: 375, height: 812 }, colorScheme: "dark" as const },
]

describe.each(settings)("a $name", ({ viewport, colorScheme }) => {
  it("takes a list to its results, and goes on with them", async () => {
    const page = await open(server.origin, { viewport, colorScheme })
    const shot = async (name: string) => {
      await picture(page, `capabilities-${colorScheme}-${name}`)
      await page.setViewportSize(viewport)
    }
    const { keyboard } = page
    await tabTo(page, "API key")
    await keyboard.type("key-of-the-keyboard")

    // An importer: a list without a header, with what is paid for by nobody.
    await tabTo(page, "Rows as JSON, CSV or TSV")
    await keyboard.press("Control+a")
    await keyboard.insertText("Apple\nStripe\n\nSpotify\nStripe\nLego\nNVIDIA")
    await expectText(page, "#inputs-summary", /^6 rows, 1 column/)
    await tabTo(page, "Leave it out")
    await keyboard.press("Enter")
    await expectText(page, "#inputs-summary", /^5 rows, 1 column/)
    await tabTo(page, "First line is a header", "Shift+Tab")
    await keyboard.press("Space")
    await expectText(page, "#inputs-summary", /^4 rows, 1 column/)
    await keyboard.press("Space")
    await expectText(page, "#inputs-summary", /^5 rows, 1 column/)
    await tabTo(page, "What do you want to know about each row?")
    await keyboard.press("Control+a")
    await keyboard.insertText("CEO name, year founded")
    expect(await axe(page)).toEqual([])
    await shot("list")

    // A plan, a trial, and the rest.
    const [plans, posted] = [server.plans.length, server.posted.length]
    await tabTo(page, "Suggest")
    await keyboard.press("Enter")
    await expectText(page, "#run-note", /^Planned\. Nothing has been started\.$/)
    expect([server.plans.length - plans, server.posted.length - posted]).toEqual([1, 0])
    await shot("plan")
    await tabTo(page, "Try 3 rows")
    await keyboard.press("Enter")
    await page.waitForSelector("#submitted:not([hidden])")
    const group = [...server.groups.values()].at(-1)
    if (!group) throw new Error("no group")
    expect(group.rows.map(({ input }) => input)).toEqual([
      { input: "Apple" },
      { input: "Stripe" },
      { input: "Spotify" },
    ])
    complete(group, 0)
    await expectText(page, "#tried", /Tim Cook/)
    await tabTo(page, "Ask first above $")
    await keyboard.press("Control+a")
    await keyboard.type("0")
    await tabTo(page, "Run the other 2", "Shift+Tab")
    await keyboard.press("Enter")
    await page.waitForSelector("#confirm[open]")
    expect(await page.textContent("#confirm-title")).toBe("Run 2 rows for $0.05?")
    expect(await axe(page)).toEqual([])
    await shot("asks")
    await tabTo(page, "Run 2 rows for $0.05")
    await keyboard.press("Enter")
    await expectText(page, "#submitted-progress", /of 5 rows/)
    expect(server.posted.length - posted).toBe(2)

    // The group: what it is, its table, its rows, its copies.
    await page.goto(`${server.origin}/${group.id}`)
    await connection(page, "live")
    for (const row of [1, 2, 3]) complete(group, row)
    group.set(4, { status: "failed", error: "No source could be read." })
    group.cost = 0.125
    group.end()
    await expectText(page, "#headline", /^4 of 5 rows done, 1 failed$/)
    await tabTo(page, "Skip to the table")
    await keyboard.press("Enter")
    await keyboard.press("ArrowDown")
    await keyboard.press("Control+c")
    await expectText(page, "#copied", /^Copied row 2\.$/)
    await keyboard.press("Enter")
    await page.waitForSelector("#panel:not([hidden])")
    await expectText(page, "#panel-title", /Stripe/)
    await page.waitForSelector("#panel .reasoning")
    expect(await axe(page)).toEqual([])
    await shot("row")
    await keyboard.press("Escape")
    await page.waitForSelector("#panel[hidden]", { state: "attached" })
    expect(await page.evaluate(() => document.activeElement?.closest("tr")?.dataset.index)).toBe("1")
    await keyboard.press("/")
    await keyboard.type("lego")
    await expectText(page, "#shown", /^1 of 5 rows/)
    expect(new URL(page.url()).hash).toContain("q=lego")
    await keyboard.press("Control+a")
    await keyboard.press("Backspace")
    await expectText(page, "#shown", /^$/)
    expect(await axe(page)).toEqual([])
    await shot("table")

    // And it can be gone on with.
    await page.evaluate(() => (document.activeElement as HTMLElement).blur())
    const folded = await page.evaluate(() => document.querySelector("#acts summary")?.checkVisibility())
    if (folded === true) {
      await tabTo(page, /^Go on with this group/)
      await keyboard.press("Enter")
    }
    await tabTo(page, "Retry failed rows 1")
    await keyboard.press("Enter")
    await page.waitForSelector("#act[open]")
    await expectText(page, "#act button[type=submit]", /^Retry 1 row for \$0\.025$/)
    await page.waitForSelector("#act button[type=submit][aria-disabled=false]")
    expect(await axe(page)).toEqual([])
    await shot("retry")
    await tabTo(page, "Retry 1 row for $0.025")
    await keyboard.press("Enter")
    await connection(page, "live")
    await expectText(page, "#headline", /^4 of 5 rows finished$/)
    expect(group.rows[4]?.attempt).toBe(2)
  })
})
