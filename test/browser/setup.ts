import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect } from "vitest"
import { launch, type Visit, visit } from "./browser.ts"
import { FakeServer } from "./fakeServer.ts"

/**
 * One browser and one server for a test file. After every test its pages are closed, and none of them may have shown
 * a dialog, thrown, broken its Content-Security-Policy or asked for a host it may not know.
 */
const allowed =
  /^https:\/\/(cdn\.tailwindcss\.com\/|assets\.parallel\.ai\/[\w-]+\.woff2$|assets\.p0web\.com\/[\w-]+\.woff2$)/

export function harness() {
  let browser: Browser
  let visits: Visit[] = []
  const server = new FakeServer()

  beforeAll(async () => {
    browser = await launch()
    await server.start()
  })
  afterEach(async () => {
    const done = visits
    visits = []
    for (const { context } of done) await context.close()
    for (const { alarms, foreign } of done) {
      expect(alarms).toEqual([])
      expect(foreign.filter((url) => !allowed.test(url))).toEqual([])
    }
  })
  afterAll(async () => {
    await browser?.close()
    await server.stop()
  })

  const open = async (
    url: string,
    options: BrowserContextOptions & { blockCdn?: boolean } = {},
  ): Promise<Page> => {
    const visited = await visit(browser, options)
    visits.push(visited)
    await visited.page.goto(url)
    if (options.javaScriptEnabled !== false)
      await visited.page.waitForSelector("html[data-ready]", { state: "attached" })
    return visited.page
  }
  return { server, open }
}

/** The text of every drawn row, cell by cell. */
export const tableText = (page: Page) =>
  page.$$eval("#rows > tr[data-index]", (rows) =>
    rows.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText.trim())),
  )

export const rowButton = (page: Page, index: number) => page.locator(`tr[data-index="${index}"] .row-open`)

export const connection = (page: Page, state: string) =>
  page.waitForSelector(`#connection[data-state="${state}"]`)

/** Waits until an element's text fits. */
export const expectText = (page: Page, selector: string, pattern: RegExp) =>
  page.waitForFunction(
    ([where, source, flags]) =>
      new RegExp(source as string, flags).test(document.querySelector(where as string)?.textContent ?? ""),
    [selector, pattern.source, pattern.flags],
  )
