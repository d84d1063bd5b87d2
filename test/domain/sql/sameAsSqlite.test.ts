import { describe, expect, it } from "vitest"
import { ReadOnlySql } from "../../../src/do/readOnlySql.ts"
import { companiesTable, storageOn } from "../../support/companiesTable.ts"
import { studioLimits } from "../../support/studioLimits.ts"

const database = companiesTable(60)
database.exec("UPDATE runs SET run_id = NULL WHERE input_index % 13 = 5")
const guard = new ReadOnlySql(
  storageOn(database),
  studioLimits({ workPerSecond: 1e18, workSaved: 1e18 }),
  () => 0,
)

const asked = (sql: string) => {
  const { columnNames, raw } = guard.exec(sql)
  return { names: columnNames, rows: raw() }
}

const askedOfSqlite = (sql: string) => {
  const statement = database.prepare(sql)
  statement.setReturnArrays(true)
  return { names: statement.columns().map(({ name }) => name), rows: statement.all() }
}

describe("names and rows are those that SQLite has for the statement as it was sent", () => {
  it.each([
    "WITH t AS (SELECT * FROM results WHERE employees > 100) SELECT country, count(*) FROM t GROUP BY country ORDER BY 2, 1",
    "WITH a AS (SELECT * FROM results), b AS (SELECT *, 1 AS one FROM a) SELECT company, one FROM b ORDER BY company LIMIT 3",
    "WITH t(i, r) AS (SELECT * FROM (SELECT input_index, run_id FROM runs)) SELECT r FROM t ORDER BY i LIMIT 3",
    "SELECT count(*) FROM (SELECT * FROM results)",
    'SELECT "status:1" FROM (SELECT * FROM runs a JOIN runs b ON a.id = b.id) ORDER BY 1 LIMIT 2',
    "SELECT run_id FROM (SELECT * FROM runs ORDER BY 2 DESC LIMIT 3) ORDER BY run_id",
    "SELECT company FROM (SELECT DISTINCT * FROM results) ORDER BY company LIMIT 2",
    "SELECT x.company FROM (SELECT * FROM results UNION ALL SELECT * FROM results) x ORDER BY 1 LIMIT 3",
    "SELECT a.company FROM (SELECT * FROM results) a JOIN (SELECT * FROM results) b USING (company) ORDER BY 1 LIMIT 3",
    "SELECT company FROM results r WHERE founded = (SELECT max(founded) FROM (SELECT * FROM results) t WHERE t.country = r.country) ORDER BY 1",
    "SELECT -input_index AS input_index FROM runs ORDER BY input_index LIMIT 3",
    "SELECT -input_index AS input_index FROM runs ORDER BY input_index COLLATE NOCASE DESC LIMIT 3",
    "SELECT -input_index AS input_index FROM runs ORDER BY input_index + 0 LIMIT 3",
    "SELECT -input_index AS input_index FROM runs ORDER BY runs.input_index LIMIT 3",
    "SELECT * FROM (SELECT -input_index AS input_index FROM runs ORDER BY input_index LIMIT 3)",
    "SELECT company AS ceo, ceo AS company FROM results ORDER BY ceo LIMIT 2",
    "SELECT company AS ceo FROM results GROUP BY ceo ORDER BY ceo LIMIT 2",
    "SELECT upper(status) AS status, count(*) FROM runs GROUP BY status HAVING status = 'completed'",
    "SELECT -id AS id, row_number() OVER (ORDER BY id) AS r FROM runs ORDER BY r LIMIT 3",
    "SELECT id, sum(input_index) OVER (w ORDER BY id DESC) FROM runs WINDOW w AS (PARTITION BY status) ORDER BY id LIMIT 5",
    "WITH t(a, a) AS (SELECT 1, 2) SELECT * FROM t",
    "SELECT * FROM (SELECT id, id + 1 AS id, 3 AS id FROM runs LIMIT 2)",
    "WITH b AS (SELECT 'COMPLETED' AS t) SELECT count(*) FROM (SELECT status COLLATE NOCASE AS s FROM runs) AS a WHERE EXISTS (SELECT 1 FROM b WHERE b.t = a.s)",
    "WITH b AS (SELECT 'COMPLETED' COLLATE NOCASE AS t) SELECT count(*) FROM runs AS a WHERE EXISTS (SELECT 1 FROM b WHERE b.t = a.status)",
    "WITH b AS (SELECT '5' AS t) SELECT count(*) FROM runs AS a WHERE EXISTS (SELECT 1 FROM b WHERE b.t = a.input_index)",
    "SELECT NOT EXISTS (SELECT 1 FROM runs AS b WHERE b.run_id = a.run_id), a.run_id IS NULL FROM runs AS a ORDER BY a.id LIMIT 7",
    "SELECT b.x, x FROM (SELECT 1 AS x) AS a LEFT JOIN (SELECT 2 AS x, 2 AS y) AS b USING (x)",
    "SELECT x, z FROM (SELECT 1 AS x) AS a LEFT JOIN (SELECT 2 AS x, 2 AS y) AS b USING (x) LEFT JOIN (SELECT 1 AS x, 3 AS z) AS c USING (x)",
    "SELECT json_array(j) FROM (SELECT content -> '$.tags' AS j FROM runs GROUP BY 1) LIMIT 2",
    "SELECT max('a' COLLATE NOCASE, 'B'), nullif('a', 'A' COLLATE NOCASE), 'a' COLLATE NOCASE IN ('A')",
    "SELECT id FROM runs LIMIT 3 OFFSET -2",
  ])("%s", (sql) => {
    expect(asked(sql)).toEqual(askedOfSqlite(sql))
  })
})
