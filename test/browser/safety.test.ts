import { expect, it } from "vitest"
import { resultHtml } from "../../src/pages/resultHtml.ts"
import { FakeGroup } from "./fakeGroup.ts"
import { connection, expectText, harness, rowButton } from "./setup.ts"

/** Content that tries to become markup, script, a prototype or a dangerous link. The harness fails on any alarm. */

const { server, open } = harness()

const payloads = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(2)>",
  '"><svg onload=alert(3)>',
  "</script><script>alert(4)</script>",
  "</noscript><script>alert(5)</script>",
  "javascript:alert(6)",
  "{{table}} {{json}} ${alert(7)} {{constructor.constructor('alert(8)')()}}",
  "<!--<script>",
  "\u2028alert(9)\u2029",
  "a".repeat(20_000),
  "\u202Eevil\u0000text",
]

function hostileGroup(id: string) {
  const input = JSON.parse(
    '{"__proto__": "proto input", "constructor": "ctor", "toString": 1, "hasOwnProperty": "own"}',
  )
  const inputs = payloads.map((text) => ({
    ...input,
    ["__proto__x"]: 1,
    [text.slice(0, 300)]: text,
    url: "javascript:alert(10)",
  }))
  inputs[0] = input
  return new FakeGroup(id, inputs)
}

function hostileOutput(text: string) {
  const content = JSON.parse('{"__proto__": {"polluted": true}, "constructor": "ctor out", "": "no name"}')
  Object.assign(content, {
    [`<b>${text.slice(0, 60)}</b>`]: text,
    list: [text, "javascript:alert(11)", "https://example.com/'onmouseover=alert(12)"],
    deep: [{ [text.slice(0, 40)]: text }],
    link: 'https://user:pass@example.com/"><script>alert(13)</script>',
    data: "data:text/html,<script>alert(14)</script>",
  })
  const basis = [
    {
      field: "link",
      reasoning: `${text.slice(0, 500)} javascript:alert(15) https://example.com/<script>`,
      confidence: "<b>high</b>",
      citations: [
        { url: "javascript:alert(16)", title: text.slice(0, 300), excerpts: [text.slice(0, 300), 7] },
        { url: "data:text/html,<script>alert(17)</script>", title: null, excerpts: null },
        null,
      ],
    },
    null,
    { field: null },
  ]
  return { content, basis }
}

it("shows hostile content as text, injected and streamed, in the table and in the panel", async () => {
  const group = hostileGroup("tgrp_hostile")
  for (const [index, payload] of payloads.entries())
    if (index % 2 === 0) group.set(index, { status: "completed", ...hostileOutput(payload) })
  group.statusMessage = payloads[1] as string
  group.warnings = [payloads[0] as string]
  const page = await open(server.add(group))
  await connection(page, "live")
  const scripts = () => page.$$eval("script", (all) => all.length)
  const before = await scripts()
  for (const [index, payload] of payloads.entries())
    if (index % 2 === 1) group.set(index, { status: "completed", ...hostileOutput(payload) })
  group.set(2, {
    status: "failed",
    error: payloads[2] as string,
    warnings: [payloads[0], { message: payloads[1], detail: { x: payloads[3] } }],
  })
  group.set(4, { status: payloads[1] as string })
  await expectText(page, "tr[data-index='1']", /no name|onerror/)
  await expectText(page, "tr[data-index='4']", /onerror=alert\(2\)/)
  await expectText(page, "#head", /__proto__/)
  await page.fill("#search", "<script>")
  await page.fill("#search", "")
  for (let index = 0; index < payloads.length; index++) {
    await rowButton(page, index).click()
    await expectText(page, "#panel-title", new RegExp(`^Row ${index + 1}\\b`))
  }
  await page.locator("th .sort").nth(3).click()
  await page.waitForSelector("th[aria-sort=ascending]")

  expect(await scripts()).toBe(before)
  expect(
    await page.$$eval(
      "#page img, #page svg, #page b, #panel img, #panel svg, #panel b, iframe, object, embed",
      (all) => all.length,
    ),
  ).toBe(0)
  const links = await page.$$eval("#rows a, #panel a, #notices a", (all) =>
    all.map((a) => [(a as HTMLAnchorElement).protocol, (a as HTMLAnchorElement).rel]),
  )
  for (const [protocol, rel] of links) {
    expect(protocol).toMatch(/^https?:$/)
    expect(rel).toContain("noopener")
  }
  expect(await page.evaluate(() => Object.hasOwn(Object.prototype, "polluted"))).toBe(false)
})

it("bears wrong shapes: odd events, missing parts, an index out of range", async () => {
  const group = new FakeGroup("tgrp_wrong_shapes", [{ a: 1 }, { a: 2 }])
  const page = await open(server.add(group))
  await connection(page, "live")
  for (const data of [
    "not json",
    "null",
    '"text"',
    '{"type":"task_run.state"}',
    '{"type":"task_run.state","input_index":1e9,"run":{"status":"completed"}}',
    '{"type":"task_run.state","input_index":-1,"run":{"status":"completed"}}',
    '{"type":"task_group_status"}',
    '{"type":"unheard.of"}',
  ])
    group.sendRaw(`event: task_run.state\ndata: ${data}\n\n`)
  group.sendRaw(": comment\r\n\r\nretry: 10\n\n")
  group.set(0, { status: "completed", content: 5 })
  group.set(1, { status: "never_heard_of", content: { a: null, b: [[1], { c: [] }], c: -0.5, d: false } })
  await expectText(page, "tr[data-index='1']", /never_heard_of/)
  await expectText(page, "tr[data-index='0']", /Done/)
  await rowButton(page, 1).click()
  await expectText(page, "#panel", /-0\.5/)
  // None of it was a reason to begin again.
  expect(group.connections).toHaveLength(1)
})

it("treats what people paste into the form as text", async () => {
  const page = await open(server.origin)
  await page.fill(
    "#inputs",
    JSON.stringify([{ "<img src=x onerror=alert(1)>": "<script>alert(2)</script>", __proto__x: 1 }]),
  )
  await expectText(page, "#preview", /<script>alert\(2\)/)
  await page.fill("#inputs", '[{"__proto__": "kept", "a": 1}]')
  await expectText(page, "#preview", /kept/)
  await expectText(page, "#snippet", /__proto__/)
  expect(await page.$$eval("#preview img, #preview script", (all) => all.length)).toBe(0)
})

it("escapes what the error page says", async () => {
  const visited = await open(
    `${server.origin}/${encodeURIComponent("<img src=x onerror=alert(1)>&amp;\"'")}`,
    {
      javaScriptEnabled: false,
    },
  )
  expect(await visited.textContent("h1")).toBe("Not found")
  expect(await visited.innerText("main")).toContain(`There is no group /<img src=x onerror=alert(1)>&amp;"'.`)
  expect(await visited.locator("main img").count()).toBe(0)
})

it("has each place to fill exactly once, in the order the server streams them", () => {
  const places = [...resultHtml.matchAll(/\{\{\w+\}\}/g)].map(([place]) => place)
  expect(places).toEqual(["{{title}}", "{{path}}", "{{json}}", "{{facts}}", "{{table}}"])
})
