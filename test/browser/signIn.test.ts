import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest"
import { callbackRoute } from "../../src/http/callbackRoute.ts"
import { withCommonHeaders } from "../../src/http/headers.ts"
import { LoginProviderHttp } from "../../src/layers/LoginProviderHttp.ts"
import { Settings } from "../../src/services/Settings.ts"
import { FakeProvider } from "../support/fakeProvider.ts"
import { settingsWith } from "../support/settings.ts"
import { axe } from "./browser.ts"
import { expectText, harness } from "./setup.ts"

/** "Sign in with Parallel" from the form to the provider and back: the real route, and a provider that checks PKCE. */

const { server, open } = harness()
const provider = new FakeProvider()
let stopRoute: () => Promise<void> = () => Promise.resolve()
/** Holds every exchange up, when set. */
let gate: Promise<void> | null = null

beforeAll(async () => {
  await provider.start()
  const settings = settingsWith({ PARALLEL_LOGIN_URL: provider.origin, LOGIN_TIMEOUT_SECONDS: 2 })
  const runtime = ManagedRuntime.make(
    LoginProviderHttp.pipe(
      Layer.provide(Layer.merge(FetchHttpClient.layer, Layer.succeed(Settings, settings))),
    ),
  )
  stopRoute = () => runtime.dispose()
  server.loginUrl = provider.origin
  server.onCallback = async (request) => {
    if (request.method === "POST") await gate
    return withCommonHeaders(await callbackRoute(request, settings, runtime))
  }
})
beforeEach(() => {
  gate = null
})
afterAll(async () => {
  await stopRoute()
  await provider.stop()
})

/** At the provider's page of consent. */
const toConsent = async (page: Page) => {
  await page.click("#sign-in")
  await page.waitForURL(`${provider.origin}/**`)
}

/** Gone with a link of the provider, back on the page that says why it did not work. */
const failAt = async (page: Page, link: string, message: RegExp) => {
  await page.click(`#${link}`)
  await expectText(page, "#title", /^You are not signed in$/)
  await expectText(page, "#message", message)
  expect(page.url()).toBe(`${server.origin}/callback`)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("title")
  expect(await page.isVisible("text=Pasting a key always works")).toBe(true)
  expect(await page.evaluate(() => localStorage.length)).toBe(0)
  // A verifier is for one attempt.
  expect(await page.evaluate(() => sessionStorage.getItem("parallel-multitask:sign-in"))).toBe(null)
}

/** What the browser remembers of this tab: all addresses, also those gone back from. */
const historyOf = async (page: Page) => {
  const session = await page.context().newCDPSession(page)
  const { entries } = await session.send("Page.getNavigationHistory")
  await session.detach()
  return entries.map(({ url }) => url)
}

const fillForm = async (page: Page) => {
  await page.fill("#inputs", "name,city\nAcme,Bern\nBeta,Rome")
  await page.click("text=Define them myself")
  await page.fill("#output-description", "About the whole")
  await page.fill("[aria-label='Name of field 1']", "ceo")
  await page.click("#add-field")
  await page.fill("[aria-label='Description of field 2']", "a field without a name yet")
  await page.selectOption("#processor", "base")
  await page.fill("#webhook-url", "https://example.com/hook")
}

const stateOfForm = (page: Page) =>
  page.evaluate(() => ({
    values: [...document.querySelectorAll("#form input, #form textarea, #form select")]
      .filter((field) => field.id !== "api-key")
      .map((field) => [
        field.id || field.getAttribute("aria-label") || field.getAttribute("name"),
        (field as HTMLInputElement).value,
        (field as HTMLInputElement).checked,
      ]),
    hidden: [...document.querySelectorAll("#form [hidden]")]
      .map((element) => element.id)
      .filter((id) => !/^(key-|api-key)/.test(id)),
    snippet: document.getElementById("snippet")?.textContent,
  }))

it("signs in, brings the form back as it was, and the key can be used at once", async () => {
  const page = await open(server.origin)
  const requests: { url: string; headers: Record<string, string>; body: string | null }[] = []
  page.on("request", (request) =>
    requests.push({ url: request.url(), headers: request.headers(), body: request.postData() }),
  )
  await fillForm(page)
  const before = await stateOfForm(page)
  await toConsent(page)

  const asked = provider.asked.at(-1)
  expect(asked).toEqual({
    client_id: "127.0.0.1",
    redirect_uri: `${server.origin}/callback`,
    response_type: "code",
    scope: "key:read",
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: "S256",
    state: expect.stringMatching(/^[\w-]{43}$/),
  })
  await page.click("#allow")
  await page.waitForURL(`${server.origin}/`)
  await expectText(page, "#key-state", /^Signed in with Parallel\. Kept in this browser only\.$/)
  const key = provider.keys.at(-1)
  expect(await page.inputValue("#api-key")).toBe(key)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("key-title")
  expect(await stateOfForm(page)).toEqual(before)
  // Nothing of the sign-in is left but the key, where a pasted one would be.
  expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual(["parallel-multitask:draft"])
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain(key)
  expect(await page.evaluate(() => Object.fromEntries(Object.entries(localStorage)))).toEqual({
    "parallel-multitask:key": key,
  })

  const exchange = provider.exchanges.at(-1)?.sent ?? {}
  expect(exchange["code_verifier"]).toMatch(/^[\w-]{43}$/)
  const addresses = [...requests.map(({ url }) => url), ...(await historyOf(page))]
  for (const secret of [key ?? "", exchange["code_verifier"] ?? ""])
    expect(addresses.filter((url) => url.includes(secret))).toEqual([])
  // The code was in the one address that the provider made, and is no longer in any that is kept.
  expect((await historyOf(page)).filter((url) => /code=|state=[^&]*$|callback/.test(url))).toEqual([
    expect.stringMatching(`^${provider.origin}/getKeys/authorize`),
  ])
  for (const { headers } of requests) expect(headers["referer"] ?? "").not.toMatch(/code=/)

  await page.fill("[aria-label='Name of field 2']", "size")
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  expect(server.posted.at(-1)?.headers["x-api-key"]).toBe(key)
  expect(server.posted.at(-1)?.body.inputs).toEqual([
    { name: "Acme", city: "Bern" },
    { name: "Beta", city: "Rome" },
  ])
  const withKey = requests.filter((request) => JSON.stringify(request).includes(key ?? "-"))
  const create = `${server.origin}/v1beta/tasks/multitask`
  expect(withKey.map(({ url }) => url)).toEqual([`${create}?dry_run=true`, create])
  await page.reload()
  expect(await page.inputValue("#api-key")).toBe(key)
  await expectText(page, "#key-state", /^Kept in this browser only\.$/)
})

it("takes the code out of the address bar before it is exchanged", async () => {
  const page = await open(server.origin)
  await toConsent(page)
  const before = provider.exchanges.length
  let release = () => {}
  gate = new Promise((resolve) => (release = resolve))
  await page.click("#allow")
  await page.waitForURL(`${server.origin}/callback`)
  await expectText(page, "#title", /^Signing in…$/)
  expect((await historyOf(page)).filter((url) => url.includes("?code="))).toEqual([])
  expect(provider.exchanges).toHaveLength(before)
  release()
  await page.waitForURL(`${server.origin}/`)
  await expectText(page, "#key-state", /^Signed in/)
})

it("uses a new verifier and a new state every time", async () => {
  const page = await open(server.origin)
  await toConsent(page)
  await page.goto(server.origin)
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  await toConsent(page)
  const [first, second] = provider.asked.slice(-2)
  expect(first?.["state"]).not.toBe(second?.["state"])
  expect(first?.["code_challenge"]).not.toBe(second?.["code_challenge"])
})

it.each([
  ["forged", /not started in this tab.*not used/],
  ["stateless", /not started in this tab/],
  ["forged-error", /not started in this tab/],
])("does not use a code whose state is not its own (%s)", async (link, message) => {
  const page = await open(server.origin)
  const before = provider.exchanges.length
  await toConsent(page)
  await failAt(page, link, message)
  expect(provider.exchanges).toHaveLength(before)
})

it("uses no code that another tab asked for, nor one twice", async () => {
  const page = await open(server.origin)
  await toConsent(page)
  const stolen = (await page.getAttribute("#allow", "href")) ?? ""
  const before = provider.exchanges.length
  const other = await page.context().newPage()
  await other.goto(stolen)
  await expectText(other, "#message", /not started in this tab/)
  expect(provider.exchanges).toHaveLength(before)
  await other.goto(`${server.origin}/callback`)
  await expectText(other, "#message", /no sign-in under way/)

  await page.click("#allow")
  await expectText(page, "#key-state", /^Signed in/)
  await page.goto(stolen)
  await expectText(page, "#message", /has been finished already/)
  expect(provider.exchanges).toHaveLength(before + 1)
})

it.each([
  ["deny", /^You did not allow this site to use a key/],
  ["deny-without-state", /^You did not allow this site to use a key/],
  ["strange", /^Parallel's login ended without giving a key\.$/],
  ["fault-echo", /refused this sign-in \(invalid_grant: code \[redacted\]/],
  ["fault-html", /answered without a key\. Try again/],
])(
  "says in plain words why it did not work, and leads back to the form as it was (%s)",
  async (link, message) => {
    const page = await open(server.origin)
    await fillForm(page)
    const before = await stateOfForm(page)
    await toConsent(page)
    await failAt(page, link, message)
    // What a link can say is not shown.
    expect(await page.innerText("main")).not.toMatch(/555|no_such_error|key-that-must-not/)
    await page.click("text=Back to the form")
    await page.waitForSelector("html[data-ready]", { state: "attached" })
    expect(await stateOfForm(page)).toEqual(before)
    expect(await page.inputValue("#api-key")).toBe("")
  },
)

it("says that the provider, or this site, is out of reach, and can be tried again", async () => {
  const page = await open(server.origin)
  await fillForm(page)
  await toConsent(page)
  const href = (await page.getAttribute("#allow", "href")) ?? ""
  await provider.stop()
  await page.goto(href)
  await expectText(page, "#message", /^Parallel's login could not be reached\. Try again/)
  await provider.start()
  await toConsent(page)
  await page
    .context()
    .route("**/callback", (route) =>
      route.request().method() === "POST" ? route.abort("connectionrefused") : route.fallback(),
    )
  await page.click("#allow")
  await expectText(page, "#message", /^This site's server could not be reached/)
  await page.context().unroute("**/callback")
  await toConsent(page)
  await page.click("#allow")
  await expectText(page, "#key-state", /^Signed in/)
  expect(await page.inputValue("#webhook-url")).toBe("https://example.com/hook")
})

it("is as it was left when the visitor goes back without signing in", async () => {
  const page = await open(server.origin)
  await fillForm(page)
  const before = await stateOfForm(page)
  await toConsent(page)
  await page.goBack()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  expect(await stateOfForm(page)).toEqual(before)
  expect(await page.isEnabled("#sign-in")).toBe(true)
  const kept = () => page.evaluate(() => Object.keys(sessionStorage))

  // A browser may also bring back the very page that was left; Chromium does not when it is driven.
  await page.evaluate(() => {
    sessionStorage.setItem("parallel-multitask:sign-in", "{}")
    localStorage.setItem("parallel-multitask:key", "got meanwhile")
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))
  })
  expect(await kept()).not.toContain("parallel-multitask:sign-in")
  expect(await page.inputValue("#api-key")).toBe("got meanwhile")
  expect(await stateOfForm(page)).toEqual(before)
})

it("keeps a large file too, and asks before it leaves rows behind that are too many", async () => {
  const page = await open(server.origin)
  const file = async (rows: number) => {
    const lines = Array.from({ length: rows }, (_, n) => `company number ${n};${"x".repeat(80)}`)
    const buffer = Buffer.from(`name;n\n${lines.join("\n")}`)
    await page.setInputFiles("#inputs-file", { name: "big.csv", mimeType: "text/csv", buffer })
  }
  await file(20_000)
  await expectText(page, "#inputs-summary", /20,000 rows/)
  await toConsent(page)
  await page.click("#allow")
  await expectText(page, "#key-state", /^Signed in/)
  await expectText(page, "#inputs-summary", /20,000 rows, 2 columns/)
  await expectText(page, "#chosen-name", /big\.csv/)

  await page.fill("#webhook-url", "https://example.com/hook")
  await file(60_000)
  await expectText(page, "#inputs-summary", /60,000 rows/)
  await page.click("#sign-in")
  await expectText(page, "#sign-in-error", /too many to be kept.*Press once more/)
  expect(page.url()).toBe(`${server.origin}/`)
  await toConsent(page)
  await page.click("#allow")
  await expectText(page, "#key-state", /^Signed in/)
  expect(await page.inputValue("#webhook-url")).toBe("https://example.com/hook")
  expect(await page.inputValue("#inputs")).toBe("")
})

it("says so when the browser keeps nothing, and stays", async () => {
  const page = await open(server.origin)
  await page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError")
    }
  })
  await page.click("#sign-in")
  await expectText(page, "#sign-in-error", /keeps nothing for this site.*Paste a key/)
  expect(await page.isEnabled("#sign-in")).toBe(true)
  expect(page.url()).toBe(`${server.origin}/`)
})

it("is offered on https and on one's own machine only", async () => {
  const page = await open(server.origin)
  expect(await page.isVisible("#sign-in")).toBe(true)
  await page.context().route(/^https?:\/\/multitask\.test\//, async (route) => {
    const { pathname } = new URL(route.request().url())
    await route.fulfill({ response: await route.fetch({ url: `${server.origin}${pathname}` }) })
  })
  for (const [origin, offered] of [
    ["http://multitask.test", false],
    ["https://multitask.test", true],
  ] as const) {
    await page.goto(`${origin}/`)
    await page.waitForSelector("html[data-ready]", { state: "attached" })
    expect(await page.isVisible("#sign-in")).toBe(offered)
    expect(await page.isVisible("#api-key")).toBe(true)
  }
})

it("can be done with the keyboard alone, and fits a phone", async () => {
  const page = await open(server.origin, { viewport: { width: 360, height: 740 } })
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(await overflow()).toBe(0)
  await page.focus("#key-show")
  await page.keyboard.press("Tab")
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("sign-in")
  await page.keyboard.press("Enter")
  await page.waitForURL(`${provider.origin}/**`)
  await page.click("#deny")
  await expectText(page, "#title", /not signed in/)
  expect(await overflow()).toBe(0)
  for (let presses = 0; presses < 2; presses++) await page.keyboard.press("Tab")
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("sign-in")
  await page.keyboard.press("Enter")
  await page.waitForURL(`${provider.origin}/**`)
})

for (const colorScheme of ["light", "dark"] as const) {
  it(`has no violations axe-core can find (${colorScheme})`, async () => {
    const page = await open(server.origin, { colorScheme })
    await toConsent(page)
    let release = () => {}
    gate = new Promise((resolve) => (release = resolve))
    await page.click("#allow")
    await expectText(page, "#title", /^Signing in…$/)
    expect(await axe(page)).toEqual([])
    release()
    await expectText(page, "#key-state", /^Signed in/)
    expect(await axe(page)).toEqual([])
    gate = null
    await toConsent(page)
    await page.click("#deny")
    await expectText(page, "#title", /not signed in/)
    expect(await axe(page)).toEqual([])
    await page.goto(server.origin)
    await page.evaluate(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError")
      }
    })
    await page.click("#sign-in")
    await expectText(page, "#sign-in-error", /keeps nothing/)
    expect(await axe(page)).toEqual([])
  })
}
