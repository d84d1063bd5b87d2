import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "vitest"
import { assertAffordable, type PlanLine } from "../../src/do/queryCost.ts"

const db = new DatabaseSync(":memory:")
db.exec(
  "CREATE TABLE runs (id INTEGER PRIMARY KEY, input_index INTEGER, run_id TEXT, content TEXT, confidence TEXT)",
)
db.exec("CREATE TABLE details (id INTEGER PRIMARY KEY, url TEXT)")

const check = (query: string, rows: number) =>
  assertAffordable(
    db.prepare(`EXPLAIN QUERY PLAN ${query}`).all() as unknown as ReadonlyArray<PlanLine>,
    rows,
  )

describe("what a query may cost", () => {
  it.each([
    "SELECT * FROM runs",
    "SELECT count(*) FROM runs",
    "SELECT * FROM runs ORDER BY run_id LIMIT 20",
    "SELECT a.id FROM runs a JOIN runs b ON a.id = b.id",
    "SELECT * FROM runs UNION ALL SELECT * FROM runs UNION ALL SELECT * FROM runs",
    "SELECT r.id, j.value FROM runs r, json_each(r.confidence) j WHERE j.value = 'low'",
    "SELECT (SELECT count(*) FROM runs) FROM details",
    "SELECT * FROM runs WHERE id IN (SELECT id FROM runs WHERE run_id IS NULL)",
    "VALUES (1), (2)",
    "WITH done AS (SELECT * FROM runs WHERE content IS NOT NULL) SELECT count(*) FROM done",
  ])("%s: fine at 50,000 rows", (query) => {
    expect(() => check(query, 50_000)).not.toThrow()
  })

  it.each([
    "SELECT count(*) FROM runs a, runs b",
    "SELECT count(*) FROM runs a, runs b, runs c",
    "SELECT a.id FROM runs a JOIN runs b ON a.run_id < b.run_id",
    "SELECT (SELECT count(*) FROM runs b WHERE b.run_id < a.run_id) FROM runs a",
    "SELECT * FROM runs a WHERE EXISTS (SELECT 1 FROM runs b WHERE b.run_id > a.run_id)",
    "WITH pairs AS (SELECT a.id FROM runs a, runs b) SELECT count(*) FROM pairs",
    "SELECT count(*) FROM (SELECT 1 FROM runs a, runs b) x",
  ])("%s: too much at 50,000 rows", (query) => {
    expect(() => check(query, 50_000)).toThrow(/too many combinations/)
  })

  it("lets small groups be joined with themselves", () => {
    expect(() => check("SELECT count(*) FROM runs a, runs b", 1_000)).not.toThrow()
    expect(() => check("SELECT count(*) FROM runs a, runs b, runs c", 1_000)).toThrow(/too many/)
  })

  it.each([
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n LIMIT 5",
    'WITH "a" AS (SELECT 1 n UNION ALL SELECT n + 1 FROM a) SELECT count(*) FROM a',
    "WITH é AS (SELECT 1 n UNION ALL SELECT n + 1 FROM é) SELECT count(*) FROM é",
    "SELECT * FROM (WITH a(n) AS (SELECT 1 UNION SELECT n + 1 FROM `a`) SELECT * FROM a)",
  ])("%s: has no bound", (query) => {
    expect(() => check(query, 1)).toThrow(/no bound/)
  })
})
