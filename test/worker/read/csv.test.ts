import { beforeAll, describe, expect, it } from "vitest"
import { parseCsv } from "../../layers/render/rfc4180.ts"
import { expectError, untilEnded } from "../support/expect.ts"
import { companies, create, getJson, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"

/** Rows that a spreadsheet or a line-by-line reader could stumble over. */
const inputs = [
  { company: 'Lego; "bricks",\r\nDenmark', formula: "=1+1" },
  { company: "-5", formula: "@SUM(1)" },
  { company: "Ünïcødé 🧱", formula: "\t=2" },
]

let id = ""

/** The runtime warns of `text()` on a type it does not know for text. */
const textOf = async (response: Response) => new TextDecoder().decode(await response.arrayBuffer())

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  send(path, { method, headers })

beforeAll(async () => {
  id = (await create(newUpstream(), { inputs })).taskgroup_id
  await untilEnded(id)
})

describe(".csv", () => {
  it("is a file for spreadsheets", async () => {
    const response = await get(`/${id}.csv`)
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8")
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${id}.csv"`)
    expect(response.headers.get("x-content-type-options")).toBe("nosniff")
    expect(response.headers.get("access-control-allow-origin")).toBe("*")
    const bytes = new Uint8Array(await response.arrayBuffer())
    expect(Array.from(bytes.subarray(0, 3))).toEqual([0xef, 0xbb, 0xbf])
  })

  it("holds what results hold, and no formula", async () => {
    const { results } = await getJson(id)
    // `text()` drops the byte order mark.
    const rows = parseCsv(await (await get(`/${id}.csv`)).text())
    expect(rows[0]).toEqual(["$id", "$status", "company", "formula", "ceo_name", "employees", "$error"])
    expect(rows.slice(1).map((row) => row.slice(2, 4))).toEqual([
      ['Lego; "bricks",\r\nDenmark', "'=1+1"],
      ["-5", "'@SUM(1)"],
      ["Ünïcødé 🧱", "'\t=2"],
    ])
    expect(rows.slice(1).map((row) => [row[0], row[1], row[4], row[6]])).toEqual(
      results.map((result) => [result["$id"], "completed", String(result["ceo_name"]), ""]),
    )
  })

  it("names the reason of a row that failed", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { failure_rate: 1 } })
    const { taskgroup_id } = await create(upstream)
    const { runs } = await untilEnded(taskgroup_id)
    const rows = parseCsv(await (await get(`/${taskgroup_id}.csv`)).text())
    const reasons = runs.map((run) => (run["error"] as { message: string }).message)
    expect(reasons.every((reason) => reason !== "")).toBe(true)
    expect(rows.slice(1).map((row) => row.at(-1))).toEqual(reasons)
  })
})

describe(".jsonl", () => {
  it("has an element of results in each line", async () => {
    const response = await get(`/${id}.jsonl`)
    expect(response.headers.get("content-type")).toBe("application/jsonl; charset=utf-8")
    const text = await textOf(response)
    const { results } = await getJson(id)
    expect(text.endsWith("\n")).toBe(true)
    expect(
      text
        .slice(0, -1)
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(results)
  })
})

describe("both", () => {
  it.each<[accept: string, type: string]>([
    ["text/csv", "text/csv"],
    ["application/jsonl", "application/jsonl"],
    ["application/x-ndjson", "application/jsonl"],
    ["text/csv, */*;q=0.1", "text/csv"],
    ["*/*", "application/json"],
    ["application/*", "application/json"],
    ["text/*", "text/html"],
  ])("are chosen by name only: %s is %s", async (accept, type) => {
    const response = await get(`/${id}`, { accept })
    expect(response.headers.get("content-type")).toBe(`${type}; charset=utf-8`)
    expect(response.headers.get("vary")).toBe("Accept")
    await response.body?.cancel()
  })

  it("406 names them", async () => {
    const { error } = await expectError(await get(`/${id}`, { accept: "image/png" }), 406)
    expect(error.message).toContain("text/csv")
    expect(error.message).toContain("application/jsonl")
  })

  it.each(["csv", "jsonl"])("cost a 304 when nothing is new, and know HEAD (%s)", async (format) => {
    const first = await get(`/${id}.${format}`)
    await first.body?.cancel()
    const etag = first.headers.get("etag") ?? ""
    expect(etag).toMatch(new RegExp(`^W/"${format}-\\d+-[^"]+"$`))
    expect(first.headers.get("cache-control")).toBe("no-cache")
    expect(Date.parse(first.headers.get("sunset") ?? "")).toBeGreaterThan(Date.now())
    const again = await get(`/${id}.${format}`, { "if-none-match": etag })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe("")
    const other = await get(`/${id}.${format}`, { "if-none-match": etag.replace(format, "json") })
    expect(other.status).toBe(200)
    await other.body?.cancel()
    const head = await get(`/${id}.${format}`, {}, "HEAD")
    expect(head.status).toBe(200)
    expect(await head.text()).toBe("")
    for (const name of [
      "content-type",
      "content-disposition",
      "etag",
      "sunset",
      "vary",
      "content-security-policy",
    ])
      expect([name, head.headers.get(name)]).toEqual([name, first.headers.get(name)])
  })

  it.each(["csv", "jsonl"])("404 and 405 as everywhere (%s)", async (format) => {
    await expectError(await get(`/tgrp_00000000nobody.${format}`), 404)
    const refused = await get(`/${id}.${format}`, {}, "POST")
    expect(refused.headers.get("allow")).toBe("GET, HEAD, OPTIONS")
    await expectError(refused, 405)
  })

  it("come in pieces, all of them, while rows still change", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
    const long = companies(250).map((row) => ({ ...row, note: "long ".repeat(130) }))
    const { taskgroup_id } = await create(upstream, { inputs: long })
    const csv = await get(`/${taskgroup_id}.csv`)
    const reader = csv.body!.getReader()
    const decoder = new TextDecoder()
    let pieces = 0
    let text = ""
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (pieces++ === 0) await upstream.finish(taskgroup_id)
      expect(value.byteLength).toBeLessThan(256 * 1024)
      text += decoder.decode(value, { stream: true })
    }
    expect(pieces).toBeGreaterThan(2)
    const rows = parseCsv(text)
    expect(rows).toHaveLength(251)
    expect(rows.at(-1)?.[2]).toBe("Company 249")
    const lines = (await textOf(await get(`/${taskgroup_id}.jsonl`))).trimEnd().split("\n")
    expect(lines).toHaveLength(250)
    await untilEnded(taskgroup_id)
  })
})
