import makeSqlite from "@sqlite.org/sqlite-wasm"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { ReadOnlySql } from "../../src/do/readOnlySql.ts"
import { type StoredTable } from "../../src/domain/ResultQuery.ts"
import { storedLines } from "../../src/layers/sqlite/storedLines.ts"
import { answer as answerOf, MOST_ROWS } from "../../src/pages/assets/assets/sqlite/answer.js"
import { loadGroup } from "../../src/pages/assets/assets/sqlite/load.js"
import { companiesTable, storageOn } from "../support/companiesTable.ts"
import { CORPUS } from "../support/sqlCorpus.ts"
import { studioLimits } from "../support/studioLimits.ts"

/** What a visitor's browser answers, from the same rows that the server has, is what the server answers. */

const database = companiesTable(60)
const HOSTILE = JSON.stringify({
  company: "\u2028\u0085\u007f' \"; DROP TABLE runs; --",
  domain: "",
  country: null,
  founded: 0,
})
database
  .prepare("UPDATE runs SET input = ? WHERE input_index = 3")
  .run(HOSTILE.replace(":0}", ":12345678901234567890}"))
database
  .prepare("UPDATE runs SET input = ? WHERE input_index = 4")
  .run(
    String.raw`{"company":"half \ud83d a character","domain":"\u0000","country":"\\","founded":9007199254740993}`,
  )
database
  .prepare("UPDATE runs SET input = ? WHERE input_index = 5")
  .run(`{"company":"edges","domain":-9007199254740992,"country":1e400,"founded":1.10}`)
// Another attempt at one input: the view shows it, the table has both.
database.exec(
  "INSERT INTO runs SELECT id + 1, input_index, 2, change + 1000, updated_at, confirmed, 'trun_again', 'running', created_at, NULL, NULL, NULL, NULL, NULL, input, NULL, NULL, NULL, 'pro' FROM runs WHERE input_index = 7",
)
const storage = storageOn(database)
const server = new ReadOnlySql(storage, studioLimits({ workPerSecond: 1e18, workSaved: 1e18 }), () => 0)

type Answer = {
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<unknown>>
}

let sqlite: Awaited<ReturnType<typeof makeSqlite>>
let local: Awaited<ReturnType<typeof loadGroup>>
const progress: Array<Parameters<Parameters<typeof loadGroup>[2]>[0]> = []
const inBrowser = (sql: string) => answerOf(sqlite, local.db, sql)

/** As it comes to a page. */
const onServer = (sql: string): Answer => {
  const { columnNames, raw } = server.exec(sql)
  return { columns: columnNames, rows: JSON.parse(JSON.stringify(raw())) }
}

/** What the address of a table answers, in pieces that end where they like. */
const tables = (url: string, cutAt = Infinity) => {
  const table = new URL(url, "https://x.test").searchParams.get("table") as StoredTable
  const bytes = new TextEncoder().encode([...storedLines(storage, table, () => {})].join("")).slice(0, cutAt)
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, (at += 777)))
    },
  })
  return Promise.resolve(new Response(body))
}

beforeAll(async () => {
  sqlite = await makeSqlite()
  vi.stubGlobal("fetch", (url: string) => tables(url))
  local = await loadGroup(sqlite, "/tgrp_local", (told) => progress.push(told))
})

afterAll(() => {
  vi.unstubAllGlobals()
  local.db.close()
  database.close()
})

describe("SQL in the visitor's browser", () => {
  it("has every row of both tables, and says how many there will be", () => {
    expect(local.rows).toBe(61)
    expect(progress[0]).toMatchObject({ rows: 0, of: 60 })
    for (const table of ["runs ORDER BY id", "details", "results ORDER BY company"])
      expect(inBrowser(`SELECT * FROM ${table}`)).toMatchObject(onServer(`SELECT * FROM ${table}`))
    const schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"
    expect(inBrowser(schema)).toMatchObject(onServer(schema))
  })

  it.each(CORPUS.filter((one) => one.expect === "answer").map(({ sql }) => sql))("%s", (sql) => {
    const answer = inBrowser(sql)
    let known: Answer
    try {
      known = onServer(sql)
    } catch {
      // Of SQL a part is understood there, and all of it here.
      return expect(answer.columns.length).toBeGreaterThan(0)
    }
    // The plan is SQLite's own affair.
    if (/^\s*EXPLAIN/i.test(sql)) return expect(answer.columns).toEqual(known.columns)
    expect([answer.columns, answer.rows]).toEqual([known.columns, known.rows])
  })

  it("gives every digit and character as the server does", () => {
    const statement =
      "SELECT company, domain, country, founded, 9007199254740992, -9007199254740993, 9223372036854775807, 1e18, 1e999, -0.0, x'00', 'a', 'a' FROM results WHERE company IN (SELECT company FROM results LIMIT 3 OFFSET 3)"
    expect(inBrowser(statement)).toMatchObject(onServer(statement))
    expect(inBrowser(statement).rows[0]?.slice(3, 9)).toEqual([
      "12345678901234567890",
      9007199254740992,
      "-9007199254740993",
      "9223372036854775807",
      1e18,
      null,
    ])
    expect(inBrowser(statement).rows[1]?.[0]).toBe("half \ufffd a character")
  })

  it.each([
    [
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT max(i) FROM n",
      [[4]],
    ],
    ["SELECT printf('%03d', 7)", [["007"]]],
    ["SELECT count(*) FROM runs a, runs b, runs c", [[61 ** 3]]],
    [" ; /* one */ SELECT 1 -- two\n ;; ", [[1]]],
  ])("runs what the server refuses: %s", (sql, rows) => {
    expect(inBrowser(sql).rows).toEqual(rows)
  })

  it("keeps so much of an answer, and says that there is more", () => {
    const many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    const { cut, rows } = inBrowser(many)
    expect([cut, rows.length]).toEqual([true, MOST_ROWS])
    const long =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT hex(zeroblob(500000)) FROM n"
    expect(inBrowser(long).rows.length).toBeLessThan(50)
  })

  it.each([
    ["SELECT nowhere FROM runs", "no such column: nowhere at offset 7"],
    ["-- ñ\nSELECT\n 'a' nowhere x FROM runs", /syntax error at offset 26$/],
    ["SELECT 1; SELECT 2", "One statement at a time: there is another one behind the first."],
    [" ; -- nothing", /^There is no statement/],
  ])("says what is wrong with %s", (sql, said) => {
    expect(() => inBrowser(sql)).toThrow(said)
  })

  it("what is changed is this copy, and counted", () => {
    expect(inBrowser("DELETE FROM runs WHERE input_index = 59")).toMatchObject({ rows: [], changed: 1 })
    expect(inBrowser("SELECT count(*) FROM runs").rows).toEqual([[60]])
    expect(onServer("SELECT count(*) FROM runs").rows).toEqual([[61]])
  })
})

describe("rows that do not come", () => {
  const load = (answer: (url: string) => Promise<Response>) => {
    vi.stubGlobal("fetch", answer)
    return loadGroup(sqlite, "/tgrp_local", () => {})
  }

  it.each<[string, (url: string) => Promise<Response>, RegExp]>([
    ["offline", () => Promise.reject(new TypeError("fetch failed")), /server cannot be reached/],
    ["removed", () => Promise.resolve(new Response("{}", { status: 404 })), /not there any more/],
    ["busy", () => Promise.resolve(new Response("{}", { status: 503 })), /answered with 503/],
    [
      "removed meanwhile",
      (url) => (url.endsWith("=runs") ? Promise.resolve(new Response(null, { status: 404 })) : tables(url)),
      /not there any more/,
    ],
    ["cut in a line", (url) => tables(url, url.endsWith("=runs") ? 5_000 : Infinity), /broke off/],
    [
      "cut between lines",
      async (url) => {
        const lines = (await (await tables(url)).text()).split("\n")
        return new Response(`${lines.slice(0, url.endsWith("=runs") ? 20 : -1).join("\n")}\n`)
      },
      /broke off/,
    ],
  ])("%s", async (_, answer, said) => {
    await expect(load(answer)).rejects.toThrow(said)
  })
})
