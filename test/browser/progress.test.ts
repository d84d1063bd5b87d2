import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { Pace } from "../../src/pages/assets/assets/result/pace.js"
import { FakeGroup } from "./fakeGroup.ts"
import { companyGroup, companyInputs, complete } from "./samples.ts"
import { connection, expectText, harness, picture } from "./setup.ts"

const { server, open } = harness()

const fact = (page: Page, name: string) =>
  page.$$eval(
    "#facts > div",
    (all, wanted) =>
      all
        .filter((one) => one.querySelector("dt")?.textContent === wanted)
        .map((one) => [one.querySelector("dd")?.textContent ?? "", (one as HTMLElement).title]),
    name,
  )

/** A page whose time a test moves on. */
async function openWithClock(url: string) {
  const page = await open(server.origin)
  await page.clock.install()
  await page.goto(url)
  return page
}

it("says no less than the table shows while the rows are loading, whatever was counted before", async () => {
  const group = new FakeGroup(
    "tgrp_counted_early",
    Array.from({ length: 20 }, (_, n) => ({ n })),
  )
  for (let index = 0; index < 9; index++) group.set(index, { status: "completed", content: { a: index } })
  group.counted = { completed: 2, running: 14, queued: 4 }
  group.part = 7
  group.full = true
  const page = await open(server.add(group))
  await connection(page, "busy")
  await expectText(page, "#shown", /^7 of 20 rows loaded$/)
  expect(await page.textContent("#headline")).toBe("7 of 20 rows finished")
  expect(await page.title()).toMatch(/^7\/20/)
  // Chips and bar are of the same figures, and these are of all rows.
  const chips = await page.$$eval("#statuses .n", (all) => all.map((one) => Number(one.textContent)))
  expect(chips.reduce((sum, n) => sum + n, 0)).toBe(20)
  expect(chips).toContain(7)
  expect((await fact(page, "Rate"))[0]?.[0]).toBe("…")
  // What the server counted is as good as it gets for rows that are not here.
  group.counted = { completed: 12, running: 8 }
  group.full = false
  group.cutOff = true
  await page.evaluate(() => dispatchEvent(new Event("focus")))
  // All rows are here, and what became of three of them is not: figures do not fall.
  await expectText(page, "#shown", /^$/)
  await expectText(page, "#headline", /^12 of 20 rows finished$/)
  expect((await fact(page, "Rate"))[0]?.[0]).toBe("…")
  for (let index = 9; index < 13; index++) group.set(index, { status: "completed", content: { a: index } })
  await expectText(page, "#headline", /^13 of 20 rows finished$/)
})

it("takes the time left from what the processor usually takes, until it has seen rows end", async () => {
  const group = new FakeGroup("tgrp_time_left", [...companyInputs], "core", Date.now() - 60_000)
  const page = await openWithClock(server.add(group))
  await connection(page, "live")
  const [left] = await fact(page, "Left")
  expect(left?.[0]).toMatch(/^up to (4 min|3 min 5\d s)$/)
  expect(left?.[1]).toBe("core usually takes 1–5 min")
  expect((await fact(page, "Rate"))[0]?.[0]).toBe("…")
  await page.clock.fastForward(3_000)
  complete(group, 0)
  await expectText(page, "#headline", /^1 of 8/)
  expect((await fact(page, "Left"))[0]?.[0]).toMatch(/^up to/)
  await page.clock.fastForward(12_000)
  for (const index of [1, 2, 3]) complete(group, index)
  await expectText(page, "#headline", /^4 of 8/)
  // Three in some twelve seconds: four more in some sixteen.
  expect((await fact(page, "Left"))[0]?.[0]).toMatch(/^about 1[3-9] s$/)
  expect((await fact(page, "Rate"))[0]?.[0]).toMatch(/^1[0-9] \/ min$/)
})

it("takes no row for fast that had ended while the connection was lost", async () => {
  const group = new FakeGroup("tgrp_lost_meanwhile", [...companyInputs], "core", Date.now() - 60_000)
  complete(group, 0)
  const page = await openWithClock(server.add(group))
  await connection(page, "live")
  await page.clock.fastForward(3_000)
  group.full = true
  group.disconnect()
  await connection(page, "busy")
  await page.clock.fastForward(30_000)
  for (let index = 1; index < 6; index++) complete(group, index)
  group.full = false
  await page.clock.fastForward(30_000)
  await connection(page, "live")
  await expectText(page, "#headline", /^6 of 8/)
  expect((await fact(page, "Rate"))[0]?.[0]).toBe("…")
})

it("measures the pace from what ends while it looks, not from what a new connection brings at once", () => {
  const pace = new Pace()
  pace.note(10, 0)
  pace.note(40, 6_000)
  expect(pace.perSecond(40, 6_000)).toBe(5)
  pace.restart(7_000)
  pace.note(40, 7_100)
  pace.note(400, 7_900)
  expect(pace.perSecond(400, 13_000)).toBe(null)
  pace.note(400, 10_000)
  expect(pace.perSecond(402, 16_000)).toBe(null)
  expect(pace.perSecond(406, 16_000)).toBe(1)
})

it("says at the end how long it took, and writes times as people do", async () => {
  const created = Date.now() - 400_000
  const group = new FakeGroup("tgrp_took", [...companyInputs], "core", created)
  for (let index = 0; index < 8; index++) complete(group, index)
  group.changedAt = new Date(created + 192_000).toISOString()
  group.end()
  const page = await open(server.add(group))
  await connection(page, "ended")
  expect((await fact(page, "Took"))[0]?.[0]).toBe("3 min 12 s")
  expect(await fact(page, "Left")).toEqual([])
  expect((await fact(page, "Started"))[0]).toEqual([
    expect.stringMatching(/^6 min \d+ s ago$/),
    new Date(created).toISOString(),
  ])

  const waiting = companyGroup("tgrp_next_attempt")
  waiting.state = "waiting_for_credit"
  waiting.statusMessage = "Not enough credit at Parallel. Next attempt at 2026-01-28T16:31:48.997Z."
  await page.goto(server.add(waiting))
  await connection(page, "live")
  const words = await page.textContent("#notices")
  expect(words).toMatch(/Next attempt at Jan \d\d, \d\d:\d\d\./)
  expect(words).not.toMatch(/\dT\d/)
  expect(await page.getAttribute("#notices time", "title")).toBe("2026-01-28T16:31:48.997Z")
})

it("follows the groups of the list on the form while they work, without drawing it anew", async () => {
  const page = await openWithClock(server.origin)
  await page.fill("#api-key", "k")
  await page.click("#submit")
  await page.waitForSelector("#submitted:not([hidden])")
  const group = [...server.groups.values()].at(-1)
  if (!group) throw new Error("no group")
  await expectText(page, "#history-list .standing", /^0 of 8 rows finished$/)
  await page.click("#history > summary")
  await page.focus("#history-list a")
  complete(group, 0)
  complete(group, 1)
  await page.clock.fastForward(6_000)
  await expectText(page, "#history-list .standing", /^2 of 8 rows finished$/)
  expect(await page.evaluate(() => document.activeElement?.closest("#history-list") !== null)).toBe(true)
  for (let index = 0; index < 8; index++) group.set(index, { status: "failed", error: "No." })
  group.end()
  await page.clock.fastForward(6_000)
  await expectText(page, "#history-list .standing", /^All 8 rows failed$/)
  expect(await page.getAttribute("#history-list .standing", "data-look")).toBe("ill")
  // What has ended is asked no more.
  await page.clock.fastForward(6_000)
  const asked = () => server.seen.filter(({ url }) => url.includes(`${group.id}.json`)).length
  const before = asked()
  await page.clock.fastForward(20_000)
  expect(asked()).toBe(before)
})

/** The sum of all shifts that nobody's input made, as browsers count them. */
const watchShifts = (page: Page) =>
  page.addInitScript(() => {
    const shifts: { value: number; what: string }[] = []
    Object.assign(globalThis, { shifts })
    type Shift = PerformanceEntry & {
      value: number
      hadRecentInput: boolean
      sources?: { node: Node | null }[]
    }
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Shift[]) {
        const what = (entry.sources ?? []).map(({ node }) =>
          node instanceof HTMLElement
            ? `${node.tagName}#${node.id}.${node.className}`
            : String(node?.nodeName),
        )
        if (!entry.hadRecentInput) shifts.push({ value: entry.value, what: what.join(" ") })
      }
    }).observe({ type: "layout-shift", buffered: true })
  })

it.each([
  { width: 1440, height: 900 },
  { width: 768, height: 1024 },
  { width: 375, height: 812 },
])("shifts nothing while it opens, fills and ends, at $width px", async (viewport) => {
  // As long as real ones are: the bar at the top has to hold it.
  const group = companyGroup(`tgrp_00000000000000000000shift_${viewport.width}`)
  group.title = "Companies: who leads them?"
  group.question = "CEO name, year founded, headquarters city, number of employees"
  group.cost = 0.2
  const page = await open(server.origin, { viewport })
  await watchShifts(page)
  // Scripts that take their time, as on a slow line: what is seen before them must not jump when they come.
  await page.route("**/made/result.js", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 400))
    await route.continue()
  })
  await page.goto(server.add(group))
  await connection(page, "live")
  await picture(page, "shift-open")
  await page.setViewportSize(viewport)
  for (let index = 0; index < 7; index++) {
    complete(group, index)
    await expectText(page, "#headline", new RegExp(`^${index + 1} of 8`))
  }
  group.set(7, { status: "failed", error: "No source could be read." })
  group.end()
  await connection(page, "ended")
  await expectText(page, "#headline", /^7 of 8 rows done, 1 failed$/)
  // What moves is told after the frame in which it did.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  const shifts = await page.evaluate(
    () => (globalThis as unknown as { shifts: { value: number; what: string }[] }).shifts,
  )
  const sum = shifts.reduce((total, { value }) => total + value, 0)
  console.log(`layout shift at ${viewport.width} px: ${sum.toFixed(4)}`, JSON.stringify(shifts))
  expect(sum).toBeLessThan(0.05)
})

it("has the schema's columns where they are when their first values come", async () => {
  const group = new FakeGroup("tgrp_first_values", [...companyInputs])
  group.schema = {
    type: "object",
    properties: {
      founded: { type: "integer" },
      headquarters: { type: "string" },
      summary: { type: "string" },
      people: { type: "array" },
      // As Parallel advises to write what need not be found.
      employees: { type: ["integer", "null"] },
    },
  }
  const page = await open(server.add(group), { viewport: { width: 1440, height: 900 } })
  await connection(page, "live")
  const edges = () =>
    page.$$eval("#head .titles th", (all) =>
      all.map((one) => [one.textContent, Math.round(one.getBoundingClientRect().left)]),
    )
  const widthOf = (name: string) =>
    page
      .locator("#head .titles th", { hasText: name })
      .evaluate((one) => Math.round(one.getBoundingClientRect().width))
  const before = await edges()
  expect(before.map(([name]) => name)).toEqual(expect.arrayContaining(["founded", "headquarters", "summary"]))
  expect(await widthOf("employees")).toBeLessThan(await widthOf("summary"))
  const content = {
    employees: null,
    founded: 1999,
    headquarters: "Köln",
    summary: "long ".repeat(60),
    people: ["A", "B"],
  }
  group.set(0, { status: "completed", content })
  await expectText(page, "#headline", /^1 of 8/)
  expect(await edges()).toEqual(before)
})
