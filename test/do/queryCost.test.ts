import { describe, expect, it } from "vitest"
import { assertAffordable, type PlanLine } from "../../src/do/queryCost.ts"
import { showResults } from "../../src/layers/sqlite/resultsView.ts"
import { openTables } from "../../src/layers/sqlite/tables.ts"
import { nodeSqliteStorage } from "../support/nodeSqliteStorage.ts"

const storage = nodeSqliteStorage()
openTables(storage)
const columns = {
  inputColumns: ["company", "x".repeat(1_000)],
  outputColumns: ["industry", "company", "content"],
}
showResults(storage, columns)

const check = (query: string, rows: number) => {
  const plan = storage.read(`EXPLAIN QUERY PLAN ${query}`).rows
  const lines = plan.map(([id, parent, , detail]) => ({ id, parent, detail }) as PlanLine)
  assertAffordable(lines, rows)
}

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
    "SELECT * FROM results",
    "SELECT count(*) FROM results WHERE industry = 'x' AND company LIKE 'A%'",
    "SELECT industry, count(*) FROM results GROUP BY industry ORDER BY 2 DESC",
    "SELECT * FROM results ORDER BY company DESC LIMIT 10",
    `SELECT * FROM results JOIN runs ON run_id = "$id" JOIN json_each(confidence)`,
    "SELECT * FROM results UNION ALL SELECT * FROM results",
    "SELECT * FROM results WHERE industry IN (SELECT industry FROM results WHERE company = 'A')",
    "WITH a AS (SELECT company, row_number() OVER (ORDER BY industry) FROM results) SELECT * FROM a",
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
    "SELECT (SELECT max(run_id) FROM runs b WHERE b.run_id <> a.run_id) FROM runs a",
    "SELECT count(*) FROM results a, results b",
    "SELECT * FROM results a JOIN results b ON a.company = b.company",
    "SELECT count(*) FROM runs, results",
    "SELECT * FROM (SELECT * FROM results LIMIT 50000) a, results b",
    "SELECT * FROM results a WHERE EXISTS (SELECT 1 FROM results b WHERE b.company > a.company)",
    "SELECT (SELECT max(company) FROM results b WHERE b.industry = a.status) FROM runs a",
    "WITH a AS MATERIALIZED (SELECT * FROM results) SELECT count(*) FROM a x, a y WHERE x.company < y.company",
  ])("%s: too much at 50,000 rows", (query) => {
    expect(() => check(query, 50_000)).toThrow(/too many combinations/)
  })

  it("asks about groups in which outputs name something twice as well", () => {
    showResults(storage, columns, true)
    expect(() => check("SELECT industry, count(*) FROM results GROUP BY industry", 50_000)).not.toThrow()
    expect(() => check("SELECT count(*) FROM results a, results b", 50_000)).toThrow(/too many/)
  })

  it("lets small groups be joined with themselves", () => {
    expect(() => check("SELECT count(*) FROM runs a, runs b", 1_000)).not.toThrow()
    expect(() => check("SELECT count(*) FROM runs a, runs b, runs c", 1_000)).toThrow(/too many/)
    // Each row of the view looks for a newer attempt.
    for (const table of ["runs", "results"]) {
      const joined = () => check(`SELECT count(*) FROM ${table} a, ${table} b`, 5_000)
      if (table === "runs") expect(joined).not.toThrow()
      else expect(joined).toThrow(/too many/)
    }
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
