import { readFile } from "node:fs/promises"
import { afterEach, expect, it } from "vitest"
import { axe } from "./browser.ts"
import { FakeGroup } from "./fakeGroup.ts"
import { drawn, facts, run } from "./query.ts"
import { companyGroup, complete } from "./samples.ts"
import { expectText, harness } from "./setup.ts"

/** The SQL console, over a database with the real tables. */

const { server, open } = harness()

afterEach(() => {
  server.onQuery = null
})

function companies(id: string) {
  const group = companyGroup(id)
  for (const index of [0, 1, 2, 5]) complete(group, index)
  return group.set(3, { status: "failed", error: "No source could be read." }).set(4, { status: "running" })
}

const consoleOf = (group: FakeGroup, options = {}, hash = "") =>
  open(`${server.add(group)}.db${hash}`, options)

/** The result as drawn: the head, then the rows. */
it("shows the results at once, the tables with their columns and the fields inside", async () => {
  const page = await consoleOf(companies("tgrp_con_first"))
  await facts(page, /^8 rows · 1 ms · \d+ rows read$/)
  const [head, apple] = await drawn(page)
  expect(head?.slice(0, 4)).toEqual(["$id", "$status", "company", "website"])
  expect(apple?.slice(1, 3)).toEqual(["completed", "Apple"])
  expect(await page.$$eval("#tables h3", (all) => all.map((one) => one.textContent))).toEqual([
    "results",
    "runs",
    "details",
  ])
  const own = await page.$$eval("#tables details:first-child .column .name", (all) =>
    all.map((one) => [one.textContent, one.getAttribute("title")]),
  )
  expect(own.slice(0, 3)).toEqual([
    ["$id", 'Insert "$id"'],
    ["$status", 'Insert "$status"'],
    ["company", 'Insert "company"'],
  ])
  expect(own.map(([name]) => name)).toEqual(head)
  const names = await page.$$eval("#tables details:nth-child(2) .column .name", (all) =>
    all.map((one) => one.textContent),
  )
  expect(names).toEqual(
    expect.arrayContaining(["input_index", "run_id", "status", "confidence", "input", "content"]),
  )
  expect(names).toHaveLength(19)
  expect(
    await page.$$eval("[aria-label='Fields of content'] button", (all) => all.map((one) => one.textContent)),
  ).toContain("ceo_name")
})

it("runs each of the queries to start from", async () => {
  const page = await consoleOf(companies("tgrp_con_starters"))
  const results = new Map<string, string[][]>()
  for (const button of await page.locator("#starters button").all()) {
    const name = (await button.textContent()) ?? ""
    await page.evaluate(() => (document.getElementById("facts")!.textContent = ""))
    await button.click()
    await facts(page, /rows? read$/)
    expect(await page.isVisible("#error")).toBe(false)
    results.set(name, await drawn(page))
  }
  expect(results.get("Failed rows")?.slice(1)).toEqual([
    ["3", "No source could be read.", expect.stringContaining("Anthropic"), expect.stringMatching(/^trun_/)],
  ])
  const low = results.get("Low confidence")?.slice(1) ?? []
  expect(low.length).toBeGreaterThan(2)
  expect(low.find((row) => row[1] === "ceo_name")?.[2]).toBe("Tim Cook")
  expect(
    results
      .get("Results")
      ?.slice(1)
      .map((row) => row[2]),
  ).toContain("Anthropic")
  expect(results.get("Counts by status")?.slice(1, 3)).toEqual([
    ["completed", "4"],
    ["queued", "2"],
  ])
  expect(results.get("Most frequent answers")?.[0]).toEqual(["ceo_name", "rows", "for example"])
  expect(results.get("Most frequent answers")).toContainEqual(["Tim Cook", "1", "Apple"])
  expect(results.get("Newest changes")?.[1]?.slice(0, 2)).toEqual(["4", "running"])
  expect(results.get("Slowest runs")?.[1]?.[2]).toBe("42")
  expect(results.get("Most cited sources")?.[1]).toEqual(["https://en.wikipedia.org/wiki/Main_Page", "32"])
})

it("keeps the text after an error, says what is wrong beside it, and where", async () => {
  const page = await consoleOf(companies("tgrp_con_error"))
  await facts(page, /8 rows/)
  const sql = "SELECT input_index,\n  nowhere\nFROM runs"
  await run(page, sql)
  await page.waitForSelector("#error:not([hidden])")
  expect(await page.textContent("#error")).toContain("no such column: nowhere")
  expect(await page.textContent("#error")).not.toContain("SQLITE_ERROR")
  expect(await page.inputValue("#sql")).toBe(sql)
  expect(await page.getAttribute("#sql", "aria-invalid")).toBe("true")
  expect(await page.getAttribute("#sql", "aria-describedby")).toContain("error")
  expect(await page.getAttribute("#error", "role")).toBe("alert")
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("sql")
  expect(await drawn(page)).toEqual([])
  expect(await page.isDisabled("#copy")).toBe(true)

  server.onQuery = async () => ({
    status: 200,
    body: { error: 'near "ñ": syntax error at offset 14: SQLITE_ERROR' },
  })
  await run(page, "SELECT 'ñ',\n ñ")
  await expectText(page, "#error", /Line 2, column 2\./)
  server.onQuery = null
  await page.fill("#sql", "  ")
  await page.press("#sql", "Control+Enter")
  await expectText(page, "#error", /Write a query first/)

  await run(page, "SELECT 1 AS one")
  await facts(page, /^1 row ·/)
  expect(await page.isVisible("#error")).toBe(false)
  expect(await page.getAttribute("#sql", "aria-invalid")).toBe(null)
})

it("tells a refusal, a removed group and a server that is away", async () => {
  const page = await consoleOf(companies("tgrp_con_away"))
  await facts(page, /8 rows/)
  for (const [body, status, said] of [
    [{ error: "This database is read-only: use SELECT." }, 200, /This database is read-only/],
    [
      { type: "error", error: { message: "There is no task group here." } },
      404,
      /There is no task group here/,
    ],
    ["<html>", 502, /answered with 502/],
    [{}, 200, /without a reason/],
  ] as const) {
    server.onQuery = async () => ({ status, body })
    await run(page, "SELECT 2")
    await expectText(page, "#error", said)
  }
  server.onQuery = null
  await server.stop()
  await run(page, "SELECT 3")
  await expectText(page, "#error", /cannot be reached/)
  expect(await page.inputValue("#sql")).toBe("SELECT 3")
  await server.start()
  await page.press("#sql", "Control+Enter")
  await facts(page, /^1 row ·/)
})

it("shows the answer to the last query, whichever comes first", async () => {
  const page = await consoleOf(companies("tgrp_con_order"))
  await facts(page, /8 rows/)
  let answerFirst = () => {}
  const waiting = new Promise<void>((resolve) => (answerFirst = resolve))
  const one = (value: string) => ({
    status: 200,
    body: { result: { headers: [{ name: "a", displayName: "a" }], rows: [{ a: value }], stat: {} } },
  })
  server.onQuery = async (statement) => {
    if (statement === "SELECT 'slow'") await waiting
    return one(statement)
  }
  await run(page, "SELECT 'slow'")
  await expectText(page, "#run", /Running/)
  await run(page, "SELECT 'fast'")
  await expectText(page, "#result", /fast/)
  await expectText(page, "#run", /^Run$/)
  answerFirst()
  await page.waitForTimeout(200)
  expect(await drawn(page)).toEqual([["a"], ["SELECT 'fast'"]])
})

it("tells NULL, empty text, numbers and long texts apart", async () => {
  const page = await consoleOf(companies("tgrp_con_cells"))
  await run(
    page,
    `SELECT NULL AS a, '' AS b, 'NULL' AS c, -5.5 AS d, '007' AS d, replace(hex(zeroblob(1000)), '0', 'x') AS long`,
  )
  await facts(page, /^1 row ·/)
  const [head, row] = await drawn(page)
  expect(head).toEqual(["a", "b", "c", "d", "d", "long"])
  expect(row?.slice(0, 5)).toEqual(["NULL", "empty", "NULL", "-5.5", "007"])
  const looks = await page.$$eval("#result td", (cells) =>
    cells.map((cell) => [cell.querySelector(".null") !== null, getComputedStyle(cell).textAlign]),
  )
  expect(looks.slice(0, 5)).toEqual([
    [true, "start"],
    [true, "start"],
    [false, "start"],
    [false, "right"],
    [false, "start"],
  ])
  const height = () => page.$eval("#result .text:has(+ .more)", (text) => text.getBoundingClientRect().height)
  const clamped = await height()
  await page.click("#result .more")
  expect(await height()).toBeGreaterThan(clamped * 3)
  expect(await page.textContent("#result .text.open")).toHaveLength(2000)
  await page.click("#result .more")
  expect(await height()).toBe(clamped)
})

it("draws the first rows of many, and the rest when asked", async () => {
  const group = new FakeGroup(
    "tgrp_con_many",
    Array.from({ length: 1200 }, (_, at) => ({ at })),
  )
  const page = await consoleOf(group)
  await run(page, "SELECT input_index FROM runs ORDER BY 1")
  await facts(page, /^1,200 rows ·/)
  expect(await page.locator("#result tbody tr").count()).toBe(500)
  await page.click("text=Show the other 700 rows")
  expect(await page.locator("#result tbody tr").count()).toBe(1200)
  expect((await drawn(page)).at(-1)).toEqual(["1199"])
})

it("copies and downloads CSV without formulas", async () => {
  const page = await consoleOf(companies("tgrp_con_csv"))
  await run(page, `SELECT '=1+1' AS "=head", 'a,"b"' AS d, NULL AS d, -5 AS n, 'x;=1' AS s`)
  await facts(page, /^1 row ·/)
  await page.click("#copy")
  await expectText(page, "#copy", /Copied/)
  const wanted = `'=head,d,d,n,s\r\n'=1+1,"a,""b""",,-5,"x;=1"\r\n`
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied.replaceAll("\r\n", "\n")).toBe(wanted.replaceAll("\r\n", "\n"))
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download")])
  expect(file.suggestedFilename()).toBe("tgrp_con_csv-query.csv")
  // With the mark by which spreadsheets know UTF-8.
  expect(await readFile(await file.path(), "utf8")).toBe(`\uFEFF${wanted}`)
})

it("puts names and fields into the query, and undo takes them out", async () => {
  const page = await consoleOf(companies("tgrp_con_insert"))
  await page.fill("#sql", "SELECT FROM runs")
  await page.focus("#sql")
  await page.evaluate(() => (document.getElementById("sql") as HTMLTextAreaElement).setSelectionRange(6, 6))
  await page.click("[aria-label='Fields of content'] >> text=ceo_name")
  expect(await page.inputValue("#sql")).toBe("SELECT content ->> '$.ceo_name' FROM runs")
  await page.keyboard.press("Control+Enter")
  // What the page asked at first has 8 rows too.
  await expect.poll(async () => (await drawn(page))[1]).toEqual(["Tim Cook"])
  await page.focus("#sql")
  await page.keyboard.press("Control+z")
  expect(await page.inputValue("#sql")).toBe("SELECT FROM runs")
  // What was written is not lost to a query to start from either.
  await page.click("text=Failed rows")
  await facts(page, /^1 row ·/)
  await page.focus("#sql")
  await page.keyboard.press("Control+z")
  expect(await page.inputValue("#sql")).toBe("SELECT FROM runs")
})

it("keeps the query in the address, and does not run what a link brings", async () => {
  const group = companies("tgrp_con_link")
  const page = await consoleOf(group)
  await run(page, "SELECT 'é', 7 AS seven")
  await facts(page, /^1 row ·/)
  const address = page.url()
  const asked: string[] = []
  server.onQuery = async (statement) => {
    asked.push(statement)
    return { status: 200, body: { error: "not now" } }
  }
  const other = await open(address)
  expect(await other.inputValue("#sql")).toBe("SELECT 'é', 7 AS seven")
  expect(await drawn(other)).toEqual([])
  expect(asked.filter((statement) => statement.includes("seven"))).toEqual([])
  server.onQuery = null
  await other.click("#run")
  await facts(other, /^1 row ·/)
  expect(await drawn(other)).toEqual([
    ["'é'", "seven"],
    ["é", "7"],
  ])
  await open(`${server.origin}/${group.id}.db?page=console#sql=%E0%A4%A`)
})

it("can be used with the keyboard alone", async () => {
  const page = await consoleOf(companies("tgrp_con_keys"))
  await facts(page, /8 rows/)
  const order: string[] = []
  const active = () =>
    page.evaluate(() => {
      const element = document.activeElement as HTMLElement
      return element.id || element.textContent?.trim() || element.tagName
    })
  const tabTo = async (wanted: string, key = "Tab") => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press(key)
      const at = await active()
      order.push(at)
      if (at === wanted) return
    }
    throw new Error(`Tab does not reach ${wanted}: ${order.join(", ")}`)
  }
  await page.keyboard.press("Tab")
  expect(await active()).toBe("Skip to the query")
  await page.keyboard.press("Enter")
  await page.keyboard.press("Tab")
  // The skip link goes to the box itself, and Tab leaves the box.
  expect(["run", "sql"]).toContain(await active())
  await tabTo("sql", "Shift+Tab")
  await page.keyboard.press("Control+a")
  await page.keyboard.type("SELECT input_index FROM runs WHERE status = 'failed'")
  await page.keyboard.press("Control+Enter")
  await facts(page, /^1 row ·/)
  expect(await active()).toBe("sql")
  await tabTo("copy")
  await page.keyboard.press("Enter")
  await expectText(page, "#copy", /Copied/)
  await tabTo("result")
  await tabTo("status")
  await page.keyboard.press("Enter")
  expect(await active()).toBe("sql")
  await tabTo("Failed rows", "Shift+Tab")
  await page.keyboard.press("Space")
  await expectText(page, "#result", /No source could be read/)
  expect(await active()).toBe("Failed rows")
})

for (const colorScheme of ["light", "dark"] as const) {
  it(`has no violations axe-core can find (${colorScheme})`, async () => {
    const page = await consoleOf(companies(`tgrp_con_axe_${colorScheme}`), { colorScheme })
    await facts(page, /8 rows/)
    expect(await axe(page)).toEqual([])
    await run(page, "SELECT NULL, '' AS empty, runs.* FROM runs")
    await facts(page, /^8 rows/)
    await page.click("#tables details:last-child summary")
    expect(await axe(page)).toEqual([])
    await run(page, "SELEC")
    await page.waitForSelector("#error:not([hidden])")
    expect(await axe(page)).toEqual([])
  })
}

it("fits a phone", async () => {
  const page = await consoleOf(companies("tgrp_con_phone"), {
    viewport: { width: 360, height: 740 },
    isMobile: true,
    hasTouch: true,
    deviceScaleFactor: 2,
  })
  await facts(page, /8 rows/)
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(await overflow()).toBe(0)
  await run(page, "SELECT * FROM runs")
  await facts(page, /^8 rows/)
  expect(await overflow()).toBe(0)
  expect(await page.$eval("#result", (box) => box.scrollWidth > box.clientWidth)).toBe(true)
  await page.tap("text=Low confidence")
  await expectText(page, "#result", /Tim Cook/)
})

it("says what to do without JavaScript", async () => {
  const page = await consoleOf(companies("tgrp_con_no_script"), { javaScriptEnabled: false })
  expect(await page.innerText("main")).toContain("needs JavaScript")
  expect(await page.isVisible("#form")).toBe(false)
  expect(await page.isVisible("main a[href$='.csv']")).toBe(true)
})

it("shows hostile content and names as text", async () => {
  const markup = `<img src=x onerror=alert(1)>`
  const names = [
    '"><svg onload=alert(2)>',
    "'; DROP TABLE runs; --",
    "{{x}}",
    "order",
    "$.a",
    "a b",
    "__proto__",
    "",
  ]
  const inputs = [Object.fromEntries(names.map((name) => [name, `${name} ${markup}`]))]
  const group = new FakeGroup("tgrp_con_hostile", inputs)
  group.set(0, {
    status: "completed",
    content: {
      ["it's </script><script>alert(3)</script>"]: markup,
      link: "javascript:alert(4)",
      url: "https://example.com/",
    },
    basis: [{ field: "link", confidence: "low", citations: [{ url: markup }] }],
  })
  const page = await consoleOf(group)
  await facts(page, /rows? read/)
  await run(
    page,
    `SELECT input, content, '${markup}' AS "${markup}", 'https://example.com/' AS __proto__, 1 AS constructor FROM runs`,
  )
  // The counts before it are one row too.
  await expect
    .poll(async () => (await drawn(page))[0]?.slice(2))
    .toEqual([markup, "__proto__", "constructor"])
  expect(await page.locator("#result img, #result a, main svg, main script, #tables img").count()).toBe(0)
  server.onQuery = async () => ({ status: 200, body: { error: `no such column: ${markup}` } })
  await run(page, `SELECT ${markup} FROM runs`)
  await expectText(page, "#error", /no such column: <img src=x onerror=alert\(1\)>/)
  expect(await page.locator("#error img").count()).toBe(0)
  server.onQuery = null
  // Every field's path, whatever its name, finds its value.
  for (const column of ["input", "content"]) {
    for (const button of await page.locator(`[aria-label='Fields of ${column}'] button`).all()) {
      const name = (await button.textContent()) ?? ""
      await page.fill("#sql", "")
      await button.click()
      const path = await page.inputValue("#sql")
      await run(page, `SELECT ${path} IS NOT NULL AS there FROM runs`)
      await facts(page, /^1 row ·/)
      expect([name, (await drawn(page))[1]]).toEqual([name, ["1"]])
    }
  }
  for (const button of await page.locator("#starters button").all()) {
    await button.click()
    await facts(page, /rows? read$/)
  }
  expect(await page.isVisible("#error")).toBe(false)
  expect(await page.evaluate(() => Object.hasOwn(Object.prototype, "polluted"))).toBe(false)
})
