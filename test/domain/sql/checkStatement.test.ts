import { describe, expect, it } from "vitest"
import type { Catalog } from "../../../src/domain/sql/catalog.ts"
import { checkStatement } from "../../../src/domain/sql/checkStatement.ts"
import { readSqlCatalog } from "../../../src/layers/sqlite/sqlCatalog.ts"
import { makeDice } from "../../simulation/effects.ts"
import { companiesTable, storageOn } from "../../support/companiesTable.ts"
import { CORPUS, honestStatement } from "../../support/sqlStatements.ts"
import { studioLimits } from "../../support/studioLimits.ts"

const limits = studioLimits()
const database = companiesTable(300, 300)
const small = readSqlCatalog(storageOn(database), () => true)

/** The same rows, more of them. */
const grown = (catalog: Catalog, rows: number): Catalog => {
  const runs = { ...catalog.tables.get("runs")!, rows }
  return {
    ...catalog,
    tables: new Map([...catalog.tables, ["runs", runs]]),
    view: { ...catalog.view, table: runs },
  }
}

const check = (statement: string, rows: number) => checkStatement(statement, grown(small, rows), limits)

const honest = CORPUS.filter(({ expect: outcome }) => outcome === "answer")
const hostile = CORPUS.filter(({ expect: outcome }) => outcome === "refuse")

describe("honest questions", () => {
  it.each(honest)("$name", ({ sql }) => {
    // What SQLite itself does not take is none of the language's.
    if (/\(country, industry\) =/.test(sql)) return expect(() => check(sql, 300)).toThrow(/near ","/)
    expect(() => check(sql, 300)).not.toThrow()
    expect(() => check(sql, 50_000)).not.toThrow()
    return undefined
  })

  it("as many as a grammar makes", () => {
    for (let seed = 0; seed < 300; seed++) {
      const statement = honestStatement(makeDice(`honest ${seed}`))
      expect(() => check(statement, 300), `seed ${seed}: ${statement}`).not.toThrow()
    }
  })

  it.each([
    "SELECT * FROM results ORDER BY employees DESC LIMIT 10",
    `SELECT * FROM results JOIN runs ON run_id = "$id" LIMIT 20`,
    "SELECT ceo, group_concat(company, ', ') AS all_of_them FROM results GROUP BY ceo ORDER BY count(*) DESC LIMIT 10",
    "SELECT country, json_group_array(company) FROM results GROUP BY country",
    "SELECT citation.value ->> '$.url' AS url, count(*) FROM runs JOIN json_each(runs.output, '$.basis') AS basis JOIN json_each(basis.value, '$.citations') AS citation GROUP BY url ORDER BY 2 DESC LIMIT 20",
  ])("of 20,000 rows: %s", (statement) => {
    expect(() => check(statement, 20_000)).not.toThrow()
  })
})

describe("what is not understood, would write, or has no bound", () => {
  it.each(hostile)("$name", ({ sql }) => {
    const began = performance.now()
    // Blanks of any kind are blanks, as people paste them.
    if (/^select[\u00a0\u2003]company/.test(sql)) expect(() => check(sql, 1_000)).not.toThrow()
    else expect(() => check(sql, 1_000)).toThrow(expect.objectContaining({ name: "SqlRefusal" }))
    expect(performance.now() - began).toBeLessThan(250)
  })

  it.each([
    ["select * from runs a join runs b on a.status = b.status", /seconds|minutes|hours|could take/],
    ["select zeroblob(5)", /zeroblob is not run here\. There are .*json_extract/],
    ["select company from results where company like ceo", /The pattern of LIKE is a text in single quotes/],
    ["explain select 1", /EXPLAIN QUERY PLAN/],
    ["with x as (select 1) update runs set output=zeroblob(1000000)", /read-only/],
    ["select compny from results", /no such column: compny\. .*SELECT \* FROM results \(at offset 7\)/],
    ["select * from resulst", /no such table: resulst\. There are the view results/],
    ["select sum(id) over (order by id rows 3 preceding) from runs", /UNBOUNDED PRECEDING/],
    ["select json_tree.key from runs, json_tree(input)", /there is json_each/],
    ["select * from a natural join b", /use JOIN or LEFT JOIN/],
    ["select company::text from results", /CAST\(company AS TEXT\)/],
    ["select * from runs, json_each", /json_each\(runs\.output, /],
    ["select row_number() from runs", /row_number\(…\) OVER/],
    ["values (2), (1) order by 1", /SELECT \* FROM \(VALUES …\) ORDER BY 1/],
  ])("says why, and what to ask instead: %s", (statement, why) => {
    expect(() => check(statement, 50_000)).toThrow(why)
  })
})

describe("work is bounded by rows, bytes and what is made of them", () => {
  it.each([
    "SELECT count(*) FROM runs a, runs b",
    "SELECT a.id FROM runs a JOIN runs b ON a.run_id < b.run_id",
    "SELECT (SELECT count(*) FROM runs b WHERE b.run_id < a.run_id) FROM runs a",
    "SELECT * FROM runs a WHERE EXISTS (SELECT 1 FROM runs b WHERE b.run_id > a.run_id)",
    "WITH pairs AS (SELECT a.id FROM runs a, runs b) SELECT count(*) FROM pairs",
    "SELECT * FROM results a JOIN results b ON a.company = b.company",
    "SELECT * FROM (SELECT * FROM results LIMIT 50000) a, results b",
    "WITH a AS MATERIALIZED (SELECT * FROM results) SELECT count(*) FROM a x, a y WHERE x.company < y.company",
    "SELECT group_concat(a.output) FROM runs a, (VALUES (1), (2), (3), (4), (5), (6), (7), (8)) b",
    "SELECT DISTINCT input || content || output || input || content || output FROM runs",
    "SELECT count(*) FROM runs WHERE output LIKE '%aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab%'",
    "SELECT max(replace(replace(replace(input, 'a', 'aaaaaaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaaaaaa'), 'a', 'bbbbbbbb')) FROM runs",
  ])("%s: fine at 20 rows, too much at 50,000", (statement) => {
    expect(() => check(statement, 20)).not.toThrow()
    expect(() => check(statement, 50_000)).toThrow(/could (?:take|have to)/)
  })

  it("a LIMIT that is read in order bounds what is shown, one behind an ORDER does not", () => {
    const heavy = "upper(lower(upper(lower(upper(lower(output))))))"
    expect(() => check(`SELECT ${heavy} FROM runs LIMIT 5`, 5_000_000)).not.toThrow()
    expect(() => check(`SELECT ${heavy} FROM runs ORDER BY 1 LIMIT 5`, 5_000_000)).toThrow(/could/)
  })
})

it("each row of json_each says its path again", () => {
  const name = "k".repeat(6_000)
  const list = JSON.stringify({ [name]: Array(3_300).fill(1) })
  const asked = (column: string, rows: number) =>
    `SELECT count(*) FROM (SELECT 1 FROM runs LIMIT ${rows}), json_each('${list}', '$.${name}') AS e WHERE e.${column} LIKE '%kkkkkkkkkkkkkkkq%'`
  for (const column of ["path", "fullkey"])
    expect(() => check(asked(column, 20), 1_000)).toThrow(/could take/)
  expect(() => check(asked("key", 20), 1_000)).not.toThrow()
})

describe("a subquery's rows are found by what they are grouped by", () => {
  const averages = "WITH m AS (SELECT country, avg(employees) AS mean FROM results GROUP BY country)"
  it.each([
    `${averages} SELECT r.company FROM results r JOIN m ON m.country = r.country WHERE r.employees > m.mean`,
    "WITH r AS (SELECT * FROM results WHERE founded > 1950), m AS (SELECT country, count(*) AS n FROM r GROUP BY country) SELECT r.company, m.n FROM r JOIN m ON m.country = r.country",
    "SELECT r.company, t.n FROM results r JOIN (SELECT industry AS i, count(*) AS n FROM results GROUP BY i) t ON t.i = r.industry",
    "SELECT r.company FROM results r JOIN (SELECT DISTINCT country FROM results WHERE employees > 100) t ON t.country = r.country",
  ])("%s", (statement) => {
    expect(() => check(statement, 50_000)).not.toThrow()
  })

  it.each([
    // Texts that differ, all of them equal to the number 1.
    "SELECT count(*) FROM runs a JOIN (SELECT '1.' || replace(run_id, 'x', '0') AS k FROM runs GROUP BY k) t ON t.k = a.attempt",
    "WITH a AS (SELECT attempt AS n FROM runs) SELECT count(*) FROM a JOIN (SELECT '1.' || replace(run_id, 'x', '0') AS k FROM runs GROUP BY k) t ON t.k = a.n",
    "WITH a AS (SELECT CAST(status AS INTEGER) AS n FROM runs) SELECT count(*) FROM a JOIN (SELECT DISTINCT run_id FROM runs) t ON t.run_id = a.n",
    "SELECT count(*) FROM runs a JOIN (SELECT status AS k FROM runs GROUP BY k UNION ALL SELECT status FROM runs) t ON t.k = a.status",
    "WITH r AS (SELECT 2 AS v, id FROM runs) SELECT count(*) FROM r JOIN (SELECT 2 AS k, run_id FROM runs GROUP BY 2) t ON t.k = r.v",
    "SELECT count(*) FROM runs a JOIN (SELECT status COLLATE NOCASE AS k, run_id FROM runs GROUP BY run_id) t ON t.run_id = a.status",
    "SELECT count(*) FROM results r JOIN (SELECT country, industry FROM results GROUP BY country, industry) t ON t.country = r.country",
  ])("but not where several may be equal: %s", (statement) => {
    expect(() => check(statement, 50_000)).toThrow(/could take/)
  })
})

describe("what is written anew", () => {
  it.each([
    ["select 1; -- x", "SELECT 1 AS `1`"],
    ['PRAGMA main.table_info("runs")', "PRAGMA table_info('runs')"],
    [
      "select id from runs where status = 'it''s'",
      "SELECT `_1`.`id` FROM `runs` AS `_1` WHERE (`_1`.`status` = 'it''s')",
    ],
  ])("%s", (statement, sql) => {
    expect(check(statement, 5).sql).toBe(sql)
  })
})
