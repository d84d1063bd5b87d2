import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { axe } from "./browser.ts"
import { SUGGESTED } from "./fakeServer.ts"
import { expectText, harness, picture } from "./setup.ts"

const { server, open } = harness()

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes....").toString("base64")}`
const TOKEN = "Bearer token-of-the-crm"
const OTHERS = {
  source_policy: { include_domains: ["sec.gov"] },
  mcp_servers: [
    { type: "url", url: "https://mcp.example/crm", name: "crm", headers: { authorization: TOKEN } },
  ],
  advanced_settings: { location: "us" },
  previous_interaction_id: "trun_before",
  memory_scope_key: "spring",
  enable_events: true,
}

async function fillAll(page: Page) {
  await page.getByLabel("Only the first n rows").fill("3")
  await page.getByLabel("Never more than $").fill("2.50")
  await page.click("text=More options")
  await page.getByLabel("Title", { exact: true }).fill("Companies: who leads them?")
  await page.getByLabel("Skip empty rows").check()
  await page.getByLabel("Metadata").fill('{"project": "spring", "10": "ten", "2": "two"}')
  await page.getByLabel("Webhook (optional)").fill("https://example.com/hook")
  await page.getByLabel("Webhook secret").fill(SECRET)
  await page.getByLabel("Other request fields, as JSON").fill(JSON.stringify(OTHERS))
}

it("sends everything the API takes, as it was written, and shows no secret of it", async () => {
  const page = await open(server.origin)
  await page.fill("#api-key", "k")
  await picture(page, "form")
  await fillAll(page)
  await expectText(page, "#submit", /^Run 3 rows$/)
  await expectText(page, "#estimate-rows", /^3 of 8 rows$/)
  await expectText(page, "#estimate-cost", /^\$0\.03 – \$0\.30$/)
  expect(await axe(page)).toEqual([])
  await picture(page, "form-options")
  for (const language of ["curl", "typescript", "python"]) {
    await page.click(`[data-language=${language}]`)
    await page.click("#copy-snippet")
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    for (const part of [
      '"limit": 3',
      '"max_cost_usd": 2.50',
      '"whsec_YOUR_SECRET"',
      '"authorization": "YOUR_SECRET"',
    ])
      expect(copied).toContain(part)
    for (const secret of [SECRET, TOKEN]) expect(copied).not.toContain(secret)
  }
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  const posted = server.posted.at(-1)
  expect(posted?.body).toEqual({
    inputs: expect.anything(),
    output_type: "json",
    output_description: "CEO name, year founded, headquarters city, number of employees",
    webhook_url: "https://example.com/hook",
    output_schema: SUGGESTED,
    processor: "core",
    limit: 3,
    max_cost_usd: 0.075,
    skip_empty: true,
    title: "Companies: who leads them?",
    metadata: { project: "spring", 10: "ten", 2: "two" },
    webhook_secret: SECRET,
    ...OTHERS,
  })
  expect(posted?.text).toContain('"metadata":{"project":"spring","10":"ten","2":"two"}')
  // The list of groups has the title; nothing that this browser keeps has a secret.
  await expectText(page, "#history-list a", /^Companies: who leads them\?$/)
  await expectText(page, "#history-list .question", /^CEO name, year founded/)
  const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, location.href]))
  for (const secret of [SECRET, "token-of-the-crm"]) expect(kept).not.toContain(secret)
})

it("keeps secrets out of the draft, and says that they are to be put in again", async () => {
  server.loginUrl = `${server.origin}/away`
  const page = await open(server.origin)
  await page.fill("#api-key", "k")
  await fillAll(page)
  // Away at the login, here of this origin, so that one sees what is kept.
  await page.click("#sign-in")
  await page.waitForURL("**/away/**")
  const kept = await page.evaluate(() => sessionStorage.getItem("parallel-multitask:draft"))
  expect(kept).toContain("Companies: who leads them?")
  for (const secret of [SECRET, "token-of-the-crm"]) expect(kept).not.toContain(secret)

  await page.goto(server.origin)
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  expect(await page.inputValue("#limit")).toBe("3")
  expect(await page.inputValue("#title")).toBe("Companies: who leads them?")
  expect(await page.isChecked("#skip-empty")).toBe(true)
  expect(await page.inputValue("#webhook-secret")).toBe("")
  await expectText(page, "#secret-gone", /Put it in again/)
  expect(await page.isVisible("#secret-gone")).toBe(true)
  // What stands for the headers is not sent in their place.
  const before = server.posted.length
  await page.click("#submit")
  await expectText(page, "#other-fields-error", /Headers are not kept while you are away.*YOUR_SECRET/)
  expect(server.posted.length).toBe(before)
  await page.fill("#other-fields", JSON.stringify(OTHERS))
  await page.fill("#webhook-secret", SECRET)
  expect(await page.isVisible("#secret-gone")).toBe(false)
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  expect(server.posted.at(-1)?.body).toMatchObject({ webhook_secret: SECRET, ...OTHERS })
})

it("keeps nothing of what is passed on while that is no JSON, for it may hold a secret", async () => {
  server.loginUrl = `${server.origin}/away`
  const page = await open(server.origin)
  await page.click("text=More options")
  await page.fill("#other-fields", `{"mcp_servers": [{"headers": {"authorization": "${TOKEN}"}`)
  await page.click("#sign-in")
  await page.waitForURL("**/away/**")
  const kept = await page.evaluate(() => sessionStorage.getItem("parallel-multitask:draft"))
  expect(kept).toContain('"others":null')
  await page.goto(server.origin)
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  expect(await page.isVisible("#others-gone")).toBe(true)
  await page.fill("#other-fields", "{}")
  expect(await page.isVisible("#others-gone")).toBe(false)
})

it("says at its control what is wrong with an option, once one has left it, and unfolds it for the API's word", async () => {
  const page = await open(server.origin, { colorScheme: "dark" })
  await page.fill("#api-key", "k")
  expect(await page.isVisible("#metadata")).toBe(false)
  await page.getByLabel("Only the first n rows").fill("three")
  expect(await page.isVisible("#limit-error")).toBe(false)
  await page.getByLabel("Never more than $").fill("1,50")
  await expectText(page, "#limit-error", /whole number from 1 on/)
  await page.click("text=More options")
  await page.getByLabel("Metadata").fill('{"a": 1, "b": "x", "b": "y"}')
  await expectText(page, "#max-cost-error", /an amount in dollars such as 2\.50/)
  await page.getByLabel("Webhook secret").fill("whsec_short")
  await expectText(page, "#metadata-error", /b: .*twice.*a: must be a text/)
  await page.getByLabel("Other request fields, as JSON").fill('{"procesor": "pro"}')
  await expectText(page, "#webhook-secret-error", /base64 of 24 to 64 bytes/)
  await page.focus("#title")
  await expectText(page, "#other-fields-error", /"procesor" is none of source_policy, mcp_servers/)
  await page.fill("#other-fields", "{")
  await page.focus("#title")
  await expectText(page, "#other-fields-error", /Not valid JSON/)
  expect(await axe(page)).toEqual([])
  await picture(page, "form-errors")
  const before = server.posted.length
  await page.click("#submit")
  expect(server.posted.length).toBe(before)
  for (const id of ["limit", "max-cost", "metadata", "webhook-secret", "other-fields"])
    await page.fill(`#${id}`, "")
  await page.click("text=More options")
  expect(await page.isVisible("#metadata")).toBe(false)

  const errors = [
    { path: "limit", message: "must be a whole number" },
    { path: "max_cost_usd", message: "is below the estimate of $0.20" },
    { path: "title", message: "is too long" },
    { path: "metadata.title", message: "is ours" },
    { path: "webhook_secret", message: "has 3 bytes" },
    { path: "skip_empty", message: "must be true or false" },
    { path: "mcp_servers[0].url", message: "must be https" },
  ]
  server.onPost = () => ({
    status: 422,
    body: { type: "error", error: { ref_id: "r", message: "Seven problems", detail: { errors } } },
  })
  await page.click("#submit")
  await expectText(page, "#limit-error", /must be a whole number/)
  await expectText(page, "#max-cost-error", /below the estimate of \$0\.20/)
  await expectText(page, "#title-error", /is too long/)
  await expectText(page, "#metadata-error", /^title: is ours/)
  await expectText(page, "#webhook-secret-error", /has 3 bytes/)
  await expectText(page, "#skip-empty-error", /must be true or false/)
  await expectText(page, "#other-fields-error", /^mcp_servers\[0\]\.url: must be https/)
  expect(await page.isVisible("#title")).toBe(true)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("limit")
  server.onPost = null
})

it("leaves empty rows out when asked to, and says how many", async () => {
  const page = await open(server.origin)
  await page.fill("#api-key", "k")
  await page.fill("#inputs", '[{"a":1},{},{"a":null}]')
  await expectText(page, "#inputs-error", /Row 2: holds no value/)
  await page.click("text=More options")
  await page.getByLabel("Skip empty rows").check()
  await expectText(page, "#inputs-summary", /1 row, 1 column, read as JSON\. 2 empty rows left out\./)
  expect(await page.isVisible("#inputs-error")).toBe(false)
  await expectText(page, "#submit", /^Run 1 row$/)
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  expect(server.posted.at(-1)?.body).toMatchObject({ inputs: [{ a: 1 }], skip_empty: true })
})

it("shows in the list of groups what they are called and how they ended", async () => {
  const page = await open(server.origin)
  await page.fill("#api-key", "k")
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  const group = [...server.groups.values()].at(-1)
  if (!group) throw new Error("no group")
  group.title = "Named later, by the server"
  group.end("given_up")
  await page.waitForSelector("#submitted-connection[data-state=ended]")
  expect(await page.textContent("#submitted-connection .connection-text")).toBe("Given up")
  expect(await page.textContent("#submitted-title")).toBe("Given up")
  expect(await page.textContent("#submitted-progress")).toBe("Given up: 0 of 8 rows finished")
  expect(await page.textContent("#submitted-message")).toMatch(/POST \/\S+\/resume/)
  expect(await page.getAttribute("#submitted-message", "class")).toContain("error")
  await page.reload()
  await expectText(page, "#history-list a", /^Named later, by the server$/)
  await expectText(page, "#history-list", /Given up: 0 of 8 rows finished/)
})
