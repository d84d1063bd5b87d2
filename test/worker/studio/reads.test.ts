import { beforeAll, describe, expect, it } from "vitest"
import { expectError, untilEnded } from "../support/expect.ts"
import { companies, create, getJson, groupStub, inside, send } from "../support/product.ts"
import { postStudio, query, rowsOf } from "../support/studio.ts"
import { until } from "../support/until.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

let id = ""
let upstream: Upstream

beforeAll(async () => {
  upstream = newUpstream()
  id = (await create(upstream, { inputs: companies(60) })).taskgroup_id
  await untilEnded(id)
})

describe("a group at work", () => {
  it("shows which runs are running, which is stored nowhere else", async () => {
    const slow = newUpstream()
    await slow.behave({ runs: { queue_ms: [0, 0], duration_ms: [3_600_000, 3_600_000] } })
    const { taskgroup_id } = await create(slow, { inputs: companies(3) })
    await until("all of them running", async () => {
      const rows = await rowsOf(taskgroup_id, "SELECT status, run_id, change FROM runs")
      return rows.length === 3 && rows.every(({ status }) => status === "running")
    })
    const { runs } = await getJson(taskgroup_id)
    expect(await rowsOf(taskgroup_id, "SELECT run_id, status FROM runs")).toEqual(
      runs.map(({ run_id, status }) => ({ run_id, status })),
    )
  })
})

describe("reading", () => {
  it.each<[statement: string, rows: number | null]>([
    ["SELECT name, sql FROM sqlite_schema", null],
    ["SELECT * FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'", 2],
    ["SELECT * FROM sqlite_schema WHERE type = 'view'", 1],
    ["SELECT * FROM pragma_table_info('runs')", 19],
    ["PRAGMA table_info('runs')", 19],
    ["PRAGMA main.table_info(details)", 19],
    ["PRAGMA index_list(runs)", 0],
    ["PRAGMA table_list", null],
    ["SELECT * FROM runs", 60],
    [`select *, rowid from "main"."runs" limit 50 offset 20`, 40],
    ["SELECT count(*) FROM runs;", 1],
    [
      "SELECT json_extract(input, '$.company') AS company FROM runs WHERE json_extract(content, '$.ceo_name') <> ''",
      60,
    ],
    ["SELECT value FROM runs, json_each(runs.input) LIMIT 3", 3],
    ["EXPLAIN QUERY PLAN SELECT * FROM runs WHERE id = 1001", 1],
    ["VALUES (1), (2)", 2],
    [
      "WITH done AS (SELECT * FROM runs WHERE status = 'completed') SELECT status, count(*) FROM done GROUP BY status",
      1,
    ],
    ["WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM b", 1],
    ["SELECT 'a;b -- c /* d' AS text /* a comment; with DELETE */ -- and another", 1],
    ["  -- first a comment\nSELECT 1", 1],
    ["SELECT a.run_id, a.run_id FROM runs a JOIN runs b ON a.id = b.id LIMIT 1", 1],
    [`SELECT 1 AS "a""; DELETE FROM runs; --"`, 1],
    ["SELECT 1 -- \r; DELETE FROM runs", 1],
    ["SELECT 'WITH n AS (SELECT * FROM n)' AS text", 1],
    [
      "WITH a AS (SELECT * FROM runs), b(x) AS (SELECT id FROM a), c AS MATERIALIZED (SELECT x FROM b) SELECT count(*) FROM c",
      1,
    ],
    ["SELECT 1 WHERE 'DELETE FROM runs' LIKE 'delete%'", 1],
  ])("%s", async (statement, count) => {
    const rows = await rowsOf(id, statement)
    if (count === null) expect(rows.length).toBeGreaterThan(0)
    else expect(rows).toHaveLength(count)
  })

  it("says how many rows it gives", async () => {
    const { error } = await query(id, "SELECT a.id FROM runs a, runs b")
    expect(error).toContain("100 rows")
    expect(await rowsOf(id, "SELECT a.id FROM runs a, runs b LIMIT 100")).toHaveLength(100)
  })

  it("gives 8 MiB to a request, whatever it is made of, and refuses more as a whole", async () => {
    const statement = `SELECT replace('${"x".repeat(400)}', 'x', '${"y".repeat(48)}') AS long, id FROM runs LIMIT 10`
    const transaction = (count: number) => ({
      type: "transaction",
      id: "1",
      statements: Array.from({ length: count }, () => statement),
    })
    const fits = await postStudio(id, transaction(40))
    expect((await fits.text()).length).toBeGreaterThan(7_000_000)
    const over = await postStudio(id, transaction(46))
    expect(over.status).toBe(200)
    expect(await over.json()).toEqual({ error: expect.stringMatching(/more than 8 MiB.*several requests/) })
    // What JSON makes of a character counts.
    const escaped = statement.replaceAll("y", "\u0001")
    expect((await query(id, escaped)).error).toBeUndefined()
    const many = { type: "transaction", id: "1", statements: Array.from({ length: 8 }, () => escaped) }
    expect(await (await postStudio(id, many)).json()).toHaveProperty("error")
  })

  it("has a share of the object's time, by what a statement could take; then a 429 says when to ask again", async () => {
    const group = (await create(newUpstream(), { inputs: companies(200) })).taskgroup_id
    await untilEnded(group)
    const heavy =
      "SELECT count(*) FROM runs a, runs b WHERE a.input || b.input || a.input LIKE '%abcdefghijklmn%'"
    const answers: Array<Response> = []
    for (let times = 0; times < 150 && answers.at(-1)?.status !== 429; times++)
      answers.push(await postStudio(group, { type: "query", id: "1", statement: heavy }))
    const [first, last] = [answers[0]!, answers.at(-1)!]
    expect(first.status).toBe(200)
    expect(await first.json()).toHaveProperty("result")
    await expectError(last, 429)
    const seconds = Number(last.headers.get("retry-after"))
    expect(seconds).toBeGreaterThanOrEqual(1)
    expect(seconds).toBeLessThanOrEqual(3_600)
    // Nothing else is touched by it.
    expect((await send(`/${group}.json`)).status).toBe(200)
    expect((await query(id, "SELECT 1 AS one")).result?.rows).toEqual([{ one: 1 }])
  })

  it("what is refused is a value that the object gives, for what it throws is in the log", async () => {
    for (const statement of ["select my_secret from runs", "delete from runs where 'my_secret'"])
      expect(await groupStub(id).askSql(statement)).toEqual({
        refused: expect.stringMatching(/my_secret|read-only/),
        retryAfterSeconds: null,
      })
  })

  it("an error of SQL is an answer", async () => {
    for (const statement of ["SELECT * FROM nowhere", "SELEC 1", "SELECT (", "", " ; ", "--"]) {
      expect((await query(id, statement)).error).toMatch(/./)
    }
  })
})

describe("secrets", () => {
  it("are nowhere to be read", async () => {
    const running = newUpstream()
    await running.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
    const { taskgroup_id } = await create(running, {
      webhook_url: running.url("/_sim/webhooks/x?token=hook-secret"),
    })
    const secrets = [running.key, "hook-secret"]
    // They are there, so that it means something not to find them.
    const kept = await inside(taskgroup_id, ({ storage }) => JSON.stringify([...storage.kv.list()]))
    for (const secret of secrets) expect(kept).toContain(secret)
    const tables = await rowsOf(
      taskgroup_id,
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')",
    )
    expect(tables.length).toBeGreaterThanOrEqual(2)
    const read: Array<string> = []
    for (const name of tables.map((table) => String(table["name"]))) {
      for (const statement of [
        `SELECT * FROM "${name}"`,
        `SELECT rowid, * FROM "${name}"`,
        `PRAGMA table_info("${name}")`,
        `SELECT quote(t) FROM "${name}" t`,
      ]) {
        read.push(JSON.stringify(await query(taskgroup_id, statement)))
      }
    }
    for (const extension of ["json", "md", "html"])
      read.push(await (await send(`/${taskgroup_id}.${extension}`)).text())
    read.push(JSON.stringify(await query(taskgroup_id, "SELECT * FROM sqlite_schema")))
    for (const secret of secrets) expect(read.join("\n")).not.toContain(secret)
  })
})

describe("the studio's protocol", () => {
  it("answers a query and a transaction as the studio reads them", async () => {
    const { result } = await query(id, "SELECT id, status FROM runs WHERE input_index = 0")
    expect(result?.rows).toEqual([{ id: 1, status: "completed" }])
    expect(result?.headers.map(({ name }) => name)).toEqual(["id", "status"])
    const response = await postStudio(id, {
      type: "transaction",
      id: "7",
      statements: ["SELECT 1 AS a", "SELECT 2 AS a"],
    })
    const answer = await response.json<{ result: ReadonlyArray<{ rows: unknown }> }>()
    expect(answer.result.map(({ rows }) => rows)).toEqual([[{ a: 1 }], [{ a: 2 }]])
  })

  it.each<[name: string, body: unknown]>([
    ["no JSON", "SELECT 1"],
    ["nothing", ""],
    ["null", "null"],
    ["a number", "7"],
    ["a list", "[]"],
    ["no type", {}],
    ["another type", { type: "drop", statement: "SELECT 1" }],
    ["no statement", { type: "query", id: "1" }],
    ["a statement that is none", { type: "query", id: "1", statement: { a: 1 } }],
    ["no statements", { type: "transaction", id: "1" }],
    ["statements that are none", { type: "transaction", id: "1", statements: [1] }],
    [
      "too many statements",
      { type: "transaction", id: "1", statements: Array.from({ length: 51 }, () => "SELECT 1") },
    ],
  ])("400: %s", async (_, body) => {
    await expectError(await postStudio(id, body), 400)
  })

  it("413: a statement that is too long", async () => {
    await expectError(
      await postStudio(id, { type: "query", id: "1", statement: `SELECT '${"x".repeat(200_001)}'` }),
      413,
    )
  })
})
