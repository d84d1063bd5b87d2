import type { Page, Route } from "playwright-core"
import { expect, it } from "vitest"
import { axe } from "./browser.ts"
import { SUGGESTED } from "./fakeServer.ts"
import { complete } from "./samples.ts"
import { expectText, harness } from "./setup.ts"

/** What is planned, tried and run, and what was sent for it: money is spent by nothing else. */

const { server, open } = harness()
const CREATE = "**/v1beta/tasks/multitask"

/** How many plans were asked for, and how many requests were to change something, since. */
function since() {
  const [plans, posted] = [server.plans.length, server.posted.length]
  return {
    counts: () => [server.plans.length - plans, server.posted.length - posted],
    plans: () => server.plans.slice(plans),
    posted: () => server.posted.slice(posted),
  }
}

const form = async (options = {}) => {
  const page = await open(server.origin, options)
  await page.fill("#api-key", "k")
  return page
}
const rows = (n: number) => JSON.stringify(Array.from({ length: n }, (_, at) => ({ name: `row ${at}` })))
/** Rows whose text is not what a value made of it would be. */
const numbered = (from: number, to: number) =>
  `[${Array.from({ length: to - from }, (_, at) => `{"name":"row ${from + at}","n":${from + at}.10}`).join(",")}]`
const newest = () => {
  const group = [...server.groups.values()].at(-1)
  if (!group) throw new Error("no group")
  return group
}
const started = (page: Page) => page.waitForSelector("#submitted:not([hidden])")
const isOff = (page: Page) => page.getAttribute("#submit", "aria-disabled")

it("suggests fields, processor, cost and time, beside the other processors, and starts nothing", async () => {
  const page = await form()
  const sent = since()
  expect(await page.locator("#choice tbody tr").count()).toBe(9)
  await expectText(page, "#choice", /pro.*\$0\.80/)
  await page.getByRole("button", { name: "Suggest", exact: true }).click()
  await expectText(page, "#run-note", /^Planned\. Nothing has been started\.$/)
  expect(sent.counts()).toEqual([1, 0])
  expect(server.groups.size).toBe(0)
  expect(sent.plans()[0]?.body).not.toHaveProperty("processor")
  expect(await page.isVisible("[aria-label='Name of field 1']")).toBe(true)
  expect(await page.inputValue("[aria-label='Name of field 1']")).toBe("ceo")
  expect(await page.isChecked("[name=processor-choice][value=core]")).toBe(true)
  await expectText(page, "#processor option:checked", /^Suggested: core$/)
  await expectText(page, "#estimate-cost", /^\$0\.20$/)
  await expectText(page, "#estimate-time", /^1–5 min$/)
  expect(await page.isChecked("[name=schema-mode][value=suggest]")).toBe(true)

  // The plan is run as it stands; nothing is suggested again.
  await page.click("#submit")
  await started(page)
  expect(sent.counts()).toEqual([1, 1])
  expect(sent.posted()[0]?.body).toMatchObject({
    processor: "core",
    output_schema: SUGGESTED,
    max_cost_usd: 0.2,
  })
  expect(sent.posted()[0]?.body).not.toHaveProperty("limit")
})

it("plans anew what has changed, with the fields and the processor that are shown", async () => {
  const page = await form()
  const sent = since()
  await page.click("#suggest")
  await expectText(page, "#run-note", /^Planned/)
  await page.fill("[aria-label='Name of field 1']", "chief")
  expect(await page.isChecked("[name=schema-mode][value=own]")).toBe(true)
  await expectText(page, "#run-note", /^$/)
  await page.check("[name=processor-choice][value=lite-fast]")
  expect(await page.inputValue("#processor")).toBe("lite-fast")
  await page.click("#submit")
  await started(page)
  expect(sent.counts()).toEqual([2, 1])
  const fields = (at: number) => Object.keys(sent.plans()[at]?.body.output_schema?.properties ?? {})
  expect(fields(1)).toEqual(["chief", "founded"])
  expect(sent.posted()[0]?.body.output_schema).toMatchObject({ description: SUGGESTED.description })
  expect(sent.posted()[0]?.body).toMatchObject({ processor: "lite-fast", max_cost_usd: 0.04 })

  // Another question has no suggestion yet.
  await page.check("[name=schema-mode][value=suggest]")
  await page.fill("#output-description", "Which products?")
  expect(await page.isVisible("#schema-editor")).toBe(false)
  await page.selectOption("#processor", "")
  await page.click("#submit")
  await expect.poll(() => sent.counts()).toEqual([3, 2])
  expect(sent.plans()[2]?.body).not.toHaveProperty("output_schema")

  // What was chosen is no suggestion: that is as it was.
  await page.selectOption("#processor", "")
  await expectText(page, "#processor option:checked", /^Suggested: core$/)
  await page.check("[name=schema-mode][value=suggest]")
  expect(await page.inputValue("[aria-label='Name of field 1']")).toBe("ceo")
})

it("goes on with nothing that has changed while it was planned", async () => {
  const page = await form()
  const sent = since()
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  await page.route(`${CREATE}?dry_run=true`, async (route) => {
    await gate
    await route.continue()
  })
  await page.click("#submit")
  await expectText(page, "#submit", /^Planning…$/)
  // Nothing else is begun meanwhile.
  await page.click("#try", { force: true })
  await page.fill("#inputs", rows(5000))
  release()
  await expectText(page, "#form-error", /The form has changed while the plan was made/)
  expect(sent.counts()).toEqual([1, 0])
})

it("says why a plan was refused, and starts nothing", async () => {
  const page = await form()
  const sent = since()
  const errors = [{ path: "inputs[3]", message: "is too large" }]
  server.onPlan = () => ({
    status: 422,
    body: { type: "error", error: { ref_id: "r", message: "One problem", detail: { errors } } },
  })
  for (const button of ["#suggest", "#try", "#submit"]) {
    await page.click(button)
    await expectText(page, "#inputs-error[role=alert]", /Row 4: is too large/)
    await page.press("#inputs", "End")
    await page.keyboard.type(" ")
  }
  server.onPlan = () => ({
    status: 402,
    body: { type: "error", error: { ref_id: "r", message: "No credit.", detail: null } },
  })
  await page.click("#submit")
  await expectText(page, "#form-error[role=alert]", /No credit\./)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("form-error")
  server.onPlan = null
  expect(sent.counts()).toEqual([4, 0])
})

it("asks above the threshold, in a dialog that names rows and sum, and sends nothing unless agreed", async () => {
  const page = await form()
  const sent = since()
  await page.fill("#inputs", rows(300))
  await page.selectOption("#processor", "ultra8x")
  await page.click("#submit")
  const dialog = page.getByRole("dialog", { name: "Run 300 rows for $720.00?" })
  await dialog.waitFor()
  expect(await axe(page)).toEqual([])
  expect(await dialog.locator("input").count()).toBe(0)
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Cancel")
  await page.keyboard.press("Escape")
  await dialog.waitFor({ state: "hidden" })
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("submit")
  expect(sent.counts()).toEqual([1, 0])

  await page.keyboard.press("Enter")
  await dialog.getByRole("button", { name: "Cancel" }).click()
  expect(sent.counts()).toEqual([1, 0])
  await page.click("#submit")
  await dialog.getByRole("button", { name: "Run 300 rows for $720.00" }).click()
  await started(page)
  expect(sent.counts()).toEqual([1, 1])
  expect(sent.posted()[0]?.body.max_cost_usd).toBe(720)
})

it("keeps the threshold in this browser, and goes on by itself up to it", async () => {
  const page = await form()
  const sent = since()
  await page.getByLabel("Ask first above $").fill("0.1")
  await page.press("#ask-above", "Tab")
  await page.reload()
  expect(await page.inputValue("#ask-above")).toBe("0.1")
  await page.fill("#limit", "4")
  await page.click("#submit")
  await started(page)
  await page.fill("#limit", "5")
  await page.click("#submit")
  await page.getByRole("dialog", { name: "Run 5 rows for $0.125?" }).waitFor()
  expect(sent.counts()).toEqual([2, 1])
})

it("asks where no price is known, and caps nothing then", async () => {
  const page = await form()
  const sent = since()
  server.suggestion = { processor: "newest", schema: SUGGESTED }
  await page.click("#submit")
  await page.getByRole("dialog", { name: "Run 8 rows?" }).waitFor()
  await expectText(page, "#confirm-text", /newest has no price that is known here/)
  await page.click("#confirm-go")
  await started(page)
  server.suggestion = { processor: "core", schema: SUGGESTED }
  expect(sent.counts()).toEqual([1, 1])
  expect(sent.posted()[0]?.body).not.toHaveProperty("max_cost_usd")
})

it("does not start the rows that a file is about to replace", async () => {
  const page = await form()
  const sent = since()
  await page.evaluate(() => {
    const read = Blob.prototype.arrayBuffer
    const go = new Promise((resolve) => addEventListener("read-on", resolve))
    Blob.prototype.arrayBuffer = async function () {
      await go
      return read.call(this)
    }
  })
  const buffer = Buffer.from("name\nApple\nStripe\n")
  await page.setInputFiles("#inputs-file", { name: "mine.csv", mimeType: "text/csv", buffer })
  await expectText(page, "#inputs-summary", /^Reading mine\.csv…$/)
  await page.click("#submit")
  await expectText(page, "#inputs-error", /mine\.csv is still being read/)
  expect(sent.counts()).toEqual([0, 0])
  await page.evaluate(() => dispatchEvent(new Event("read-on")))
  await expectText(page, "#submit", /^Run 2 rows$/)
  await expectText(page, "#inputs-error", /^$/)
  await page.click("#submit")
  await started(page)
  expect(sent.posted()[0]?.body.inputs).toEqual([{ name: "Apple" }, { name: "Stripe" }])
})

it("is disarmed once the rows are started, until something changes", async () => {
  const page = await form()
  const sent = since()
  await page.click("#submit")
  await started(page)
  expect(await isOff(page)).toBe("true")
  await expectText(page, "#run-note", /Change something to run again/)
  await page.locator("#submit").click({ force: true })
  await page.focus("#output-description")
  await page.keyboard.press("Control+Enter")
  await page.reload()
  expect(await isOff(page)).toBe("true")
  // The group that was paid for is still there to be opened.
  expect(await page.getAttribute("#submitted-url a", "href")).toBe(`/${newest().id}`)
  await page.keyboard.press("Control+Enter")
  expect(sent.counts()).toEqual([1, 1])
  // Other bounds of the same: what was started is not forgotten.
  await page.fill("#limit", "2")
  await expectText(
    page,
    "#run-note",
    /^Run makes a new group: 2 rows of these, started before, are paid again\./,
  )
  await page.fill("#output-description", "Something else")
  expect(await isOff(page)).toBe("false")
  await expectText(page, "#run-note", /^$/)
})

it("tries three rows, shows them as they end, and adds the others to the same group", async () => {
  const page = await form()
  const sent = since()
  await page.fill("#inputs", numbered(0, 10))
  await page.getByRole("button", { name: "Try 3 rows" }).click()
  await started(page)
  expect(sent.counts()).toEqual([1, 1])
  const [trial] = sent.posted()
  expect(trial?.body).toMatchObject({ limit: 3, max_cost_usd: 0.075, processor: "core" })
  expect(trial?.body.inputs).toHaveLength(3)
  await expectText(page, "#submitted-title", /^The first rows are being tried$/)
  const group = newest()
  await page.waitForSelector("#submitted-connection[data-state=live]")
  complete(group, 0)
  group.set(1, { status: "failed", error: "No source could be read." })
  await expectText(page, "#tried", /Done.*Tim Cook.*Failed.*No source could be read.*Queued/)
  expect(await axe(page)).toEqual([])

  // A reload keeps the trial, and what Run goes on with.
  await page.reload()
  await expectText(page, "#tried", /Tim Cook/)
  expect(await page.isVisible("#try")).toBe(false)
  const draft = await page.evaluate(() => Object.entries(sessionStorage))
  await page.fill("#limit", "2")
  await expectText(page, "#run-note", /^All of these rows have been tried already\.$/)
  await expectText(page, "#estimate-rows", /^0 of 10 rows$/)
  await expectText(page, "#estimate-cost", /^–$/)
  await page.fill("#limit", "")
  await expectText(page, "#estimate-cost", /^\$0\.175$/)
  await page.getByRole("button", { name: "Run the other 7" }).click()
  await expectText(page, "#submitted-progress", /of 10 rows finished/)
  expect(sent.counts()).toEqual([1, 2])
  const added = sent.posted()[1]
  expect(added?.url).toBe(`/${group.id}/inputs`)
  expect(added?.text).toBe(`{"inputs":${numbered(3, 10)},"max_cost_usd":0.175}`)
  expect(added?.headers["idempotency-key"]).not.toBe(trial?.headers["idempotency-key"])
  expect(group.rows).toHaveLength(10)
  expect(await isOff(page)).toBe("true")
  await expectText(page, "#history-list", /10 rows, core/)
  expect(await page.locator("#history-list li").count()).toBe(1)

  // A copy of the tab, made before, pays for nothing twice.
  const copy = await page.context().newPage()
  await copy.addInitScript((kept) => {
    for (const [name, value] of kept) sessionStorage.setItem(name, value)
  }, draft)
  await copy.goto(server.origin)
  await copy.getByRole("button", { name: "Run the other 7" }).click()
  await expectText(copy, "#run-note", /^These rows have been started\./)
  const again = sent.posted()[2]
  expect([again?.text, again?.headers["idempotency-key"]]).toEqual([
    added?.text,
    added?.headers["idempotency-key"],
  ])
  await copy.close()
})

for (const [what, change] of [
  ["the question", (page: Page) => page.fill("#output-description", "Revenue")],
  ["a field", (page: Page) => page.fill("[aria-label='Name of field 1']", "boss")],
  ["the processor", (page: Page) => page.selectOption("#processor", "pro").then(() => {})],
  ["the rows", (page: Page) => page.fill("#inputs", rows(9))],
  [
    "whether the group is there",
    async (page: Page) => {
      const gone = { error: { message: "There is no task group here." } }
      await page.route("**/inputs", (route) => route.fulfill({ status: 404, json: gone }))
      await page.click("#submit")
      await expectText(page, "#form-error", /There is no task group here/)
    },
  ],
] as const)
  it(`makes a new group when ${what} changed after a trial, and says that the three are paid again`, async () => {
    const page = await form()
    const sent = since()
    await page.click("#try")
    await started(page)
    const tried = newest().id
    await change(page)
    await expectText(page, "#run-note", /Run makes a new group: the 3 rows that you tried are paid again/)
    await expectText(page, "#submit", /^Run [89] rows$/)
    await page.click("#submit")
    await expect.poll(() => sent.posted().length).toBe(2)
    expect(sent.posted()[1]?.url).toBe("/v1beta/tasks/multitask")
    expect(sent.posted()[1]?.body).not.toHaveProperty("limit")
    await expect.poll(() => newest().id).not.toBe(tried)
  })

it("cannot split rows behind a URL: what was tried is paid again", async () => {
  const page = await form()
  const sent = since()
  await page.click("text=Inputs from a URL")
  await expectText(page, "#submit", /^Run$/)
  server.onPlan = () => ({
    status: 200,
    body: {
      dry_run: true,
      num_inputs: 50,
      num_inputs_left_out: 0,
      processor: "lite",
      output_schema: SUGGESTED,
      estimated_cost_usd: 0.25,
      estimated_seconds: { min: 10, max: 60 },
      warnings: ["The rows are many."],
    },
  })
  await page.click("#try")
  await started(page)
  server.onPlan = null
  expect(sent.posted()[0]?.body).toMatchObject({ limit: 3, max_cost_usd: 0.015 })
  expect(sent.posted()[0]?.body.inputs).toMatch(/^https:/)
  await expectText(page, "#submit", /^Run 50 rows$/)
  await expectText(page, "#plan-warnings", /The rows are many/)
  await expectText(page, "#run-note", /the 3 rows that you tried are paid again/)
  await page.click("#submit")
  await expect.poll(() => sent.counts()).toEqual([1, 2])
  expect(sent.posted()[1]?.body).toMatchObject({ max_cost_usd: 0.25 })
  expect(sent.posted()[1]?.body).not.toHaveProperty("limit")
})

it("runs as many rows as a budget buys, and says how many", async () => {
  const page = await form()
  const sent = since()
  await page.selectOption("#processor", "pro")
  await page.getByLabel("Never more than $").fill("0.5")
  await expectText(page, "#max-cost-hint", /^Buys 5 rows of 8 at \$0\.10 each\.$/)
  await expectText(page, "#submit", /^Run 5 rows$/)
  await page.click("#submit")
  await started(page)
  expect(sent.counts()).toEqual([2, 1])
  expect(sent.posted()[0]?.body).toMatchObject({ limit: 5, max_cost_usd: 0.5 })
  expect(newest().rows).toHaveLength(5)

  // What a row costs is known once a processor is suggested.
  await page.selectOption("#processor", "")
  await page.fill("#output-description", "Something else")
  await page.fill("#max-cost", "0.06")
  await expectText(page, "#max-cost-hint", /^Only as many rows run as it buys\.$/)
  await page.click("#suggest")
  await expectText(page, "#submit", /^Run 2 rows$/)
  await expectText(page, "#estimate-cost", /^\$0\.05$/)
  await page.click("#submit")
  await expect.poll(() => sent.counts()).toEqual([4, 2])
  expect(sent.posted()[1]?.body).toMatchObject({ limit: 2, max_cost_usd: 0.05 })

  await page.fill("#max-cost", "0.01")
  await page.click("#submit")
  await expectText(page, "#max-cost-error[role=alert]", /One row costs \$0\.025 with core: this buys none/)
  await page.fill("#max-cost", "100")
  await expectText(page, "#max-cost-hint", /^Buys all 8 rows/)
  expect(sent.posted()).toHaveLength(2)
})

/** The server does what it is asked to, and its answer is lost, until the page gives up. */
async function loseAnswers(page: Page, where = CREATE) {
  const lose = async (route: Route) => {
    await route.fetch()
    await route.abort("connectionreset")
  }
  await page.route(where, lose)
  await page.click("#submit")
  await expect
    .poll(async () => {
      await page.clock.fastForward(15_000)
      return (await page.isVisible("#form-error")) ? page.textContent("#form-error") : null
    })
    .toMatch(/Whether the group was started is not known/)
  await page.unroute(where)
}

it("pays once when the answer was lost, and the page loaded again since", async () => {
  const page = await form()
  await page.clock.install()
  const sent = since()
  const before = server.groups.size
  await page.fill("#webhook-url", "https://example.com/hook")
  await loseAnswers(page)
  await page.reload()
  await expectText(
    page,
    "#run-note",
    /8 rows sent on .*no answer came\. Sent again unchanged, they are started once/,
  )
  await page.click("#submit")
  await started(page)
  const keys = new Set(sent.posted().map(({ headers }) => headers["idempotency-key"]))
  expect(keys.size).toBe(1)
  expect(new Set(sent.posted().map(({ text }) => text)).size).toBe(1)
  expect(server.groups.size).toBe(before + 1)

  // Of a trial it is the others that were sent, to a group that is known.
  await page.fill("#output-description", "Something else")
  await page.click("#try")
  await expectText(page, "#submit", /^Run the other 5$/)
  await loseAnswers(page, "**/inputs")
  await page.reload()
  await expectText(page, "#run-note", /^5 rows sent on .*no answer came/)
  await page.selectOption("#processor", "lite")
  await page.click("#submit")
  await expectText(
    page,
    "#confirm-text",
    /5 rows sent on .*Look here first, it may be what came of it: tgrp_/,
  )
  await page.click("#confirm-cancel")
  await page.selectOption("#processor", "")
  await page.click("#submit")
  await expectText(page, "#run-note", /^These rows have been started/)
  expect(newest().rows).toHaveLength(8)
})

it("asks before it pays for what may have been started under another request, or a day ago, and looks for it first", async () => {
  const page = await form()
  await page.clock.install()
  await loseAnswers(page)
  const lost = newest()
  const sent = since()
  // To another account it is another request, for all that the server knows.
  await page.fill("#api-key", "key-of-another-account")
  await page.click("#submit")
  await page.waitForSelector("#confirm[open]")
  await expectText(page, "#confirm-text", /may have been started.*the key has changed since/)
  await page.click("#confirm-cancel")
  await page.fill("#output-description", "Something else")
  await page.click("#submit")
  await page.waitForSelector("#confirm[open]")
  await expectText(
    page,
    "#confirm-text",
    /8 rows sent on .*may have been started.*The form or the key has changed since/,
  )
  await expectText(page, "#confirm-text", /No group that came of it was found/)
  await page.click("#confirm-cancel")
  expect(sent.counts()[1]).toBe(0)

  // A day later, with the group in this browser's list from another tab.
  await page.fill("#output-description", "CEO name, year founded, headquarters city, number of employees")
  await page.evaluate((id) => {
    const past = { id, created: new Date().toISOString(), rows: 8, what: "", processor: "core" }
    localStorage.setItem("parallel-multitask:groups", JSON.stringify([past]))
  }, lost.id)
  await page.clock.fastForward(25 * 3600 * 1000)
  await page.reload()
  await expectText(page, "#run-note", /more than 24 hours ago: Run looks for the group first/)
  await page.click("#submit")
  await page.waitForSelector("#confirm[open]")
  await expectText(page, "#confirm-text", /no longer knows: sent again, it is paid for again/)
  expect(await page.getAttribute("#confirm-text a", "href")).toBe(`/${lost.id}`)
  await page.keyboard.press("Escape")
  expect(sent.counts()[1]).toBe(0)
})

it("keeps what was typed over a reload, without keys and secrets", async () => {
  const page = await open(server.origin)
  await page.fill("#api-key", "key-of-the-test")
  const secret = `whsec_${Buffer.from("a secret of thirty-two bytes....").toString("base64")}`
  await page.fill("#inputs", "name\nAcme\nBeta")
  await page.click("text=More options")
  await page.fill("#webhook-secret", secret)
  await page.fill(
    "#other-fields",
    '{"mcp_servers":[{"url":"https://a.example","name":"a","headers":{"x":"Token-1"}}]}',
  )
  await page.click("#suggest")
  await expectText(page, "#run-note", /^Planned/)
  const kept = await page.evaluate(() => JSON.stringify(sessionStorage))
  for (const text of [secret, "Token-1", "key-of-the-test"]) expect(kept).not.toContain(text)
  await page.reload()
  expect(await page.inputValue("#inputs")).toBe("name\nAcme\nBeta")
  expect(await page.inputValue("#webhook-secret")).toBe("")
  await expectText(page, "#submit", /^Run 2 rows$/)
  expect(await page.inputValue("[aria-label='Name of field 1']")).toBe("ceo")
  await expectText(page, "#other-fields", /^$/)
  expect(await page.inputValue("#other-fields")).toContain("YOUR_SECRET")
})

for (const colorScheme of ["light", "dark"] as const)
  it(`fits a phone, with targets of 44 px, and has no violations that axe-core can find (${colorScheme})`, async () => {
    const page = await form({ colorScheme, viewport: { width: 375, height: 812 }, hasTouch: true })
    await page.tap("#suggest")
    await expectText(page, "#run-note", /^Planned/)
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(await overflow()).toBe(0)
    const heights = (selector: string) =>
      page.$$eval(selector, (all) =>
        all
          .filter((one) => one.checkVisibility())
          .map((one) => [
            one.id || one.textContent,
            (one.closest("label") ?? one).getBoundingClientRect().height,
          ]),
      )
    const small = async (selector: string) =>
      (await heights(selector)).filter(([, height]) => Number(height) < 44)
    expect(await small("#form :is(button, select, input), .examples button")).toEqual([])
    expect(await axe(page)).toEqual([])
    await page.fill("#ask-above", "0")
    await page.tap("#try")
    await page.waitForSelector("#confirm[open]")
    expect(await small("#confirm button")).toEqual([])
    expect(await axe(page)).toEqual([])
    await page.tap("#confirm-go")
    await started(page)
    expect(await overflow()).toBe(0)
    expect(await axe(page)).toEqual([])
  })

it("can be planned, tried and run with the keyboard alone", async () => {
  const page = await form()
  const sent = since()
  await page.focus("#suggest")
  await page.keyboard.press("Enter")
  await expectText(page, "#run-note", /^Planned/)
  await page.keyboard.press("Tab")
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("try")
  await page.keyboard.press("Space")
  await started(page)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("submitted-title")
  await page.focus("#suggest")
  await page.keyboard.press("Tab")
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Run the other 5")
  await page.keyboard.press("Enter")
  await expectText(page, "#submitted-progress", /of 8 rows finished/)
  await page.focus("[name=processor-choice]:checked")
  await page.keyboard.press("ArrowDown")
  expect(await page.inputValue("#processor")).toBe("core-fast")
  expect(sent.counts()).toEqual([1, 2])
})
