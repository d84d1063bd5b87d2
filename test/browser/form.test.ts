import type { Page, Route } from "playwright-core"
import { expect, it } from "vitest"
import { SUGGESTED } from "./fakeServer.ts"
import { complete } from "./samples.ts"
import { expectText, harness } from "./setup.ts"

const { server, open } = harness()

it("submits the prefilled example once a key is pasted, and shows a button for each format", async () => {
  const page = await open(server.origin)
  await page.click("#submit")
  await expectText(page, "#api-key-error", /Paste your Parallel API key/)
  expect(server.posted).toHaveLength(0)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("api-key")

  await page.fill("#api-key", "key-of-the-test")
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  const [posted] = server.posted
  expect(posted?.headers["x-api-key"]).toBe("key-of-the-test")
  expect(posted?.headers.accept).toBe("application/json")
  expect(posted?.body).toEqual({
    inputs: expect.arrayContaining([{ company: "Apple", website: "https://www.apple.com" }]),
    output_type: "json",
    output_description: "CEO name, year founded, headquarters city, number of employees",
    output_schema: SUGGESTED,
    processor: "core",
    max_cost_usd: 0.2,
  })
  const group = [...server.groups.values()].at(-1)
  const links = await page.$$eval("#submitted-buttons a", (all) =>
    all.map((a) => [a.getAttribute("href"), (a as HTMLAnchorElement).target]),
  )
  expect(links).toEqual(
    [".html", ".csv", ".json", ".jsonl", ".md", ".sse", ".db"].map((extension) => [
      `/${group?.id}${extension}`,
      "_blank",
    ]),
  )

  if (!group) throw new Error("no group")
  await page.waitForSelector("#submitted-connection[data-state=live]")
  complete(group, 0)
  group.set(1, { status: "running" })
  await expectText(page, "#submitted-progress", /1 of 8 rows finished \(1 done, 1 running, 6 queued\)/)
  for (let index = 1; index < 8; index++) complete(group, index)
  group.end()
  await page.waitForSelector("#submitted-connection[data-state=ended]")

  await page.click("#submitted-copy")
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${server.origin}/${group.id}`)
  // The key and the group are remembered in this browser.
  await page.reload()
  expect(await page.inputValue("#api-key")).toBe("key-of-the-test")
  await expectText(page, "#history-list", /All 8 rows done/)
  await page.click("#key-forget")
  await page.reload()
  expect(await page.inputValue("#api-key")).toBe("")
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("key-of-the-test")
})

/** What the form says of a request once it has given up sending it, which takes the clock of its page no time. */
const givenUp = (page: Page) =>
  expect.poll(async () => {
    await page.clock.fastForward(15_000)
    return (await page.isVisible("#form-error")) ? page.textContent("#form-error") : null
  })

const CREATE = "**/v1beta/tasks/multitask"

it("puts the API's errors at their fields", async () => {
  const page = await open(server.origin)
  await page.clock.install()
  await page.fill("#api-key", "k")
  const errors = [
    { path: "inputs[3]", message: "is larger than 25,000 characters" },
    { path: "output_schema.type", message: "must be object" },
    { path: "processor", message: "is not known" },
    { path: "webhook_url", message: "must be https" },
    { path: "output_description", message: "is too long" },
  ]
  server.onPost = () => ({
    status: 422,
    body: { type: "error", error: { ref_id: "r1", message: "Five problems", detail: { errors } } },
  })
  await page.click("#submit")
  await expectText(page, "#inputs-error", /Row 4: is larger/)
  await expectText(page, "#output-schema-error", /type: must be object/)
  await expectText(page, "#processor-error", /is not known/)
  await expectText(page, "#webhook-url-error", /must be https/)
  await expectText(page, "#output-description-error", /is too long/)
  expect(await page.getAttribute("#inputs", "aria-invalid")).toBe("true")
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("inputs")
  // Changing the form takes the API's complaints away.
  await page.fill("#output-description", "CEO")
  expect(await page.isVisible("#processor-error")).toBe(false)

  server.onPost = () => ({
    status: 401,
    body: { type: "error", error: { ref_id: "r2", message: "Invalid key", detail: null } },
  })
  await page.click("#submit")
  await expectText(page, "#api-key-error", /Invalid key/)

  server.onPost = () => ({
    status: 502,
    body: {
      type: "error",
      taskgroup_id: "tgrp_created_anyway",
      url: "javascript:alert(1)",
      error: { ref_id: "r3", message: "Upstream is broken", detail: null },
    },
  })
  await page.click("#submit")
  await givenUp(page).toMatch(/Upstream is broken.*r3/)
  expect(await page.getAttribute("#form-link a", "href")).toBe(`${server.origin}/tgrp_created_anyway`)

  server.onPost = () => ({
    status: 504,
    body: {
      type: "error",
      taskgroup_id: "tgrp_left_empty",
      error: { ref_id: "r4", message: "The list is silent", detail: null },
    },
  })
  await page.click("#submit")
  await givenUp(page).toMatch(/The list is silent/)
  expect(await page.locator("#form-link a").count()).toBe(0)
  server.onPost = null
})

it("says when it may be tried again, and waits itself where that is soon", async () => {
  const page = await open(server.origin)
  await page.clock.install()
  await page.fill("#api-key", "k")
  const { length } = server.posted
  const body = { type: "error", error: { ref_id: "r5", message: "Too many requests.", detail: null } }
  let wait = "90"
  await page.route(CREATE, (route) =>
    route.fulfill({ status: 429, headers: { "retry-after": wait }, json: body }),
  )
  await page.click("#submit")
  await expectText(page, "#form-error", /^Too many requests\. Try again in 90 s\. \(ref r5\)$/)
  wait = "20"
  await page.click("#submit")
  await expectText(page, "#submit", /^Sending…$/)
  await page.unroute(CREATE)
  await expect
    .poll(async () => {
      await page.clock.fastForward(15_000)
      return page.isVisible("#submitted")
    })
    .toBe(true)
  expect(server.posted).toHaveLength(length + 1)
})

it("sends a request whose answer was lost again until one comes, which starts it once", async () => {
  const page = await open(server.origin)
  // As in a page that came without TLS.
  await page.evaluate(() => delete (Crypto.prototype as { randomUUID?: unknown }).randomUUID)
  await page.clock.install()
  await page.fill("#api-key", "k")
  const since = server.posted.length
  const lose = async (route: Route) => {
    await route.fetch()
    await route.abort("connectionreset")
  }
  await page.route(CREATE, lose)
  await page.click("#submit")
  await expectText(page, "#submit", /^Trying again…$/)
  await givenUp(page).toMatch(
    /The server could not be reached.*Whether the group was started is not known: sent again unchanged, it is started once/,
  )
  await page.unroute(CREATE)
  // The same by hand, a minute later.
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  const posts = server.posted.slice(since)
  expect(posts.length).toBeGreaterThan(2)
  expect(new Set(posts.map(({ text }) => text)).size).toBe(1)
  const [key, ...others] = new Set(posts.map(({ headers }) => headers["idempotency-key"]))
  expect(key).toMatch(/^[\x21-\x7e]{16,255}$/)
  expect(others).toEqual([])
  // Another request gets another key.
  await page.fill("#limit", "4")
  await page.click("#submit")
  await expect.poll(() => server.posted.length).toBe(since + posts.length + 1)
  expect(server.posted.at(-1)?.headers["idempotency-key"]).not.toBe(key)
})

it.each([
  [409, "It is still being carried out."],
  [429, "Too many requests."],
  [200, "The server answered text/html"],
])("starts it once where the answer was lost and a %i is the last word of it", async (status, said) => {
  const page = await open(server.origin)
  await page.clock.install()
  await page.fill("#api-key", "k")
  const since = server.posted.length
  const error = { type: "error", error: { ref_id: "r6", message: said, detail: null } }
  let attempts = 0
  await page.route(CREATE, async (route) => {
    if (attempts++ > 0)
      return status === 200
        ? route.fulfill({ status, contentType: "text/html", body: "<p>A portal</p>" })
        : route.fulfill({ status, headers: { "retry-after": "100" }, json: error })
    await route.fetch()
    await route.abort("connectionreset")
  })
  await page.click("#submit")
  await givenUp(page).toMatch(
    new RegExp(
      `^${said}.* Whether the group was started is not known: sent again unchanged, it is started once`,
    ),
  )
  await page.unroute(CREATE)
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  const keys = server.posted.slice(since).map(({ headers }) => headers["idempotency-key"])
  expect(keys).toHaveLength(2)
  expect(keys[1]).toBe(keys[0])
})

it("sends and follows with the cookies of its own origin, which something in front may ask for", async () => {
  const page = await open(server.origin)
  await page.context().addCookies([{ name: "pass", value: "1", url: server.origin }])
  await page.fill("#api-key", "k")
  await page.click("#submit")
  await page.waitForSelector("#submitted-connection[data-state=live]")
  expect(server.posted.at(-1)?.headers.cookie).toBe("pass=1")
  expect(server.seen.findLast(({ url }) => url.includes(".sse"))?.headers.cookie).toBe("pass=1")
})

it("reads CSV, TSV, JSON Lines and files, shows the first rows, and says what is wrong where", async () => {
  const page = await open(server.origin)
  await page.fill("#inputs", 'name,motto\nAcme,"Say ""yes"", always\nand twice"\nBeta,plain\n')
  await expectText(page, "#inputs-summary", /2 rows, 2 columns, read as CSV/)
  await expectText(page, "#preview", /Say "yes", always/)
  await expectText(page, "#submit", /Run 2 rows/)
  await page.fill("#inputs", "name\tcity\nAcme\tBern")
  await expectText(page, "#inputs-summary", /1 row, 2 columns, read as TSV/)
  await page.fill("#inputs", '{"a":1}\n{"a":2}')
  await expectText(page, "#inputs-summary", /2 rows, 1 column, read as JSON Lines/)
  await page.fill("#inputs", '[{"a":1},\n{"a":]')
  await expectText(page, "#inputs-error", /Not valid JSON: a value is missing.*line 2, column 6/)
  await page.fill("#inputs", '[{"a":1}, 7]')
  await expectText(page, "#inputs-error", /Row 2: must be an object, not a number/)
  await page.fill("#inputs", "company\nApple\nStripe")
  await expectText(page, "#inputs-summary", /2 rows, 1 column, read as CSV/)
  await page.fill("#inputs", ' {"a": 1}')
  await expectText(page, "#inputs-summary", /1 row, 1 column, read as JSON\./)
  await page.fill("#inputs", '{"rows":[{"a":1}]}')
  await expectText(page, "#inputs-error", /one JSON object.*"rows" is one: send that array/)
  await page.fill("#inputs", "<!doctype html>")
  await expectText(page, "#inputs-error", /The text is a page of HTML/)
  await page.fill("#inputs", "a,b\n1,2,3")
  await expectText(page, "#inputs-error", /Row 1: has 3 cells \(line 2\), but the header names 2/)

  const file = `name;n\n${Array.from({ length: 30_000 }, (_, n) => `company number ${n};${n}`).join("\n")}`
  await page.setInputFiles("#inputs-file", {
    name: "big.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(file),
  })
  await expectText(page, "#inputs-summary", /30,000 rows/)
  expect(await page.isVisible("#inputs")).toBe(false)
  await expectText(page, "#chosen-name", /big\.csv/)
  await page.click("#remove-file")
  expect(await page.isVisible("#inputs")).toBe(true)

  await page.click("text=From a URL")
  await page.fill("#inputs-url", "ftp://example.com/rows")
  await expectText(page, "#inputs-error", /https/)
  await page.fill("#inputs-url", "https://example.com/rows.json")
  expect(await page.isVisible("#inputs-error")).toBe(false)
})

it("estimates cost and time from the processor", async () => {
  const page = await open(server.origin)
  await expectText(page, "#estimate-cost", /\$0\.08 – \$0\.80/)
  await page.selectOption("#processor", "ultra-fast")
  await expectText(page, "#estimate-cost", /^\$2\.40$/)
  await expectText(page, "#estimate-time", /1–10 min/)
})

it("keeps field editor and JSON Schema in step", async () => {
  const page = await open(server.origin)
  await page.click("text=Define them myself")
  await page.fill("[aria-label='Name of field 1']", "ceo")
  await page.fill("[aria-label='Description of field 1']", "Who leads it")
  await page.click("#add-field")
  await page.fill("[aria-label='Name of field 2']", "size")
  await page.fill("[aria-label^='Allowed values of field 2']", "small, large")
  await page.check(".field:nth-child(2) input[type=checkbox]")
  const schema = JSON.parse(await page.inputValue("#output-schema"))
  expect(schema).toEqual({
    type: "object",
    properties: {
      ceo: { type: "string", description: "Who leads it" },
      size: { type: ["string", "null"], enum: ["small", "large", null] },
    },
    required: ["ceo", "size"],
    additionalProperties: false,
  })
  schema.properties.ceo.type = "integer"
  await page.fill("#output-schema", JSON.stringify(schema))
  expect(await page.inputValue("[aria-label='Type of field 1']")).toBe("integer")
  schema.properties.ceo = { type: "object", properties: { name: { type: "string", minLength: 2 } } }
  await page.fill("#output-schema", JSON.stringify(schema))
  expect(await page.isVisible("#fields-note")).toBe(true)
  await expectText(page, "#output-schema-error", /"minLength" is not supported/)
  await page.fill("#output-schema", "{")
  await expectText(page, "#output-schema-error", /Not valid JSON/)
})

it("takes every example, and sends what the form shows", async () => {
  const page = await open(server.origin)
  await page.fill("#api-key", "k")
  const names = await page.$$eval("#examples button", (buttons) => buttons.map((b) => b.textContent ?? ""))
  expect(names.length).toBeGreaterThanOrEqual(3)
  for (const name of names) {
    const before = server.posted.length
    await page.click(`#examples button:has-text("${name}")`)
    await page.click("#submit")
    await expect.poll(() => server.posted.length).toBe(before + 1)
  }
  const [, brief, schema, url] = server.posted.slice(-4)
  expect(brief?.body.output_type).toBe("text")
  expect(Object.keys(schema?.body.output_schema?.properties ?? {})).toContain("list_price_usd")
  expect(url?.body.inputs).toMatch(/^https:\/\//)
})

it("takes a dropped file, and forgets the list of groups", async () => {
  const page = await open(server.origin)
  await page.evaluate(() => {
    const data = new DataTransfer()
    data.items.add(
      new File(["name\tcity\nAcme\tBern\nBeta\tRome\n"], "rows.tsv", { type: "text/tab-separated-values" }),
    )
    document
      .getElementById("inputs-rows")
      ?.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }))
  })
  await expectText(page, "#inputs-summary", /2 rows, 2 columns, read as TSV/)
  await page.fill("#api-key", "k")
  await page.click("#submit")
  await expectText(page, "#history-list", /2 rows, core/)
  await page.click("#history > summary")
  await page.click("#history-clear")
  expect(await page.isVisible("#history")).toBe(false)
})

it("starts nothing by an Enter in a small field, but by Ctrl+Enter anywhere", async () => {
  const page = await open(server.origin)
  await page.fill("#api-key", "k")
  const before = server.posted.length
  await page.focus("#webhook-url")
  await page.keyboard.press("Enter")
  await page.click("text=Define them myself")
  await page.focus("[aria-label='Name of field 1']")
  await page.keyboard.press("Enter")
  await page.click("text=Suggest them from my description")
  await page.focus("#output-description")
  await page.keyboard.press("Control+Enter")
  await page.waitForSelector("#submitted:not([hidden])")
  expect(server.posted.length).toBe(before + 1)
})

it("keeps the key out of addresses, snippets and other hosts", async () => {
  const page = await open(server.origin)
  const key = "very-secret-key-1234"
  const requests: { url: string; headers: Record<string, string>; body: string | null }[] = []
  page.on("request", (request) =>
    requests.push({ url: request.url(), headers: request.headers(), body: request.postData() }),
  )
  await page.fill("#api-key", key)
  for (const language of ["typescript", "python", "curl"]) {
    await page.click(`[data-language=${language}]`)
    await expectText(page, "#snippet", /PARALLEL_API_KEY/)
    await page.click("#copy-snippet")
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toContain("PARALLEL_API_KEY")
    expect(copied).not.toContain(key)
  }
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  await page.waitForSelector("#submitted-connection[data-state=live]")
  expect(await page.content()).not.toContain(key)
  expect(page.url()).not.toContain(key)
  const withKey = requests.filter((r) => JSON.stringify(r).includes(key))
  const create = `${server.origin}/v1beta/tasks/multitask`
  expect(withKey.map((r) => r.url)).toEqual([`${create}?dry_run=true`, create])
  for (const { body } of withKey) expect(body).not.toContain(key)
  expect(await page.getAttribute("#api-key", "type")).toBe("password")
  await page.click("#key-show")
  expect(await page.getAttribute("#api-key", "type")).toBe("text")
})
