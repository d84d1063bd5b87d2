import { beforeAll, describe, expect, it } from "vitest"
import { expectError, untilEnded } from "../support/expect.ts"
import { companies, create, send } from "../support/product.ts"
import { postStudio, query } from "../support/studio.ts"
import { newUpstream } from "../support/upstream.ts"
import type { GroupId } from "../../../src/domain/Ids.ts"
import { databasePage } from "../../../src/http/databasePage.ts"
// @ts-expect-error A browser script, which has no declarations.
import { fieldOf, starters } from "../../../src/pages/assets/assets/console/sql.js"

let id = ""

beforeAll(async () => {
  id = (await create(newUpstream(), { inputs: companies(20) })).taskgroup_id
  await untilEnded(id)
})

const startersOf = starters as (fields: {
  columns: Array<string>
  inputs: Array<string>
  outputs: Array<string>
  text: boolean
}) => ReadonlyArray<{
  readonly name: string
  readonly sql: string
}>

describe.each([".db", ".db?page=console"])("%s", (address) => {
  it("is a page of our own that runs under a strict policy", async () => {
    const response = await send(`/${id}${address}`, { headers: { accept: "text/html" } })
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8")
    const policy = response.headers.get("content-security-policy") ?? ""
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(policy).toMatch(/trusted-types sqlite$/)
    expect(response.headers.get("x-robots-tag")).toBe("noindex, nofollow")
    expect(response.headers.get("referrer-policy")).toBe("no-referrer")
    const page = await response.text()
    expect(page).toContain(`SQL console · ${id}`)
    expect(page).toContain(`href="/${id}.db?page=studio"`)
    for (const [script] of page.matchAll(/<script[^>]*>/g)) expect(script).toContain(' src="/assets/')
    expect(page).not.toMatch(/<style|\son\w+=|https?:/)
  })

  it("HEAD has its headers and no body", async () => {
    const response = await send(`/${id}${address}`, { method: "HEAD" })
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8")
    expect(await response.text()).toBe("")
  })

  it.each(["", "Console", "Studio", "../x", "console/"])("404: page=%s", async (page) => {
    await expectError(await send(`/${id}.db?page=${encodeURIComponent(page)}`), 404)
    const shown = await send(`/${id}.db?page=${encodeURIComponent(page)}`, {
      headers: { accept: "text/html" },
    })
    expect(shown.status).toBe(404)
    expect(shown.headers.get("content-type")).toBe("text/html; charset=utf-8")
    await shown.body?.cancel()
  })

  it("404: a group that is not there", async () => {
    await expectError(await send(`/tgrp_00000000nobody${address}`), 404)
  })

  it("answers at its own address too", async () => {
    const response = await send(`/${id}${address}`, {
      method: "POST",
      body: JSON.stringify({ type: "query", id: "1", statement: "SELECT 1 AS a" }),
    })
    expect(await response.json()).toMatchObject({ result: { rows: [{ a: 1 }] } })
  })
})

describe("what the console asks", () => {
  it("names the view, the two tables and their columns", async () => {
    const names = await query(
      id,
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type DESC, name DESC",
    )
    expect(names.result?.rows).toEqual([{ name: "results" }, { name: "runs" }, { name: "details" }])
    const statements = ["results", "runs", "details"].map(
      (name) => `SELECT name, type FROM pragma_table_info('${name}')`,
    )
    const response = await postStudio(id, { type: "transaction", id: "1", statements })
    const { result } = await response.json<{ result: ReadonlyArray<{ rows: ReadonlyArray<unknown> }> }>()
    expect(result.map(({ rows }) => rows.length)).toEqual([5, 19, 19])
    const columns = await query(
      id,
      "SELECT name FROM pragma_table_info('results') WHERE name NOT IN ('$id', '$status')",
    )
    expect(columns.result?.rows.map(({ name }) => name)).toEqual(["company", "ceo_name", "employees"])
    const fields = await query(
      id,
      "SELECT input_columns, output_columns, task_spec ->> '$.output_schema.type' AS type FROM details",
    )
    expect(fields.result?.rows).toEqual([
      { input_columns: '["company"]', output_columns: '["ceo_name","employees"]', type: "json" },
    ])
  })

  it.each([
    ...startersOf({
      columns: ["company", "ceo_name"],
      inputs: ["company"],
      outputs: ["ceo_name"],
      text: false,
    }),
    ...startersOf({ columns: [], inputs: [], outputs: [], text: true }),
  ])("$name: $sql", async ({ name, sql }) => {
    const { error, result } = await query(id, sql)
    expect([name, error]).toEqual([name, undefined])
    if (name !== "Failed rows") expect([name, result?.rows.length ?? 0]).not.toEqual([name, 0])
  })

  it.each(["company", "a b", "order", "$.x", "it's", "ñ", "a.b", "a[0]", "#", "", 'say "hi"', "\\", "a\nb"])(
    "a path finds the field %s",
    async (field) => {
      const input = JSON.stringify({ [field]: "found" }).replaceAll("'", "''")
      const path = (fieldOf as (column: string, field: string) => string)("input", field)
      const { error, result } = await query(id, `SELECT ${path} AS value FROM (SELECT '${input}' AS input)`)
      expect([error, result?.rows]).toEqual([undefined, [{ value: "found" }]])
    },
  )
})

describe("the studio", () => {
  it("is a page of our own that may frame what queryable-object frames, and asks for nothing of it", async () => {
    const response = await send(`/${id}.db?page=studio`)
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
    const policy = response.headers.get("content-security-policy") ?? ""
    expect(policy.split("; ")).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-src https://studio.outerbase.com",
        "frame-ancestors 'none'",
      ]),
    )
    expect(policy).not.toMatch(/unsafe|\*/)
    const page = await response.text()
    expect(page).toContain(`data-frame="https://studio.outerbase.com/embed/starbase"`)
    expect(page).not.toMatch(/<iframe|<style|\ssrc="https?:|\shref="https?:/)
    expect(page).toContain(`<title>Studio · ${id}</title>`)
    expect(page).toContain(`href="/${id}.db"`)
  })

  it.each([
    "https://studio.outerbase.com.evil.test/x",
    "http://studio.outerbase.com/x",
    "//studio.outerbase.com/x",
    "javascript:alert(1)",
  ])("opens nothing where that frames %s", async (src) => {
    for (const html of [`<iframe src="${src}"></iframe>`, "", "<iframe></iframe>"]) {
      const framed = () => Promise.resolve(new Response(html))
      const page = await databasePage(
        new Request("https://x.test"),
        "tgrp_00000000" as GroupId,
        "studio",
        framed,
      )
      expect(await page.text()).toContain("cannot be opened")
    }
  })
})
