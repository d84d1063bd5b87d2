import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { FakeGroup, Raw } from "./fakeGroup.ts"
import { complete } from "./samples.ts"
import { expectText, harness, picture } from "./setup.ts"

const { server, open } = harness()
/** Of the visitor. */
const KEY = "key-of-the-visitor"

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes....").toString("base64")}`
const TOKEN = "Bearer token-of-the-crm"
const OTHERS = `{"mcp_servers": [{"type": "url", "url": "https://mcp.example/crm", "headers": {"authorization": "${TOKEN}"}}]}`

/** A fragment, each value percent-encoded as everybody does it. */
const fragment = (values: { [name: string]: string }) =>
  `#${Object.entries(values)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&")}`

/** Follows a link on the page itself, as one that was clicked or pasted into the bar. */
const follow = (page: Page, hash: string) => page.evaluate((to) => void (location.hash = to), hash)

/** Whatever the page asks for from now on. */
function requestsOf(page: Page) {
  const seen: { method: string; url: string }[] = []
  page.on("request", (request) => seen.push({ method: request.method(), url: request.url() }))
  return seen
}

const rowsOf = async (page: Page) => JSON.parse(await page.inputValue("#inputs"))

it("fills the form from a link, sends nothing by that, and gives back all that was there", async () => {
  const page = await open(server.origin, { viewport: { width: 1440, height: 900 } })
  await page.fill("#api-key", KEY)
  await page.fill("#inputs", "name\nTyped by hand")
  await page.fill("#output-description", "What I was asking")
  await page.fill("#limit", "7")
  await page.click("text=More options")
  await page.fill("#title", "My own title")
  await page.fill("#webhook-secret", SECRET)
  await page.fill("#other-fields", OTHERS)
  await page.fill("#webhook-url", "https://mine.example/hook")
  const requests = requestsOf(page)
  const before = server.posted.length + server.plans.length
  const hostile = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>`
  await follow(
    page,
    fragment({
      question: hostile,
      rows: `[{"__proto__":{"owned":1},"constructor":"x","n":12345678901234567890,"a":"${hostile.replaceAll('"', "'")}"}]`,
      processor: "pro",
      webhook_url: "https://elsewhere.example/hook",
      api_key: "key-of-a-stranger",
      "x-api-key": "key-of-a-stranger",
      webhook_secret: "whsec_of_a_stranger",
      budget: "1",
    }),
  )
  await expectText(
    page,
    "#filled-said",
    /^Filled in by a link: what you want to know, rows, processor, webhook\. Nothing/,
  )
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("filled-said")
  // What it carries wins, what it does not carry stays.
  expect(await page.inputValue("#output-description")).toBe(hostile)
  expect(await page.inputValue("#inputs")).toContain(
    '{"__proto__":{"owned":1},"constructor":"x","n":12345678901234567890,',
  )
  expect(await page.inputValue("#processor")).toBe("pro")
  expect(await page.inputValue("#title")).toBe("My own title")
  expect(await page.inputValue("#limit")).toBe("7")
  expect(await page.inputValue("#api-key")).toBe(KEY)
  // A secret of one's own signs nothing for somebody else.
  expect(await page.inputValue("#webhook-secret")).toBe("")
  expect(await page.inputValue("#other-fields")).toBe(OTHERS)
  await expectText(
    page,
    "#filled-others",
    /^The webhook https:\/\/elsewhere\.example\/hook gets the address of your results/,
  )
  const ignored = await page.$$eval("#filled-ignored p", (all) => all.map((one) => one.textContent))
  expect(ignored).toEqual([
    "Left out: “api_key”, “x-api-key”, “webhook_secret”. Keys and secrets do not belong into a link: type them in yourself.",
    expect.stringMatching(/^Left out: “budget”\. What a link may carry: question, .*max_cost_usd/),
  ])
  expect(await page.evaluate(() => "owned" in window)).toBe(false)
  expect(page.url()).toBe(`${server.origin}/`)
  await expectText(page, "#before-what", /^It was: 1 row, “What I was asking”$/)
  await picture(page, "form-link")
  await page.setViewportSize({ width: 1440, height: 900 })

  // A second link before anything was changed: what was typed is still what comes back.
  await follow(page, fragment({ title: "Another" }))
  await expectText(page, "#filled-said", /^Filled in by a link: title\./)
  await page.focus("#bring-back")
  await page.keyboard.press("Enter")
  expect(await page.inputValue("#inputs")).toBe("name\nTyped by hand")
  expect(await page.inputValue("#output-description")).toBe("What I was asking")
  expect(await page.inputValue("#processor")).toBe("")
  expect(await page.inputValue("#webhook-url")).toBe("https://mine.example/hook")
  expect(await page.inputValue("#webhook-secret")).toBe(SECRET)
  expect(await page.inputValue("#other-fields")).toBe(OTHERS)
  expect(await page.isVisible("#secret-gone")).toBe(false)
  // And the other way round.
  await page.click("#bring-back")
  expect(await page.inputValue("#output-description")).toBe(hostile)
  expect(await page.inputValue("#title")).toBe("Another")
  expect(requests.filter(({ method }) => method !== "GET")).toEqual([])
  expect(server.posted.length + server.plans.length).toBe(before)
  const kept = await page.evaluate(() => JSON.stringify([sessionStorage, location.href]))
  for (const secret of [SECRET, "token-of-the-crm", "stranger", KEY]) expect(kept).not.toContain(secret)
})

it("takes a link before what was typed in the tab, and that before the example", async () => {
  const link = fragment({ question: "Who is the mayor?", skip_empty: "true", rest: "keep" })
  const page = await open(server.origin + "/" + link, { viewport: { width: 375, height: 812 } })
  // The rows are the example's: the link has none.
  expect(await page.inputValue("#output-description")).toBe("Who is the mayor?")
  expect(await page.isChecked("#skip-empty")).toBe(true)
  expect((await rowsOf(page))[0]).toEqual({ company: "Apple", website: "https://www.apple.com" })
  expect(page.url()).toBe(`${server.origin}/`)

  await page.fill("#inputs", "city\nBern\nRome")
  await page.goto("about:blank")
  await page.goto(
    server.origin + "/" + fragment({ question: "Population?", limit: "1", rest: "empty", rows: "a,b\n1,2" }),
  )
  await expectText(page, "#filled-said", /The rest was emptied/)
  expect(await page.inputValue("#inputs")).toBe("a,b\n1,2")
  expect(await page.isChecked("#skip-empty")).toBe(false)
  await expectText(page, "#submit", /^Run 1 row$/)
  // Both are kept over a reload, what was there before too.
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  expect(await page.inputValue("#output-description")).toBe("Population?")
  await page.click("#bring-back")
  expect(await page.inputValue("#inputs")).toBe("city\nBern\nRome")
  expect(await page.inputValue("#output-description")).toBe("Who is the mayor?")
  await page.click("#filled-close")
  expect(await page.isVisible("#filled")).toBe(false)
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  expect(await page.isVisible("#filled")).toBe(false)
})

it("says in a sentence what is wrong with a link, and leaves the form as it was", async () => {
  const page = await open(`${server.origin}/#title=%ff`)
  const wrong: [string, RegExp][] = [
    ["", /“title=%ff” was left out: it is not percent-encoded/],
    ["#questin=x", /Left out: “questin”\. What a link may carry: question, /],
    ["#processor=best", /The processor “best” is none that this page knows/],
    ["#output_type=xml", /it is json or text/],
    [`#title=${"x".repeat(3000)}`, /“title” was left out: it has 3,000 characters/],
    [`#rows=${"x".repeat(1_000_001)}`, /more than the 1,000,000 that are read/],
    ["#packed=AAAA", /The link is damaged/],
    ["#again=../../etc", /“\.\.\/\.\.\/etc” is no group's id/],
    ["#source_policy=%7B", /“source_policy” was left out: it is not JSON/],
    ["#__proto__=1&constructor=2&title[]=3", /Left out: “__proto__”, “constructor”, “title\[\]”/],
    ["#token=x&token=y", /Left out: “token”\. Keys and secrets.*“token” is there twice/],
  ]
  for (const [hash, sentence] of wrong) {
    if (hash !== "") await follow(page, hash)
    await expectText(page, "#filled-ignored", sentence)
    expect(await page.textContent("#filled-said")).toBe("The link has filled in nothing.")
    expect(await page.inputValue("#output-description")).toMatch(/^CEO name/)
    expect(await page.isVisible("#bring-back")).toBe(false)
    expect(page.url()).toBe(`${server.origin}/`)
  }
  // What leads to a place on the page is no link of this kind.
  await page.focus(".skip")
  await page.keyboard.press("Enter")
  expect(page.url()).toBe(`${server.origin}/#form`)
})

it("copies a link to the form that shows others the same form, without what is secret", async () => {
  const page = await open(server.origin)
  await page.fill("#api-key", KEY)
  const rows = `[{"n":1.10,"big":12345678901234567890,"ü&=#+%":"a+b & c"}]`
  await page.fill("#inputs", rows)
  await page.fill("#output-description", "100 % of what?")
  await page.fill("#limit", "5")
  await page.fill("#max-cost", "2.50")
  await page.click("text=More options")
  await page.fill("#title", "Title & more")
  await page.fill("#metadata", '{"10": "ten", "2": "two"}')
  await page.fill("#webhook-secret", SECRET)
  await page.fill("#other-fields", OTHERS)
  await page.click("text=Define them myself")
  await page.fill("[aria-label='Name of field 1']", "answer")
  const copy = async () => {
    await page.evaluate(() => navigator.clipboard.writeText("nothing"))
    await page.click("#copy-link")
    await expectText(page, "#link-note", /characters/)
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).not.toBe("nothing")
    return page.evaluate(() => navigator.clipboard.readText())
  }
  const link = await copy()
  await expectText(
    page,
    "#link-note",
    /without your API key and the webhook secret and headers of MCP servers/,
  )
  for (const secret of [KEY, SECRET, "token-of-the-crm"])
    expect(decodeURIComponent(link)).not.toContain(secret)
  const snippet = (of: Page) => of.textContent("#snippet")
  const other = await open(link)
  expect(await other.inputValue("#limit")).toBe("5")
  expect((await snippet(other))?.replace(/\s+/g, " ")).toBe(
    (await snippet(page))?.replace(/ *"webhook_secret": "[^"]*",/, "").replace(/\s+/g, " "),
  )
  await expectText(other, "#filled-others", /MCP servers are asked by your runs/)
  await other.fill("#api-key", "k")
  await other.click("#submit")
  await expectText(other, "#other-fields-error", /Put them in again where it says YOUR_SECRET/)

  // Headers that somebody wrote into a link are not taken from it.
  const servers = JSON.stringify(JSON.parse(OTHERS).mcp_servers)
  await follow(other, fragment({ mcp_servers: servers, previous_interaction_id: "trun_1", rest: "empty" }))
  await expectText(other, "#filled-ignored", /^Headers of MCP servers were left out/)
  expect(JSON.parse(await other.inputValue("#other-fields"))).toMatchObject({
    mcp_servers: [{ headers: { authorization: "YOUR_SECRET" } }],
    previous_interaction_id: "trun_1",
  })
  expect(await other.inputValue("#inputs")).toBe("")

  // Longer ones are packed; what does not fit is not cut.
  const many = Array.from({ length: 400 }, (_, n) => `{"company":"Company number ${n}"}`)
  await page.fill("#inputs", `[${many.join(",")}]`)
  await expectText(page, "#submit", /^Run 5 rows$/)
  const packed = await copy()
  expect(packed).toMatch(/#packed=[\w-]+$/)
  await page.goto(packed)
  await page.waitForFunction(() => !document.getElementById("filled")?.hidden)
  expect(await rowsOf(page)).toHaveLength(400)
  await page.evaluate(() => navigator.clipboard.writeText("nothing"))
  await page.evaluate(() => {
    const field = document.getElementById("inputs") as HTMLTextAreaElement
    const rows = Array.from({ length: 3000 }, () => ({ id: crypto.randomUUID() }))
    field.value = JSON.stringify(rows)
    field.dispatchEvent(new Event("input", { bubbles: true }))
  })
  await page.click("#copy-link")
  await expectText(
    page,
    "#link-note",
    /^Not copied: the link would have .* Put the rows behind an https address/,
  )
  // Nor what somebody has pasted into the wrong field.
  await page.fill("#inputs", "Apple")
  await page.fill("#output-description", `Use ${KEY}`)
  await page.click("#copy-link")
  await expectText(page, "#link-note", /^Not copied: your API key stands among the texts of this form\./)
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("nothing")

  // A second link, while the first is still unpacked.
  await page.evaluate(async (first) => {
    const heard = new Promise((done) => addEventListener("hashchange", done, { once: true }))
    location.hash = first
    await heard
    location.hash = "#question=The%20newest"
  }, new URL(packed).hash)
  await page.waitForFunction(() => location.hash === "")
  await expectText(page, "#filled-said", /^Filled in by a link: /)
  // Time for the first to come after all: as long as it takes to unpack it.
  await page.evaluate(
    async (text) => {
      const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) =>
        one.charCodeAt(0),
      )
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))
      await new Response(stream).text()
    },
    new URL(packed).hash.replace("#packed=", ""),
  )
  expect(await page.inputValue("#output-description")).toBe("The newest")
})

it("knows what became of what was sent, though a link has filled the form meanwhile", async () => {
  const page = await open(server.origin)
  await page.fill("#api-key", "k")
  await page.fill("#inputs", "Apple\nGoogle\nStripe\nNike\nPuma")
  await page.click("#suggest")
  await expectText(page, "#run-note", /^Planned/)
  const held = Promise.withResolvers<void>()
  const sent = Promise.withResolvers<void>()
  await page.route("**/v1beta/tasks/multitask", async (route) => {
    sent.resolve()
    await held.promise
    await route.continue()
  })
  await page.click("#try")
  await sent.promise
  await follow(page, fragment({ rows: "Adyen" }))
  await expectText(page, "#inputs-summary", /^1 row,/)
  held.resolve()
  await page.waitForSelector("#submitted:not([hidden])")
  await page.click("#bring-back")
  await expectText(page, "#submit", /^Run the other 2$/)
  await expectText(page, "#run-note", /^The others are added to the group of the first three\.$/)
})

it("fills the form from a group: what was asked, and its rows as they were sent", async () => {
  const raw = [
    `{"company":"Zeta","n":12345678901234567890,"x":1.10}`,
    `{"company":"<b>x</b>","__proto__":"y","10":1,"2":2}`,
  ]
  const group = new FakeGroup(
    "tgrp_again_live",
    raw.map((text) => new Raw(text)),
    "base",
  )
  Object.assign(group, { title: "Leaders", question: "Who leads it?" })
  group.schema = {
    type: "object",
    properties: { ceo: { type: "string" } },
    required: ["ceo"],
    additionalProperties: false,
  }
  group.set(1, { status: "completed", content: { company: "not what was sent", ceo: "Ann" } })
  server.add(group)
  const page = await open(server.origin)
  await page.fill("#api-key", "k")
  await page.fill("#webhook-url", "https://mine.example/hook")
  const requests = requestsOf(page)
  await follow(page, "#again=tgrp_again_live")
  await expectText(page, "#filled-said", /^Filled in from “Leaders”: 2 rows/)
  expect(await page.inputValue("#inputs")).toBe(`[\n${raw.map((row) => `  ${row}`).join(",\n")}\n]`)
  expect(await page.inputValue("#output-description")).toBe("Who leads it?")
  expect(await page.inputValue("[aria-label='Name of field 1']")).toBe("ceo")
  expect(await page.inputValue("#processor")).toBe("base")
  expect(await page.inputValue("#title")).toBe("Leaders")
  expect(await page.inputValue("#webhook-url")).toBe("")
  const asked = requests.filter(({ url }) => !url.endsWith("/favicon.svg"))
  expect(asked.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    "GET /tgrp_again_live.json",
    "GET /tgrp_again_live.sse",
  ])
  // The stream is left, though the group goes on.
  await expect.poll(() => group.viewers).toBe(0)
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  expect(server.posted.at(-1)?.text).toContain(`"inputs":[${raw.join(",")}]`)
  expect(server.posted.at(-1)?.body).toMatchObject({
    processor: "base",
    title: "Leaders",
    output_description: "Who leads it?",
  })

  await page.fill("#output-description", "Something of my own")
  await follow(page, "#again=tgrp_long_gone")
  await expectText(
    page,
    "#filled-ignored",
    /There is no group tgrp_long_gone any more.*The form is as it was/,
  )
  expect(await page.inputValue("#output-description")).toBe("Something of my own")
})

it("reads thousands of rows of a group into a chosen file, until somebody goes on typing", async () => {
  const many = Array.from({ length: 5_000 }, (_, n) => ({
    company: `Company ${n}`,
    website: `https://example.com/${n}`,
    about: "x".repeat(60),
  }))
  const group = new FakeGroup("tgrp_again_large", many)
  group.question = "Who leads it?"
  server.add(group)
  const page = await open(server.origin)
  const started = performance.now()
  await follow(page, "#again=tgrp_again_large")
  await expectText(page, "#filled-said", /5,000 rows/)
  await expectText(page, "#submit", /^Run 5,000 rows$/)
  console.log(`5,000 rows of a group in the form: ${Math.round(performance.now() - started)} ms`)
  await expectText(page, "#chosen-name", /^rows of tgrp_again_large\.json/)
  // Without fields it was text.
  expect(await page.isChecked("input[name=output-type][value=text]")).toBe(true)

  // One whose rows do not all come: the form stays usable, and is not changed behind one's back.
  const slow = new FakeGroup("tgrp_again_slow", many.slice(0, 3))
  slow.counted = { queued: 4 }
  slow.status = () => ({ ...FakeGroup.prototype.status.call(slow), num_task_runs: 4 })
  server.add(slow)
  await follow(page, "#again=tgrp_again_slow")
  await expectText(page, "#filled-said", /Reading “tgrp_again_slow”: \d of 4 rows/)
  await page.fill("#api-key", "typing a key is no change of the form")
  expect(await page.textContent("#filled-said")).toMatch(/^Reading/)
  await page.fill("#output-description", "I go on")
  await expectText(page, "#filled-said", /^Stopped: the form is as you left it\.$/)
  expect(await page.inputValue("#output-description")).toBe("I go on")
  await expectText(page, "#submit", /^Run 5,000 rows$/)
  await expect.poll(() => slow.viewers).toBe(0)
  await page.click("#filled-retry")
  await expectText(page, "#filled-said", /^Reading/)
  slow.append({ company: "The last" })
  await expectText(page, "#filled-said", /^Filled in from “tgrp_again_slow”: 4 rows/)
})

it("lists the groups of this browser, each to be run again or taken out of the list", async () => {
  const ids = ["tgrp_listed_one", "tgrp_listed_two", "tgrp_listed_three"]
  for (const id of ids) {
    const group = new FakeGroup(id, [{ company: id }])
    if (id !== ids[0]) complete(group, 0).end()
    server.add(group)
  }
  const page = await open(server.origin)
  await expectText(page, "#history-none", /Groups that you start in this browser are listed here/)
  await page.evaluate((all) => {
    const list = all.map((id) => ({
      id,
      created: new Date(Date.now() - 3_600_000).toISOString(),
      rows: 2,
      title: `About ${id}`,
      what: "Who leads it?",
      processor: "core",
    }))
    localStorage.setItem("parallel-multitask:groups", JSON.stringify(list))
  }, ids)
  await page.reload()
  await expectText(page, "#history > summary", /^Your groups \(3\)\s*1 under way$/)
  await page.focus("#history > summary")
  await page.keyboard.press("Enter")
  // The figures are the group's own: one row, whatever was thought.
  await expectText(page, "#history-list", /1 row, core, 1 h ago/)
  await page.focus("[aria-label='Remove About tgrp_listed_two from this list']")
  await page.keyboard.press("Enter")
  await expectText(page, "#history-count", /^\(2\)$/)
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
    "Remove About tgrp_listed_three from this list",
  )
  await page.click("#history-list li:first-child >> text=Run again with changes")
  await expectText(page, "#filled-said", /^Filled in from “tgrp_listed_one”: 1 row,/)
  expect(page.url()).toBe(`${server.origin}/`)
  expect(server.groups.has("tgrp_listed_two")).toBe(true)
})
