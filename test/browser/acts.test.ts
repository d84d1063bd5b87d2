import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { axe, type VisitOptions } from "./browser.ts"
import type { FakeGroup } from "./fakeGroup.ts"
import { companyGroup, complete } from "./samples.ts"
import { connection, expectText, harness, picture, rowButton } from "./setup.ts"

const { server, open } = harness()
const KEY = "acts-key-0123456789"

/** Of eight rows the last ones have failed, and it is over. */
function ended(id: string, failed = 2) {
  const group = companyGroup(id)
  group.title = "Companies: who leads them?"
  for (let index = 0; index < 8; index++)
    if (index < 8 - failed) complete(group, index)
    else group.set(index, { status: "failed", error: "No source could be read." })
  return group.end()
}

/** In a browser that keeps a key. */
const openWithKey = (group: FakeGroup, options: VisitOptions = {}) =>
  open(server.add(group), {
    storageState: {
      cookies: [],
      origins: [{ origin: server.origin, localStorage: [{ name: "parallel-multitask:key", value: KEY }] }],
    },
    ...options,
  })

const act = (page: Page, name: string) => page.locator(`#acts [data-act="${name}"]`)
const go = (page: Page) => page.locator("#act button[type=submit]")
const dialog = (page: Page) => page.locator("#act[open]")
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim())
const shownActs = (page: Page) =>
  page.$$eval("#acts [data-act]", (all) =>
    all.filter((one) => one.checkVisibility()).map((one) => one.textContent?.trim()),
  )
const lastPosted = () => server.posted.at(-1)

it("runs failed rows again for the sum that it named, and is live at once", async () => {
  const group = ended("tgrp_acts_retry")
  const page = await openWithKey(group)
  await connection(page, "ended")
  expect(await shownActs(page)).toEqual([
    "Retry failed rows 2 for $0.05",
    "Add rows",
    "Run again with changes",
    "Delete now",
  ])
  expect(await act(page, "again").getAttribute("href")).toBe("/#again=tgrp_acts_retry")
  expect(await page.textContent("#notices")).toContain(
    "“Retry failed rows” runs what failed again, as new runs.",
  )
  await picture(page, "acts-bar")
  const plans = server.plans.length
  await act(page, "retry").focus()
  await page.keyboard.press("Enter")
  await dialog(page).waitFor()
  // Whoever presses Enter twice has done nothing.
  expect(await focused(page)).toBe("Cancel")
  await expectText(page, "#act button[type=submit]", /^Retry 2 rows for \$0\.05$/)
  await page.waitForSelector("#act button[type=submit][aria-disabled=false]")
  expect(server.plans.length).toBe(plans + 1)
  expect(server.plans.at(-1)?.headers["x-api-key"]).toBe(KEY)
  await page.selectOption("#act-processor", "pro")
  await expectText(page, "#act button[type=submit]", /^Retry 2 rows for \$0\.20$/)
  await page.waitForSelector("#act button[type=submit][aria-disabled=false]")
  expect(await axe(page)).toEqual([])
  await picture(page, "acts-retry")
  await page.keyboard.press("Escape")
  await dialog(page).waitFor({ state: "hidden" })
  expect(await focused(page)).toBe("Retry failed rows 2 for $0.05")
  expect(server.posted.filter(({ url }) => url.endsWith("/retry"))).toEqual([])
  await page.keyboard.press("Enter")
  await expectText(page, "#act button[type=submit]", /^Retry 2 rows for \$0\.05$/)
  await page.waitForSelector("#act button[type=submit][aria-disabled=false]")
  await page.focus("#act button[type=submit]")
  await page.keyboard.press("Enter")
  await connection(page, "live")
  await expectText(page, "#headline", /^6 of 8 rows finished$/)
  expect(await page.textContent(".act-said")).toBe("2 rows run again.")
  expect(lastPosted()).toMatchObject({ url: "/tgrp_acts_retry/retry", body: { max_cost_usd: 0.05 } })
  expect(lastPosted()?.headers["x-api-key"]).toBe(KEY)
  expect(lastPosted()?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/)
  // The button is gone with its rows; the focus is where one goes on.
  expect(await focused(page)).toMatch(/^(Stop|Add rows)$/)
  for (const index of [6, 7]) complete(group, index)
  group.end()
  await expectText(page, "#headline", /^All 8 rows done$/)
})

it("pays once after a lost answer, over a reload, and starts nothing anew that it does not say so", async () => {
  const group = ended("tgrp_acts_lost")
  const page = await openWithKey(group)
  server.loses = 1
  await act(page, "retry").click()
  await page.waitForSelector("#act button[type=submit][aria-disabled=false]")
  await go(page).click()
  await expectText(page, "#act-problem", /Whether it was carried out is not known/)
  expect(await go(page).textContent()).toBe("Send again, paid once")
  await picture(page, "acts-lost")
  const first = lastPosted()
  const kept = await page.evaluate(() => JSON.stringify(Object.entries(sessionStorage)))
  expect(kept).not.toContain(KEY)
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  await page.locator(".act-open").click()
  await expectText(page, "#act", /Retry 2 rows for \$0\.05: no answer came/)
  await expectText(page, "#act", /The group then: 6 of 8 rows done, 2 failed\. Now: 6 of 8 rows finished\./)
  expect(await axe(page)).toEqual([])
  await go(page).click()
  await expectText(page, ".act-said", /^2 rows run again\.$/)
  expect(lastPosted()?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"])
  expect(lastPosted()?.text).toBe(first?.text)
  expect(group.rows.map(({ attempt = 1 }) => attempt)).toEqual([1, 1, 1, 1, 1, 1, 2, 2])
  expect(await page.evaluate(() => Object.entries(sessionStorage))).toEqual([])
})

it("does not send again what the server has forgotten, and says why", async () => {
  const group = ended("tgrp_acts_old")
  const page = await openWithKey(group)
  server.loses = 1
  await act(page, "retry").click()
  await page.waitForSelector("#act button[type=submit][aria-disabled=false]")
  await go(page).click()
  await expectText(page, "#act-problem", /not known/)
  await page.evaluate(() => {
    const name = "parallel-multitask:acts:tgrp_acts_old"
    const [one] = JSON.parse(sessionStorage.getItem(name) ?? "[]")
    sessionStorage.setItem(name, JSON.stringify([{ ...one, at: Date.now() - 25 * 3600_000 }]))
  })
  for (const index of [6, 7]) group.set(index, { status: "failed", error: "Once more." })
  group.end()
  const sent = server.posted.length
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  await act(page, "retry").click()
  await expectText(page, "#act", /more than 24 hours ago, and the server no longer knows/)
  expect(await go(page).isVisible()).toBe(false)
  await page.getByRole("button", { name: "Start anew" }).click()
  await expectText(page, "#act button[type=submit]", /^Retry 2 rows for \$0\.05$/)
  await page.waitForSelector("#act button[type=submit][aria-disabled=false]")
  expect(server.posted.length).toBe(sent)
  await go(page).click()
  await expectText(page, ".act-said", /^2 rows run again\.$/)
  const keys = server.posted.filter(({ url }) => url === "/tgrp_acts_old/retry")
  expect(new Set(keys.map(({ headers }) => headers["idempotency-key"])).size).toBe(2)
})

it("asks whoever has only the link for a key, stops and goes on", async () => {
  const group = companyGroup("tgrp_acts_link")
  for (const index of [0, 1]) complete(group, index)
  for (const index of [2, 3]) group.set(index, { status: "running" })
  const page = await open(server.add(group), { colorScheme: "dark" })
  await connection(page, "live")
  expect(await shownActs(page)).toEqual(["Stop", "Add rows", "Run again with changes", "Delete now"])
  expect(await page.textContent("#notices")).toContain("To send no more rows: “Stop”.")
  // On a bad line it says so, and works when the line does.
  await page.route("**/made/acts.js", (route) => route.abort())
  await act(page, "stop").click()
  await expectText(page, ".act-said", /could not be loaded\. Check the connection/)
  await page.unroute("**/made/acts.js")
  await picture(page, "acts-link")
  await act(page, "stop").click()
  await dialog(page).waitFor()
  expect(await focused(page)).toBe("Cancel")
  const words = await page.textContent("#act")
  expect(words).toContain("4 rows not sent yet are left out")
  expect(words).toContain("2 rows under way at Parallel cannot be stopped there: they are paid for")
  await go(page).click()
  await expectText(page, "#act-problem", /Paste an API key of the account/)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("act-key")
  server.onPost = () => ({
    status: 403,
    body: { type: "error", error: { ref_id: "r1", message: "not yours", detail: null } },
  })
  await page.fill("#act-key", "key-of-somebody-else")
  await page.keyboard.press("Enter")
  await expectText(page, "#act-problem", /of another account than the group's.*Nothing has changed\./)
  expect(await page.getAttribute("#act-key", "aria-invalid")).toBe("true")
  expect(await page.textContent(".act-said")).toBe("")
  expect(await axe(page)).toEqual([])
  await picture(page, "acts-refused")
  expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0)
  server.onPost = null
  await page.fill("#act-key", KEY)
  await page.keyboard.press("Enter")
  await expectText(page, ".act-said", /^Stopped: 4 rows left out, 2 rows followed to the end\.$/)
  expect(lastPosted()?.headers["x-api-key"]).toBe(KEY)
  await expectText(page, "#headline", /^Stopping: 6 of 8 rows finished$/)
  // It is kept, as was wanted.
  expect(await shownActs(page)).toEqual([
    "Resume 4 for $0.10",
    "Add rows",
    "Run again with changes",
    "Delete now",
  ])
  await expectText(page, "#notices", /4 rows were not sent: “Resume” sends them\./)
  // $0.10 is below what this browser asks above.
  await act(page, "resume").click()
  await expectText(page, ".act-said", /^4 rows go on\.$/)
  expect(lastPosted()?.url).toBe("/tgrp_acts_link/resume")
  await page.evaluate(() => localStorage.setItem("parallel-multitask:ask-above", "0"))
  group.state = "waiting_for_credit"
  group.tell()
  await act(page, "resume").click()
  await expectText(page, "#act button[type=submit]", /^Resume 4 rows for \$0\.10$/)
})

it("adds rows that it has read, tells other columns, and keeps what was typed", async () => {
  const group = ended("tgrp_acts_add", 0)
  const page = await openWithKey(group)
  await act(page, "inputs").click()
  await dialog(page).waitFor()
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("act-rows")
  await page.getByLabel("Rows as JSON, CSV or TSV").fill("company,country\nSiemens,DE\nSony,JP\n")
  await expectText(page, "#act button[type=submit]", /^Add 2 rows for \$0\.05$/)
  const read = await page.textContent("#act-read")
  expect(read).toContain("New to this group: country.")
  expect(read).toContain("Missing from the new rows: website.")
  expect(await axe(page)).toEqual([])
  await picture(page, "acts-add")
  await page.keyboard.press("Escape")
  await page.reload()
  await page.waitForSelector("html[data-ready]", { state: "attached" })
  await act(page, "inputs").click()
  await dialog(page).waitFor()
  expect(await page.inputValue("#act-rows")).toContain("Siemens")
  // A file's rows; without a header they are the group's columns, where there are as many. One that is no list adds none.
  const file = page.locator("#act input[type=file]")
  await file.setInputFiles({
    name: "more.tsv",
    mimeType: "text/plain",
    buffer: Buffer.from("Sony\thttps://sony.com\nBosch\thttps://bosch.com\n"),
  })
  await page.getByLabel("First line is a header").uncheck()
  await expectText(page, "#act button[type=submit]", /^Add 2 rows for \$0\.05$/)
  expect(await page.textContent("#act-read")).not.toMatch(/New to this group|Missing/)
  await file.setInputFiles({
    name: "more.png",
    mimeType: "image/png",
    buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
  })
  await expectText(page, "#act-read", /more\.png was not taken\. It is a picture/)
  await expectText(page, "#act button[type=submit]", /^Add rows$/)
  expect(await go(page).getAttribute("aria-disabled")).toBe("true")
  await page.fill("#act-rows", '[{"company": 12345678901234567890}]')
  await expectText(page, "#act button[type=submit]", /^Add 1 row for \$0\.025$/)
  await go(page).click()
  await expectText(page, ".act-said", /^1 row added\.$/)
  expect(lastPosted()?.text).toBe('{"inputs":[{"company":12345678901234567890}],"max_cost_usd":0.025}')
  await expectText(page, "#headline", /^8 of 9 rows finished$/)
  expect(await page.evaluate(() => Object.entries(sessionStorage))).toEqual([])
  // What costs more by now is not done.
  server.onPost = () => ({
    status: 422,
    body: {
      type: "error",
      error: {
        message: "no",
        detail: { errors: [{ path: "max_cost_usd", message: "is below the estimate of $9." }] },
      },
    },
  })
  await act(page, "inputs").click()
  await dialog(page).waitFor()
  await page.fill("#act-rows", "company\nSony")
  await expectText(page, "#act button[type=submit]", /^Add 1 row/)
  await go(page).click()
  await expectText(
    page,
    "#act-problem",
    /By now it would cost more than the sum that was shown.*Nothing has changed/,
  )
  expect(await go(page).textContent()).toBe("Add 1 row for $0.025")
  server.onPost = null
})

it("deletes after asking from the safe side, and says what is left", async () => {
  const group = ended("tgrp_acts_delete")
  const page = await openWithKey(group)
  await act(page, "delete").click()
  await dialog(page).waitFor()
  expect(await focused(page)).toBe("Cancel")
  expect(await page.textContent("#act")).toMatch(/8 rows with their results.*cannot be undone/)
  await picture(page, "acts-delete")
  await page.keyboard.press("Enter")
  await dialog(page).waitFor({ state: "hidden" })
  expect(server.groups.has(group.id)).toBe(true)
  await act(page, "delete").click()
  await dialog(page).waitFor()
  expect(await go(page).textContent()).toBe("Delete 8 rows")
  await go(page).click()
  await expectText(page, "#headline", /^Deleted$/)
  expect(server.groups.has(group.id)).toBe(false)
  await connection(page, "gone")
  expect(await shownActs(page)).toEqual([])
  expect(await page.textContent("#notices")).toContain("You have deleted this group.")
  expect(await page.title()).toBe("Deleted · Companies: who leads them?")
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("title")
  expect(await page.locator("#rows tr[data-index]").count()).toBe(8)
  expect(await axe(page)).toEqual([])
  await picture(page, "acts-deleted")
})

it("runs one row again from where its failure is told", async () => {
  const page = await openWithKey(ended("tgrp_acts_row"))
  await rowButton(page, 7).click()
  await page.getByRole("button", { name: "Retry this row" }).click()
  await expectText(page, ".act-said", /^1 row runs again\.$/)
  expect(lastPosted()?.body).toEqual({ rows: [7], max_cost_usd: 0.025 })
  await expectText(page, "#panel-body .status", /Queued/)
  expect(await page.locator("#panel").getByRole("button", { name: "Retry this row" }).count()).toBe(0)
  // Above what this browser asks above, it asks.
  await page.evaluate(() => localStorage.setItem("parallel-multitask:ask-above", "0.01"))
  await rowButton(page, 6).click()
  await page.getByRole("button", { name: "Retry this row" }).click()
  await expectText(page, "#act button[type=submit]", /^Retry 1 row for \$0\.025$/)
  await page.keyboard.press("Escape")
  await dialog(page).waitFor({ state: "hidden" })
  expect(await focused(page)).toBe("Retry this row for $0.025")
})

it("is whole on a phone, by keyboard and in forced colours", async () => {
  const group = ended("tgrp_acts_phone")
  const page = await openWithKey(group, {
    viewport: { width: 375, height: 812 },
    hasTouch: true,
    colorScheme: "dark",
    forcedColors: "active",
  })
  await connection(page, "ended")
  expect(await shownActs(page)).toEqual([])
  await page.focus("#acts summary")
  await page.keyboard.press("Enter")
  const small = () =>
    page.$$eval("#acts summary, #acts [data-act], #act :is(button, select, input)", (all) =>
      all
        .filter((one) => one.checkVisibility())
        .filter((one) => one.getAttribute("type") !== "checkbox" && one.getBoundingClientRect().height < 44)
        .map((one) => one.outerHTML.slice(0, 80)),
    )
  expect(await small()).toEqual([])
  // What comes up from below is above all else.
  const onTop = await act(page, "delete").evaluate((button) => {
    const { left, top, width, height } = button.getBoundingClientRect()
    return button.contains(document.elementFromPoint(left + width / 2, top + height / 2))
  })
  expect(onTop).toBe(true)
  await page.keyboard.press("Tab")
  await page.keyboard.press("Enter")
  await dialog(page).waitFor()
  await page.waitForSelector("#act button[type=submit][aria-disabled=false]")
  expect(await small()).toEqual([])
  expect(await page.$eval("#act", (one) => one.scrollWidth <= one.clientWidth)).toBe(true)
  await page.emulateMedia({ forcedColors: "none" })
  expect(await axe(page)).toEqual([])
  await page.keyboard.press("Escape")
  await dialog(page).waitFor({ state: "hidden" })
  expect(await focused(page)).toBe("Go on with this group…")
})
