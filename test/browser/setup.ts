import { mkdirSync } from "node:fs"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect } from "vitest"
import { sharedBrowser, type Visit, visit, type VisitOptions } from "./browser.ts"
import { FakeServer } from "./fakeServer.ts"

/**
 * One server for a test file, and the worker's browser. After every test its pages are closed, and none of them may have shown
 * a dialog, thrown, asked for a host it may not know or broken its Content-Security-Policy, but where a test
 * answers for a host that tries to.
 */
const allowed =
  /^https:\/\/(cdn\.tailwindcss\.com\/|assets\.parallel\.ai\/[\w-]+\.woff2$|assets\.p0web\.com\/[\w-]+\.woff2$)/

export function harness() {
  let browser: Browser
  let visits: (Visit & { hosts: string[] })[] = []
  const server = new FakeServer()

  beforeAll(async () => {
    browser = await sharedBrowser()
    await server.start()
  })
  afterEach(async () => {
    const done = visits
    visits = []
    for (const { context } of done) await context.close()
    for (const { alarms, foreign, hosts } of done) {
      expect(alarms.filter((alarm) => hosts.length === 0 || !alarm.startsWith("csp:"))).toEqual([])
      const unknown = foreign.filter((url) => !allowed.test(url))
      expect(unknown.filter((url) => !hosts.includes(new URL(url).hostname))).toEqual([])
    }
  })
  afterAll(async () => {
    await server.stop()
  })

  const open = async (url: string, options: VisitOptions = {}): Promise<Page> => {
    const visited = await visit(browser, options)
    visits.push({ ...visited, hosts: Object.keys(options.hosts ?? {}) })
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

/** Where pictures of the pages go, for people to look at: only when asked. */
const pictures = process.env.PICTURES
export async function picture(page: Page, name: string) {
  if (pictures === undefined) return
  mkdirSync(pictures, { recursive: true })
  for (const width of [1440, 375]) {
    await page.setViewportSize({ width, height: width === 375 ? 812 : 900 })
    await page.screenshot({ path: `${pictures}/${name}-${width}.png` })
  }
  await page.setViewportSize({ width: 1280, height: 860 })
}
