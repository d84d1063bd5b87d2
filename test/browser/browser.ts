/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core"

/** Chromium for the page tests. Nothing but loopback is reached: the CDN comes from npm, fonts are refused. */

const require = createRequire(import.meta.url)

export function chromiumPath(): string {
  const candidates = [
    process.env.CHROMIUM_PATH,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ]
  for (const path of candidates) if (path && existsSync(path)) return path
  throw new Error("No Chromium found. Install one (apt-get install chromium) or set CHROMIUM_PATH.")
}

/**
 * Playwright's own, whose switch this one replaces; and the pages that draw the suggestions of an address bar, two in every
 * window though nobody sees it: they took half of the time of these tests.
 */
const WITHOUT = [
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "LensOverlay",
  "MediaRouter",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "TcpPortRandomizationWin",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
]

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
      `--disable-features=${WITHOUT.join(",")}`,
    ],
  })

let shared: Browser | undefined

/** One for all files of a worker, with which it ends: what tests do stays in contexts of their own. */
export const sharedBrowser = async (): Promise<Browser> => {
  if (!shared?.isConnected()) shared = await launch()
  return shared
}

export type Visit = {
  page: Page
  context: BrowserContext
  /** What must never happen: dialogs, uncaught errors, violations of the Content-Security-Policy. */
  alarms: string[]
  /** Addresses outside loopback that the page asked for. */
  foreign: string[]
}

export type VisitOptions = BrowserContextOptions & {
  blockCdn?: boolean
  /** What foreign hosts answer: a script where it is JavaScript, else a page. */
  hosts?: { [hostname: string]: { contentType: string; body: string } }
  /** What their code reports by `reportLoot(text)`: over the debugging protocol, whatever a frame may do. */
  onLoot?: (what: string) => void
}

/** A page in a context of its own, with everything foreign kept away. */
export async function visit(browser: Browser, options: VisitOptions = {}): Promise<Visit> {
  const { blockCdn = false, hosts = {}, onLoot, ...contextOptions } = options
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    permissions: ["clipboard-read", "clipboard-write"],
    ...contextOptions,
  })
  context.setDefaultTimeout(15_000)
  const alarms: string[] = []
  const foreign: string[] = []
  await context.route("**/*", async (route) => {
    const url = new URL(route.request().url())
    if (url.hostname === "127.0.0.1" || url.hostname === "localhost") return route.continue()
    foreign.push(url.href)
    const answer = hosts[url.hostname]
    if (answer) return route.fulfill(answer)
    if (url.hostname === "cdn.tailwindcss.com" && !blockCdn) {
      const body = await readFile(require.resolve("tailwindcss-cdn/tailwindcss.js"), "utf8")
      return route.fulfill({ contentType: "text/javascript", body })
    }
    return route.abort("blockedbyclient")
  })
  const page = await context.newPage()
  page.on("dialog", (dialog) => {
    alarms.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("pageerror", (error) => alarms.push(`error: ${error.message}`))
  await page.exposeFunction("reportViolation", (text: string) => alarms.push(text))
  if (onLoot) await page.exposeFunction("reportLoot", onLoot)
  // With Trusted Types on, a script given as text has to be a function here, not markup.
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const report = (globalThis as unknown as { reportViolation: (text: string) => void }).reportViolation
      report(`csp: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  return { page, context, alarms, foreign }
}

/** Violations axe-core finds on the page as it is now, one line each. */
export async function axe(page: Page): Promise<string[]> {
  // Over the debugging protocol, which the page's policy does not concern.
  const source = await readFile(require.resolve("axe-core/axe.min.js"), "utf8")
  await page.evaluate(source)
  return page.evaluate(async () => {
    type Axe = {
      run: () => Promise<{
        violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[]
      }>
    }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run()
    return violations.flatMap((v) =>
      v.nodes.map((n) => `${v.id}: ${v.help}: ${n.html.slice(0, 160)} ${n.failureSummary ?? ""}`),
    )
  })
}
