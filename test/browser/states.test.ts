import { expect, it } from "vitest"
import type { StatusState } from "../../src/domain/TaskGroup.ts"
import { axe } from "./browser.ts"
import { companyGroup, complete } from "./samples.ts"
import { connection, expectText, harness, picture } from "./setup.ts"

const { server, open } = harness()

/** A page whose time a test moves on: nothing of it may have begun before. */
async function openWithClock(url: string) {
  const page = await open(server.origin)
  await page.clock.install()
  await page.goto(url)
  return page
}

const QUESTION = "CEO name, year founded, headquarters city, number of employees"

function group(id: string) {
  const made = companyGroup(id)
  made.title = "Companies: who leads them?"
  made.question = QUESTION
  made.cost = 0.2
  return made
}

type Rows = readonly [completed: number, failed: number, cancelled: number]
type Shown = {
  state: StatusState
  rows: Rows
  /** Of the connection; null: it is live. */
  end: string | null
  headline: string
  tab: string
  next: RegExp
  notice: "error" | "warning" | null
  message?: string
  told?: string
}

const shown: readonly Shown[] = [
  {
    state: "running",
    rows: [3, 1, 0],
    end: null,
    headline: "4 of 8 rows finished",
    tab: "4/8",
    next: /Nothing need be done.*“Stop”/,
    notice: null,
  },
  {
    state: "waiting_for_credit",
    rows: [3, 0, 0],
    end: null,
    headline: "Waiting for credit: 3 of 8 rows finished",
    tab: "$ 3/8",
    next: /credit.*“Resume”/,
    notice: "warning",
    message:
      "Not enough credit at Parallel: 5 inputs are not submitted yet. Next attempt at 2026-12-01T10:00:00.000Z.",
  },
  {
    state: "key_refused",
    rows: [0, 0, 0],
    end: null,
    headline: "Key refused: 0 of 8 rows finished",
    tab: "! 0/8",
    next: /refuses the API key.*“Resume”.* with a key that Parallel accepts/,
    notice: "error",
  },
  {
    state: "stopping",
    rows: [3, 0, 2],
    end: null,
    headline: "Stopping: 5 of 8 rows finished",
    tab: "5/8",
    next: /2 rows were not sent: “Resume”/,
    notice: "warning",
  },
  {
    state: "done",
    rows: [8, 0, 0],
    end: "Complete",
    headline: "All 8 rows done",
    tab: "✓ 8",
    next: /Every row is done\.$/,
    notice: null,
  },
  {
    state: "done",
    rows: [6, 2, 0],
    end: "Done with failures",
    headline: "6 of 8 rows done, 2 failed",
    tab: "◑ 6/8",
    next: /2 rows have no result and say why: “Retry failed rows”/,
    notice: null,
  },
  {
    state: "done",
    rows: [0, 8, 0],
    end: "All failed",
    headline: "All 8 rows failed",
    tab: "✗ 8 failed",
    next: /Not one row has a result.*“Retry failed rows”/,
    notice: "error",
  },
  {
    state: "stopped",
    rows: [5, 0, 3],
    end: "Stopped",
    headline: "Stopped: 5 of 8 rows done, 3 not sent",
    tab: "■ 5/8",
    // The server's sentence for programs says no more.
    next: /^3 rows were not sent: “Resume”/,
    notice: "warning",
    told: "3 inputs were not sent to Parallel: POST https://example.com/tgrp_x/resume to send them.",
  },
  {
    state: "given_up",
    rows: [0, 0, 0],
    end: "Given up",
    headline: "Given up: 0 of 8 rows finished",
    tab: "⊘ 0/8",
    next: /given up on.*“Resume”.*follows 8 rows/,
    notice: "error",
    message: "Parallel refused the API key for 6 hours.",
  },
]

for (const [at, { state, rows, end, headline, tab, next, notice, message, told }] of shown.entries())
  it(`says what a group is at and what can be done next: ${state}, ${rows.join(" and ")}`, async () => {
    const made = group(`tgrp_state_${at}`)
    const [completed, failed, cancelled] = rows
    for (let index = 0; index < 8; index++)
      if (index < completed) complete(made, index)
      else if (index < completed + failed)
        made.set(index, { status: "failed", error: "No source could be read." })
      else if (index < completed + failed + cancelled)
        made.set(index, { status: "cancelled", sent: false, error: "Not sent: the group was stopped." })
    made.statusMessage = message ?? told ?? ""
    if (end !== null) made.end(state)
    else made.state = state
    const page = await open(server.add(made), { colorScheme: at % 2 === 0 ? "light" : "dark" })
    await connection(page, end === null ? "live" : "ended")
    expect(await page.textContent("#headline")).toBe(headline)
    expect(await page.title()).toBe(`${tab} · Companies: who leads them?`)
    if (end !== null) expect(await page.textContent("#connection .connection-text")).toBe(end)
    expect(await page.textContent("#notices")).toMatch(next)
    // What it names is there, for whoever has a key.
    const named = /“(Stop|Resume|Retry failed rows)”/.exec((await page.textContent("#notices")) ?? "")?.[1]
    if (named !== undefined) {
      expect(await page.locator("#acts").getByRole("button", { name: named }).isVisible()).toBe(true)
      await page.keyboard.press("Escape")
    }
    expect(await page.locator("#notices .notice").count()).toBe(notice === null ? 0 : 1)
    if (notice !== null) expect(await page.getAttribute("#notices .notice", "class")).toContain(notice)
    // A time in it is written as people write it.
    if (message !== undefined)
      expect(await page.textContent("#notices")).toContain(message.replace(/\d{4}-.*$/, ""))
    expect(await page.textContent("#facts")).toContain(
      `${end === null ? "Spent so far" : "Spent"}about $0.20 at list price`,
    )
    // Green is for a whole result alone.
    const green = await page.$eval("#connection .dot", (dot) => getComputedStyle(dot).backgroundColor)
    const done = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement("i"))
      probe.className = "bar-part completed"
      const { backgroundColor } = getComputedStyle(probe)
      probe.remove()
      return backgroundColor
    })
    expect(green === done).toBe(end === "Complete")
    expect(await axe(page)).toEqual([])
    await picture(page, `state-${at}-${state}`)
  })

it("has an icon of its own for each end and each wait, and none of them is a whole result's", async () => {
  const icons = new Map<string, string | null>()
  const made = group("tgrp_icons")
  const page = await open(server.add(made))
  await connection(page, "live")
  const seen = async (name: string, text: RegExp) => {
    await expectText(page, "title", text)
    icons.set(name, await page.getAttribute("link[rel=icon]", "href"))
  }
  await seen("running", /^0\/8/)
  made.state = "waiting_for_credit"
  made.tell()
  await seen("credit", /^\$ 0\/8/)
  made.state = "key_refused"
  made.tell()
  await seen("key", /^! 0\/8/)
  for (const end of ["given_up", "stopped", "done"] as const) {
    const ended = group(`tgrp_icon_${end}`)
    for (let index = 0; index < 8; index++)
      if (end === "done") complete(ended, index)
      else if (end === "stopped") ended.set(index, { status: index < 4 ? "completed" : "cancelled" })
    ended.end(end)
    await page.goto(server.add(ended))
    await seen(end, /^(⊘ 0\/8|■ 4\/8|✓ 8)/)
  }
  expect(new Set(icons.values()).size).toBe(icons.size)
  for (const href of icons.values()) expect(href).toMatch(/^data:image\/svg\+xml,/)
})

it("never calls an end with open rows complete, where the status names another state than an end", async () => {
  const made = group("tgrp_unnamed_end")
  made.state = "key_refused"
  const page = await open(server.add(made))
  await connection(page, "live")
  made.end("key_refused")
  await connection(page, "ended")
  await expectText(page, "#headline", /^Given up: 0 of 8 rows finished$/)
  expect(await page.title()).toMatch(/^⊘ 0\/8/)
})

it("has title and question for its heading, and the title in the names of its files", async () => {
  const made = group("tgrp_titled")
  made.question = `${QUESTION}. ${"Take what the company says itself, where it says it. ".repeat(12)}`
  complete(made, 0)
  const page = await open(server.add(made))
  await connection(page, "live")
  expect(await page.textContent("h1")).toBe("Companies: who leads them?")
  expect(await page.textContent("#question")).toContain("number of employees")
  const height = () => page.$eval("#question", (question) => question.clientHeight)
  const folded = await height()
  expect(await axe(page)).toEqual([])
  await page.click("text=Whole question")
  expect(await height()).toBeGreaterThan(folded)
  expect(await page.getAttribute("#question-more", "aria-expanded")).toBe("true")
  await page.click("#export-menu summary")
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("[aria-label='Download csv']")])
  expect(file.suggestedFilename()).toBe("Companies-who-leads-them.csv")
  expect(await page.getAttribute("[aria-label='Download JSON']", "download")).toBe(
    "Companies-who-leads-them.json",
  )
})

it("takes no markup, no path and no direction from a title", async () => {
  const made = group("tgrp_evil_title")
  made.title = "<img src=x onerror=alert(1)>/../\u202Etxt.exe\n"
  made.question = "<b>bold</b>"
  const page = await open(server.add(made))
  await connection(page, "live")
  expect(await page.textContent("h1")).toBe(made.title.trim().replace("\u202E", "\uFFFD"))
  expect(await page.locator(".heading :is(img, b)").count()).toBe(0)
  expect(await page.getAttribute("[aria-label='Download JSON']", "download")).toBe(
    "img-src-x-onerror-alert-1-txt-exe.json",
  )
})

it("goes on when a group becomes active again: rows run again and rows that are new, then the new end", async () => {
  const made = group("tgrp_again")
  for (let index = 0; index < 7; index++) complete(made, index)
  made.set(7, { status: "failed", error: "No source could be read." })
  made.end()
  const page = await openWithClock(server.add(made))
  await connection(page, "ended")
  expect(await page.textContent("#facts")).toMatch(/Kept until/)
  expect(made.connections).toEqual([])
  // Whoever comes back to the page asks at once, with the last id: there is nothing new.
  await page.clock.fastForward(5_000)
  const last = String(made.change)
  await page.evaluate(() => dispatchEvent(new Event("focus")))
  await expect.poll(() => made.connections).toEqual([last])
  // And not again for every look.
  await page.evaluate(() => dispatchEvent(new Event("focus")))
  await connection(page, "ended")

  made.retry(7).retry(0).append({ company: "Beta", country: "Chile" })
  made.warnings = ["1 row was under way."]
  made.cost = 0.275
  await page.clock.fastForward(5_000)
  await page.evaluate(() => dispatchEvent(new Event("focus")))
  await connection(page, "live")
  expect(made.connections).toEqual([last, last])
  await expectText(page, "#headline", /^6 of 9 rows finished$/)
  for (const [index, status] of [
    [0, "Queued"],
    [1, "Done"],
    [7, "Queued"],
    [8, "Queued"],
  ] as const)
    await expectText(page, `tr[data-index='${index}'] .status`, new RegExp(`^${status}$`))
  // What the earlier attempt said is gone, and what it was asked is not.
  const row = (index: number) => page.textContent(`tr[data-index='${index}']`)
  expect(await row(0)).toMatch(/Apple/)
  expect(await row(0)).not.toMatch(/Tim Cook/)
  expect(await row(7)).not.toMatch(/No source/)
  await expectText(page, "#head", /country/)
  expect(await row(8)).toMatch(/Beta.*Chile/)
  await expectText(page, "#facts", /Spent so farabout \$0\.275 at list price/)
  expect(await page.textContent("#facts")).not.toMatch(/Kept until/)
  await expectText(page, "#notices", /1 row was under way/)
  expect(await page.title()).toMatch(/^6\/9/)
  // How long it took until the first end says nothing of what is left.
  expect(await page.textContent("#facts")).toMatch(/Rate…Leftup to/)
  await picture(page, "again")

  made.set(0, { status: "completed", content: { ceo_name: "Somebody New", founder: "Steve Jobs" } })
  await expectText(page, "tr[data-index='0']", /Somebody New/)
  await expectText(page, "#head", /founder/)
  // Rows that stood there before have cells for the new columns as well, so that each is under its own.
  const widths = () =>
    page.$$eval("tr[data-index]", (rows) =>
      rows.map((one) =>
        [...one.children].reduce((sum, cell) => sum + (cell as HTMLTableCellElement).colSpan, 0),
      ),
    )
  await expect.poll(async () => new Set(await widths()).size).toBe(1)
  made.set(7, { status: "completed", content: { ceo_name: "Niels" } })
  made.set(8, { status: "failed", error: "Unknown." })
  made.end()
  await connection(page, "ended")
  await expectText(page, "#headline", /^8 of 9 rows done, 1 failed$/)
  await expectText(page, "#facts", /Kept until/)

  // And once more, from an end that the page has seen.
  made.retry(8)
  await page.clock.fastForward(5_000)
  await page.evaluate(() => dispatchEvent(new Event("focus")))
  await expectText(page, "#headline", /^8 of 9 rows finished$/)
  await connection(page, "live")
  made.set(8, { status: "completed", content: { ceo_name: "Beta's" } }).end()
  await expectText(page, "#headline", /^All 9 rows done$/)
})

it("asks again after a proxy's refusal, and not when all others do", async () => {
  const page = await openWithClock(server.add(group("tgrp_refused")))
  await connection(page, "live")
  let refused = 0
  await page.route("**/*.sse*", (route) => {
    refused++
    return route.fulfill({ status: 403, body: "<p>Not now</p>" })
  })
  await page.evaluate(() => {
    Math.random = () => 0.9
  })
  await server.stop()
  await server.start()
  await expect
    .poll(async () => {
      await page.clock.fastForward(500)
      return refused
    })
    .toBe(1)
  await connection(page, "interrupted")
  await page.clock.fastForward(10_500)
  // What was asked before would be here by now.
  await page.evaluate(() => fetch("/robots.txt").then(({ status }) => status))
  expect(refused).toBe(1)
  await page.clock.fastForward(4_500)
  await expect.poll(() => refused).toBe(2)
  await page.unroute("**/*.sse*")
  await page.clock.fastForward(15_000)
  await connection(page, "live")
})

it("asks about once a minute after the end while it is seen, takes failures for no news, and says when it is removed", async () => {
  const made = group("tgrp_watched")
  for (let index = 0; index < 8; index++) complete(made, index)
  made.end()
  const page = await openWithClock(server.add(made))
  await connection(page, "ended")
  await page.clock.fastForward(60_000)
  await expect.poll(() => made.connections.length).toBe(1)
  made.full = true
  await page.clock.fastForward(60_000)
  await expect.poll(() => made.connections.length).toBe(2)
  expect(await page.textContent("#connection .connection-text")).toBe("Complete")
  made.full = false
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true })
  })
  await page.clock.fastForward(60_000)
  await page.clock.fastForward(60_000)
  expect(made.connections.length).toBe(2)
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "visible", configurable: true })
    document.dispatchEvent(new Event("visibilitychange"))
  })
  await expect.poll(() => made.connections.length).toBe(3)
  server.groups.delete(made.id)
  await page.clock.fastForward(60_000)
  await connection(page, "gone")
  await expectText(
    page,
    "#notices",
    /This group has been removed\. What is shown is what this page still holds/,
  )
  // What it was at when it went is of no interest.
  await expectText(page, "#headline", /^Removed$/)
  expect(await page.title()).toMatch(/^Removed · /)
  expect(await page.locator("#rows > tr[data-index]").count()).toBe(8)
  expect(await page.textContent("#facts")).not.toMatch(/Kept until/)
  expect(await axe(page)).toEqual([])
  await picture(page, "removed")
})
