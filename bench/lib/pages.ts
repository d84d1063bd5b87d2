import { readFile } from "node:fs/promises"
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join, normalize } from "node:path"
import type { Browser, Page } from "playwright-core"

const ASSETS = "src/pages/assets"

const TYPES = new Map([
  [".js", "text/javascript"],
  [".css", "text/css"],
  [".svg", "image/svg+xml"],
])

/** The product with its pages' files in front: workerd itself serves none. */
export const startPages = async (
  product: string,
): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const server = createServer((incoming, response) => {
    const path = new URL(incoming.url ?? "/", product).pathname
    const file = normalize(join(ASSETS, path))
    const type = TYPES.get(extname(path))
    if (type !== undefined && file.startsWith(ASSETS)) {
      readFile(file).then(
        (content) => response.writeHead(200, { "content-type": type }).end(content),
        () => response.writeHead(404).end(),
      )
      return
    }
    const passed = request(
      new URL(incoming.url ?? "/", product),
      { method: incoming.method ?? "GET", headers: incoming.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    passed.on("error", () => response.destroy())
    response.on("close", () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** How wide a window is, in CSS pixels. */
export type Width = 1440 | 375

/** A window of somebody who has never been here; what moves in it is added up from the beginning. */
export const withPage = async <A>(
  browser: Browser,
  width: Width,
  use: (page: Page) => Promise<A>,
): Promise<A> => {
  const context = await browser.newContext(
    width === 375
      ? { viewport: { width, height: 812 }, hasTouch: true, deviceScaleFactor: 2 }
      : { viewport: { width, height: 900 } },
  )
  try {
    // Typefaces come from elsewhere, and a machine without a network waits for them.
    await context.route(/^https:/, (route) => route.abort())
    const page = await context.newPage()
    await page.addInitScript(() => {
      const moved = { total: 0 }
      Object.assign(globalThis, { moved })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          if (!(entry as unknown as { hadRecentInput: boolean }).hadRecentInput)
            moved.total += (entry as unknown as { value: number }).value
      }).observe({ type: "layout-shift", buffered: true })
    })
    return await use(page)
  } finally {
    await context.close()
  }
}

/** Cumulative layout shift so far: 0 is nothing, 0.1 is what people begin to notice. */
export const layoutShift = (page: Page): Promise<number> =>
  page.evaluate(() => (globalThis as unknown as { moved: { total: number } }).moved.total)

/** Every answer comes so much later. */
export const delay = async (page: Page, latency: number): Promise<void> => {
  const session = await page.context().newCDPSession(page)
  await session.send("Network.enable")
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency,
    downloadThroughput: -1,
    uploadThroughput: -1,
  })
}

/** From the navigation until the last of so many rows is drawn, scrolled to; what has moved by itself before that. */
export const untilLastRow = async (
  page: Page,
  url: string,
  rows: number,
): Promise<{ readonly found: number; readonly shift: number }> => {
  await page.goto(url, { waitUntil: "commit" })
  await page.waitForFunction(
    (all) => document.querySelector("#table")?.getAttribute("aria-rowcount") === String(all + 2),
    rows,
    { timeout: 120_000, polling: 20 },
  )
  const shift = await layoutShift(page)
  const found = await page.evaluate(async (last) => {
    for (let frame = 0; frame < 600; frame++) {
      for (const one of [document.body, document.getElementById("table-scroll")]) one?.scrollBy(0, 1e8)
      await new Promise((resolve) => requestAnimationFrame(resolve))
      if (document.querySelector(`tr[data-index="${last}"]`)) return performance.now()
    }
    throw new Error("the last row was not found")
  }, rows - 1)
  return { found, shift }
}

/** Reads what the page reads, and does nothing with it: as fast as this browser takes it in. */
export const readStream = (page: Page, url: string): Promise<number> =>
  page.evaluate(async (address) => {
    const started = performance.now()
    const { body } = await fetch(address)
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    while (!(await reader.read()).done);
    return performance.now() - started
  }, url)

/** The time of each frame, in ms, for so long, while the table is scrolled, or left alone. */
export const frames = (page: Page, forMs: number, scroll: number): Promise<ReadonlyArray<number>> =>
  page.evaluate(
    ([length, by]) =>
      new Promise<ReadonlyArray<number>>((done) => {
        const times: Array<number> = []
        const started = performance.now()
        let last = started
        const frame = (now: number) => {
          times.push(now - last)
          last = now
          if (now - started > length) return done(times.slice(5))
          for (const one of [document.body, document.getElementById("table-scroll")]) one?.scrollBy(0, by)
          requestAnimationFrame(frame)
        }
        requestAnimationFrame(frame)
      }),
    [forMs, scroll] as const,
  )
