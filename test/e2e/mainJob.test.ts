import { type Browser } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { launch, visit } from "../browser/browser.ts"
import { connection, expectText, tableText } from "../browser/setup.ts"
import { DEMO_KEY } from "../../scripts/start/message.ts"
import { companies, outputSchema, Product } from "./product.ts"
import { expectNoSecrets } from "./secrets.ts"
import { servers } from "./servers.ts"
import { expectSawAll, expectTruth, jsonIn, markdownTable } from "./truth.ts"
import { Viewer } from "./viewer.ts"

/** The main job as a user sees it, with every setting at its default. */
const pair = servers({ scenario: { runs: { duration_ms: [800, 4_000], scale_by_processor: false } } })
const product = new Product(pair)
let browser: Browser

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())

it("turns one POST into one URL, live and then complete in every format", async () => {
  const inputs = companies(25)
  await pair.control.forgetRequests()
  const posted = await product.post({
    inputs,
    output_type: "json",
    output_schema: outputSchema,
    processor: "base",
  })
  expect(posted).toMatchObject({ status: 200 })
  expect(posted.headers.get("content-type")).toMatch(/^text\/plain/)
  expect(posted.headers.get("location")).toBe(posted.text)
  const group = product.remember(new URL(posted.text).pathname.slice(1))
  expect(posted.text).toBe(`${pair.url}/${group}`)

  const viewer = new Viewer(`${posted.text}.sse`)
  await viewer.end(30_000)
  const truth = await pair.control.ledger(group)
  expectSawAll(viewer, truth)
  expect(viewer.connections).toHaveLength(1)
  // Live: it was there while the rows were still queued, and saw them one by one.
  expect(viewer.events.filter(({ name }) => name === "task_run.state").length).toBeGreaterThan(25)

  const json = await product.get(`${group}.json`)
  expectTruth(JSON.parse(json.text), truth, inputs)

  const rows = markdownTable((await product.get(`${group}.md`)).text)
  const statuses: Record<string, string> = { completed: "✅ completed", failed: "❌ failed" }
  expect(rows.map((row) => row["run"])).toEqual(JSON.parse(json.text).runs.map((run: any) => run.run_id))
  for (const [index, result] of (JSON.parse(json.text).results as Array<any>).entries()) {
    const row = rows[index]
    expect(row?.["company"]).toBe(result.company)
    expect(row?.["n"]).toBe(String(result.n))
    expect(row?.["tags"]).toBe(result.tags.join(", "))
    expect(row?.["status"]).toBe(statuses[result.$status])
    if (result.$status === "completed") {
      expect(row?.["headquarters"]?.replace(/^(?:🟢|🟡|🔴) /u, "")).toBe(result.headquarters)
      expect(row?.["employees"]?.replace(/^(?:🟢|🟡|🔴) /u, "")).toBe(String(result.employees))
    }
  }

  const html = await product.get(`${group}.html`)
  const page = jsonIn(html.text, "taskgroup")
  expect(jsonIn(html.text, "page-facts")).toMatchObject({ partial: false, ended: true })
  // The page is given what the table shows; reasons and sources it fetches row by row.
  expect(page.results).toEqual(JSON.parse(json.text).results)
  expect(page.status).toEqual(JSON.parse(json.text).status)
  expect(page.runs.map((run: any) => [run.run_id, run.output?.content])).toEqual(
    JSON.parse(json.text).runs.map((run: any) => [run.run_id, run.output?.content]),
  )

  // Who comes back with the last id is told to stay away; who was never here gets everything.
  const last = viewer.events.at(-1)?.id
  expect((await product.get(`${group}.sse`, { "last-event-id": String(last) })).status).toBe(204)
  const late = new Viewer(`${posted.text}.sse`)
  await late.end(10_000)
  expectSawAll(late, truth)
  expect(late.events.filter(({ name }) => name === "task_run.state")).toHaveLength(25)

  // An unchanged group costs a reader nothing.
  for (const format of ["json", "md", "html"]) {
    const etag = (await product.get(`${group}.${format}`)).headers.get("etag") ?? ""
    expect(etag).toMatch(new RegExp(`^W/"${format}-\\d+-`))
    expect(await product.get(`${group}.${format}`, { "if-none-match": etag })).toMatchObject({
      status: 304,
      text: "",
    })
  }

  const { counts, crashes } = await pair.control.requests()
  expect(crashes).toEqual([])
  const count = (pattern: RegExp) =>
    Object.entries(counts).reduce((sum, [route, n]) => sum + (pattern.test(route) ? n : 0), 0)
  // The schema and the processor were given, so that nothing was to be suggested.
  expect(count(/suggest/)).toBe(0)
  expect(count(/^POST .*groups$/)).toBe(1)
  expect(count(/^POST .*groups\/.*runs$/)).toBe(1)
  // An output is fetched once; everything else is a handful of requests.
  expect(count(/result$/)).toBeLessThanOrEqual(25)
  expect(count(/^(?!.*result$)/)).toBeLessThanOrEqual(10)
})

it("takes a client that asks for JSON and gives neither schema nor processor", async () => {
  const inputs = [{ product: "bicycle" }, { product: "Ünïcode ☃ <b>&amp;|</b>\nline" }, { product: "0" }]
  const posted = await product.post(
    {
      inputs: JSON.stringify([...inputs, { product: "" }]),
      output_type: "json",
      output_description: "maker and price",
      skip_empty: true,
    },
    { accept: "application/json" },
  )
  expect(posted.headers.get("content-type")).toMatch(/^application\/json/)
  const answer = JSON.parse(posted.text)
  expect(answer).toMatchObject({
    url: `${pair.url}/${answer.taskgroup_id}`,
    num_inputs: 3,
    processor: expect.any(String),
    output_schema: { type: "object", properties: expect.any(Object) },
    estimated_cost_usd: expect.any(Number),
    warnings: [expect.stringContaining("1 row holds no value")],
  })
  product.remember(answer.taskgroup_id)
  const json = await product.ended(answer.taskgroup_id, 30_000)
  expectTruth(json, await pair.control.ledger(answer.taskgroup_id), inputs)
  expect(markdownTable((await product.get(`${answer.taskgroup_id}.md`)).text)).toHaveLength(3)
})

it("does the same for a visitor with a browser: key, form, buttons, a table that fills", async () => {
  const { page, context, alarms } = await visit(browser)
  await page.goto(pair.url)
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  await page.fill("#api-key", DEMO_KEY)
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  const links = await page.$$eval("#submitted-buttons a", (all) =>
    all.map((a) => a.getAttribute("href") ?? ""),
  )
  expect(links.map((link) => link.replace(/^.*\./, "."))).toEqual([
    ".html",
    ".csv",
    ".json",
    ".jsonl",
    ".md",
    ".sse",
    ".db",
  ])
  const group = product.remember(/\/([^/.]+)\.html$/.exec(links[0] ?? "")?.[1] ?? "")

  const [result] = await Promise.all([
    context.waitForEvent("page"),
    page.click(`#submitted-buttons a[href='${links[0]}']`),
  ])
  await connection(result, "live")
  expect(new URL(result.url()).pathname).toBe(`/${group}.html`)
  // While it runs, some rows are still to come.
  expect(await result.textContent("#headline")).toMatch(/^\d of 8 rows finished$/)
  await result.waitForSelector("#connection[data-state='ended']", { timeout: 60_000 })
  await expectText(result, "#headline", /^(?:All 8 rows done|\d of 8 rows done)/)
  const shown = await tableText(result)
  const truth = await pair.control.ledger(group)
  const answer = await product.json(group)
  const submitted = truth.runs.toSorted((a, b) => a.input_index - b.input_index)
  expectTruth(
    answer,
    truth,
    submitted.map((run) => run.input as object),
  )
  expect(shown).toHaveLength(8)
  for (const [index, run] of submitted.entries()) {
    const text = shown[index]?.join(" ")
    expect(text).toContain((run.input as { company: string }).company)
    expect(text).toMatch(run.final_status === "completed" ? /Done/i : /Failed/i)
    const content = (run.output?.content ?? {}) as Record<string, unknown>
    for (const value of Object.values(content)) {
      if (typeof value === "string") expect(text).toContain(value)
    }
  }
  await page.waitForSelector("#submitted-connection[data-state=ended]")
  expect(alarms).toEqual([])
  await context.close()
})

it("leaves no secret in tables, formats, logs or answers", async () => {
  await expectNoSecrets(product, [DEMO_KEY])
})
