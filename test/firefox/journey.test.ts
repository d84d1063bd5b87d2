/// <reference lib="dom" />
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { FakeGroup } from "../browser/fakeGroup.ts"
import { FakeServer } from "../browser/fakeServer.ts"
import { companyGroup, complete } from "../browser/samples.ts"
import { Firefox, KEYS } from "./firefox.ts"

/** The pages in Firefox, wide and narrow, light and dark: what people do most, from the form to the last row. */

const require = createRequire(import.meta.url)

describe.each([
  { name: "wide and light", width: 1440, height: 900, dark: false },
  { name: "narrow and dark", width: 500, height: 812, dark: true },
])("$name", ({ width, height, dark }) => {
  const server = new FakeServer()
  let firefox: Firefox

  beforeAll(async () => {
    await server.start()
    firefox = await Firefox.launch({ dark })
    await firefox.setViewport(width, height)
  })
  afterEach(() => expect(firefox.alarms.splice(0)).toEqual([]))
  afterAll(async () => {
    await firefox?.close()
    await server.stop()
  })

  const text = (selector: string) =>
    firefox.evaluate((css) => document.querySelector(css)?.textContent?.trim() ?? "", selector)
  const says = (selector: string, words: string) =>
    firefox.waitFor(
      (css, what) => document.querySelector(css)?.textContent?.includes(what) === true,
      selector,
      words,
    )
  const violations = async () => {
    const source = await readFile(require.resolve("axe-core/axe.min.js"), "utf8")
    return firefox.evaluate(async (script) => {
      // The policy forbids text as script, but not to who drives the browser.
      // oxlint-disable-next-line eslint/no-eval
      if (!("axe" in globalThis)) (0, eval)(script)
      const { axe } = globalThis as unknown as {
        axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
      }
      const found = await axe.run()
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`)
    }, source)
  }

  it("plans, asks and runs, and shows it live", async () => {
    await firefox.goto(server.origin)
    await firefox.click("#api-key")
    await firefox.type("a-key")
    await firefox.evaluate(() => {
      const field = document.querySelector("#ask-above") as HTMLInputElement
      field.value = "0"
      field.dispatchEvent(new Event("input", { bubbles: true }))
      field.dispatchEvent(new Event("change", { bubbles: true }))
    })
    await firefox.click("#suggest")
    await says("#run-note", "Nothing has been started")
    expect(server.posted).toEqual([])
    await firefox.click("#submit")
    await firefox.waitFor(() => document.querySelector("#confirm[open]") !== null)
    expect(await text("#confirm-title")).toMatch(/Run 8 rows for \$0\.20/)
    await firefox.type(KEYS.escape)
    await firefox.waitFor(() => document.querySelector("#confirm[open]") === null)
    expect(server.posted).toEqual([])
    await firefox.click("#submit")
    await firefox.click("#confirm-go")
    await firefox.waitFor(() => document.querySelector("#submitted:not([hidden])") !== null)
    expect(server.posted).toHaveLength(1)
    const group = [...server.groups.values()].at(-1)!
    complete(group, 0)
    await says("#submitted-progress", "1 of 8")
    group.end()
  })

  it("shows a group with its reasons and sources, by keyboard", async () => {
    const group = companyGroup(`tgrp_firefox_${width}`)
    for (let row = 0; row < 3; row++) complete(group, row)
    await firefox.goto(server.add(group))
    await says("#headline", "of 8 rows")
    await firefox.evaluate(() => document.querySelector<HTMLElement>("tr[data-index='0'] .row-open")?.focus())
    await firefox.type(KEYS.down)
    await firefox.waitFor(() => document.activeElement?.closest("tr")?.dataset.index === "1")
    await firefox.type(KEYS.enter)
    await firefox.waitFor(() => document.querySelector("#panel:not([hidden])") !== null)
    await says("#panel-body", "confidence")
    expect(await violations()).toEqual([])
    await firefox.type(KEYS.escape)
    await firefox.waitFor(() => document.querySelector("#panel[hidden]") !== null)
    // What the key for menus sends, which cannot be pressed from here.
    await firefox.evaluate(() => {
      const event = new MouseEvent("contextmenu", { bubbles: true, clientX: 40, clientY: 40 })
      document.activeElement?.dispatchEvent(event)
    })
    await firefox.click("#row-menu button:nth-child(2)")
    await says("#copied", "Copied row 2")
    await firefox.click("#search")
    await firefox.type("spotify")
    await says("#shown", "1 of 8")
    // What changes comes by itself, and the end.
    for (let row = 3; row < 8; row++) complete(group, row)
    group.end()
    await firefox.waitFor(() => document.querySelector("#connection[data-state=ended]") !== null)
  })

  it("holds 5,000 rows and draws those in sight", async () => {
    const group = new FakeGroup(
      `tgrp_firefox_large_${width}`,
      Array.from({ length: 5_000 }, (_, n) => ({ company: `Company ${n}` })),
    )
    for (let n = 0; n < 5_000; n++) group.set(n, { status: "completed", content: { city: `City ${n}` } })
    group.part = 500
    await firefox.goto(server.add(group))
    await firefox.waitFor(() => document.querySelector("#table")?.getAttribute("aria-rowcount") === "5002")
    await firefox.waitFor(() => {
      for (const one of [document.body, document.getElementById("table-scroll")]) one?.scrollBy(0, 1e7)
      return document.querySelector("tr[data-index='4999']") !== null
    })
    expect(await firefox.evaluate(() => document.querySelectorAll("#rows > tr").length)).toBeLessThan(80)
    group.end()
  })

  it("asks the console", async () => {
    const group = companyGroup(`tgrp_firefox_sql_${width}`)
    complete(group, 0)
    await firefox.goto(`${server.add(group)}.db`)
    await firefox.click("#run")
    await firefox.waitFor(() => document.querySelector("#result table") !== null)
    expect(await violations()).toEqual([])
  })
})
