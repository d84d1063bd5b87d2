import { beforeAll, describe, expect, it } from "vitest"
import { expectError, problemPaths, untilEnded } from "../support/expect.ts"
import { companies, create, type ErrorBody, send } from "../support/product.ts"
import { query, rowsOf } from "../support/studio.ts"
import { newUpstream } from "../support/upstream.ts"
// @ts-expect-error A browser script, which has no declarations.
import { mayRunElsewhere } from "../../../src/pages/assets/assets/console/refusals.js"

/** A group's tables as they are stored, for a database elsewhere. */

let id = ""

beforeAll(async () => {
  const upstream = newUpstream()
  const inputs = companies(30).map((input, at) => ({ ...input, note: `\u2028\u0085 ${at}` }))
  id = (await create(upstream, { inputs })).taskgroup_id
  await untilEnded(id)
})

const textOf = async (table: string) => (await send(`/${id}.jsonl?table=${table}`)).text()
const linesOf = async (table: string) =>
  (await textOf(table))
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe("?table=", () => {
  it("tells what SQL reads, with its columns in their order", async () => {
    for (const table of ["runs", "details"]) {
      const lines = await linesOf(table)
      expect(lines).toEqual(await rowsOf(id, `SELECT * FROM ${table}`))
      const columns = await rowsOf(id, `PRAGMA table_info(${table})`)
      expect(Object.keys(lines[0] ?? {})).toEqual(columns.map(({ name }) => name))
    }
    expect(await linesOf("sqlite_schema")).toEqual(
      await rowsOf(
        id,
        "SELECT name, type, sql FROM sqlite_schema WHERE name IN ('runs', 'details', 'results') ORDER BY type, name",
      ),
    )
  })

  it("is JSON Lines: one line each, whatever is in it, tagged and repeatable", async () => {
    const response = await send(`/${id}.jsonl?table=runs`)
    expect(response.headers.get("content-type")).toBe("application/jsonl; charset=utf-8")
    const etag = response.headers.get("etag") ?? ""
    const text = await response.text()
    expect(text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)).toHaveLength(31)
    expect(text).not.toContain("\\ud")
    const again = await send(`/${id}.jsonl?table=runs`, { headers: { "if-none-match": etag } })
    expect([again.status, await again.text()]).toEqual([304, ""])
    const other = await send(`/${id}.jsonl`, { headers: { "if-none-match": etag } })
    expect(other.status).toBe(200)
    await other.body?.cancel()
    const head = await send(`/${id}.jsonl?table=runs`, { method: "HEAD" })
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""])
  })

  it.each(["?table=sessions", "?table=_cf_KV", "?table=", "?table=runs&table=runs", "?table=runs&limit=3"])(
    "400: %s",
    async (asked) => {
      const response = await send(`/${id}.jsonl${asked}`)
      expect(response.status).toBe(400)
      expect(problemPaths(await response.json<ErrorBody>())).toEqual(["table"])
    },
  )

  it("concerns no other format, and no group that is not there", async () => {
    const json = await send(`/${id}.json?table=nonsense`)
    expect(json.status).toBe(200)
    await json.body?.cancel()
    await expectError(await send("/tgrp_00000000nobody.jsonl?table=runs"), 404)
  })
})

describe("what the console offers to run in the browser", () => {
  const offered = async (sql: string) =>
    (mayRunElsewhere as (message: string) => boolean)((await query(id, sql)).error ?? "")

  it.each([
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    "SELECT count(*) FROM runs a, runs b, runs c, runs d, runs e, runs f",
    "SELECT printf('%09d', input_index) FROM runs",
    "SELECT replace(company, company, company) FROM results",
    "SELECT company FROM results WHERE company LIKE note",
    "SELECT * FROM runs NATURAL JOIN details",
    "PRAGMA page_count",
    `SELECT '${"x".repeat(20_000)}'`,
  ])("%s", async (sql) => {
    const { error } = await query(id, sql)
    expect([error, await offered(sql)]).toEqual([error, true])
  })

  it.each(["SELEC", "SELECT nowhere FROM runs", "SELECT * FROM nowhere", "DELETE FROM runs", "SELECT 'a"])(
    "not what is wrong everywhere, or would write: %s",
    async (sql) => expect(await offered(sql)).toBe(false),
  )
})
